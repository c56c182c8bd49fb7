// What other software really sends (tests/corpus/fediverse, in our own words): document after document,
// signed by who says it, and what of it stands in the store afterwards. manifest.json tells, for each
// software, who its actors are, what else it serves, and step by step what is sent, how it is answered
// (202 if unsaid) and what has changed; what is not named must be as it was.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { Node, eventually } from '../rig/node.mjs';
import { QuirkPeer } from '../rig/quirks.mjs';
import { makeKey } from '../rig/sink.mjs';
import { leftBy, planetOf, settled } from '../rig/fedi.mjs';

const DIR = new URL('../corpus/fediverse/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('manifest.json', DIR), 'utf8'));

describe('documents as other software sends them', () => {
    let node, peer, planet, post;
    before(async () => {
        node = await Node.start({ name: 'corpus' });
        peer = await QuirkPeer.start(node);
        post = await node.post({ title: 'Morning', body: 'Everybody.', access: 'public' });
        planet = await planetOf(node);
    });
    after(async () => { await peer.stop(); await node.close(); });

    it('each file is used', () => {
        const used = new Set(['manifest.json', ...Object.values(manifest).flatMap((m) => [...m.serve, ...Object.values(m.actors).map((a) => a.file), ...m.steps.map((s) => s.send)])]);
        assert.deepEqual(readdirSync(DIR).filter((f) => !used.has(f)), []);
    });

    for (const [software, { says, actors, serve, steps, scheme, pathOnly }] of Object.entries(manifest)) {
        it(`${software}: ${says.replace(/^[^:]*: /, '')}`, async () => {
            const key = makeKey(), host = `${software}.localhost:${peer.port}`;
            const read = (file) => JSON.parse(readFileSync(new URL(file, DIR), 'utf8')
                .replaceAll(`https://${software}.example`, `http://${host}`).replaceAll('"PEM"', JSON.stringify(key.publicKey))
                .replaceAll('https://tea.example/ap/a/1', planet.id).replaceAll('https://tea.example/ap/o/2', post.object)
                .replaceAll('https://tea.example/@tea/morning', post.address).replaceAll('https://tea.example', node.origin));
            const people = {};
            for (const [who, { file, key: place, signedGets }] of Object.entries(actors)) {
                const document = read(file);
                const actor = people[who] = { id: document.id, keyId: document.publicKey.id, key, host, base: `http://${host}`, document, verify: 'both', get: 200, post: 202,
                                              pathOnly, signedGets };
                peer.put(actor.id, (rq) => peer.answerGet(actor, rq, document));
                if (place === 'separate') peer.put(actor.keyId, (rq) => peer.answerGet(actor, rq, { '@context': document['@context'], id: actor.id, type: document.type, publicKey: document.publicKey }));
                for (const inbox of [document.inbox, document.endpoints?.sharedInbox]) if (inbox) peer.places.set(host + new URL(inbox).pathname, actor);
            }
            for (const file of serve) { const document = read(file); peer.put(document.id, document); }

            const text = (html) => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim();
            const stands = () => {
                const { comments, reactions, emoji, follows, quotes, reports } = leftBy(node, host);
                const there = comments.filter((c) => c.state !== 'deleted');
                return { follows: follows.length, likes: reactions.filter((r) => r.kind === 'like').length, boosts: reactions.filter((r) => r.kind === 'announce').length,
                         emoji: emoji.map((e) => e.emoji), comments: there.filter((c) => c.kind === 'reply').map((c) => text(c.html)),
                         quotes: there.filter((c) => c.kind === 'quote').length, granted: quotes.filter((q) => q.revoked === null).length, reports: reports.length };
            };
            let expected = stands();
            assert.deepEqual(expected, { follows: 0, likes: 0, boosts: 0, emoji: [], comments: [], quotes: 0, granted: 0, reports: 0 });
            for (const { send, by, answer = 202, then } of steps) {
                const activity = read(send), origin = `http://${host}`;
                const actor = people[by] ?? { id: `${origin}/users/${by}`, keyId: `${origin}/users/${by}#main-key`, key };
                const rs = await peer.send(actor, activity.type === 'Follow' ? planet.inbox : planet.endpoints.sharedInbox, activity, { scheme });
                assert.equal(rs.status, answer, `${send}: ${rs.status} ${rs.text}`);
                expected = { ...expected, ...then };
                await settled(node);
                const is = stands();
                assert.deepEqual({ ...is, comments: is.comments.length }, { ...expected, comments: expected.comments.length }, `${send}: ${JSON.stringify(is)}`);
                expected.comments.forEach((words, i) => assert.ok(is.comments[i].includes(words), `${send}: ${is.comments[i]}, not ${words}`));
                if (activity.type === 'Follow')
                    await eventually(`the Accept of ${send}`, () => peer.posts.find((p) => p.json?.type === 'Accept' && p.json.object.id === activity.id && p.json.object.type === 'Follow' &&
                        p.host + p.url === host + new URL(actor.document.inbox).pathname));
            }
            peer.clean();
        });
    }
});
