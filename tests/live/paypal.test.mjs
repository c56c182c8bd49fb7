// The PayPal rail against a PayPal of our own (tests/rig/paypal.mjs), whose requests and answers are held against PayPal's npm SDK:
// connecting, paying once and by subscription, messages that are late, twice, forged or missed, refunds, disputes, crashes.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node, eventually } from '../rig/node.mjs';
import { unescape } from '../rig/client.mjs';
import { FakePaypal } from '../rig/paypal.mjs';
import crypto from 'node:crypto';

// All words of a page.
const words = (html) => unescape(html.replace(/<head[\s\S]*?<\/head>/, '').replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ');
const SECRET_WORD = 'osmanthus' + Math.random().toString(36).slice(2, 8);
const DESK = '/desk/tea/money/providers/paypal';

describe('PayPal', () => {
    let node, paypal, owner, post, monthly, forLife;

    before(async () => {
        paypal = await FakePaypal.start();
        node = await Node.start({ name: 'paypal', env: { SSL_CERT_FILE: paypal.authority.file } });
        await node.cli('settings set', { key: 'pay.paypal.base_url', value: paypal.url });
        owner = await node.ownerSession();
        for (const [amount, unit] of [['9', 'month'], ['99', 'once']]) {
            const tiers = await owner.page('/desk/tea/tiers');
            await owner.submit(tiers, /\/tiers\/\d+\/prices/, { amount, currency: 'EUR', length: '1', unit });
        }
        post = await node.post({ title: 'Locked', body: SECRET_WORD, access: 'members', teaser: 'A sip.' });
        [forLife, monthly] = node.column(`SELECT CAST(id AS TEXT) AS id FROM price WHERE currency = 'EUR' ORDER BY amount DESC`);
    });
    after(async () => {
        await node.close();
        await paypal.close();
    });

    const order = async (client, price = forLife, more = {}) => {
        const page = await client.page(`/@tea/join/${price}`);
        return client.submit(page, '/@tea/buy', { rail: 'paypal', ...more });
    };
    const number = (rs) => /\/pay\/([0-9A-Z]{26})/.exec(rs.path)?.[1];
    const state = (n) => node.column(`SELECT state FROM purchase_order WHERE number = '${n}'`)[0];
    const reads = async (client) => (await client.page(new URL(post.address, node.origin).pathname)).text.includes(SECRET_WORD);

    it('the owner connects: what the app lacks is said, then it is on', async () => {
        paypal.lacks = ['/v1/billing', '/v1/reporting'];
        const page = await owner.page(DESK);
        const wrong = await owner.submit(page, DESK, { f_client_id: 'short', f_secret: 'short', do: 'save' });
        assert.match(words(wrong.text), /one long word each/);
        const unknown = await owner.submit(page, DESK, paypal.form({ f_secret: 'E'.repeat(60) }));
        assert.match(words(unknown.text), /does not know this app/);
        const lacking = await owner.submit(page, DESK, paypal.form());
        assert.match(words(lacking.text), /Something is missing/);
        assert.match(words(lacking.text), /Plans\s+missing/);
        assert.match(words(lacking.text), /Switch on "Transaction search"/);
        assert.ok(!lacking.text.includes(paypal.secret), 'the secret is never shown');
        paypal.lacks = ['/v1/reporting'];
        const on = await owner.submit(lacking, DESK, { f_sandbox: 'true', do: 'test' });
        assert.match(words(on.text), /Connected\. Members can pay/);
        assert.match(words(on.text), /Test mode/);
        paypal.lacks = [];
        assert.equal(paypal.webhook.url, `${node.origin}/hooks/paypal/tea`);
        assert.equal(paypal.webhook.event_types.length, 18);
        assert.equal(node.column(`SELECT merchant FROM rail_account WHERE rail = 'paypal'`)[0], paypal.merchant);
        assert.ok((await node.cli('rail test', { rail: 'paypal' })).every((r) => r.there === 'yes'));
    });

    it('a buyer approves: the page leaves, the message opens, and the money is taken once', async () => {
        const ann = await node.person('ann');
        const leaving = await order(ann);
        assert.equal(leaving.status, 200, words(leaving.text));
        const n = number(leaving), o = paypal.order(n);
        assert.equal(leaving.headers.refresh, `0; url=${paypal.url}/checkoutnow?token=${o.id}`);
        assert.equal(o.purchase_units[0].amount.value, '99.00');
        assert.equal(o.$back, `${node.origin}/pay/${n}?back=1`);
        assert.match(words((await ann.page(`/pay/${n}?back=1`)).text), /Confirming/);
        assert.equal(await reads(ann), false);
        const told = paypal.approve(o);
        assert.equal(await paypal.deliver(told), 200);
        assert.equal(state(n), 'paid');
        const paid = paypal.captured(o);
        for (const e of [paid, told, paid, told]) assert.equal(await paypal.deliver(e), 200);
        assert.ok(await reads(ann));
        assert.match(words((await ann.page(`/pay/${n}?back=1`)).text), /Paid/);
        assert.equal(paypal.asked.filter((a) => a.path.endsWith('/capture')).length, 1);
        assert.equal(paypal.certs, 1, 'its certificate is kept');
        assert.equal(node.column(`SELECT COUNT(*) AS n FROM txn WHERE kind = 'payment'`)[0], 1);
    });

    it('a subscription: each term an order, held when it is cancelled', async () => {
        const bob = await node.person('bob');
        const n = number(await order(bob, monthly)), s = paypal.subscription(n);
        const events = paypal.begin(s);
        for (const e of [...events, ...events].reverse()) assert.ok([200, 503].includes(await paypal.deliver(e)));
        for (const e of events) assert.equal(await paypal.deliver(e), 200);
        assert.equal(state(n), 'paid');
        assert.ok(await reads(bob));
        const next = paypal.charge(s, Date.now() + 40 * 86400e3);
        for (let i = 0; i < 3; i++) assert.equal(await paypal.deliver(next), 200);
        assert.deepEqual(node.column(`SELECT state FROM purchase_order WHERE kind = 'renewal'`), ['paid']);
        Object.assign(s, { status: 'CANCELLED' });
        assert.equal(await paypal.deliver(paypal.event('BILLING.SUBSCRIPTION.CANCELLED', s)), 200);
        assert.equal(node.column('SELECT state FROM rail_subscription')[0], 'ended');
        assert.ok(await reads(bob), 'to the end of what is paid');
    });

    it('another price: its page tells where to agree to it, in their language', async () => {
        const jun = await node.person('jun', { locale: 'zh-CN' });
        const n = number(await order(jun, monthly)), s = paypal.subscription(n);
        for (const e of paypal.begin(s)) assert.equal(await paypal.deliver(e), 200);
        assert.equal(state(n), 'paid');
        const there = `/webapps/billing/subscriptions/update?ba_token=BA-${s.id}`;
        assert.ok(!(await jun.page('/@tea/membership')).text.includes(there));
        await node.cli('price change', { price: monthly, to: 'EUR:12' });
        const to = node.column(`SELECT CAST(MAX(id) AS TEXT) AS id FROM price`)[0];
        await node.cli('price move', { price: monthly, to });
        node.sqlRun(`UPDATE price_move SET effective_at = 1; UPDATE job SET run_at = 1 WHERE kind = 'price.apply'`);
        await eventually('they are asked to agree', async () => (await jun.page('/@tea/membership')).text.includes(there));
        assert.match(words((await jun.page('/@tea/membership')).text), /新价格需要你本人在 PayPal 确认.*去 PayPal 确认/);
        assert.ok(!(await (await node.person('lou')).page('/@tea/membership')).text.includes(there), 'nobody else');
    });

    it('what is forged, from elsewhere, of another time or of real money is refused and opens nothing', async () => {
        const eve = await node.person('eve');
        const n = number(await order(eve)), o = paypal.order(n);
        const e = paypal.approve(o);
        const { privateKey: key } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
        const at = (h) => new Date(Date.now() + h * 3600e3).toISOString().replace(/\.\d+Z/, 'Z');
        for (const wrong of [{ key }, { webhook: '0EH40505U7160970X' }, { algo: 'SHA1withRSA' }, { time: at(2) }, { time: 'now' },
                             { body: (b) => b.replace('99.00', '99.01') }, { body: (b) => b + ' ' },
                             { cert: 'https://api.paypal.com/v1/notifications/certs/CERT-1' },
                             { cert: 'http://169.254.169.254/v1/notifications/certs/CERT-1' }])
            assert.equal(await paypal.deliver(e, wrong), 400, JSON.stringify(wrong));
        const real = { ...e, links: [{ ...e.links[0], href: e.links[0].href.replace('.sandbox', '') }] };
        assert.ok((await paypal.deliver(real)) >= 400);
        assert.equal(state(n), 'pending');
        assert.equal(await reads(eve), false);
        // A certificate that can't be had: PayPal is asked, with the bytes as they came.
        const elsewhere = `${paypal.url}/v1/notifications/certs/CERT-gone-1`;
        assert.equal(await paypal.deliver(e, { cert: elsewhere }), 400);
        paypal.says = 'SUCCESS';
        assert.equal(await paypal.deliver(e, { cert: elsewhere }), 200);
        assert.ok(paypal.pasted.includes(JSON.stringify(e)));
        assert.equal(state(n), 'paid');
    });

    it('a declined card: back to PayPal, and another one', async () => {
        const fay = await node.person('fay');
        const n = number(await order(fay)), o = paypal.order(n);
        paypal.declines = 1;
        paypal.approve(o);
        await fay.page(`/pay/${n}?back=1`);
        await eventually('declined', async () => {
            await fay.fetch(`/pay/${n}/state`);
            return o.status === 'PAYER_ACTION_REQUIRED';
        }, { every: 500 });
        assert.equal(state(n), 'pending');
        const again = await fay.page(`/pay/${n}?go=1`);
        assert.equal(again.headers.refresh, `0; url=${paypal.url}/checkoutnow?token=${o.id}`);
        paypal.approve(o);
        await eventually('taken', async () => !JSON.parse((await fay.fetch(`/pay/${n}/state`)).text).open, { every: 700 });
        assert.equal(state(n), 'paid');
    });

    it('a message that never came: the return page, the job, and the list of events', async () => {
        const cleo = await node.person('cleo');
        const n = number(await order(cleo));
        paypal.approve(paypal.order(n));
        await cleo.page(`/pay/${n}?back=1`);
        await eventually('confirmed by asking', async () => !JSON.parse((await cleo.fetch(`/pay/${n}/state`)).text).open, { every: 500 });
        const dan = await node.person('dan');
        const m = number(await order(dan));
        paypal.approve(paypal.order(m));
        node.sqlRun(`UPDATE job SET run_at = 1 WHERE kind = 'pay.look'`);
        await eventually('found by the job', () => state(m) === 'paid');
        const finn = await node.person('finn');
        const k = number(await order(finn));
        await node.stop();
        paypal.approve(paypal.order(k));
        node.sqlRun(`DELETE FROM job WHERE kind IN ('pay.look', 'pay.call'); UPDATE rail_account SET caught_up_at = caught_up_at - 3600000`);
        await node.serve();
        await eventually('caught up', () => state(k) === 'paid');
        await eventually('fees', () => node.column(`SELECT COUNT(*) AS n FROM txn WHERE kind = 'fee'`)[0] > 0);
    });

    it('money that goes back by hand, and a dispute', async () => {
        const gus = await node.person('gus');
        const n = number(await order(gus)), o = paypal.order(n);
        assert.equal(await paypal.deliver(paypal.approve(o)), 200);
        assert.equal(await paypal.deliver(paypal.giveBack(o, '10.00')), 200);
        assert.equal(state(n), 'part_refunded');
        const d = paypal.dispute(paypal.captureOf(o));
        assert.equal(await paypal.deliver(paypal.disputed(d)), 200);
        assert.equal(state(n), 'disputed');
        assert.equal(await reads(gus), false);
        Object.assign(d, { status: 'RESOLVED', dispute_outcome: { outcome_code: 'RESOLVED_SELLER_FAVOUR' } });
        assert.equal(await paypal.deliver(paypal.disputed(d)), 200);
        assert.equal(state(n), 'part_refunded');
        assert.ok(await reads(gus));
        assert.equal(await paypal.deliver(paypal.giveBack(o, '89.00')), 200);
        assert.equal(state(n), 'refunded');
        assert.equal(await reads(gus), false);
        await node.sound();
    });

    it('a PayPal that is away, and an answer that was lost, make no second order', async () => {
        const hal = await node.person('hal');
        paypal.down = 1;
        assert.equal(state(number(await order(hal))), 'pending', 'tried again by itself');
        const ida = await node.person('ida');
        paypal.dropAnswers = 1;
        const m = number(await order(ida));
        assert.equal([...paypal.orders.values()].filter((o) => o.purchase_units[0].custom_id === m).length, 1);
        const jan = await node.person('jan');
        paypal.down = 100;
        const page = await order(jan);
        assert.ok(page.status >= 500, `${page.status}`);
        assert.match(words(page.text), /does not answer/);
        paypal.down = 0;
    });

    it('killed between approval and the answer to its capture: taken once', async () => {
        const kim = await node.person('kim');
        const n = number(await order(kim)), o = paypal.order(n);
        paypal.slow = 1500;
        const going = paypal.deliver(paypal.approve(o)).catch(() => null);
        await eventually('written down', () => node.column(`SELECT COUNT(*) AS n FROM pay_outbox WHERE step = 'capture' AND state = 'calling'`)[0] === 1);
        await node.kill9();
        await going;
        paypal.slow = 0;
        node.sqlRun(`UPDATE pay_outbox SET lease_until = 1 WHERE state = 'calling'; UPDATE job SET run_at = 1 WHERE kind IN ('pay.call', 'pay.look')`);
        await node.serve();
        await eventually('made good', () => state(n) === 'paid');
        assert.equal(paypal.order(n).purchase_units[0].payments.captures.length, 1);
        await node.sound();
    });

    it('a storm of all that was told, shuffled and twice, changes nothing more', async () => {
        const before = node.column('SELECT COUNT(*) AS n FROM txn')[0];
        const all = [...paypal.events, ...paypal.events].map((e) => [Math.random(), e]).sort((a, b) => a[0] - b[0]).map(([, e]) => e);
        for (let i = 0; i < all.length; i += 8)
            for (const status of await Promise.all(all.slice(i, i + 8).map((e) => paypal.deliver(e)))) assert.ok(status === 200 || status === 503, `${status}`);
        await node.sound();
        assert.equal(node.column('SELECT COUNT(*) AS n FROM txn')[0], before);
    });

    it('switched off it takes nothing new, and still hears; nothing secret stands in the log', async () => {
        const page = await owner.page(DESK);
        await owner.submit(page, DESK, { do: 'off' });
        const s = [...paypal.subscriptions.values()][0];
        assert.equal(await paypal.deliver(paypal.event('BILLING.SUBSCRIPTION.UPDATED', s)), 200);
        await node.cli('rail disconnect', { rail: 'paypal', forget: true });
        assert.ok((await paypal.deliver(paypal.event('BILLING.SUBSCRIPTION.UPDATED', s))) >= 400);
        const log = node.log();
        for (const secret of [paypal.secret, paypal.token]) assert.ok(!log.includes(secret));
    });
});
