// Single things as people meet them: a post that is bought alone, tips, paid questions. Paid at the practice till.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node, eventually } from '../rig/node.mjs';
import { formsOf, words } from '../rig/client.mjs';

const WORD = 'gyokuro' + Math.random().toString(36).slice(2, 8);
// From a form that orders to the till, and paid there.
const pay = async (who, page, action, fields = {}) => {
    const till = await who.submit(page, action, fields);
    assert.match(till.path, /^\/dev\/pay\//, `${till.status} ${words(till.text)}`);
    const paid = await who.submit(till, /\/dev\/pay/, { do: 'pay' });
    assert.equal(paid.status, 200, words(paid.text));
    return paid;
};

describe('single posts', () => {
    let node, owner, price;

    before(async () => {
        node = await (await Node.start({ name: 'singles' })).withMail();
        owner = await node.ownerSession();
        price = (await node.cli('tier price', { tier: 'member', price: 'CNY:30', unit: 'month' })).id;
    });
    after(() => node.close());

    it('is written for sale in the browser: the price may wait, but not for ever', async () => {
        const form = await owner.page('/compose?planet=tea');
        const without = await owner.submit(form, '/compose', { title: 'A cup', body: `The recipe is ${WORD}.`, teaser: 'A recipe.', access: 'price', price: '', currency: 'CNY', included: '0', do: 'save' });
        assert.equal(without.status, 200, words(without.text));
        const confirm = await owner.submit(without, '/compose', { do: 'publish' });
        const refused = await owner.submit(confirm, /\/publish$/);
        assert.equal(refused.status, 400);
        assert.match(words(refused.text), /Say what the post costs/);
        const again = await owner.page(/\/compose\/\d+/.exec(refused.text)[0]);
        const priced = await owner.submit(again, '/compose', { price: '9.90', do: 'publish' });
        assert.match(words(priced.text), /those who buy it for CN¥9.90/);
        const out = await owner.submit(priced, /\/publish$/);
        assert.match(out.path, /^\/@tea\/a-cup/, words(out.text));
    });

    it('a visitor sees the teaser and the price, signs in, pays, reads; nobody else does', async () => {
        const visitor = node.client();
        const post = await visitor.page('/@tea/a-cup');
        assert.ok(!post.text.includes(WORD));
        assert.match(words(post.text), /Read the whole post for CN¥9.90/);
        assert.ok(!/join\/\d+/.test(post.text), 'no membership is offered for what none opens');
        assert.match(words((await visitor.page('/@tea')).text), /Buy this post for CN¥9.90/);
        const whole = await visitor.page('/@tea/a-cup/buy');
        assert.match(words(whole.text), /To pay CN¥9.90/);
        assert.match(whole.text, /login\?next=%2F%40tea%2Fa-cup%2Fbuy/);
        assert.ok(!whole.text.includes(WORD));
        await node.signUp('una@example.net', visitor, '/@tea/a-cup/buy');
        const paid = await pay(visitor, await visitor.page('/@tea/a-cup/buy'), '/@tea/a-cup/buy');
        assert.equal(paid.path, '/@tea/a-cup');
        assert.ok(paid.text.includes(WORD), 'the post is open');
        assert.match(words((await visitor.page('/@tea/a-cup/buy')).text), /open to you already/);
        const twice = await visitor.post('/@tea/a-cup/buy', { rail: 'fake' });
        assert.equal(twice.status, 409);
        const member = await node.member('mia');
        assert.ok(!(await member.page('/@tea/a-cup')).text.includes(WORD), 'a membership is something else');
        assert.ok(!(await (await node.person('ned')).page('/@tea/a-cup')).text.includes(WORD));
    });

    it('another price than the one that was shown is asked about again', async () => {
        const una = await node.person('pia');
        const form = await una.page('/@tea/a-cup/buy');
        const stale = await una.submit(form, '/@tea/a-cup/buy', { agreed: '100' });
        assert.equal(stale.status, 409);
        assert.match(words(stale.text), /The price has changed meanwhile/);
        assert.match(words(stale.text), /To pay CN¥9.90/);
    });

    it('counts toward a membership, if the owner allows it', async () => {
        const ann = await node.person('ann');
        await pay(ann, await ann.page('/@tea/a-cup/buy'), '/@tea/a-cup/buy');
        assert.match(words((await ann.page(`/@tea/join/${price}`)).text), /To pay CN¥30 /);
        assert.equal((await node.cli('post toward', { days: 14 })).days, '14');
        const buy = await ann.page(`/@tea/join/${price}`);
        assert.match(words(buy.text), /Posts that you bought -?−?CN¥9.90 To pay CN¥20.10/);
        await pay(ann, buy, '/@tea/buy', { rail: 'fake' });
        const [sold] = await node.cli('post sales');
        assert.deepEqual([sold.title, sold.sold, sold.amount], ['A cup', '2', 'CNY:19.80']);
        assert.match(words((await (await node.person('zoe')).page('/@tea/a-cup/buy')).text), /Become a member within 14 days/);
    });

    it('from the command line; members may read it anyhow', async () => {
        const post = await node.post({ title: 'Deep water', slug: 'deep', body: `Deep ${WORD}.`, teaser: 'Deep.', access: 'price:CNY:100', included: 'member' });
        assert.equal(post.state, 'published');
        const mia = await node.member('mim');
        await eventually('a member reads it', async () => (await mia.page('/@tea/deep')).text.includes(WORD));
        const bob = await node.person('bob');
        const shut = await bob.page('/@tea/deep');
        assert.match(words(shut.text), /a membership opens it, too/);
        assert.match(shut.text, /\/join\/\d+/);
        await pay(bob, await bob.page('/@tea/deep/buy'), '/@tea/deep/buy');
        assert.ok((await bob.page('/@tea/deep')).text.includes(WORD));
        await node.sound();
    });
});
