// Two processes on one PostgreSQL, and a PostgreSQL that goes away. What one process promised the
// other keeps; who dies is stepped in for; an outage is said to be one, and loses nothing.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Node, ORRERY, eventually, onPostgres } from '../rig/node.mjs';
import { Postgres } from '../rig/postgres.mjs';
import { Sink } from '../rig/sink.mjs';
import { elsewhere, words } from '../rig/client.mjs';

// They bring their own server, so the round on another one has nothing to add.
const options = { skip: onPostgres && 'had its run' };

const ends = (...args) => new Promise((resolve) => {
    execFile(ORRERY, args, { encoding: 'utf8', timeout: 120000 }, (error, out, err) => {
        resolve({ code: error ? error.code ?? error.signal : 0, text: out + err });
    });
});

// A and B: one store, one origin, two processes on two addresses of the loopback.
async function pair(pg, name) {
    const a = new Node({ name: `${name}-a`, database: pg.url });
    await a.init();
    await a.serve();
    const b = a.twin(`${name}-b`, '127.0.0.2');
    await b.serve();
    return [a, b];
}
// The same browser, led to the other process by whatever stands before them.
const led = (client, node) => Object.assign(client, { at: node.at });

describe('two processes on one PostgreSQL', options, () => {
    let pg, a, b, post;
    before(async () => {
        pg = Postgres.start('two');
        [a, b] = await pair(pg, 'two');
        const made = await a.post({ title: 'A cup', body: 'For members.', teaser: 'A lid.', access: 'members' });
        post = new URL(made.address).pathname;
    });
    after(async () => { await b?.close(); await a?.close(); pg?.stop(); });

    it('a session begun at one is one at the other, and ends at both', async () => {
        const owner = await a.ownerSession();
        assert.equal((await owner.fetch('/me')).status, 200);
        assert.equal((await led(owner, b).fetch('/me')).status, 200);
        await owner.post('/logout');
        assert.equal((await led(owner, a).fetch('/me')).status, 303);
    });

    it('a stolen cookie of an ended session opens nothing at either', async () => {
        const member = await a.member('mia');
        const kept = new Map(member.jar);
        assert.match((await led(member, b).page(post)).text, /For members/);
        await member.post('/logout');
        member.jar = kept;
        for (const node of [a, b]) {
            assert.equal((await led(member, node).fetch('/me')).status, 303);
            assert.ok(!(await member.page(post)).text.includes('For members'));
        }
    });

    it('a membership ended through one is over at the other with the next request', async () => {
        const guest = await a.member('gus');
        assert.match((await led(guest, b).page(post)).text, /For members/);
        await a.cli('member revoke', { account: guest.mail, reason: 'test' });
        for (const node of [b, a]) assert.ok(!(await led(guest, node).page(post)).text.includes('For members'), node.at);
    });

    it('mails of sign-in links are limited across both', async () => {
        const stranger = a.client();
        const page = await stranger.page('/login');
        const asked = [];
        for (let i = 0; i < 6; i++)
            asked.push((await led(stranger, i % 2 ? a : b).submit(page, '/login', { mail: 'zoe@example.net' })).status);
        assert.deepEqual(asked, [200, 200, 200, 429, 429, 429]);
    });

    it('codes that are tried out are limited across both, also when they come at once', async () => {
        const people = await Promise.all(['ida', 'jan', 'kim'].map((name) => a.person(name)));
        const tokens = await Promise.all(people.map((p) => p.csrf()));
        const tries = Array.from({ length: 24 }, (_, i) => {
            const p = led(Object.assign(a.client(), { jar: new Map(people[i % 3].jar) }), i % 2 ? a : b);
            return p.send('/@tea/redeem', [['_csrf', tokens[i % 3]], ['code', `AAAAA-AAAAA-AAAAA-AAA${i}`]], { follow: false });
        });
        const statuses = (await Promise.all(tries)).map((rs) => rs.status);
        const counted = statuses.filter((s) => s !== 429).length;
        assert.equal(counted, 5, `five a minute of one address: ${statuses}`);
    });

    it('a page changed through one is soon fresh at the other', async () => {
        const made = await a.post({ title: 'Kettle', body: 'version 0' });
        const at = new URL(made.address).pathname;
        const visitors = [a, b].map((node) => node.client());
        for (let i = 1; i <= 4; i++) {
            for (const v of visitors) for (let k = 0; k < 3; k++) await v.page(at); // it is remembered as it was
            await (i % 2 ? a : b).cli('post edit', { id: made.id, 'body-file': a.textFile(`version ${i}`) });
            for (const v of visitors)
                await eventually(`version ${i}`, async () => (await v.page(at)).text.includes(`version ${i}`));
        }
        await a.cli('post delete', { id: made.id });
        for (const v of visitors) await eventually('gone', async () => [404, 410].includes((await v.fetch(at)).status));
    });
});

describe('deliveries of two processes', options, () => {
    const N = 400;
    let pg, a, b, sink;
    before(async () => {
        pg = Postgres.start('deliveries');
        sink = await Sink.start();
        [a, b] = await pair(pg, 'deliveries');
        a.addFollowers(Array.from({ length: N }, (_, i) => `http://f${i}.localhost:${sink.port}/inbox`));
    });
    after(async () => { await b?.close(); await a?.close(); await sink?.stop(); pg?.stop(); });

    const arrived = (title) => sink.posts.filter((p) => p.body.includes('"Create"') && p.body.includes(title));
    const left = () => a.column("SELECT COUNT(*) AS n FROM job WHERE kind = 'fed.deliver'")[0];

    it('both work, and nobody is told twice', async (t) => {
        sink.delay = 100;
        await a.post({ title: 'Shared out', body: 'x' });
        let owners = 0;
        await eventually('all have it', () => {
            owners = Math.max(owners, a.column("SELECT COUNT(DISTINCT lease_owner) AS n FROM job WHERE state = 'leased'")[0]);
            return arrived('Shared out').length >= N;
        });
        await eventually('the queue is empty', () => left() === 0, { every: 200 });
        assert.equal(arrived('Shared out').length, N);
        assert.equal(new Set(arrived('Shared out').map((p) => p.host)).size, N);
        t.diagnostic(`${owners} processes held leases at a time`);
    });

    it('what a killed process had under way is taken over by the other', async (t) => {
        const hung = new Set();
        await a.stop(); // so that all of it is under way in B
        sink.delay = (p) => { hung.add(p.host); return 3600000; };
        await b.post({ title: 'Taken over', body: 'x' });
        await eventually('B is at it', () => hung.size >= 50);
        await a.serve();
        sink.delay = 0;
        const killed = Date.now();
        await b.kill9();
        sink.server.closeIdleConnections();
        // Leases last five minutes: who waits for their end is found out.
        await eventually('all have it', () => new Set(arrived('Taken over').map((p) => p.host)).size === N);
        t.diagnostic(`${hung.size} were in flight; all had it ${Date.now() - killed} ms after the kill`);
        await eventually('the queue is empty', () => left() === 0, { every: 200 });
        // What B had sent and not written down comes again; nothing else does.
        const times = new Map();
        for (const p of arrived('Taken over')) times.set(p.host, (times.get(p.host) ?? 0) + 1);
        assert.deepEqual([...times].filter(([, n]) => n > 2), []);
        assert.ok(arrived('Taken over').length <= N + 256, `${arrived('Taken over').length} came`);
        await b.serve();
        await a.sound();
    });
});

describe('a PostgreSQL that is killed under load', options, () => {
    let pg, a, b, sink, post, people;
    before(async () => {
        pg = Postgres.start('killed');
        sink = await Sink.start();
        [a, b] = await pair(pg, 'killed');
        a.addFollowers(Array.from({ length: 40 }, (_, i) => `http://g${i}.localhost:${sink.port}/inbox`));
        post = new URL((await a.post({ title: 'Open', body: 'Open.' })).address).pathname;
        people = [];
        for (const [i, name] of ['ann', 'ben', 'cai', 'dot'].entries()) people.push(led(await a.member(name), i % 2 ? a : b));
    });
    after(async () => { await b?.close(); await a?.close(); await sink?.stop(); pg?.stop(); });

    for (const how of ['immediate', 'fast']) {
        it(`${how}: 503 with Retry-After, nothing answered is lost, the queue goes on`, async (t) => {
            const tokens = await Promise.all(people.map((p) => p.csrf()));
            const kept = [], refused = [];
            let over = false, n = 0;
            const writers = people.map(async (p, i) => {
                while (!over) {
                    const word = `${how}-${i}-${n++}`;
                    const rs = await p.send(`${post}/comments`, [['_csrf', tokens[i]], ['text', word], ['audience', 'public']], { follow: false, headers: elsewhere() });
                    if (rs.status === 303) kept.push(word);
                    else refused.push({ status: rs.status, retry: rs.headers['retry-after'], text: rs.text });
                    if (rs.status !== 303) await new Promise((ok) => setTimeout(ok, 50));
                }
            });
            await eventually('some are written', () => kept.length >= 40);
            sink.delay = 200; // the fan-out is under way when it happens
            await a.post({ title: `News ${how}`, body: 'x' });
            pg.down(how);
            const before_ = kept.length;
            await eventually('people are told', () => refused.length >= 8);
            const reader = a.client();
            for (const node of [a, b]) {
                const rs = await eventually('a reader is told', async () => {
                    const one = await led(reader, node).fetch(`/@tea?${Math.random()}`);
                    return one.status !== 200 && one;
                });
                assert.equal(rs.status, 503, words(rs.text));
                assert.ok(Number(rs.headers['retry-after']) > 0, 'Retry-After');
                assert.equal((await led(reader, node).fetch('/static/nothing')).status, 404, 'what needs no store works');
            }
            pg.up();
            const again = kept.length;
            await eventually('it is written again', () => kept.length >= again + 20);
            over = true;
            sink.delay = 0;
            await Promise.all(writers);
            for (const r of refused) {
                assert.equal(r.status, 503, words(r.text));
                assert.ok(Number(r.retry) > 0, 'Retry-After');
            }
            const have = new Set(a.column('SELECT markdown FROM comment'));
            assert.deepEqual(kept.filter((w) => !have.has(w)), [], 'answered, and lost');
            const doubled = a.column('SELECT markdown FROM comment GROUP BY markdown HAVING COUNT(*) > 1');
            assert.deepEqual(doubled, []);
            await eventually('the fan-out ends', () => new Set(sink.posts.filter((p) => p.body.includes('"Create"') && p.body.includes(`News ${how}`)).map((p) => p.host)).size === 40);
            for (const node of [a, b]) {
                await eventually('all is well', async () => (await node.client().fetch('/@tea')).status === 200);
                assert.ok(node.child.exitCode === null, 'the process lives');
            }
            await a.sound();
            t.diagnostic(`${kept.length} written, ${before_} before; ${refused.length} refused`);
        });
    }

    it('an outage that begins while nobody asks is over when somebody does', async () => {
        pg.down('immediate');
        pg.up();
        for (const node of [a, b]) {
            const c = node.client();
            await eventually('it answers', async () => (await c.fetch(`/@tea?${Math.random()}`)).status === 200);
        }
        await a.post({ title: 'After the silence', body: 'x' });
        await eventually('it goes out', () => sink.posts.some((p) => p.body.includes('After the silence')));
    });
});

describe('a start without PostgreSQL', options, () => {
    let pg, node;
    before(async () => {
        pg = Postgres.start('start');
        node = new Node({ name: 'start', database: pg.url });
        await node.init();
    });
    after(async () => { pg.up(); await node.close(); pg.stop(); });

    it('says what is wrong, and no password', async () => {
        const store = path.join(node.dir, 'store.url');
        const url = node.store.store;
        writeFileSync(store, `${url.replace('postgresql:///', 'postgresql://orrery:sesame-open@/')}\n`);
        pg.down();
        for (const args of [['serve', node.dir, '--listen', `127.0.0.1:${node.port}`], ['post', 'list', node.dir]]) {
            const { code, text } = await ends(...args);
            assert.equal(code, 1, text);
            assert.match(text, /cannot connect to the store/);
            assert.match(text, /No such file|refused|running/i, 'libpq\'s own reason');
            assert.ok(!text.includes('sesame'), text);
        }
        const made = await ends('init', `${node.dir}2`, '--domain', 'localhost:1', '--planet', 'p', '--title', 'P', '--owner', 'a@b.example', '--store', url);
        assert.equal(made.code, 1, made.text);
        pg.up();
        await node.serve();
        assert.equal((await node.client().fetch('/@tea')).status, 200);
        await node.stop();
    });

    it('an address that is none, a database that is not there', async () => {
        for (const url of ['postgresql://', 'postgresql:///orrery?nonsense=1', node.store.store.replace('/orrery?', '/missing?'),
                           node.store.store.replace(/schema=.*/, 'schema=No;Such')]) {
            const { code, text } = await ends('init', `${node.dir}3`, '--domain', 'localhost:1', '--planet', 'p', '--title', 'P', '--owner', 'a@b.example', '--store', url);
            assert.ok([1, 2].includes(code), `${url}: ${code} ${text}`);
            assert.ok(text.length > 10 && !/Sanitizer|runtime error/.test(text), text);
        }
    });
});
