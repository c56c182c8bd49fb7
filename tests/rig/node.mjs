// A fresh node of our own program on a free port of the loopback, and the ways in.
import { spawn, execFile } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, readFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
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

export async function freePort() {
    const server = net.createServer();
    await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
    const { port } = server.address();
    await new Promise((ok) => server.close(ok));
    return port;
}

// Ask until it is so; the last answer or error is the message.
export async function eventually(what, ask, { timeout = 20000, every = 40 } = {}) {
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

// What went wrong in the program itself: the test fails, whatever else it found.
const SANITIZER = /ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error:|ERROR: ThreadSanitizer/;

let counter = 0;

export class Node {
    constructor(options) {
        Object.assign(this, { planet: 'tea', title: 'Tea', owner: 'owner@example.org', lang: 'en', name: 'node',
                              serveArgs: ['--dev'], prefix: null }, options);
        this.root = mkdtempSync(path.join(os.tmpdir(), 'orrery-'));
        this.dir = path.join(this.root, 'node');
        this.logFile = path.join(OUT, `${this.name}-${process.pid}-${++counter}.log`);
        writeFileSync(this.logFile, '');
        this.child = null;
        this.mails = [];
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
                                             owner: this.owner, lang: this.lang, 'owner-name': 'Olga Owner' });
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
                    const wrong = new Error(`orrery ${args.join(' ')}: ${err.trim() || error.message}`);
                    return reject(Object.assign(wrong, { status: error.code, stderr: err }));
                }
                resolve(raw ? out : out === '' ? null : JSON.parse(out));
            });
            if (input !== undefined) child.stdin.end(input);
        });
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
        const command = [...(this.prefix ?? []), ORRERY, 'serve', this.dir, '--listen', `127.0.0.1:${this.port}`,
                         ...this.serveArgs, ...extra];
        const began = Date.now();
        this.child = spawn(command[0], command.slice(1), { stdio: ['ignore', log, log], env: { ...process.env, ...this.env } });
        closeSync(log);
        this.exited = new Promise((ok) => this.child.on('exit', (code, signal) => ok({ code, signal })));
        let gone = null;
        this.exited.then((how) => { gone = how; });
        await eventually('the node serves', async () => {
            if (gone) throw Object.assign(new Error(`exit ${gone.code ?? gone.signal}\n${this.log().slice(-3000)}`), { final: true });
            return (await request(`${this.origin}/robots.txt`, { timeout: 2000 })).status === 200;
        }, { timeout: 30000, every: 10 });
        this.readyMs = Date.now() - began;
    }
    log() { return readFileSync(this.logFile, 'utf8'); }

    async signal(name, within = 30000) {
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
            rmSync(this.root, { recursive: true, force: true });
        }
    }

    client(options) { return new Client(this.origin, options); }

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
