// The WeChat Pay rail against a merchant platform of our own (tests/rig/wechat.mjs), which signs and seals with
// other people's code: connecting, a code on the desk, the app from a phone, inside WeChat, messages that are
// forged, late or lost, refunds, the move from certificates to the public key.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node, eventually } from '../rig/node.mjs';
import { Client, words } from '../rig/client.mjs';
import { FakeWechat } from '../rig/wechat.mjs';
import { scan } from '../rig/qr.mjs';

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1';
const INSIDE = `${PHONE} MicroMessenger/8.0.50`;
const SECRET_WORD = 'osmanthus' + Math.random().toString(36).slice(2, 8);

describe('WeChat Pay', () => {
    let node, wechat, owner, post, price, hook;

    before(async () => {
        wechat = await FakeWechat.start();
        node = await Node.start({ name: 'wechat', lang: 'zh-CN' });
        await node.cli('settings set', { key: 'pay.wechat.base_url', value: wechat.url });
        owner = await node.ownerSession();
        const tiers = await owner.page('/desk/tea/tiers');
        await owner.submit(tiers, /\/tiers\/\d+\/prices/, { amount: '99', currency: 'CNY', length: '1', unit: 'year' });
        post = await node.post({ title: 'Locked', body: SECRET_WORD, access: 'members', teaser: 'A sip.' });
        price = /\/join\/(\d+)/.exec((await owner.page('/@tea/join')).text)[1];
        hook = `${node.origin}/hooks/wechat/tea`;
    });
    after(async () => {
        await node.close();
        await wechat.close();
    });

    const as = (client, agent) => Object.assign(client, {
        fetch(path, o = {}) { return Client.prototype.fetch.call(this, path, { ...o, headers: { ...o.headers, 'user-agent': agent } }); } });
    const order = async (client) => client.submit(await client.page(`/@tea/join/${price}`), '/@tea/buy', { rail: 'wechat' });
    const number = (rs) => /\/pay\/([0-9A-Z]{26})/.exec(rs.path)?.[1];
    const state = (n) => node.column(`SELECT state FROM purchase_order WHERE number = '${n}'`)[0];
    const reads = async (client) => (await client.page(new URL(post.address).pathname)).text.includes(SECRET_WORD);
    const tray = () => node.column('SELECT COUNT(*) AS n FROM unmatched')[0];
    // As the owner's script would: the fields as JSON on the standard input.
    const connect = async (more) => {
        const fields = Object.entries(wechat.form(more)).filter(([, v]) => v !== undefined).map(([k, v]) => [k.slice(2), v]);
        try {
            return { status: 200, text: JSON.stringify(await node.cli('rail connect', { rail: 'wechat', file: '-' }, { input: JSON.stringify(Object.fromEntries(fields)) })) };
        } catch (e) {
            return { status: 422, text: e.stderr || node.column('SELECT rights FROM rail_account')[0] };
        }
    };
    const paid = async (name) => {
        const client = await node.person(name), n = number(await order(client));
        assert.equal(await wechat.deliver(hook, wechat.paidNotice(wechat.pay(n))), 204);
        assert.equal(state(n), 'paid');
        return [client, n];
    };

    it('the owner connects: shape first, then each right is tried', async () => {
        for (const [field, value] of [['f_api_key', 'short'], ['f_mchid', 'x'], ['f_private_key', 'nonsense'], ['f_public_key_id', '']]) {
            const wrong = await connect({ [field]: value });
            assert.equal(Math.floor(wrong.status / 100), 4, field);
        }
        wechat.lacks = ['native'];
        const lacking = await connect();
        assert.match(words(lacking.text), /NO_AUTH/);
        wechat.lacks = [];
        const on = await connect({ f_h5: 'true', f_app_secret: wechat.appSecret });
        assert.equal(node.column(`SELECT state FROM rail_account WHERE rail = 'wechat'`)[0], 'on', words(on.text));
        assert.ok(wechat.closed.length > 0 && wechat.closed.every((n) => n.startsWith('PROBE')), 'trial orders are closed');
        for (const secret of [wechat.apiKey, wechat.appSecret, 'PRIVATE KEY']) {
            assert.ok(!on.text.includes(secret), 'never shown');
            assert.ok(!JSON.stringify(node.sql('SELECT settings, hints, rights, last_error FROM rail_account')).includes(secret), 'kept sealed');
            assert.ok(!node.log().includes(secret), 'never logged');
        }
    });

    it('a code on the desk: scanned, paid, told, open', async () => {
        const ann = await node.person('ann');
        const page = await order(ann);
        const n = number(page);
        assert.equal(scan(page.text), `weixin://wxpay/bizpayurl?pr=${n.slice(-7)}`);
        assert.equal(wechat.orders.get(n).body.notify_url, hook);
        assert.equal(wechat.orders.get(n).body.amount.total, 9900);
        assert.equal(JSON.parse((await ann.fetch(`/pay/${n}/state`)).text).open, true);
        assert.equal(await reads(ann), false);
        const notice = wechat.paidNotice(wechat.pay(n));
        for (let i = 0; i < 3; i++) assert.equal(await wechat.deliver(hook, notice), 204);
        assert.equal(state(n), 'paid');
        assert.ok(await reads(ann));
        assert.equal(node.column(`SELECT COUNT(*) AS n FROM txn WHERE kind = 'payment'`)[0], 1);
    });

    it('a phone goes to the app; inside WeChat its own script pays', async () => {
        const bob = as(await node.person('bob'), PHONE);
        const leaving = await order(bob), n = number(leaving);
        assert.match(leaving.headers.refresh, /^0; url=https:\/\/wx\.tenpay\.com\/.*&redirect_url=/);
        assert.ok(leaving.headers.refresh.endsWith(encodeURIComponent(`${node.origin}/pay/${n}?back=1`)));
        assert.equal(wechat.orders.get(n).product, 'h5');
        const cleo = as(await node.person('cleo'), INSIDE);
        const on = await order(cleo), m = number(on);
        const away = new URL(on.headers.refresh.slice('0; url='.length));
        assert.equal(away.pathname, '/connect/oauth2/authorize');
        assert.equal(away.hash, '#wechat_redirect');
        assert.equal(away.searchParams.get('appid'), wechat.appid);
        assert.equal(away.searchParams.get('scope'), 'snsapi_base');
        const back = new URL(away.searchParams.get('redirect_uri'));
        wechat.openids.set('the-code', 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o');
        const wrong = await cleo.go(`${back.pathname}?code=made-up&state=${away.searchParams.get('state')}`);
        assert.ok(wrong.status >= 400, 'a made-up code');
        const page = await cleo.go(`${back.pathname}?code=the-code&state=${away.searchParams.get('state')}`);
        const bridge = JSON.parse(/data-wechat="([^"]*)"/.exec(page.text)[1].replaceAll('&quot;', '"'));
        assert.equal(wechat.orders.get(m).product, 'jsapi');
        assert.equal(wechat.orders.get(m).body.payer.openid, 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o');
        assert.deepEqual(Object.keys(bridge).sort(), ['appId', 'nonceStr', 'package', 'paySign', 'signType', 'timeStamp']);
        assert.ok(Object.values(bridge).every((v) => typeof v === 'string'));
        const { default: { Formatter, Rsa } } = await import('wechatpay-axios-plugin');
        assert.ok(Rsa.verify(Formatter.joinedByLineFeed(bridge.appId, bridge.timeStamp, bridge.nonceStr, bridge.package),
                             bridge.paySign, wechat.merchant.publicKey));
        assert.equal(await wechat.deliver(hook, wechat.paidNotice(wechat.pay(m))), 204);
        assert.equal(state(m), 'paid');
    });

    it('what is forged, of another time, probed or sealed otherwise is refused', async () => {
        const eve = await node.person('eve'), n = number(await order(eve));
        const o = wechat.pay(n), body = wechat.paidNotice(o), now = Math.floor(Date.now() / 1000);
        const refused = async (...args) => assert.ok((await wechat.deliver(hook, ...args)) >= 400);
        await refused(body, { timestamp: now - 310 });
        await refused(body, { timestamp: now + 310 });
        await refused(body, { signature: 'WECHATPAY/SIGNTEST/' + 'x'.repeat(300) });
        await refused(body, { serial: 'PUB_KEY_ID_other' });
        await refused(body, { body: body + ' ' });
        for (let i = 0; i < body.length; i += 97)
            await refused(body, { body: body.slice(0, i) + String.fromCharCode(body.charCodeAt(i) ^ 1) + body.slice(i + 1) });
        const sealed = JSON.parse(body); // signed by WeChat, and the seal's last byte changed
        const bytes = Buffer.from(sealed.resource.ciphertext, 'base64');
        bytes[bytes.length - 1] ^= 1;
        sealed.resource.ciphertext = bytes.toString('base64');
        await refused(JSON.stringify(sealed));
        assert.equal(state(n), 'pending');
        assert.equal(node.column('SELECT COUNT(*) AS n FROM unmatched')[0], 0);
        assert.equal(await wechat.deliver(hook, body), 204);
        assert.equal(state(n), 'paid');
    });

    it('another amount, currency, merchant or app lies in the tray', async () => {
        const finn = await node.person('finn'), n = number(await order(finn));
        const o = wechat.pay(n);
        wechat.down = 1000; // so that its own words count
        const amount = { total: 9900, payer_total: 9900, currency: 'CNY', payer_currency: 'CNY' };
        for (const [i, changes] of [{ amount: { ...amount, total: 9899 } }, { amount: { ...amount, currency: 'HKD' } },
                                    { mchid: '1900007292' }, { appid: 'wx8888888888888889' }].entries()) {
            assert.equal(await wechat.deliver(hook, wechat.paidNotice(o, changes)), 204);
            assert.equal(state(n), 'pending');
            assert.equal(tray(), i + 1);
        }
        assert.equal(await wechat.deliver(hook, wechat.paidNotice(o)), 204);
        assert.equal(state(n), 'paid');
        wechat.down = 0;
    });

    it('a message that never came is asked for; an answer that was lost makes no second order', async () => {
        const gus = await node.person('gus');
        wechat.dropAnswers = 1;
        const n = number(await order(gus));
        assert.equal(state(n), 'pending', 'asked again by itself');
        wechat.pay(n);
        await eventually('confirmed by asking', async () => !JSON.parse((await gus.fetch(`/pay/${n}/state`)).text).open, { every: 500 });
        assert.equal(state(n), 'paid');
        assert.ok(await reads(gus));
    });

    it('an order that is given up is closed there', async () => {
        const hal = await node.person('hal'), page = await order(hal), n = number(page);
        await hal.submit(page, `/pay/${n}`, { do: 'cancel' });
        assert.equal(state(n), 'cancelled');
        await eventually('closed at WeChat', () => wechat.closed.includes(n));
    });

    it('a refund: sent once, told, and access ends', async () => {
        const [ida, n] = await paid('ida');
        await node.cli('order refund', { number: n }).catch(async (e) => {
            throw new Error(`no way to refund: ${e.message}`);
        });
        const r = await eventually('sent', () => [...wechat.refunds.values()].find((x) => x.body.out_trade_no === n));
        assert.equal(r.body.amount.refund, 9900);
        assert.equal(state(n), 'paid', 'on its way');
        const told = wechat.refundNotice(r);
        for (let i = 0; i < 2; i++) assert.equal(await wechat.deliver(hook, told), 204);
        assert.equal(state(n), 'refunded');
        assert.equal(await reads(ida), false);
        assert.equal(await wechat.deliver(hook, wechat.paidNotice(wechat.orders.get(n))), 204); // late, once more
        assert.equal(state(n), 'refunded');
        await node.sound();
    });

    it('while WeChat moves from certificates to the public key both are taken', async () => {
        wechat.hasCertificates = true;
        await connect({ f_h5: 'true' });
        const kim = await node.person('kim'), n = number(await order(kim));
        assert.equal(await wechat.deliver(hook, wechat.paidNotice(wechat.pay(n)), { how: 'certificate' }), 204);
        assert.equal(state(n), 'paid');
        const lea = await node.person('lea'), m = number(await order(lea));
        assert.equal(await wechat.deliver(hook, wechat.paidNotice(wechat.pay(m)), { how: 'key' }), 204);
        assert.equal(state(m), 'paid');
    });
});
