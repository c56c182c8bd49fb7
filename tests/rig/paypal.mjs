// The other side of the PayPal rail: a small PayPal of our own that keeps orders, subscriptions and refunds. What it takes and
// what it gives is held against the schemas of PayPal's own npm SDK (@paypal/paypal-server-sdk), no field more. Its
// messages are signed with a certificate of an authority of its own, made by openssl. What was wrong stands in `bad`.
import http from 'node:http';
import crypto from 'node:crypto';
import zlib from 'node:zlib';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import assert from 'node:assert/strict';
import { request } from './client.mjs';
import { till } from './till.mjs';

const models = new URL('../node_modules/@paypal/paypal-server-sdk/dist/esm/', import.meta.url);
const { validateAndMap, validateAndUnmap } = await import(new URL('schema.js', models));
const schema = async (name) => (await import(new URL(`models/${name}.js`, models)))[`${name}Schema`];
const SCHEMAS = Object.fromEntries(await Promise.all(
    ['orderRequest', 'order', 'orderCaptureRequest', 'planRequest', 'billingPlan', 'createSubscriptionRequest', 'subscription',
     'modifySubscriptionRequest', 'modifySubscriptionResponse', 'suspendSubscription', 'activateSubscriptionRequest', 'cancelSubscriptionRequest', 'refundRequest', 'refund', 'capturedPayment',
     'transactionsList', 'searchResponse'].map(async (name) => [name, await schema(name)])));

// Is this what PayPal's SDK calls so? Throws with what differs, unknown fields included.
export function conform(name, json) {
    const read = validateAndMap(structuredClone(json), SCHEMAS[name]);
    if (read.errors) throw new Error(`${name}: ${read.errors.map((e) => `${e.path?.join('.')} ${e.message}`).join('; ')}`);
    const again = validateAndUnmap(read.result, SCHEMAS[name]);
    assert.deepEqual(JSON.parse(JSON.stringify(again.result)), json, `${name}: fields that PayPal's SDK doesn't know`);
    return json;
}

const id = (n = 17) => Array.from(crypto.randomBytes(n), (b) => '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ'[b % 34]).join('');
const iso = (ms = Date.now()) => new Date(ms).toISOString().replace(/\.\d+Z/, 'Z');
const link = (rel, href, method = 'GET') => ({ href, rel, method });

// An authority and a leaf of it.
function authority(dir, name) {
    const ssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'pipe', 'ignore'] });
    ssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '400', '-subj', '/CN=Test Authority');
    ssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', `/CN=${name}`);
    ssl('x509', '-req', '-in', 'leaf.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', 'leaf.pem', '-days', '400');
    return { file: path.join(dir, 'ca.pem'), key: readFileSync(path.join(dir, 'leaf.key')), cert: readFileSync(path.join(dir, 'leaf.pem'), 'utf8') };
}

export class FakePaypal {
    static async start(options = {}) {
        const dir = mkdtempSync(path.join(tmpdir(), 'paypal-'));
        const p = Object.assign(new FakePaypal(), {
            clientId: 'A' + crypto.randomBytes(39).toString('hex'), secret: 'E' + crypto.randomBytes(39).toString('hex'), merchant: id(13),
            authority: authority(dir, 'messageverificationcerts.sandbox.paypal.com'), certName: `CERT-${crypto.randomBytes(4).toString('hex')}-1`,
            orders: new Map(), subscriptions: new Map(), captures: new Map(), plans: new Map(), products: new Map(), disputes: [], events: [],
            byKey: new Map(), asked: [], bad: [], lacks: [], webhook: null, due: [], down: 0, slow: 0, dropAnswers: 0, declines: 0, refundStatus: 'COMPLETED',
            certs: 0, says: 'FAILURE', noCert: false, ...options });
        writeFileSync(path.join(dir, 'none.pem'), '');
        p.server = http.createServer((rq, rs) => p.#take(rq, rs));
        await new Promise((ok) => p.server.listen(0, '127.0.0.1', ok));
        p.url = `http://127.0.0.1:${p.server.address().port}`;
        return p;
    }
    async close() {
        this.server.closeAllConnections();
        await new Promise((ok) => this.server.close(ok));
        assert.deepEqual(this.bad, [], 'every request was well-formed');
    }
    form(more = {}) { return { f_client_id: this.clientId, f_secret: this.secret, f_sandbox: 'true', do: 'save', ...more }; }

    #take(rq, rs) {
        const chunks = [];
        rq.on('data', (c) => chunks.push(c));
        rq.on('end', async () => {
            const body = Buffer.concat(chunks).toString();
            const u = new URL(rq.url, 'http://x');
            if (this.#browser(rq, rs, u)) return;
            const one = { method: rq.method, path: u.pathname, query: u.search, body, key: rq.headers['paypal-request-id'] };
            const reply = (status, o, type = 'application/json') => {
                if (rs.destroyed) return;
                rs.writeHead(status, { 'Content-Type': type });
                rs.end(o === undefined ? undefined : typeof o === 'string' ? o : JSON.stringify(o));
            };
            const fail = (status, name, issue) => reply(status, { name, message: name, debug_id: id(8), ...(issue ? { details: [{ issue }] } : {}) });
            this.asked.push(one);
            if (this.slow) await new Promise((ok) => setTimeout(ok, this.slow));
            if (this.down > 0) {
                this.down--;
                return fail(503, 'SERVICE_UNAVAILABLE');
            }
            if (u.pathname.startsWith('/v1/notifications/certs/')) {
                this.certs++;
                return this.noCert || !u.pathname.endsWith(this.certName) ? fail(404, 'RESOURCE_NOT_FOUND') : reply(200, this.authority.cert, 'text/plain');
            }
            if (u.pathname === '/v1/oauth2/token') return this.#token(rq, body, reply);
            if (rq.headers.authorization !== `Bearer ${this.token}`) return reply(401, { error: 'invalid_token' });
            if (this.lacks.some((p) => u.pathname.startsWith(p))) return fail(403, 'NOT_AUTHORIZED', 'PERMISSION_DENIED');
            const moves = rq.method === 'POST' && !/verify-webhook-signature|NONE/.test(u.pathname);
            if (moves && !one.key && !u.pathname.startsWith('/v1/notifications')) this.bad.push(`${u.pathname} without PayPal-Request-Id`);
            if (one.key && this.byKey.has(one.key)) {
                const old = this.byKey.get(one.key);
                if (old.body !== body || old.path !== u.pathname) this.bad.push(`${one.key}: another request under the same id`);
                return reply(old.status, old.answer);
            }
            const done = (status, answer) => {
                if (one.key && status < 300) this.byKey.set(one.key, { body, path: u.pathname, status, answer: structuredClone(answer) });
                if (this.dropAnswers > 0 && moves) { // made, and the answer is lost on its way
                    this.dropAnswers--;
                    return rs.destroy();
                }
                reply(status, answer);
            };
            try {
                this.#route(rq.method, u, body === '' ? null : JSON.parse(body), { fail, done, body });
            } catch (e) {
                this.bad.push(`${rq.method} ${rq.url}: ${e.message}`);
                fail(400, 'INVALID_REQUEST');
            }
        });
    }

    #token(rq, body, reply) {
        const basic = `Basic ${Buffer.from(`${this.clientId}:${this.secret}`).toString('base64')}`;
        if (body !== 'grant_type=client_credentials') this.bad.push('token');
        if (rq.headers.authorization !== basic) return reply(401, { error: 'invalid_client' });
        this.token = 'A21AA' + crypto.randomBytes(24).toString('base64url');
        reply(200, { scope: 'openid', access_token: this.token, token_type: 'Bearer', app_id: 'APP-1', expires_in: 32400 });
    }

    // The wire form, without what only the fake knows.
    #shown(kind, o) {
        const out = structuredClone(o);
        for (const k of Object.keys(out)) if (k.startsWith('$')) delete out[k];
        return kind ? conform(kind, out) : out;
    }

    // A buyer's browser: the page of an order or a subscription.
    #browser(rq, rs, u) {
        const o = u.pathname === '/checkoutnow' && this.orders.get(u.searchParams.get('token'));
        const s = u.pathname === '/webapps/billing/subscriptions' && this.subscriptions.get(u.searchParams.get('ba_token').slice(3));
        if (!o && !s) return false;
        const back = (x, more) => `${x.$back}${x.$back.includes('?') ? '&' : '?'}${more}`;
        till(rq, rs, { name: 'PayPal', what: (o || s).id, pay: () => {
            this.due.push(...(o ? [this.approve(o)] : this.begin(s)));
            return o ? back(o, `token=${o.id}&PayerID=${o.payer.payer_id}`) : back(s, `subscription_id=${s.id}`);
        } });
        return true;
    }
    #route(method, u, j, { fail, done, body }) {
        const p = u.pathname, is = (m, pattern) => method === m && pattern.exec(p);
        let m;
        if (is('POST', /^\/v2\/checkout\/orders$/)) return this.#order(conform('orderRequest', j), done);
        if ((m = is('GET', /^\/v2\/checkout\/orders\/([^/]+)$/))) {
            const o = this.orders.get(m[1]);
            return o ? done(200, this.#shown('order', o)) : fail(404, 'RESOURCE_NOT_FOUND');
        }
        if ((m = is('POST', /^\/v2\/checkout\/orders\/([^/]+)\/capture$/))) return this.#capture(this.orders.get(m[1]), conform('orderCaptureRequest', j), fail, done);
        if ((m = is('GET', /^\/v2\/payments\/captures\/([^/]+)$/))) {
            const c = this.captures.get(m[1]);
            return c ? done(200, this.#shown('capturedPayment', c)) : fail(404, 'RESOURCE_NOT_FOUND');
        }
        if ((m = is('POST', /^\/v2\/payments\/captures\/([^/]+)\/refund$/))) return this.#refund(this.captures.get(m[1]), conform('refundRequest', j), fail, done);
        if (is('GET', /^\/v1\/catalogs\/products$/) || is('GET', /^\/v1\/billing\/plans$/)) return done(200, { products: [], plans: [] });
        if (is('POST', /^\/v1\/catalogs\/products$/)) {
            assert.deepEqual(Object.keys(j).sort(), ['name', 'type']);
            const o = { id: `PROD-${id(14)}`, ...j };
            this.products.set(o.id, o);
            return done(201, o);
        }
        if (is('POST', /^\/v1\/billing\/plans$/)) {
            conform('planRequest', j);
            assert.ok(this.products.has(j.product_id), 'of a product');
            const o = { id: `P-${id(24)}`, ...j, create_time: iso() };
            this.plans.set(o.id, o);
            return done(201, this.#shown('billingPlan', o));
        }
        if (is('POST', /^\/v1\/billing\/subscriptions$/)) return this.#subscribe(conform('createSubscriptionRequest', j), fail, done);
        if ((m = is('GET', /^\/v1\/billing\/subscriptions\/([^/]+)(\/transactions)?$/))) {
            const s = this.subscriptions.get(m[1]);
            if (!s) return fail(404, 'RESOURCE_NOT_FOUND');
            if (!m[2]) return done(200, this.#shown('subscription', s));
            for (const k of ['start_time', 'end_time']) assert.match(u.searchParams.get(k), /^\d{4}-\d\d-\d\dT[\d:]+Z$/);
            return done(200, conform('transactionsList', { transactions: s.$charges.map((c) => ({
                id: c.id, status: c.status, amount_with_breakdown: { gross_amount: c.amount }, time: c.create_time })) }));
        }
        if ((m = is('POST', /^\/v1\/billing\/subscriptions\/([^/]+)\/(suspend|activate|cancel)$/))) {
            conform({ suspend: 'suspendSubscription', activate: 'activateSubscriptionRequest', cancel: 'cancelSubscriptionRequest' }[m[2]], j);
            this.subscriptions.get(m[1]).status = { suspend: 'SUSPENDED', activate: 'ACTIVE', cancel: 'CANCELLED' }[m[2]];
            return done(204);
        }
        if ((m = is('POST', /^\/v1\/billing\/subscriptions\/([^/]+)\/revise$/))) { // nothing changes until its payer agrees
            conform('modifySubscriptionRequest', j);
            assert.ok(this.plans.has(j.plan_id), 'to a plan');
            return done(200, conform('modifySubscriptionResponse', { plan_id: j.plan_id, plan_overridden: false,
                links: [link('approve', `${this.url}/webapps/billing/subscriptions/update?ba_token=BA-${m[1]}`)] }));
        }
        if (is('GET', /^\/v1\/notifications\/webhooks$/)) return done(200, { webhooks: this.webhook ? [this.webhook] : [] });
        if (is('POST', /^\/v1\/notifications\/webhooks$/)) {
            assert.deepEqual(Object.keys(j).sort(), ['event_types', 'url']);
            this.webhook = { id: id(17), ...j };
            return done(201, this.webhook);
        }
        if (is('PATCH', /^\/v1\/notifications\/webhooks\/[^/]+$/)) return done(200, this.webhook);
        if (is('POST', /^\/v1\/notifications\/verify-webhook-signature$/)) {
            this.pasted = body;
            return done(200, { verification_status: this.says });
        }
        if (is('GET', /^\/v1\/notifications\/webhooks-events$/)) {
            const since = Date.parse(u.searchParams.get('start_time'));
            return done(200, { events: this.events.filter((e) => Date.parse(e.create_time) >= since).toReversed(), count: this.events.length, links: [] });
        }
        if (is('GET', /^\/v1\/reporting\/transactions$/)) return done(200, this.#report(u));
        if (is('GET', /^\/v1\/customer\/disputes$/)) {
            const of = u.searchParams.get('disputed_transaction_id');
            return done(200, { items: this.disputes.filter((d) => !of || d.disputed_transactions[0].seller_transaction_id === of) });
        }
        if ((m = is('GET', /^\/v1\/customer\/disputes\/([^/]+)$/))) return done(200, this.disputes.find((d) => d.dispute_id === m[1]));
        return fail(404, 'RESOURCE_NOT_FOUND');
    }

    #order(j, done) {
        const [unit] = j.purchase_units, how = j.payment_source?.paypal.experience_context;
        assert.equal(j.intent, 'CAPTURE');
        assert.match(unit.amount.value, /^\d+(\.\d\d)?$/);
        if (how) {
            assert.match(unit.custom_id, /^[0-9A-Z]{26}$/);
            assert.equal(unit.invoice_id, unit.custom_id);
            assert.deepEqual([how.user_action, how.shipping_preference], ['PAY_NOW', 'NO_SHIPPING']);
            assert.match(how.locale, /^[a-z]{2}-[A-Z]{2}$/);
        }
        const o = { id: id(), intent: 'CAPTURE', status: how ? 'PAYER_ACTION_REQUIRED' : 'CREATED', create_time: iso(),
                    purchase_units: [{ ...unit, payee: { email_address: 'owner@example.org', merchant_id: this.merchant } }] };
        o.links = [link('self', `${this.url}/v2/checkout/orders/${o.id}`), link('payer-action', `${this.url}/checkoutnow?token=${o.id}`)];
        o.$back = how?.return_url;
        this.orders.set(o.id, o);
        done(201, this.#shown('order', o));
    }

    #capture(o, j, fail, done) {
        assert.deepEqual(j, {});
        if (o.status === 'COMPLETED') return fail(422, 'UNPROCESSABLE_ENTITY', 'ORDER_ALREADY_CAPTURED');
        if (o.status !== 'APPROVED') return fail(422, 'UNPROCESSABLE_ENTITY', 'ORDER_NOT_APPROVED');
        if (this.declines > 0) {
            this.declines--;
            o.status = 'PAYER_ACTION_REQUIRED';
            return fail(422, 'UNPROCESSABLE_ENTITY', 'INSTRUMENT_DECLINED');
        }
        const [unit] = o.purchase_units;
        o.status = 'COMPLETED';
        unit.payments = { captures: [this.#within(this.#captured(unit.amount, unit.custom_id, o.id))] };
        done(201, this.#shown('order', o));
    }
    // As an order holds it: it doesn't say which order.
    #within({ supplementary_data: _, ...c }) { return this.#shown(null, c); }
    #captured(amount, number, order) {
        const c = { id: id(), status: 'COMPLETED', amount, custom_id: number, final_capture: true, create_time: iso(),
                    ...(order ? { invoice_id: number, supplementary_data: { related_ids: { order_id: order } } } : {}) };
        this.captures.set(c.id, c);
        return c;
    }

    #refund(c, j, fail, done) {
        if (!c) return fail(404, 'RESOURCE_NOT_FOUND');
        const was = +(c.$back ?? 0), back = +j.amount.value;
        if (was + back > +c.amount.value) return fail(422, 'UNPROCESSABLE_ENTITY', 'REFUND_AMOUNT_EXCEEDED');
        const r = this.#back(c, j.amount, j.custom_id);
        done(201, this.#shown('refund', r));
    }
    #back(c, amount, number) {
        c.$back = (+(c.$back ?? 0) + +amount.value).toFixed(2);
        c.status = +c.$back === +c.amount.value ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
        const r = { id: id(), status: this.refundStatus, amount, custom_id: number ?? c.custom_id, create_time: iso(),
                    seller_payable_breakdown: { gross_amount: amount, total_refunded_amount: { ...amount, value: c.$back } },
                    links: [link('up', `https://api.sandbox.paypal.com/v2/payments/captures/${c.id}`)] };
        const unit = [...this.orders.values()].map((o) => o.purchase_units[0]).find((one) => one.payments?.captures[0].id === c.id);
        if (unit) {
            unit.payments.captures[0] = this.#within(c);
            (unit.payments.refunds ??= []).push(r);
        }
        return r;
    }

    #subscribe(j, fail, done) {
        if (!this.plans.has(j.plan_id)) return fail(404, 'RESOURCE_NOT_FOUND');
        const s = { id: `I-${id(12)}`, status: 'APPROVAL_PENDING', plan_id: j.plan_id, custom_id: j.custom_id, create_time: iso(), $charges: [] };
        assert.equal(j.application_context.user_action, 'SUBSCRIBE_NOW');
        s.links = [link('approve', `${this.url}/webapps/billing/subscriptions?ba_token=BA-${s.id}`)];
        s.$back = j.application_context.return_url;
        this.subscriptions.set(s.id, s);
        done(201, this.#shown('subscription', s));
    }

    #report(u) {
        if (u.searchParams.get('page_size') === '1') return { transaction_details: [] };
        const all = [...this.captures.values()];
        return conform('searchResponse', {
            transaction_details: all.map((c) => ({ transaction_info: {
                transaction_id: c.id, transaction_status: 'S', transaction_initiation_date: c.create_time, transaction_amount: c.amount,
                fee_amount: { currency_code: c.amount.currency_code, value: '-0.59' } } })), page: 1, total_items: all.length, total_pages: 1 });
    }

    // ---- what happens there ----

    event(type, resource, more = {}) {
        const e = { id: `WH-${id(17)}-${id(17)}`, event_version: '1.0', create_time: iso(), event_type: type, summary: type,
                    resource: this.#shown(null, resource), ...more };
        e.links = [link('self', `https://api.sandbox.paypal.com/v1/notifications/webhooks-events/${e.id}`)];
        this.events.push(e);
        return e;
    }
    // With a true signature. options: time, cert, webhook, algo, key, body (other bytes than were signed).
    async deliver(e, options = {}) {
        const payload = JSON.stringify(e), transmission = crypto.randomUUID(), time = options.time ?? iso();
        const text = `${transmission}|${time}|${options.webhook ?? this.webhook.id}|${zlib.crc32(payload)}`;
        const answer = await request(this.webhook.url, {
            method: 'POST', body: options.body?.(payload) ?? payload,
            headers: { 'content-type': 'application/json', 'paypal-transmission-id': transmission, 'paypal-transmission-time': time,
                       'paypal-transmission-sig': crypto.sign('sha256', text, options.key ?? this.authority.key).toString('base64'),
                       'paypal-cert-url': options.cert ?? `${this.url}/v1/notifications/certs/${this.certName}`,
                       'paypal-auth-algo': options.algo ?? 'SHA256withRSA' } });
        return answer.status;
    }
    order(number) { return [...this.orders.values()].find((o) => o.purchase_units[0].custom_id === number); }
    subscription(number) { return [...this.subscriptions.values()].find((s) => s.custom_id === number); }
    // The buyer approves on PayPal's page; gives what PayPal will tell.
    approve(o) {
        o.status = 'APPROVED';
        o.payer = { payer_id: id(13), email_address: 'buyer@example.org' };
        return this.event('CHECKOUT.ORDER.APPROVED', o, { resource_type: 'checkout-order', resource_version: '2.0' });
    }
    captureOf(o) { return this.captures.get(o.purchase_units[0].payments.captures[0].id); }
    captured(o) { return this.event('PAYMENT.CAPTURE.COMPLETED', this.captureOf(o), { resource_type: 'capture', resource_version: '2.0' }); }
    // Given back by hand in PayPal's own pages.
    giveBack(o, value) {
        const c = this.captureOf(o);
        const r = this.#back(c, { ...c.amount, value });
        return this.event('PAYMENT.CAPTURE.REFUNDED', r, { resource_type: 'refund', resource_version: '2.0' });
    }
    // The buyer approves a subscription, and its first term is charged.
    begin(s) {
        const { billing_cycles: cycles } = this.plans.get(s.plan_id);
        Object.assign(s, { status: 'ACTIVE', subscriber: { email_address: 'buyer@example.org', payer_id: id(13) },
                           billing_info: { outstanding_balance: { currency_code: 'CNY', value: '0' }, failed_payments_count: 0, next_billing_time: iso(Date.now() + 30 * 86400e3) } });
        const told = [this.event('BILLING.SUBSCRIPTION.ACTIVATED', s, { resource_type: 'subscription', resource_version: '2.0' })];
        return +cycles[0].pricing_scheme.fixed_price.value > 0 ? [...told, this.charge(s)] : told;
    }
    charge(s, at = Date.now()) {
        const { billing_cycles: cycles } = this.plans.get(s.plan_id);
        let n = s.$charges.length, cycle = cycles[0];
        for (const c of cycles) {
            cycle = c;
            if (c.total_cycles === 0 || n < c.total_cycles) break;
            n -= c.total_cycles;
        }
        const c = this.#captured(cycle.pricing_scheme.fixed_price, s.custom_id);
        c.create_time = iso(at);
        s.$charges.push(c);
        return this.event('PAYMENT.SALE.COMPLETED', {
            id: c.id, state: 'completed', billing_agreement_id: s.id, custom: s.custom_id, create_time: c.create_time,
            amount: { total: c.amount.value, currency: c.amount.currency_code } }, { resource_type: 'sale' });
    }
    dispute(c) {
        const d = { dispute_id: `PP-D-${id(5)}`, create_time: iso(), status: 'WAITING_FOR_SELLER_RESPONSE', reason: 'MERCHANDISE_OR_SERVICE_NOT_RECEIVED',
                    disputed_transactions: [{ seller_transaction_id: c.id, custom: c.custom_id, gross_amount: c.amount }], dispute_amount: c.amount };
        this.disputes.push(d);
        return d;
    }
    disputed(d) { return this.event(`CUSTOMER.DISPUTE.${d.status === 'RESOLVED' ? 'RESOLVED' : 'UPDATED'}`, d, { resource_type: 'dispute' }); }
}
