// A whole purchase on each way of paying, as a buyer's browser lives it: from the locked post to the price, to the
// provider's page and back, the message that the provider sends, the open post, the receipt, and the money back by
// the buyer's own button. On phone and desk, light and dark, Chinese and English, shared out over the rails. The
// providers are the fakes of tests/rig; each page is examined as those of pages.test.mjs are.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import jsQR from 'jsqr';
import { Node, eventually } from '../rig/node.mjs';
import { FakeStripe } from '../rig/stripe.mjs';
import { FakePaypal } from '../rig/paypal.mjs';
import { FakeWechat } from '../rig/wechat.mjs';
import { FakeAlipay } from '../rig/alipay.mjs';
import { FakeBtcpay } from '../rig/btcpay.mjs';
import { launch, look, open, picture } from './examine.mjs';

const WORD = 'osmanthus' + Math.random().toString(36).slice(2, 8);
const PHONE = 'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36';

describe('a purchase in a browser', () => {
    let node, browser, owner, fakes, post, prices;

    before(async () => {
        const [stripe, paypal, wechat, alipay, btcpay] = await Promise.all([FakeStripe, FakePaypal, FakeWechat, FakeAlipay, FakeBtcpay].map((f) => f.start()));
        fakes = { stripe, paypal, wechat, alipay, btcpay };
        [node, browser] = await Promise.all([Node.start({ name: 'purchase', title: '行星茶', lang: 'zh-CN', env: { SSL_CERT_FILE: paypal.authority.file } }), launch()]);
        await node.withMail();
        for (const rail of ['stripe', 'paypal', 'wechat', 'alipay']) await node.cli('settings set', { key: `pay.${rail}.base_url`, value: fakes[rail].url });
        owner = await node.ownerSession();
        for (const rail of Object.keys(fakes)) await connect(rail, rail === 'stripe' ? { f_key: stripe.key } : fakes[rail].form());
        await connect('transfer', { f_holder: '王小茶', f_account: '6222 0000 1111 2222', f_bank: '招商银行 上海分行', f_words: '每晚查账一次。', f_unlike: 'true' });
        await node.cli('transfer code', { file: new URL('../../admin/demo/cup.jpg', import.meta.url).pathname });
        prices = {};
        for (const [currency, price] of [['CNY', 'CNY:30'], ['EUR', 'EUR:9']]) prices[currency] = (await node.cli('tier price', { tier: 'member', price, unit: 'month' })).id;
        post = new URL((await node.post({ title: '三月的第一泡', body: `茶里有 ${WORD}。`, access: 'members', teaser: '先闻香。' })).address).pathname;
    });
    after(async () => {
        await browser.close();
        await node.close();
        await Promise.all(Object.values(fakes).map((f) => f.close()));
    });

    // As the owner's script would: the fields as JSON on the standard input.
    const connect = (rail, form) => node.cli('rail connect', { rail, file: '-' },
        { input: JSON.stringify(Object.fromEntries(Object.entries(form).filter(([k]) => k.startsWith('f_')).map(([k, v]) => [k.slice(2), v]))) });
    const state = (number) => node.column(`SELECT state FROM purchase_order WHERE number = '${number}'`)[0];

    // A buyer with a window: every step is looked at, and what is wrong with a page is gathered until done().
    class Buyer {
        static async come(name, how, rail) {
            const b = Object.assign(new Buyer(), { name, how, rail, fake: fakes[rail], wrong: [], n: 0 });
            b.session = await node.person(`b${name}`);
            b.page = await open(browser, node, b.session, { ...how, elsewhere: b.fake ? [b.fake.url] : [], userAgent: how.width < 500 ? PHONE : undefined });
            return b;
        }
        async see(step) {
            for (const f of [...await look(this.page, `buy-${this.name}-${++this.n}-${step}`, this.how), ...this.page.troubles.splice(0)]) this.wrong.push(`${step}: ${f}`);
        }
        async done() {
            this.wrong.push(...this.page.troubles);
            await this.page.context().close();
            assert.deepEqual(this.wrong, []);
        }
        async goto(path) { assert.equal((await this.page.goto(node.origin + path)).status(), 200, path); }
        // What the provider was asked by a job shows when it has answered.
        async until(selector) {
            await eventually(selector, async () => {
                if (await this.page.locator(selector).count()) return true;
                await this.page.reload();
                return false;
            }, { every: 300 });
        }
        // Holds what the page asks for until let() is called, so that the page before stays to be looked at.
        async hold(what) {
            let let_;
            const free = new Promise((ok) => { let_ = ok; });
            await this.page.route(what, async (route) => { await free; await route.continue().catch(() => {}); });
            return async () => { let_(); await this.page.unroute(what); };
        }
        async reads() {
            await this.goto(post);
            return (await this.page.content()).includes(WORD);
        }
        // From the locked post to the page of its price, and the way of paying chosen there.
        async choose(currency = 'CNY') {
            assert.equal(await this.reads(), false);
            await this.see('locked');
            await this.page.locator(`.paywall a[href*="/join/${prices[currency]}"]`).click();
            await this.page.waitForURL(/\/join\/\d+/);
            await this.page.check(`input[name=rail][value=${this.rail}]`);
            await this.see('price');
        }
        press() { return this.page.locator('form[action$="/buy"] button.main').click(); }
        // To the provider's page, and the button there; back here the page confirms and grants nothing by itself.
        async leave(what) {
            const there = `${this.fake.url}/**`;
            await this.page.route(there, (route) => route.fulfill({ status: 204 })); // stays, and has a button
            await this.press();
            await this.page.waitForURL(/\/pay\/[0-9A-Z]{26}\?go=1/);
            this.number = /\/pay\/([0-9A-Z]{26})/.exec(this.page.url())[1];
            await this.see('leaving');
            await this.page.unroute(there);
            await this.page.locator('.box a.btn.main').click();
            await this.page.waitForSelector('#pay');
            assert.match(await this.page.textContent('p'), what);
        }
        async come_back() {
            this.go_on = await this.hold('**/pay/*/state');
            await this.page.click('#pay');
            await this.page.waitForURL(/\/pay\/[0-9A-Z]{26}\?back=1/);
            await this.see('confirming');
            assert.equal(state(this.number), 'pending', 'coming back is not paying');
        }
        // The page that waits goes on by itself when the order is paid.
        async opened() {
            assert.equal(state(this.number), 'paid');
            await this.go_on?.();
            await this.page.waitForURL(new RegExp(`/pay/${this.number}$`));
            await this.see('paid');
            await this.page.locator('.box a.btn.main').click();
            await this.page.waitForURL(node.origin + post); // where they came from
            assert.ok((await this.page.content()).includes(WORD));
            await this.see('open');
        }
        async receipt() {
            await this.goto('/me/receipts');
            await this.page.locator('ul.list a').first().click();
            await this.page.waitForURL(/\/me\/receipts\/\d+/);
            await this.see('receipt');
            await this.goto('/@tea/membership');
            await this.see('membership');
        }
        // The button of the membership's page; access ends with the same request.
        async refund() {
            await this.goto('/@tea/membership');
            await this.page.click('details.fold summary');
            await this.see('refund');
            await this.page.click('button[value=now]');
            await this.page.waitForURL(/\/me\/orders\//);
            await this.see('given-back');
            assert.equal(await this.reads(), false, 'closed at once');
            await this.see('lapsed');
        }
        async refunded() {
            await eventually('the money went back', () => state(this.number) === 'refunded');
            await this.goto(`/me/orders/${this.number}`);
            await this.see('refunded');
        }
        // As a camera sees the code: the pixels of the screen, read by somebody else's scanner.
        async scan() {
            const shot = (await this.page.locator('svg.qr').screenshot({ type: 'png' })).toString('base64');
            const blank = await browser.newPage();
            const { data, width, height } = await blank.evaluate(async (b64) => {
                const i = new Image();
                i.src = `data:image/png;base64,${b64}`;
                await i.decode();
                const c = Object.assign(document.createElement('canvas'), { width: i.width, height: i.height }).getContext('2d');
                c.drawImage(i, 0, 0);
                return { data: [...c.getImageData(0, 0, i.width, i.height).data], width: i.width, height: i.height };
            }, shot);
            await blank.close();
            const found = (jsQR.default ?? jsQR)(Uint8ClampedArray.from(data), width, height, { inversionAttempts: 'dontInvert' });
            assert.ok(found, 'no scanner reads it');
            return found.data;
        }
        // A code on the screen, which stays until the order is paid.
        async code(address) {
            this.go_on = await this.hold('**/pay/*/state');
            await this.press();
            await this.page.waitForSelector('svg.qr');
            this.number = /\/pay\/([0-9A-Z]{26})/.exec(this.page.url())[1];
            await this.see('code');
            assert.equal(await this.scan(), address(this.number));
        }
    }

    it('Stripe, phone, English, light: given up and taken up again, the renewal cancelled and resumed, money back', async () => {
        const b = await Buyer.come('stripe', { width: 375 }, 'stripe'), { stripe } = fakes;
        await b.choose();
        await b.leave(/3000 cny/);
        await b.page.click('#cancel');
        await b.page.waitForURL(/\/pay\/[0-9A-Z]{26}(\?|$)/);
        await b.see('not-paid');
        assert.equal(await b.reads(), false);
        await b.goto(`/me/orders/${b.number}`);
        await b.see('order-open');
        await b.page.locator('a.btn.main').click();
        await b.page.waitForURL(/\/pay\//);
        await b.page.locator('button[value=go]').click();
        await b.page.waitForSelector('#pay');
        await b.come_back();
        for (const e of stripe.due.splice(0)) assert.equal(await stripe.deliver(e), 200);
        await b.opened();
        await b.receipt();
        await b.page.click('button[value=cancel]');
        await b.until('button[value=resume]');
        await b.see('cancelled');
        await b.page.click('button[value=resume]');
        await b.until('button[value=cancel]');
        await b.refund();
        await b.refunded();
        await b.done();
    });

    it('PayPal, desk, English, dark: a subscription, money back', async () => {
        const b = await Buyer.come('paypal', { dark: true }, 'paypal'), { paypal } = fakes;
        await b.choose('EUR');
        await b.leave(/I-/);
        await b.come_back();
        for (const e of paypal.due.splice(0)) assert.equal(await paypal.deliver(e), 200);
        await b.opened();
        await b.receipt();
        await b.refund();
        await b.refunded();
        await b.done();
    });

    it('WeChat, desk, Chinese, light: the code is scanned, money back', async () => {
        const b = await Buyer.come('wechat', { zh: true }, 'wechat'), { wechat } = fakes, hook = `${node.origin}/hooks/wechat/tea`;
        await b.choose();
        await b.code((n) => `weixin://wxpay/bizpayurl?pr=${n.slice(-7)}`);
        assert.equal(await wechat.deliver(hook, wechat.paidNotice(wechat.pay(b.number))), 204);
        await b.opened();
        await b.receipt();
        await b.refund();
        const r = await eventually('the refund is sent', () => [...wechat.refunds.values()].find((x) => x.body.out_trade_no === b.number));
        assert.equal(await wechat.deliver(hook, wechat.refundNotice(r)), 204);
        await b.refunded();
        await b.done();
    });

    it('Alipay\'s page, phone, Chinese, dark: money back', async () => {
        const b = await Buyer.come('alipay', { width: 375, zh: true, dark: true }, 'alipay'), { alipay } = fakes;
        await b.choose();
        await b.leave(/30\.00/);
        assert.equal(alipay.trades.get(b.number).method, 'alipay.trade.wap.pay');
        await b.come_back();
        for (const e of alipay.due.splice(0)) assert.equal(await alipay.deliver(`${node.origin}/hooks/alipay/tea`, e), 200);
        await b.opened();
        await b.receipt();
        await b.refund();
        await b.refunded();
        await b.done();
    });

    it('Alipay\'s code, desk, Chinese, dark', async () => {
        const { alipay } = fakes;
        await connect('alipay', alipay.form({ f_qr: 'true' }));
        const b = await Buyer.come('alipayqr', { zh: true, dark: true }, 'alipay');
        await b.choose();
        await b.code((n) => `https://qr.alipay.com/${n.slice(-12)}`);
        assert.equal(await alipay.deliver(`${node.origin}/hooks/alipay/tea`, alipay.notice(alipay.pay(b.number))), 200);
        await b.opened();
        await b.receipt();
        await b.done();
    });

    it('BTCPay, phone, English, dark: seen, then certain; the refund is fetched by a link', async () => {
        const b = await Buyer.come('btcpay', { width: 375, dark: true }, 'btcpay'), { btcpay } = fakes;
        await b.choose('EUR');
        await b.leave(/9(\.00)? EUR/);
        await b.come_back();
        for (const e of btcpay.due.splice(0)) assert.ok((await btcpay.deliver(e)) < 300);
        assert.equal(state(b.number), 'pending', 'seen is not certain');
        await b.goto(`/pay/${b.number}`);
        await b.see('on-its-way');
        assert.equal(await b.page.locator('.box button').count(), 0, 'what is on its way is neither paid again nor cancelled');
        assert.equal(await b.reads(), false);
        await b.goto(`/pay/${b.number}?back=1`);
        for (const e of btcpay.settle(btcpay.invoice(b.number))) assert.ok((await btcpay.deliver(e)) < 300);
        await b.opened();
        await b.receipt();
        await b.refund();
        await b.refunded();
        await b.goto(`/pay/${b.number}`);
        await b.see('fetch');
        await b.page.click('a[href*="/pull-payments/"]');
        await b.page.waitForSelector('#pay');
        assert.match(await b.page.textContent('p'), /9(\.00)? EUR is yours/);
        await b.done();
    });

    it('a bank transfer, phone, Chinese, light: said, confirmed on the owner\'s desk', async () => {
        const b = await Buyer.come('transfer', { width: 375, zh: true }, 'transfer');
        await b.choose();
        await b.press();
        await b.page.waitForSelector('#memo');
        b.number = /\/pay\/([0-9A-Z]{26})/.exec(b.page.url())[1];
        await b.see('transfer');
        await b.page.fill('#payer', '李小明');
        await b.page.fill('#bank_ref', '4200 0001');
        await b.page.setInputFiles('#picture', { name: 'shot.jpg', mimeType: 'image/jpeg', buffer: picture('dawn') });
        await b.page.locator('form[enctype] button.main').click();
        await b.page.waitForSelector('details.fold');
        await b.see('said');
        assert.equal(await b.reads(), false);
        const how = { width: 375, zh: true }, desk = await open(browser, node, owner, how);
        await desk.goto(`${node.origin}/desk/tea/money/transfers`);
        b.wrong.push(...await look(desk, 'buy-transfer-desk', how));
        await desk.locator(`button[value="confirm:${b.number}"]`).click();
        await desk.waitForSelector('.flash');
        b.wrong.push(...await look(desk, 'buy-transfer-desk-done', how), ...desk.troubles);
        await desk.context().close();
        await b.goto(`/pay/${b.number}`);
        await b.opened();
        await b.receipt();
        await b.done();
    });

    it('a code, phone, English, dark', async () => {
        const code = (await node.cli('code create', { tier: 'member', n: 1 }))[0].code;
        const b = await Buyer.come('code', { width: 375, dark: true });
        assert.equal(await b.reads(), false);
        await b.page.fill('#code-in', 'NOT-A-CODE');
        await b.page.click('#code button');
        await b.page.waitForSelector('.error');
        b.page.troubles = b.page.troubles.filter((t) => !/status of 400/.test(t)); // so it is answered
        await b.see('wrong');
        await b.page.fill('#code-in', code);
        await b.page.click('#code button');
        await b.page.waitForFunction((w) => document.body.textContent.includes(w), WORD);
        await b.see('open');
        await b.goto('/@tea/membership');
        await b.see('membership');
        await b.done();
    });

    it('the practice till, desk, English, light: a visitor who signs in on the way, money back', async () => {
        const b = await Buyer.come('visitor', {}, 'fake');
        b.page = await open(browser, node, node.client(), b.how);
        assert.equal(await b.reads(), false);
        await b.see('locked');
        await b.page.locator(`.paywall a[href*="/join/${prices.CNY}"]`).click();
        await b.page.waitForURL(/\/join\/\d+/);
        await b.see('price');
        await b.page.locator('a.btn.main[href^="/login"]').click();
        await b.page.fill('input[name=mail]', b.session.mail);
        await b.page.locator('form[action="/login"] button').first().click();
        const letter = await node.mailTo(b.session.mail);
        await b.page.goto(/http:\/\/localhost:\d+\/login\/[\w-]+/.exec(letter.text)[0]);
        await b.page.locator('main form button').first().click();
        await b.page.waitForURL(/\/join\/\d+/);
        await b.page.check('input[name=rail][value=fake]');
        await b.see('price-signed-in');
        await b.press();
        await b.page.waitForURL(/\/dev\/pay\//);
        b.number = /\/pay\/([0-9A-Z]{26})/.exec(b.page.url())[1];
        await b.see('till');
        await b.page.click('button[value=pay]');
        await b.page.waitForURL(node.origin + post);
        assert.ok((await b.page.content()).includes(WORD));
        await b.see('open');
        await b.receipt();
        await b.refund();
        await b.refunded();
        await b.done();
    });

    it('afterwards the books are whole', () => node.sound());
});
