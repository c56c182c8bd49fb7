// The Stripe rail against a Stripe of our own (tests/rig/stripe.mjs), whose headers Stripe's SDK signs: connecting,
// paying once and by subscription, messages that are late, twice, forged or missed, refunds, disputes, crashes.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node, eventually } from '../rig/node.mjs';
import { unescape } from '../rig/client.mjs';
import { FakeStripe, sdk } from '../rig/stripe.mjs';

// All words of a page.
const words = (html) => unescape(html.replace(/<head[\s\S]*?<\/head>/, '').replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ');
const SECRET_WORD = 'osmanthus' + Math.random().toString(36).slice(2, 8);

describe('Stripe', () => {
    let node, stripe, owner, post, price;

    before(async () => {
        stripe = await FakeStripe.start();
        node = await Node.start({ name: 'stripe' });
        await node.cli('settings set', { key: 'pay.stripe.base_url', value: stripe.url });
        owner = await node.ownerSession();
        const tiers = await owner.page('/desk/tea/tiers');
        await owner.submit(tiers, /\/tiers\/\d+\/prices/, { amount: '30', currency: 'CNY', length: '1', unit: 'month' });
        post = await node.post({ title: 'Locked', body: SECRET_WORD, access: 'members', teaser: 'A sip.' });
        const join = await owner.page('/@tea/join');
        price = /\/join\/(\d+)/.exec(join.text)[1];
    });
    after(async () => {
        await node.close();
        await stripe.close();
    });

    const order = async (client, more = {}) => {
        const page = await client.page(`/@tea/join/${price}`);
        return client.submit(page, '/@tea/buy', { rail: 'stripe', ...more });
    };
    const number = (rs) => /\/pay\/([0-9A-Z]{26})/.exec(rs.path)?.[1];
    const state = (n) => node.column(`SELECT state FROM purchase_order WHERE number = '${n}'`)[0];
    const reads = async (client) => (await client.page(new URL(post.address, node.origin).pathname)).text.includes(SECRET_WORD);

    it('the owner connects: what the key lacks is said, then it is on', async () => {
        stripe.lacks = ['/v1/refunds', '/v1/disputes'];
        const list = await owner.page('/desk/tea/money/providers');
        assert.match(words(list.text), /Not connected/);
        const page = await owner.page('/desk/tea/money/providers/stripe');
        const wrong = await owner.submit(page, '/desk/tea/money/providers/stripe', { f_key: 'pk_live_x', do: 'save' });
        assert.ok(wrong.status >= 400);
        assert.match(words(wrong.text), /begins with rk_/);
        const lacking = await owner.submit(page, '/desk/tea/money/providers/stripe', { f_key: stripe.key, do: 'save' });
        assert.match(words(lacking.text), /Something is missing/);
        assert.match(words(lacking.text), /Refunds\s+missing/);
        assert.match(words(lacking.text), /Disputes\s+missing/);
        assert.ok(!lacking.text.includes(stripe.key), 'the key is never shown');
        assert.ok(lacking.text.includes('…' + stripe.key.slice(-4)), 'its last four are');
        stripe.lacks = [];
        const on = await owner.submit(lacking, '/desk/tea/money/providers/stripe', { do: 'test' });
        assert.match(words(on.text), /Connected\. Members can pay/);
        assert.match(words(on.text), /Test mode/);
        assert.equal(stripe.endpoint.url, `${node.origin}/hooks/stripe/tea`);
        const cli = await node.cli('rail list');
        assert.equal(cli.find((r) => r.rail === 'stripe').state, 'on');
        assert.ok((await node.cli('rail test', { rail: 'stripe' })).every((r) => r.there === 'yes'));
        assert.ok(!JSON.stringify(node.sql('SELECT settings, hints, rights, last_error FROM rail_account')).includes(stripe.key));
        const partner = await node.person('paula');
        assert.equal((await partner.fetch('/desk/tea/money/providers')).status, 404);
    });

    it('a member subscribes: the page leaves, the message opens, the return page only looks', async () => {
        const ann = await node.person('ann');
        const leaving = await order(ann);
        assert.equal(leaving.status, 200, words(leaving.text));
        const n = number(leaving);
        const s = stripe.session(n);
        assert.equal(leaving.headers.refresh, `0; url=${s.url}`);
        assert.equal(s.mode, 'subscription');
        assert.equal(s.amount_total, 3000);
        assert.equal(s.success_url, `${node.origin}/pay/${n}?back=1`);
        assert.equal(state(n), 'pending');
        // Back without having paid: nothing.
        const early = await ann.page(`/pay/${n}?back=1`);
        assert.match(words(early.text), /Confirming/);
        assert.equal(JSON.parse((await ann.fetch(`/pay/${n}/state`)).text).open, true);
        assert.equal(await reads(ann), false);
        const events = stripe.pay(s);
        for (const e of [...events, ...events].reverse()) // late, reversed, twice
            assert.equal(await stripe.deliver(e), 200);
        assert.equal(state(n), 'paid');
        assert.ok(await reads(ann));
        assert.match(words((await ann.page(`/pay/${n}?back=1`)).text), /Paid/);
        assert.equal(node.column('SELECT COUNT(*) AS n FROM rail_subscription')[0], 1);
        assert.equal(node.column(`SELECT COUNT(*) AS n FROM txn WHERE kind = 'payment'`)[0], 1);
        const bob = await node.person('bob');
        assert.equal((await bob.fetch(`/pay/${n}`)).status, 404, 'an order is its buyer\'s');
    });

    it('a further term is an order of its own; cancelling there is known here', async () => {
        const sub = stripe.subscriptions()[0];
        for (const e of stripe.renew(sub)) assert.equal(await stripe.deliver(e), 200);
        assert.deepEqual(node.column(`SELECT state FROM purchase_order WHERE kind = 'renewal'`), ['paid']);
        sub.cancel_at_period_end = true;
        assert.equal(await stripe.deliver(stripe.event('customer.subscription.updated', sub)), 200);
        assert.equal(node.column('SELECT ends_with_term FROM rail_subscription')[0], 1);
    });

    it('what is forged, old, of another time or of real money is refused and opens nothing', async () => {
        const eve = await node.person('eve');
        const n = number(await order(eve));
        const [e] = stripe.pay(stripe.session(n)).slice(-1);
        const now = Math.floor(Date.now() / 1000);
        assert.equal(await stripe.deliver(e, { secret: 'whsec_other' }), 400);
        assert.equal(await stripe.deliver(e, { timestamp: now - 400 }), 400);
        assert.equal(await stripe.deliver(e, { timestamp: now + 400 }), 400);
        assert.equal(await stripe.deliver(e, { body: (b) => b.replace('3000', '3001') }), 400);
        assert.equal(await stripe.deliver(e, { body: (b) => b + ' ' }), 400);
        assert.ok((await stripe.deliver({ ...e, livemode: true })) >= 400);
        assert.equal(state(n), 'pending');
        assert.equal(await reads(eve), false);
        // Our check and the SDK's agree about a good one.
        const payload = JSON.stringify(e);
        const header = sdk.webhooks.generateTestHeaderString({ payload, secret: stripe.endpoint.secret });
        assert.equal(sdk.webhooks.constructEvent(payload, header, stripe.endpoint.secret).id, e.id);
        assert.equal(await stripe.deliver(e), 200);
        assert.equal(state(n), 'paid');
    });

    it('a message that never came: the return page asks, and so does the job', async () => {
        const cleo = await node.person('cleo');
        const n = number(await order(cleo));
        stripe.pay(stripe.session(n));
        await cleo.page(`/pay/${n}?back=1`);
        await eventually('confirmed by asking', async () => !JSON.parse((await cleo.fetch(`/pay/${n}/state`)).text).open, { every: 500 });
        assert.equal(state(n), 'paid');
        const dan = await node.person('dan');
        const m = number(await order(dan));
        stripe.pay(stripe.session(m));
        assert.equal(node.column(`SELECT COUNT(*) AS n FROM job WHERE kind = 'pay.look'`)[0] > 0, true);
        node.sqlRun(`UPDATE job SET run_at = 1 WHERE kind = 'pay.look'`);
        await eventually('found by the job', () => state(m) === 'paid');
    });

    it('what was told while nobody heard is caught up with', async () => {
        const finn = await node.person('finn');
        const n = number(await order(finn));
        await node.stop();
        stripe.pay(stripe.session(n));
        node.sqlRun(`DELETE FROM job WHERE kind IN ('pay.look', 'pay.call'); UPDATE rail_account SET caught_up_at = caught_up_at - 3600000`);
        await node.serve();
        await eventually('caught up', () => state(n) === 'paid');
    });

    it('money that goes back by the dashboard, and a dispute', async () => {
        const gus = await node.person('gus');
        const form = await owner.page('/desk/tea/money/providers/stripe');
        await owner.submit(form, '/desk/tea/money/providers/stripe', { f_one_off: 'true', do: 'save' });
        const n = number(await order(gus));
        const s = stripe.session(n);
        assert.equal(s.mode, 'payment', 'each term by itself');
        for (const e of stripe.pay(s)) assert.equal(await stripe.deliver(e), 200);
        assert.ok(await reads(gus));
        const charge = stripe.objects.get(stripe.objects.get(s.payment_intent).latest_charge);
        charge.amount_refunded = 1000;
        assert.equal(await stripe.deliver(stripe.event('charge.refunded', charge)), 200);
        assert.equal(state(n), 'part_refunded');
        const [d, opened] = stripe.dispute(s);
        assert.equal(await stripe.deliver(opened), 200);
        assert.equal(state(n), 'disputed');
        assert.equal(await reads(gus), false);
        d.status = 'won';
        assert.equal(await stripe.deliver(stripe.event('charge.dispute.closed', d)), 200);
        assert.equal(state(n), 'part_refunded');
        assert.ok(await reads(gus));
        charge.amount_refunded = 3000;
        assert.equal(await stripe.deliver(stripe.event('charge.refunded', charge)), 200);
        assert.equal(state(n), 'refunded');
        assert.equal(await reads(gus), false);
        await node.sound();
    });

    it('a Stripe that is away, and an answer that was lost, make no second session', async () => {
        const hal = await node.person('hal');
        stripe.down = 1;
        const n = number(await order(hal));
        assert.equal(state(n), 'pending', 'tried again by itself');
        const ida = await node.person('ida');
        stripe.dropAnswers = 1;
        const before = stripe.asked.filter((a) => a.path === '/v1/checkout/sessions').length;
        const m = number(await order(ida));
        const asked = stripe.asked.filter((a) => a.path === '/v1/checkout/sessions' && a.method === 'POST').slice(before);
        assert.equal(state(m), 'pending');
        assert.equal([...stripe.objects.values()].filter((o) => o.client_reference_id === m).length, 1);
        assert.equal(new Set(asked.filter((a) => a.body.includes(m)).map((a) => a.key)).size, 1, 'the same key');
        const jan = await node.person('jan');
        stripe.down = 100;
        const page = await order(jan);
        assert.ok(page.status >= 500, `${page.status}`);
        assert.match(words(page.text), /does not answer/);
        stripe.down = 0;
    });

    it('killed between the row and the answer: the call is made again, once', async () => {
        const kim = await node.person('kim');
        stripe.slow = 3000;
        const going = order(kim).catch(() => null);
        await eventually('written down', () => node.column(`SELECT COUNT(*) AS n FROM pay_outbox WHERE state = 'calling'`)[0] === 1);
        await node.kill9();
        await going;
        stripe.slow = 0;
        const [n] = node.column(`SELECT o.number FROM purchase_order o JOIN pay_outbox p ON p.order_id = o.id WHERE p.state = 'calling'`);
        node.sqlRun(`UPDATE pay_outbox SET lease_until = 1 WHERE state = 'calling'; UPDATE job SET run_at = 1 WHERE kind = 'pay.call'`);
        await node.serve();
        await eventually('made good', () => state(n) === 'pending');
        assert.equal([...stripe.objects.values()].filter((o) => o.client_reference_id === n).length, 1);
        const back = await node.enter((await node.cli('account login', { account: 'kim@example.net' })).sign_in);
        const page = await back.page(`/pay/${n}?go=1`);
        assert.equal(page.headers.refresh, `0; url=${stripe.session(n).url}`);
    });

    it('a slow Stripe holds no worker', async () => {
        stripe.slow = 6000;
        const people = await Promise.all(['l1', 'l2', 'l3', 'l4', 'l5', 'l6'].map((n) => node.person(n)));
        const pages = await Promise.all(people.map((c) => c.page(`/@tea/join/${price}`)));
        const going = people.map((c, i) => c.submit(pages[i], '/@tea/buy', { rail: 'stripe' }));
        await eventually('they wait', () => node.column(`SELECT COUNT(*) AS n FROM pay_outbox WHERE state = 'calling'`)[0] >= 5);
        let settled = 0;
        for (const rs of going) rs.finally(() => settled++);
        await node.client().page('/@tea');
        assert.equal(settled, 0, 'others are served meanwhile');
        for (const rs of await Promise.all(going)) assert.equal(rs.status, 200);
        stripe.slow = 0;
    });

    it('free days with a card first: one a card, charged by itself when they are over', async () => {
        const settings = await owner.page('/desk/tea/money/providers/stripe');
        await owner.submit(settings, '/desk/tea/money/providers/stripe', { f_one_off: '', do: 'save' });
        await node.cli('trial rule', { 'card-first': 'yes' });
        const tiers = await owner.page('/desk/tea/tiers');
        await owner.submit(tiers, /\/tiers\/\d+\/prices/, { amount: '20', currency: 'CNY', length: '1', unit: 'month', trial_days: '7' });
        const [tried] = node.column('SELECT CAST(id AS TEXT) AS id FROM price WHERE trial_days = 7 ORDER BY id DESC LIMIT 1');
        const tryOut = async (name) => {
            const who = await node.person(name);
            const page = await who.page(`/@tea/join/${tried}`);
            assert.match(words(page.text), /charged nothing/);
            return [who, number(await who.submit(page, '/@tea/trial', { rail: 'stripe' }))];
        };
        stripe.card('card-one');
        const [mia, n] = await tryOut('mia');
        const s = stripe.session(n), sent = stripe.asked.findLast((a) => a.path === '/v1/checkout/sessions').body;
        assert.match(sent, /subscription_data%5Btrial_period_days%5D=7/);
        for (const e of stripe.pay(s)) assert.equal(await stripe.deliver(e), 200);
        assert.equal(state(n), 'paid');
        assert.ok(await reads(mia));
        assert.equal(node.column(`SELECT COUNT(*) AS n FROM entry e JOIN txn t ON t.id = e.txn_id JOIN purchase_order o ON o.id = t.order_id WHERE o.number = '${n}'`)[0], 0);
        const sub = stripe.objects.get(s.subscription);
        for (const e of stripe.renew(sub)) assert.equal(await stripe.deliver(e), 200);
        assert.equal(node.column(`SELECT COUNT(*) AS n FROM purchase_order WHERE kind = 'renewal' AND total = 2000 AND state = 'paid'`)[0], 1);
        const [ned, m] = await tryOut('ned'); // another account, the same card
        const again = stripe.session(m);
        for (const e of stripe.pay(again)) assert.equal(await stripe.deliver(e), 200);
        assert.equal(state(m), 'failed');
        assert.equal(await reads(ned), false);
        await eventually('ended there', () => stripe.objects.get(again.subscription).status === 'canceled');
        await node.cli('trial rule', { 'card-first': 'no' });
        await node.sound();
    });

    it('a coupon goes on in the subscription as long as it says', async () => {
        for (const [code, periods, words_] of [['ONCE', 1, 'once'], ['THRICE', 3, 'repeating'], ['EVER', 0, 'forever']]) {
            await node.cli('coupon create', { code, percent: '50', terms: periods || 'ever' });
            const who = await node.person(`coupon_${code.toLowerCase()}`);
            const page = await who.page(`/@tea/join/${price}?coupon=${code}`);
            const n = number(await who.submit(page, '/@tea/buy', { rail: 'stripe' }));
            const s = stripe.session(n), sent = stripe.asked.findLast((a) => a.path === '/v1/coupons').body;
            assert.equal(s.amount_total, 1500, code);
            assert.match(sent, new RegExp(`duration=${words_}`));
            assert.equal(/duration_in_months=3/.test(sent), words_ === 'repeating');
        }
    });

    it('an early fraud warning is a letter to the owner', async () => {
        const s = [...stripe.objects.values()].find((o) => o.object === 'checkout.session' && o.payment_intent);
        const charge = stripe.objects.get(stripe.objects.get(s.payment_intent).latest_charge);
        const e = stripe.event('radar.early_fraud_warning.created', { id: 'issfr_1', object: 'radar.early_fraud_warning', actionable: true, charge: charge.id });
        for (let i = 0; i < 2; i++) assert.equal(await stripe.deliver(e), 200);
        assert.match(words((await owner.page('/me/notices')).text), /may be fraud/);
        assert.equal(node.column(`SELECT COUNT(*) AS n FROM letter WHERE kind = 'fraud'`)[0], 1);
    });

    it('switched off it takes nothing new, and still hears', async () => {
        const page = await owner.page('/desk/tea/money/providers/stripe');
        await owner.submit(page, '/desk/tea/money/providers/stripe', { do: 'off' });
        const sub = stripe.subscriptions()[1];
        for (const e of stripe.renew(sub)) assert.equal(await stripe.deliver(e), 200);
        await node.cli('rail disconnect', { rail: 'stripe', forget: true });
        assert.ok((await stripe.deliver(stripe.event('customer.subscription.updated', sub))) >= 400);
        await node.sound();
    });

    it('nothing secret stands in the log', () => {
        const log = node.log();
        for (const s of [stripe.key, stripe.endpoint.secret]) assert.ok(!log.includes(s));
    });
});
