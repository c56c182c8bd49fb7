// The owner's federation room, with signed peers: follows that wait for a decision, comments that wait to be
// shown, what was delivered to whom, and a server that is away.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node, eventually } from '../rig/node.mjs';
import { Actor } from '../rig/actor.mjs';

const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public';
const ROOM = '/desk/tea/fediverse';

describe('the federation room', () => {
    let node, owner, ann, ben, tea, post, n = 0;

    before(async () => {
        node = await Node.start({ name: 'room', planet: 'tea', lang: 'en' });
        [ann, ben, owner] = await Promise.all([Actor.start('ann'), Actor.start('ben'), node.ownerSession()]);
        tea = JSON.parse((await ann.get(`${node.origin}/@tea`)).text);
        post = await node.post({ title: 'First', body: 'Words for all.', access: 'public' });
    });
    after(async () => { await ann?.stop(); await ben?.stop(); await node?.close(); });

    const take = async (who, activity) => {
        const rs = await who.post(tea.inbox, { id: `${who.id}#${++n}`, ...activity });
        assert.equal(rs.status, 202, rs.text);
    };
    const page = async (path) => (await owner.page(path)).text;
    const note = async (who, name, type = 'Create', extra = {}) => {
        const out = JSON.parse((await who.get((JSON.parse((await who.get(tea.outbox)).text)).first)).text);
        await take(who, { type, to: [PUBLIC], object: { id: `${who.origin}/n/${name}`, type: 'Note', attributedTo: who.id, to: [PUBLIC],
            inReplyTo: out.orderedItems.at(-1).object.id, content: `<p>note ${name}</p>`, ...extra } });
    };
    const pathOf = (made) => new URL(made.address, node.origin).pathname;
    const answers = (who, type) => who.received.filter((r) => r.includes(`"type":"${type}"`)).length;

    it('a follow waits until it is accepted, and its server hears then', async () => {
        await owner.post(`${ROOM}/settings/doors`, { comments: 'first', approves: '1' });
        const doc = await eventually('the actor says so', async () => {
            const d = JSON.parse((await ann.get(tea.id)).text);
            return d.manuallyApprovesFollowers && d;
        });
        assert.equal(doc.id, tea.id);
        await take(ann, { type: 'Follow', object: tea.id });
        await take(ben, { type: 'Follow', object: tea.id });
        const asked = await eventually('both ask', async () => {
            const list = await node.cli('follower list', { requests: true });
            return list.length === 2 && list;
        });
        assert.deepEqual((await node.cli('follower list')), []);
        assert.equal(answers(ann, 'Accept'), 0);
        const html = await page(`${ROOM}/followers`);
        const [, id] = new RegExp(`followers/(\\d+)/approve`).exec(html.slice(html.indexOf('@ann@')));
        await owner.post(`${ROOM}/followers/${id}/approve`, {});
        await eventually('the Accept arrives', () => answers(ann, 'Accept') === 1);
        await node.cli('follower approve', { actor: asked.find((f) => f.handle.startsWith('@ben')).actor }, { raw: true });
        await eventually('for the other, too', () => answers(ben, 'Accept') === 1);
        await assert.rejects(node.cli('follower approve', { actor: ben.id }, { raw: true }), /They follow already/);
        assert.match(await page(ROOM), /follows the planet/);
    });

    it('a new writer waits, is approved, and is known then; replies show the same', async () => {
        await note(ann, 'one');
        const [held] = await eventually('it waits', async () => {
            const list = await node.cli('comment list');
            return list.length === 1 && list;
        });
        const visitor = node.client();
        assert.doesNotMatch((await visitor.page(`${pathOf(post)}`)).text, /note one/);
        assert.match(await page(`${ROOM}/talk`), /note one/);
        const rs = await owner.post(`${ROOM}/talk`, { show: 'held', do: 'show', id: held.id });
        assert.equal(rs.status, 200);
        await eventually('everybody reads it', async () => /note one/.test((await visitor.page(`${pathOf(post)}`)).text));
        await note(ann, 'two');
        await eventually('the next at once', async () => (await node.cli('comment list', { state: 'shown' })).length === 2);
        await owner.post(`${ROOM}/talk`, { show: 'shown', do: `hideall:${held.id}` });
        assert.equal((await node.cli('comment list', { state: 'hidden' })).length, 2);
        await eventually('nobody reads it', async () => !/note/.test((await visitor.page(`${pathOf(post)}`)).text.split('id="talk"')[1] ?? ''));
        // A member may not.
        const member = await node.member('mia');
        assert.equal((await member.go(`${ROOM}/talk`)).status, 404);
        assert.equal((await member.post(`${ROOM}/talk`, { do: `show:${held.id}` })).status, 404);
    });

    it('says what was delivered, what waits and why; a server that is away is tried again or dropped', async () => {
        const fresh = await node.post({ title: 'Second', body: 'More words.', access: 'public' });
        const of = async (id) => (await node.cli('delivery posts')).find((p) => String(p.post) === String(id));
        await eventually('both have it', async () => { const d = await of(fresh.id); return Number(d?.delivered) === 2 && Number(d.waiting) === 0; });
        assert.match(await page(`${pathOf(fresh)}`), /Delivered to 2 servers/);
        await ben.stop();
        const late = await node.post({ title: 'Third', body: 'Still more.', access: 'public' });
        await eventually('one waits, with its error', async () => {
            const d = await of(late.id), hosts = await node.cli('delivery hosts');
            return Number(d?.delivered) === 1 && Number(d.waiting) === 1 && hosts.length === 1 && hosts[0].error && hosts[0];
        });
        const [host] = await node.cli('delivery hosts');
        assert.equal(`http://${host.host}`, ben.origin);
        const html = await page(`${ROOM}/delivery`);
        assert.match(html, /1 waits/);
        assert.ok(html.includes(host.host));
        assert.match(await page(`${ROOM}/delivery/hosts/${host.host}`), /Try all again now/);
        assert.match(await page(`${ROOM}/delivery/posts/${late.id}`), /Publication/);
        await owner.post(`${ROOM}/delivery/hosts/${host.host}/retry`, {});
        // What is on the wire at this moment is not dropped: when it came back in vain, it waits again.
        await eventually('nothing waits', async () => {
            await owner.post(`${ROOM}/delivery/hosts/${host.host}/drop`, {});
            const d = await of(late.id);
            return Number(d.waiting) === 0 && Number(d.lost) >= 1;
        });
    });
});
