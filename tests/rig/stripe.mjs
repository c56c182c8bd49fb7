// The other side of the Stripe rail: a small Stripe of our own that keeps sessions, payments, subscriptions,
// invoices and refunds, checks every field and header that it gets, and calls back with true signatures
// (Stripe's own npm SDK makes the headers). What it takes and gives is written down in `asked`.
import http from 'node:http';
import crypto from 'node:crypto';
import assert from 'node:assert/strict';
import Stripe from 'stripe';
import { request } from './client.mjs';
import { till } from './till.mjs';

export const sdk = new Stripe('sk_test_none');
export const VERSION = '2026-10-28.endive';
const now = () => Math.floor(Date.now() / 1000);
const id = (prefix) => `${prefix}_${crypto.randomBytes(9).toString('hex')}`;
const list = (data) => ({ object: 'list', data, has_more: false });

// a[b][]=c to nested objects, strictly: a field twice is an error.
function parse(text) {
    const out = {};
    for (const [key, value] of new URLSearchParams(text)) {
        const path = [...key.matchAll(/([^[\]]+)|\[\]/g)].map((m) => m[1] ?? '');
        let at = out;
        for (const [i, p] of path.entries()) {
            if (i === path.length - 1) {
                if (p === '') at.push(value);
                else {
                    assert.ok(!(p in at), `${key} twice`);
                    at[p] = value;
                }
            } else {
                at[p] ??= path[i + 1] === '' ? [] : {};
                at = at[p];
            }
        }
    }
    return out;
}

// What a request may hold: every field is known and has this shape.
const text = (s) => typeof s === 'string' && s.length > 0 && s.length <= 500;
const number = (s) => /^\d{1,12}$/.test(s);
const yes = (s) => s === 'true' || s === 'false';
const url = (s) => /^https?:\/\/[^\s]+$/.test(s);
const SESSION = {
    mode: (s) => s === 'payment' || s === 'subscription',
    'line_items.0.price_data.currency': (s) => /^[a-z]{3}$/.test(s),
    'line_items.0.price_data.unit_amount': number,
    'line_items.0.price_data.product_data.name': text,
    'line_items.0.price_data.recurring.interval': (s) => ['day', 'week', 'month', 'year'].includes(s),
    'line_items.0.price_data.recurring.interval_count': number,
    'line_items.0.quantity': number,
    client_reference_id: (s) => /^[0-9A-Z]{26}$/.test(s),
    'metadata.order': (s) => /^[0-9A-Z]{26}$/.test(s),
    'payment_intent_data.metadata.order': text,
    'subscription_data.metadata.order': text,
    customer: (s) => s.startsWith('cus_'),
    customer_email: (s) => s.includes('@'),
    success_url: url,
    cancel_url: url,
    expires_at: (s) => number(s) && +s >= now() + 1800 - 5 && +s <= now() + 86400,
    locale: (s) => s === 'auto',
    'automatic_tax.enabled': yes,
    'line_items.0.price_data.tax_behavior': (s) => s === 'inclusive',
    'customer_update.address': (s) => s === 'auto',
    'invoice_creation.enabled': yes,
    'discounts.0.coupon': text,
    'subscription_data.trial_period_days': number,
    payment_method_collection: (s) => s === 'always',
};

function flat(o, prefix = '', out = {}) {
    for (const [k, v] of Object.entries(o))
        if (v !== null && typeof v === 'object') flat(v, `${prefix}${k}.`, out);
        else out[prefix + k] = v;
    return out;
}

export class FakeStripe {
    static async start(options = {}) {
        const s = new FakeStripe();
        Object.assign(s, { key: 'rk_test_' + crypto.randomBytes(12).toString('hex'), lacks: [], account: 'acct_tea1',
                           down: 0, slow: 0, refundStatus: 'succeeded', ...options });
        s.objects = new Map();
        s.byKey = new Map();
        s.asked = [];
        s.wrong = [];
        s.events = [];
        s.due = []; // what it will tell of what was paid on its page
        s.endpoint = null;
        s.server = http.createServer((rq, rs) => s.#take(rq, rs));
        await new Promise((ok) => s.server.listen(0, '127.0.0.1', ok));
        s.url = `http://127.0.0.1:${s.server.address().port}`;
        return s;
    }
    async close() {
        this.server.closeAllConnections();
        await new Promise((ok) => this.server.close(ok));
        assert.deepEqual(this.wrong, [], 'every request was well-formed');
    }

    #put(o) {
        this.objects.set(o.id, o);
        return o;
    }
    #take(rq, rs) {
        let body = '';
        rq.on('data', (c) => { body += c; });
        rq.on('end', async () => {
            const reply = (status, o, headers = {}) => {
                if (rs.writableEnded || rs.destroyed) return;
                const out = JSON.stringify(o);
                rs.writeHead(status, { 'Content-Type': 'application/json', 'Request-Id': id('req'), ...headers });
                rs.end(out);
            };
            const fail = (status, code, param, headers) =>
                reply(status, { error: { type: 'invalid_request_error', code, param, message: `${code} ${param ?? ''}` } }, headers);
            const u = new URL(rq.url, 'http://x');
            if (this.#browser(rq, rs, u)) return;
            const one = { method: rq.method, path: u.pathname, query: u.search, body, key: rq.headers['idempotency-key'] };
            this.asked.push(one);
            if (this.slow) await new Promise((ok) => setTimeout(ok, this.slow));
            if (this.down > 0) {
                this.down--;
                return fail(503, 'unavailable');
            }
            if (rq.headers.authorization !== `Bearer ${this.key}`) return fail(401, 'invalid_api_key');
            if (rq.headers['stripe-version'] !== VERSION) this.wrong.push(`version ${rq.headers['stripe-version']}`);
            if (rq.method === 'POST' && rq.headers['content-type'] !== 'application/x-www-form-urlencoded')
                this.wrong.push(`type ${rq.headers['content-type']}`);
            if (this.lacks.some((p) => u.pathname.startsWith(p))) return fail(403, 'more_permissions_required');
            if (one.key && rq.method === 'POST') {
                const old = this.byKey.get(one.key);
                if (old && old.body !== body) return reply(400, { error: { type: 'idempotency_error' } });
                if (old) return reply(200, old.answer, { 'Idempotent-Replayed': 'true' });
            }
            let form;
            try {
                form = parse(body);
            } catch (e) {
                this.wrong.push(e.message);
                return fail(400, 'parse');
            }
            const done = (o) => {
                if (one.key) this.byKey.set(one.key, { body, answer: o });
                if (this.dropAnswers > 0) { // made, and the answer is lost on its way
                    this.dropAnswers--;
                    return rs.destroy();
                }
                reply(200, o);
            };
            try {
                this.#route(rq.method, u, form, { reply, fail, done });
            } catch (e) {
                this.wrong.push(`${rq.method} ${rq.url}: ${e.message}`);
                fail(500, 'bug');
            }
        });
    }

    // A buyer's browser: the page of a session.
    #browser(rq, rs, u) {
        const s = this.objects.get(/^\/pay\/(\w+)$/.exec(u.pathname)?.[1]);
        if (!s) return false;
        till(rq, rs, { name: 'Stripe', what: `${s.amount_total} ${s.currency}`, pay: () => { this.due.push(...this.pay(s)); return s.success_url; }, giveUp: () => s.cancel_url });
        return true;
    }
    #route(method, u, form, { reply, fail, done }) {
        const p = u.pathname;
        const m = p.match(/^\/v1\/([a-z_]+(?:\/sessions)?)(?:\/([^/]+))?$/);
        if (!m) return fail(404, 'resource_missing');
        const [, kind, which] = m;
        if (p === '/v1/account') return reply(200, { id: this.account, object: 'account' });
        if (method === 'GET' && which === undefined) return reply(200, this.#list(kind, u.searchParams));
        const o = which && this.objects.get(which);
        if (which && !o) return fail(404, 'resource_missing', 'id');
        if (method === 'GET') return reply(200, this.#expand(o, u.searchParams.getAll('expand[]')));
        if (kind === 'checkout/sessions') return this.#session(form, fail, done);
        if (kind === 'coupons') {
            if (!number(form.amount_off ?? '') || !['once', 'repeating', 'forever'].includes(form.duration)) return fail(400, 'parameter_missing', 'amount_off');
            if ((form.duration === 'repeating') !== number(form.duration_in_months ?? '')) return fail(400, 'parameter_missing', 'duration_in_months');
            return done(this.#put({ id: id('co'), object: 'coupon', amount_off: +form.amount_off, currency: form.currency }));
        }
        if (kind === 'webhook_endpoints') {
            if (!which && (!url(form.url ?? '') || !(form.enabled_events?.length > 10))) return fail(400, 'parameter_missing', 'url');
            if (!which && form.api_version !== VERSION) this.wrong.push('endpoint of another version');
            this.endpoint = which ? Object.assign(this.endpoint, { url: form.url })
                : this.#put({ id: id('we'), object: 'webhook_endpoint', url: form.url, secret: 'whsec_' + crypto.randomBytes(16).toString('hex'),
                              enabled_events: form.enabled_events });
            return done(this.endpoint);
        }
        if (kind === 'refunds') {
            const pi = this.objects.get(form.payment_intent);
            if (!pi) return fail(404, 'resource_missing', 'payment_intent');
            const charge = this.objects.get(pi.latest_charge), amount = +form.amount;
            if (!number(form.amount) || amount > charge.amount - charge.amount_refunded) return fail(400, 'amount_too_large', 'amount');
            if (form.reason !== 'requested_by_customer' || !form.metadata?.order) this.wrong.push('a refund without reason or order');
            const r = this.#put({ id: id('re'), object: 'refund', amount, currency: charge.currency, status: this.refundStatus,
                                  payment_intent: pi.id, charge: charge.id, metadata: form.metadata });
            if (r.status === 'succeeded') charge.amount_refunded += amount;
            return done(r);
        }
        if (kind === 'billing_portal/sessions') {
            if (!this.objects.has(form.customer)) return fail(400, 'resource_missing', 'customer');
            return done({ id: id('bps'), object: 'billing_portal.session', url: `${this.url}/portal/${form.customer}`, return_url: form.return_url });
        }
        if (kind === 'subscriptions' && method === 'DELETE') return done(Object.assign(o, { status: 'canceled' }));
        if (kind === 'subscriptions') {
            if (!yes(form.cancel_at_period_end ?? '')) return fail(400, 'parameter_unknown');
            o.cancel_at_period_end = form.cancel_at_period_end === 'true';
            return done(o);
        }
        return fail(404, 'resource_missing');
    }

    #session(form, fail, done) {
        const f = flat(form);
        for (const [k, v] of Object.entries(f)) {
            if (!SESSION[k]) {
                if (k !== 'mode') this.wrong.push(`session: unknown ${k}`);
                return fail(400, 'parameter_unknown', k);
            }
            if (!SESSION[k](v)) {
                if (k !== 'mode') this.wrong.push(`session: ${k}=${v}`);
                return fail(400, 'parameter_invalid', k);
            }
        }
        const recurring = 'line_items.0.price_data.recurring.interval' in f;
        if (recurring !== (form.mode === 'subscription')) return fail(400, 'parameter_invalid', 'mode');
        const off = form.discounts ? this.objects.get(form.discounts[0].coupon).amount_off : 0;
        const amount = +f['line_items.0.price_data.unit_amount'] * +f['line_items.0.quantity'] - off;
        const s = this.#put({
            id: id('cs_test'), object: 'checkout.session', mode: form.mode, status: 'open', payment_status: 'unpaid',
            $trial: +(f['subscription_data.trial_period_days'] ?? 0),
            amount_total: f['subscription_data.trial_period_days'] ? 0 : amount, currency: f['line_items.0.price_data.currency'], livemode: false,
            client_reference_id: form.client_reference_id, metadata: form.metadata, customer: form.customer ?? null,
            payment_intent: null, invoice: null, subscription: null, success_url: form.success_url, cancel_url: form.cancel_url,
            expires_at: +form.expires_at, url: null,
        });
        s.url = `${this.url}/pay/${s.id}`;
        s.full = +f['line_items.0.price_data.unit_amount'];
        done(s);
    }

    #list(kind, q) {
        if (kind === 'disputes')
            return list([...this.objects.values()].filter((o) => o.object === 'dispute' && o.payment_intent === q.get('payment_intent')));
        if (kind === 'events') {
            const since = +(q.get('created[gte]') ?? 0), types = q.getAll('types[]');
            return list(this.events.filter((e) => e.created >= since && (!types.length || types.includes(e.type))).toReversed());
        }
        if (kind === 'balance_transactions')
            return list([...this.objects.values()].filter((o) => o.object === 'charge').map((c) => ({
                id: 'txn_' + c.id, object: 'balance_transaction', source: c.id, fee: 59, currency: c.currency, created: now() })));
        return list([]);
    }
    #expand(o, paths) {
        const out = structuredClone(o);
        for (const path of paths) {
            const [head, ...rest] = path.split('.');
            if (typeof out[head] === 'string') out[head] = this.#expand(this.objects.get(out[head]), rest.length ? [rest.join('.')] : []);
        }
        if (out.object === 'invoice' && paths.includes('payments'))
            out.payments = list([{ payment: { type: 'payment_intent', payment_intent: out.paid_by } }]);
        delete out.paid_by;
        return out;
    }

    // ---- what happens there ----

    event(type, object, more = {}) {
        const e = { id: id('evt'), object: 'event', api_version: VERSION, created: now(), livemode: false, type,
                    data: { object: structuredClone(object) }, ...more };
        this.events.push(e);
        return e;
    }
    // With a true header of the SDK's. options: secret, timestamp, body (other bytes than were signed).
    async deliver(e, options = {}) {
        const payload = JSON.stringify(e);
        const header = sdk.webhooks.generateTestHeaderString({ payload, secret: options.secret ?? this.endpoint.secret,
                                                               timestamp: options.timestamp ?? now() });
        const answer = await request(this.endpoint.url, {
            method: 'POST', body: options.body?.(payload) ?? payload,
            headers: { 'content-type': 'application/json', 'stripe-signature': header, ...options.headers } });
        return answer.status;
    }
    session(number) {
        return [...this.objects.values()].find((o) => o.object === 'checkout.session' && o.client_reference_id === number);
    }
    #payment(amount, currency, metadata) {
        const pi = this.#put({ id: id('pi'), object: 'payment_intent', status: 'succeeded', amount_received: amount, currency, livemode: false, metadata });
        const ch = this.#put({ id: id('ch'), object: 'charge', amount, amount_refunded: 0, currency, livemode: false, disputed: false,
                               payment_intent: pi.id, metadata });
        pi.latest_charge = ch.id;
        return pi;
    }
    #invoice(sub, amount, currency, reason, number) {
        const pi = this.#payment(amount, currency, {});
        return this.#put({ id: id('in'), object: 'invoice', status: 'paid', billing_reason: reason, amount_paid: amount, currency, livemode: false,
                           customer: sub.customer, paid_by: pi.id,
                           parent: { type: 'subscription_details', subscription_details: { subscription: sub.id, metadata: { order: number } } } });
    }
    // The buyer pays on Stripe's page; gives the events that Stripe will send.
    pay(s) {
        assert.equal(s.status, 'open');
        Object.assign(s, { status: 'complete', payment_status: s.$trial ? 'no_payment_required' : 'paid' });
        if (s.mode === 'payment') {
            s.payment_intent = this.#payment(s.amount_total, s.currency, { order: s.client_reference_id }).id;
            return [this.event('checkout.session.completed', s)];
        }
        const cus = this.#put({ id: s.customer ?? id('cus'), object: 'customer' });
        const sub = this.#put({ id: id('sub'), object: 'subscription', status: 'active', customer: cus.id, cancel_at_period_end: false,
                                metadata: { order: s.client_reference_id }, full: s.full, default_payment_method: this.card().id, currency: s.currency,
                                items: { data: [{ current_period_end: now() + 31 * 86400 }] } });
        const invoice = this.#invoice(sub, s.amount_total, s.currency, 'subscription_create', s.client_reference_id);
        Object.assign(s, { customer: cus.id, subscription: sub.id, invoice: invoice.id });
        return [this.event('customer.subscription.created', sub), this.event('invoice.paid', { ...invoice, paid_by: undefined }),
                this.event('checkout.session.completed', s)];
    }
    // The card that everybody pays with until another is put in.
    card(fingerprint) {
        if (fingerprint || !this.inHand)
            this.inHand = this.#put({ id: id('pm'), object: 'payment_method', card: { fingerprint: fingerprint ?? 'F' + id('p').slice(2, 18), country: 'DE' } });
        return this.inHand;
    }
    renew(sub) {
        sub.items.data[0].current_period_end += 31 * 86400;
        const invoice = this.#invoice(sub, sub.full, sub.currency, 'subscription_cycle', sub.metadata.order);
        return [this.event('invoice.paid', { ...invoice, paid_by: undefined }), this.event('customer.subscription.updated', sub)];
    }
    dispute(s) {
        const charge = this.objects.get(this.objects.get(s.payment_intent).latest_charge);
        charge.disputed = true;
        const d = this.#put({ id: id('dp'), object: 'dispute', amount: charge.amount, currency: charge.currency, charge: charge.id,
                              payment_intent: s.payment_intent, status: 'needs_response', livemode: false });
        return [d, this.event('charge.dispute.created', d)];
    }
    subscriptions() {
        return [...this.objects.values()].filter((o) => o.object === 'subscription');
    }
}
