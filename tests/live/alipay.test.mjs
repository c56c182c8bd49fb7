// The Alipay rail against a gateway of our own (tests/rig/alipay.mjs), whose notices and answers Alipay's own SDK
// takes: connecting, its page on desk and phone, a code, notices that are forged, late or lost, refunds.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { Node, eventually } from '../rig/node.mjs';
import { Client, words } from '../rig/client.mjs';
import { FakeAlipay } from '../rig/alipay.mjs';
import { scan } from '../rig/qr.mjs';

const PHONE = 'Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/130.0 Mobile Safari/537.36';
const SECRET_WORD = 'osmanthus' + Math.random().toString(36).slice(2, 8);

describe('Alipay', () => {
    let node, alipay, owner, post, price, hook;

    before(async () => {
        alipay = await FakeAlipay.start();
        node = await Node.start({ name: 'alipay', title: '茶 & "Tea"' });
        await node.cli('settings set', { key: 'pay.alipay.base_url', value: alipay.url });
        owner = await node.ownerSession();
        const tiers = await owner.page('/desk/tea/tiers');
        await owner.submit(tiers, /\/tiers\/\d+\/prices/, { amount: '99', currency: 'CNY', length: '1', unit: 'year' });
        post = await node.post({ title: 'Locked', body: SECRET_WORD, access: 'members', teaser: 'A sip.' });
        price = /\/join\/(\d+)/.exec((await owner.page('/@tea/join')).text)[1];
        hook = `${node.origin}/hooks/alipay/tea`;
    });
    after(async () => {
        await node.close();
        await alipay.close();
    });

    const as = (client, agent) => Object.assign(client, {
        fetch(path, o = {}) { return Client.prototype.fetch.call(this, path, { ...o, headers: { ...o.headers, 'user-agent': agent } }); } });
    const order = async (client) => client.submit(await client.page(`/@tea/join/${price}`), '/@tea/buy', { rail: 'alipay' });
    const number = (rs) => /\/pay\/([0-9A-Z]{26})/.exec(rs.path)?.[1];
    const state = (n) => node.column(`SELECT state FROM purchase_order WHERE number = '${n}'`)[0];
    const reads = async (client) => (await client.page(new URL(post.address).pathname)).text.includes(SECRET_WORD);
    const tray = () => node.column('SELECT COUNT(*) AS n FROM unmatched')[0];
    // As the owner's script would: the fields as JSON on the standard input.
    const connect = async (more) => {
        const fields = Object.entries(alipay.form(more)).filter(([, v]) => v !== undefined).map(([k, v]) => [k.slice(2), v]);
        try {
            return { status: 200, text: JSON.stringify(await node.cli('rail connect', { rail: 'alipay', file: '-' }, { input: JSON.stringify(Object.fromEntries(fields)) })) };
        } catch (e) {
            return { status: 422, text: e.stderr || node.column('SELECT rights FROM rail_account')[0] };
        }
    };
    const gone = (rs) => rs.headers.refresh.slice('0; url='.length);
    const paid = async (name) => {
        const client = await node.person(name), page = await order(client), n = number(page);
        alipay.arrive(gone(page));
        assert.equal(await alipay.deliver(hook, alipay.notice(alipay.pay(n))), 200);
        assert.equal(state(n), 'paid');
        return [client, n];
    };

    it('the owner connects: which key is wrong is said', async () => {
        const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
        const base64 = (k, type) => k.export({ type, format: 'der' }).toString('base64');
        assert.equal(Math.floor((await connect({ f_seller_id: '123' })).status / 100), 4);
        assert.equal(Math.floor((await connect({ f_alipay_public_key: base64(alipay.app.publicKey, 'spki') })).status / 100), 4, 'the app\'s own');
        const unknown = await connect({ f_private_key: base64(other.privateKey, 'pkcs1') });
        assert.ok(unknown.text.includes(base64(other.publicKey, 'spki').slice(0, 60).replaceAll('+', '+')), 'the public key to upload is shown');
        const forged = await connect({ f_alipay_public_key: base64(other.publicKey, 'spki') });
        assert.match(words(forged.text), /not signed by this key/);
        assert.equal(node.column(`SELECT state FROM rail_account WHERE rail = 'alipay'`)[0], 'draft');
        const on = await connect();
        assert.equal(node.column(`SELECT state FROM rail_account WHERE rail = 'alipay'`)[0], 'on', words(on.text));
        const secret = base64(alipay.app.privateKey, 'pkcs8').slice(100, 160);
        assert.ok(!on.text.includes(secret) && !node.log().includes(secret));
    });

    it('its page on a desk: paid, told, open', async () => {
        const ann = await node.person('ann');
        const page = await order(ann), n = number(page);
        const t = alipay.arrive(gone(page));
        assert.equal(t.method, 'alipay.trade.page.pay');
        assert.equal(t.total, 9900);
        assert.equal(t.notify, hook);
        assert.equal(t.back, `${node.origin}/pay/${n}?back=1`);
        await ann.page(`/pay/${n}?back=1&out_trade_no=${n}&trade_no=1&total_amount=99.00&sign=abc`); // comes back: grants nothing
        assert.equal(await reads(ann), false);
        const notice = alipay.notice(alipay.pay(n));
        for (let i = 0; i < 3; i++) assert.equal(await alipay.deliver(hook, notice), 200);
        assert.equal(state(n), 'paid');
        assert.ok(await reads(ann));
        assert.equal(node.column(`SELECT COUNT(*) AS n FROM txn WHERE kind = 'payment'`)[0], 1);
    });

    it('a phone goes to the app; with payment in person the desk shows a code', async () => {
        const bob = as(await node.person('bob'), PHONE);
        assert.equal(alipay.arrive(gone(await order(bob))).method, 'alipay.trade.wap.pay');
        alipay.lacks = ['alipay.trade.precreate'];
        assert.match(words((await connect({ f_qr: 'true' })).text), /insufficient-isv-permissions/);
        alipay.lacks = [];
        await connect({ f_qr: 'true' });
        assert.ok(alipay.closed.every((n) => n.startsWith('PROBE')) && alipay.closed.length > 0, 'the trial order is closed');
        const cleo = await node.person('cleo'), page = await order(cleo), n = number(page);
        assert.equal(scan(page.text), `https://qr.alipay.com/${n.slice(-12)}`);
        assert.equal(await alipay.deliver(hook, alipay.notice(alipay.pay(n), {}, { typed: true })), 200);
        assert.equal(state(n), 'paid');
        await connect({ f_qr: '' });
    });

    it('what is forged is refused, bit by bit', async () => {
        const eve = await node.person('eve'), page = await order(eve), n = number(page);
        alipay.arrive(gone(page));
        const v = alipay.notice(alipay.pay(n));
        for (const name of Object.keys(v).filter((k) => k !== 'sign_type')) {
            assert.ok((await alipay.deliver(hook, { ...v, [name]: `${v[name]}1` })) >= 400, name);
            const { [name]: _, ...without } = v;
            assert.ok((await alipay.deliver(hook, without)) >= 400, `without ${name}`);
        }
        assert.ok((await alipay.deliver(hook, { ...v, sign_type: 'RSA' })) >= 400);
        assert.ok((await alipay.deliver(hook, `${new URLSearchParams(v)}&total_amount=0.01`)) >= 400, 'a field twice');
        assert.equal(state(n), 'pending');
        assert.equal(await alipay.deliver(hook, v), 200);
        assert.equal(state(n), 'paid');
    });

    it('another amount, seller or app lies in the tray', async () => {
        const finn = await node.person('finn'), page = await order(finn), n = number(page);
        alipay.arrive(gone(page));
        const t = alipay.pay(n);
        alipay.down = 1000;
        for (const [i, changes] of [{ total_amount: '98.99' }, { seller_id: '2088102119685839' }, { app_id: '2021000000000001' }].entries()) {
            assert.equal(await alipay.deliver(hook, alipay.notice(t, changes)), 200);
            assert.equal(state(n), 'pending');
            assert.equal(tray(), i + 1);
        }
        assert.equal(await alipay.deliver(hook, alipay.notice(t)), 200);
        assert.equal(state(n), 'paid');
        alipay.down = 0;
    });

    it('a notice that never came is asked for', async () => {
        const gus = await node.person('gus'), page = await order(gus), n = number(page);
        assert.equal(JSON.parse((await gus.fetch(`/pay/${n}/state`)).text).open, true, 'not begun yet');
        alipay.arrive(gone(page));
        alipay.pay(n);
        await eventually('confirmed by asking', async () => !JSON.parse((await gus.fetch(`/pay/${n}/state`)).text).open, { every: 500 });
        assert.equal(state(n), 'paid');
    });

    it('a refund goes out once, whatever is lost; its notice is no second payment', async () => {
        const [ida, n] = await paid('ida');
        alipay.dropAnswers = 1;
        await node.cli('order refund', { number: n });
        await eventually('given back', () => state(n) === 'refunded');
        const t = alipay.trades.get(n);
        assert.equal(t.refunds.size, 1);
        assert.equal(alipay.sum(t), 9900);
        assert.equal(await reads(ida), false);
        const books = node.column('SELECT COUNT(*) AS n FROM txn')[0];
        for (let i = 0; i < 2; i++) assert.equal(await alipay.deliver(hook, alipay.refundNotice(t)), 200);
        assert.equal(node.column('SELECT COUNT(*) AS n FROM txn')[0], books);
        await node.sound();
    });

    it('a part that the owner gave back in the console', async () => {
        const [jan, n] = await paid('jan');
        const t = alipay.trades.get(n);
        t.refunds.set('console', 4000);
        for (let i = 0; i < 2; i++) assert.equal(await alipay.deliver(hook, alipay.refundNotice(t)), 200);
        assert.equal(state(n), 'part_refunded');
        assert.equal(node.column(`SELECT refunded FROM purchase_order WHERE number = '${n}'`)[0], 4000);
        assert.ok(await reads(jan));
        await node.sound();
    });

    it('its bill of a day is read: fees are booked, and what was never told is found', async () => {
        const before = Date.now() - 2 * 24 * 3600e3, fees = () => Number(node.column(`SELECT COALESCE(SUM(amount), 0) AS n FROM entry WHERE account = 'fee:alipay'`)[0]);
        const buy = async (name) => { const page = await order(await node.person(name)); alipay.arrive(gone(page)); return number(page); };
        const told = await buy('kim'), silent = await buy('lou');
        assert.equal(await alipay.deliver(hook, alipay.notice(alipay.pay(told, before))), 200);
        alipay.silent = silent; // nobody is told, and asking finds nothing
        alipay.pay(silent, before);
        const seen = fees();
        for (let i = 0; i < 2; i++) await node.cli('reconcile run', { rail: 'alipay', days: 4 });
        assert.equal(fees() - seen, 2 * 59, 'once');
        assert.deepEqual((await node.cli('reconcile list')).map((d) => [d.what, d.order]), [['missing_here', silent]]);
        alipay.lacks = ['alipay.data.dataservice.bill.downloadurl.query'];
        await assert.rejects(node.cli('reconcile run', { rail: 'alipay', days: 4 }));
        alipay.lacks = [];
        await node.sound();
    });
});

describe('Alipay, by certificates', () => {
    let node, alipay, owner, price, hook;

    before(async () => {
        alipay = await FakeAlipay.start({ certificates: true });
        node = await Node.start({ name: 'alipay-certs', title: '茶' });
        await node.cli('settings set', { key: 'pay.alipay.base_url', value: alipay.url });
        owner = await node.ownerSession();
        await owner.submit(await owner.page('/desk/tea/tiers'), /\/tiers\/\d+\/prices/, { amount: '99', currency: 'CNY', length: '1', unit: 'year' });
        price = /\/join\/(\d+)/.exec((await owner.page('/@tea/join')).text)[1];
        hook = `${node.origin}/hooks/alipay/tea`;
    });
    after(async () => {
        await node.close();
        await alipay.close();
    });
    const column = (sql) => node.column(sql)[0];
    const state = (n) => column(`SELECT state FROM purchase_order WHERE number = '${n}'`);
    const buy = async (name) => {
        const client = await node.person(name);
        const page = await client.submit(await client.page(`/@tea/join/${price}`), '/@tea/buy', { rail: 'alipay' });
        alipay.arrive(page.headers.refresh.slice('0; url='.length));
        return [client, /\/pay\/([0-9A-Z]{26})/.exec(page.path)[1]];
    };
    const polled = async (client, n) => JSON.parse((await client.fetch(`/pay/${n}/state`)).text).open;

    it('the owner pastes three files on the page, and pays with them', async () => {
        const here = '/desk/tea/money/providers/alipay', page = await owner.page(here);
        const without = await owner.submit(page, here, { ...alipay.form({ f_root_cert: '' }), do: 'save' });
        assert.match(words(without.text), /Certificate mode needs all/);
        const on = await owner.submit(page, here, { ...alipay.form(), do: 'save' });
        assert.equal(column(`SELECT state FROM rail_account WHERE rail = 'alipay'`), 'on', words(on.text));
        const rights = JSON.parse(column(`SELECT rights FROM rail_account WHERE rail = 'alipay'`));
        assert.ok(rights.every((r) => r.ok), JSON.stringify(rights));
        assert.equal(rights.length, 5);
        const [, n] = await buy('ann');
        assert.equal(await alipay.deliver(hook, alipay.notice(alipay.pay(n))), 200);
        assert.equal(state(n), 'paid');
        assert.deepEqual(alipay.downloads, []);
    });

    it('the next certificate is fetched once, when an answer or a notice names it', async () => {
        alipay.rotate();
        const [bob, first] = await buy('bob');
        const notice = alipay.notice(alipay.pay(first), { alipay_cert_sn: alipay.sdk.config.alipayCertSn });
        assert.equal(await alipay.deliver(hook, notice), 200);
        assert.equal(state(first), 'paid');
        assert.deepEqual(alipay.downloads, [alipay.sdk.config.alipayCertSn]);
        alipay.rotate();
        const [cleo, second] = await buy('cleo');
        assert.ok(await alipay.deliver(hook, alipay.notice(alipay.pay(second))) >= 400, 'it doesn\'t say by whom: not known yet');
        await eventually('asked, and learned', async () => !(await polled(cleo, second)), { every: 500 });
        assert.equal(state(second), 'paid');
        const [, third] = await buy('dan');
        assert.equal(await alipay.deliver(hook, alipay.notice(alipay.pay(third))), 200);
        assert.equal(state(third), 'paid');
        assert.equal(alipay.downloads.length, 2);
        assert.equal(await polled(bob, first), false);
    });

    it('a certificate that is of another, or of the authority for apps, is not believed', async () => {
        for (const [make, pid] of [['alipay', '2088102119685839'], ['pretender', alipay.sellerId]]) {
            const before = { own: alipay.own, cert: alipay.ownCert };
            alipay.rotate(make, pid);
            const [eve, n] = await buy(`eve_${make}`);
            const notice = alipay.notice(alipay.pay(n), { alipay_cert_sn: alipay.sdk.config.alipayCertSn });
            assert.ok(await alipay.deliver(hook, notice) >= 400);
            assert.ok(await alipay.deliver(hook, alipay.notice(alipay.trades.get(n), { alipay_cert_sn: '../../etc' })) >= 400);
            await polled(eve, n);
            assert.equal(state(n), 'pending');
            alipay.sign_with(before.own, before.cert);
        }
        await node.sound();
    });
});
