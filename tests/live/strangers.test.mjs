// A post becomes known, and hundreds who were never seen write at once from one server: their keys are
// fetched while they wait, and none is sent away.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node, eventually } from '../rig/node.mjs';
import { Sink, activity, makeKey, send } from '../rig/sink.mjs';

describe('strangers', () => {
    let node, sink, inbox, post;
    const key = makeKey(); // one for all: what is looked up is its name
    before(async () => {
        node = await Node.start({ name: 'strangers' });
        inbox = `${node.origin}/ap/inbox`;
        post = await node.post({ title: 'Known', body: 'To everybody.', access: 'public' });
        sink = await Sink.start();
    });
    after(async () => {
        await node.close();
        await sink.stop();
    });
    const object = async () => (await (await fetch(post.address, { headers: { accept: 'application/activity+json' } })).json());

    it('a hundred and fifty of one server at once are all heard', async () => {
        const { id } = await object();
        const crowd = Array.from({ length: 150 }, (_, i) => sink.actor(`s${i}`, { key }));
        const answers = await Promise.all(crowd.map((who) => send(inbox, activity(who, 'Like', id), who)));
        assert.deepEqual([...new Set(answers.map((rs) => rs.status))], [202]);
        await eventually('their likes', async () => (await (await fetch(`${id}/likes`)).json()).totalItems === 150);
    });

    it('one whose server does not answer holds up nobody', async () => {
        const { id } = await object();
        const mute = sink.actor('mute', { host: 'mute.localhost', key });
        sink.actors.set(`${mute.host}/users/mute`, 'hang');
        let ended = false;
        const waits = send(inbox, activity(mute, 'Like', id), mute).then((rs) => { ended = true; return rs; });
        await eventually('it is asked for', () => sink.gets.some((g) => g.host === mute.host));
        const crowd = Array.from({ length: 40 }, (_, i) => sink.actor(`t${i}`, { key }));
        const answers = await Promise.all(crowd.map((who) => send(inbox, activity(who, 'Like', id), who)));
        assert.deepEqual([...new Set(answers.map((rs) => rs.status))], [202]);
        assert.equal(ended, false);
        for (const rs of sink.hanging) rs.destroy();
        const rs = await waits;
        assert.equal(rs.status, 503);
        assert.ok(rs.headers['retry-after'] ?? rs.headers.get?.('retry-after'));
    });
});
