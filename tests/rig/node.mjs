// A fresh node of our own program on a free port of the loopback, and the ways in.
import { spawn, execFile, execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import { mkdtempSync, openSync, closeSync, copyFileSync, readFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import assert from 'node:assert/strict';
import { SMTPServer } from 'smtp-server';
import { simpleParser } from 'mailparser';
import { Client, request, words } from './client.mjs';

export const ORRERY = process.env.ORRERY ?? new URL('../../build-check/orrery', import.meta.url).pathname;
export const OUT = process.env.OUT ?? path.join(os.tmpdir(), 'orrery-out');
mkdirSync(OUT, { recursive: true });

// The same tests on PostgreSQL: every node in a schema of its own. What follows from SQLite's file alone
// says so: it(…, { skip: onPostgres && 'why' }, …).
const URL_OF_STORE = process.env.ORRERY_TEST_STORE || null;
export const onPostgres = URL_OF_STORE !== null;

// A port for somebody who binds it later. The kernel gives the ports of its own range to whoever connects or
// asks for any, so it is none of these; and it stays ours against other tests until this process ends: a socket
// with its number for a name, which the kernel gives to one and takes back when we die.
const [KERNEL] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number);
const PORTS = KERNEL > 12000 ? { from: 10000, to: KERNEL } : { from: 10000, to: 65536 };
const listening = (server, where) => new Promise((ok) => {
    server.once('error', () => ok(false));
    server.listen(where, () => ok(true));
});

export async function freePort() {
    for (let tries = 0; tries < 1000; tries++) {
        const port = crypto.randomInt(PORTS.from, PORTS.to);
        const mark = net.createServer().unref();
        const server = net.createServer();
        if (!await listening(mark, { path: `\0orrery-port-${port}` })) continue;
        if (await listening(server, { port, host: '127.0.0.1' })) {
            await new Promise((ok) => server.close(ok));
            return port;
        }
        mark.close();
    }
    throw new Error(`no port of ${PORTS.from} to ${PORTS.to} is free`);
}

// Ask until it is so; the last answer or error is the message. How long it may take at most is no figure of the
// program's: a machine that does ten other things is slow.
export async function eventually(what, ask, { timeout = 150000, every = 40 } = {}) {
    const end = Date.now() + timeout;
    let last;
    for (;;) {
        try {
            last = await ask();
            if (last) return last;
        } catch (e) {
            last = e;
        }
        if (Date.now() > end)
            throw last instanceof Error ? new Error(`${what}: not in ${timeout} ms: ${last.message}`, { cause: last })
                                        : new Error(`${what}: not in ${timeout} ms`);
        await new Promise((ok) => setTimeout(ok, every));
    }
}

// What takes less time than if it had to wait for somebody: a busy machine gets another chance, waiting takes as
// long each time.
export async function quick(limit, act, tries = 4) {
    for (;;) {
        const began = Date.now(), made = await act(), took = Date.now() - began;
        if (took < limit) return made;
        assert.ok(--tries > 0, `${took} ms each time, not ${limit}`);
    }
}

// What went wrong in the program itself: the test fails, whatever else it found.
const SANITIZER = /ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error:|ERROR: ThreadSanitizer/;

let counter = 0;

export class Node {
    constructor(options) {
        Object.assign(this, { planet: 'tea', title: 'Tea', owner: 'owner@example.org', lang: 'en', name: 'node',
                              serveArgs: ['--dev'], prefix: null, program: ORRERY, probe: '/robots.txt', at: '127.0.0.1',
                              shares: false }, options);
        this.root = mkdtempSync(path.join(os.tmpdir(), 'orrery-'));
        this.dir = path.join(this.root, 'node');
        this.logFile = path.join(OUT, `${this.name}-${process.pid}-${++counter}.log`);
        writeFileSync(this.logFile, '');
        this.child = null;
        this.mails = [];
        this.database ??= URL_OF_STORE;
        this.schema ??= this.database && `n_${crypto.randomBytes(8).toString('hex')}`;
    }
    // The option of init that says where the store shall be; nothing for SQLite.
    get store() {
        return this.database ? { store: `${this.database}${this.database.includes('?') ? '&' : '?'}schema=${this.schema}` } : {};
    }

    static async start(options = {}) {
        const node = new Node(options);
        await node.init();
        await node.serve();
        return node;
    }

    async init() {
        this.port = await freePort();
        this.origin = `http://localhost:${this.port}`;
        this.host = `localhost:${this.port}`;
        this.made = await this.cli('init', { domain: this.host, planet: this.planet, title: this.title,
                                             owner: this.owner, lang: this.lang, 'owner-name': 'Olga Owner',
                                             ...this.store });
    }

    // Another process's place on the same PostgreSQL, not yet served: a directory of its own with the
    // node's secret and the way to the store, the pictures on a disk that both have, and another
    // address of the loopback.
    twin(name, at) {
        const { database, schema, port, origin, host, serveArgs } = this;
        const other = new Node({ name, at, database, schema, port, origin, host, serveArgs, shares: true });
        mkdirSync(other.dir, { mode: 0o700 });
        for (const file of ['secret.key', 'store.url']) copyFileSync(path.join(this.dir, file), path.join(other.dir, file));
        mkdirSync(path.join(this.dir, 'media'), { recursive: true });
        symlinkSync(path.join(this.dir, 'media'), path.join(other.dir, 'media'));
        return other;
    }

    // `orrery VERB DIR --json …`; options {name: value | [values] | true}; answers what it printed.
    cli(verb, options = {}, { input, raw = false } = {}) {
        const args = [...verb.split(' '), this.dir, ...(raw ? [] : ['--json'])];
        for (const [name, value] of Object.entries(options))
            for (const one of Array.isArray(value) ? value : [value])
                args.push(`--${name}`, ...(one === true ? [] : [String(one)]));
        return new Promise((resolve, reject) => {
            const child = execFile(ORRERY, args, { encoding: 'utf8', maxBuffer: 64 << 20, timeout: 120000 }, (error, out, err) => {
                if (SANITIZER.test(err)) return reject(new Error(`orrery ${verb}:\n${err}`));
                if (error) {
                    const wrong = new Error(`orrery ${args.join(' ')}: ${err.trim() || error.message}${out.trim() && `\n${out.trim().slice(0, 2000)}`}`);
                    return reject(Object.assign(wrong, { status: error.code, stderr: err }));
                }
                resolve(raw ? out : out === '' ? null : JSON.parse(out));
            });
            if (input !== undefined) child.stdin.end(input);
        });
    }

    // The store itself, by a program that knows nothing of ours. Statements that give rows (SELECT, or
    // RETURNING) answer [{column: value}]; numbers beyond 2^53 are not exact.
    sql(query) {
        const out = this.database
            ? this.psql(`WITH rows_ AS (${query}) SELECT COALESCE(json_agg(row_to_json(rows_)), '[]') FROM rows_`)
            : execFileSync('sqlite3', ['-json', '-cmd', '.timeout 10000', path.join(this.dir, 'store.sqlite'), query],
                           { encoding: 'utf8', maxBuffer: 64 << 20 });
        return out.trim() === '' ? [] : JSON.parse(out);
    }
    column(query) { return this.sql(query).map((row) => Object.values(row)[0]); }
    // Statements that give nothing, all or none of them.
    sqlRun(statements) {
        const input = `BEGIN; ${statements}; COMMIT;`;
        if (this.database) this.psql(input);
        else execFileSync('sqlite3', ['-bail', '-cmd', '.timeout 10000', path.join(this.dir, 'store.sqlite')], { input });
    }
    psql(input) {
        return execFileSync('psql', ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', this.database],
            { input, encoding: 'utf8', maxBuffer: 64 << 20,
              env: { ...process.env, PGOPTIONS: `-c search_path=${this.schema} -c client_min_messages=warning` } });
    }
    // Followers of its planets as their signed Follow would leave them.
    addFollowers(inboxes) {
        const now = Date.now();
        this.sqlRun(inboxes.map((inbox, i) => {
            const { host } = new URL(inbox);
            return `INSERT INTO actor (id, uri, kind, host, username, name, inbox, fetched_at)
                    VALUES (${1000 + i}, 'http://${host}/a', 'Person', '${host}', 'f${i}', 'F', '${inbox}', ${now});
                    INSERT INTO follow (id, actor_id, target_id, activity_uri, state, created_at)
                    SELECT ${1000 + i}, ${1000 + i}, id, 'http://${host}/a#follow', 'accepted', ${now} FROM actor WHERE local_kind = 'planet'`;
        }).join(';\n'));
    }
    // Nothing in it is torn or hangs in the air, and the books are whole.
    async sound() {
        if (!this.database) {
            assert.deepEqual(this.column('PRAGMA integrity_check'), ['ok']);
            assert.deepEqual(this.sql('PRAGMA foreign_key_check'), []);
        }
        const ledger = await this.cli('ledger verify');
        assert.ok(ledger.length > 0 && ledger.every((l) => l.sound === 'yes'), JSON.stringify(ledger));
    }

    // Markdown given by value, for the options that want a file.
    textFile(text) {
        const file = path.join(this.root, `text-${++counter}.md`);
        writeFileSync(file, text);
        return file;
    }
    async post({ body, teaser, ...rest }) {
        return this.cli('post create', { ...rest, 'body-file': this.textFile(body),
                                         ...(teaser === undefined ? {} : { 'teaser-file': this.textFile(teaser) }) });
    }

    async serve(extra = []) {
        const log = openSync(this.logFile, 'a');
        const command = [...(this.prefix ?? []), this.program, 'serve', this.dir, '--listen', `${this.at}:${this.port}`,
                         ...this.serveArgs, ...extra];
        const began = Date.now();
        this.child = spawn(command[0], command.slice(1), { stdio: ['ignore', log, log], env: { ...process.env, ...this.env } });
        closeSync(log);
        this.exited = new Promise((ok) => this.child.on('exit', (code, signal) => ok({ code, signal })));
        let gone = null;
        this.exited.then((how) => { gone = how; });
        await eventually('the node serves', async () => {
            if (gone) throw Object.assign(new Error(`exit ${gone.code ?? gone.signal}\n${this.log().slice(-3000)}`), { final: true });
            return (await request(`${this.origin}${this.probe}`, { timeout: 2000, at: this.at })).status === 200;
        }, { timeout: 120000, every: 10 });
        this.readyMs = Date.now() - began;
    }
    log() { return readFileSync(this.logFile, 'utf8'); }

    async signal(name, within = 60000) {
        if (!this.child) return null;
        this.child.kill(name);
        let timer;
        const how = await Promise.race([this.exited,
            new Promise((ok) => { timer = setTimeout(() => ok({ code: 'no end' }), within); })]);
        clearTimeout(timer);
        if (how.code === 'no end') this.child.kill('SIGKILL');
        this.child = null;
        return how;
    }
    async kill9() { return this.signal('SIGKILL'); }
    // Ends it the way systemd would, and reads the log for what the sanitizers saw.
    async stop() {
        const how = await this.signal('SIGTERM');
        const log = this.log();
        assert.ok(!SANITIZER.test(log), `sanitizer report in ${this.logFile}:\n${log.slice(Math.max(0, log.search(SANITIZER) - 500)).slice(0, 6000)}`);
        if (how) assert.equal(how.code, 0, `the node ended with ${how.code ?? how.signal}; ${this.logFile}\n${log.slice(-2000)}`);
        return how;
    }
    async restart() { await this.stop(); await this.serve(); }
    async close() {
        try {
            await this.stop();
        } finally {
            await this.smtp?.stop();
            if (this.database && !this.shares) this.psql(`DROP SCHEMA IF EXISTS ${this.schema} CASCADE`);
            rmSync(this.root, { recursive: true, force: true });
        }
    }

    client(options) { return new Client(this.origin, { at: this.at, ...options }); }

    // Press the button of a sign-in link.
    async enter(link, client = this.client()) {
        const page = await client.page(link);
        const home = await client.submit(page, new URL(link).pathname);
        assert.equal(home.status, 200, `signing in: ${home.status} ${words(home.text)}`);
        client.link = link;
        return client;
    }
    async ownerSession() {
        return this.enter((await this.cli('owner login')).sign_in);
    }
    // An account made on the command line, and its session. name → mail name@example.net
    async person(name, { locale } = {}) {
        const made = await this.cli('account create', { mail: `${name}@example.net`, username: name, name: name[0].toUpperCase() + name.slice(1) });
        const client = await this.enter(made.sign_in, this.client(locale ? { lang: locale } : {}));
        return Object.assign(client, { accountId: made.id, username: made.username, mail: `${name}@example.net` });
    }
    async member(name, { tier = 'member', unit = 'year', count = 1, planet } = {}) {
        const client = await this.person(name);
        await this.cli('member grant', { account: client.mail, tier, unit, count, ...(planet ? { planet } : {}) });
        return client;
    }

    // A real mail server that keeps what it is given.
    async withMail() {
        const mails = this.mails;
        const server = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'], logger: false,
            onData(stream, session, done) {
                simpleParser(stream).then((mail) => { mails.push({ to: session.envelope.rcptTo.map((r) => r.address), mail }); done(); }, done);
            } });
        server.on('error', () => {});
        await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
        this.smtp = { port: server.server.address().port, stop: () => new Promise((ok) => server.close(ok)) };
        await this.cli('settings set', { key: 'mail.smtp_url', value: `smtp://127.0.0.1:${this.smtp.port}` });
        await this.cli('settings set', { key: 'mail.from', value: 'planet@example.org' });
        return this;
    }
    async mailTo(address, after = 0) {
        return eventually(`a mail to ${address}`, () => this.mails.filter((m) => m.to.includes(address)).slice(after)[0]?.mail);
    }
    // Ask for a link, get the mail, open it in the same browser, press the button.
    async signUp(mail, client = this.client(), next) {
        const before = this.mails.filter((m) => m.to.includes(mail)).length;
        const page = await client.page('/login' + (next ? `?next=${encodeURIComponent(next)}` : ''));
        const sent = await client.submit(page, '/login', { mail });
        assert.equal(sent.status, 200, `asking for a link: ${sent.status} ${words(sent.text)}`);
        const letter = await this.mailTo(mail, before);
        const link = /http:\/\/localhost:\d+\/login\/[\w-]+/.exec(letter.text)?.[0];
        assert.ok(link, `no link in the mail: ${letter.text}`);
        await this.enter(link, client);
        return Object.assign(client, { mail, letter });
    }
}
