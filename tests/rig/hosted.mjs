// Many nodes in one process: `orrery host serve` on a free port, each node at a name of its own below
// localhost, and each with everything that a Node of this rig can be asked to do.
import { spawn, execFile } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import assert from 'node:assert/strict';
import { request } from './client.mjs';
import { Node, ORRERY, OUT, eventually, freePort } from './node.mjs';

let counter = 0;

export class HostedNode extends Node {
    // made: what `orrery host node create --json` printed.
    constructor(host, made) {
        super({ name: made.name, database: null });
        Object.assign(this, { hosted: host, made, dir: made.directory, port: host.port, host: made.domain, origin: made.address });
    }
    log() { return this.hosted.log(); }
    async close() { rmSync(this.root, { recursive: true, force: true }); }
}

export class Host {
    static async start({ name = 'host', args = [] } = {}) {
        const host = new Host();
        host.root = mkdtempSync(path.join(os.tmpdir(), 'orrery-host-'));
        host.dir = path.join(host.root, 'host');
        host.logFile = path.join(OUT, `${name}-${process.pid}-${++counter}.log`);
        host.args = args;
        host.nodes = [];
        writeFileSync(host.logFile, '');
        host.port = await freePort();
        await host.cli('host init');
        await host.cli('host plan set', { plan: 'free' });
        await host.serve();
        return host;
    }

    cli(verb, options = {}) {
        const args = [...verb.split(' '), this.dir, '--json'];
        for (const [name, value] of Object.entries(options))
            args.push(`--${name}`, ...(value === true ? [] : [String(value)]));
        return new Promise((resolve, reject) => {
            execFile(ORRERY, args, { encoding: 'utf8', maxBuffer: 64 << 20, timeout: 120000 }, (error, out, err) => {
                if (error) reject(Object.assign(new Error(`orrery ${args.join(' ')}: ${err.trim() || error.message}`), { stderr: err }));
                else resolve(out === '' ? null : JSON.parse(out));
            });
        });
    }

    async serve() {
        const log = openSync(this.logFile, 'a');
        this.child = spawn(ORRERY, ['host', 'serve', this.dir, '--listen', `127.0.0.1:${this.port}`, '--internal', '127.0.0.1:0',
                                    '--spare-keys', '0', '--dev', ...this.args], { stdio: ['ignore', log, log] });
        closeSync(log);
        let gone = null;
        this.exited = new Promise((ok) => this.child.on('exit', (code, signal) => ok(gone = { code, signal })));
        await eventually('the host serves', () => {
            assert.ok(!gone, this.log().slice(-3000));
            return /serving host .*port \d+/.test(this.log());
        }, { timeout: 60000, every: 10 });
    }
    log() { return readFileSync(this.logFile, 'utf8'); }

    async create(label, { planet = 'tea', title = label, owner = `${label}@example.org` } = {}) {
        const made = await this.cli('host node create', { domain: `${label}.localhost:${this.port}`, owner, planet, title, name: label, plan: 'free' });
        const node = new HostedNode(this, made);
        this.nodes.push(node);
        await eventually(`${label} is served`, async () => (await request(`${node.origin}/robots.txt`)).status === 200);
        return node;
    }

    async close() {
        this.child.kill('SIGTERM');
        const how = await this.exited;
        for (const node of this.nodes) await node.close();
        const log = this.log();
        assert.ok(!/ERROR: (Address|Leak|Thread)Sanitizer|runtime error:/.test(log), `a sanitizer's report in ${this.logFile}`);
        assert.equal(how.code, 0, `the host ended with ${how.code ?? how.signal}: ${log.slice(-2000)}`);
        rmSync(this.root, { recursive: true, force: true });
    }
}
