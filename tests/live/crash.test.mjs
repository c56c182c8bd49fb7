// What is left behind by an end that nobody planned, judged by the store itself: kills while people
// and commands write, while a code is raced for, in the middle of a large fan-out; a disk that is full
// for a while; starts that cannot be.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { Node, ORRERY, eventually, freePort, onPostgres } from '../rig/node.mjs';
import { elsewhere, file, words } from '../rig/client.mjs';

// Two by two.
const gif = Buffer.from('4749463839610200020080000047704c00000021f90405000000002c00000000020002000002028c53003b', 'hex');

// A program that is expected to end by itself: {code, text}.
const ends = (...args) => new Promise((resolve) => {
    execFile(ORRERY, args, { encoding: 'utf8', timeout: 120000 }, (error, out, err) => {
        resolve({ code: error ? error.code ?? error.signal : 0, text: out + err });
    });
});

// A form's token stays good as long as its session: one look for many sends.
async function sender(client) {
    const token = await client.csrf();
    assert.ok(token);
    return (action, fields, options = {}) => client.send(action, [['_csrf', token], ...Object.entries(fields)], {
        follow: false, ...options,
        headers: { ...elsewhere(), ...options.headers },
    });
}

describe('kill -9 while people and commands write', () => {
    let node, post;
    before(async () => {
        node = await Node.start({ name: 'kill' });
        post = new URL((await node.post({ title: 'A cup', body: 'For members.', teaser: 'A lid.', access: 'members' })).address).pathname;
    });
    after(() => node.close());

    it('loses nothing that was answered, and opens without repair', async () => {
        const owner = await node.ownerSession();
        const members = await Promise.all(['ann', 'ben', 'cai'].map((name) => node.member(name)));
        const say = await Promise.all(members.map(sender));
        const write = await sender(owner);
        const kept = { comments: [], drafts: [], posts: [], grants: [] };
        let n = 0;
        for (let round = 0; round < 3; round++) {
            let alive = true, answered = 0;
            const commands = new Set();
            const loop = async (one) => {
                while (alive) {
                    try {
                        if (await one(`w${round}x${n++}x`)) answered++;
                    } catch (e) {
                        if (alive) throw e;
                    }
                }
            };
            const command = (args) => new Promise((resolve) => {
                const child = execFile(ORRERY, args, { encoding: 'utf8' }, (error, out) => {
                    commands.delete(child);
                    resolve(error ? null : out);
                });
                commands.add(child);
            });
            const loops = [
                ...say.map((send) => loop(async (word) => {
                    const rs = await send(`${post}/comments`, { text: word, audience: 'members' });
                    assert.equal(rs.status, 303, words(rs.text));
                    return kept.comments.push(word);
                })),
                loop(async (word) => {
                    const rs = await write('/compose', { id: '0', version: '0', planet: 'tea', title: word, body: 'x', access: 'public', lang: 'en', do: 'save' },
                                           { multi: true, headers: { accept: 'application/json' } });
                    assert.equal(rs.status, 200, words(rs.text));
                    return kept.drafts.push(word);
                }),
                loop(async (word) => {
                    const text = node.textFile(word);
                    return await command(['post', 'create', node.dir, '--title', word, '--body-file', text]) !== null && kept.posts.push(word);
                }),
                loop(async (word) => {
                    const out = await command(['account', 'create', node.dir, '--mail', `${word}@example.net`]) !== null &&
                                await command(['member', 'grant', node.dir, '--account', `${word}@example.net`, '--tier', 'member']) !== null;
                    return out && kept.grants.push(word);
                }),
            ];
            await Promise.race([eventually('writes', () => answered >= 60 + 25 * round && kept.posts.length > round && kept.grants.length > round),
                                ...loops]);
            alive = false;
            node.child.kill('SIGKILL');
            for (const child of commands) child.kill('SIGKILL');
            await node.kill9();
            await Promise.all(loops);
            if (!onPostgres) assert.deepEqual(node.column('PRAGMA integrity_check'), ['ok'], 'as it was left');
            await node.serve();
            const missing = (have, want) => want.filter((w) => !have.has(w));
            assert.deepEqual(missing(new Set(node.column('SELECT markdown FROM comment')), kept.comments), []);
            assert.deepEqual(missing(new Set(node.column("SELECT title FROM post WHERE state = 'draft'")), kept.drafts), []);
            assert.deepEqual(missing(new Set(node.column("SELECT title FROM post WHERE state = 'published'")), kept.posts), []);
            assert.deepEqual(missing(new Set(node.column("SELECT a.username FROM account a JOIN member_grant g ON g.account_id = a.id WHERE g.live_state = 'live'")),
                                     kept.grants), []);
            const once = node.column('SELECT markdown FROM comment GROUP BY markdown HAVING COUNT(*) > 1');
            assert.deepEqual(once, [], 'nothing is said twice');
        }
        await node.sound();
        assert.equal((await members[0].page(post)).status, 200);
        assert.ok(!/error db|repair|recover/i.test(node.log()), node.log().slice(-2000));
        // What was published reads as it was written.
        const last = kept.posts.at(-1);
        assert.match((await node.client().page('/@tea')).text, new RegExp(last));
    });

    it('a code raced for by two, with a kill between, gives one membership', async () => {
        const names = ['dora', 'emil', 'faye', 'gus', 'hana', 'ivo'];
        const people = await Promise.all(names.map((name) => node.person(name)));
        let sends = await Promise.all(people.map((p, i) => sender(Object.assign(p, { hop: i + 1 }))));
        const codes = (await node.cli('code create', { tier: 'member', n: 12, unit: 'month' })).map((row) => row.code);
        const state = () => ({
            uses: node.sql('SELECT c.id, c.used, (SELECT COUNT(*) FROM code_use u WHERE u.code_id = c.id) AS n FROM code c WHERE used > 0'),
            grants: node.column("SELECT COUNT(*) FROM member_grant WHERE kind = 'code'")[0],
            orders: node.column("SELECT COUNT(*) FROM purchase_order WHERE rail = 'code' AND state = 'paid'")[0],
            unpaid: node.column("SELECT COUNT(*) FROM purchase_order WHERE rail = 'code' AND state <> 'paid'")[0],
        });
        const told = new Map();
        // Every code by two people, and by each of them twice at once.
        const race = (from, to, open) => codes.slice(from, to).flatMap((code, i) => [0, 1, 0, 1].map(async (who) => {
            const p = (from + i) % 3 * 2 + who;
            try {
                const rs = await sends[p]('/@tea/redeem', { code });
                if (rs.status === 303) told.set(code, (told.get(code) ?? new Set()).add(p));
                else assert.ok([404, 409].includes(rs.status), `${rs.status} ${words(rs.text)}`);
            } catch (e) {
                if (!open || e.code === 'ERR_ASSERTION') throw e;
            }
        }));
        const first = race(0, 9, true);
        await eventually('some are redeemed', () => told.size >= 2, { every: 1 });
        await node.kill9();
        await Promise.all(first);
        await node.serve();
        for (const code of told.keys()) assert.equal(told.get(code).size, 1, 'one winner a code');
        const middle = state();
        assert.ok(middle.uses.length >= told.size, `${middle.uses.length} uses kept, ${told.size} were confirmed`);
        assert.equal(middle.grants, middle.uses.length);
        assert.equal(middle.orders, middle.uses.length);
        await Promise.all(race(0, 12, false));
        const end = state();
        assert.equal(end.uses.length, 12, 'every code found its use');
        for (const use of end.uses) assert.deepEqual([use.used, use.n], [1, 1]);
        assert.deepEqual([end.grants, end.orders, end.unpaid], [12, 12, 0]);
        const left = node.column("SELECT (SELECT COUNT(*) FROM txn t WHERE t.order_id = o.id) FROM purchase_order o WHERE rail = 'code'");
        assert.ok(left.every((n) => n === left[0] && n <= 1), `one entry in the books an order: ${left}`);
        assert.ok(node.column('SELECT SUM(amount) FROM entry GROUP BY txn_id, currency').every((sum) => sum === 0));
        await node.sound();
    });
});

// ---- deliveries ----

// Many peers on one address, each a host of its own by its port. They count what comes.
class Peers {
    static async start(n, delay) {
        const peers = Object.assign(new Peers(), { came: [], servers: [] });
        for (let i = 0; i < n; i++) {
            const server = http.createServer((rq, rs) => peers.take(server, rq, rs));
            server.delay = delay(i);
            peers.servers.push(server);
        }
        await Promise.all(peers.servers.map((s) => new Promise((ok) => s.listen(0, '127.0.0.1', ok))));
        peers.inboxes = peers.servers.map((s) => { s.inbox = `http://127.0.0.1:${s.address().port}/inbox`; return s.inbox; });
        return peers;
    }
    take(server, rq, rs) {
        const parts = [];
        rq.on('data', (d) => parts.push(d));
        rq.on('error', () => {});
        rq.on('end', () => {
            const text = Buffer.concat(parts).toString();
            const one = { inbox: server.inbox, id: `${JSON.parse(text).type} ${JSON.parse(text).id}`, at: performance.now(), confirmed: Infinity };
            this.came.push(one);
            setTimeout(() => {
                rs.writeHead(202).end();
                rs.on('finish', () => { one.confirmed = performance.now(); });
            }, server.delay);
        });
    }
    confirmed() { return this.came.filter((c) => c.confirmed < Infinity).length; }
    stop() {
        return Promise.all(this.servers.map((s) => { s.closeAllConnections(); return new Promise((ok) => s.close(ok)); }));
    }
}

describe('kill -9 in the middle of a fan-out', () => {
    const HOSTS = 1000, IN_FLIGHT = 768, MOMENT = 2000;
    let node, peers, write;
    before(async () => {
        node = new Node({ name: 'fanout' });
        await node.init();
        await node.serve();
        await drained(); // the planet's first words about itself
        await node.stop();
        // Some confirm at once, some take so long that a kill finds them at it.
        peers = await Peers.start(HOSTS, (i) => (i % 2 ? 20 : 4000));
        node.addFollowers(peers.inboxes);
        await node.serve();
        write = await sender(await node.ownerSession());
    });
    after(async () => { await node.close(); await peers.stop(); });

    // A click on "publish", answered; the activities of it that the peers shall get.
    async function publish(title) {
        const made = await node.post({ title, body: 'Round they go.', draft: true });
        const rs = await write(`/compose/${made.id}/publish`, { version: '1', teaser_confirmed: '1', do: 'publish' });
        assert.equal(rs.status, 303, words(rs.text));
        return made.id;
    }
    const due = () => node.column(`SELECT COUNT(*) FROM job WHERE kind LIKE 'fed.%' AND state <> 'resting' AND run_at <= ${Date.now() + 2000}`)[0];
    async function drained() {
        await eventually('the queue is empty', () => due() === 0, { every: 100 });
    }
    function judge(since) {
        const now = peers.came.slice(since);
        const got = new Set(now.map((c) => c.inbox));
        assert.equal(peers.inboxes.filter((i) => !got.has(i)).length, 0, 'inboxes that got nothing');
        assert.deepEqual([...new Set(now.map((c) => c.id))], [now[0].id], 'one activity');
        return now.length - got.size;
    }

    it('every inbox gets it; only what was in flight may come twice', async () => {
        const since = peers.came.length;
        await publish('Killed in the middle');
        const settled = () => peers.came.slice(since).filter((c) => c.confirmed < performance.now() - MOMENT).length;
        await eventually('many confirmed a moment ago', () => settled() >= 50, { every: 1 });
        const killed = performance.now();
        await node.kill9();
        const before = peers.came.slice(since);
        assert.ok(before.filter((c) => c.confirmed < Infinity).length < HOSTS, 'the kill came in the middle');
        const leased = new Set(node.column("SELECT payload FROM job WHERE kind = 'fed.deliver' AND state = 'leased'"));
        assert.ok(leased.size <= IN_FLIGHT, `${leased.size} in flight`);
        await node.serve();
        await drained();
        judge(since);
        const had = new Map(before.map((c) => [c.inbox, c]));
        const twice = peers.came.slice(since + before.length).filter((c) => had.has(c.inbox));
        assert.ok(twice.length <= IN_FLIGHT, `${twice.length} repeats`);
        assert.deepEqual(twice.filter((c) => !leased.has(c.inbox)), [], 'repeated though its end was in the store');
        assert.deepEqual(twice.filter((c) => had.get(c.inbox).confirmed < killed - MOMENT), [], 'repeated to who had confirmed');
    });

    it('a kill right behind the answer loses no follower', async () => {
        const since = peers.came.length;
        await publish('Killed at once');
        await node.kill9();
        await node.serve();
        await drained();
        assert.ok(judge(since) <= IN_FLIGHT);
    });

    it('a stop by SIGTERM repeats nothing, and answers what it holds', async () => {
        const since = peers.came.length;
        const member = await node.member('mo');
        const post = new URL((await node.post({ title: 'Stopped gently', body: 'Round.' })).address).pathname;
        const say = await sender(member);
        await eventually('it goes out', () => peers.confirmed() - since >= 50, { every: 1 });
        const said = [];
        const sends = Array.from({ length: 12 }, (_, i) => say(`${post}/comments`, { text: `last word ${i}`, audience: 'public' })
            .then((rs) => { if (rs.status === 303) said.push(`last word ${i}`); else assert.equal(rs.status, 503); },
                  (e) => assert.ok(['ECONNREFUSED', 'ECONNRESET'].includes(e.code) || /hang up/.test(e.message), e)));
        await eventually('one is answered', () => said.length > 0, { every: 1 });
        assert.ok(peers.confirmed() - since < HOSTS, 'the stop comes in the middle');
        await node.stop();
        await Promise.all(sends);
        const have = new Set(node.column('SELECT markdown FROM comment'));
        assert.deepEqual(said.filter((w) => !have.has(w)), []);
        assert.deepEqual(node.column("SELECT COUNT(*) FROM job WHERE state = 'leased'"), [0], 'nothing is left half done');
        await node.serve();
        await drained();
        const first = peers.came[since].id;
        const got = peers.came.slice(since).filter((c) => c.id === first);
        assert.equal(new Set(got.map((c) => c.inbox)).size, HOSTS);
        assert.equal(got.length, HOSTS, 'no peer is told twice');
        await node.sound();
    });
});

// ---- starting wrongly ----

describe('a start that cannot be', () => {
    let node;
    before(async () => { node = await Node.start({ name: 'wrong' }); });
    after(() => node.close());
    const listen = async () => ['--listen', `127.0.0.1:${await freePort()}`];

    it('a port that is taken', async () => {
        const other = new Node({ name: 'taken' });
        await other.init();
        const { code, text } = await ends('serve', other.dir, '--listen', `127.0.0.1:${node.port}`);
        assert.equal(code, 1, text);
        assert.match(text, new RegExp(`cannot listen on 127.0.0.1:${node.port}: Address already in use`));
        await other.close();
    });

    it('an address that is none', async () => {
        for (const at of ['nonsense', '127.0.0.1:99999', '127.0.0.1:', ':8420', '300.0.0.1:80']) {
            const other = new Node({ name: 'address' });
            await other.init();
            const { code, text } = await ends('serve', other.dir, '--listen', at);
            assert.equal(code, 1, `${at}: ${text}`);
            assert.ok(text.includes(`cannot listen on ${at}`), `${at}: ${text}`);
            await other.close();
        }
    });

    it('a directory that is missing, empty, or somebody else\'s', async () => {
        const root = mkdtempSync(path.join(os.tmpdir(), 'orrery-'));
        writeFileSync(path.join(root, 'letter.txt'), 'dear');
        mkdirSync(path.join(root, 'empty'));
        for (const dir of ['none', 'empty', '.']) {
            const { code, text } = await ends('serve', path.join(root, dir), ...await listen());
            assert.equal(code, 1, text);
            assert.match(text, /there is no node in .*: .*make one with 'orrery init'/, dir);
            const command = await ends('post', 'list', path.join(root, dir));
            assert.equal(command.code, 1, command.text);
            assert.match(command.text, /is this a node's directory/);
        }
        assert.deepEqual(readdirSync(root).sort(), ['empty', 'letter.txt'], 'nothing is left there');
        assert.deepEqual(readdirSync(path.join(root, 'empty')), []);
        const made = await ends('init', root, '--domain', 'localhost:1', '--planet', 'p', '--title', 'P', '--owner', 'a@b.example');
        assert.equal(made.code, 1);
        assert.match(made.text, /not empty/);
        rmSync(root, { recursive: true });
    });

    it('a directory that is damaged', { skip: onPostgres && 'it is about SQLite\'s file' }, async () => {
        const other = new Node({ name: 'damaged' });
        await other.init();
        const store = path.join(other.dir, 'store.sqlite'), key = path.join(other.dir, 'secret.key');
        const whole = readFileSync(store);
        writeFileSync(store, Buffer.concat([Buffer.from('not a database at all'), whole.subarray(21)]));
        let { code, text } = await ends('serve', other.dir, ...await listen());
        assert.equal(code, 1, text);
        assert.match(text, /cannot open .*store\.sqlite: file is not a database/);
        writeFileSync(store, whole.subarray(0, 8192));
        ({ code, text } = await ends('serve', other.dir, ...await listen()));
        assert.equal(code, 1, text);
        assert.match(text, /malformed|damaged/);
        writeFileSync(store, whole);
        copyFileSync(key, key + '.kept');
        writeFileSync(key, 'short');
        ({ code, text } = await ends('serve', other.dir, ...await listen()));
        assert.equal(code, 1, text);
        assert.match(text, /secret\.key is damaged; restore it from a backup/);
        copyFileSync(key + '.kept', key);
        await other.serve();
        await other.close();
    });

    it('words that are none of its own', async () => {
        for (const args of [['serve'], ['serve', node.dir, '--nonsense'], ['nonsense'], ['post', 'list', node.dir, '--nonsense']]) {
            const { code, text } = await ends(...args);
            assert.equal(code, 2, `${args}: ${text}`);
            assert.ok(text.length > 10 && !/runtime error|Sanitizer/.test(text), text);
        }
    });
});

// ---- a full disk ----

describe('a disk that is full', () => {
    let node;
    before(async () => { node = await Node.start({ name: 'full' }); });
    after(() => node.close());

    it('reads go on, writes say so and leave nothing half done, and work again afterwards',
       { skip: onPostgres && 'its store lies on the server\'s disk' }, async () => {
        const owner = await node.ownerSession(), member = await node.member('mei');
        const made = await node.post({ title: 'Dry', body: 'The well.', teaser: 'Lid.', access: 'members' });
        const post = new URL(made.address).pathname;
        const code = (await node.cli('code create', { tier: 'member', n: 1 }))[0].code;
        const say = await sender(member), write = await sender(owner);
        const limit = (bytes) => execFileSync('prlimit', ['--pid', String(node.child.pid), `--fsize=${bytes}:`]);
        const counts = () => node.sql(`SELECT (SELECT COUNT(*) FROM comment) AS comments, (SELECT COUNT(*) FROM post) AS posts,
            (SELECT COUNT(*) FROM media) AS media, (SELECT COUNT(*) FROM member_grant) AS grants, (SELECT COUNT(*) FROM reaction) AS likes,
            (SELECT COUNT(*) FROM purchase_order) AS orders, (SELECT SUM(used) FROM code) AS used`)[0];
        const before_ = counts();
        const refused = (rs, what) => {
            assert.ok([503, 507].includes(rs.status), `${what}: ${rs.status} ${words(rs.text)}`);
            assert.match(words(rs.text), /cannot store anything right now|disk is full|could not save/i, what);
        };
        const draft = (title) => ({ id: '0', version: '0', planet: 'tea', title, body: 'x', access: 'public', lang: 'en', do: 'save' });
        limit(4096);
        for (let round = 0; round < 3; round++) {
            for (const [who, pages] of [[node.client(), ['/@tea', post, '/@tea/join', '/login']],
                                        [member, ['/@tea', post, '/me', '/me/notices']], [owner, ['/desk/tea', '/compose', '/drafts', '/desk/tea/members']]])
                for (const page of pages) assert.equal((await who.fetch(page)).status, 200, `${page} while full`);
            refused(await say(`${post}/comments`, { text: 'drip', audience: 'members' }), 'a comment');
            refused(await say(`${post}/like`, {}), 'a like');
            refused(await say('/@tea/redeem', { code }), 'a code');
            refused(await write('/compose', draft('Wet'), { multi: true }), 'a draft');
            refused(await write('/compose', { ...draft('Wet'), upload: file('c.gif', gif, 'image/gif') }, { multi: true }), 'a picture');
            refused(await write('/compose', { ...draft('Wet'), upload: file('n.txt', Buffer.alloc(30000, 'x'), 'text/plain') }, { multi: true }), 'a file');
        }
        limit('unlimited');
        assert.deepEqual(counts(), before_, 'nothing half done');
        assert.deepEqual(readdirSync(path.join(node.dir)).filter((f) => /tmp|part|journal/.test(f)), []);
        const media = path.join(node.dir, 'media');
        let files = [];
        try { files = readdirSync(media, { recursive: true }).filter((f) => /\.|tmp|part/.test(path.basename(f))); } catch {}
        assert.deepEqual(files, [], 'no half-written picture is left');
        assert.equal((await say(`${post}/comments`, { text: 'drip', audience: 'members' })).status, 303);
        assert.equal((await say('/@tea/redeem', { code })).status, 303);
        const saved = await write('/compose', { ...draft('Wet'), upload: file('c.gif', gif, 'image/gif') }, { multi: true });
        assert.equal(saved.status, 303, words(saved.text));
        const after_ = counts();
        assert.deepEqual([after_.comments, after_.posts, after_.media, after_.grants, after_.used],
                         [before_.comments + 1, before_.posts + 1, before_.media + 1, before_.grants + 1, (before_.used ?? 0) + 1]);
        await node.restart();
        await node.sound();
    });
});
