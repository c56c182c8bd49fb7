// The nodes of a hosting provider (host.mjs), each at a name of its own below localhost, and each with
// everything that a Node of this rig can be asked to do.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Host as Provider } from './host.mjs';
import { request } from './client.mjs';
import { Node, eventually } from './node.mjs';

export class HostedNode extends Node {
    // made: what `orrery host node create --json` printed.
    constructor(host, made) {
        super({ name: made.name, database: null });
        Object.assign(this, { hosted: host, made, dir: made.directory, port: host.port, host: made.domain, origin: made.address });
        const where = path.join(this.dir, 'store.url');
        if (existsSync(where)) {
            this.database = host.database;
            this.schema = /schema=(\w+)/.exec(readFileSync(where, 'utf8'))[1];
        }
    }
    log() { return this.hosted.log(); }
    async close() { rmSync(this.root, { recursive: true, force: true }); }
}

export class Host extends Provider {
    static async start({ name = 'host', args = [] } = {}) {
        const host = await super.start({ name, args, spareKeys: 0, nodes: [] });
        await host.cli('plan set', { plan: 'free' });
        return host;
    }

    async create(label, { planet = 'tea', title = label, owner = `${label}@example.org` } = {}) {
        const made = await this.cli('node create', { domain: this.domain(label), owner, planet, title, name: label, plan: 'free' });
        const node = new HostedNode(this, made);
        this.nodes.push(node);
        await eventually(`${label} is served`, async () => (await request(`${node.origin}/robots.txt`)).status === 200);
        return node;
    }

    async close() {
        for (const node of this.nodes) await node.close();
        await super.close();
    }
}
