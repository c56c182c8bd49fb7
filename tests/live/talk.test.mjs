// The conversation with other servers, from outside: quotes, reactions, pins, warnings, members' answers
// that may go, and visitors who act from home.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import jsonld from 'jsonld';
import { preloadedContexts } from '@fedify/vocab-runtime';
import { Node, eventually } from '../rig/node.mjs';
import { Peer } from '../rig/peer.mjs';
import { Sink, activity, send } from '../rig/sink.mjs';
import { request, words } from '../rig/client.mjs';

const AP = 'application/activity+json';
const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public';
const json = async (url) => {
    const rs = await request(url, { headers: { accept: AP } });
    assert.equal(rs.status, 200, `GET ${url}: ${rs.status} ${rs.text.slice(0, 200)}`);
    return JSON.parse(rs.text);
};
const loader = async (url) => {
    assert.ok(preloadedContexts[url], `an unknown context: ${url}`);
    return { contextUrl: null, documentUrl: url, document: preloadedContexts[url] };
};
const expand = (document) => jsonld.expand(document, { documentLoader: loader, safe: true })
    .catch((e) => assert.fail(`${e.message} ${JSON.stringify(e.details)} ${JSON.stringify(document)}`));

describe('the conversation with other servers', () => {
    let node, sink, peer, ann, actorUrl, inbox, post, owner, path;
    const page = async (who) => (await (who ?? node.client()).page(path)).text;
    const got = (what, fits) => sink.posted(what, fits).then((p) => JSON.parse(p.body.toString('utf8')));

    before(async () => {
        [node, sink, peer] = await Promise.all([Node.start({ name: 'talk' }), Sink.start(), Peer.start({})]);
        ann = sink.actor('ann');
        owner = await node.ownerSession();
        const finger = await json(`${node.origin}/.well-known/webfinger?resource=acct:tea@${node.host}`);
        actorUrl = finger.links.find((l) => l.rel === 'self').href;
        ({ inbox } = await json(actorUrl));
        assert.equal((await send(inbox, activity(ann, 'Follow', actorUrl), ann)).status, 202);
        await got('the Accept', (a) => a.type === 'Accept');
        await peer.call('follow', { url: actorUrl });
        await peer.got('Accept');
        post = await node.post({ title: 'Morning', body: 'Everybody reads **this**.', access: 'public' });
        path = new URL(post.address).pathname;
        await peer.got('Create', (a) => a.object.id === post.object);
    });
    after(async () => { await peer.stop(); await sink.stop(); await node.close(); });

    it('a quote is asked for, granted, shown, and taken back', async () => {
        const quote = { id: `${ann.id}/n/1`, type: 'Note', attributedTo: ann.id, to: [PUBLIC], content: '<p>Look at this morning</p>', quote: post.object };
        const ask = activity(ann, 'QuoteRequest', post.object, { instrument: quote });
        assert.equal((await send(inbox, ask, ann)).status, 202);
        const accept = await got('the grant', (a) => a.type === 'Accept' && a.object.type === 'QuoteRequest');
        assert.deepEqual([accept.object.id, accept.object.object, accept.object.instrument], [ask.id, post.object, quote.id]);
        await expand(accept);
        const grant = await json(accept.result);
        assert.deepEqual([grant.type, grant.attributedTo, grant.interactingObject, grant.interactionTarget],
                         ['QuoteAuthorization', actorUrl, quote.id, post.object]);
        await expand(grant);
        await eventually('it stands under the post', async () => /Look at this morning/.test(await page()));
        assert.match(await page(), /1 quote elsewhere/);
        assert.deepEqual((await json((await json((await json(post.object)).replies.id)).first)).items, [], 'in no thread');
        const shown = await owner.page(path);
        const id = /id="c-(\d+)"(?:(?!id="c-)[\s\S])*Look at this morning/.exec(shown.text)[1];
        await owner.submit(shown, `/comments/${id}/hide`);
        const revoked = await got('the revocation', (a) => a.type === 'Delete' && a.object.type === 'QuoteAuthorization');
        assert.equal(revoked.object.id, accept.result);
        await expand(revoked);
        assert.equal((await request(accept.result, { headers: { accept: AP } })).status, 410);
        assert.ok(!/Look at this morning/.test(await page()));
    });

    it('who may quote is the planet\'s to say', async () => {
        assert.deepEqual((await json(post.object)).interactionPolicy.canQuote.automaticApproval, [PUBLIC]);
        const settings = await owner.page('/desk/tea/fediverse/settings');
        await owner.submit(settings, '/desk/tea/fediverse/settings/quotes', { quotes: 'nobody' });
        assert.deepEqual((await json(post.object)).interactionPolicy.canQuote.automaticApproval, [actorUrl]);
        const ask = activity(ann, 'QuoteRequest', post.object, { instrument: { id: `${ann.id}/n/2`, type: 'Note', attributedTo: ann.id, to: [PUBLIC], content: 'x', quote: post.object } });
        await send(inbox, ask, ann);
        const reject = await got('the refusal', (a) => a.type === 'Reject' && a.object.id === ask.id);
        assert.equal(reject.result, undefined);
        await expand(reject);
        assert.equal((await node.cli('planet quotes', { planet: 'tea', allow: 'everybody' })).quotes, 'everybody');
        // The serving process hears of it within a second.
        await eventually('everybody may', async () => (await json(post.object)).interactionPolicy.canQuote.automaticApproval[0] === PUBLIC);
    });

    it('reactions by emoji are grouped; a warned comment is folded; its pictures come through us', async () => {
        await send(inbox, activity(ann, 'EmojiReact', post.object, { content: '🎂' }), ann);
        await send(inbox, activity(ann, 'EmojiReact', post.object, { content: ':blob:', tag: [{ type: 'Emoji', name: ':blob:', icon: { type: 'Image', url: `${sink.actors && ann.id}/blob.png` } }] }), ann);
        await eventually('both', async () => { const t = await page(); return t.includes('🎂') && t.includes(':blob:'); });
        assert.equal((await json(post.object)).likes.totalItems, 0);
        const note = { id: `${ann.id}/n/3`, type: 'Note', attributedTo: ann.id, to: [PUBLIC], inReplyTo: [post.object], content: '<p>With :blob: a cup</p>', summary: 'Food',
                       tag: [{ type: 'Emoji', name: ':blob:', icon: { type: 'Image', url: `${ann.id}/blob.png` } }],
                       attachment: [{ type: 'Document', mediaType: 'image/png', url: `${ann.id}/cup.png`, name: 'A cup' }, { type: 'Audio', mediaType: 'audio/ogg', url: `${ann.id}/a.ogg` }] };
        await send(inbox, activity(ann, 'Create', note), ann);
        const text = await eventually('the comment', async () => { const t = await page(); return /With /.test(t) && t; });
        assert.match(text, /<details class="fold cw"><summary>[\s\S]{0,200}Food/);
        assert.ok(!/<img[^>]+src="https?:/.test(text), 'no picture from a stranger\'s server');
        assert.match(text, /<img class="emoji" src="\/far\/[^"]+" alt=":blob:"/);
        assert.match(text, /alt="A cup"/);
    });

    it('a member\'s answer goes only if they say so, under an actor of their own', async () => {
        const mia = await node.member('mia', { planet: 'tea' });
        let form = await mia.page(path);
        await mia.submit(form, `${path}/comments`, { text: 'This stays here.' });
        form = await mia.page(path);
        assert.match(words(form.text), new RegExp(`Send it to the fediverse too, as @mia@${node.host.replace('.', '\\.')}`));
        await mia.submit(form, `${path}/comments`, { text: `This goes out, @ann@${ann.host}.`, fediverse: '1' });
        const create = await got('the answer', (a) => a.type === 'Create' && /This goes out/.test(a.object?.content ?? ''));
        assert.equal(create.object.inReplyTo, post.object);
        assert.ok(create.object.cc.includes(ann.id));
        assert.match(create.object.content, /class="u-url mention">@<span>ann/);
        await expand(create);
        const writer = await json(create.object.attributedTo);
        assert.deepEqual([writer.preferredUsername, writer.discoverable, writer.manuallyApprovesFollowers, writer.summary], ['mia', false, true, '']);
        await expand(writer);
        const replies = await json((await json((await json(post.object)).replies.id)).first);
        assert.deepEqual(replies.items, [create.object.id]);
        for (const p of sink.posts) assert.ok(!p.body.includes('This stays here'));
        // The same form a second time is the same comment.
        const again = await mia.page(path);
        await mia.submit(again, `${path}/comments`, { text: 'Said once.' });
        await mia.submit(again, `${path}/comments`, { text: 'Said once.' });
        assert.equal((await page()).split('Said once.').length, 2);
    });

    it('pins arrive, and stand whole in featured', async () => {
        await owner.submit(await owner.page(path), `${path}/pin`);
        const add = await peer.got('Add', (a) => (a.object.id ?? a.object) === post.object);
        assert.equal(add.actor, actorUrl);
        const { featured } = await json(actorUrl);
        const pinned = await json(featured);
        assert.equal(pinned.orderedItems[0].id, post.object);
        assert.ok(pinned.orderedItems[0].content);
        await expand(pinned);
        await node.cli('post pin', { id: post.id, off: true });
        await peer.got('Remove', (a) => (a.object.id ?? a.object) === post.object);
        assert.deepEqual((await json(featured)).orderedItems, []);
    });

    it('a content warning folds the post here and there', async () => {
        const warned = await node.post({ title: 'Warned', body: 'Eight legs.', access: 'public', warning: 'Spiders' });
        const create = await peer.got('Create', (a) => a.object.id === warned.object);
        assert.equal(create.json.object.summary, 'Spiders');
        assert.equal(create.json.object.sensitive, true);
        const html = (await node.client().page(new URL(warned.address).pathname)).text;
        assert.match(html, /<details class="fold cw"><summary>[\s\S]{0,300}Spiders[\s\S]*Eight legs/);
        assert.match(html, /<meta name="description" content="Spiders"/);
    });

    it('a visitor is shown the way home', async () => {
        const home = http.createServer((rq, rs) => {
            const ours = new URL(rq.url, 'http://x').searchParams.get('resource') === `acct:bob@localhost:${home.address().port}`;
            rs.writeHead(ours ? 200 : 404, { 'content-type': 'application/jrd+json' });
            rs.end(ours ? JSON.stringify({ subject: 'acct:bob@x', links: [{ rel: 'https://w3id.org/fep/3b86/Follow', template: `http://localhost:${home.address().port}/follow?it={object}` },
                { rel: 'http://ostatus.org/schema/1.0/subscribe', template: `http://localhost:${home.address().port}/authorize?uri={uri}` }] }) : '{}');
        });
        await new Promise((ok) => home.listen(0, '127.0.0.1', ok));
        const host = `localhost:${home.address().port}`;
        const ask = (query) => node.client().fetch(`/interact?${new URLSearchParams(query)}`, { headers: { accept: 'text/html' } });
        const front = (await node.client().page('/@tea')).text;
        assert.ok(front.includes('action="/interact"') && front.includes(`value="${actorUrl}"`));
        const way = await ask({ do: 'follow', uri: actorUrl, handle: `@bob@${host}` });
        assert.equal(way.status, 200);
        assert.ok(way.text.includes(`href="http://${host}/follow?it=${encodeURIComponent(actorUrl)}"`), way.text.slice(-1500));
        const answer = await ask({ do: 'reply', uri: post.object, handle: `bob@${host}` });
        assert.ok(answer.text.includes(`href="http://${host}/authorize?uri=${encodeURIComponent(post.object)}"`));
        assert.equal((await ask({ do: 'follow', uri: actorUrl, handle: `nobody@${host}` })).status, 404);
        assert.ok((await ask({ do: 'follow', uri: actorUrl, handle: 'no handle' })).status >= 400);
        assert.equal((await ask({ do: 'follow', uri: 'https://evil.example/a', handle: `bob@${host}` })).status, 404, 'only what is ours');
        assert.equal((await ask({ do: 'reply', uri: post.object })).status, 200);
        // Whoever asks makes us ask: so one network may for a while, and then not.
        let asked = 0;
        while (asked < 60 && (await ask({ do: 'follow', uri: actorUrl, handle: `nobody@${host}` })).status === 404) asked++;
        assert.ok(asked < 60);
        assert.equal((await ask({ do: 'follow', uri: actorUrl, handle: `nobody@${host}` })).status, 429);
        const away = await node.client().page('/authorize_interaction?uri=https://far.example/n/1');
        assert.match(away.text, /href="https:\/\/far\.example\/n\/1"/);
        await new Promise((ok) => { home.closeAllConnections(); home.close(ok); });
    });

    it('the peer understood everything', async () => {
        assert.deepEqual(peer.trouble, []);
        for (const { bytes } of peer.bytes) await expand(JSON.parse(bytes));
    });
});
