// A hosting provider of our own on free ports of the loopback: registry, one process, its API.
import { spawn, execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import assert from 'node:assert/strict';
import { Client, request } from './client.mjs';
import { ORRERY, OUT, eventually, freePort } from './node.mjs';

const SANITIZER = /ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error:|ERROR: ThreadSanitizer/;
const STORE = process.env.ORRERY_TEST_STORE || null;
let counter = 0;

export class Host {
    static async start(options = {}) {
        const host = new this();
        Object.assign(host, { name: 'host', args: [], spareKeys: 6, ...options });
        host.root = mkdtempSync(path.join(os.tmpdir(), 'orrery-host-'));
        host.dir = path.join(host.root, 'host');
        host.logFile = path.join(OUT, `${host.name}-${process.pid}-${++counter}.log`);
        writeFileSync(host.logFile, '');
        host.port = await freePort();
        host.internal = `http://127.0.0.1:${await freePort()}`;
        if (STORE) { // a schema of its own for the registry; the nodes' are found by it when it ends
            host.schema = `h_${process.pid}_${Date.now().toString(36)}${counter}`;
            host.database = STORE;
            host.store = `${STORE}${STORE.includes('?') ? '&' : '?'}schema=${host.schema}`;
        }
        await host.cli('init', STORE ? { store: host.store } : {});
        host.token = (await host.cli('token create', { name: 'panel' })).token;
        await host.serve();
        return host;
    }

    // `orrery host VERB HOSTDIR --json …`
    cli(verb, options = {}, { raw = false } = {}) {
        const args = ['host', ...verb.split(' '), this.dir, ...(raw ? [] : ['--json'])];
        for (const [name, value] of Object.entries(options))
            args.push(`--${name}`, ...(value === true ? [] : [String(value)]));
        return new Promise((resolve, reject) => {
            execFile(ORRERY, args, { encoding: 'utf8', maxBuffer: 64 << 20, timeout: 120000 }, (error, out, err) => {
                if (SANITIZER.test(err)) return reject(new Error(`orrery host ${verb}:\n${err}`));
                if (error) {
                    const said = err.trim().split('\n').filter((l) => l.startsWith('{')).pop();
                    return reject(Object.assign(new Error(`orrery ${args.join(' ')}: ${err.trim() || error.message}`),
                                                { status: error.code, ...(said ? JSON.parse(said) : {}), stderr: err }));
                }
                resolve(raw ? out : out === '' ? null : JSON.parse(out));
            });
        });
    }

    async serve(extra = []) {
        const log = openSync(this.logFile, 'a');
        this.child = spawn(ORRERY, ['host', 'serve', this.dir, '--listen', `127.0.0.1:${this.port}`, '--internal',
                                    this.internal.slice('http://'.length), '--dev', '--spare-keys', String(this.spareKeys), ...this.args, ...extra],
                           { stdio: ['ignore', log, log] });
        closeSync(log);
        let gone = null;
        this.exited = new Promise((ok) => this.child.on('exit', (code, signal) => { gone = { code, signal }; ok(gone); }));
        await eventually('the host serves', async () => {
            if (gone) throw new Error(`exit ${gone.code ?? gone.signal}\n${this.log().slice(-3000)}`);
            return (await request(`${this.internal}/readyz`, { timeout: 2000 })).status === 200;
        }, { timeout: 120000, every: 10 });
    }
    log() { return readFileSync(this.logFile, 'utf8'); }
    async signal(name) {
        if (!this.child) return null;
        this.child.kill(name);
        const how = await this.exited;
        this.child = null;
        return how;
    }
    async stop() {
        const how = await this.signal('SIGTERM');
        assert.ok(!SANITIZER.test(this.log()), `sanitizer report in ${this.logFile}`);
        if (how) assert.equal(how.code, 0, `ended with ${how.code ?? how.signal}\n${this.log().slice(-2000)}`);
    }
    async close() {
        try {
            await this.stop();
        } finally {
            if (STORE) this.dropSchemas();
            rmSync(this.root, { recursive: true, force: true });
        }
    }
    sql(query) {
        return STORE
            ? execFileSync('psql', ['-X', '-q', '-A', '-t', STORE], { input: `SET search_path = ${this.schema}; ${query}`, encoding: 'utf8' })
            : execFileSync('sqlite3', ['-cmd', '.timeout 10000', path.join(this.dir, 'host.sqlite'), query], { encoding: 'utf8' });
    }
    dropSchemas() {
        const mine = execFileSync('sh', ['-c', `cat '${this.dir}'/nodes/*/store.url '${this.root}'/*/store.url 2>/dev/null; true`], { encoding: 'utf8' });
        const names = [...mine.matchAll(/schema=(\w+)/g)].map((m) => m[1]);
        const spare = this.sql("SELECT convert_from(value, 'UTF8') FROM host_spare WHERE kind = 'schema'").split('\n').filter(Boolean);
        for (const name of [...names, ...spare, this.schema])
            execFileSync('psql', ['-X', '-q', STORE], { input: `SET client_min_messages = warning; DROP SCHEMA IF EXISTS ${name} CASCADE` });
    }

    domain(name) { return `${name}.localhost:${this.port}`; }
    origin(name) { return `http://${this.domain(name)}`; }
    client(name) { return new Client(this.origin(name)); }

    // One call of the API: {status, headers, text, json}.
    async api(method, where, { body, token = this.token, key, headers = {} } = {}) {
        const rs = await request(`${this.internal}${where}`, {
            method, body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
            headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }),
                       ...(body === undefined ? {} : { 'content-type': 'application/json' }),
                       ...(key === undefined ? {} : { 'idempotency-key': key }), ...headers } });
        return { ...rs, json: /json/.test(rs.headers['content-type']) ? JSON.parse(rs.text) : undefined };
    }
    create(name, more = {}, options = {}) {
        return this.api('POST', '/v1/nodes', { body: { domain: this.domain(name), owner: 'olga@example.org', plan: 'standard', name, ...more }, ...options });
    }
}
