// The other side of the BTCPay rail: a small server of our own with one store, which keeps invoices and pull
// payments, looks at each field and signs its messages (HMAC-SHA256 over the bytes, as the Greenfield API's
// description says). What it found wrong stands in `bad`.
import http from 'node:http';
import crypto from 'node:crypto';
import assert from 'node:assert/strict';
import { request } from './client.mjs';
import { till } from './till.mjs';

const RIGHTS = { invoices: 'canviewinvoices', make: 'cancreateinvoice', webhooks: 'canmodifywebhooks', refund: 'cancreatepullpayments' };
const id = (n = 16) => crypto.randomBytes(n).toString('hex');
const seconds = () => Math.floor(Date.now() / 1000);

export class FakeBtcpay {
    static async start(options = {}) {
        const b = Object.assign(new FakeBtcpay(), { key: id(20), store: id(22), invoices: new Map(), pulls: [], hook: null, lacks: [],
                                                    asked: [], bad: [], due: [], down: 0, ...options });
        b.server = http.createServer((rq, rs) => b.#take(rq, rs));
        await new Promise((ok) => b.server.listen(0, '127.0.0.1', ok));
        b.url = `http://127.0.0.1:${b.server.address().port}`;
        return b;
    }
    async close() {
        this.server.closeAllConnections();
        await new Promise((ok) => this.server.close(ok));
        assert.deepEqual(this.bad, [], 'every request was well-formed');
    }
    // What the owner types.
    form(more = {}) { return { f_url: this.url, f_store: this.store, f_key: this.key, f_testnet: 'true', do: 'save', ...more }; }

    #take(rq, rs) {
        const chunks = [];
        rq.on('data', (c) => chunks.push(c));
        rq.on('end', () => {
            const body = Buffer.concat(chunks).toString(), u = new URL(rq.url, 'http://x');
            if (!u.pathname.startsWith('/api/')) return this.#browser(rq, rs, u);
            this.asked.push({ method: rq.method, path: u.pathname, body });
            const reply = (status, o) => rs.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(o));
            if (this.down > 0 && this.down--) return reply(503, {});
            if (rq.headers.authorization !== `token ${this.key}`) return reply(401, { code: 'unauthenticated' });
            try {
                if (body) assert.equal(rq.headers['content-type'], 'application/json');
                reply(...this.#route(rq.method, u, body ? JSON.parse(body) : null));
            } catch (e) {
                this.bad.push(`${rq.method} ${rq.url}: ${e.message}`);
                reply(500, { code: 'bug', message: e.message });
            }
        });
    }
    #route(method, u, j) {
        const base = `/api/v1/stores/${this.store}`;
        if (!u.pathname.startsWith(base)) return [404, { code: 'store-not-found' }];
        const [, kind, which, more] = u.pathname.slice(base.length).split('/');
        const right = more === 'refund' ? RIGHTS.refund : kind === 'invoices' && method === 'POST' ? RIGHTS.make : RIGHTS[kind];
        if (this.lacks.includes(right)) return [403, { code: 'missing-permission' }];
        if (!kind) return [200, { id: this.store, name: 'Tea shop' }];
        if (kind === 'webhooks') return method === 'GET' ? [200, []] : this.#webhook(j);
        if (kind === 'pull-payments') return [200, this.pulls];
        assert.equal(kind, 'invoices');
        if (which === undefined && method === 'POST') return this.#make(j);
        if (which === undefined) return [200, [...this.invoices.values()].filter((i) => !u.searchParams.has('orderId') || i.metadata.orderId === u.searchParams.get('orderId'))];
        const i = this.invoices.get(which);
        if (!i) return [404, { code: 'invoice-not-found' }];
        if (more === 'refund') return this.#refund(i, j);
        if (more === 'payment-methods') return [200, [{ paymentMethodId: 'BTC-CHAIN', payments: [{ id: 'a', status: i.status === 'Settled' ? 'Settled' : 'Processing' }] }]];
        assert.equal(more, undefined);
        return [200, i];
    }
    #webhook(j) {
        assert.deepEqual(Object.keys(j).sort(), ['authorizedEvents', 'automaticRedelivery', 'enabled', 'secret', 'url']);
        assert.equal(j.authorizedEvents.everything, false);
        assert.ok(j.secret.length >= 32);
        this.hook = { id: this.hook?.id ?? id(8), ...j };
        return [200, this.hook];
    }
    #make(j) {
        if (j.amount === '-1') return [422, [{ path: 'amount', message: 'The amount should be 0 or more.' }]];
        assert.deepEqual(Object.keys(j).sort(), ['amount', 'checkout', 'currency', 'metadata']);
        assert.match(j.amount, /^\d+(\.\d+)?$/);
        assert.match(j.metadata.orderId, /^[0-9A-Z]{26}$/);
        assert.deepEqual(Object.keys(j.checkout).sort(), ['expirationMinutes', 'redirectAutomatically', 'redirectURL', 'speedPolicy']);
        assert.ok(j.checkout.expirationMinutes >= 1 && j.checkout.expirationMinutes <= 60);
        const key = id(11);
        const i = { id: key, storeId: this.store, amount: j.amount, paidAmount: '0', currency: j.currency, type: 'Standard', status: 'New',
                    additionalStatus: 'None', metadata: j.metadata, checkout: j.checkout, checkoutLink: `${this.url}/i/${key}`, createdTime: seconds(),
                    expirationTime: seconds() + 3600, monitoringExpiration: seconds() + 7200, archived: false };
        this.invoices.set(key, i);
        return [200, i];
    }
    #refund(i, j) {
        assert.deepEqual(Object.keys(j).sort(), ['customAmount', 'customCurrency', 'name', 'payoutMethodId', 'refundVariant']);
        assert.equal(j.customCurrency, i.currency);
        assert.ok(+j.customAmount > 0 && +j.customAmount <= +i.amount);
        const p = { id: id(10), name: j.name, currency: j.customCurrency, amount: j.customAmount, archived: false };
        p.viewLink = `${this.url}/pull-payments/${p.id}`;
        this.pulls.push(p);
        return [200, p];
    }
    // What the buyer's browser is sent to: the checkout, and later the page where a refund is fetched.
    #browser(rq, rs, u) {
        const i = this.invoices.get(/^\/i\/(\w+)$/.exec(u.pathname)?.[1]);
        if (i) return till(rq, rs, { name: 'BTCPay', what: `${i.amount} ${i.currency}: ${i.metadata.itemDesc}`, pay: () => { this.due.push(...this.pay(i)); return i.checkout.redirectURL; } });
        const p = this.pulls.find((x) => u.pathname === `/pull-payments/${x.id}`);
        if (p) return till(rq, rs, { name: 'BTCPay', what: `${p.amount} ${p.currency} is yours`, pay: () => `${p.viewLink}?claimed` });
        rs.writeHead(404).end();
    }

    // ---- what happens there ----

    invoice(number) { return [...this.invoices.values()].find((i) => i.metadata.orderId === number); }
    event(type, i, more = {}) {
        return { deliveryId: id(11), webhookId: this.hook.id, originalDeliveryId: '', isRedelivery: false, type, timestamp: seconds(), storeId: this.store,
                 invoiceId: i.id, metadata: i.metadata, ...more };
    }
    // The wallet sends: seen, not yet certain.
    pay(i) {
        Object.assign(i, { status: 'Processing', paidAmount: i.amount });
        return [this.event('InvoiceReceivedPayment', i, { afterExpiration: false, paymentMethodId: 'BTC-CHAIN' }), this.event('InvoiceProcessing', i, { overPaid: false })];
    }
    settle(i) {
        i.status = 'Settled';
        return [this.event('InvoicePaymentSettled', i), this.event('InvoiceSettled', i, { manuallyMarked: false, overPaid: false })];
    }
    async deliver(e, { secret = this.hook.secret, body = (b) => b } = {}) {
        const payload = JSON.stringify(e);
        const { status } = await request(this.hook.url, { method: 'POST', body: body(payload), headers: { 'content-type': 'application/json',
            'btcpay-sig': `sha256=${crypto.createHmac('sha256', secret).update(payload).digest('hex')}` } });
        return status;
    }
}
