// Every type of activity, in every wrong way: from the wrong actor, the wrong host, about somebody else's
// thing, twice, before what it follows, huge, deep. What counts is not the answer but what is stored.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node } from '../rig/node.mjs';
import { QuirkPeer } from '../rig/quirks.mjs';
import { activity, makeKey } from '../rig/sink.mjs';
import { PUBLIC, leftBy, planetOf, settled } from '../rig/fedi.mjs';

describe('activities in every wrong way', () => {
    let node, peer, planet, post, other, ann, ben, eve, said, liked, boosted, followed, said2, n = 0;
    const key = makeKey(), key2 = makeKey(), key3 = makeKey();
    const later = (i) => new Date(Date.now() + i * 1000).toISOString();
    const note = (who, content, more = {}) => ({ id: `${who.base}/notes/${++n}`, type: 'Note', attributedTo: who.id, content, inReplyTo: post.object,
                                                 to: [PUBLIC], cc: [`${who.id}/followers`], published: '2026-11-20T08:00:00Z', ...more });
    const send = async (who, what, statuses = [202]) => {
        const rs = await who.send(planet.inbox, what);
        assert.ok(statuses.includes(rs.status), `${JSON.stringify(what).slice(0, 500)}: ${rs.status} ${rs.text}`);
    };
    // All that others can have done to it, and what it says because of them.
    const state = () => ({ ...leftBy(node),
        rest: node.column(`SELECT uri || ' ' || name || COALESCE(inbox, '') || COALESCE(deleted_at, 0) || COALESCE(moved_to, '') AS x FROM actor WHERE uri NOT LIKE '%/stranger%'
                           UNION ALL SELECT type || ' ' || object_uri FROM activity WHERE type NOT IN ('Accept', 'Reject')
                           UNION ALL SELECT 'notices ' || COUNT(*) FROM notice`).sort() });
    const harmless = async (what, act) => {
        const was = state();
        await act();
        await settled(node);
        assert.deepEqual(state(), was, what);
    };
    const make = {
        Follow: (who, object = planet.id) => activity(who, 'Follow', object),
        Like: (who, object = post.object) => activity(who, 'Like', object),
        EmojiReact: (who, object = post.object) => activity(who, 'EmojiReact', object, { content: '🍵' }),
        Dislike: (who, object = post.object) => activity(who, 'Dislike', object),
        Announce: (who, object = post.object) => activity(who, 'Announce', object, { to: [PUBLIC] }),
        Block: (who, object = planet.id) => activity(who, 'Block', object),
        Create: (who, object = note(who, 'words')) => activity(who, 'Create', object, { to: [PUBLIC] }),
        Update: (who, object = { ...said, content: 'changed', updated: later(60) }) => activity(who, 'Update', object, { to: [PUBLIC] }),
        Delete: (who, object = { id: said.id, type: 'Tombstone' }) => activity(who, 'Delete', object, { to: [PUBLIC] }),
        DeleteActor: (who, object = ann.id) => activity(who, 'Delete', object, { to: [PUBLIC] }),
        UpdateActor: (who, object = { ...ann.document, name: 'Changed', inbox: `${eve.base}/inbox` }) => activity(who, 'Update', object, { to: [PUBLIC] }),
        UndoFollow: (who, object = followed) => activity(who, 'Undo', object),
        UndoLike: (who, object = liked) => activity(who, 'Undo', object),
        UndoAnnounce: (who, object = boosted) => activity(who, 'Undo', object),
        UndoById: (who, object = liked.id) => activity(who, 'Undo', object),
        UndoBlock: (who, object = activity(who, 'Block', planet.id)) => activity(who, 'Undo', object),
        Accept: (who, object = activity({ id: planet.id }, 'Follow', who.id)) => activity(who, 'Accept', object),
        Reject: (who, object = activity({ id: planet.id }, 'Follow', who.id)) => activity(who, 'Reject', object),
        Add: (who, object = post.object) => activity(who, 'Add', object, { target: `${planet.id}/featured` }),
        Remove: (who, object = post.object) => activity(who, 'Remove', object, { target: `${planet.id}/featured` }),
        Move: (who, object = ann.id) => activity(who, 'Move', object, { target: eve.id }),
        Flag: (who, object = [planet.id, post.object]) => activity(who, 'Flag', object, { content: 'too hot' }),
        QuoteRequest: (who, object = post.object) => activity(who, 'QuoteRequest', object, { instrument: note(who, 'look', { quote: post.object, inReplyTo: undefined }) }),
        Offer: (who, object = post.object) => activity(who, 'Offer', object),
        Question: (who, object = post.object) => activity(who, 'Question', object),
        Nonsense: (who, object = post.object) => activity(who, 'Nonsense', object),
    };
    const TYPES = Object.keys(make);
    // Types that do nothing at all for who sends them rightly, as far as is looked at here.
    const IDLE = ['Dislike', 'Accept', 'Reject', 'Add', 'Remove', 'Move', 'Offer', 'Question', 'Nonsense', 'UndoBlock'];

    before(async () => {
        node = await Node.start({ name: 'matrix' });
        peer = await QuirkPeer.start(node);
        post = await node.post({ title: 'Morning', body: 'Everybody.', access: 'public' });
        other = await node.post({ title: 'Evening', body: 'Nobody.', access: 'members', teaser: 'Nearly nobody.' });
        planet = await planetOf(node);
        const owner = await node.ownerSession();
        await owner.post(`${new URL(post.address).pathname}/comments`, { text: 'by the owner', audience: 'public' });
        ann = peer.actor('ann', { host: 'a.localhost', pair: key });
        ben = peer.actor('ben', { host: 'a.localhost', pair: key2 });
        eve = peer.actor('eve', { host: 'e.localhost', pair: key3 });
        said = note(ann, 'what ann said');
        said2 = note(ben, 'what ben said');
        for (const one of [said, said2]) peer.put(one.id, { '@context': 'https://www.w3.org/ns/activitystreams', ...one });
        followed = make.Follow(ann);
        liked = make.Like(ann);
        boosted = make.Announce(ann);
        for (const one of [followed, liked, boosted, make.Create(ann, said)]) await send(ann, one);
        for (const one of [make.Follow(ben), make.Create(ben, said2), make.Like(ben)]) await send(ben, one);
        await send(eve, make.Like(eve));
        await settled(node);
        await peer.got('the Accept', (a) => a.type === 'Accept');
        const s = leftBy(node);
        assert.deepEqual([s.follows.length, s.comments.length, s.reactions.length], [2, 2, 4]);
    });
    after(async () => { await peer.stop(); await node.close(); });

    describe('from the wrong actor', () => {
        for (const type of TYPES) {
            it(`${type}: signed by somebody else, elsewhere or next door`, () => harmless(type, async () => {
                for (const liar of [eve, ben]) {
                    const as = { ...liar, send: (url, what) => liar.send(url, { ...what, actor: ann.id, id: `${ann.base}/x/forged-${++n}` }) };
                    await send(as, make[type](ann), [202, 401]);
                }
                // With a key id of hers, and a signature that is not.
                await send({ send: (url, what) => peer.send({ ...eve, keyId: ann.keyId }, url, what) }, make[type](ann), [401]);
                // In the name of one of ours.
                await send({ send: (url, what) => eve.send(url, { ...what, actor: planet.id, id: `${node.origin}/ap/x/${++n}` }) }, make[type](eve), [400]);
            }));
        }
    });

    describe('from the wrong host', () => {
        for (const type of TYPES) {
            it(`${type}: its id lives elsewhere, or nowhere`, () => harmless(type, async () => {
                for (const id of [`${eve.base}/x/${++n}`, `${node.origin}/ap/x/1`, 'x', '', 'acct:ann@a.localhost', `http://user@${ann.host}/x`, null, 7, {}])
                    await send(ann, { ...make[type](ann), id }, [400]);
                await send(ann, { ...make[type](ann), actor: `http://${ann.host}.evil.localhost/users/ann` }, [400, 401]);
            }));
        }
    });

    describe("about somebody else's thing", () => {
        const mine = ['Update', 'Delete', 'DeleteActor', 'UpdateActor', 'UndoFollow', 'UndoLike', 'UndoAnnounce', 'UndoById'];
        for (const type of mine)
            it(`${type}: of ann's, by eve and by ben`, () => harmless(type, async () => {
                for (const who of [eve, ben]) {
                    await send(who, make[type](who), [202]);
                    if (['Update', 'Delete'].includes(type)) await send(who, make[type](who, said.id)); // by its bare id
                    if (type === 'Update') await send(who, make.Update(who, { ...said, attributedTo: who.id, content: 'mine now', updated: later(90) }));
                }
                // As if it had been hers: she did no such thing.
                const none = peer.actor('stranger', { host: 'none.localhost', pair: key3 });
                if (type.startsWith('Undo') && type !== 'UndoById') await send(none, make[type](none, { ...make[type](none).object, actor: none.id }));
            }));
        it('Follow, Block: of a post, of strangers, of nothing', () => harmless('', async () => {
            for (const object of [post.object, eve.id, ben.id, `${node.origin}/ap/a/1`, node.origin, 'x', null, [], {}, 1, `${node.origin}/ap/instance`, PUBLIC])
                for (const type of ['Follow', 'Block']) await send(eve, make[type](eve, object));
        }));
        it('Like, EmojiReact, Announce: of what is not there or not for everybody', () => harmless('', async () => {
            for (const object of [planet.id, `${node.origin}/ap/o/1`, `${post.object}/x`, `${post.object}?x`, `${post.object}#x`, node.origin, null, [], {}, { type: 'Note' }, 1, said.id + 'x'])
                for (const type of ['Like', 'EmojiReact', 'Announce', 'Dislike']) await send(eve, make[type](eve, object));
        }));
        it('Create: in reply to nothing, to a draft, to strangers; Delete and Update of ours', () => harmless('', async () => {
            const draft = await node.post({ title: 'Draft', body: 'Not yet.', access: 'public', draft: true });
            node.sqlRun(`DELETE FROM post_body WHERE post_id = ${draft.id}; DELETE FROM post WHERE id = ${draft.id}`);
            for (const inReplyTo of [undefined, null, `${node.origin}/ap/o/1`, planet.id, `${node.origin}/ap/o/${draft.id}`, 'x', [], {}, `${eve.base}/nothing`])
                await send(eve, make.Create(eve, note(eve, 'nowhere', { inReplyTo })));
            for (const object of [post.object, { id: post.object, type: 'Tombstone' }, planet.id, other.object, said2.id, `${node.origin}/ap/o/1`, null, {}, 1]) {
                await send(eve, make.Delete(eve, object));
                await send(ann, make.Delete(ann, object));
            }
            for (const object of [post.object, { id: post.object, type: 'Note', attributedTo: eve.id, content: 'x', updated: later(1) }, planet.id, { id: planet.id, type: 'Person', name: 'Eve' }])
                await send(eve, make.Update(eve, object));
        }));
        it('Flag, QuoteRequest: of strangers, of nothing; a quote that another wrote, or that lives elsewhere', () => harmless('', async () => {
            for (const object of [eve.id, said.id + 'x', `${node.origin}/ap/o/1`, null, [], {}, 1, `${node.origin}/ap/instance`, PUBLIC]) {
                if (object !== `${node.origin}/ap/instance`) await send(eve, make.Flag(eve, object)); // which is the node itself
                await send(eve, make.QuoteRequest(eve, object));
            }
            for (const instrument of [note(ann, 'hers', { quote: post.object }), note(eve, 'hers', { attributedTo: ann.id, quote: post.object }), `${ann.base}/notes/none`, null, 7, {}])
                await send(eve, activity(eve, 'QuoteRequest', post.object, { instrument }));
        }));
        it('Create: that says it is by two, by nobody, by ours, or by a thing', () => harmless('', async () => {
            for (const attributedTo of [undefined, null, [], {}, planet.id, [ann.id, eve.id], [{ type: 'Person', id: ann.id }], 'x', 7])
                await send(eve, make.Create(eve, note(eve, 'whose?', { attributedTo, id: `${eve.base}/notes/nobody-${++n}` })));
        }));
    });

    describe('twice', () => {
        for (const type of TYPES.filter((t) => !IDLE.includes(t) && !['DeleteActor', 'Block', 'UpdateActor', 'Follow', 'Delete', 'Flag'].includes(t)))
            it(`${type}: the same id, and again with another: as if once`, async () => {
                const who = peer.actor('stranger', { host: `t${++n}.localhost`, pair: key3 });
                const mine = note(who, 'once');
                const first = { Update: make.Create(who, mine), UndoFollow: make.Follow(who), UndoLike: make.Like(who), UndoAnnounce: make.Announce(who), UndoById: make.Like(who) }[type];
                if (first) await send(who, first);
                await settled(node);
                const one = type === 'Create' ? make.Create(who, mine) : type === 'Update' ? make.Update(who, { ...mine, content: 'edited', updated: later(5) })
                    : type === 'UndoById' ? make.UndoById(who, first.id) : type.startsWith('Undo') ? make[type](who, first) : make[type](who);
                await send(who, one);
                await settled(node);
                await harmless(type, async () => {
                    for (let i = 0; i < 3; i++) await send(who, one);
                    for (let i = 0; i < 3; i++) await send(who, { ...one, id: `${one.id}-${i}` });
                });
            });
        it('Follow: one follow, whatever its ids; Block, Delete, DeleteActor: gone once', async () => {
            const who = peer.actor('stranger', { host: `t${++n}.localhost`, pair: key3 });
            const mine = note(who, 'to be gone');
            const follow = make.Follow(who);
            for (let i = 0; i < 3; i++) await send(who, { ...follow, id: `${follow.id}-${i >> 1}` });
            await send(who, make.Create(who, mine));
            await settled(node);
            assert.equal(leftBy(node).follows.filter((f) => f.actor === who.id).length, 1);
            for (let i = 0; i < 3; i++) await send(who, make.Delete(who, mine.id));
            for (let i = 0; i < 3; i++) await send(who, make.Block(who));
            await settled(node);
            assert.equal(leftBy(node).follows.filter((f) => f.actor === who.id).length, 0);
            assert.deepEqual(leftBy(node).comments.filter((c) => c.actor === who.id).map((c) => c.state), ['deleted']);
            await send(who, make.Like(who));
            await settled(node); // its server still shows it, so between two of these it may be alive again
            for (let i = 0; i < 3; i++) await send(who, make.DeleteActor(who, who.id));
            await settled(node);
            assert.deepEqual(leftBy(node).reactions.filter((r) => r.actor === who.id), []);
            await node.sound();
        });
    });

    describe('out of order', () => {
        const stranger = () => peer.actor('stranger', { host: `o${++n}.localhost`, pair: key3 });
        for (const type of ['Like', 'EmojiReact', 'Announce', 'Follow'])
            it(`Undo before ${type}: nothing of it stays`, async () => {
                for (const undone of [(a) => a, (a) => a.id, (a) => [a], (a) => ({ id: a.id, type: a.type })]) {
                    const who = stranger();
                    const late = make[type](who);
                    await harmless(type, async () => {
                        await send(who, activity(who, 'Undo', undone(late)));
                        await settled(node);
                        await send(who, late);
                    });
                }
            });
        it('Delete before Create: it is not said', async () => {
            for (const gone of [(i) => i, (i) => ({ id: i, type: 'Tombstone' })]) {
                const who = stranger(), mine = note(who, 'too late');
                await harmless('', async () => {
                    await send(who, make.Delete(who, gone(mine.id)));
                    await settled(node);
                    await send(who, make.Create(who, mine));
                    await settled(node);
                    await send(who, make.Update(who, { ...mine, content: 'and changed', updated: later(5) }));
                });
            }
        });
        it('Update before Create: the newer words stand, once', async () => {
            const who = stranger(), mine = note(who, 'old words');
            await send(who, make.Update(who, { ...mine, content: 'new words', updated: later(5) }));
            await settled(node);
            await send(who, make.Create(who, mine));
            await settled(node);
            await send(who, make.Update(who, { ...mine, content: 'middle words', updated: '2026-11-20T08:00:01Z' }));
            await settled(node);
            assert.deepEqual(leftBy(node).comments.filter((c) => c.actor === who.id).map((c) => c.html), ['new words']);
        });
        it('an older Update after a newer one changes nothing; one without a date does', async () => {
            const who = stranger(), mine = note(who, 'first');
            const html = () => leftBy(node).comments.filter((c) => c.actor === who.id).map((c) => c.html);
            await send(who, make.Create(who, mine));
            await send(who, make.Update(who, { ...mine, content: 'third', updated: '2026-11-20T10:00:00Z' }));
            await settled(node);
            await send(who, make.Update(who, { ...mine, content: 'second', updated: '2026-11-20T09:00:00Z' }));
            await settled(node);
            assert.deepEqual(html(), ['third']);
            await send(who, make.Update(who, { ...mine, content: 'fourth' }));
            await settled(node);
            assert.deepEqual(html(), ['fourth']);
        });
        it('an answer before what it answers: it waits for nobody and hurts nobody', async () => {
            const who = stranger(), mine = note(who, 'the question'), answer = note(who, 'the answer', { inReplyTo: mine.id });
            await send(who, make.Create(who, answer));
            await settled(node);
            await send(who, make.Create(who, mine));
            await settled(node);
            assert.deepEqual(leftBy(node).comments.filter((c) => c.actor === who.id).map((c) => c.html), ['the question']);
        });
    });

    describe('huge and deep', () => {
        for (const type of TYPES)
            it(`${type}: a MiB and more, 33 levels, 5,000 values`, () => harmless(type, async () => {
                const one = make[type](ann);
                await send(ann, { ...one, summary: 'x'.repeat(1 << 20) }, [413]);
                let deep = 1;
                for (let i = 0; i < 33; i++) deep = i % 2 ? [deep] : { a: deep };
                await send(ann, { ...one, deep }, [400]);
                await send(ann, { ...one, deep: Array(5001).fill(1) }, [400]);
                await send(ann, { ...one, '@graph': [] }, [400]);
                await send(ann, { ...one, x: { '@reverse': 1 } }, [400]);
            }));
        it('Create, Update: too long, to too many, with too many mentions or tags', () => harmless('', async () => {
            const mention = { type: 'Mention', href: planet.id, name: '@tea' };
            for (const more of [{ content: 'x'.repeat(151 << 10) }, { to: [PUBLIC, ...Array(501).fill(planet.id)] }, { tag: Array(51).fill(mention) },
                                { tag: Array(101).fill({ type: 'Hashtag', name: '#x', href: 'http://x.example/' }) }, { content: '' }, { content: 7 }, { content: null }]) {
                await send(eve, make.Create(eve, note(eve, 'too much', more)));
                await send(eve, make.Update(eve, note(eve, 'too much', { updated: later(1), ...more })));
            }
        }));
        it('an address of 10,000 letters is nobody', () => harmless('', async () => {
            const long = `${eve.base}/${'x'.repeat(10000)}`;
            for (const type of ['Like', 'Announce', 'Follow', 'Block', 'UndoById', 'Delete', 'Update']) await send(eve, make[type](eve, long), [202, 400]);
            await send(eve, { ...make.Like(eve), id: long }, [202, 400]);
            await send(eve, make.Create(eve, note(eve, 'long', { id: long })), [202, 400]);
            await send(eve, make.Create(eve, note(eve, 'long', { inReplyTo: long })), [202, 400]);
        }));
    });

    it('and everything still works', async () => {
        peer.clean();
        const rs = await eve.send(planet.inbox, make.Create(eve, note(eve, 'at last')));
        assert.equal(rs.status, 202);
        await settled(node);
        assert.equal(leftBy(node).comments.at(-1).html, 'at last');
        await node.sound();
    });
});
