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

    it('tips: switched on at the desk, given for a post and a comment, named or not', async () => {
        const desk = await owner.page('/desk/tea/offers/singles');
        const form = formsOf(desk.text).find((f) => f.fields.some(([n, v]) => n === 'do' && v === 'tips'));
        const bad = await owner.send(form.action, [['_csrf', form.fields.find(([n]) => n === '_csrf')[1]], ['do', 'tips'], ['currency', 'CNY'], ['least', '5'], ['most', '4']]);
        assert.equal(bad.status, 400);
        assert.match(bad.text, /name="least" value="5"/, 'what was typed stays');
        const on = await owner.send(form.action, [['_csrf', form.fields.find(([n]) => n === '_csrf')[1]], ['do', 'tips'], ['currency', 'CNY'], ['least', '1'], ['most', '500']]);
        assert.equal(on.status, 200, words(on.text));
        assert.deepEqual(await node.cli('tip rules'), [{ least: 'CNY:1.00', most: 'CNY:500.00' }]);
        const post = await node.post({ title: 'A walk', slug: 'walk', body: 'Through the fields.', access: 'public' });
        const tom = await node.person('tom');
        await eventually('it is there', async () => (await tom.fetch('/@tea/walk')).status === 200);
        const page = await tom.page('/@tea/walk');
        assert.match(page.text, /href="\/@tea\/walk\/tip"/);
        assert.ok(!(await owner.page('/@tea/walk')).text.includes('/walk/tip"'), 'not for oneself');
        const chosen = await tom.page('/@tea/walk/tip?amount=20.00&currency=CNY');
        assert.match(chosen.text, /name="amount" value="20.00"/);
        const none = await tom.submit(chosen, '/@tea/walk/tip', { amount: '', rail: 'fake' });
        assert.equal(none.status, 400);
        const much = await tom.submit(chosen, '/@tea/walk/tip', { amount: '501', rail: 'fake', words: 'keep this' });
        assert.equal(much.status, 400);
        assert.match(words(much.text), /A tip is between CN¥1 and CN¥500/);
        assert.match(much.text, /keep this/);
        const paid = await pay(tom, chosen, '/@tea/walk/tip', { amount: '8.80', words: 'For <tea> & more', named: '1', rail: 'fake' });
        assert.equal(paid.path, '/@tea/walk');
        assert.match(words((await node.client().page('/@tea/walk')).text), /Tom CN¥8.80 For <tea> & more/);
        assert.match(words((await owner.page('/me/notices')).text), /Tom says thank you with a tip/);
        const said = await owner.submit(paid.path && await owner.page('/@tea/walk'), '/@tea/walk/comments', { text: 'Glad you like it.', audience: 'public' });
        const [, id] = /id="c-(\d+)"(?:(?!id="c-)[\s\S])*Glad you like it/.exec(said.text);
        const one = await tom.page(`/@tea/walk/tip?comment=${id}`);
        assert.match(words(one.text), /Glad you like it/);
        await pay(tom, one, '/@tea/walk/tip', { amount: '2', words: 'psst', rail: 'fake' });
        assert.ok(!(await node.client().page('/@tea/walk')).text.includes('psst'));
        const list = await owner.page('/desk/tea/offers/singles');
        assert.match(words(list.text).length > 0 && list.text, /psst/);
        await owner.submit(list, /\/tips\/\d+\/hide/);
        assert.ok(!words((await node.client().page('/@tea/walk')).text).includes('Tom CN¥8.80'));
        assert.equal((await node.cli('tip list')).length, 2);
        await node.sound();
    });
});

describe('paid questions', () => {
    let node, owner, ask, asker, listen;
    const SECRET = 'senchaanswer' + Math.random().toString(36).slice(2, 8);

    before(async () => {
        node = await (await Node.start({ name: 'questions' })).withMail();
        owner = await node.ownerSession();
    });
    after(() => node.close());
    const letter = async (address, subject) => eventually(`a letter “${subject}” to ${address}`,
        () => node.mails.find((m) => m.to.includes(address) && m.mail.subject.includes(subject))?.mail);

    it('the owner says what a question costs; the planet says so', async () => {
        assert.ok(!(await node.client().page('/@tea')).text.includes('/questions'));
        const desk = await owner.page('/desk/tea/money/questions');
        const bad = await owner.submit(desk, '/desk/tea/money/questions', { price: '', open: '1' });
        assert.equal(bad.status, 400, words(bad.text));
        const saved = await owner.submit(desk, '/desk/tea/money/questions', { open: '1', price: '50', listen: '1', currency: 'CNY', about: 'Ask me about leaves.' });
        assert.equal(saved.status, 200, words(saved.text));
        const rules = formsOf(saved.text).find((f) => f.fields.some(([n, v]) => n === 'do' && v === 'rule'));
        const kept = rules.fields.filter(([n]) => !['share', 'share_percent', 'members'].includes(n));
        assert.equal((await owner.send(rules.action, [...kept, ['share', 'credit'], ['share_percent', '25']])).status, 200);
        assert.equal((await node.cli('question rule')).share_percent, '25');
        assert.match((await node.client().page('/@tea')).text, /\/@tea\/questions/);
        assert.match(words((await node.client().page('/@tea/questions')).text), /Olga Owner CN¥50 a question Ask me about leaves/);
    });

    it('is asked, paid and held; the answerer is told, others see nothing', async () => {
        const ann = await node.person('ann');
        const visitor = node.client();
        const to = /\/@tea\/questions\/ask\?to=\d+/.exec((await visitor.page('/@tea/questions')).text)[0];
        assert.match((await visitor.page(to)).text, /\/login\?next=/);
        const form = await ann.page(to);
        assert.match(words(form.text), /To pay CN¥50/);
        const paid = await pay(ann, form, '/@tea/questions/ask', { text: 'How hot is the water?', anonymous: '1', listen: '1', rail: 'fake' });
        ask = paid.path;
        assert.match(ask, /^\/@tea\/questions\/\d+$/);
        assert.match(words(paid.text), /waits for an answer/);
        assert.equal((await visitor.fetch(ask)).status, 404);
        assert.equal((await (await node.person('nosy')).fetch(ask)).status, 404);
        const mine = await owner.page('/me/questions');
        assert.match(words(mine.text), /How hot is the water\?/);
        assert.ok(!words((await owner.page(ask)).text).includes('Ann'), 'unnamed');
        const told = await letter('owner@example.org', 'A question for you');
        assert.ok(!told.text.includes('How hot'), 'what somebody wrote is not mailed');
        assert.match(words((await ann.page('/me/questions')).text), /How hot/);
        assert.equal(node.column("SELECT SUM(amount) FROM entry WHERE account = 'held:questions'")[0], -5000);
        asker = ann;
    });

    it('is answered: who asked reads it and is told, the money is income, others may listen in', async () => {
        const page = await owner.page(ask);
        const answered = await owner.submit(page, `${ask}/answer`, { answer: `About **80** degrees, ${SECRET}.` });
        assert.ok(answered.text.includes(SECRET), words(answered.text));
        assert.match((await asker.page(ask)).text, /<strong>80<\/strong>/);
        assert.ok(!(await letter('ann@example.net', 'has answered your question')).text.includes(SECRET));
        assert.equal(node.column("SELECT SUM(amount) FROM entry WHERE account = 'held:questions'")[0], 0);
        const visitor = node.client();
        const list = await visitor.page('/@tea/questions');
        assert.match(words(list.text), /Somebody asked Olga Owner/);
        const shut = await visitor.page(ask);
        assert.match(words(shut.text), /Listen in for CN¥1/);
        assert.ok(!shut.text.includes(SECRET) && !list.text.includes(SECRET));
        const member = await node.member('mia');
        assert.ok(!(await member.page(ask)).text.includes(SECRET), 'a membership is something else');
        listen = await node.person('lee');
        const heard = await pay(listen, await listen.page(ask), `${ask}/listen`, { rail: 'fake' });
        assert.equal(heard.path, ask);
        assert.ok(heard.text.includes(SECRET));
        assert.equal((await listen.post(`${ask}/listen`, { rail: 'fake' })).status, 409);
        assert.match(words((await listen.page(ask)).text), /1 listens in/);
        assert.equal(node.column("SELECT amount FROM member_credit")[0], 25, "the asker's share");
        const [row] = await node.cli('question list');
        assert.deepEqual([row.state, row.listeners, row.asked_by], ['released', '1', null]);
        await node.cli('question hide', { id: row.id });
        assert.equal((await visitor.fetch(ask)).status, 404);
        assert.ok((await listen.page(ask)).text.includes(SECRET), 'who paid keeps it');
    });

    it('declined, the money goes back by itself', async () => {
        const bob = await node.person('bob');
        const to = /\/@tea\/questions\/ask\?to=\d+/.exec((await bob.page('/@tea/questions')).text)[0];
        const paid = await pay(bob, await bob.page(to), '/@tea/questions/ask', { text: 'And the cup?', rail: 'fake' });
        const declined = await owner.submit(await owner.page(paid.path), `${paid.path}/decline`, { why: 'Not my field.' });
        assert.equal(declined.status, 200, words(declined.text));
        await eventually('the money is back', async () => words((await bob.page(paid.path)).text).includes('the money went back'));
        assert.match(words((await bob.page(paid.path)).text), /Olga Owner said: Not my field/);
        await letter('bob@example.net', 'does not take up your question');
        assert.equal(node.column("SELECT SUM(amount) FROM entry WHERE account = 'held:questions'")[0], 0);
        const late = await owner.post(`${paid.path}/answer`, { answer: 'After all.' });
        assert.equal(late.status, 409);
        await node.sound();
    });
});
