// Money back as people meet it: the button, asking, the owner's page, a member's history, free and paid.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node, eventually } from '../rig/node.mjs';
import { words } from '../rig/client.mjs';

const WORD = 'oolong' + Math.random().toString(36).slice(2, 8);

describe('money back', () => {
    let node, owner, price, slug;
    const state = (n) => node.column('SELECT state FROM purchase_order WHERE number = $1'.replace('$1', `'${n}'`))[0];
    const reads = async (who) => (await who.page(slug)).text.includes(WORD);
    const buys = async (who) => {
        const till = await who.submit(await who.page(`/@tea/join/${price}`), '/@tea/buy', { rail: 'fake' });
        const n = /\/dev\/pay\/([0-9A-Z]+)/.exec(till.path)?.[1];
        assert.ok(n, `${till.status} ${words(till.text)}`);
        await who.submit(till, /\/dev\/pay/, { do: 'pay' });
        assert.equal(state(n), 'paid');
        return n;
    };

    before(async () => {
        node = await (await Node.start({ name: 'refunds' })).withMail();
        owner = await node.ownerSession();
        price = (await node.cli('tier price', { tier: 'member', price: 'CNY:30', unit: 'month' })).id;
        const form = await owner.page('/compose?planet=tea');
        const confirm = await owner.submit(form, '/compose', { title: 'A cup', body: `The tea is ${WORD}.`, teaser: 'Tea.', access: 'members', do: 'publish' });
        const out = await owner.submit(confirm, /\/publish$/, { do: 'publish' });
        slug = out.path.split('?')[0];
    });
    after(() => node.close());

    it('within seven days: one click, access ends, the money goes back', async () => {
        const ann = await node.person('ann'), n = await buys(ann);
        assert.ok(await reads(ann));
        const mine = await ann.page('/@tea/membership');
        assert.match(mine.text, /Give me the money back/);
        const page = await ann.page(`/me/orders/${n}`);
        assert.match(page.text, /CN¥30 goes back the way you paid/);
        const done = await ann.submit(page, /\/refund$/, { do: 'now' });
        assert.equal(done.status, 200, words(done.text));
        assert.ok(!(await reads(ann)), 'closed at once');
        await eventually('given back', () => state(n) === 'refunded');
        assert.match((await ann.page(`/me/orders/${n}`)).text, /given back/);
        const again = await ann.post(`/me/orders/${n}/refund`, { do: 'now' });
        assert.equal(again.status, 409);
        const other = await node.person('otto');
        assert.equal((await other.page(`/me/orders/${n}`, 404)).status, 404);
        await node.sound();
    });

    it("an owner in a hurry gives nobody a membership for life, and demotes nobody", async () => {
        const eve = await node.person('eve'), n = await buys(eve);
        const ends = () => node.column(`SELECT live_ends_at FROM member_grant g JOIN purchase_order o ON o.id = g.order_id WHERE o.number = '${n}'`)[0];
        const link = /\/desk\/tea\/members\/(\d+)"/.exec((await owner.page(`/desk/tea/money/orders/${n}`)).text)[0].slice(0, -1);
        const file = await owner.page(link), was = ends();
        const last = new Date(Number(was) - 1).toISOString().slice(0, 10);
        assert.match(file.text, new RegExp(`name="until" value="${last}"`));
        const slip = await owner.submit(file, link, { do: 'set_end', until: '' });
        assert.equal(slip.status, 400, words(slip.text));
        assert.match(slip.text, /The last day is a date like/);
        assert.equal(ends(), was);
        await owner.submit(file, link, { do: 'set_end', until: '2099-12-31' });
        assert.equal(new Date(Number(ends())).toISOString(), '2100-01-01T00:00:00.000Z');
        await owner.submit(file, link, { do: 'set_end', until: '', forever: '1' });
        assert.equal(ends(), null);
        await owner.post(link, { do: 'role', role: 'guest' });
        assert.match((await owner.page(link)).text, /<option value="guest" selected>/);
    });

    it('a second payment: the member asks, the owner decides', async () => {
        const bea = await node.person('bea');
        await buys(bea);
        const n = await buys(bea), page = await bea.page(`/me/orders/${n}`);
        assert.match(page.text, /Ask the owner/);
        const waits = async () => Number(/\/money"[^>]*>Money <span class="dot">(\d+)/.exec((await owner.page('/desk/tea')).text)?.[1] ?? 0);
        const before = await waits();
        await bea.submit(page, /\/refund$/, { do: 'ask', words: 'I moved away' });
        assert.equal(await waits(), before + 1, 'every page of the desk says that money waits');
        assert.match((await owner.page('/desk/tea/money')).text, /class="chip" href="\/desk\/tea\/money\/refunds"/);
        const desk = await owner.page('/desk/tea/money/refunds');
        assert.match(desk.text, /I moved away/);
        const id = /refunds\/(\d+)"/.exec(desk.text)[1];
        const declined = await owner.submit(desk, `/desk/tea/money/refunds/${id}`, { do: 'decline', words: 'The tea was drunk.' });
        assert.equal(declined.status, 200, words(declined.text));
        assert.match((await bea.page(`/me/orders/${n}`)).text, /The tea was drunk/);
        const order = await owner.page(`/desk/tea/money/orders/${n}`);
        await owner.submit(order, /\/refund$/, { do: 'rail', amount: '10', keep: '1', words: 'a part of it' });
        await eventually('a part', () => state(n) === 'part_refunded');
        assert.ok(await reads(bea));
        const hand = await owner.submit(await owner.page(`/desk/tea/money/orders/${n}`), /\/refund$/, { do: 'hand', amount: '' });
        assert.equal(hand.status, 200, words(hand.text));
        assert.equal(state(n), 'refunded');
        const link = /\/desk\/tea\/members\/(\d+)"/.exec((await owner.page(`/desk/tea/money/orders/${n}`)).text)[0].slice(0, -1);
        const file = await owner.page(link);
        assert.match(file.text, /Given back: renewal/);
        assert.match(file.text, /Asks for the money back/);
        const noted = await owner.submit(file, link, { do: 'note', text: 'a friendly person' });
        assert.match(noted.text, /a friendly person/);
        assert.equal((await bea.page(link, 404)).status, 404);
        const list = await node.cli('refund list', { all: true });
        assert.ok(list.length >= 3);
        await node.sound();
    });

    it('from paid to free and back: all stay in, and the old posts stay open', async () => {
        const cai = await node.person('cai');
        await buys(cai);
        const tiers = await owner.page('/desk/tea/tiers'), url = /\/desk\/tea\/tiers\/\d+\/switch/.exec(tiers.text)[0];
        const free = await owner.submit(await owner.page(`${url}?to=free`), url, { do: 'switch' });
        assert.equal(free.status, 200, words(free.text));
        await eventually('carried over', () => node.column('SELECT COUNT(*) AS n FROM paywall_switch WHERE done_at IS NOT NULL')[0] == 1);
        assert.match((await owner.page(url)).text, /Give these amounts back/);
        const back = await owner.submit(await owner.page(`${url}?to=paid`), url, { do: 'preview', choice: 'posts', amount: '50', currency: 'CNY', length: '1', unit: 'year' });
        assert.match(back.text, /keeps the posts of today|keep the posts of today/);
        const paid = await owner.submit(back, url, { do: 'switch' });
        assert.equal(paid.status, 200, words(paid.text));
        await eventually('carried over', () => node.column('SELECT COUNT(*) AS n FROM paywall_switch WHERE done_at IS NOT NULL')[0] == 2);
        assert.ok(await reads(cai), 'what was there stays open');
        await node.sound();
    });
});
