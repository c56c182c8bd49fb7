// Commerce as somebody meets it who means no good: another planet's owner on the same node, a partner and a
// moderator who want the owner's money pages, a member who pays nothing, a forged provider, and whoever looks for
// words that should not be there.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node, eventually } from '../rig/node.mjs';
import { Api } from '../rig/api.mjs';
import { request, words } from '../rig/client.mjs';

const SECRET = 'canary' + Math.random().toString(36).slice(2, 10);
const RAILS = ['fake', 'stripe', 'paypal', 'wechat', 'alipay', 'btcpay', 'transfer', 'code', 'none', 'nowhere'];

describe('commerce, attacked', () => {
    let node, api, owner, buyer, price, order, ids;
    const tea = { handle: 'tea' }, strangers = {};
    const tokenOf = async (account) =>
        (await node.cli('token create', { name: 'test', scope: ['read', 'write'], ...(account ? { account } : {}) })).token;
    const somebody = async (name) => {
        const who = await node.person(name), token = await tokenOf(who.mail);
        return Object.assign(api.as(token), { who, token, id: who.accountId });
    };
    const payIn = async (person, number) => {
        const way = await person('my_order_checkout', { number });
        const till = await person.who.page(new URL(way.url).pathname);
        const paid = await person.who.submit(till, /\/dev\/pay/, { do: 'pay' });
        assert.equal(paid.status, 200, words(paid.text));
    };
    const buy = async (person, more = {}) => {
        const o = await person('buy', tea, { price_id: price, rail: 'fake', ...more });
        await payIn(person, o.number);
        return o.number;
    };

    before(async () => {
        node = await (await Node.start({ name: 'commerce-attack' })).withMail();
        api = await Api.of(node);
        const token = await tokenOf();
        owner = Object.assign(api.as(token), { token, who: await node.ownerSession() });
        price = (await node.cli('tier price', { tier: 'member', price: 'CNY:30', unit: 'month' })).id;
        const tier = (await owner('tiers', tea)).items[0].id;
        await node.cli('planet create', { handle: 'rock', title: 'Rock' });
        for (const name of ['rival', 'partner', 'moderator', 'member']) strangers[name] = await somebody(name);
        await node.cli('member role', { planet: 'rock', account: strangers.rival.who.mail, role: 'owner' });
        await node.cli('member role', { planet: 'tea', account: strangers.partner.who.mail, role: 'partner' });
        await node.cli('member role', { planet: 'tea', account: strangers.moderator.who.mail, role: 'moderator' });
        buyer = await somebody('buyer');
        await buyer('my_buyer_set', {}, { name: `=HYPERLINK("http://x/${SECRET}")`, address: `@${SECRET}`, country: 'DE' });
        order = await buy(buyer);
        const second = await buy(buyer);
        const asked = await buyer('my_refund_ask', { number: second }, { words: `words ${SECRET}` });
        const gift = await buy(buyer, { gift: true, gift_to: SECRET, gift_words: `for ${SECRET}` });
        const coupon = await owner('coupon_make', tea, { code: 'GOOD', percent_bp: 2000 });
        const batch = await owner('code_batch_make', tea, { tier_id: tier, unit: 'month', name: SECRET });
        const card = await owner('card_make', tea, { tier_id: tier, name: SECRET, uses: 3, days: 3 });
        const grant = (await owner('member', { ...tea, account: buyer.id })).grants[0].id;
        const bill = (await owner('bills', tea)).items[0].id;
        ids = { account: [buyer.id], number: [order, second, gift], rail: ['fake', 'stripe', 'btcpay'], country: ['DE'],
                slug: ['none'], id: [tier, price, asked.id, coupon.id, batch.batch.id, card.id, grant, bill] };
    });
    after(() => node.close());

    const each = (names) => names.reduce((all, name) => all.flatMap((p) => (ids[name] ?? ['1']).map((v) => ({ ...p, [name]: v }))), [{}]);
    const knock = (token, o, params) => request(`${node.origin}${o.path.replace(/\{(\w+)\}/g, (_, n) => params[n])}`, {
        method: o.method, body: o.method === 'GET' ? undefined : '{}',
        headers: { accept: 'application/json', authorization: `Bearer ${token}`, ...(o.method === 'GET' ? {} : { 'content-type': 'application/json' }) } });
    const harmless = /^(my_|me_|token_|openapi|planets?$|tiers?$|quote$|buy$|trial$|redeem$|card_use$|buyer|credit)|question|answerer|post_quote|post_buy|post_rule$|tip_rules$|tip_quote|tip_give|join_ask|my_|invite$/;

    it('the API: no program of somebody else does or sees what is the owner\'s', async () => {
        const wrong = [];
        const doors = Object.entries(api.operations).filter(([name, o]) => o.path.includes('{handle}') && !harmless.test(name));
        assert.ok(doors.length > 90, `${doors.length}`);
        for (const [name, o] of doors) {
            const names = [...o.path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).filter((n) => n !== 'handle');
            for (const params of each(names))
                for (const [who, handle] of [['rival', 'tea'], ['member', 'tea'], ['moderator', 'tea'], ['partner', 'tea'], ['rival', 'rock']]) {
                    if (who === 'partner' && !/refund|order|rail|ledger|bill|tax|unmatched|transfer|reconcile|fapiao|coupon/.test(name)) continue;
                    const got = await knock(strangers[who].token, o, { ...params, handle });
                    if (got.status >= 500 || got.text.includes(SECRET) || got.text.includes('buyer@example.net')
                        || (got.status < 300 && (handle === 'tea' || names.length > 0) && !mayPass(who, name, handle, o)))
                        wrong.push(`${who} ${o.method} ${name} ${handle} ${JSON.stringify(params)}: ${got.status} ${got.text.slice(0, 120)}`);
                }
        }
        assert.deepEqual(wrong, []);
    });
    // Moderators and partners look after members; whoever owns rock may do as they like there.
    const mayPass = (who, name, handle, o) =>
        (handle === 'rock' && !/\{id\}|\{number\}/.test(o.path)) ||
        (handle === 'tea' && ['partner', 'moderator'].includes(who) && /^(members|member|roles|join_requests|flags|history)/.test(name));

    it('the desk: its money pages are nobody else\'s', async () => {
        const wrong = [];
        const pages = (await node.cli('routes')).filter((r) => /^\/desk\/:planet\/(money|offers|codes|prices|tiers\/trials|tiers\/:id)/.test(r.path));
        assert.ok(pages.length > 40, `${pages.length}`);
        for (const { method, path } of pages)
            for (const who of Object.keys(strangers)) {
                // Partners sell for the planet: they give codes and cards away, and see who pays which price.
                if (who === 'partner' && /^\/desk\/:planet\/(codes|prices|offers\/cards|offers$)/.test(path)) continue;
                const names = [...path.matchAll(/:(\w+)/g)].map((m) => m[1]).filter((n) => n !== 'planet');
                for (const params of each(names)) {
                    const url = path.replace(':planet', 'tea').replace(/:(\w+)/g, (_, n) => params[n]);
                    const client = strangers[who].who;
                    const got = method === 'GET' ? await client.fetch(url) : await client.post(url, { do: 'now' }, { follow: false });
                    if (![403, 404, 400, 409].includes(got.status) || got.text.includes(SECRET))
                        wrong.push(`${who} ${method} ${url}: ${got.status}`);
                }
            }
        assert.deepEqual(wrong, []);
    });

    it('a forged message of a provider is refused, and changes nothing', async () => {
        const o = await buyer('buy', tea, { price_id: price, rail: 'fake' });
        for (const rail of RAILS)
            for (const body of ['', '{}', JSON.stringify({ order: o.number, event: 'paid', amount: 3000, id: SECRET }), `out_trade_no=${o.number}&trade_status=TRADE_SUCCESS`]) {
                const got = await request(`${node.origin}/hooks/${rail}/tea`, { method: 'POST', body,
                    headers: { 'content-type': body.startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded',
                               'stripe-signature': `t=1,v1=${'0'.repeat(64)}`, 'btcpay-sig': `sha256=${'0'.repeat(64)}`, 'x-rail-signature': '00' } });
                assert.ok(got.status >= 400 && got.status < 500, `${rail} ${body}: ${got.status}`);
            }
        assert.equal((await buyer('my_order', { number: o.number })).state, 'new');
        const back = await buyer.who.go(`/pay/${o.number}?back=1`);
        assert.ok(back.status < 500);
        assert.equal((await buyer('my_order', { number: o.number })).state, 'new', 'coming back gives nothing');
        await buyer('my_order_cancel', { number: o.number });
    });

    it('at once: one refund, one side of a gift, one use of a coupon', async () => {
        const eve = await somebody('eve'), number = await buy(eve);
        const backs = await Promise.all(Array.from({ length: 8 }, () => api.raw(eve.token, 'my_refund', { number }, {})));
        assert.equal(backs.filter((b) => b.status < 300).length, 1, backs.map((b) => b.status).join());
        await eventually('given back', async () => (await eve('my_order', { number })).state === 'refunded');
        for (let i = 0; i < 4; i++) {
            const from = await somebody(`from${i}`), to = await somebody(`to${i}`), gift = await buy(from, { gift: true });
            const { code } = await from('my_gift', { number: gift });
            const [taken, back] = await Promise.all([api.raw(to.token, 'redeem', {}, { code }), api.raw(from.token, 'my_gift_refund', { number: gift }, {})]);
            assert.equal((taken.status < 300) + (back.status < 300), 1, `${taken.status} ${taken.text} ${back.status} ${back.text}`);
        }
        const one = await owner('coupon_make', tea, { code: 'LASTONE', percent_bp: 5000, total: 1 });
        const people = await Promise.all(['r1', 'r2', 'r3', 'r4'].map(somebody));
        const got = await Promise.all(people.map((p) => api.raw(p.token, 'buy', tea, { price_id: price, rail: 'fake', coupon: 'LASTONE' })));
        assert.equal(got.filter((g) => g.status === 201).length, 1, got.map((g) => `${g.status} ${g.text}`).join('\n'));
        await owner('coupon_end', { ...tea, id: one.id });
        await node.sound();
    });

    it('a higher tier is not had for the difference and the first payment back', async () => {
        const gold = await owner('tier_make', tea, { slug: 'gold', name: 'Gold', rank: 5 });
        const dear = await owner('price_make', { ...tea, id: gold.id }, { money: 'CNY:30.01', unit: 'month' });
        const fox = await somebody('fox'), first = await buy(fox);
        assert.equal((await fox('my_refund_offer', { number: first })).door, 'now');
        await buy(fox, { price_id: dear.id, upgrade: true });
        assert.equal((await fox('my_refund_offer', { number: first })).door, 'ask');
        await fox.fails(409, 'my_refund', { number: first });
        await node.sound();
    });

    it('amounts: no sign, no size, no unit makes something of nothing', async () => {
        for (const money of ['CNY:-1', 'CNY:99999999999999999999', 'CNY:0.001', { currency: 'CNY', minor: -5 }, { currency: 'CNY', minor: 9.5 }, { currency: 'CNY', minor: '9223372036854775807' }])
            await owner.fails(400, 'price_make', { ...tea, id: ids.id[0] }, { money, unit: 'month' });
        for (const minor of [-1, 3001, '9223372036854775807'])
            assert.ok([400, 409].includes((await api.raw(owner.token, 'refund_make', { ...tea, number: order }, { minor })).status), `${minor}`);
        await owner.fails(400, 'price_make', { ...tea, id: ids.id[0] }, { money: 'CNY:1', unit: 'year', count: 1000000000 });
        await buyer.fails(400, 'buy', tea, { price_id: price, rail: 'fake', unused: 3000 });
        await buyer.fails(400, 'buy', tea, { price_id: price, rail: 'fake', kind: 'renewal' });
    });

    it('what people typed is text, in pages and in tables', async () => {
        const csv = await owner('bills_csv', { ...tea });
        assert.ok(csv.includes(`"'=HYPERLINK(""http://x/${SECRET}"")"`), csv);
        assert.ok(csv.includes(`"'@${SECRET}"`));
        const bad = '"><script>alert(1)</script>';
        const gift = await buy(buyer, { gift: true, gift_to: bad, gift_words: bad });
        for (const [client, url] of [[buyer.who, `/me/gifts/${gift}`], [owner.who, '/desk/tea/offers/gifts'], [buyer.who, `/@tea/join/${price}?coupon=${encodeURIComponent(bad)}`]])
            assert.ok(!(await client.go(url)).text.includes('<script>alert'), url);
        const { code } = await buyer('my_gift', { number: gift });
        assert.ok(!(await node.client().go(`/gift/${code}`)).text.includes('<script>alert'));
    });

    it('leads nowhere else, and stays in no cache', async () => {
        for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example', '/%0d%0aSet-Cookie: a=b'])
            for (const url of [`/@tea/join/${price}?next=${encodeURIComponent(next)}`, `/me/billing?next=${encodeURIComponent(next)}`]) {
                const page = await buyer.who.go(url);
                assert.ok(!/(href|action|value)="(https?:)?(\/\/|\/\\)evil/.test(page.text), url);
            }
        for (const url of ['/me/orders', `/me/orders/${order}`, `/pay/${order}`, '/@tea/membership', '/me/gifts', '/me/receipts', '/me/billing', '/me/questions', `/@tea/join/${price}`]) {
            const got = await buyer.who.go(url);
            assert.equal(got.status, 200, url);
            assert.match(got.headers['cache-control'] ?? '', /no-store|private/, url);
            assert.ok(!/public/.test(got.headers['cache-control']), url);
        }
        for (const url of [`/me/orders/${order}`, `/pay/${order}`, `/me/gifts/${ids.number[2]}`])
            assert.ok([404, 403].includes((await strangers.member.who.go(url)).status), url);
    });

    it('the log knows neither codes nor names nor tokens', () => {
        for (const word of [SECRET, 'buyer@example.net', owner.token.slice(8), buyer.token.slice(8)])
            assert.ok(!node.log().includes(word), word);
    });
});
