// What a planet offers beside its prices, as people meet it: coupons, trial cards, gifts, invitations,
// joining by approval. Paid at the practice till.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node, eventually } from '../rig/node.mjs';
import { formsOf, words } from '../rig/client.mjs';

const WORD = 'bergamot' + Math.random().toString(36).slice(2, 8);
const pay = async (who, page, fields = {}) => {
    const till = await who.submit(page, '/@tea/buy', { rail: 'fake', ...fields });
    assert.match(till.path, /^\/dev\/pay\//, `${till.status} ${words(till.text)}`);
    const paid = await who.submit(till, /\/dev\/pay/, { do: 'pay' });
    assert.equal(paid.status, 200, words(paid.text));
    return paid;
};

describe('offers', () => {
    let node, owner, price, post;

    before(async () => {
        node = await (await Node.start({ name: 'offers' })).withMail();
        owner = await node.ownerSession();
        price = (await node.cli('tier price', { tier: 'member', price: 'CNY:365', unit: 'year', 'trial-days': 7 })).id;
        await node.post({ title: 'Fresh leaves', body: `The leaves taste of ${WORD}.`, teaser: 'Leaves came.', access: 'members' });
        // What the command line changes is known within a second.
        await eventually('the price is shown', async () => (await node.client().page('/@tea/join')).text.includes(`/join/${price}`));
        const cards = (await node.client().page('/@tea')).text.match(/\/@tea\/[\w-]+(?=")/g).filter((p) => !/join|ask/.test(p));
        post = cards[0];
    });
    after(() => node.close());
    const reads = async (who) => (await who.page(post)).text.includes(WORD);

    it('a price stands there whole, with the coupon\'s part, before anything is paid', async () => {
        const desk = await owner.page('/desk/tea/offers');
        const made = await owner.submit(desk, '/desk/tea/offers/coupons', { code: 'spring-20', percent: '20', terms: 'first', total: '1' });
        assert.equal(made.status, 200, words(made.text));
        assert.match(words(made.text), /SPRING-20 −20 %/);
        const bad = await owner.submit(made, '/desk/tea/offers/coupons', { code: 'x', percent: '20' });
        assert.equal(bad.status, 400);
        assert.match(words(bad.text), /3 to 24 letters/);
        assert.match(bad.text, /name="percent" value="20"/, 'what was typed stays');

        const visitor = node.client();
        const join = await visitor.page('/@tea/join');
        const link = /\/@tea\/join\/\d+/.exec(join.text)[0];
        const whole = await visitor.page(link);
        assert.match(words(whole.text), /To pay CN¥365/);
        assert.match(whole.text, /\/login\?next=/);
        const wrong = await visitor.page(`${link}?coupon=NONE`);
        assert.match(words(wrong.text), /There is no such coupon here/);
        assert.match(words(wrong.text), /To pay CN¥365/);
        const less = await visitor.page(`${link}?coupon=spring-20`);
        assert.match(words(less.text), /Coupon SPRING-20 -?−?CN¥73 To pay CN¥292|Coupon SPRING-20 .{0,8}73 To pay CN¥292/);
        const zh = node.client({ lang: 'zh-CN' });
        assert.match(words((await zh.page(`${link}?coupon=spring-20`)).text), /应付 ¥292/);

        const ann = await node.person('ann');
        const form = await ann.page(`${link}?coupon=spring-20`);
        await pay(ann, form);
        assert.ok(await reads(ann));
        const late = await node.person('late');
        const used = await late.page(`${link}?coupon=spring-20`);
        assert.match(words(used.text), /used up/);
        const [row] = await node.cli('coupon list');
        assert.equal(row.used, '1');
    });

    it('a whole coupon needs no till, and another tier refuses it', async () => {
        await node.cli('tier create', { slug: 'gold', name: 'Gold', rank: 2 });
        await node.cli('tier price', { tier: 'gold', price: 'CNY:900', unit: 'year' });
        const { code } = await node.cli('coupon create', { percent: '100', tier: 'gold', total: 5 });
        const bob = await node.person('bob');
        const refused = await bob.page(`/@tea/join/${price}?coupon=${code}`);
        assert.match(words(refused.text), /for another tier/);
        const gold = await eventually('the other tier is shown', async () =>
            (await bob.page('/@tea/join')).text.match(/\/@tea\/join\/\d+/g).find((l) => !l.endsWith(String(price))));
        const page = await bob.page(`${gold}?coupon=${code}`);
        assert.match(words(page.text), /Join now/);
        const in_ = await bob.submit(page, '/@tea/buy');
        assert.equal(in_.path, '/@tea', words(in_.text));
        assert.ok(await reads(bob));
    });

    it('free days begin without paying, once', async () => {
        const fay = await node.person('fay');
        const page = await fay.page(`/@tea/join/${price}`);
        const begun = await fay.submit(page, '/@tea/trial');
        assert.equal(begun.status, 200, words(begun.text));
        assert.ok(await reads(fay));
        assert.match(words((await fay.page('/me')).text), /a free trial/);
        const again = await fay.page(`/@tea/join/${price}`);
        assert.ok(!formsOf(again.text).some((f) => f.action === '/@tea/trial'));
        const twice = await fay.submit(page, '/@tea/trial');
        assert.equal(twice.status, 409);
    });

    it('a trial card: made on the desk, opened by a stranger, good for one', async () => {
        const desk = await owner.page('/desk/tea/offers/cards');
        const made = await owner.submit(desk, '/desk/tea/offers/cards', { name: 'Fair', uses: '1', days: '3', window: '30' });
        assert.equal(made.status, 200, words(made.text));
        assert.match(made.text, /<svg/, 'the link as a QR code');
        const link = new URL(/http:\/\/[^"<\s]*\/t\/[\w-]{22}/.exec(made.text)[0]).pathname;
        const visitor = node.client();
        const landing = await visitor.page(link);
        assert.match(words(landing.text), /Read Tea for 3 days, for nothing/);
        assert.equal(landing.headers['referrer-policy'], 'no-referrer');
        assert.ok(!landing.text.includes(WORD));
        await node.signUp('kim@example.net', visitor, link);
        const used = await visitor.submit(await visitor.page(link), link);
        assert.equal(used.path, '/@tea', words(used.text));
        assert.ok(await reads(visitor));
        const second = await node.person('second');
        assert.equal((await second.fetch(link)).status, 410);
        assert.equal((await second.fetch('/t/AAAAAAAAAAAAAAAAAAAAAA')).status, 404);
        assert.match(words((await owner.page('/desk/tea/offers/cards')).text), /1 of 1 used/);
        const partner = await node.person('pat');
        await node.cli('member role', { account: partner.mail, role: 'partner' });
        assert.equal((await partner.page('/desk/tea/offers')).path, '/desk/tea/offers/cards', 'money is the owner\'s');
        assert.equal((await partner.fetch('/desk/tea/offers/invites')).status, 403);
    });

    it('a gift: paid by one, printed, taken by another, and by nobody twice', async () => {
        const giver = await node.person('gil');
        const page = await giver.page(`/@tea/join/${price}?gift=1`);
        const paid = await pay(giver, page, { gift_to: 'Mum', gift_words: 'Drink well & long' });
        assert.match(paid.path, /^\/me\/gifts\/[0-9A-Z]{26}$/);
        assert.match(paid.text, /<svg/);
        assert.match(words(paid.text), /A gift for Mum/);
        assert.ok(!await reads(giver), 'the giver reads nothing by it');
        const link = new URL(/http:\/\/[^"<\s]*\/gift\/[\w-]+/.exec(paid.text)[0]).pathname;
        const mum = node.client();
        const open = await mum.page(link);
        assert.match(words(open.text), /A gift for Mum/);
        assert.match(words(open.text), /Drink well & long/);
        await node.signUp('mum@example.net', mum, link);
        const taken = await mum.submit(await mum.page(link), link);
        assert.equal(taken.path, '/@tea', words(taken.text));
        assert.ok(await reads(mum));
        assert.match(words((await mum.page('/me')).text), /a gift/);
        const third = await node.person('third');
        assert.match(words((await third.page(link)).text), /redeemed this gift already/);
        assert.match(words((await giver.page('/me/gifts')).text), /redeemed/);
        assert.match(words((await giver.page('/me/notices')).text), /has redeemed your gift/);
        assert.equal((await third.fetch(paid.path)).status, 404, 'a gift is its giver\'s to see');
        assert.equal((await third.fetch('/gift/ABCDE-FGHJK-ABCDE-FGHJK')).status, 404);
        assert.match(words((await owner.page('/desk/tea/offers/gifts')).text), /Gil/);
        const picture = await giver.fetch(`${paid.path}/qr.png`);
        assert.equal(picture.status, 404, 'what is redeemed has no code any more');
    });

    it('a gift that nobody took is paid back, and then nobody can take it', async () => {
        const giver = await node.person('gerd');
        const paid = await pay(giver, await giver.page(`/@tea/join/${price}?gift=1`));
        const picture = await giver.fetch(`${paid.path}/qr.png`);
        assert.equal(picture.headers['content-type'], 'image/png');
        assert.equal(picture.body.subarray(1, 4).toString(), 'PNG');
        const link = new URL(/http:\/\/[^"<\s]*\/gift\/[\w-]+/.exec(paid.text)[0]).pathname;
        const asked = await giver.submit(paid, /\/refund$/);
        assert.equal(asked.path, paid.path, words(asked.text));
        assert.match(words((await (await node.person('gina')).page(link)).text), /no longer good/);
        await eventually('the money is back', async () => /refunded/.test(words((await giver.page(paid.path)).text)));
    });

    it('an invitation is remembered, named, and rewarded after the refund window', async () => {
        const rule = await owner.page('/desk/tea/offers/invites');
        const saved = await owner.submit(rule, '/desk/tea/offers/invites', { reward: 'days', days: '14' });
        assert.equal(saved.status, 200, words(saved.text));
        const ivy = await node.member('ivy');
        const mine = await ivy.page('/@tea/invite');
        assert.match(mine.text, /<svg/);
        assert.match(words(mine.text), /14 days of membership/);
        assert.match(words((await ivy.page('/@tea/invite/poster')).text), /Ivy invites you/);
        const link = new URL(/http:\/\/[^"<\s]*\/@tea\/i\/\w+/.exec(mine.text)[0]).pathname;
        const guest = node.client();
        const landed = await guest.page(`/@tea?r=${link.split('/').pop()}`);
        assert.equal(landed.path, '/@tea');
        assert.match(words(landed.text), /Ivy invites you/);
        assert.ok(!words((await node.client().page('/@tea')).text).includes('invites you'), 'nobody else is told so');
        await guest.page(`/@tea/i/${'2'.repeat(10)}`); // nonsense takes nothing away
        await node.signUp('gus@example.net', guest, `/@tea/join/${price}`);
        await pay(guest, await guest.page(`/@tea/join/${price}`));
        const after_ = await ivy.page('/@tea/invite');
        assert.equal((await ivy.fetch('/@tea/invite/qr.png')).headers['content-type'], 'image/png');
        assert.match(words(after_.text), /your reward comes on/);
        const [came] = await node.cli('invite list');
        assert.equal(came.state, 'pending');
        assert.equal(came.invited_by, 'Ivy');
        const stranger = await node.person('stan');
        assert.equal((await stranger.fetch('/@tea/invite')).status, 403);
    });

    it('joining by approval asks, waits, lets in', async () => {
        const settings = await owner.page('/desk/tea/settings');
        const set = await owner.submit(settings, '/desk/tea/settings', { joining: 'approval', question: 'Which tea do you drink?' });
        assert.equal(set.status, 200, words(set.text));
        const una = await node.person('una');
        const price_ = await una.page(`/@tea/join/${price}`);
        assert.match(words(price_.text), /The owner decides who joins/);
        assert.ok(!formsOf(price_.text).some((f) => f.action === '/@tea/buy'));
        const ask = await una.page('/@tea/ask');
        assert.match(words(ask.text), /Which tea do you drink/);
        const sent = await una.submit(ask, '/@tea/ask', { answer: 'Puer, mostly.' });
        assert.match(words(sent.text), /You have asked/);
        assert.match(words((await owner.page('/me/notices')).text), /asks to join your planet/);
        const desk = await owner.page('/desk/tea/requests');
        assert.match(words(desk.text), /Puer, mostly/);
        const let_in = await owner.submit(desk, /requests\/\d+/, { do: 'approve' });
        assert.equal(let_in.status, 200, words(let_in.text));
        assert.match(words((await una.page('/me/notices')).text), /has let you in/);
        await pay(una, await una.page(`/@tea/join/${price}`));
        assert.ok(await reads(una));
        await node.cli('planet edit', { joining: 'open' });
    });

    it('a visitor sees the seats that are left at this moment', async () => {
        await node.cli('tier create', { slug: 'few', name: 'Few', rank: 5, seats: 1 });
        const { id } = await node.cli('tier price', { tier: 'few', price: 'CNY:50', unit: 'month' });
        // The way in under a teaser is a page that is kept ready for visitors.
        const visitor = node.client(), seats = async () => words((await visitor.page(post)).text);
        const quick = await node.person('quick');
        // What the command line changed has been heard of: from here on the page is as it was made last.
        await eventually('all is heard', () => Number(node.column("SELECT COUNT(*) AS n FROM job WHERE kind = 'cache.drop'")[0]) === 0);
        await eventually('it is offered', async () => /1 seat left/.test(await seats()));
        const order = await quick.page(`/@tea/join/${id}`);
        assert.match(await seats(), /1 seat left/);
        assert.match(await seats(), /1 seat left/);
        const till = await quick.submit(order, '/@tea/buy', { rail: 'fake' });
        assert.match(till.path, /^\/dev\/pay\//, words(till.text));
        assert.match(await seats(), /No seat left/);
    });

    it('the books are sound', async () => { await node.sound(); });
});
