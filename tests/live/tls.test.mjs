// The same over https, as it is outside of tests: Caddy with an authority of its own in front of a node and
// of a Fedify server, each of which trusts that authority and no other.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { Node, OUT, eventually, freePort } from '../rig/node.mjs';
import { Peer } from '../rig/peer.mjs';
import { activity, makeKey, signDraft } from '../rig/sink.mjs';
import { AP, leftBy, settled } from '../rig/fedi.mjs';

// In front of what listens: {port of https: port of http}.
class Front {
    static async start(sites) {
        const front = new Front();
        front.root = mkdtempSync(path.join(os.tmpdir(), 'orrery-tls-'));
        const file = path.join(front.root, 'Caddyfile');
        writeFileSync(file, `{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tlocal_certs\n\tdefault_bind 127.0.0.1\n\tstorage file_system ${front.root}/data\n}\n` +
            Object.entries(sites).map(([outside, inside]) => `https://localhost:${outside} {\n\treverse_proxy 127.0.0.1:${inside}\n}\n`).join(''));
        const log = openSync(path.join(OUT, `caddy-tls-${process.pid}.log`), 'a');
        front.child = spawn('caddy', ['run', '--config', file, '--adapter', 'caddyfile'],
                            { stdio: ['ignore', log, log], env: { ...process.env, HOME: front.root, XDG_DATA_HOME: front.root, XDG_CONFIG_HOME: front.root } });
        closeSync(log);
        front.exited = new Promise((ok) => front.child.on('exit', ok));
        front.authority = path.join(front.root, 'data/pki/authorities/local/root.crt');
        await eventually('Caddy has its authority', () => {
            assert.equal(front.child.exitCode, null, `Caddy ended; see ${OUT}`);
            front.ca = readFileSync(front.authority);
            return /-----END CERTIFICATE-----\s*$/.test(front.ca); // not one that is half written
        });
        return front;
    }
    ask(url, { method = 'GET', headers = {}, body } = {}) {
        return new Promise((resolve, reject) => {
            const rq = https.request(url, { ca: this.ca, method, agent: false, headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) } }, (rs) => {
                const parts = [];
                rs.on('data', (d) => parts.push(d));
                rs.on('error', reject);
                rs.on('end', () => resolve({ status: rs.statusCode, headers: rs.headers, text: Buffer.concat(parts).toString() }));
            });
            rq.setTimeout(30000, () => rq.destroy(new Error('no answer')));
            rq.on('error', reject);
            rq.end(body);
        });
    }
    async json(url, accept = AP) {
        const rs = await this.ask(url, { headers: { accept } });
        assert.equal(rs.status, 200, `${url}: ${rs.status} ${rs.text.slice(0, 300)}`);
        return JSON.parse(rs.text);
    }
    async stop() {
        this.child.kill('SIGTERM');
        await this.exited;
        rmSync(this.root, { recursive: true, force: true });
    }
}

describe('over https', () => {
    let node, peer, front, outside, planet, post;
    before(async () => {
        const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
        front = await Front.start({ [ports[0]]: ports[1], [ports[2]]: ports[3] });
        outside = `https://localhost:${ports[0]}`;
        node = new Node({ name: 'tls', probe: '/healthz', env: { SSL_CERT_FILE: front.authority } });
        node.port = ports[1];
        node.origin = `http://localhost:${node.port}`;
        node.serveArgs = ['--dev', '--internal', `127.0.0.1:${await freePort()}`];
        await node.cli('init', { domain: outside, planet: 'tea', title: 'Tea', owner: node.owner, lang: 'en', ...node.store });
        await node.serve();
        peer = await Peer.start({ port: ports[3], origin: `https://localhost:${ports[2]}`, env: { NODE_EXTRA_CA_CERTS: front.authority } });
        await eventually('both are there', async () => (await front.ask(`${outside}/@tea`)).status === 200 && (await front.ask(`${peer.origin}/users/ann`, { headers: { accept: AP } })).status === 200);
        post = await node.post({ title: 'Morning', body: 'Everybody.', access: 'public' });
    });
    after(async () => { await peer?.stop(); await node?.close(); await front?.stop(); });

    it('every address of ours is https, with its port', async () => {
        const finger = await front.json(`${outside}/.well-known/webfinger?resource=${encodeURIComponent(`acct:tea@${new URL(outside).host}`)}`, '*/*');
        planet = await front.json(finger.links.find((l) => l.rel === 'self').href);
        const object = await front.json(post.object);
        for (const text of [JSON.stringify(finger), JSON.stringify(planet), JSON.stringify(object)]) {
            assert.ok(!text.includes(`"http://localhost`), text);
            assert.ok(text.includes(outside));
        }
    });

    it('Fedify finds the planet by its handle, follows it, and gets what is said', async () => {
        const found = await peer.call('lookup', { url: `acct:tea@${new URL(outside).host}` });
        assert.equal(found.type, 'Person');
        await peer.call('follow', { url: planet.id });
        await peer.got('Accept');
        const made = await node.post({ title: 'Noon', body: 'Round.', access: 'public' });
        await peer.got('Create', (a) => a.object.id === made.object);
        assert.deepEqual(peer.trouble, []);
    });

    it('its likes and answers arrive; its key was fetched over https', async () => {
        await peer.call('like', { to: planet.id, url: post.object });
        const { object: note } = await peer.call('reply', { to: planet.id, url: post.object, content: '<p>sealed</p>' });
        await settled(node);
        const { reactions, comments } = leftBy(node);
        assert.deepEqual(reactions.map((r) => r.actor), [`${peer.origin}/users/ann`]);
        assert.deepEqual(comments.map((c) => c.uri), [note]);
    });

    it('a server whose certificate nobody vouches for has no key', async () => {
        const dir = mkdtempSync(path.join(os.tmpdir(), 'orrery-cert-'));
        execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
                                 '-addext', 'subjectAltName=DNS:localhost', '-keyout', `${dir}/key`, '-out', `${dir}/cert`], { stdio: 'pipe' });
        let asked = 0;
        const liar = https.createServer({ key: readFileSync(`${dir}/key`), cert: readFileSync(`${dir}/cert`) }, (rq, rs) => { asked++; rs.end(); });
        liar.on('tlsClientError', () => {});
        await new Promise((ok) => liar.listen(0, '127.0.0.1', ok));
        rmSync(dir, { recursive: true });
        const id = `https://localhost:${liar.address().port}/users/eve`;
        const body = JSON.stringify(activity({ id }, 'Like', post.object));
        const rs = await front.ask(`${outside}/ap/inbox`, { method: 'POST', body, headers: signDraft(`${outside}/ap/inbox`, body, { keyId: `${id}#main-key`, key: makeKey() }) });
        assert.equal(rs.status, 503, rs.text);
        assert.equal(asked, 0);
        await new Promise((ok) => liar.close(ok));
    });
});
