// A newer process takes the place of a running one: nobody notices. Under load, with systemd's socket,
// with a newcomer that fails, with the old one killed in the middle.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, openSync, closeSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { Node, ORRERY, eventually, freePort, onPostgres } from '../rig/node.mjs';
import { Host } from '../rig/host.mjs';
import { Sink, activity, makeKey, send } from '../rig/sink.mjs';
import { agent, elsewhere, file, multipart, request, words } from '../rig/client.mjs';

// Nobody may reap what was started by an old process: a zombie has left, too.
function isGone(pid) {
    try {
        return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/, ''));
    } catch {
        return true;
    }
}
const gone = (pid) => {
    agent.destroy(); // what rests in the pool is closed by us, who know that nothing is on its way
    return eventually(`process ${pid} has left`, () => isGone(pid));
};
const sleep = (ms) => new Promise((ok) => setTimeout(ok, ms));

// The first process is the rig's child; those that follow are nobody's.
class Seat extends Node {
    static async start(options) {
        const seat = new Seat(options);
        await seat.init();
        await seat.serve();
        seat.pid = seat.child.pid;
        return seat;
    }
    async upgrade() {
        const before = this.pid;
        this.pid = Number((await this.cli('upgrade')).pid);
        assert.notEqual(this.pid, before);
        return before;
    }
    // A newcomer that somebody starts by hand.
    follow(extra = [], env = {}) {
        const log = openSync(this.logFile, 'a');
        const child = spawn(this.program, ['serve', this.dir, '--listen', `127.0.0.1:${this.port}`, ...this.serveArgs, '--takeover', ...extra],
                            { stdio: ['ignore', log, log], env: { ...process.env, ...env } });
        closeSync(log);
        child.over = new Promise((ok) => child.on('exit', (code, signal) => ok(code ?? signal)));
        return child;
    }
    async well() { assert.equal((await request(`${this.origin}/healthz`)).status, 200); }
    async close() {
        if (this.pid && !isGone(this.pid)) process.kill(this.pid, 'SIGTERM');
        if (this.pid) await gone(this.pid);
        if (this.child?.exitCode !== null || this.child?.signalCode !== null) this.child = null;
        await super.close();
    }
}

// A connection of its own, which nobody uses again.
const fresh = (url) => new Promise((resolve, reject) => {
    const u = new URL(url);
    http.get({ host: '127.0.0.1', port: u.port, path: u.pathname + u.search, agent: false, headers: { host: u.host, ...elsewhere() } }, (rs) => {
        rs.resume();
        rs.on('error', reject);
        rs.on('end', () => resolve({ status: rs.statusCode }));
    }).on('error', reject);
});

// Bytes on a connection that we hold in our own hands.
class Wire {
    static open(port) {
        const wire = new Wire();
        wire.got = '';
        wire.ended = false;
        wire.socket = net.connect(port, '127.0.0.1');
        wire.socket.on('data', (d) => { wire.got += d.toString('latin1'); });
        wire.socket.on('end', () => { wire.ended = true; });
        wire.socket.on('error', (e) => { wire.error = e; });
        return new Promise((ok) => wire.socket.on('connect', () => ok(wire)));
    }
    write(bytes) { return new Promise((ok) => this.socket.write(bytes, ok)); }
    async answer() {
        await eventually('an answer', () => {
            if (this.error) throw this.error;
            const head = this.got.indexOf('\r\n\r\n');
            const length = /content-length: (\d+)/i.exec(this.got)?.[1];
            return head > 0 && length !== undefined && this.got.length >= head + 4 + Number(length);
        });
        const text = this.got;
        this.got = '';
        return { status: Number(text.slice(9, 12)), text };
    }
}

describe('an upgrade under load', () => {
    const HOSTS = 24, UPGRADES = 3;
    let node, sink, owner, members, post, note, inbox;

    before(async () => {
        [node, sink] = await Promise.all([Seat.start({ name: 'upgrade' }), Sink.start()]);
        note = await node.post({ title: 'Open', body: 'Open to all.', access: 'public' });
        post = new URL(note.address).pathname;
        owner = await node.ownerSession();
        members = [];
        for (const name of ['ann', 'ben', 'cai']) members.push(await node.member(name));
        const planet = JSON.parse((await request(`${node.origin}/@tea`, { headers: { accept: 'application/activity+json' } })).text);
        inbox = planet.inbox;
        const key = makeKey();
        const followers = Array.from({ length: HOSTS }, (_, i) => sink.actor('f', { host: `f${i}.localhost`, key }));
        for (const f of followers)
            await eventually(`a Follow of ${f.id}`, async () => (await send(inbox, activity(f, 'Follow', planet.id), f)).status === 202);
        await eventually('all are accepted', () => new Set(sink.posts.map((p) => p.host)).size === HOSTS);
        sink.key = key;
        sink.delay = () => Math.random() * 100;
    });
    after(async () => { await node.close(); await sink.stop(); });

    it('loses no request, no answer and no job, three times in a row', { timeout: 240000 }, async () => {
        const kept = { comments: [], drafts: [], likes: 0 }, failed = [], done = {};
        let over = false, n = 0;
        // What fails is counted, whatever it is: resets, refusals, answers of 500 and more.
        const loop = async (what, one) => {
            while (!over) {
                try {
                    await sleep(5);
                    await one(`${what}-${++n}x`);
                    done[what] = (done[what] ?? 0) + 1;
                } catch (e) {
                    failed.push(`${what}: ${e.code ?? ''} ${e.message}`);
                    if (failed.length > 20) return;
                }
            }
        };
        const is = (rs, status) => assert.equal(rs.status, status, words(rs.text ?? ''));
        const tokens = await Promise.all(members.map((m) => m.csrf()));
        const token = await owner.csrf();
        const pages = ['/@tea', post, '/robots.txt'];
        const loops = [
            ...[0, 1, 2, 3].map((i) => loop('keep-alive', async () => is(await request(node.origin + pages[(n + i) % pages.length], { headers: elsewhere() }), 200))),
            ...[0, 1, 2].map((i) => loop('fresh', async () => is(await fresh(node.origin + pages[(n + i) % pages.length]), 200))),
            ...members.map((m, i) => loop('comment', async (mark) => {
                is(await m.send(`${post}/comments`, [['_csrf', tokens[i]], ['text', mark], ['audience', 'public']], { follow: false, headers: elsewhere() }), 303);
                kept.comments.push(mark);
            })),
            loop('draft', async (mark) => {
                is(await owner.send('/compose', [['_csrf', token], ['id', '0'], ['version', '0'], ['planet', 'tea'], ['title', mark], ['body', mark],
                    ['access', 'public'], ['lang', 'en'], ['do', 'save']], { multi: true, follow: false, headers: { accept: 'application/json', ...elsewhere() } }), 200);
                kept.drafts.push(mark);
            }),
            ...[0, 1].map(() => loop('inbox', async (mark) => {
                const liker = sink.actor(mark, { host: `${mark}.localhost`, key: sink.key });
                is(await send(inbox, activity(liker, 'Like', note.object), liker), 202);
                kept.likes++;
            })),
        ];

        // An upload that begins with the first process and ends when three others have served.
        const bytes = Buffer.alloc(600000, 'tea ');
        const form = multipart([['_csrf', token], ['planet', 'tea'], ['file', file('long.bin', bytes)]]);
        const upload = await Wire.open(node.port);
        await upload.write(`POST /compose/upload HTTP/1.1\r\nHost: ${node.host}\r\nCookie: ${owner.cookie}\r\nOrigin: ${node.origin}\r\n` +
            `Accept: application/json\r\nContent-Type: ${form.type}\r\nContent-Length: ${form.body.length}\r\n\r\n`);
        await upload.write(form.body.subarray(0, 300000));
        // And a connection that rests, as a browser's or a proxy's does.
        const resting = await Wire.open(node.port);
        await resting.write(`GET /robots.txt HTTP/1.1\r\nHost: ${node.host}\r\n\r\n`);
        assert.equal((await resting.answer()).status, 200);

        const left = [], titles = [];
        // Everybody gets some answers more.
        const busy = () => {
            const from = { ...done };
            return eventually('work goes on', () => failed.length > 0 ||
                ['keep-alive', 'fresh', 'comment', 'draft', 'inbox'].every((what) => (done[what] ?? 0) >= (from[what] ?? 0) + 20), { every: 5 });
        };
        await busy();
        for (let i = 0; i < UPGRADES; i++) {
            titles.push(`Round number ${i}`);
            await node.post({ title: titles.at(-1), body: 'Off it goes.', access: 'public' });
            left.push(await node.upgrade());
            await busy();
        }
        await upload.write(form.body.subarray(300000));
        const uploaded = await upload.answer();
        await resting.write(`GET ${post} HTTP/1.1\r\nHost: ${node.host}\r\n\r\n`);
        const rested = await resting.answer();
        await busy();
        over = true;
        await Promise.all(loops);

        assert.deepEqual(failed, [], `of ${JSON.stringify(done)}`);
        assert.equal(uploaded.status, 201, uploaded.text);
        assert.equal(rested.status, 200);
        assert.match(rested.text, /connection: close/i);
        await eventually('the connection that rested is closed behind its answer', () => resting.ended);
        for (const pid of left) await gone(pid);
        const texts = new Set(node.column('SELECT markdown FROM comment'));
        assert.deepEqual(kept.comments.filter((c) => !texts.has(c)), []);
        const drafts = new Set(node.column("SELECT title FROM post WHERE state = 'draft'"));
        assert.deepEqual(kept.drafts.filter((d) => !drafts.has(d)), []);
        await eventually('every like counts', async () => JSON.parse((await request(note.object,
            { headers: { accept: 'application/activity+json' } })).text).likes.totalItems === kept.likes);
        await eventually('the queue is empty', async () => (await node.cli('queue list')).filter((j) => j.kind === 'fed.deliver').length === 0);
        for (const title of titles) {
            const hosts = sink.posts.filter((p) => p.body.includes('"Create"') && p.body.includes(title)).map((p) => p.host);
            assert.equal(new Set(hosts).size, HOSTS, `${title} has come everywhere`);
            assert.equal(hosts.length, HOSTS, `${title} has come once`);
        }
        await eventually('alone', () => node.log().match(/alone with the store/g)?.length >= 1);
        await node.sound();
        if (!onPostgres) { // where any number may serve it
            const second = spawn(ORRERY, ['serve', node.dir, '--listen', '127.0.0.1:0'], { stdio: 'ignore' });
            assert.equal(await new Promise((ok) => second.on('exit', ok)), 1, 'the lock is held');
        }
        console.log(`# ${UPGRADES} upgrades, ${Object.values(done).reduce((a, b) => a + b)} requests ${JSON.stringify(done)}, ${failed.length} failed`);
    });

    it('what the old one remembers of pages is not sent once another may write', async () => {
        const said = new URL((await node.post({ title: 'What is said', body: 'Here.', access: 'public' })).address).pathname;
        const page = async () => (await request(node.origin + said, { headers: elsewhere() })).text;
        const token = await members[0].csrf();
        for (let i = 0; i < 3; i++) {
            await page();
            await node.upgrade();
            await members[0].send(`${said}/comments`, [['_csrf', token], ['text', `after ${i} upgrades`], ['audience', 'public']], { follow: false });
            await eventually('it is seen', async () => (await page()).includes(`after ${i} upgrades`));
        }
    });
});

describe('an upgrade that fails', () => {
    let node;
    before(async () => {
        node = new Seat({ name: 'fails' });
        node.program = path.join(node.root, 'orrery');
        copyFileSync(ORRERY, node.program);
        chmodSync(node.program, 0o755);
        await node.init();
        await node.serve();
        node.pid = node.child.pid;
    });
    after(() => node.close());

    const refused = async () => {
        const pid = node.pid;
        await assert.rejects(node.cli('upgrade'), (e) => {
            assert.equal(e.status, 1);
            return /did not start/.test(e.stderr);
        });
        assert.ok(!isGone(pid));
        await node.well();
    };

    it('a program that ends at once, or is no program, leaves the old one serving', async () => {
        renameSync(node.program, `${node.program}.good`);
        await refused(); // nothing is there
        writeFileSync(node.program, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
        await refused();
        writeFileSync(node.program, 'garbage', { mode: 0o755 });
        await refused();
        renameSync(`${node.program}.good`, node.program);
    });

    it('a key or a store that cannot be read leaves the old one serving', async () => {
        const secret = path.join(node.dir, 'secret.key'), held = readFileSync(secret);
        writeFileSync(secret, 'short');
        await refused();
        writeFileSync(secret, held);
        await node.well();
    });

    it('a port that is taken leaves the old one serving', async () => {
        const other = net.createServer();
        await new Promise((ok) => other.listen(0, '127.0.0.1', ok));
        const child = node.follow(['--listen', `127.0.0.1:${other.address().port}`]);
        assert.equal(await child.over, 1);
        await node.well();
        await new Promise((ok) => other.close(ok));
    });

    it('and the next one, by the program that lies there then, succeeds', async () => {
        const before = await node.upgrade();
        await gone(before);
        await node.well();
        assert.equal((await node.cli('upgrade')).pid > 0, true);
        node.pid = Number(/process (\d+) serves now(?![\s\S]*serves now)/.exec(node.log())[1]);
        await node.well();
    });
});

describe('the old one is killed', () => {
    it('at any moment of a handover: the newcomer serves', { timeout: 120000 }, async () => {
        const node = await Seat.start({ name: 'mid' });
        let old = node.child;
        old.over = node.exited;
        for (const ms of [0, 3, 10, 20, 40, 80, 160]) {
            const child = node.follow();
            await sleep(ms);
            old.kill('SIGKILL');
            await old.over;
            await eventually('it serves', () => node.well().then(() => true));
            assert.equal(child.exitCode, null);
            old = child;
        }
        old.kill('SIGTERM');
        assert.equal(await old.over, 0);
        node.pid = null;
        node.child = null;
        await node.close();
    });
});

describe('a host with its nodes', () => {
    let host, pid;
    const upgrade = () => new Promise((ok, no) => execFile(ORRERY, ['upgrade', host.dir, '--json'], { encoding: 'utf8' },
        (e, out, err) => (e ? no(new Error(err)) : ok(Number(JSON.parse(out).pid)))));
    before(async () => {
        host = await Host.start({ name: 'host-upgrade' });
        pid = host.child.pid;
        for (const name of ['ann', 'ben', 'cai']) assert.ok([200, 201].includes((await host.create(name)).status));
    });
    after(async () => {
        if (!isGone(pid)) process.kill(pid, 'SIGTERM');
        await gone(pid);
        host.child = null;
        await host.close();
    });

    it('goes on: pages, API and health, three times in a row', { timeout: 120000 }, async () => {
        const failed = [], done = {};
        let over = false, n = 0;
        const loop = async (what, one) => {
            while (!over && failed.length < 20) {
                try {
                    await sleep(5);
                    const rs = await one(n++);
                    assert.equal(rs.status, 200, rs.text);
                    done[what] = (done[what] ?? 0) + 1;
                } catch (e) {
                    failed.push(`${what}: ${e.code ?? ''} ${e.message}`);
                }
            }
        };
        const names = ['ann', 'ben', 'cai'];
        const loops = [0, 1].flatMap(() => [
            loop('page', (i) => request(`${host.origin(names[i % 3])}/robots.txt`, { headers: elsewhere() })),
            loop('fresh', (i) => fresh(`${host.origin(names[i % 3])}/robots.txt`)),
            loop('api', () => host.api('GET', '/v1/nodes')),
            loop('ask', (i) => fresh(`${host.internal}/internal/tls-ask?domain=${encodeURIComponent(host.domain(names[i % 3]))}`)),
        ]);
        const busy = () => {
            const from = { ...done };
            return eventually('work goes on', () => failed.length > 0 ||
                ['page', 'fresh', 'api'].every((what) => (done[what] ?? 0) >= (from[what] ?? 0) + 10), { every: 5 });
        };
        const left = [];
        await busy();
        for (let i = 0; i < 3; i++) {
            left.push(pid);
            pid = await upgrade();
            const made = await host.create(`new${i}`);
            assert.ok([200, 201].includes(made.status), made.text);
            // Perhaps the old process made it, on a connection that rested: the newcomer hears of it.
            await eventually('it is known', async () => (await fresh(`${host.origin(`new${i}`)}/robots.txt`)).status === 200);
            await busy();
        }
        over = true;
        await Promise.all(loops);
        assert.deepEqual(failed, [], JSON.stringify(done));
        for (const old of left) await gone(old);
        await eventually('alone', () => /alone with the store/.test(host.log()));
    });
});

// What systemd does for a socket unit and a service of Type=notify, in forty lines that any Debian can run.
const SYSTEMD = String.raw`
use strict; use Socket; use Fcntl; use POSIX ();
my ($port, $notify, @command) = @ARGV;
$| = 1;
socket(my $tcp, PF_INET, SOCK_STREAM, 0) or die; setsockopt($tcp, SOL_SOCKET, SO_REUSEADDR, 1);
bind($tcp, sockaddr_in($port, inet_aton("127.0.0.1"))) or die "bind: $!"; listen($tcp, 128) or die;
socket(my $news, PF_UNIX, SOCK_DGRAM, 0) or die; bind($news, sockaddr_un($notify)) or die;
my %living;
sub start {
    my $pid = fork();
    if ($pid == 0) {
        POSIX::dup2(fileno($tcp), 3) unless fileno($tcp) == 3;
        open(my $fd, "<&=", 3); fcntl($fd, F_SETFD, 0);
        @ENV{qw(LISTEN_PID LISTEN_FDS LISTEN_FDNAMES NOTIFY_SOCKET)} = ($$, 1, "orrery.socket", $notify);
        exec @command; POSIX::_exit(127);
    }
    $living{$pid} = 1;
    print "started $pid\n";
}
for (;;) {
    my $in = ''; vec($in, 0, 1) = 1; vec($in, fileno($news), 1) = 1;
    select($in, undef, undef, 0.02);
    if (vec($in, 0, 1)) { my $line = ''; last unless sysread(STDIN, $line, 100); start() if $line =~ /start/; }
    if (vec($in, fileno($news), 1)) { recv($news, my $text, 1000, 0); print "notify $text\n"; }
    for my $pid (keys %living) { if (waitpid($pid, POSIX::WNOHANG()) == $pid) { delete $living{$pid}; print "ended $pid $?\n"; } }
}
`;

describe('a socket of systemd', () => {
    let node, systemd, said = '';
    const hear = (what) => eventually(String(what), () => what.exec(said));
    const start = async () => {
        said = '';
        systemd.stdin.write('start\n');
        node.pid = Number((await hear(/started (\d+)/))[1]);
    };
    before(async () => {
        node = new Seat({ name: 'activated' });
        await node.init();
        const log = openSync(node.logFile, 'a');
        // --listen names another port: the socket that is given goes before it.
        systemd = spawn('perl', ['-e', SYSTEMD, node.port, path.join(node.root, 'notify'), ORRERY, 'serve', node.dir, '--dev', '--listen', '127.0.0.1:1'],
                        { stdio: ['pipe', 'pipe', log] });
        systemd.stdout.on('data', (d) => { said += d; });
        systemd.stdout.on('data', (d) => { writeFileSync(node.logFile, d, { flag: 'a' }); });
        await eventually('the socket is there', () => new Promise((ok, no) => {
            const s = net.connect(node.port, '127.0.0.1', () => { s.destroy(); ok(true); }).on('error', no);
        }));
    });
    after(async () => { await node.close(); systemd.stdin.end(); });

    it('is served, and requests wait in it while nobody serves', async () => {
        const early = request(`${node.origin}/healthz`);
        await start();
        assert.equal((await early).status, 200, 'who came before the first start is answered');
        await hear(/notify READY=1/);
        const asked = [];
        process.kill(node.pid, 'SIGTERM');
        await hear(/ended \d+ 0/);
        for (let i = 0; i < 10; i++) asked.push(fresh(`${node.origin}/robots.txt`));
        await start();
        assert.deepEqual((await Promise.all(asked)).map((rs) => rs.status), Array(10).fill(200), 'a restart refuses nobody');
    });

    it('goes on to the newcomer, whom systemd is told of by the process that it knows', async () => {
        await hear(/notify READY=1/);
        const old = node.pid;
        said = '';
        await node.upgrade();
        await hear(new RegExp(`notify MAINPID=${node.pid}\\n`));
        assert.doesNotMatch(said, /notify READY=1/, 'from a process that it does not know yet, systemd would refuse it');
        await hear(new RegExp(`ended ${old} 0`));
        await node.well();
        process.kill(node.pid, 'SIGTERM');
        await gone(node.pid);
        const waits = fresh(`${node.origin}/robots.txt`);
        await start();
        assert.equal((await waits).status, 200, 'the socket has outlived both');
    });

    it('of systemd-socket-activate itself', { skip: !existsSync('/usr/bin/systemd-socket-activate') && 'no systemd here' }, async () => {
        const other = await Seat.start({ name: 'real-activate' });
        await other.stop();
        const log = openSync(other.logFile, 'a');
        const child = spawn('systemd-socket-activate', ['-l', `127.0.0.1:${other.port}`, ORRERY, 'serve', other.dir, '--dev', '--listen', '127.0.0.1:1'],
                            { stdio: ['ignore', log, log] });
        child.over = new Promise((ok) => child.on('exit', (code, signal) => ok(code ?? signal)));
        closeSync(log);
        await eventually('it is served', () => other.well().then(() => true));
        child.kill('SIGTERM');
        assert.equal(await child.over, 0);
        other.pid = null;
        await other.close();
    });
});
