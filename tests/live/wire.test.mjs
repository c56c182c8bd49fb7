// Signatures, keys and fetches, as other people's libraries make and read them.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { exportMultibaseKey, generateCryptoKeyPair, signObject } from '@fedify/fedify';
import { Announce, Create, Delete, Follow, Like, Note, PUBLIC_COLLECTION, Undo } from '@fedify/vocab';
import { preloadedContexts } from '@fedify/vocab-runtime';
import { Temporal } from '@js-temporal/polyfill';
import { Node, eventually } from '../rig/node.mjs';
import { Sink, send } from '../rig/sink.mjs';
import { PUBLIC, get, json, leftBy, planetOf, settled } from '../rig/fedi.mjs';

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
        assert.equal((await told({ ...like, proof: { ...like.proof, proofValue: like.proof.proofValue.slice(0, -1) + 'A' } })).status, 401);
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
