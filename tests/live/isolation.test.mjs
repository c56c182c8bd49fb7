// Several nodes in one process. Everything that opens something on one of them (a session, a form
// token, a sign-in link, an id, a code, a file's address, a signature) is tried on another, at every route of the
// program, and a random word that stands in all that the first one holds must appear nowhere else. The host
// keeps fewer nodes open than are asked, so that they wake and sleep all the time meanwhile.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Host } from '../rig/hosted.mjs';
import { eventually, onPostgres } from '../rig/node.mjs';
import { formsOf, multipart, file, request } from '../rig/client.mjs';
import { Actor } from '../rig/actor.mjs';

const PICTURE = readFileSync(new URL('../../admin/demo/cup.jpg', import.meta.url));
let host, a, b, broken, follower, routes;

const FORM = 'application/x-www-form-urlencoded';
const leaks = (node, bytes) => [node.word, node.word.toUpperCase(), Buffer.from(node.word).toString('base64').slice(0, 20)].some((v) => bytes.includes(v));

// A node in which everything bears its word.
async function furnish(label) {
    const word = 'canary' + crypto.randomBytes(9).toString('hex');
    const node = await host.create(label, { planet: 'tea', title: `Tea ${word}` });
    node.word = word;
    node.own = await node.cli('planet create', { handle: `only_${label}`, title: `Only ${word}` });
    node.open = await node.post({ planet: 'tea', title: `Open ${word}`, slug: `open-${label}`, tag: [`leaf${label}`], body: `Read ${word}.` });
    node.locked = await node.post({ planet: 'tea', title: `Locked ${word}`, slug: `locked-${label}`, access: 'members',
                                    teaser: `Teaser ${word}`, body: `Body ${word}` });
    node.codes = await node.cli('code create', { planet: 'tea', tier: 'member', n: 2, unit: 'month', name: word });
    node.ownerClient = await node.enter(node.made.sign_in);
    node.member = await node.member(`m${label}`, { planet: 'tea' });
    node.memberToken = await node.member.csrf();
    node.visitor = node.client();
    node.visitorToken = await node.visitor.csrf();
    node.unusedLink = (await node.cli('account create', { mail: `new-${label}@example.net`, username: `new${label}`, name: `New ${word}` })).sign_in;
    const token = formsOf((await node.ownerClient.page('/compose')).text)[0].fields.find(([n]) => n === '_csrf')[1];
    const form = multipart([['planet', 'tea'], ['_csrf', token], ['file', file(`${word}.jpg`, PICTURE, 'image/jpeg')]]);
    const up = await node.ownerClient.fetch('/compose/upload', { method: 'POST', body: form.body,
        headers: { 'content-type': form.type, accept: 'application/json', origin: node.origin, 'sec-fetch-site': 'same-origin' } });
    assert.equal(up.status, 201, up.text);
    node.media = JSON.parse(up.text);
    await node.cli('post edit', { id: node.open.id, 'body-file': node.textFile(`${word}\n\n![${word}](media:${node.media.id})\n`) });
    const page = await node.member.page(`/@tea/locked-${label}`);
    assert.ok(leaks(node, page.body), 'its member reads it');
    await node.member.submit(page, `/@tea/locked-${label}/comments`, { text: `Said ${word}`, audience: 'members' });
    node.actor = JSON.parse((await request(`${node.origin}/@tea`, { headers: { accept: 'application/activity+json' } })).text);
    return node;
}

before(async () => {
    host = await Host.start({ name: 'isolation', args: ['--max-awake', '1', '--idle', '1'] });
    [a, b] = [await furnish('a'), await furnish('b')];
    broken = await host.create('broken');
    follower = await Actor.start();
    for (const node of [a, b]) {
        const rs = await follower.post(node.actor.inbox, { id: `${follower.id}#follow-${node.name}`, type: 'Follow', object: node.actor.id });
        assert.equal(rs.status, 202, rs.text);
        await eventually('the Accept', () => follower.received.some((r) => r.includes('"Accept"') && r.includes(`follow-${node.name}`)));
    }
    routes = await a.cli('routes');
});

after(async () => {
    await follower?.stop();
    await host?.close();
});

// Each parameter of a route with what stands for it in this node.
function fillings(node, route) {
    const last = (uri) => uri.split('/').pop();
    const known = {
        handle: ['tea', `only_${node.name}`], planet: ['tea', `only_${node.name}`], tag: [`leaf${node.name}`], rail: ['fake'],
        number: ['01J00000000000000000000000'], slug: [`open-${node.name}`, `locked-${node.name}`],
        token: [last(node.made.sign_in), last(node.unusedLink)], host: ['elsewhere.example'], do: ['remove'], price: ['1'], kind: ['a'], mac: ['AAAAAAAAAAAAAAAAAAAAAA'], code: ['aHR0cHM6Ly9hLmV4YW1wbGUv'], version: ['2.1'], cursor: ['0'], country: ['DE'], account: ['1', node.member.accountId ?? '2'], file: ['1.csv'],
        name: route.startsWith('/static/') ? ['orrery.css'] : [path.basename(node.media.url), 'large.jpg'],
        id: route.startsWith('/ap/a/') ? [last(node.actor.id)] : route.startsWith('/ap/o/') ? [last(node.open.object ?? '1')]
          : route.startsWith('/ap/x/') ? [last(node.open.object ?? '1')] : route.startsWith('/media/') ? [node.media.id]
          : [node.open.id, node.locked.id],
    };
    let paths = [route];
    for (const [, name] of route.matchAll(/[:*](\w+)/g)) {
        assert.ok(known[name]?.length, `this test does not know how to fill :${name} of ${route}; teach it`);
        paths = paths.flatMap((p) => known[name].map((v) => p.replace(new RegExp(`[:*]${name}\\b`), encodeURIComponent(v))));
    }
    return paths;
}
const queries = (node) => ({ '/.well-known/webfinger': [`?resource=acct:tea@${node.host}`, `?resource=${encodeURIComponent(node.actor.id)}`],
    '/authorize_interaction': [`?uri=acct:tea@${node.host}`], '/lang': ['?to=zh-CN'], '/theme': ['?to=dark'] });

// What somebody of one node has, brought to the other: [who, headers].
const keysOf = (from, to) => [
    ['a visitor', {}],
    ['its owner', { cookie: from.ownerClient.cookie, 'x-csrf-token': from.memberToken }],
    ['its member', { cookie: from.member.cookie, authorization: `Bearer ${from.member.jar.get('s')}` }],
    ['the other’s owner', { cookie: to.ownerClient.cookie }],
];

for (const [from, to] of [['a', 'b'], ['b', 'a']]) {
    test(`nothing of ${from} is read through ${to}`, async () => {
        const [source, target] = from === 'a' ? [a, b] : [b, a];
        let n = 0;
        for (const [who, headers] of keysOf(source, target))
            for (const r of routes.filter((r) => r.method === 'GET'))
                for (const p of fillings(source, r.path))
                    for (const query of queries(source)[r.path] ?? [''])
                        for (const accept of ['text/html', 'application/activity+json']) {
                            const url = target.origin + p + query;
                            const rs = await request(url, { headers: { accept, ...headers } });
                            n++;
                            assert.notEqual(rs.status, 429, `${url}: refused before it was looked at`);
                            assert.ok(rs.status < 500, `${url}: ${rs.status}`);
                            assert.ok(!leaks(source, rs.body) && !leaks(source, Buffer.from(JSON.stringify(rs.headers))),
                                      `${who} of ${from} finds its word at ${url} (${accept})`);
                        }
        assert.ok(n > 400, `${n} questions`);
    });
}

test('the check can fail: each finds its own', async () => {
    for (const node of [a, b]) {
        const found = [];
        for (const r of routes.filter((r) => r.method === 'GET' && r.path !== '/login/:token'))
            for (const p of fillings(node, r.path))
                if (leaks(node, (await node.ownerClient.fetch(p)).body)) found.push(r.path);
        for (const must of ['/', '/@:handle', '/@:handle/:slug', '/desk/:planet', '/compose/:id'])
            assert.ok(found.includes(must), `${must} shows nothing of ${node.name} to its owner`);
        assert.equal((await request(new URL(node.media.url, node.origin).href)).status, 200);
    }
});

test('a session is nobody’s elsewhere', async () => {
    for (const [source, target] of [[a, b], [b, a]]) {
        for (const client of [source.ownerClient, source.member]) {
            for (const at of ['/me', '/desk', '/compose', '/me/sessions', '/drafts']) {
                const rs = await request(target.origin + at, { headers: { cookie: client.cookie, accept: 'text/html' } });
                assert.equal(rs.status, 303, `${at}: ${rs.status}`);
                assert.match(rs.headers.location, /^\/login/);
            }
        }
        assert.equal((await source.ownerClient.page('/me/sessions')).status, 200, 'and stays one at home');
    }
});

test('forms take no token of another node, and change nothing there', async () => {
    for (const [source, target] of [[a, b], [b, a]]) {
        const before_ = [await target.cli('post list', { planet: 'tea' }), await target.cli('account list'), await target.cli('code list', { planet: 'tea' })];
        const answers = new Map();
        const cookies = [[source.ownerClient.cookie, await source.ownerClient.csrf()], [target.ownerClient.cookie, await source.ownerClient.csrf()],
                         [target.member.cookie, source.memberToken], [target.visitor.cookie, source.visitorToken],
                         [source.visitor.cookie, source.visitorToken]];
        for (const [cookie, token] of cookies)
            for (const r of routes.filter((r) => r.method === 'POST' && r.who !== 'signed'))
                for (const p of fillings(source, r.path).slice(0, 2)) {
                    const rs = await request(target.origin + p, { method: 'POST', headers: { cookie, 'content-type': FORM, origin: target.origin, 'sec-fetch-site': 'same-origin' },
                        body: new URLSearchParams({ _csrf: token, text: 'x', body: 'x', title: 'x', planet: 'tea', id: source.open.id, media: source.media.id, sure: '1',
                                                    version: '1', mail: `new-${source.name}@example.net`, code: 'A'.repeat(23), access: 'public', do: 'save' }).toString() });
                    assert.ok(!leaks(source, rs.body), `POST ${p}`);
                    assert.ok(rs.status >= 400 || rs.status === 303, `POST ${p}: ${rs.status}`);
                    if (rs.status === 303) assert.match(rs.headers.location, /^\/login/, `POST ${p} goes to ${rs.headers.location}`);
                    answers.set(rs.status, (answers.get(rs.status) ?? 0) + 1);
                }
        assert.ok(answers.get(403) > 50, JSON.stringify([...answers]));
        assert.deepEqual([await target.cli('post list', { planet: 'tea' }), await target.cli('account list'), await target.cli('code list', { planet: 'tea' })], before_);
    }
});

test('a sign-in link opens only its own door', async () => {
    for (const [source, target] of [[a, b], [b, a]]) {
        const at = new URL(source.unusedLink).pathname;
        const thief = target.client();
        const page = await thief.fetch(at);
        assert.ok(!leaks(source, page.body));
        const csrf = await thief.csrf();
        for (const door of [at, '/login/code'])
            await thief.send(door, [['_csrf', csrf], ['mail', `new-${source.name}@example.net`], ['code', '000000']]);
        assert.equal((await thief.fetch('/me')).status, 303, 'nobody is signed in');
    }
    for (const node of [a, b]) {
        const client = await node.enter(node.unusedLink);
        assert.equal((await client.fetch('/me')).status, 200, 'it was not used up elsewhere');
    }
});

test('a code is worth nothing on another node', async () => {
    for (const [source, target] of [[a, b], [b, a]]) {
        const { code } = source.codes[0];
        assert.ok(code, JSON.stringify(source.codes));
        const redeem = async (node, name) => {
            const guest = await node.person(name);
            const rs = await guest.submit(await guest.page('/@tea/join'), '/@tea/redeem', { code });
            return { rs, reads: (await guest.page(`/@tea/locked-${node.name}`)).text.includes(`Body ${node.word}`) };
        };
        const there = await redeem(target, `guest${source.name}`);
        assert.ok(there.rs.status >= 400 && !there.reads, `${there.rs.status}`);
        assert.ok((await redeem(source, `guest${source.name}`)).reads, 'it is good at home');
    }
});

test('what was signed for one is not taken by the other', async () => {
    const other = (node) => (node === a ? b : a);
    for (const node of [a, b]) {
        const there = new URL(other(node).actor.inbox);
        const body = JSON.stringify({ '@context': 'https://www.w3.org/ns/activitystreams', actor: follower.id, type: 'Follow',
                                      id: `${follower.id}#replay-${node.name}`, object: node.actor.id });
        // Made for one, sent to the other: at its own path, and at the path that was signed.
        for (const at of [there.pathname, new URL(node.actor.inbox).pathname, '/ap/inbox']) {
            const headers = follower.headers('POST', node.actor.inbox, body);
            const rs = await request(there.origin + at, { method: 'POST', body, headers: { ...headers, host: there.host } });
            assert.ok([401, 404].includes(rs.status), `${at}: ${rs.status} ${rs.text}`);
        }
        // Properly signed for the other, about an actor that does not live there.
        const rs = await follower.post(other(node).actor.inbox, { id: `${follower.id}#about-${node.name}`, type: 'Follow', object: node.actor.id });
        assert.ok(rs.status < 500);
    }
    for (const node of [a, b]) {
        await eventually('all was received', async () => !(await node.cli('queue list')).some((j) => j.kind === 'fed.receive' || j.kind === 'fed.deliver'));
        const followers = JSON.parse((await request(node.actor.followers, { headers: { accept: 'application/activity+json' } })).text);
        assert.equal(followers.totalItems, 1);
    }
    assert.ok(!follower.received.some((r) => /replay-|about-/.test(r) && r.includes('"Accept"')), 'nobody accepted it');
    for (const r of follower.received) { // who speaks to others is one node
        const [mine, its] = r.includes(a.origin) ? [a, b] : [b, a];
        assert.ok(!leaks(its, r) && !r.includes(its.origin), r.slice(0, 600));
        assert.match(r, new RegExp(`"user-agent":"Orrery/[^"]*${mine.origin}/`));
    }
});

// Its store can't be opened any more; the answer mends it.
function ruin(node) {
    if (onPostgres) {
        node.sqlRun("INSERT INTO migration (name, checksum, applied_at) VALUES ('9999_later', 'x', 0)");
        return () => node.sqlRun("DELETE FROM migration WHERE name = '9999_later'");
    }
    const store = path.join(node.dir, 'store.sqlite');
    const sound = readFileSync(store);
    writeFileSync(store, Buffer.alloc(sound.length, 'no store '));
    return () => writeFileSync(store, sound);
}

test('a node whose store is broken harms no other', async () => {
    await eventually('it sleeps', async () => (await host.cli('node show', { node: 'broken' })).awake === 'no');
    const mend = ruin(broken);
    for (let i = 0; i < 3; i++) {
        for (const accept of ['text/html', 'application/activity+json']) {
            const rs = await request(`${broken.origin}/@tea`, { headers: { accept } });
            assert.equal(rs.status, 503);
            assert.ok(Number(rs.headers['retry-after']) > 0);
        }
        const rs = await request(`${broken.origin}/ap/inbox`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/activity+json' } });
        assert.equal(rs.status, 503);
        for (const node of [a, b])
            assert.equal((await request(`${node.origin}/@tea`)).status, 200);
    }
    assert.match(host.log(), onPostgres ? /migration 9999_later, which this program does not know/ : /store\.sqlite.*not a database/);
    assert.ok(host.log().split('\n').filter((l) => l.includes('stays closed for now')).length < 9, 'not with every request');
    mend();
    await eventually('it comes back by itself', async () => (await request(`${broken.origin}/@tea`)).status === 200);
});

test('nobody else lives here, and the log knows none of it', async () => {
    for (const name of ['c.localhost', `c.localhost:${host.port}`, 'a.localhost:1', `evil-${a.word}.example`, '']) {
        const rs = await request(`${a.origin}/@tea`, { headers: { host: name } });
        assert.ok([400, 421].includes(rs.status), `${name}: ${rs.status}`);
        assert.ok(!leaks(a, rs.body) && !leaks(b, rs.body));
    }
    for (const node of [a, b]) assert.ok(!leaks(node, host.log()));
    assert.ok((await host.cli('node list')).length === 3);
});
