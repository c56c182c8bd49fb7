// Signatures, keys and fetches, as other people's libraries make and read them.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import http from 'node:http';
import { exportMultibaseKey, generateCryptoKeyPair, signObject, signRequest } from '@fedify/fedify';
import { Announce, Create, Delete, Follow, Like, Note, PUBLIC_COLLECTION, Undo } from '@fedify/vocab';
import { createRequire } from 'node:module';
import { importMultibaseKey, preloadedContexts } from '@fedify/vocab-runtime';
import * as misskey from '@misskey-dev/node-http-message-signatures';
import { cavage, httpbis, createSigner, createVerifier } from 'http-message-signatures';
import { Temporal } from '@js-temporal/polyfill';
import { request } from '../rig/client.mjs';
import { Node, eventually } from '../rig/node.mjs';
import { Sink, activity, makeKey, send, sign9421, signDraft } from '../rig/sink.mjs';
import { PUBLIC, expand, get, json, leftBy, planetOf, settled } from '../rig/fedi.mjs';

// The machine may be busy with other things.
const peertube = createRequire(import.meta.url)('@peertube/http-signature');
const loader = async (url) => ({ contextUrl: null, documentUrl: url, document: preloadedContexts[url] });

// What Fedify signs with a proof, told by somebody else's server.
describe('integrity proofs', () => {
    let node, sink, planet, post, ann, relay, ed, n = 0;

    before(async () => {
        [node, sink] = await Promise.all([Node.start({ name: 'wire-proof' }), Sink.start()]);
        post = await node.post({ title: 'Morning', body: 'Everybody.', access: 'public' });
        planet = await planetOf(node);
        ed = await generateCryptoKeyPair('Ed25519');
        const host = 'proofs.localhost', id = `http://${host}:${sink.port}/users/ann`;
        ann = sink.actor('ann', { host, changes: { assertionMethod: [{
            id: `${id}#ed25519`, type: 'Multikey', controller: id, publicKeyMultibase: await exportMultibaseKey(ed.publicKey) }] } });
        relay = sink.actor('relay', { host: 'relay.localhost' });
    });
    after(async () => { await sink.stop(); await node.close(); });

    const uri = (what) => new URL(`http://${ann.host}/${what}/${++n}`);
    const note = (content) => new Note({ id: uri('n'), attribution: new URL(ann.id), content, to: PUBLIC_COLLECTION, replyTarget: new URL(post.object) });
    // created: within the time that ids are remembered.
    async function proven(activity, { keyId = `${ann.id}#ed25519`, key = ed.privateKey, created = Temporal.Now.instant() } = {}) {
        const signed = await signObject(activity, key, new URL(keyId), { contextLoader: loader, documentLoader: loader, created });
        // Public is spelled out before it is signed; Fedify does so when it sends.
        const document = JSON.stringify(await signed.toJsonLd({ format: 'compact', contextLoader: loader }));
        return JSON.parse(document.replaceAll('"as:Public"', `"${PUBLIC}"`));
    }
    const told = (what, by = relay) => send(planet.inbox, what, by);
    const comments = () => leftBy(node).comments.filter((c) => c.actor === ann.id).map((c) => c.html);
    const asked = (path) => sink.gets.filter((g) => g.host === ann.host && g.path.startsWith(path)).length;

    it('a Create that another server brings is believed, and nothing of it is fetched', async () => {
        const document = await proven(new Create({ id: uri('x'), actor: new URL(ann.id), object: note('a proven word'), to: PUBLIC_COLLECTION }));
        assert.equal(document.proof.cryptosuite, 'eddsa-jcs-2022');
        assert.equal((await told(document)).status, 202);
        await eventually('it stands', () => comments().some((c) => c.includes('a proven word')));
        assert.equal(asked('/n/'), 0, 'its own word was enough');
        assert.equal(asked('/users/ann'), 1, 'one look at the key');
    });

    it('and so is what could not be looked up: a Like and its Undo', async () => {
        const like = new Like({ id: uri('x'), actor: new URL(ann.id), object: new URL(post.object) });
        assert.equal((await told(await proven(like))).status, 202);
        await eventually('liked', async () => (await json(post.object)).likes.totalItems === 1);
        const undo = new Undo({ id: uri('x'), actor: new URL(ann.id), object: like });
        assert.equal((await told(await proven(undo))).status, 202);
        await eventually('undone', async () => (await json(post.object)).likes.totalItems === 0);
        // Played again it is an old id.
        assert.equal((await told(await proven(like))).status, 202);
        await settled(node);
        assert.equal((await json(post.object)).likes.totalItems, 0);
    });

    it('a changed one is not: a Create is looked up instead, anything else is refused', async () => {
        const like = await proven(new Like({ id: uri('x'), actor: new URL(ann.id), object: new URL(post.object) }));
        assert.equal((await told({ ...like, object: post.address })).status, 401);
        assert.equal((await told({ ...like, proof: { ...like.proof, proofValue: like.proof.proofValue.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')) } })).status, 401);
        assert.equal((await told({ ...like, proof: undefined })).status, 401);
        const create = await proven(new Create({ id: uri('x'), actor: new URL(ann.id), object: note('the honest word'), to: PUBLIC_COLLECTION }));
        const forged = JSON.parse(JSON.stringify(create).replace('honest', 'forged'));
        assert.equal((await told(forged)).status, 202);
        await eventually('its origin was asked', () => asked('/n/') === 1);
        await settled(node);
        assert.ok(!comments().some((c) => c.includes('forged')));
    });

    it('nor one with a key that the actor does not list to assert with', async () => {
        const other = await generateCryptoKeyPair('Ed25519');
        const like = () => new Like({ id: uri('x'), actor: new URL(ann.id), object: new URL(post.object) });
        // Somebody else's key, on the same host and on another.
        const id = `http://${ann.host}/users/eve`;
        const eve = sink.actor('eve', { host: 'proofs.localhost', changes: { assertionMethod: [{
            id: `${id}#ed25519`, type: 'Multikey', controller: id, publicKeyMultibase: await exportMultibaseKey(other.publicKey) }] } });
        assert.equal((await told(await proven(like(), { keyId: `${eve.id}#ed25519`, key: other.privateKey }))).status, 401);
        assert.equal((await told(await proven(like(), { keyId: `${relay.id}#ed25519`, key: other.privateKey }))).status, 401);
        // A key that says it is ann's and stands in eve's document.
        eve.document.assertionMethod.push({ id: `${id}#mine`, type: 'Multikey', controller: ann.id, publicKeyMultibase: await exportMultibaseKey(other.publicKey) });
        assert.equal((await told(await proven(like(), { keyId: `${id}#mine`, key: other.privateKey }))).status, 401);
        // A key of hers for signatures of requests alone.
        ann.document.publicKey = [ann.document.publicKey, { id: `${ann.id}#http`, owner: ann.id,
            publicKeyPem: crypto.KeyObject.from(other.publicKey).export({ type: 'spki', format: 'pem' }) }];
        assert.equal((await told(await proven(like(), { keyId: `${ann.id}#http`, key: other.privateKey }))).status, 401);
        ann.document.publicKey = ann.document.publicKey[0];
    });

    it('nor an old one: its id may be forgotten, and it is no news', async () => {
        const created = Temporal.Now.instant().subtract({ hours: 24 * 29 + 1 });
        const follow = new Follow({ id: uri('x'), actor: new URL(ann.id), object: new URL(planet.id) });
        assert.equal((await told(await proven(follow, { created }))).status, 401);
    });

    it('a proven Delete takes away', async () => {
        const said = note('soon gone');
        assert.equal((await told(await proven(new Create({ id: uri('x'), actor: new URL(ann.id), object: said, to: PUBLIC_COLLECTION })))).status, 202);
        await eventually('it stands', () => comments().some((c) => c.includes('soon gone')));
        const before = asked('/n/');
        assert.equal((await told(await proven(new Delete({ id: uri('x'), actor: new URL(ann.id), object: said.id })))).status, 202);
        await eventually('it is gone', () => !comments().some((c) => c.includes('soon gone')));
        assert.equal(asked('/n/'), before, 'nobody was asked');
    });
});

describe('secure mode', () => {
    let node, sink, planet, post, ann;
    const signedGet = (url, who, options = {}) => get(url, options.accept, signDraft(url, '', who, { names: ['(request-target)', 'host', 'date'], method: 'get', ...options.lie }));
    const secure = async (on) => {
        await node.cli('settings set', { key: 'federation.secure_mode', value: String(on) });
        await eventually(`secure mode ${on}`, async () => (await get(post.object)).status === (on ? 401 : 200));
    };

    before(async () => {
        [node, sink] = await Promise.all([Node.start({ name: 'wire-secure' }), Sink.start()]);
        post = await node.post({ title: 'Morning', body: 'Everybody.', access: 'public' });
        planet = await planetOf(node);
        ann = sink.actor('ann', { host: 'reads.localhost' });
    });
    after(async () => { await sink.stop(); await node.close(); });

    it('off: documents are for everybody, signed or not, and may be kept', async () => {
        for (const rs of [await get(post.object), await signedGet(post.object, ann)]) {
            assert.equal(rs.status, 200);
            assert.match(rs.headers['cache-control'], /public/);
            assert.doesNotMatch(rs.headers.vary, /Signature/);
        }
        assert.equal(sink.gets.length, 0, 'no key was asked for');
    });

    it('on: every document below /ap/ wants a signature, whatever was asked before', async () => {
        await secure(true);
        const urls = [planet.outbox, `${planet.outbox}/p/0`, planet.followers, planet.following, planet.featured, post.object, `${post.object}/replies`,
                      `${post.object}/replies/p/0`, `${post.object}/likes`, `${post.object}/shares`, post.address];
        for (const url of urls) {
            const none = await get(url);
            assert.equal(none.status, 401, url);
            assert.match(none.headers.vary, /Signature/);
            assert.match(none.headers['cache-control'], /no-store/);
            const rs = await signedGet(url, ann);
            assert.equal(rs.status, 200, `${url}: ${rs.text}`);
            assert.match(rs.headers.vary, /Signature/);
            assert.match(rs.headers['cache-control'], /no-store/);
            assert.equal((await get(url)).status, 401, `${url} is not answered from memory`);
        }
        assert.equal(sink.gets.length, 1, 'its key was asked for once');
    });

    it('no route below /ap/ was forgotten', async () => {
        const routes = await node.cli('routes');
        const open = ['/ap/instance', '/ap/instance/outbox'];
        for (const route of routes.filter((r) => r.method === 'GET' && r.path.startsWith('/ap/') && !open.includes(r.path))) {
            const path = route.path.replace(/:id|:cursor|:\w+/g, '1');
            const { status } = await get(node.origin + path);
            if (route.path !== '/ap/a/:id') assert.equal(status, 401, route.path);
        }
    });

    it('who says to want a page gets one, or nothing: no document', async () => {
        const routes = await node.cli('routes');
        const [actor, object] = [planet.id, post.object].map((u) => u.split('/').pop());
        for (const route of routes.filter((r) => r.method === 'GET' && r.path.startsWith('/ap/') && !r.path.startsWith('/ap/instance'))) {
            const path = route.path.replace('/a/:id', `/a/${actor}`).replace('/o/:id', `/o/${object}`).replace(':cursor', '0').replace(/:\w+/g, '1');
            for (const accept of ['text/html', 'text/html, */*', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8']) {
                const rs = await get(node.origin + path, accept);
                assert.ok([303, 401, 404].includes(rs.status), `${path}: ${rs.status}`);
                assert.doesNotMatch(rs.text, /"@context"/, path);
            }
        }
    });

    it('people see their pages as before; names are found', async () => {
        assert.equal((await get(post.address, 'text/html')).status, 200);
        assert.equal((await get(post.object, 'text/html')).status, 303);
        assert.equal((await get(`${node.origin}/.well-known/webfinger?resource=acct:tea@${node.host}`)).status, 200);
        assert.equal((await get(`${node.origin}/.well-known/nodeinfo`)).status, 200);
    });

    it('the instance is for everybody, of another actor only what its key is checked by', async () => {
        assert.ok((await json(`${node.origin}/ap/instance`)).outbox);
        const stub = await json(planet.id);
        assert.deepEqual(Object.keys(stub).sort(), ['@context', 'assertionMethod', 'id', 'inbox', 'preferredUsername', 'publicKey', 'type']);
        assert.equal(stub.publicKey.publicKeyPem, planet.publicKey.publicKeyPem);
        await expand(stub);
        const whole = await signedGet(planet.id, ann);
        assert.equal(JSON.parse(whole.text).name, planet.name);
        assert.equal(JSON.parse((await get(planet.id)).text).name, undefined, 'not answered from memory');
        assert.equal(JSON.parse((await signedGet(planet.id, ann)).text).name, planet.name);
    });

    it('a signature must hold, for this address and now', async () => {
        const other = { ...ann, key: makeKey() };
        assert.equal((await signedGet(post.object, other)).status, 401);
        assert.equal((await signedGet(post.object, ann, { lie: { path: '/ap/o/1' } })).status, 401);
        assert.equal((await signedGet(post.object, ann, { lie: { skew: -2 * 3600e3 } })).status, 401);
        assert.equal((await signedGet(post.object, ann, { lie: { names: ['(request-target)', 'date'] } })).status, 401);
        assert.equal((await signedGet(post.object, ann, { lie: { keyId: `${ann.id}#none` } })).status, 401);
        assert.equal((await get(post.object, undefined, sign9421(post.object, '', ann, { names: ['@method', '@target-uri'], method: 'GET' }))).status, 200);
    });

    it('a key that cannot be had now holds up nobody: others are answered, it is asked to come again', async () => {
        const slow = sink.actor('slow', { host: 'slow.localhost' });
        sink.actors.set(`${slow.host}/users/slow`, 'hang');
        const waits = Array.from({ length: 12 }, () => signedGet(post.object, slow));
        let settled = 0;
        for (const rs of waits) rs.finally(() => settled++);
        assert.equal((await signedGet(post.object, ann)).status, 200);
        assert.equal(settled, 0, 'while these wait');
        for (let i = 0; i < 20; i++) assert.equal((await signedGet(post.object, ann)).status, 200);
        for (const rs of sink.hanging) rs.destroy();
        for (const rs of await Promise.all(waits)) {
            assert.equal(rs.status, 503);
            assert.equal(rs.headers['retry-after'], '300');
        }
    });

    it('two such servers meet, and neither waits for the other', async () => {
        const other = await Node.start({ name: 'wire-secure-two', planet: 'bay' });
        try {
            await other.cli('settings set', { key: 'federation.secure_mode', value: 'true' });
            const theirs = `${other.origin}/ap/instance`;
            await eventually('it is on there', async () => (await get((await planetOf(other, 'bay')).id)).text.includes('publicKey') &&
                !JSON.parse((await get((await planetOf(other, 'bay')).id)).text).name);
            // What their planet says of itself has to be fetched from here, and our key from there.
            const said = await planetOf(other, 'bay');
            node.sqlRun(`INSERT INTO actor (id, uri, kind, host, username, name, inbox, fetched_at)
                         VALUES (77, '${said.id}', 'Person', '${other.host}', 'bay', 'old', '${said.inbox}', 0)`);
            node.sqlRun(`INSERT INTO job (id, kind, subject, payload, state, run_at, attempts, created_at)
                         VALUES (78, 'fed.check', 77, '', 'ready', 0, 0, ${Date.now()})`);
            await eventually('their actor is here', () => node.column('SELECT name FROM actor WHERE id = 77')[0] !== 'old');
            assert.ok(other.column(`SELECT uri FROM actor WHERE uri = '${node.origin}/ap/instance'`).length === 1, theirs);
        } finally {
            await other.close();
        }
    });

    it('off again, on the owner\'s desk', async () => {
        const owner = await node.ownerSession();
        const page = await owner.page('/desk/tea/fediverse/settings');
        assert.match(page.text, /name="secure" value="1" checked/);
        await owner.submit(page, '/desk/tea/fediverse/settings/secure', { secure: undefined });
        await eventually('secure mode is off', async () => (await get(post.object)).status === 200);
        assert.match((await get(post.object)).headers['cache-control'], /public/);
    });
});

describe('new keys', () => {
    let node, sink, planet, ann;
    const keyOf = (p) => /keyId="([^"]+)"/.exec(p.headers.signature)[1];
    const pemOf = (actor, keyId) => {
        if (actor.publicKey.id === keyId) return actor.publicKey.publicKeyPem;
        const found = actor.assertionMethod.find((m) => m.id === keyId);
        return found && importMultibaseKey(found.publicKeyMultibase).then((k) => crypto.KeyObject.from(k).export({ type: 'spki', format: 'pem' }));
    };
    const holds = async (p, actor) => peertube.verifySignature(
        peertube.parseRequest({ method: 'POST', url: p.path, headers: p.headers }, { clockSkew: 3600 }), await pemOf(actor, keyOf(p)));
    const updates = () => sink.posts.filter((p) => { const a = JSON.parse(p.body); return a.type === 'Update' && a.actor === planet.id; });
    const instances = () => sink.posts.filter((p) => JSON.parse(p.body).actor === `${node.origin}/ap/instance`);
    // Time goes by in the store.
    const later = (hours) => node.sqlRun(`UPDATE key_change SET since = since - ${hours * 3600e3}; UPDATE job SET run_at = 0 WHERE kind = 'fed.key_step' AND state = 'ready'`);

    before(async () => {
        [node, sink] = await Promise.all([Node.start({ name: 'wire-keys' }), Sink.start()]);
        await settled(node); // what the node has to say of itself at first
        planet = await planetOf(node);
        ann = sink.actor('ann', { host: 'follows.localhost' });
        assert.equal((await send(planet.inbox, activity(ann, 'Follow', planet.id), ann)).status, 202);
        await sink.posted('accepted', (a) => a.type === 'Accept');
    });
    after(async () => { await sink.stop(); await node.close(); });

    it('are announced beside the old ones, by the old ones, to everybody', async () => {
        const keys = await node.cli('key rotate');
        assert.ok(keys.length >= 2 && keys.every((k) => k.state === 'announced'), JSON.stringify(keys));
        const update = await eventually('the Update', () => updates()[0]);
        assert.equal(keyOf(update), `${planet.id}#main-key`);
        const { object } = JSON.parse(update.body);
        assert.equal(object.publicKey.publicKeyPem, planet.publicKey.publicKeyPem);
        assert.deepEqual(object.assertionMethod.map((m) => m.id.replace(/.*#/, '')), ['ed25519', 'main-key-2', 'ed25519-2']);
        await expand(JSON.parse(update.body));
        assert.ok(await holds(update, planet));
        const now = await eventually('the document says so', async () => { const a = await planetOf(node); return a.assertionMethod.length === 3 && a; });
        assert.deepEqual(now.assertionMethod, object.assertionMethod);
        // The node's own actor, which nobody follows, tells everybody, too.
        const said = await eventually('the instance told', () => instances()[0]);
        assert.equal(JSON.parse(said.body).cc, undefined);
        await expand(JSON.parse(said.body));
        assert.equal((await node.cli('key rotate')).filter((k) => k.state === 'announced').length, keys.length, 'again is the same');
        assert.equal(updates().length, 1);
    });

    it('a post meanwhile is signed by the old one', async () => {
        const post = await node.post({ title: 'Between', body: 'Round.', access: 'public' });
        const create = await eventually('it came', () => sink.posts.find((p) => JSON.parse(p.body).object?.id === post.object));
        assert.equal(keyOf(create), `${planet.id}#main-key`);
    });

    it('take over after a day and a half, told by the old ones, which stay readable', async () => {
        later(37);
        const update = await eventually('the second Update', () => updates()[1]);
        assert.equal(keyOf(update), `${planet.id}#main-key`);
        assert.ok(await holds(update, planet), 'who keeps old keys believes it');
        const { object } = JSON.parse(update.body);
        assert.equal(object.publicKey.id, `${planet.id}#main-key-2`);
        assert.notEqual(object.publicKey.publicKeyPem, planet.publicKey.publicKeyPem);
        await expand(JSON.parse(update.body));
        const now = await eventually('the document says so', async () => { const a = await planetOf(node); return a.publicKey.id.endsWith('-2') && a; });
        assert.ok(await holds(update, now), 'and so does who looks now');
        const post = await node.post({ title: 'After', body: 'Round.', access: 'public' });
        const create = await eventually('it came', () => sink.posts.find((p) => JSON.parse(p.body).object?.id === post.object));
        assert.equal(keyOf(create), `${planet.id}#main-key-2`);
        assert.ok(await holds(create, now));
        // Fetches of ours, too: somebody new makes us look.
        const ben = sink.actor('ben', { host: 'new.localhost' });
        assert.equal((await send(planet.inbox, activity(ben, 'Like', post.object), ben)).status, 202);
        assert.match(sink.gets.at(-1).headers.signature, /\/ap\/instance#main-key-2"/);
    });

    it('stand alone after a week', async () => {
        later(8 * 24);
        const now = await eventually('the old ones are gone', async () => { const a = await planetOf(node); return a.assertionMethod.length === 1 && a; });
        assert.equal(now.publicKey.id, `${planet.id}#main-key-2`);
        assert.ok((await node.cli('key list')).every((k) => k.state === 'steady'));
        assert.deepEqual(node.sql('SELECT actor_id FROM key_change WHERE other_rsa IS NOT NULL'), []);
    });

    it('and again, from the owner\'s desk; nobody else sees it there', async () => {
        const owner = await node.ownerSession(), path = '/desk/tea/fediverse/settings';
        await owner.submit(await owner.page(path), `${path}/keys`);
        await eventually('announced', async () => (await node.cli('key list')).every((k) => k.state === 'announced'));
        const page = await owner.page(path);
        assert.match(page.text, /New keys have been announced/);
        assert.ok(!page.text.includes('value="rotate"'), 'one change at a time');
        later(40);
        await eventually('switched', async () => (await node.cli('key list')).every((k) => k.state === 'switched' && k.key.endsWith('-3')));
        later(8 * 24);
        await eventually('steady', async () => (await node.cli('key list')).every((k) => k.state === 'steady'));
        // A partner looks after the planet, not after the node.
        const pat = await node.person('pat');
        await node.cli('member role', { account: pat.mail, role: 'partner', planet: 'tea' });
        assert.ok(!(await pat.page(path)).text.includes('/settings/keys'));
        assert.equal((await pat.post(`${path}/keys`, { why: 'leaked', sure: '1' })).status, 404);
        assert.equal((await pat.post(`${path}/secure`, { secure: '1' })).status, 404);
        assert.equal((await owner.post(`${path}/keys`, { why: 'leaked' })).status, 400, 'not without a word');
        assert.ok((await node.cli('key list')).every((k) => k.state === 'steady' && k.key.endsWith('-3')));
        assert.deepEqual(node.column("SELECT what FROM audit WHERE what LIKE 'key.%' GROUP BY what ORDER BY what"), ['key.rotate', 'key.rotate_all']);
    });

    it('at once, when one has leaked', async () => {
        const before = updates().length;
        const [key] = await node.cli('key rotate', { planet: 'tea', leaked: true });
        assert.equal(key.state, 'steady');
        const update = await eventually('told by the new one', () => updates()[before]);
        assert.equal(keyOf(update), key.key);
        const now = await eventually('the document says so', async () => { const a = await planetOf(node); return a.publicKey.id === key.key && a; });
        assert.equal(now.assertionMethod.length, 1, 'the leaked one is not shown any more');
        assert.ok(await holds(update, now));
    });
});

// A server that answers what a test tells it to, asked by us.
describe('how others are asked', () => {
    let node, planet, post, server, port, seen, answers, n = 0;
    const rsa = makeKey();
    // An actor on a name of its own; how: path → what is answered, beside its document.
    const actor = (name, changes = {}, headers = {}) => {
        const host = `${name}.localhost:${port}`, id = `http://${host}/users/ann`;
        const who = { id, host, keyId: `${id}#main-key`, key: rsa, inbox: `${id}/inbox`, document: {
            '@context': ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1'], id, type: 'Person', preferredUsername: 'ann',
            name: 'Ann', inbox: `${id}/inbox`, publicKey: { id: `${id}#main-key`, owner: id, publicKeyPem: rsa.publicKey }, ...changes } };
        answers.set(`${host}/users/ann`, () => ({ status: 200, headers, body: JSON.stringify(who.document) }));
        return who;
    };
    const at = (who, method) => seen.filter((s) => s.host === who.host && s.method === method);
    const follow = async (who, options) => {
        const rs = await send(planet.inbox, activity(who, 'Follow', planet.id), who, options);
        assert.equal(rs.status, 202, rs.text);
        return eventually('the Accept', () => at(who, 'POST').find((p) => p.status === 202));
    };
    const publish = async (who) => {
        const made = await node.post({ title: `Post ${++n}`, body: 'Round.', access: 'public' });
        return eventually('it came', () => at(who, 'POST').find((p) => p.status === 202 && p.body.includes(made.object)));
    };
    const key = (id) => (id === planet.publicKey.id ? planet.publicKey.publicKeyPem : instance.publicKey.publicKeyPem);
    let instance;
    const verified9421 = (s) => httpbis.verifyMessage({ all: true, keyLookup: ({ keyid }) => ({ id: keyid, algs: ['rsa-v1_5-sha256'], verify: createVerifier(key(keyid), 'rsa-v1_5-sha256') }) },
        { method: s.method, url: `http://${s.host}${s.path}`, headers: s.headers });

    before(async () => {
        seen = [];
        answers = new Map();
        server = http.createServer(async (rq, rs) => {
            const parts = [];
            for await (const part of rq) parts.push(part);
            const entry = { method: rq.method, path: rq.url, host: rq.headers.host, headers: rq.headers, body: Buffer.concat(parts).toString(), at: Date.now() };
            const made = answers.get(rq.headers.host + rq.url);
            const how = made ? made(entry) : rq.method === 'POST' ? { status: 202 } : { status: 404 };
            entry.status = how.status;
            seen.push(entry);
            rs.writeHead(how.status, { ...(how.body ? { 'content-type': 'application/activity+json' } : {}), ...how.headers });
            rs.end(how.body);
        });
        await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
        port = server.address().port;
        node = await Node.start({ name: 'wire-asks' });
        post = await node.post({ title: 'Morning', body: 'Everybody.', access: 'public' });
        planet = await planetOf(node);
        instance = await json(`${node.origin}/ap/instance`);
    });
    after(async () => { server.closeAllConnections(); await new Promise((ok) => server.close(ok)); await node.close(); });

    it('with the signature that its Accept-Signature asks for', async () => {
        const who = actor('wishes');
        answers.set(`${who.host}/users/ann/inbox`, (rq) => (rq.headers['signature-input'] ? { status: 202 } : { status: 401, headers: {
            'accept-signature': `odd=("@method" "x-unknown");created, app=("@method" "@authority" "date" "content-digest");created;expires;nonce="n-1";tag="fedi";alg="rsa-v1_5-sha256"` } }));
        const got = await follow(who);
        assert.match(got.headers['signature-input'], /^app=\("@method" "@authority" "date" "content-digest" "@target-uri"\);created=\d+;keyid="[^"]+";alg="rsa-v1_5-sha256";expires=\d+;nonce="n-1";tag="fedi"$/);
        assert.ok(await verified9421(got));
        const before = at(who, 'POST').length;
        const next = await publish(who);
        assert.match(next.headers['signature-input'], /^sig1=/, 'and so at once from then on');
        assert.equal(at(who, 'POST').length, before + 1);
    });

    it('and not with one that we cannot make: then as usual', async () => {
        const who = actor('odd');
        answers.set(`${who.host}/users/ann/inbox`, (rq) => (rq.headers['signature-input'] ? { status: 202 } : { status: 401, headers: {
            'accept-signature': 'sig1=("@method" "@query");created, sig2=("@method");alg="ecdsa-p256-sha256", sig3=("@method");keyid="https://elsewhere.example/key"' } }));
        const got = await follow(who);
        assert.match(got.headers['signature-input'], /^sig1=\("@method" "@target-uri" "content-digest"\);created=\d+;keyid="[^"]+";alg="rsa-v1_5-sha256"$/);
        assert.ok(await verified9421(got));
    });

    it('a GET fulfils it as well', async () => {
        const who = actor('reads');
        const { [`${who.host}/users/ann`]: plain } = Object.fromEntries(answers);
        answers.set(`${who.host}/users/ann`, (rq) => (rq.headers['signature-input'] ? plain(rq) : { status: 401, headers: { 'accept-signature': 'g=("@method" "@target-uri" "host");created;tag="get"' } }));
        await follow(who);
        const got = at(who, 'GET').at(-1);
        assert.match(got.headers['signature-input'], /^g=\("@method" "@target-uri" "host"\);created=\d+;keyid="[^"]+\/ap\/instance#main-key";alg="rsa-v1_5-sha256";tag="get"$/);
        assert.ok(await verified9421(got));
    });

    it('by RFC 9421 at once, if its actor says that it implements it (FEP-844e)', async () => {
        const who = actor('implements', { generator: { type: 'Application', implements: [{ name: 'RFC-9421', href: 'https://datatracker.ietf.org/doc/html/rfc9421' }] } });
        await follow(who);
        assert.equal(at(who, 'POST').length, 1);
        assert.ok(at(who, 'POST')[0].headers['signature-input']);
        const not = actor('implements-not', { generator: { type: 'Application', implements: [{ href: 'https://example.org/else' }] } });
        await follow(not);
        assert.equal(at(not, 'POST')[0].headers['signature-input'], undefined);
    });

    it('whether what we have is still so, by its ETag', async () => {
        const who = actor('tags');
        let tag = '"one"';
        answers.set(`${who.host}/users/ann`, (rq) => (rq.headers['if-none-match'] === tag ? { status: 304 }
            : { status: 200, headers: { etag: tag }, body: JSON.stringify(who.document) }));
        await follow(who);
        const update = async () => {
            const before = at(who, 'GET').length;
            node.sqlRun(`UPDATE actor SET fetched_at = 0 WHERE uri = '${who.id}'`);
            assert.equal((await send(planet.inbox, activity(who, 'Update', who.id), who)).status, 202);
            await eventually('asked again', () => at(who, 'GET').length > before);
            await settled(node);
            return at(who, 'GET').at(-1);
        };
        await update(); // the first to be remembered: the key was fetched by itself
        const asked = await update();
        assert.equal(asked.headers['if-none-match'], '"one"');
        assert.equal(asked.status, 304);
        assert.deepEqual(node.sql(`SELECT name, fetched_at > 0 AS fresh FROM actor WHERE uri = '${who.id}'`).map((r) => [r.name, Number(r.fresh)]), [['Ann', 1]]);
        assert.equal((await send(planet.inbox, activity(who, 'Like', post.object), who)).status, 202, 'its key still counts');
        tag = '"two"';
        who.document.name = 'Anna';
        assert.equal((await update()).status, 200);
        await eventually('the new name', () => node.column(`SELECT name FROM actor WHERE uri = '${who.id}'`)[0] === 'Anna');
    });

    it('not before it said to come again', async () => {
        const who = actor('busy');
        const plain = answers.get(`${who.host}/users/ann`);
        answers.set(`${who.host}/users/ann`, () => ({ status: 429, headers: { 'retry-after': '3600' } }));
        const knock = () => send(planet.inbox, activity(who, 'Like', post.object), who);
        assert.equal((await knock()).status, 503);
        answers.set(`${who.host}/users/ann`, plain);
        answers.set(`${who.host}/users/ben`, () => ({ status: 200, body: '{}' }));
        const ben = { ...who, id: who.id.replace('ann', 'ben'), keyId: who.keyId.replace('ann', 'ben') };
        const rs = await send(planet.inbox, activity(ben, 'Like', post.object), ben);
        assert.equal(rs.status, 503, 'the whole host rests');
        assert.ok(rs.headers['retry-after']);
        assert.equal(at(who, 'GET').length, 1);
    });

    it('by one spelling of its name, however it spells it', async () => {
        const host = `Spelled.LOCALHOST:${port}`, id = `HTTP://${host}/users/Ann`, real = `http://spelled.localhost:${port}/users/Ann`;
        answers.set(`spelled.localhost:${port}/users/Ann`, () => ({ status: 200, body: JSON.stringify({
            '@context': 'https://www.w3.org/ns/activitystreams', id, type: 'Person', preferredUsername: 'Ann', inbox: `${id}/inbox`,
            publicKey: { id: `${id}#main-key`, owner: id, publicKeyPem: rsa.publicKey } }) }));
        const who = { id, keyId: `${id}#main-key`, key: rsa };
        const like = { '@context': 'https://www.w3.org/ns/activitystreams', id: `HTTP://${host}/x/${++n}`, type: 'Like', actor: id, object: post.object.replace('http://localhost', 'HTTP://LocalHost') };
        assert.equal((await send(planet.inbox, like, who)).status, 202);
        await eventually('liked', () => leftBy(node).reactions.some((r) => r.actor === real));
        // The same under its plain name is the same actor; a path is another when its letters are.
        const undo = { ...like, id: `http://spelled.localhost:${port}/x/${++n}`, type: 'Undo', actor: real, object: { ...like, actor: real } };
        assert.equal((await send(planet.inbox, undo, { ...who, keyId: `${real}#main-key` })).status, 202);
        await eventually('undone', () => !leftBy(node).reactions.some((r) => r.actor === real));
        assert.deepEqual(node.column(`SELECT COUNT(*) FROM actor WHERE host = 'spelled.localhost:${port}'`).map(Number), [1]);
    });
});

// What other people's libraries sign, our inbox takes; altered, it does not.
describe('signed by others', () => {
    let node, sink, planet, post;
    const hash = (body) => crypto.createHash('sha256').update(body).digest('base64');
    const headersOf = (url, body) => ({ 'host': new URL(url).host, 'date': new Date().toUTCString(), 'content-type': 'application/activity+json',
                                        'digest': `SHA-256=${hash(body)}`, 'content-digest': `sha-256=:${hash(body)}:` });
    const draftNames = ['(request-target)', 'host', 'date', 'digest'];
    const http9421 = (alg, extra = {}) => async (url, body, who) => {
        const signed = await httpbis.signMessage({ key: createSigner(who.key.privateKey, alg, who.keyId), name: 'sig1',
            fields: ['@method', '@target-uri', 'content-digest'], params: ['created', 'keyid', 'alg'], ...extra },
        { method: 'POST', url, headers: headersOf(url, body) });
        return signed.headers;
    };
    const misskeyDraft = async (url, body, who) => {
        const rq = { method: 'POST', url, headers: headersOf(url, body) };
        await misskey.signAsDraftToRequest(rq, { privateKeyPem: who.key.privateKey, keyId: who.keyId }, draftNames);
        return rq.headers;
    };
    const fedify = (spec) => async (url, body, who) => {
        const key = await crypto.subtle.importKey('pkcs8', crypto.createPrivateKey(who.key.privateKey).export({ type: 'pkcs8', format: 'der' }),
            { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, true, ['sign']);
        const rq = await signRequest(new Request(url, { method: 'POST', body, headers: { 'content-type': 'application/activity+json' } }), key, new URL(who.keyId), { spec });
        return { host: new URL(url).host, ...Object.fromEntries(rq.headers) };
    };
    const ways = {
        'draft, RSA: @peertube/http-signature': ['rsa', (url, body, who) => {
            const headers = headersOf(url, body), u = new URL(url);
            peertube.sign({ method: 'POST', path: u.pathname, getHeader: (n) => headers[n.toLowerCase()], setHeader: (n, v) => { headers[n.toLowerCase()] = v; } },
                { key: who.key.privateKey, keyId: who.keyId, headers: draftNames, authorizationHeaderName: 'Signature', httpVersion: '1.1' });
            headers.signature = headers.signature.replace(/^Signature /, '');
            return headers;
        }],
        'draft, RSA: Misskey\'s': ['rsa', misskeyDraft],
        'draft, Ed25519: Misskey\'s': ['ed25519', misskeyDraft],
        'draft, RSA: Fedify': ['rsa', fedify('draft-cavage-http-signatures-12')],
        'draft, RSA: http-message-signatures': ['rsa', async (url, body, who) => (await cavage.signMessage({ key: createSigner(who.key.privateKey, 'rsa-v1_5-sha256', who.keyId),
            fields: ['@request-target', 'host', 'date', 'digest'], params: ['keyid', 'alg'], paramValues: { alg: 'rsa-sha256' } }, { method: 'POST', url, headers: headersOf(url, body) })).headers],
        'RFC 9421, RSA: http-message-signatures': ['rsa', http9421('rsa-v1_5-sha256')],
        'RFC 9421, Ed25519: http-message-signatures': ['ed25519', http9421('ed25519')],
        'RFC 9421, @authority and @path: http-message-signatures': ['rsa', http9421('rsa-v1_5-sha256', { name: 'other-name', fields: ['@path', '@method', '@authority', '@scheme', 'content-type', 'content-digest'],
            params: ['keyid', 'alg', 'created', 'expires', 'nonce', 'tag'], paramValues: { expires: new Date(Date.now() + 300e3), nonce: 'abc', tag: 'app' } })],
        'RFC 9421, RSA: Fedify': ['rsa', fedify('rfc9421')],
    };

    before(async () => {
        [node, sink] = await Promise.all([Node.start({ name: 'wire-signed' }), Sink.start()]);
        post = await node.post({ title: 'Morning', body: 'Everybody.', access: 'public' });
        planet = await planetOf(node);
    });
    after(async () => { await sink.stop(); await node.close(); });

    let n = 0;
    for (const [what, [type, sign]] of Object.entries(ways)) {
        it(what, async () => {
            const who = sink.actor('ann', { host: `signs${++n}.localhost`, key: makeKey(type) });
            const like = () => activity(who, 'Like', post.object);
            const sent = async (body, other = body, lie = {}) => request(planet.inbox, { method: 'POST', body: other, headers: { ...await sign(planet.inbox, body, who), ...lie } });
            const rs = await sent(JSON.stringify(like()));
            assert.equal(rs.status, 202, rs.text);
            await eventually('it counts', () => leftBy(node).reactions.some((r) => r.actor === who.id));
            assert.equal((await sent(JSON.stringify(like()), JSON.stringify(like()))).status, 401, 'another body');
            const other = { ...who, key: makeKey(type) };
            const body = JSON.stringify(like());
            assert.equal((await request(planet.inbox, { method: 'POST', body, headers: await sign(planet.inbox, body, other) })).status, 401, 'another key');
            assert.equal((await request(`${node.origin}/ap/inbox`, { method: 'POST', body, headers: await sign(planet.inbox, body, who) })).status, 401, 'another address');
        });
    }
});

describe('handles on another host', () => {
    let node, planet;
    const finger = (resource) => get(`${node.origin}/.well-known/webfinger?resource=${encodeURIComponent(resource)}`, '*/*');
    before(async () => {
        node = await Node.start({ name: 'wire-handle' });
        planet = await planetOf(node);
        await assert.rejects(node.cli('settings set', { key: 'federation.handle_host', value: 'https://Tea.example' }), /name of a host/);
        await node.cli('settings set', { key: 'federation.handle_host', value: 'tea.example' });
    });
    after(() => node.close());

    it('both names are found, and are one; the actor says the same', async () => {
        await eventually('it is said', async () => JSON.parse((await finger(`acct:tea@${node.host}`)).text).subject === 'acct:tea@tea.example');
        for (const resource of [`acct:tea@${node.host}`, 'acct:tea@tea.example', 'acct:TEA@Tea.Example', planet.id, planet.url]) {
            const rs = JSON.parse((await finger(resource)).text);
            assert.equal(rs.subject, 'acct:tea@tea.example', resource);
            assert.equal(rs.links.find((l) => l.rel === 'self').href, planet.id);
        }
        assert.equal((await finger('acct:tea@elsewhere.example')).status, 404);
        const now = await eventually('and of itself', async () => { const a = await json(planet.id); return a.webfinger === 'tea@tea.example' && a; });
        assert.equal(new URL(now.url).host, node.host, 'pages stay where they are');
        assert.deepEqual(now.attributionDomains, [node.host]);
        assert.match((await node.client().page('/@tea')).text, /@tea@tea\.example/);
    });

    it('taken back, they are the node\'s own again', async () => {
        await node.cli('settings set', { key: 'federation.handle_host', value: '' });
        await eventually('its own', async () => JSON.parse((await finger(`acct:tea@${node.host}`)).text).subject === `acct:tea@${node.host}`);
        assert.equal((await finger('acct:tea@tea.example')).status, 404);
    });
});
