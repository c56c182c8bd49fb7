// Ways that a member takes from where they are: up by what is left of a term, back by one tap, and what the desk
// says of who went.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node, eventually } from '../rig/node.mjs';
import { words } from '../rig/client.mjs';

const DAY = 86400000;
const tags = (html) => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

describe('ways in, up and back', () => {
    let node, owner, low, high;
    const buy = async (who, price) => {
        const till = await who.submit(await who.page(`/@tea/join/${price}`), '/@tea/buy', { rail: 'fake' });
        assert.match(till.path, /^\/dev\/pay\//, words(till.text));
        assert.equal((await who.submit(till, /\/dev\/pay/, { do: 'pay' })).status, 200);
    };

    before(async () => {
        node = await Node.start({ name: 'ways' });
        owner = await node.ownerSession();
        await node.cli('tier create', { slug: 'friend', name: 'Friend', rank: 7 });
        low = (await node.cli('tier price', { tier: 'member', price: 'CNY:30', unit: 'year' })).id;
        await node.cli('tier price', { tier: 'member', price: 'USD:4.50', unit: 'month' });
        high = (await node.cli('tier price', { tier: 'friend', price: 'CNY:60', unit: 'year' })).id;
        await node.post({ title: 'Water', slug: 'water', body: 'Soft.', teaser: 'Of water.', access: 'members' });
        await eventually('the prices are shown', async () => (await node.client().page('/@tea/join')).text.includes(`/join/${high}`));
    });
    after(() => node.close());

    it('the lowest price is of the currency that stands first', async () => {
        const home = tags((await node.client().page('/@tea')).text);
        assert.match(home, /CN¥30/);
        assert.doesNotMatch(home, /\$4\.50/);
    });

    it('a member who chooses a higher tier among the prices sees what is left of theirs taken off', async () => {
        const ann = await node.person('ann');
        const stranger = await ann.page(`/@tea/join/${high}`);
        assert.equal(stranger.path, `/@tea/join/${high}`);
        assert.match(words(stranger.text), /To pay CN¥60/);
        await buy(ann, low);
        const up = await ann.page(`/@tea/join/${high}`);
        assert.equal(up.path, `/@tea/upgrade/${high}`);
        assert.match(words(up.text), /To pay CN¥30/);
        assert.equal((await ann.page(`/@tea/join/${high}?gift=1`)).path, `/@tea/join/${high}?gift=1`, 'a gift is for somebody else');
        assert.equal((await ann.page(`/@tea/join/${low}`)).path, `/@tea/join/${low}`, 'the same tier is renewed');
        const given = await node.member('gil');
        assert.equal((await given.page(`/@tea/join/${high}`)).path, `/@tea/join/${high}`, 'what was given counts nothing');
    });

    it('whose term ended comes back by one tap, from the post', async () => {
        const lee = await node.person('lee');
        await buy(lee, low);
        assert.match((await lee.page('/@tea/water')).text, /Soft\./);
        const [grant] = await node.column(`SELECT CAST(g.id AS TEXT) FROM member_grant g WHERE g.account_id = ${lee.accountId}`);
        node.sqlRun(`UPDATE member_grant SET starts_at = starts_at - ${370 * DAY}, ends_at = ends_at - ${370 * DAY} WHERE id = ${grant}`);
        await node.cli('member rebuild');
        await node.restart();
        const post = await lee.page('/@tea/water');
        assert.doesNotMatch(post.text, /Soft\./);
        assert.match(tags(post.text), /Your membership has ended .* Come back for CN¥30/);
        const back = new RegExp(`href="(/@tea/join/${low}\\?next=[^"]+)"`).exec(post.text)[1];
        const till = await lee.submit(await lee.page(back), '/@tea/buy', { rail: 'fake' });
        const read = await lee.submit(till, /\/dev\/pay/, { do: 'pay' });
        assert.equal(read.path, '/@tea/water');
        assert.match(read.text, /Soft\./);
    });

    it('who was taken out has no last day in the future, and is promised nothing', async () => {
        const bob = await node.person('bob');
        await buy(bob, low);
        await node.cli('member revoke', { account: bob.mail });
        const row = tags((await owner.page('/desk/tea/members')).text).match(/Bob Ended .*?bought/)?.[0];
        assert.ok(row, tags((await owner.page('/desk/tea/members')).text));
        assert.doesNotMatch(row, /ended \d/);
    });
});
