// The other side of the WeChat Pay rail: a small merchant platform of our own that keeps orders and refunds and
// looks at each field. Signatures and seals are made and checked by other people's code (npm
// wechatpay-axios-plugin). What it found wrong stands in `bad`.
import http from 'node:http';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import assert from 'node:assert/strict';
import wechat from 'wechatpay-axios-plugin';
import { request } from './client.mjs';

const { Aes, Formatter, Rsa } = wechat;
const now = () => Math.floor(Date.now() / 1000);
// "2026-11-22T18:05:00+08:00"
const beijing = (ms = Date.now()) => new Date(ms + 8 * 3600e3).toISOString().replace(/\.\d+Z/, '+08:00');
const pem = (key) => key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' });

// A key pair with a certificate of its own.
function certified(name) {
    const dir = mkdtempSync(path.join(tmpdir(), 'wechat-'));
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const serial = randomBytes(20).toString('hex').toUpperCase().replace(/^./, '4');
    writeFileSync(path.join(dir, 'key'), pem(pair.privateKey), { mode: 0o600 });
    const cert = execFileSync('openssl', ['req', '-x509', '-new', '-key', path.join(dir, 'key'), '-subj', `/CN=${name}`,
                                          '-days', '1825', '-set_serial', `0x${serial}`], { encoding: 'utf8' });
    rmSync(dir, { recursive: true });
    return { ...pair, serial, cert };
}

export class FakeWechat {
    static async start(options = {}) {
        const fake = Object.assign(new FakeWechat(), {
            mchid: '1900007291', appid: 'wx8888888888888888', apiKey: randomBytes(16).toString('hex'), appSecret: 'secret-of-the-app',
            publicKeyId: 'PUB_KEY_ID_0119000072912026112200000000001001', merchant: certified('merchant'),
            platform: certified('Tenpay.com'), publicKey: generateKeyPairSync('rsa', { modulusLength: 2048 }),
            byPublicKey: true, hasCertificates: false, // what a merchant number of today has
            orders: new Map(), refunds: new Map(), asked: [], bad: [], closed: [], lacks: [], openids: new Map(),
            refundStatus: 'PROCESSING', down: 0, dropAnswers: 0, ...options });
        fake.server = http.createServer((rq, rs) => fake.serve(rq, rs));
        await new Promise((ok) => fake.server.listen(0, '127.0.0.1', ok));
        fake.url = `http://127.0.0.1:${fake.server.address().port}`;
        return fake;
    }
    async close() {
        this.server.closeAllConnections();
        await new Promise((ok) => this.server.close(ok));
        assert.deepEqual(this.bad, []);
    }

    // What the owner types.
    form(more = {}) {
        return { f_mchid: this.mchid, f_appid: this.appid, f_serial: this.merchant.cert, f_private_key: pem(this.merchant.privateKey),
                 f_api_key: this.apiKey, f_public_key_id: this.byPublicKey ? this.publicKeyId : '',
                 f_public_key: this.byPublicKey ? pem(this.publicKey.publicKey) : '', ...more };
    }

    // ---- signing and sealing ----

    signer(how = this.byPublicKey ? 'key' : 'certificate') {
        return how === 'key' ? { serial: this.publicKeyId, key: this.publicKey.privateKey }
                             : { serial: this.platform.serial, key: this.platform.privateKey };
    }
    stamp(body, { how, timestamp = now(), nonce = Formatter.nonce(), signature, serial } = {}) {
        const by = this.signer(how);
        return { 'Wechatpay-Timestamp': String(timestamp), 'Wechatpay-Nonce': nonce, 'Wechatpay-Serial': serial ?? by.serial,
                 'Wechatpay-Signature': signature ?? Rsa.sign(Formatter.response(timestamp, nonce, body), by.key) };
    }
    seal(plain, aad) {
        const nonce = randomBytes(6).toString('hex');
        return { algorithm: 'AEAD_AES_256_GCM', ciphertext: Aes.AesGcm.encrypt(plain, this.apiKey, nonce, aad), nonce, associated_data: aad };
    }

    // ---- the platform ----

    serve(rq, rs) {
        const parts = [];
        rq.on('data', (d) => parts.push(d));
        rq.on('end', () => {
            const body = Buffer.concat(parts).toString();
            this.asked.push({ method: rq.method, url: rq.url, body });
            if (rq.url.startsWith('/sns/oauth2/')) return this.oauth(rq, rs);
            let answer;
            try {
                answer = this.down > 0 && this.down-- ? [500, { code: 'SYSTEM_ERROR', message: 'again' }]
                                                       : (this.authorized(rq, body), this.route(rq.method, rq.url, body));
            } catch (e) {
                this.bad.push(`${rq.method} ${rq.url}: ${e.message}`);
                answer = [400, { code: 'PARAM_ERROR', message: e.message }];
            }
            if (this.dropAnswers > 0) { this.dropAnswers--; return rq.socket.destroy(); }
            const [status, value, raw] = answer;
            const text = raw ?? (value === undefined ? '' : JSON.stringify(value));
            rs.writeHead(status, { ...(status === 204 ? {} : { 'Content-Type': 'application/json' }), ...(raw ? {} : this.stamp(text)) });
            rs.end(text);
        });
    }
    authorized(rq, body) {
        const m = /^WECHATPAY2-SHA256-RSA2048 (.*)$/.exec(rq.headers.authorization);
        const v = Object.fromEntries([...m[1].matchAll(/(\w+)="([^"]*)"/g)].map((x) => [x[1], x[2]]));
        assert.deepEqual(Object.keys(v).sort(), ['mchid', 'nonce_str', 'serial_no', 'signature', 'timestamp']);
        assert.equal(v.mchid, this.mchid);
        assert.equal(v.serial_no, this.merchant.serial);
        assert.ok(Math.abs(v.timestamp - now()) < 300, 'timestamp');
        assert.match(v.nonce_str, /^[0-9A-Za-z]{32}$/);
        assert.ok(Rsa.verify(Formatter.request(rq.method, rq.url, v.timestamp, v.nonce_str, body), v.signature, this.merchant.publicKey), 'SIGN_ERROR');
        assert.ok(rq.headers['user-agent'], 'User-Agent');
        assert.match(rq.headers.accept, /application\/json|\*\/\*/);
        if (this.byPublicKey && !rq.url.startsWith('/bill/')) assert.equal(rq.headers['wechatpay-serial'], this.publicKeyId);
    }
    route(method, url, body) {
        const u = new URL(url, 'http://x');
        const j = body === '' ? null : JSON.parse(body);
        if (this.lacks.some((l) => u.pathname.includes(l))) return [403, { code: 'NO_AUTH', message: '商户号该产品权限未开通' }];
        if (u.pathname === '/v3/certificates') return this.certificates();
        const product = /^\/v3\/pay\/transactions\/(native|h5|jsapi)$/.exec(u.pathname)?.[1];
        if (product) return this.create(product, j);
        const [, number, close] = /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)(\/close)?$/.exec(u.pathname) ?? [];
        if (close) {
            assert.deepEqual(j, { mchid: this.mchid });
            this.closed.push(number);
            const o = this.orders.get(number);
            if (o?.trade_state === 'SUCCESS') return [400, { code: 'ORDERPAID', message: '订单已支付' }];
            if (o) o.trade_state = 'CLOSED';
            return [204];
        }
        if (number) {
            assert.equal(u.searchParams.get('mchid'), this.mchid);
            const o = this.orders.get(number);
            return o ? [200, this.transaction(o)] : [404, { code: 'ORDER_NOT_EXIST', message: '订单不存在' }];
        }
        if (u.pathname === '/v3/refund/domestic/refunds') return this.refund(j);
        const no = /^\/v3\/refund\/domestic\/refunds\/([^/]+)$/.exec(u.pathname)?.[1];
        if (no) return this.refunds.has(no) ? [200, this.refundSaid(this.refunds.get(no))] : [404, { code: 'RESOURCE_NOT_EXISTS', message: '退款单不存在' }];
        if (u.pathname === '/v3/bill/tradebill') return this.bill(u.searchParams.get('bill_date'));
        if (u.pathname.startsWith('/bill/')) return [200, null, this.bills.get(u.pathname)];
        throw new Error('no such address');
    }
    certificates() {
        if (!this.hasCertificates) return [404, { code: 'RESOURCE_NOT_EXISTS', message: '无可用的平台证书' }];
        return [200, { data: [{ serial_no: this.platform.serial, effective_time: beijing(Date.now() - 864e5), expire_time: beijing(Date.now() + 1e11),
                                encrypt_certificate: this.seal(this.platform.cert, 'certificate') }] }];
    }
    create(product, j) {
        const known = ['appid', 'mchid', 'description', 'out_trade_no', 'time_expire', 'notify_url', 'amount',
                       ...(product === 'h5' ? ['scene_info'] : product === 'jsapi' ? ['payer'] : [])];
        assert.deepEqual(Object.keys(j).sort(), known.sort());
        assert.equal(j.appid, this.appid);
        assert.equal(j.mchid, this.mchid);
        assert.ok(j.description.length > 0 && j.description.length <= 127);
        assert.match(j.out_trade_no, /^[0-9A-Za-z_*-]{6,32}$/);
        assert.match(j.time_expire, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/);
        assert.ok(Date.parse(j.time_expire) > Date.now());
        assert.match(j.notify_url, /^https?:\/\/[^?]+\/hooks\/wechat\/[^?]+$/);
        assert.deepEqual(Object.keys(j.amount), ['total', 'currency']);
        assert.ok(Number.isInteger(j.amount.total) && j.amount.total > 0);
        assert.equal(j.amount.currency, 'CNY');
        if (product === 'h5') assert.deepEqual(j.scene_info, { payer_client_ip: j.scene_info.payer_client_ip, h5_info: { type: 'Wap' } });
        if (product === 'jsapi') assert.ok([...this.openids.values()].includes(j.payer.openid), 'openid');
        const known_ = this.orders.get(j.out_trade_no);
        if (known_ && JSON.stringify(known_.body) !== JSON.stringify(j)) return [400, { code: 'OUT_TRADE_NO_USED', message: '商户订单号重复' }];
        this.orders.set(j.out_trade_no, known_ ?? { body: j, product, trade_state: 'NOTPAY' });
        if (product === 'native') return [200, { code_url: `weixin://wxpay/bizpayurl?pr=${j.out_trade_no.slice(-7)}` }];
        if (product === 'h5') return [200, { h5_url: `https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx${j.out_trade_no}&package=1` }];
        return [200, { prepay_id: `wx${j.out_trade_no}` }];
    }
    // The payer confirms on the phone.
    pay(number) {
        const o = this.orders.get(number);
        Object.assign(o, { trade_state: 'SUCCESS', transaction_id: `42000${Date.now()}`, success_time: beijing() });
        return o;
    }
    transaction(o) {
        const { appid, mchid, out_trade_no, amount } = o.body;
        const all = { appid, mchid, out_trade_no, trade_state: o.trade_state, trade_state_desc: '', amount: { total: amount.total, currency: 'CNY' } };
        if (!o.transaction_id) return all;
        return { ...all, transaction_id: o.transaction_id, trade_type: o.product.toUpperCase(), bank_type: 'OTHERS', success_time: o.success_time,
                 payer: { openid: 'oUpF8' }, amount: { total: amount.total, payer_total: amount.total, currency: 'CNY', payer_currency: 'CNY' } };
    }
    refund(j) {
        assert.deepEqual(Object.keys(j).sort(), ['amount', 'notify_url', 'out_refund_no', 'out_trade_no']);
        const o = this.orders.get(j.out_trade_no);
        assert.match(j.out_refund_no, /^[0-9A-Za-z_|*@-]{1,64}$/);
        assert.deepEqual(Object.keys(j.amount).sort(), ['currency', 'refund', 'total']);
        assert.equal(j.amount.total, o.body.amount.total);
        let r = this.refunds.get(j.out_refund_no);
        if (r && r.body.amount.refund !== j.amount.refund) return [400, { code: 'PARAM_ERROR', message: '订单金额或退款金额与之前请求不一致' }];
        const sum = [...this.refunds.values()].filter((x) => x.order === o && x !== r).reduce((n, x) => n + x.body.amount.refund, 0);
        if (sum + j.amount.refund > j.amount.total) return [400, { code: 'INVALID_REQUEST', message: '退款金额超过可退金额' }];
        r ??= { body: j, order: o, refund_id: `503${Date.now()}${this.refunds.size}`, status: this.refundStatus };
        o.trade_state = 'REFUND';
        this.refunds.set(j.out_refund_no, r);
        return [200, this.refundSaid(r)];
    }
    refundSaid(r) {
        return { refund_id: r.refund_id, out_refund_no: r.body.out_refund_no, transaction_id: r.order.transaction_id, out_trade_no: r.body.out_trade_no,
                 channel: 'ORIGINAL', user_received_account: '零钱', status: r.status, create_time: beijing(),
                 ...(r.status === 'SUCCESS' ? { success_time: beijing() } : {}),
                 amount: { total: r.body.amount.total, refund: r.body.amount.refund, payer_total: r.body.amount.total, payer_refund: r.body.amount.refund, currency: 'CNY' } };
    }
    bills = new Map();
    bill(day) {
        assert.match(day, /^\d{4}-\d\d-\d\d$/);
        const raw = this.bills.get(`/bill/${day}`);
        return raw ? [200, { hash_type: 'SHA1', hash_value: createHash('sha1').update(raw).digest('hex'), download_url: `${this.url}/bill/${day}` }]
                   : [400, { code: 'NO_STATEMENT_EXIST', message: '账单文件不存在' }];
    }
    oauth(rq, rs) {
        const q = new URL(rq.url, 'http://x').searchParams;
        const openid = this.openids.get(q.get('code'));
        rs.writeHead(200, { 'Content-Type': 'text/plain' });
        if (q.get('appid') !== this.appid || q.get('secret') !== this.appSecret) return rs.end('{"errcode":40125,"errmsg":"invalid appsecret"}');
        rs.end(openid ? JSON.stringify({ access_token: 'x', expires_in: 7200, openid, scope: 'snsapi_base' }) : '{"errcode":40029,"errmsg":"invalid code"}');
    }

    // ---- callbacks ----

    notice(event_type, about, id = `EV-${randomBytes(8).toString('hex')}`) {
        const kind = event_type.startsWith('REFUND') ? 'refund' : 'transaction';
        return JSON.stringify({ id, create_time: beijing(), event_type, resource_type: 'encrypt-resource', summary: '',
                                resource: { original_type: kind, ...this.seal(JSON.stringify(about), kind) } });
    }
    paidNotice(o, changes = {}, id) { return this.notice('TRANSACTION.SUCCESS', { ...this.transaction(o), ...changes }, id); }
    refundNotice(r, status = 'SUCCESS', id) {
        r.status = status;
        const { status: _, amount, ...said } = this.refundSaid(r);
        const { currency, ...money } = amount;
        return this.notice(`REFUND.${status}`, { mchid: this.mchid, ...said, refund_status: status, amount: money }, id);
    }
    // Posts it as WeChat does; answers the status.
    async deliver(to, body, stamp = {}) {
        const rs = await request(to, { method: 'POST', body: stamp.body ?? body,
            headers: { 'content-type': 'application/json', ...this.stamp(body, stamp) } });
        if (rs.status < 300) assert.ok(rs.status === 204 || (rs.status === 200 && rs.text === ''), 'taken: 200 or 204, empty');
        else assert.equal(JSON.parse(rs.text).code, 'FAIL');
        return rs.status;
    }
}
