// The recipes for Caddy, as they stand in admin/deploy, before a real node: Debian's Caddy on loopback,
// with certificates of its own authority. Only names and ports are changed.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { Node, OUT, eventually, freePort } from '../rig/node.mjs';
import { Sink, activity, signDraft } from '../rig/sink.mjs';

const recipe = (name) => readFileSync(new URL(`../../admin/deploy/${name}`, import.meta.url), 'utf8');
const swap = (text, from, to) => {
    assert.ok(text.includes(from), `the recipe says ${from}`);
    return text.replaceAll(from, to);
};
const NAME = 'tea.test';

class Caddy {
    static async start(name, change) {
        const caddy = new Caddy();
        caddy.root = mkdtempSync(path.join(os.tmpdir(), 'orrery-caddy-'));
        caddy.port = await freePort();
        const global = `\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n` +
            `\thttps_port ${caddy.port}\n\tstorage file_system ${caddy.root}/data\n`;
        let text = change(recipe(name));
        text = /^\{/m.test(text) ? text.replace(/^\{\n/m, `{\n${global}`) : `{\n${global}}\n${text}`;
        caddy.file = path.join(caddy.root, 'Caddyfile');
        writeFileSync(caddy.file, text);
        caddy.env = { ...process.env, HOME: caddy.root, XDG_DATA_HOME: caddy.root, XDG_CONFIG_HOME: caddy.root };
        const log = openSync(path.join(OUT, `caddy-${name}-${process.pid}.log`), 'a');
        caddy.child = spawn('caddy', ['run', '--config', caddy.file, '--adapter', 'caddyfile'], { stdio: ['ignore', log, log], env: caddy.env });
        closeSync(log);
        caddy.exited = new Promise((ok) => caddy.child.on('exit', ok));
        await eventually('Caddy has its authority', () => {
            assert.equal(caddy.child.exitCode, null, `Caddy ended; see ${OUT}`);
            caddy.ca = readFileSync(path.join(caddy.root, 'data/pki/authorities/local/root.crt'));
            return /-----END CERTIFICATE-----\s*$/.test(caddy.ca); // not one that is half written
        });
        return caddy;
    }
    // A request to a name, from an address of our own choice.
    ask(target, { name = NAME, method = 'GET', headers = {}, body, from = '127.0.0.1', agent = false } = {}) {
        return new Promise((resolve, reject) => {
            const rq = https.request({ host: '127.0.0.1', port: this.port, servername: name, ca: this.ca, path: target, method, agent, localAddress: from,
                headers: { host: name, ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) } }, (rs) => {
                const parts = [];
                const { authorized } = rs.socket;
                const certificate = rs.socket.getPeerCertificate();
                rs.on('data', (d) => parts.push(d));
                rs.on('error', reject);
                rs.on('end', () => resolve({ status: rs.statusCode, headers: rs.headers, text: Buffer.concat(parts).toString(), authorized, certificate }));
            });
            rq.setTimeout(30000, () => rq.destroy(new Error('no answer')));
            rq.on('error', reject);
            rq.end(body);
        });
    }
    async stop() {
        this.child.kill('SIGTERM');
        await this.exited;
        rmSync(this.root, { recursive: true, force: true });
    }
}

// A node of another name than the machine's, behind it.
class Behind extends Node {
    async init() {
        this.port = await freePort();
        this.internal = await freePort();
        this.origin = `http://localhost:${this.port}`;
        this.probe = '/healthz'; // whatever the Host
        this.serveArgs = ['--dev', '--internal', `127.0.0.1:${this.internal}`];
        this.made = await this.cli('init', { domain: NAME, planet: 'tea', title: 'Tea', owner: this.owner, lang: 'en', ...this.store });
    }
}

const tests = (name, change) => describe(name, () => {
    let node, caddy, sink;
    before(async () => {
        [node, sink] = [new Behind({ name: `behind-${name}` }), await Sink.start()];
        await node.init();
        await node.serve();
        caddy = await Caddy.start(name, (text) => change(text, node));
        await eventually('the first page', async () => (await caddy.ask('/@tea')).status === 200);
    });
    after(async () => { await caddy?.stop(); await node.close(); await sink.stop(); });

    it('as it stands, Caddy takes it', () => {
        execFileSync('caddy', ['validate', '--adapter', 'caddyfile', '--config', new URL(`../../admin/deploy/${name}`, import.meta.url).pathname],
                     { env: caddy.env, stdio: 'pipe' });
    });

    it('speaks TLS for the name that is served', async () => {
        const rs = await caddy.ask('/@tea');
        assert.equal(rs.status, 200);
        assert.ok(rs.authorized);
        assert.equal(rs.certificate.subjectaltname, `DNS:${NAME}`);
        assert.match(rs.text, /Tea/);
        assert.ok(JSON.parse((await caddy.ask('/.well-known/webfinger?resource=acct:tea@tea.test')).text).subject === 'acct:tea@tea.test');
    });

    it('makes no certificate for a name that is not', async () => {
        for (const unknown of ['coffee.test', `a.${NAME}`])
            await assert.rejects(caddy.ask('/', { name: unknown }), (e) => e.code !== undefined || /TLS|SSL|alert|handshake/i.test(e.message));
    });

    it("tells the node the visitor's address, and lets nobody claim another", async () => {
        const login = (from, headers) => caddy.ask('/login', { method: 'POST', from, body: 'mail=nobody%40example.net',
            headers: { 'content-type': 'application/x-www-form-urlencoded', origin: `https://${NAME}`, 'sec-fetch-site': 'same-origin', ...headers } });
        let limited = 0;
        for (let i = 0; i < 1000 && limited === 0; i += 20)
            for (const rs of await Promise.all(Array.from({ length: 20 }, (_, k) => login('127.1.1.1', { 'x-forwarded-for': `203.${i & 255}.${k}.7` }))))
                if (rs.status === 429) limited++;
        assert.ok(limited > 0, 'one network, whatever it says of itself');
        assert.notEqual((await login('127.2.2.2')).status, 429, 'and another one is another');
    });

    it('leaves signatures whole: Host, path, query and body come through as they were signed', async () => {
        const inbox = new URL(JSON.parse((await caddy.ask('/@tea', { headers: { accept: 'application/activity+json' } })).text).inbox);
        assert.equal(inbox.host, NAME);
        const reader = sink.actor('reader');
        const post = (target, signedFor = target) => {
            const body = JSON.stringify(activity(reader, 'Like', `https://${NAME}/@tea/none`));
            return caddy.ask(target, { method: 'POST', body, headers: signDraft(`https://${NAME}${signedFor}`, body, reader) });
        };
        for (const tail of ['', '?', '?a=%7E%2f&b=+c', '?%41=b//c'])
            assert.equal((await post(inbox.pathname + tail)).status, 202, tail);
        assert.equal((await post(inbox.pathname, `${inbox.pathname}?a`)).status, 401, 'and a wrong one is wrong');
    });

    it('keeps visitors waiting while the node restarts', async () => {
        await node.stop();
        const waiting = Array.from({ length: 5 }, () => caddy.ask('/@tea'));
        await node.serve();
        assert.deepEqual((await Promise.all(waiting)).map((rs) => rs.status), Array(5).fill(200));
    });
});

tests('Caddyfile', (text, node) => {
    text = swap(text, 'www.example.org {', `www.${NAME} {\n\ttls internal`);
    text = text.replace(/^example\.org \{/m, `${NAME} {\n\ttls internal`);
    return swap(swap(text, 'https://example.org{uri}', `https://${NAME}{uri}`), '127.0.0.1:8420', `127.0.0.1:${node.port}`);
});
tests('Caddyfile.host', (text, node) =>
    swap(swap(swap(text, '\t\ton_demand\n', '\t\tissuer internal\n\t\ton_demand\n'),
              '127.0.0.1:8421', `127.0.0.1:${node.internal}`), '127.0.0.1:8420', `127.0.0.1:${node.port}`));
