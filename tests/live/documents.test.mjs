// Every document that we emit, wherever it comes out: what GET routes below /ap/ answer, found by following
// each address that a document names, and every body that was delivered. Each must keep all its terms in
// JSON-LD (contexts from memory alone), have no null and no relative IRI, be read by Fedify's strict
// parser, and have what single peers insist on (tests/rig/shape.mjs).
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import * as vocab from '@fedify/vocab';
import { preloadedContexts } from '@fedify/vocab-runtime';
import { Node, eventually } from '../rig/node.mjs';
import { QuirkPeer } from '../rig/quirks.mjs';
import { activity } from '../rig/sink.mjs';
import { file } from '../rig/client.mjs';
import { AP, PUBLIC, expand, get, json, planetOf, settled } from '../rig/fedi.mjs';
import { shapeFaults } from '../rig/shape.mjs';

// Two by two.
const gif = Buffer.from('4749463839610200020080000047704c00000021f90405000000002c00000000020002000002028c53003b', 'hex');
const contextLoader = async (url) => ({ contextUrl: null, documentUrl: url, document: preloadedContexts[url] ?? assert.fail(`an unknown context: ${url}`) });
const documentLoader = async (url) => assert.fail(`read only with ${url}`);

// Absolute everywhere, and nothing empty.
function absolute(expanded, at = '$') {
    if (Array.isArray(expanded)) return expanded.forEach((one, i) => absolute(one, `${at}[${i}]`));
    if (expanded === null || typeof expanded !== 'object') return undefined;
    for (const [key, value] of Object.entries(expanded)) {
        if (key === 'https://www.w3.org/ns/activitystreams#formerType') continue; // a bare name by AS2's own examples, an address by its context
        if (key === '@id' || key === '@type') {
            for (const iri of [value].flat())
                assert.ok(/^(https?:|_:|acct:)/.test(iri) || (key === '@type' && iri === '@id'), `${at} ${key} ${iri}`);
        } else if (key !== '@value' && key !== '@language') {
            assert.ok(/^https?:|^urn:orrery:ns:|^@/.test(key), `${at}: the term ${key}`);
            absolute(value, `${at} ${key}`);
        }
    }
    return undefined;
}
async function read(document, what) {
    try {
        absolute(await expand(document));
        await vocab.Object.fromJsonLd(structuredClone(document), { documentLoader, contextLoader });
    } catch (e) {
        throw new Error(`${what}: ${e.message}`, { cause: e });
    }
}
// Addresses of ours that it names.
function* named(j, origin) {
    if (typeof j === 'string') { if (j.startsWith(`${origin}/ap/`)) yield j.replace(/#.*/, ''); }
    else if (j && typeof j === 'object') for (const value of Object.values(j)) yield* named(value, origin);
}

describe('every document that we emit', () => {
    let node, peer, planet, ann, posts, owner;
    const seen = new Map(); // address → {status, document}

    before(async () => {
        node = await Node.start({ name: 'documents', title: '行星茶', lang: 'zh-CN' });
        peer = await QuirkPeer.start(node);
        planet = await planetOf(node);
        ann = peer.actor('ann', { host: 'a.localhost', sharedInbox: true });
        owner = await node.ownerSession();
        assert.equal((await ann.send(planet.inbox, activity(ann, 'Follow', planet.id))).status, 202);
        await peer.got('the Accept', (a) => a.type === 'Accept');
        const rs = await owner.post('/compose/upload', { planet: 'tea', file: file('leaf.gif', gif, 'image/gif') }, { headers: { accept: 'application/json' } });
        assert.equal(rs.status, 201, rs.text);
        const picture = JSON.parse(rs.text);
        node.sqlRun(`UPDATE media SET alt = 'a leaf' WHERE id = ${picture.id}`); // as the form of writing asks for it
        posts = {
            open: await node.post({ title: 'Open', body: `Everybody **reads** [this](https://example.org/).\n\n> a quote\n\n- one\n- two\n\n![a leaf](media:${picture.id})`, access: 'public', tag: ['tea', '普洱'] }),
            locked: await node.post({ title: 'Locked', body: 'Behind.', teaser: 'Before the door.', access: 'members', lang: 'en' }),
            gone: await node.post({ title: 'Gone', body: 'For a while.', access: 'public' }),
            back: await node.post({ title: 'Back', body: 'Again.', access: 'public' }),
            closed: await node.post({ title: 'Closed', body: 'First open.', access: 'public' }),
        };
        await peer.got('all are out', (a) => a.type === 'Create' && a.object.id === posts.closed.object);
        assert.deepEqual((await json(posts.open.object)).attachment.map((a) => [a.type, a.name]), [['Image', 'a leaf']]);
        // Said about them, there and here.
        const note = { id: `${ann.base}/notes/1`, type: 'Note', attributedTo: ann.id, content: 'a question', inReplyTo: posts.open.object, to: [PUBLIC], cc: [], published: '2026-11-20T08:00:00Z' };
        for (const it of [activity(ann, 'Create', note), activity(ann, 'Like', posts.open.object), activity(ann, 'Announce', posts.open.object)])
            assert.equal((await ann.send(planet.inbox, it)).status, 202);
        await settled(node);
        const at = new URL(posts.open.address).pathname;
        const page = await eventually('the question', async () => { const t = await owner.page(at); return t.text.includes('a question') && t; });
        const id = /id="c-(\d+)"(?:(?!id="c-)[\s\S])*a question/.exec(page.text)[1];
        await owner.submit(await owner.page(`${at}?reply=${id}`), `${at}/comments`, { text: 'An *answer*, from the owner.' });
        await peer.got('the answer', (a) => a.type === 'Create' && /An <em>answer/.test(a.object.content));
        await owner.post(`${at}/comments`, { text: 'and a word to all', audience: 'public' });
        const quote = { '@context': 'https://www.w3.org/ns/activitystreams', id: `${ann.base}/notes/2`, type: 'Note', attributedTo: ann.id, content: 'this, every day', quote: posts.open.object, to: [PUBLIC], cc: [],
                        published: '2026-11-20T08:00:00Z' };
        peer.put(quote.id, quote);
        assert.equal((await ann.send(planet.inbox, activity(ann, 'QuoteRequest', posts.open.object, { instrument: quote }))).status, 202);
        await peer.got('it may be quoted', (a) => a.type === 'Accept' && a.object.type === 'QuoteRequest');
        // Changed, taken away, brought back, gated.
        await node.cli('post edit', { id: posts.open.id, 'body-file': node.textFile(`Everybody reads that.\n\n![a leaf](media:${picture.id})`) });
        await node.cli('post edit', { id: posts.closed.id, access: 'members', 'teaser-file': node.textFile('Closed now.') });
        await node.cli('post delete', { id: posts.gone.id });
        await node.cli('post unpublish', { id: posts.back.id });
        posts.again = await node.cli('post publish', { id: posts.back.id, 'teaser-confirmed': true });
        await node.cli('planet edit', { handle: 'tea', tagline: 'Leaves, twice' }).catch(() => node.cli('planet edit', { planet: 'tea', tagline: 'Leaves, twice' }));
        await peer.got('the Delete', (a) => a.type === 'Delete' && a.object.id === posts.gone.object);
        await peer.got('published again', (a) => a.type === 'Create' && a.object.id === posts.again.object);
        await peer.got('the teaser', (a) => a.type === 'Create' && /Closed now/.test(a.object.content));
        await peer.got('the planet', (a) => a.type === 'Update' && a.object.type === 'Person');
    });
    after(async () => { await peer?.stop(); await node?.close(); });

    it('follows every address: what is there expands, is read by Fedify, and has its shape', async () => {
        const next = [planet.id, `${node.origin}/ap/instance`, ...Object.values(posts).map((p) => p.object), ...peer.posts.flatMap((p) => [...named(p.json, node.origin)])];
        for (let url = next.pop(); url !== undefined; url = next.pop()) {
            if (seen.has(url) || url.endsWith('/inbox')) continue;
            const rs = await get(url);
            const document = /json/.test(rs.headers['content-type'] ?? '') ? JSON.parse(rs.text) : null;
            seen.set(url, { status: rs.status, document });
            if (rs.status === 404) { assert.match(url, /\/ap\/x\//, `a dead end: ${url}`); continue; } // what was said to one alone
            assert.ok([200, 410].includes(rs.status), `${url}: ${rs.status}`);
            if (rs.status === 410 && !/\/ap\/o\/\d+$/.test(url)) continue; // what hung on something that is gone
            assert.match(rs.headers['content-type'], /^application\/activity\+json/, url);
            if (rs.status === 410) assert.equal(document.type, 'Tombstone', url);
            assert.equal(document.id, url);
            assert.deepEqual(shapeFaults(document, node.origin), [], url);
            await read(document, url);
            next.push(...named(document, node.origin));
        }
        assert.ok(seen.size > 30, `only ${seen.size}`);
        assert.ok([...seen.values()].some((s) => s.status === 410));
    });

    it('every GET route below /ap/ was among them', async () => {
        const routes = (await node.cli('routes')).filter((r) => r.method === 'GET' && r.path.startsWith('/ap/'));
        const visited = [...seen.keys()].map((u) => new URL(u).pathname);
        for (const { path: route } of routes) {
            const pattern = new RegExp(`^${route.replace(/:\w+/g, '[^/]+')}$`);
            assert.ok(visited.some((p) => pattern.test(p)), `no document led to ${route}`);
        }
    });

    it('every body that was delivered expands and is read by Fedify', async () => {
        peer.clean(); // its shape was looked at when it came
        const types = new Set();
        for (const { json: body } of peer.posts) {
            types.add(`${body.type} ${body.object.type ?? ''}`.trim());
            await read(body, `${body.type} ${body.id}`);
        }
        for (const type of ['Accept Follow', 'Create Note', 'Update Note', 'Update Person', 'Delete Tombstone']) assert.ok(types.has(type), `${type} among ${[...types]}`);
    });

    it('every golden document expands and is read by Fedify', async () => {
        const { publicKeyPem: pem } = planet.publicKey;
        const dir = new URL('../golden/', import.meta.url).pathname;
        for (const name of readdirSync(dir)) {
            const document = JSON.parse(readFileSync(path.join(dir, name), 'utf8'));
            if (name === 'outbox_page.json') document.orderedItems = []; // not by us, in that test
            assert.deepEqual(shapeFaults(document, 'https://tea.example'), [], name);
            const actor = [document, document.object].find((j) => j?.publicKey);
            if (actor) Object.assign(actor, { publicKey: { ...actor.publicKey, publicKeyPem: pem }, assertionMethod: undefined }); // theirs are made up
            await read(JSON.parse(JSON.stringify(document)), name);
        }
    });

    it('WebFinger, host-meta and NodeInfo lead to them', async () => {
        for (const resource of [`acct:tea@${node.host}`, planet.id, `${node.origin}/@tea`]) {
            const finger = await json(`${node.origin}/.well-known/webfinger?resource=${encodeURIComponent(resource)}`, '*/*');
            const self = finger.links.filter((l) => l.rel === 'self');
            assert.equal(self[0].type, AP);
            for (const { href } of self) assert.ok(seen.has(href), href);
        }
        const info = await json(`${node.origin}/.well-known/nodeinfo`, '*/*');
        const application = info.links.find((l) => l.rel === 'https://www.w3.org/ns/activitystreams#Application');
        assert.equal((await json(application.href)).type, 'Application');
    });
});
