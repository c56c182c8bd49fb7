// The canary's second cage: what a hosting provider and its machines can ask, and what stands at doors that
// no route table knows: the internal listener, its API, metrics, the page of a node that rests or is gone,
// the log of the process, and the storage that files lie in.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Host } from '../rig/host.mjs';
import { HostedNode } from '../rig/hosted.mjs';
import { eventually } from '../rig/node.mjs';
import { S3, SECRET } from '../rig/s3.mjs';
import { request } from '../rig/client.mjs';

const WORD = 'canary' + crypto.randomBytes(9).toString('hex');
const FILE = crypto.randomBytes(64).toString('hex'); // what stands in the locked file
const MAIL = 'olga@example.org';
const leak = (bytes) => [WORD, WORD.toUpperCase(), Buffer.from(WORD).toString('base64').slice(0, 20), FILE].find((v) => bytes.includes(v));
const pages = ['/@tea/locked', '/@tea', '/@tea/feed.xml', '/', '/search?q=Locked', '/.well-known/webfinger?resource=acct:tea'];
const accepts = ['text/html', 'application/activity+json', 'application/json', '*/*'];
let host, node, member, visitor, s3, locked;

function clean(rs, where, more = []) {
    for (const bytes of [rs.text, JSON.stringify(rs.headers)]) {
        assert.equal(leak(bytes), undefined, `${where} says it: ${bytes.slice(0, 300)}`);
        for (const v of more) assert.ok(!bytes.includes(v), `${where} says ${v.slice(0, 8)}…`);
    }
}

before(async () => {
    host = await Host.start({ name: 'canary-host', args: ['--metrics-per-node'] });
    const made = await host.create('tea', { planet: 'tea' }, { key: 'order-1' });
    assert.equal(made.status, 201, made.text);
    node = new HostedNode(host, { ...made.json });
    Object.assign(node, { port: host.port, host: made.json.domain, origin: made.json.address });
    host.link = made.json.sign_in;
    const file = path.join(host.root, 'paper.txt');
    writeFileSync(file, FILE);
    await node.post({ planet: 'tea', title: 'Locked', slug: 'locked', access: 'members', media: file,
                      teaser: 'A public teaser.', body: `Intro.\n\n<!--more-->\n\n**${WORD}** for members.\n` });
    member = await node.member('mia');
    visitor = node.client();
    const page = (await member.page('/@tea/locked')).text;
    assert.ok(leak(page), 'the check can fail: a member finds it');
    [locked] = page.match(/\/media\/\d+\/[\w.%-]+/);
});
after(async () => {
    try { await node?.close(); await host?.close(); } finally { await s3?.stop(); }
});

const routes = ['/v1/nodes', '/v1/nodes/tea', '/v1/nodes/tea/usage', '/v1/usage', '/v1/plans', '/v1/openapi.json'];
const open = () => ['/healthz', '/readyz', '/metrics', `/internal/tls-ask?domain=${node.host}`, '/internal/tls-ask?domain=nobody.example', '/internal/nothing'];

test('a provider’s panel sees no word of what is written, and no way in', async () => {
    for (const where of routes) {
        const rs = await host.api('GET', where);
        assert.equal(rs.status, 200, where);
        clean(rs, where, ['/login/', host.token]);
    }
});

test('whoever has no token sees no more than numbers and names', async () => {
    for (const where of routes.filter((r) => !r.includes('openapi'))) {
        for (const token of [null, 'orrery_' + 'x'.repeat(43)]) {
            const rs = await host.api('GET', where, { token });
            assert.equal(rs.status, 401, where);
            clean(rs, where, [MAIL, node.dir, node.host]);
        }
    }
    for (const where of open()) {
        const rs = await request(host.internal + where);
        clean(rs, where, [MAIL, 'mia@', host.token, host.root, '/login/']);
        assert.doesNotMatch(rs.text, /Locked|teaser|\/@tea/, where);
    }
});

test('nothing of it is at the public door', async () => {
    for (const where of [...routes, ...open().filter((w) => !w.startsWith('/healthz'))]) {
        const rs = await visitor.fetch(where, { headers: { authorization: `Bearer ${host.token}` } });
        assert.equal(rs.status, 404, `${where}: ${rs.status}`);
        const nobody = await request(`http://127.0.0.1:${host.port}${where}`, { headers: { host: 'nobody.example', authorization: `Bearer ${host.token}` } });
        assert.equal(nobody.status, 421, where);
        for (const one of [rs, nobody]) clean(one, where, [MAIL, host.token, 'orrery_nodes']);
    }
});

async function crawlAsAll(status) {
    for (const who of [visitor, member])
        for (const where of [...pages, locked])
            for (const accept of accepts) {
                const rs = await who.fetch(where, { headers: { accept } });
                if (status) assert.equal(rs.status, status, where);
                clean(rs, `${where} (${accept})`);
            }
}

test('a node that rests says nothing, to members neither', async () => {
    await member.page('/@tea/locked'); // whatever is remembered of it
    await host.api('POST', '/v1/nodes/tea/suspend');
    await crawlAsAll(503);
    await host.api('POST', '/v1/nodes/tea/resume');
    assert.ok(leak((await member.page('/@tea/locked')).text));
});

test('what lies in a storage is handed to whoever may read it, and to nobody by the storage', async () => {
    s3 = await S3.start();
    await node.cli('settings set', { key: 'media.s3_url', value: s3.url() });
    const given = await eventually('the node hands out an address', async () => {
        await node.cli('media move', { to: 's3' }); // what the storage was not sure to have stayed
        const rs = await member.fetch(locked);
        return rs.status === 302 && rs;
    }, { every: 500 });
    clean(given, 'the redirect', [SECRET]);
    assert.match(given.headers['cache-control'] ?? '', /no-store|private/);
    const address = given.headers.location;
    assert.ok((await request(address)).text.includes(FILE), 'a member has it');
    for (const accept of accepts) {
        const rs = await visitor.fetch(locked, { headers: { accept } });
        assert.equal(rs.status, 404, accept);
        assert.equal(rs.headers.location, undefined);
        clean(rs, 'a visitor', [SECRET, 'X-Amz']);
    }
    for (const bad of [address.split('?')[0], address.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=86400')]) {
        const rs = await request(bad);
        assert.ok(rs.status >= 400, `${rs.status}`);
        clean(rs, 'the storage');
    }
    for (const line of [await (await request(`${host.internal}/metrics`)).text, host.log()])
        assert.ok(!line.includes(SECRET) && !line.includes('X-Amz-Signature'), 'no key, no signed address');
});

test('a node that is gone says nothing', async () => {
    await host.api('DELETE', '/v1/nodes/tea?now=true');
    await crawlAsAll(); // while it tells the others
    await eventually('it is gone', async () => (await host.api('GET', '/v1/nodes/tea')).json.state === 'deleted');
    await crawlAsAll(410);
});

test('the log of the process has neither the word, nor tokens, nor links', async () => {
    const log = host.log();
    assert.ok(log.length > 0);
    assert.equal(leak(log), undefined);
    for (const secret of [host.token, new URL(host.link).pathname.split('/').pop(), MAIL, 'mia@example.net'])
        assert.ok(!log.includes(secret), secret);
});
