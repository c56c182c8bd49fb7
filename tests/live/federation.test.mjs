// Other servers: a real Fedify follows, likes, boosts, answers; liars and the clumsy are refused;
// what we sign and say is read by other people's libraries.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import crypto from 'node:crypto';
import jsonld from 'jsonld';
import { preloadedContexts } from '@fedify/vocab-runtime';
import * as misskey from '@misskey-dev/node-http-message-signatures';
import { httpbis, createVerifier } from 'http-message-signatures';
import { Node, eventually } from '../rig/node.mjs';
import { Peer } from '../rig/peer.mjs';
import { Sink, activity, makeKey, send } from '../rig/sink.mjs';
import { request, words } from '../rig/client.mjs';
import { settled } from '../rig/fedi.mjs';

const peertube = createRequire(import.meta.url)('@peertube/http-signature');
const AP = 'application/activity+json';
const SECRET = 'pomelo' + Math.random().toString(36).slice(2, 10);
const get = (url, accept = AP, headers = {}) => request(url, { headers: { accept, ...headers } });
const json = async (url, accept) => {
    const rs = await get(url, accept);
    assert.equal(rs.status, 200, `GET ${url}: ${rs.status} ${rs.text.slice(0, 300)}`);
    return JSON.parse(rs.text);
};

// Contexts from memory alone: what is not among them is an address that no peer could count on.
const loader = async (url) => {
    const document = preloadedContexts[url];
    assert.ok(document, `an unknown context: ${url}`);
    return { contextUrl: null, documentUrl: url, document };
};
// Every key that we write must mean something: in safe mode a lost one is an error.
const expand = (document) => jsonld.expand(document, { documentLoader: loader, safe: true });

describe('what other servers are told', () => {
    let node, actorUrl, posts;

    before(async () => {
        node = await Node.start({ name: 'fed-documents', title: '行星茶', lang: 'zh-CN' });
        posts = {
            open: await node.post({ title: 'Open', body: 'Everybody reads **this**.', access: 'public', tag: ['tea', '普洱'] }),
            locked: await node.post({ title: 'Locked', body: `Behind: ${SECRET}`, teaser: 'Before the door.', access: 'members', lang: 'en' }),
        };
    });
    after(() => node.close());

    it('WebFinger', async () => {
        const finger = await json(`${node.origin}/.well-known/webfinger?resource=${encodeURIComponent(`acct:tea@${node.host}`)}`, '*/*');
        assert.equal(finger.subject, `acct:tea@${node.host}`);
        const self = finger.links.find((l) => l.rel === 'self');
        assert.equal(self.type, AP, 'this very type first');
        actorUrl = self.href;
        assert.equal(finger.links.find((l) => l.rel === 'http://webfinger.net/rel/profile-page').href, `${node.origin}/@tea`);
        for (const spelled of [`acct:@tea@${node.host}`, `tea@${node.host}`, `acct:TEA@LOCALHOST:${node.port}`, actorUrl, `${node.origin}/@tea`]) {
            const rs = await get(`${node.origin}/.well-known/webfinger?resource=${encodeURIComponent(spelled)}`);
            assert.equal(rs.status, 200, spelled);
            assert.equal(JSON.parse(rs.text).subject, `acct:tea@${node.host}`, spelled);
            assert.equal(rs.headers['access-control-allow-origin'], '*');
            assert.match(rs.headers['content-type'], /^application\/jrd\+json/);
        }
        assert.equal((await get(`${node.origin}/.well-known/webfinger`)).status, 400);
        assert.equal((await get(`${node.origin}/.well-known/webfinger?resource=tea`)).status, 400);
        assert.equal((await get(`${node.origin}/.well-known/webfinger?resource=acct:nobody@${node.host}`)).status, 404);
        assert.equal((await get(`${node.origin}/.well-known/webfinger?resource=acct:tea@elsewhere.example`)).status, 404);
        const meta = await get(`${node.origin}/.well-known/host-meta`, '*/*');
        assert.match(meta.text, /webfinger\?resource=\{uri\}/);
    });

    it('NodeInfo', async () => {
        const links = await json(`${node.origin}/.well-known/nodeinfo`, '*/*');
        const versions = links.links.filter((l) => /nodeinfo\.diaspora\.software/.test(l.rel));
        assert.equal(versions.length, 2);
        for (const { rel, href } of versions) {
            const info = await json(href, '*/*');
            assert.equal(info.version, rel.split('/').pop());
            assert.equal(info.software.name, 'orrery');
            assert.deepEqual(info.protocols, ['activitypub']);
            assert.equal(typeof info.usage.users.total, 'number');
        }
    });

    it('the actor, at its own address and at the page\'s, by Accept', async () => {
        const actor = await json(actorUrl);
        assert.equal(actor.type, 'Person');
        assert.equal(actor.name, '行星茶');
        assert.equal(actor.preferredUsername, 'tea');
        assert.equal(actor.publicKey.owner, actorUrl);
        assert.ok(actor.endpoints.sharedInbox);
        const page = `${node.origin}/@tea`;
        assert.equal((await json(page)).id, actorUrl);
        assert.equal((await json(page, 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"')).id, actorUrl);
        const html = await get(page, 'text/html,application/xhtml+xml,*/*;q=0.8');
        assert.match(html.headers['content-type'], /^text\/html/);
        assert.ok(html.text.includes(`<link rel="alternate" type="${AP}" href="${actorUrl}">`));
        assert.match(html.headers.vary, /Accept/);
        const there = await get(actorUrl, 'text/html');
        assert.equal(there.status, 303);
        for (const accept of ['*/*', AP]) assert.match((await get(actorUrl, accept)).headers['content-type'], /^application\/activity\+json/);
    });

    it('outbox: the public post whole, the locked one by its teaser', async () => {
        const actor = await json(actorUrl);
        const outbox = await eventually('both are out', async () => { const o = await json(actor.outbox); return o.totalItems === 2 && o; });
        let page = await json(typeof outbox.first === 'string' ? outbox.first : outbox.first.id), items = [];
        for (;;) {
            items.push(...page.orderedItems);
            if (!page.next) break;
            page = await json(page.next);
        }
        const objects = [];
        for (const item of items) {
            assert.equal(item.type, 'Create');
            objects.push(typeof item.object === 'string' ? await json(item.object) : item.object);
        }
        assert.deepEqual(objects.map((o) => o.id).sort(), Object.values(posts).map((p) => p.object).sort());
        const locked = await json(posts.locked.object);
        assert.match(locked.content, /Before the door/);
        assert.ok(!JSON.stringify(locked).includes(SECRET));
        assert.ok(locked.content.includes(posts.locked.address), 'leads to the page');
        assert.equal(locked.name, undefined);
        const open = await json(posts.open.object);
        assert.match(open.content, /<strong>this<\/strong>/);
        assert.deepEqual(open.tag.map((t) => t.name), ['#tea', '#普洱']);
        assert.equal((await json(posts.open.address)).id, posts.open.object, 'the page\'s address gives the object, too');
    });

    it('every document expands with no term lost', async () => {
        const actor = await json(actorUrl);
        const object = await json(posts.open.object);
        const urls = [actorUrl, `${node.origin}/ap/instance`, actor.outbox, actor.followers, actor.following, actor.featured, posts.open.object,
                      posts.locked.object, object.replies.id, object.likes.id, object.shares.id];
        const outbox = await json(actor.outbox);
        urls.push(typeof outbox.first === 'string' ? outbox.first : outbox.first.id);
        const authors = new Set();
        for (const url of urls) {
            const document = await json(url);
            const [expanded] = await expand(document).catch((e) => assert.fail(`${url}: ${e.message} ${JSON.stringify(e.details)}`));
            assert.equal(expanded['@id'], url);
            for (const item of document.orderedItems ?? []) if (typeof item === 'string') authors.add(item);
        }
        const [expanded] = await expand(actor);
        for (const term of ['https://w3id.org/security#publicKey', 'https://w3id.org/security#assertionMethod', 'http://joinmastodon.org/ns#featured',
                            'http://www.w3.org/ns/ldp#inbox', 'https://www.w3.org/ns/activitystreams#endpoints'])
            assert.ok(expanded[term], term);
    });

    it('answers wrong methods and paths in the asker\'s format', async () => {
        const inbox = (await json(actorUrl)).inbox;
        const wrong = await get(inbox);
        assert.equal(wrong.status, 405);
        assert.match(wrong.headers.allow, /POST/);
        for (const accept of [AP, 'application/json']) {
            const none = await get(`${node.origin}/ap/o/1`, accept);
            assert.equal(none.status, 404);
            assert.match(none.headers['content-type'], /json/, accept);
            JSON.parse(none.text);
        }
        const page = await get(`${node.origin}/nothing/here`, 'text/html');
        assert.equal(page.status, 404);
        assert.match(page.headers['content-type'], /^text\/html/);
        assert.equal((await request(actorUrl, { method: 'DELETE' })).status, 405);
        assert.equal((await request(actorUrl, { method: 'POST', body: '{}', headers: { 'content-type': AP } })).status, 405);
        const head = await request(actorUrl, { method: 'HEAD', headers: { accept: AP } });
        assert.equal(head.status, 200);
        assert.equal(head.body.length, 0);
        assert.equal((await request(actorUrl, { method: 'BREW' }).catch(() => ({ status: 400 }))).status >= 400, true);
    });
});

for (const knock of ['draft-cavage-http-signatures-12', 'rfc9421']) {
    describe(`a Fedify server that knocks with ${knock}`, () => {
        let node, peer, owner, actorUrl, open, locked;
        const page = async () => (await node.client().page(new URL(open.address).pathname)).text;

        before(async () => {
            [node, peer] = await Promise.all([Node.start({ name: `fed-${knock.slice(0, 3)}` }), Peer.start({ knock })]);
            owner = await node.ownerSession();
            const finger = await json(`${node.origin}/.well-known/webfinger?resource=acct:tea@${node.host}`, '*/*');
            actorUrl = finger.links.find((l) => l.rel === 'self').href;
            await node.post({ title: 'Older', body: 'before anybody followed', access: 'public' });
            const { outbox } = await json(actorUrl);
            await eventually('it is out', async () => (await json(outbox)).totalItems === 1);
        });
        after(async () => { await peer.stop(); await node.close(); });

        it('reads our actor and outbox', async () => {
            const actor = await peer.call('lookup', { url: actorUrl });
            assert.equal(actor.type, 'Person');
            const outbox = await peer.call('outbox', { url: actorUrl });
            assert.equal(outbox.total, 1);
            assert.equal(outbox.items[0].type, 'Create');
            assert.ok(outbox.items[0].object);
        });

        it('follows, and is accepted', async () => {
            const follow = await peer.call('follow', { url: actorUrl });
            const accept = await peer.got('Accept');
            assert.equal(accept.actor, actorUrl);
            assert.equal((accept.json.object.id ?? accept.json.object), follow.id);
            assert.equal((await json((await json(actorUrl)).followers)).totalItems, 1);
            assert.ok(peer.bytes.at(-1).path.includes('/users/ann/inbox'), 'to the personal inbox');
        });

        it('gets public posts and teasers within seconds, signed; never a body', async () => {
            const began = Date.now();
            open = await node.post({ title: 'Morning', body: 'Everybody reads this.', access: 'public' });
            locked = await node.post({ title: 'Evening', body: `Only for members: ${SECRET}`, teaser: 'The sun goes down.', access: 'members' });
            const first = await peer.got('Create', (a) => a.object.id === open.object);
            const second = await peer.got('Create', (a) => a.object.id === locked.object);
            assert.ok(Math.max(first.at, second.at) - began < 60000, 'without a second try');
            assert.match(first.json.object.content, /Everybody reads this/);
            assert.match(second.json.object.content, /The sun goes down/);
        });

        it('gets edits after it', async () => {
            await node.cli('post edit', { id: open.id, 'body-file': node.textFile('Everybody reads that.') });
            const update = await peer.got('Update', (a) => a.object.id === open.object);
            assert.match(update.json.object.content, /Everybody reads that/);
            assert.ok(update.json.object.updated);
            // What only members can see says nothing outside.
            const before = peer.bytes.length;
            await node.cli('post edit', { id: locked.id, 'body-file': node.textFile(`Rewritten: ${SECRET}`) });
            await node.cli('post edit', { id: locked.id, 'teaser-file': node.textFile('The sun is down.') });
            await peer.got('Update', (a) => a.object.id === locked.object && /The sun is down/.test(a.object.content));
            assert.equal(peer.bytes.slice(before).filter((b) => b.bytes.includes('"Update"')).length, 1);
        });

        it('its Like and boost appear on the page; Undo takes them away', async () => {
            const like = await peer.call('like', { to: actorUrl, url: open.object });
            const boost = await peer.call('announce', { to: actorUrl, url: open.object });
            await eventually('like and boost on the page', async () => {
                const html = await page();
                return /1 boost/.test(html) && html.includes(`@ann@localhost:${peer.port}`) && /#heart/.test(html);
            });
            assert.equal((await json(open.object)).likes.totalItems, 1);
            assert.equal((await json(open.object)).shares.totalItems, 1);
            await peer.call('like', { to: actorUrl, url: open.object });
            await settled(node); // another id: nothing says that it came before
            await peer.call('undo', { to: actorUrl, id: like.id });
            await eventually('the like is gone', async () => (await json(open.object)).likes.totalItems === 0);
            assert.match(await page(), /1 boost/);
            await peer.call('undo', { to: actorUrl, id: boost.id });
            await eventually('the boost is gone', async () => !(await page()).includes(`@ann@localhost:${peer.port}`));
        });

        it('its answer appears, changes, and goes', async () => {
            const { object: note } = await peer.call('reply', { to: actorUrl, url: open.object,
                content: '<p>Good <b onclick="x()">morning</b><script>alert(1)</script></p>' });
            await eventually('the answer on the page', async () => /Good/.test(await page()));
            const html = await page();
            assert.ok(!/onclick|alert\(1\)/.test(html), 'sanitised');
            assert.ok(html.includes(`@ann@localhost:${peer.port}`));
            const notices = await owner.page('/me/notices');
            assert.match(words(notices.text), /Ann/);
            const replies = await json((await json(open.object)).replies.id);
            // Our own first, then the others': the page that comes next.
            const own = await json(replies.first), others = await json(own.next);
            assert.deepEqual(own.items, []);
            assert.deepEqual(others.items, [note]);
            const embedded = (await json(open.object)).replies;
            assert.deepEqual([embedded.first.items, embedded.first.next], [[], others.id]);
            await peer.call('edit', { to: actorUrl, note, content: '<p>Better evening</p>' });
            await eventually('the edit on the page', async () => /Better evening/.test(await page()));
            await peer.call('remove', { to: actorUrl, note });
            await eventually('the answer is gone', async () => !/Better evening/.test(await page()));
        });

        it('an answer of the owner goes to it, and the author\'s actor resolves', async () => {
            const { object: note } = await peer.call('reply', { to: actorUrl, url: open.object, content: '<p>A question?</p>' });
            const html = await eventually('the question', async () => { const t = await owner.page(new URL(open.address).pathname); return /A question\?/.test(t.text) && t; });
            const id = /id="c-(\d+)"(?:(?!id="c-)[\s\S])*A question\?/.exec(html.text)[1];
            const form = await owner.page(`${new URL(open.address).pathname}?reply=${id}`);
            await owner.submit(form, `${new URL(open.address).pathname}/comments`, { text: 'An answer, from the owner.' });
            const create = await peer.got('Create', (a) => /An answer, from the owner/.test(a.object.content ?? ''));
            assert.equal(create.json.object.inReplyTo, note);
            const author = await json(create.json.object.attributedTo);
            assert.equal(author.type, 'Person');
            await expand(author);
            await expand(await json(create.json.object.id));
        });

        it('hears of deletion; the address stays burnt', async () => {
            await node.cli('post delete', { id: open.id });
            await peer.got('Delete', (a) => (a.object.id ?? a.object) === open.object);
            const gone = await get(open.object);
            assert.equal(gone.status, 410);
            assert.equal(JSON.parse(gone.text).type, 'Tombstone');
            await node.cli('post unpublish', { id: locked.id });
            await peer.got('Delete', (a) => (a.object.id ?? a.object) === locked.object);
            const again = await node.cli('post publish', { id: locked.id, 'teaser-confirmed': true });
            assert.notEqual(again.object, locked.object, 'published again it is a new object');
            await peer.got('Create', (a) => a.object.id === again.object);
        });

        it('unfollows, and hears no more', async () => {
            const { id } = await peer.call('follow', { url: actorUrl });
            await peer.got('Accept', (a) => (a.object.id ?? a.object) === id);
            await peer.call('undo', { to: actorUrl, id });
            await eventually('no follower', async () => (await json((await json(actorUrl)).followers)).totalItems === 0);
        });

        it('follows twice; pins reach it and leave', async () => {
            for (const who of ['ann', 'bob']) {
                const { id } = await peer.call('follow', { who, url: actorUrl });
                await peer.got('Accept', (a) => (a.object.id ?? a.object) === id);
            }
            open = await node.post({ title: 'Noon', body: 'Everybody reads this, too.', access: 'public' });
            await peer.got('Create', (a) => a.object.id === open.object);
            await node.cli('post pin', { id: open.id });
            const { featured } = await json(actorUrl);
            await peer.got('Add', (a) => (a.object.id ?? a.object) === open.object && a.target === featured);
            await node.cli('post pin', { id: open.id, off: true });
            await peer.got('Remove', (a) => (a.object.id ?? a.object) === open.object && a.target === featured);
        });

        it('asks to quote, and is granted it by a document that it can read', async () => {
            const { id, note } = await peer.call('quote', { to: actorUrl, url: open.object, content: '<p>This, every day</p>' });
            const accept = await peer.got('Accept', (a) => a.object.id === id);
            const grant = await json(accept.json.result);
            assert.equal(grant.type, 'QuoteAuthorization');
            assert.deepEqual([grant.attributedTo, grant.interactingObject, grant.interactionTarget], [actorUrl, note, open.object]);
            assert.equal((await peer.call('lookup', { url: accept.json.result })).type, 'QuoteAuthorization');
            await eventually('it stands with the post', async () => /This, every day/.test((await owner.page(new URL(open.address).pathname)).text));
        });

        it('a new name arrives; what is between us stays between us', async () => {
            await peer.call('like', { to: actorUrl, url: open.object });
            node.sqlRun('UPDATE actor SET fetched_at = fetched_at - 3600000 WHERE local_kind IS NULL');
            await peer.call('rename', { to: actorUrl, name: 'Annabel' });
            await eventually('renamed', () => node.column(`SELECT name FROM actor WHERE uri = '${peer.origin}/users/ann'`)[0] === 'Annabel');
            await peer.call('direct', { to: actorUrl, content: '<p>between the two of us</p>' });
            await eventually('looked at', () => Number(node.column("SELECT COUNT(*) FROM job WHERE kind = 'fed.receive'")[0]) === 0);
            assert.ok(!(await node.client().page(new URL(open.address).pathname)).text.includes('between the two of us'));
            for (const url of [open.object, (await json(actorUrl)).outbox]) assert.ok(!(await get(url)).text.includes('between the two of us'));
        });

        it('reports, and the owner sees it', async () => {
            await peer.call('flag', { to: actorUrl, objects: [actorUrl, open.object], content: 'too hot' });
            const [{ id }] = await eventually('the report', () => { const rows = node.sql("SELECT CAST(id AS TEXT) AS id FROM report WHERE text = 'too hot'"); return rows.length && rows; });
            assert.ok((await node.cli('report list')).some((r) => String(r.id) === id));
        });

        it('moves house: the old follow stands until its server ends it', async () => {
            await peer.call('become', { who: 'bob', aliases: [`${peer.origin}/users/ann`] });
            await peer.call('become', { who: 'ann', successor: `${peer.origin}/users/bob` });
            await peer.call('move', { to: actorUrl, target: `${peer.origin}/users/bob` });
            await eventually('its new place is known', () => node.column(`SELECT moved_to FROM actor WHERE uri = '${peer.origin}/users/ann'`)[0] === `${peer.origin}/users/bob`);
            assert.equal((await json((await json(actorUrl)).followers)).totalItems, 2);
        });

        it('blocks: its follow ends', async () => {
            await peer.call('block', { who: 'bob', url: actorUrl });
            await eventually('one is left', async () => (await json((await json(actorUrl)).followers)).totalItems === 1);
        });

        it('no byte that it got holds what is locked; nothing was refused', () => {
            assert.ok(peer.bytes.length > 5);
            for (const { bytes } of peer.bytes) assert.ok(!bytes.includes(SECRET));
            assert.deepEqual(peer.trouble, []);
            // Everything that came was verified and understood.
            assert.equal(peer.inbox.length, peer.bytes.length, JSON.stringify(peer.bytes.map((b) => JSON.parse(b.bytes).type)));
        });

        it('every activity that we sent expands with no term lost', async () => {
            for (const { bytes } of peer.bytes) await expand(JSON.parse(bytes)).catch((e) => assert.fail(`${e.message} ${JSON.stringify(e.details)} ${bytes}`));
        });
    });
}

describe('who is believed', () => {
    let node, sink, ann, eve, inbox, actorUrl, post;
    const likes = async () => (await json(post.object)).likes.totalItems;
    const like = (more) => activity(ann, 'Like', post.object, more);
    const refused = async (what, answer, status = 401) => {
        const rs = await answer;
        assert.equal(rs.status, status, `${what}: ${rs.status} ${rs.text}`);
        assert.ok(rs.text.length < 1000, `${what}: a short reason`);
        if (status === 401) assert.match(rs.headers['content-type'], /^text\/plain/, what);
        return rs;
    };

    before(async () => {
        [node, sink] = await Promise.all([Node.start({ name: 'fed-negative' }), Sink.start()]);
        post = await node.post({ title: 'Morning', body: 'Everybody.', access: 'public' });
        ann = sink.actor('ann');
        eve = sink.actor('eve');
        const finger = await json(`${node.origin}/.well-known/webfinger?resource=acct:tea@${node.host}`, '*/*');
        actorUrl = finger.links.find((l) => l.rel === 'self').href;
        inbox = (await json(actorUrl)).inbox;
    });
    after(async () => { await sink.stop(); await node.close(); });

    it('both schemes, at both inboxes', async () => {
        for (const scheme of ['draft', 'rfc9421'])
            for (const url of [inbox, `${node.origin}/ap/inbox`])
                assert.equal((await send(url, like(), ann, { scheme })).status, 202, `${scheme} ${url}`);
        // All four have had their effect: a late one would be a new like after the Undo.
        await eventually('all are received', () => Number(node.column("SELECT COUNT(*) FROM job WHERE kind = 'fed.receive'")[0]) === 0);
        assert.equal(await likes(), 1, 'one like of one actor');
        const undo = activity(ann, 'Undo', like());
        assert.equal((await send(inbox, undo, ann)).status, 202);
        await eventually('undone', async () => (await likes()) === 0);
    });

    it('unsigned, altered, stale, misdirected, another\'s, replayed: 401, and nothing stored', async () => {
        await refused('unsigned', send(inbox, like(), ann, { scheme: 'none' }));
        for (const scheme of ['draft', 'rfc9421']) {
            await refused(`${scheme}: wrong digest`, send(inbox, like(), ann, { scheme, lie: { digestOf: 'something else' } }));
            await refused(`${scheme}: two hours old`, send(inbox, like(), ann, { scheme, lie: { skew: -2 * 3600e3 } }));
            await refused(`${scheme}: from tomorrow`, send(inbox, like(), ann, { scheme, lie: { skew: 24 * 3600e3 } }));
            await refused(`${scheme}: signed with another key`, send(inbox, like(), { ...ann, key: eve.key }, { scheme }));
            await refused(`${scheme}: eve for ann`, send(inbox, like(), eve, { scheme }));
            await refused(`${scheme}: another method`, send(inbox, like(), ann, { scheme, lie: { method: scheme === 'draft' ? 'put' : 'PUT' } }));
            await refused(`${scheme}: a key that is not there`, send(inbox, like(), ann, { scheme, lie: { keyId: `${ann.id}#other` } }));
            await refused(`${scheme}: no such actor`, send(inbox, like(), ann, { scheme, lie: { keyId: `${ann.id}x#main-key` } }));
        }
        await refused('the digest of another body', send(inbox, like(), ann, { lie: { sent: { digest: 'SHA-256=' + crypto.createHash('sha256').update('x').digest('base64') } } }));
        await refused('for another path', send(inbox, like(), ann, { lie: { path: '/elsewhere' } }));
        await refused('for another host', send(inbox, like(), ann, { lie: { signed: { host: 'elsewhere.example' } } }));
        await refused('for another target', send(inbox, like(), ann, { scheme: 'rfc9421', lie: { target: 'https://elsewhere.example/inbox' } }));
        for (const names of [['(request-target)', 'host', 'date'], ['(request-target)', 'host', 'digest'], ['host', 'date', 'digest'], ['date']])
            await refused(`covers only ${names}`, send(inbox, like(), ann, { lie: { names } }));
        for (const names of [['@method', '@target-uri'], ['@method', 'content-digest'], ['@target-uri', 'content-digest']])
            await refused(`covers only ${names}`, send(inbox, like(), ann, { scheme: 'rfc9421', lie: { names } }));
        await refused('no signature in it', send(inbox, like(), ann, { lie: { signature: '' } }));
        await refused('rubbish', send(inbox, like(), ann, { headers: { signature: 'keyId="x",,,"' } }));
        assert.equal(await likes(), 0);

        // The very same bytes a second time change nothing; with another body they are refused.
        const once = like();
        const body = JSON.stringify(once);
        assert.equal((await send(inbox, body, ann)).status, 202);
        await eventually('liked', async () => (await likes()) === 1);
        const undo = activity(ann, 'Undo', once);
        await send(inbox, undo, ann);
        await eventually('undone', async () => (await likes()) === 0);
        for (let i = 0; i < 10; i++) assert.equal((await send(inbox, body, ann)).status, 202);
        await send(inbox, activity(ann, 'Like', actorUrl), ann);
        assert.equal((await node.cli('queue list', { resting: true })).length, 0);
        await eventually('the queue is empty', async () => (await node.cli('queue list')).filter((j) => j.kind === 'fed.receive').length === 0);
        assert.equal(await likes(), 0, 'a replayed Like stays undone');
    });

    it('a name for ourselves that is not ours: 421', async () => {
        const rs = await send(inbox, like(), ann, { headers: { host: 'elsewhere.example' } });
        assert.ok([401, 421].includes(rs.status), `${rs.status}`);
    });

    it('ids and actors that do not belong to the signer are refused', async () => {
        const other = 'http://other.localhost:1/x/1';
        await refused('an id on another host', send(inbox, { ...like(), id: other }, ann), 400);
        await refused('no id', send(inbox, { ...like(), id: undefined }, ann), 400);
        await refused('no actor', send(inbox, { ...like(), actor: undefined }, ann), 400);
        await refused('our own actor', send(inbox, { ...like(), actor: actorUrl, id: `${node.origin}/x/1` }, ann), 400);
        const said = async (text) => (await node.client().page(new URL(post.address).pathname)).text.includes(text);
        const note = (id, by, content) => ({ id, type: 'Note', attributedTo: by, content, inReplyTo: post.object, to: ['https://www.w3.org/ns/activitystreams#Public'] });
        for (const [what, object] of [['another\'s words', note(`${eve.id}/n/1`, eve.id, 'forged one')], ['an id elsewhere', note(other, ann.id, 'forged two')],
                                      ['signed by ann, by eve', note(`${ann.id}/n/3`, eve.id, 'forged three')]])
            assert.equal((await send(inbox, activity(ann, 'Create', object), ann)).status, 202, what);
        // An honest one behind them, so that we know they were looked at. Nobody there follows: it waits for the owner.
        assert.equal((await send(inbox, activity(ann, 'Create', note(`${ann.id}/n/4`, ann.id, 'honest words')), ann)).status, 202);
        const owner = await node.ownerSession();
        const path = new URL(post.address).pathname;
        const held = await eventually('the honest one', async () => { const t = await owner.page(path); return t.text.includes('honest words') && t; });
        assert.match(held.text, /Waits for approval/);
        assert.ok(!(await said('honest words')), 'strangers wait');
        await owner.submit(held, /^\/comments\/\d+\/hide$/);
        await eventually('shown', () => said('honest words'));
        await eventually('all are looked at', async () => (await node.cli('queue list')).filter((j) => j.kind === 'fed.receive').length === 0);
        for (const text of ['forged one', 'forged two', 'forged three']) assert.ok(!(await said(text)), text);
        // Eve cannot take it away, nor change it.
        await send(inbox, activity(eve, 'Delete', `${ann.id}/n/4`), eve);
        await send(inbox, activity(eve, 'Update', { ...note(`${ann.id}/n/4`, eve.id, 'changed'), updated: new Date(Date.now() + 1000).toISOString() }), eve);
        await send(inbox, activity(eve, 'Undo', like()), eve);
        await eventually('all are looked at', async () => (await node.cli('queue list')).filter((j) => j.kind === 'fed.receive').length === 0);
        assert.ok(await said('honest words'));
    });

    it('what is not for everybody is not shown', async () => {
        const note = { id: `${ann.id}/n/dm`, type: 'Note', attributedTo: ann.id, content: 'between us', inReplyTo: post.object, to: [actorUrl] };
        assert.equal((await send(inbox, activity(ann, 'Create', note, { to: [actorUrl] }), ann)).status, 202);
        await eventually('looked at', async () => (await node.cli('queue list')).filter((j) => j.kind === 'fed.receive').length === 0);
        assert.ok(!(await node.client().page(new URL(post.address).pathname)).text.includes('between us'));
    });

    it('JSON too deep, too odd, twice the same key: 400; too large: 413; another type: 415', async () => {
        const deep = (n) => `{"id":"${ann.id}/d","type":"Like","actor":"${ann.id}","object":${'['.repeat(n)}${']'.repeat(n)}}`;
        await refused('depth 200', send(inbox, deep(200), ann), 400);
        await refused('depth 100000', send(inbox, deep(100000), ann), 400);
        await refused('not JSON', send(inbox, '{"id":', ann), 400);
        await refused('no object', send(inbox, '[]', ann), 400);
        await refused('nothing', send(inbox, '', ann), 400);
        await refused('not UTF-8', send(inbox, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), ann), 400);
        await refused('a key twice', send(inbox, JSON.stringify(like()).replace('{', `{"actor":"${eve.id}",`), ann), 400);
        await refused('@graph', send(inbox, { ...like(), '@graph': [] }, ann), 400);
        const big = JSON.stringify(like({ content: 'x'.repeat(2 << 20) }));
        await refused('2 MiB', send(inbox, big, ann), 413);
        await refused('another type', send(inbox, like(), ann, { headers: { 'content-type': 'text/plain' } }), 415);
        await refused('a form', send(inbox, like(), ann, { headers: { 'content-type': 'application/x-www-form-urlencoded' } }), 415);
        assert.equal((await send(inbox, like(), ann, { headers: { 'content-type': 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"' } })).status, 202);
    });

    it('an unknown signer\'s server that hangs gets 503, and holds up nobody', async () => {
        const slow = Array.from({ length: 12 }, (_, i) => {
            const actor = sink.actor(`slow${i}`, { host: `slow${i}.localhost`, key: ann.key });
            sink.actors.set(`${actor.host}/users/slow${i}`, 'hang');
            return actor;
        });
        const answers = slow.map((a) => send(inbox, activity(a, 'Like', post.object), a));
        await eventually('they are asked', () => sink.hanging.size === slow.length);
        let settled = 0;
        for (const rs of answers) rs.finally(() => settled++);
        const reader = node.client();
        await reader.page('/login');
        assert.equal(settled, 0, 'others are answered while these wait');
        for (let i = 0; i < 20; i++) {
            await reader.page('/@tea');
            assert.equal((await send(inbox, like(), ann)).status, 202);
        }
        for (const rs of await Promise.all(answers)) {
            assert.equal(rs.status, 503, rs.text);
            assert.equal(rs.headers['retry-after'], '300');
        }
    });

    it('a key server that fails: 503; that says 404 or 410: 401', async () => {
        for (const [status, expected] of [[500, 503], [503, 503], [404, 401], [410, 401], [401, 401], [403, 401]]) {
            const actor = sink.actor(`s${status}`, { key: ann.key });
            sink.actors.set(`${actor.host}/users/s${status}`, status);
            await refused(`key fetch ${status}`, send(inbox, activity(actor, 'Like', post.object), actor), expected);
        }
        const liar = sink.actor('liar', { key: ann.key });
        liar.document.id = eve.id;
        await refused('a document of somebody else', send(inbox, activity(liar, 'Like', post.object), liar));
        const stolen = sink.actor('stolen', { key: ann.key });
        stolen.document.publicKey = { ...stolen.document.publicKey, owner: eve.id };
        await refused('a key that somebody else owns', send(inbox, activity(stolen, 'Like', post.object), stolen));
    });

    it('a Delete of an actor that we never met is nothing to us', async () => {
        const ghost = { id: `${new URL(ann.id).origin}/users/ghost`, keyId: `${new URL(ann.id).origin}/users/ghost#main-key`, key: ann.key };
        const asked = sink.gets.length;
        const rs = await send(inbox, activity(ghost, 'Delete', ghost.id), ghost);
        assert.equal(rs.status, 202);
        assert.ok(!sink.gets.slice(asked).some((g) => /ghost/.test(g.path)), 'no fetch');
    });

    it('a Block, and an Undo by the bare id, end a follow', async () => {
        await send(inbox, activity(ann, 'Follow', actorUrl), ann);
        await eventually('followed', async () => (await json((await json(actorUrl)).followers)).totalItems === 1);
        await send(inbox, activity(ann, 'Block', actorUrl), ann);
        await eventually('blocked', async () => (await json((await json(actorUrl)).followers)).totalItems === 0);
        const follow = activity(eve, 'Follow', actorUrl);
        await send(inbox, follow, eve);
        await eventually('followed', async () => (await json((await json(actorUrl)).followers)).totalItems === 1);
        await send(inbox, activity(ann, 'Undo', follow.id), ann);
        await send(inbox, activity(ann, 'Undo', follow), ann);
        await eventually('looked at', async () => (await node.cli('queue list')).filter((j) => j.kind === 'fed.receive').length === 0);
        assert.equal((await json((await json(actorUrl)).followers)).totalItems, 1, 'nobody undoes another\'s follow');
        await send(inbox, activity(eve, 'Undo', follow.id), eve);
        await eventually('undone', async () => (await json((await json(actorUrl)).followers)).totalItems === 0);
    });
});

describe('what we sign', () => {
    let node, sink, ann, actorUrl, key, instance;

    before(async () => {
        [node, sink] = await Promise.all([Node.start({ name: 'fed-signing' }), Sink.start()]);
        const finger = await json(`${node.origin}/.well-known/webfinger?resource=acct:tea@${node.host}`, '*/*');
        actorUrl = finger.links.find((l) => l.rel === 'self').href;
        key = (await json(actorUrl)).publicKey;
        instance = (await json(`${node.origin}/ap/instance`)).publicKey;
        ann = sink.actor('ann');
        const first = sink.answer;
        sink.answer = (rq) => (rq.headers['signature-input'] ? 202 : rq.path.includes('strict') ? 401 : first(rq));
        await send((await json(actorUrl)).inbox, activity(ann, 'Follow', actorUrl), ann);
        const strict = sink.actor('strict', { host: 'strict.localhost' });
        await send((await json(actorUrl)).inbox, activity(strict, 'Follow', actorUrl), strict);
        await sink.posted('both are accepted', (a, p) => a.type === 'Accept' && p.path.includes('ann'));
        await sink.posted('both are accepted', (a, p) => a.type === 'Accept' && p.path.includes('strict') && p.headers['signature-input']);
        await node.post({ title: 'Signed', body: 'Signed.', access: 'public' });
        await sink.posted('the post', (a, p) => a.type === 'Create' && p.path.includes('ann'));
        await sink.posted('the post', (a, p) => a.type === 'Create' && p.path.includes('strict') && p.headers['signature-input']);
    });
    after(async () => { await sink.stop(); await node.close(); });

    const drafts = () => sink.posts.filter((p) => !p.headers['signature-input']);
    const messages = () => sink.posts.filter((p) => p.headers['signature-input']);

    it('knocks with the draft first, with RFC 9421 when that is refused, and remembers', () => {
        const strict = sink.posts.filter((p) => p.path.includes('strict'));
        assert.deepEqual(strict.map((p) => !!p.headers['signature-input']), [false, true, true]);
        assert.ok(sink.posts.filter((p) => p.path.includes('ann')).every((p) => !p.headers['signature-input']));
    });

    it('the draft verifies with @peertube/http-signature', () => {
        assert.ok(drafts().length >= 2);
        for (const post of drafts()) {
            const parsed = peertube.parseRequest(post, { clockSkew: 60, authorizationHeaderName: 'signature', headers: ['(request-target)', 'host', 'date', 'digest'] });
            assert.equal(parsed.keyId, key.id);
            assert.ok(peertube.verifySignature(parsed, key.publicKeyPem));
            assert.equal(peertube.verifySignature(parsed, instance.publicKeyPem), false, 'and only with the right key');
        }
    });

    it('the draft verifies with Misskey\'s library', async () => {
        for (const post of drafts()) {
            const parsed = misskey.parseRequestSignature(post, { requiredComponents: { draft: ['(request-target)', 'digest', 'host', 'date'] } });
            const value = Array.isArray(parsed.value) ? parsed.value[0] : parsed.value;
            assert.equal(parsed.version, 'draft');
            assert.equal(value.keyId, key.id);
            assert.equal(await misskey.verifyDraftSignature(value, key.publicKeyPem), true);
            assert.equal(await misskey.verifyDigestHeader(post, post.body), true);
        }
    });

    it('RFC 9421 verifies with http-message-signatures', async () => {
        assert.ok(messages().length >= 2);
        for (const post of messages()) {
            const asked = { method: 'POST', url: `http://${post.host}${post.path}`, headers: post.headers };
            const ok = await httpbis.verifyMessage({
                keyLookup: async (params) => ({ id: params.keyid, algs: ['rsa-v1_5-sha256'], verify: createVerifier(key.publicKeyPem, 'rsa-v1_5-sha256') }),
                requiredFields: ['@method', '@target-uri', 'content-digest'], requiredParams: ['created', 'keyid'], tolerance: 60 }, asked);
            assert.equal(ok, true);
            const digest = /sha-256=:([^:]+):/.exec(post.headers['content-digest'])[1];
            assert.equal(digest, crypto.createHash('sha256').update(post.body).digest('base64'));
        }
    });

    it('its fetches are signed by the instance actor', () => {
        const gets = sink.gets.filter((g) => g.path.startsWith('/users/'));
        assert.ok(gets.length >= 2);
        for (const get_ of gets) {
            const parsed = peertube.parseRequest(get_, { clockSkew: 60, authorizationHeaderName: 'signature' });
            assert.equal(parsed.keyId, instance.id);
            assert.ok(peertube.verifySignature(parsed, instance.publicKeyPem));
            assert.match(get_.headers.accept, /application\/activity\+json/);
            assert.match(get_.headers['user-agent'], /^Orrery\//);
        }
    });

    it('one delivery to a shared inbox for many followers', async () => {
        const inbox = (await json(actorUrl)).inbox;
        const many = Array.from({ length: 5 }, (_, i) => sink.actor(`m${i}`, { host: 'many.localhost', key: ann.key, sharedInbox: true }));
        for (const a of many) await send(inbox, activity(a, 'Follow', actorUrl), a);
        await eventually('followers', async () => (await json((await json(actorUrl)).followers)).totalItems === 7);
        const made = await node.post({ title: 'Once', body: 'Once.', access: 'public' });
        await sink.posted('at the shared inbox', (a, p) => a.object?.id === made.object && p.path === '/inbox');
        await sink.posted('at the others', (a, p) => a.object?.id === made.object && p.path.includes('strict'));
        assert.equal(sink.posts.filter((p) => p.host.startsWith('many.') && JSON.parse(p.body).object?.id === made.object).length, 1);
    });

    it('a peer that is gone is forgotten, one that is ill is asked again later', async () => {
        const inbox = (await json(actorUrl)).inbox;
        const ill = sink.actor('ill', { host: 'ill.localhost', key: makeKey() });
        await send(inbox, activity(ill, 'Follow', actorUrl), ill);
        await sink.posted('accepted', (a, p) => a.type === 'Accept' && p.path.includes('ill'));
        sink.answer = (rq) => (rq.path.includes('ill') ? 503 : 202);
        const made = await node.post({ title: 'Ill', body: 'Ill.', access: 'public' });
        await sink.posted('tried', (a, p) => a.object?.id === made.object && p.path.includes('ill'));
        const waiting = await eventually('it waits', async () => (await node.cli('queue list')).find((j) => j.kind === 'fed.deliver' && Number(j.attempts) > 0 && j.state === 'ready'));
        assert.ok(new Date(waiting.due) > new Date());
        assert.match(waiting.error, /503/);
        sink.answer = () => 202;
        await node.cli('queue retry', { id: waiting.id });
        await sink.posted('and gets it', (a, p) => a.object?.id === made.object && p.path.includes('ill') && p.status === 202);
    });
});
