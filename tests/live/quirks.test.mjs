// Other servers at their oddest (tests/rig/quirks.mjs), each oddity a test of its own: what comes from
// them, and what they are sent.
import { describe, it, before, after, afterEach } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { Node, eventually, freePort } from '../rig/node.mjs';
import { QuirkPeer } from '../rig/quirks.mjs';
import { activity, makeKey, signDraft } from '../rig/sink.mjs';
import { agent, request } from '../rig/client.mjs';
import { PUBLIC, planetOf, settled } from '../rig/fedi.mjs';

describe('quirks', () => {
    let node, peer, planet, post, n = 0;
    const key = makeKey(); // one is enough for most
    const actor = (host, more = {}) => peer.actor('ann', { host: `${host}.localhost`, pair: key, ...more });
    const inbox = () => planet.inbox;
    const like = (who) => activity(who, 'Like', post.object);
    const note = (who, content, more = {}) => ({ id: `${who.base}/notes/${++n}`, type: 'Note', attributedTo: who.id, content, inReplyTo: post.object,
                                                 to: [PUBLIC], cc: [`${who.id}/followers`], published: new Date().toISOString(), ...more });
    const takes = async (who, what, status = 202, options) => {
        const rs = await who.send(inbox(), what, options);
        assert.equal(rs.status, status, `${rs.status} ${rs.text}`);
        return rs;
    };
    const likes = (who) => Number(node.column(`SELECT COUNT(*) FROM reaction r JOIN actor a ON a.id = r.actor_id WHERE a.uri = '${who.id}'`)[0]);
    const liked = (who) => eventually('its like is there', () => likes(who) === 1);
    const saidBy = (who) => node.sql(`SELECT c.object_uri AS uri, c.state, c.html FROM comment c JOIN actor a ON a.id = c.actor_id WHERE a.uri = '${who.id}' ORDER BY c.id`);
    const follow = async (who) => {
        const it = activity(who, 'Follow', planet.id);
        await takes(who, it);
        await peer.got('the Accept', (a, p) => a.type === 'Accept' && a.object.id === it.id && p.status < 300 && p.host === who.host);
    };
    const publish = () => node.post({ title: `Post ${++n}`, body: 'Round.', access: 'public' });
    const creates = (who, made) => peer.posts.filter((p) => p.host === who.host && p.json?.type === 'Create' && p.json.object.id === made.object);
    const arrives = (who, made, status = 202) => eventually(`${made.object} at ${who.host}`, () => creates(who, made).find((p) => p.status === status));
    const jobs = async (who) => (await node.cli('queue list')).filter((j) => j.kind === 'fed.deliver' &&
        node.column(`SELECT payload FROM job WHERE id = ${j.id}`)[0]?.includes(who.host));
    const forget = (who) => node.sqlRun(`DELETE FROM follow WHERE actor_id IN (SELECT id FROM actor WHERE host = '${who.host}')`);

    before(async () => {
        node = await Node.start({ name: 'quirks' });
        peer = await QuirkPeer.start(node);
        post = await node.post({ title: 'Morning', body: 'Everybody.', access: 'public' });
        planet = await planetOf(node);
    });
    after(async () => { await peer.stop(); await node.close(); });
    afterEach(() => peer.clean());

    // ---- signatures and keys ----

    it('verify-late-202: a server that verifies after its 202 is knocked at with what it can read', async () => {
        const late = actor('late', { verify: 'late' });
        await takes(late, activity(late, 'Follow', planet.id));
        await eventually('the Accept verified there', () => peer.late.find((a) => a.type === 'Accept'));
        const made = await publish();
        await eventually('and what follows', () => peer.late.find((a) => a.type === 'Create' && a.object.id === made.object));
        assert.ok(peer.posts.filter((p) => p.host === late.host).every((p) => p.scheme === 'draft'));
        forget(late);
    });

    it('draft-only: 401 to RFC 9421, though it sent us one', async () => {
        const old = actor('draft', { verify: 'draft' });
        await takes(old, like(old), 202, { scheme: 'rfc9421' });
        await follow(old);
        const made = await publish();
        await arrives(old, made);
        assert.equal(peer.posts.filter((p) => p.host === old.host).at(-1).scheme, 'draft');
        forget(old);
    });

    it('9421-only: 401 to the draft; then it is remembered', async () => {
        const modern = actor('modern', { verify: 'rfc9421' });
        await follow(modern);
        const made = await publish();
        await arrives(modern, made);
        assert.deepEqual(peer.posts.filter((p) => p.host === modern.host).map((p) => [p.scheme, p.status]),
                         [['draft', 401], ['rfc9421', 202], ['rfc9421', 202]]);
        forget(modern);
    });

    it('path-only signing: what it signs is understood, and how it reads ours', async () => {
        const path = actor('path', { pathOnly: true, signedGets: true, query: '?id=7' });
        const rs = await path.send(`${inbox()}?from=path`, like(path));
        assert.equal(rs.status, 202, rs.text);
        await liked(path);
        assert.deepEqual(peer.gets.filter((g) => g.host === path.host).map((g) => [g.scheme, g.status]), [['draft', 401], ['draft', 200]]);
        // Remembered of the host: an update is fetched at the first knock.
        const other = peer.actor('bea', { host: 'path.localhost', pathOnly: true, signedGets: true, query: '?id=8', pair: key });
        await takes(other, like(other));
        assert.deepEqual(peer.gets.filter((g) => g.host === path.host).slice(2).map((g) => g.status), [200]);
    });

    it('key at a separate URL: a stub of the actor, or the key alone', async () => {
        const stub = actor('stub', { key: 'separate', signedGets: true });
        await takes(stub, like(stub));
        await liked(stub);
        assert.deepEqual(peer.gets.filter((g) => g.host === stub.host).map((g) => g.url), ['/users/ann/main-key', '/users/ann']);
        const alone = actor('alone', { key: 'alone' });
        await takes(alone, like(alone));
        await liked(alone);
        // Another's key at the right place: the actor does not name it.
        const thief = actor('thief', { key: 'separate' });
        thief.document.publicKey = { ...thief.document.publicKey, id: `${thief.id}#other` };
        await takes(thief, like(thief), 401);
    });

    it('key rotated blind: refused while the old one is fresh, fetched once when it is not', async () => {
        const blind = actor('blind');
        await takes(blind, like(blind));
        await liked(blind);
        const fresh = makeKey();
        Object.assign(blind, { key: fresh });
        blind.document.publicKey.publicKeyPem = fresh.publicKey;
        const asked = peer.gets.length;
        await takes(blind, activity(blind, 'Announce', post.object), 401);
        assert.equal(peer.gets.length, asked, 'a minute old: nobody makes us ask all the time');
        await node.stop();
        node.sqlRun(`UPDATE actor_key SET fetched_at = fetched_at - 600000 WHERE key_id = '${blind.keyId}'`);
        await node.serve();
        await takes(blind, activity(blind, 'Announce', post.object));
        assert.equal(peer.gets.length, asked + 1);
        await eventually('both are there', () => likes(blind) === 2);
        // And the old key is worth nothing.
        await takes({ ...blind, send: (url, what) => peer.send({ ...blind, key }, url, what) }, like(blind), 401);
    });

    it('key fetch 401, 403, 404, 410: 401 and words; 500, 503, 429: 503 and Retry-After', async () => {
        for (const [status, expected] of [[401, 401], [403, 401], [404, 401], [410, 401], [500, 503], [503, 503], [429, 503]]) {
            const who = actor(`k${status}`, { get: status });
            const rs = await takes(who, like(who), expected);
            if (expected === 503) assert.equal(rs.headers['retry-after'], '300');
            assert.ok(rs.text.length > 10 && rs.text.length < 600);
        }
        const signed = actor('signed', { signedGets: true });
        await takes(signed, like(signed));
        await liked(signed);
    });

    it('key fetch slow: the request rests, others pass, and then it is taken', async () => {
        let open;
        const gate = new Promise((ok) => { open = ok; });
        const slow = actor('slow', { get: () => gate.then(() => ({ status: 200, body: JSON.stringify(slow.document) })) });
        const quick = actor('quick');
        const resting = slow.send(inbox(), like(slow));
        await eventually('it is asked', () => peer.gets.some((g) => g.host === slow.host));
        for (let i = 0; i < 5; i++) await takes(quick, like(quick));
        await liked(quick);
        open();
        assert.equal((await resting).status, 202);
        await liked(slow);
    });

    // ---- documents ----

    it('an actor without sharedInbox gets its own copy; one with it shares', async () => {
        const [ann, bea] = ['ann', 'bea'].map((name) => peer.actor(name, { host: 'alone2.localhost', pair: key }));
        const shared = ['cai', 'dan'].map((name) => peer.actor(name, { host: 'shared.localhost', pair: key, sharedInbox: true }));
        for (const who of [ann, bea, ...shared]) await follow(who);
        const made = await publish();
        await eventually('all', () => creates(ann, made).length >= 2 && creates(shared[0], made).length >= 1);
        assert.deepEqual(creates(ann, made).map((p) => p.url).sort(), ['/users/ann/inbox', '/users/bea/inbox']);
        assert.deepEqual(creates(shared[0], made).map((p) => p.url), ['/inbox']);
        for (const who of [ann, shared[0]]) forget(who);
    });

    it('as:Public, Public and the whole address say the same; everything else is not for the page', async () => {
        const who = actor('public');
        const spelled = { 'as:Public': 'one', 'Public': 'two', [PUBLIC]: 'three' };
        for (const [to, content] of Object.entries(spelled)) await takes(who, activity(who, 'Create', note(who, content, { to, cc: undefined })));
        await takes(who, activity(who, 'Create', note(who, 'quiet', { to: [`${who.id}/followers`], cc: ['as:Public'] })));
        await takes(who, activity(who, 'Create', note(who, 'by the activity', { to: undefined, cc: undefined }), { to: 'as:Public' }));
        await takes(who, activity(who, 'Create', note(who, 'for followers', { to: [`${who.id}/followers`], cc: [] })));
        await takes(who, activity(who, 'Create', note(who, 'for one', { to: [planet.id], cc: [] }), { to: [planet.id] }));
        await settled(node);
        assert.deepEqual(saidBy(who).map((c) => c.html).sort(), ['by the activity', 'one', 'quiet', 'three', 'two']);
    });

    it('a single value where others send an array, and arrays where others send one', async () => {
        const who = actor('single', { changes: { '@context': 'https://www.w3.org/ns/activitystreams', url: [{ type: 'Link', href: 'http://single.localhost/', mediaType: 'text/html' }] } });
        who.document.publicKey = [who.document.publicKey];
        await takes(who, { ...activity(who, 'Create', note(who, 'single', { to: PUBLIC, cc: null, tag: { type: 'Mention', href: planet.id }, inReplyTo: [post.object],
            attachment: { type: 'Image', url: `${who.base}/x.png`, mediaType: 'image/png' }, attributedTo: [who.id] })), type: ['Create'], to: PUBLIC });
        await takes(who, { ...like(who), object: [post.object], actor: { id: who.id, type: 'Person' } });
        await settled(node);
        assert.deepEqual(saidBy(who).map((c) => c.html), ['single']);
        assert.equal(likes(who), 1);
    });

    it('Update as a bare id: of a note and of the actor itself, both are fetched', async () => {
        const who = actor('bare');
        const said = note(who, 'before');
        await takes(who, activity(who, 'Create', said));
        await eventually('it is said', () => saidBy(who).length === 1);
        peer.put(said.id, { '@context': 'https://www.w3.org/ns/activitystreams', ...said, content: 'after', updated: new Date(Date.now() + 1000).toISOString() });
        await takes(who, activity(who, 'Update', said.id));
        await eventually('it is changed', () => saidBy(who)[0].html === 'after');
        who.document.name = 'Annabel';
        node.sqlRun(`UPDATE actor SET fetched_at = fetched_at - 3600000 WHERE uri = '${who.id}'`);
        await takes(who, activity(who, 'Update', who.id));
        await eventually('it is renamed', () => node.column(`SELECT name FROM actor WHERE uri = '${who.id}'`)[0] === 'Annabel');
    });

    // ---- hostile ----

    const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${node.child.pid}/status`, 'utf8'))[1]);

    it('gzip bomb: counted as it inflates, and given up', async () => {
        const before_ = peak();
        for (let i = 0; i < 4; i++) {
            const who = actor(`bomb${i}`, { get: 'bomb' });
            await takes(who, like(who), 401);
        }
        const who = actor('bombs');
        peer.put(`${who.base}/notes/bomb`, () => 'bomb');
        await takes(who, activity(who, 'Create', `${who.base}/notes/bomb`));
        await eventually('it is asked', () => peer.gets.some((g) => g.url === '/notes/bomb'));
        await settled(node);
        assert.ok(peak() - before_ < 48 << 10, `${peak() - before_} KiB more`);
        assert.deepEqual(saidBy(who), []);
    });

    it('redirect to 127.0.0.1, to other hosts, in circles: 401; on its own host: followed, signed anew', async () => {
        const hit = [];
        const inner = net.createServer((socket) => { hit.push(1); socket.destroy(); });
        await new Promise((ok) => inner.listen(0, '127.0.0.1', ok));
        const to = (location) => () => ({ status: 302, headers: { location } });
        const victim = actor('victim');
        for (const [host, location] of [['r1', `http://127.0.0.1:${peer.port}/users/ann`], ['r2', victim.id], ['r3', 'http://10.0.0.1/users/ann'],
                                        ['r4', 'http://169.254.169.254/latest/meta-data'], ['r5', 'file:///etc/passwd'], ['r6', 'gopher://127.0.0.1:70/1'],
                                        ['r7', '//evil.example'], ['r8', 'http://[::1]:1/']]) {
            const who = actor(host, { get: to(location) });
            const rs = await who.send(inbox(), like(who));
            assert.ok([401, 503].includes(rs.status), `${location}: ${rs.status}`);
            assert.equal(likes(who), 0);
        }
        const round = actor('round', { get: () => ({ status: 302, headers: { location: round.id } }) });
        await takes(round, like(round), 401);
        assert.ok(peer.gets.filter((g) => g.host === round.host).length <= 5);
        const moved = actor('moved', { get: (rq) => (rq.url.endsWith('/new') ? 200 : { status: 301, headers: { location: `${moved.id}/new` } }) });
        peer.put(`${moved.id}/new`, (rq) => peer.answerGet(moved, rq, moved.document));
        moved.signedGets = true;
        await takes(moved, like(moved));
        await liked(moved);
        assert.equal(hit.length, 0);
        await new Promise((ok) => inner.close(ok));
    });

    it('2 MiB: 413, also when it does not say how long it is', async () => {
        const who = actor('large');
        await takes(who, JSON.stringify({ ...like(who), content: 'x'.repeat(2 << 20) }), 413);
        const body = Buffer.alloc(2 << 20, ' ');
        const status = await new Promise((ok) => {
            const rq = http.request({ host: '127.0.0.1', port: node.port, method: 'POST', path: '/ap/inbox', agent,
                headers: { ...signDraft(`${node.origin}/ap/inbox`, body, who), 'transfer-encoding': 'chunked' } }, (rs) => { rs.resume(); ok(rs.statusCode); });
            rq.on('error', () => ok('closed')); // it may hang up in the middle: then it has said so
            for (let i = 0; i < 32; i++) rq.write(body.subarray(0, 64 << 10));
            rq.end();
        });
        assert.ok([413, 'closed'].includes(status), `${status}`);
        await takes(who, like(who));
    });

    it('depth 200, duplicate keys, ten thousand values: 400', async () => {
        const who = actor('odd');
        const wrap = (inner) => JSON.stringify(like(who)).replace(/}$/, `,"x":${inner}}`);
        await takes(who, wrap('['.repeat(200) + ']'.repeat(200)), 400);
        await takes(who, wrap('{"a":'.repeat(200) + '1' + '}'.repeat(200)), 400);
        await takes(who, wrap(`[${Array(10000).fill(0)}]`), 400);
        await takes(who, JSON.stringify(like(who)).replace('{', `{"object":"${planet.id}",`), 400);
        await takes(who, JSON.stringify(activity(who, 'Create', note(who, 'twice'))).replace('"content":', '"content":"other","content":'), 400);
        await settled(node);
        assert.deepEqual([likes(who), saidBy(who).length], [0, 0]);
    });

    it('forged attributedTo, an id on another host: not believed', async () => {
        const mallory = actor('mallory'), victim = actor('victim2');
        await takes(victim, like(victim));
        await liked(victim);
        await takes(mallory, activity(mallory, 'Create', note(mallory, 'in her name', { attributedTo: victim.id })));
        await takes(mallory, activity(mallory, 'Create', note(victim, 'from her house', { attributedTo: mallory.id })));
        await takes(mallory, activity(mallory, 'Create', note(victim, 'all hers')));
        await takes(mallory, activity(mallory, 'Create', note(mallory, 'two authors', { attributedTo: [victim.id, mallory.id] })));
        await takes(mallory, { ...like(mallory), id: `${victim.base}/x/1` }, 400);
        await takes(mallory, { ...like(mallory), actor: victim.id, id: `${victim.base}/x/1` }, 401);
        await settled(node);
        assert.deepEqual([saidBy(mallory), saidBy(victim)], [[], []]);
        assert.equal(likes(victim), 1);
    });

    it('a replayed signature: nothing for the same request, 401 for another; Date two hours ago: 401', async () => {
        const who = actor('again');
        const body = JSON.stringify(like(who)), other = JSON.stringify(activity(who, 'Announce', post.object));
        const headers = signDraft(inbox(), body, who);
        const put = (url, text) => request(url, { method: 'POST', body: text, headers });
        assert.equal((await put(inbox(), body)).status, 202);
        await liked(who);
        assert.equal((await put(inbox(), body)).status, 202);
        assert.equal((await put(inbox(), other)).status, 401);
        assert.equal((await put(`${node.origin}/ap/inbox`, body)).status, 401);
        await takes(who, activity(who, 'Announce', post.object), 401, { lie: { skew: -2 * 3600e3 } });
        await settled(node);
        assert.equal(likes(who), 1);
    });

    it('duplicate delivery ×10, each signed anew: one effect', async () => {
        const who = actor('ten');
        const said = activity(who, 'Create', note(who, 'ten times'));
        const boost = activity(who, 'Announce', post.object);
        const boosts = () => Number(node.column('SELECT SUM(n_announces) FROM post')[0]);
        const was = boosts();
        await Promise.all(Array.from({ length: 10 }, (_, i) => [said, boost].map((a) => takes(who, a, 202, { lie: { skew: -i * 1000 } }))).flat());
        await settled(node);
        assert.equal(saidBy(who).length, 1);
        assert.equal(likes(who), 1);
        assert.equal(boosts() - was, 1);
    });

    // ---- what is sent to them ----

    it('Retry-After, in seconds and as a date: holds for the whole host', async () => {
        const seconds = actor('busy'), date = actor('busy2');
        for (const who of [seconds, date]) await follow(who);
        seconds.post = { status: 429, headers: { 'retry-after': '7200' } };
        date.post = { status: 503, headers: { 'retry-after': new Date(Date.now() + 7200e3).toUTCString() } };
        const first = await publish();
        for (const who of [seconds, date]) await arrives(who, first, seconds === who ? 429 : 503);
        const second = await publish();
        for (const who of [seconds, date]) {
            const waiting = await eventually('both wait', async () => { const j = await jobs(who); return j.length === 2 && j.every((one) => new Date(one.due) - Date.now() > 6000e3) && j; });
            assert.equal(waiting.length, 2);
            assert.equal(creates(who, second).length, 0, 'nothing else knocks meanwhile');
            forget(who);
        }
    });

    it('410 inbox: of an actor that is gone the follow ends; one that has another gets it there', async () => {
        const gone = actor('gone'), elsewhere = actor('elsewhere');
        for (const who of [gone, elsewhere]) await follow(who);
        Object.assign(gone, { post: 410, get: { status: 410, body: '{"type":"Tombstone"}' } });
        elsewhere.post = (rq) => (rq.url.endsWith('/new-inbox') ? 202 : 410);
        elsewhere.document.inbox = `${elsewhere.base}/users/ann/new-inbox`;
        peer.places.set(`${elsewhere.host}/users/ann/new-inbox`, elsewhere);
        const made = await publish();
        await arrives(elsewhere, made, 202);
        assert.equal(creates(elsewhere, made).at(-1).url, '/users/ann/new-inbox');
        const follows = (who) => Number(node.column(`SELECT COUNT(*) FROM follow f JOIN actor a ON a.id = f.actor_id WHERE a.host = '${who.host}'`)[0]);
        await eventually('it is forgotten', () => follows(gone) === 0);
        assert.equal(follows(elsewhere), 1);
        forget(elsewhere);
    });

    it('hang: nobody else waits for it', async () => {
        const hanging = actor('hang'), others = ['h1', 'h2', 'h3'].map((host) => actor(host));
        for (const who of [hanging, ...others]) await follow(who);
        hanging.post = 'hang';
        const made = await publish(), next = await publish();
        await eventually('it hangs', () => creates(hanging, made).length === 1);
        for (const who of others) {
            await arrives(who, made);
            await arrives(who, next);
        }
        for (const rs of peer.hanging) rs.writeHead(202).end();
        peer.hanging.clear();
        hanging.post = 202;
        for (const who of [hanging, ...others]) forget(who);
    });

    it('half-close: an answer that breaks off is no answer; it is tried again', async () => {
        const half = actor('half');
        await follow(half);
        half.post = 'half-close';
        const made = await publish();
        await eventually('it is tried', () => creates(half, made).length === 1);
        const waiting = await eventually('and waits', async () => (await jobs(half)).find((j) => Number(j.attempts) > 0 && j.state === 'ready'));
        half.post = 202;
        await node.cli('queue retry', { id: waiting.id });
        await arrives(half, made);
        forget(half);
        // The same of a key.
        const torn = actor('torn', { get: 'half-close' });
        await takes(torn, like(torn), 503);
    });

    it('401 and 403 from a proxy in front: the first is tried again, the second is an end', async () => {
        const gate = actor('gate'), wall = actor('wall');
        for (const who of [gate, wall]) await follow(who);
        gate.post = 401;
        wall.post = 403;
        const made = await publish();
        await eventually('both said no', () => creates(gate, made).length === 2 && creates(wall, made).length === 1);
        assert.deepEqual(creates(gate, made).map((p) => p.scheme), ['draft', 'rfc9421']);
        const again = await eventually('one waits', async () => (await jobs(gate)).find((j) => j.state === 'ready' && Number(j.attempts) > 0));
        assert.ok(new Date(again.due) > new Date());
        await eventually('the other rests', () => node.column(`SELECT state FROM job WHERE kind = 'fed.deliver' AND payload LIKE '%${wall.host}%'`)[0] === 'resting');
        for (const who of [gate, wall]) forget(who);
    });
});

// Outside --dev, where no private address is ever asked.
describe('a name that leads to a private address', () => {
    it('is not connected to: neither for a key, nor an object, nor behind a redirect', async () => {
        const node = new Node({ name: 'quirks-public', serveArgs: [], probe: '/healthz' });
        const inner = net.createServer((socket) => { inner.hits++; socket.destroy(); });
        inner.hits = 0;
        await new Promise((ok) => inner.listen(0, '127.0.0.1', ok));
        try {
            node.port = await freePort();
            node.internal = await freePort();
            node.serveArgs = ['--internal', `127.0.0.1:${node.internal}`];
            node.origin = `http://localhost:${node.port}`;
            await node.cli('init', { domain: 'tea.test', planet: 'tea', title: 'Tea', owner: node.owner, lang: 'en', ...node.store });
            await node.serve();
            const key = makeKey();
            const ask = (base) => {
                const who = { id: `${base}/users/ann`, keyId: `${base}/users/ann#main-key`, key };
                const body = JSON.stringify(activity(who, 'Like', 'https://tea.test/@tea'));
                const headers = signDraft('https://tea.test/ap/inbox', body, who);
                return request(`${node.origin}/ap/inbox`, { method: 'POST', body, headers: { ...headers, 'x-forwarded-proto': 'https' } });
            };
            const { port } = inner.address();
            for (const base of [`https://rebound.localhost:${port}`, `https://localhost:${port}`, `https://127.0.0.1:${port}`, `http://rebound.localhost:${port}`,
                                `https://[::1]:${port}`, `https://[::ffff:127.0.0.1]:${port}`, `https://2130706433:${port}`]) {
                const rs = await ask(base);
                assert.ok([400, 401].includes(rs.status), `${base}: ${rs.status} ${rs.text}`);
            }
            assert.equal(inner.hits, 0);
        } finally {
            await node.close();
            await new Promise((ok) => inner.close(ok));
        }
    });
});
