// The other side of the Alipay rail: a small gateway of our own that keeps trades and looks at each field. Its
// notices pass the check of Alipay's own SDK (npm alipay-sdk) before they are sent, and so do its answers.
// What it found wrong stands in `bad`.
import http from 'node:http';
import { execFileSync } from 'node:child_process';
import { createSign, createVerify, generateKeyPairSync, randomBytes } from 'node:crypto';
import assert from 'node:assert/strict';
import { AlipaySdk } from 'alipay-sdk';
import { request } from './client.mjs';
import { till } from './till.mjs';
import { authority } from './alipay_certs.mjs';

const der = (key, type) => key.export({ type, format: 'der' }).toString('base64');
const beijing = (ms = Date.now()) => new Date(ms + 8 * 3600e3).toISOString().slice(0, 19).replace('T', ' ');
const fen = (yuan) => { assert.match(yuan, /^\d+\.\d\d$/); return Math.round(yuan * 100); };
const yuan = (n) => (n / 100).toFixed(2); // below 0, too
const canonical = (v, keepEmpty) => Object.keys(v).sort().filter((k) => k !== 'sign' && (keepEmpty || v[k] !== '')).map((k) => `${k}=${v[k]}`).join('&');

export class FakeAlipay {
    static async start(options = {}) {
        const fake = Object.assign(new FakeAlipay(), {
            appId: '2021000000000000', sellerId: '2088102119685838', app: generateKeyPairSync('rsa', { modulusLength: 2048 }),
            own: generateKeyPairSync('rsa', { modulusLength: 2048 }), trades: new Map(), asked: [], bad: [], closed: [], lacks: [], due: [],
            down: 0, dropAnswers: 0, downloads: [], ...options });
        if (options.certificates) {
            fake.ca = authority();
            fake.appCert = fake.ca.app(fake.app.privateKey, fake.sellerId);
        }
        fake.sign_with(fake.own, fake.ca?.alipay(fake.own.privateKey, fake.sellerId));
        fake.given = fake.ownCert;
        fake.server = http.createServer((rq, rs) => fake.serve(rq, rs));
        await new Promise((ok) => fake.server.listen(0, '127.0.0.1', ok));
        fake.url = `http://127.0.0.1:${fake.server.address().port}`;
        return fake;
    }
    async close() {
        this.server.closeAllConnections();
        await new Promise((ok) => this.server.close(ok));
        this.ca?.close();
        assert.deepEqual(this.bad, []);
    }
    // Alipay's key from now on. Its SDK stands in the owner's place: what it takes, we must take.
    sign_with(own, ownCert) {
        Object.assign(this, { own, ownCert });
        this.sdk = new AlipaySdk({ appId: this.appId, privateKey: der(this.app.privateKey, 'pkcs1'), ...(this.ca
            ? { appCertContent: this.appCert, alipayPublicCertContent: ownCert, alipayRootCertContent: this.ca.roots }
            : { alipayPublicKey: der(own.publicKey, 'spki') }) });
        if (this.ca) this.published = new Map([...this.published ?? [], [this.sdk.config.alipayCertSn, ownCert]]);
    }
    // A new certificate of Alipay's; answers are signed with it, and who doesn't know it may fetch it.
    rotate(make = 'alipay', pid = this.sellerId) {
        const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
        this.sign_with(own, this.ca[make](own.privateKey, pid));
    }
    // What the owner types: bare base64, as the key tool gives it.
    form(more = {}) {
        return { f_app_id: this.appId, f_seller_id: this.sellerId, f_private_key: der(this.app.privateKey, 'pkcs8'),
                 ...(this.ca ? { f_alipay_public_key: this.given, f_app_cert: this.appCert, f_root_cert: this.ca.roots }
                             : { f_alipay_public_key: der(this.own.publicKey, 'spki') }), ...more };
    }
    sign(text) { return createSign('RSA-SHA256').update(text, 'utf8').sign(this.own.privateKey, 'base64'); }

    // ---- the gateway ----

    serve(rq, rs) {
        const parts = [];
        rq.on('data', (d) => parts.push(d));
        rq.on('end', () => {
            const u = new URL(rq.url, 'http://x');
            const v = Object.fromEntries(new URLSearchParams(rq.method === 'GET' ? u.search : Buffer.concat(parts).toString()));
            if (this.browser(rq, rs, u)) return;
            if (u.pathname === '/bill') {
                const known = u.searchParams.get('token') === this.token;
                return rs.writeHead(known ? 200 : 403, { 'Content-Type': 'application/octet-stream' }).end(known ? this.bill(u.searchParams.get('day')) : '');
            }
            this.asked.push(v);
            if (this.down > 0) { this.down--; return rs.writeHead(502).end(); }
            const key = `${(v.method ?? '').replaceAll('.', '_')}_response`;
            let answer;
            try {
                assert.equal(u.pathname, '/gateway.do');
                this.authorized(v);
                answer = this.lacks.includes(v.method) ? { code: '40006', msg: 'Insufficient Permissions', sub_code: 'isv.insufficient-isv-permissions', sub_msg: 'ISV权限不足' }
                                                       : this.route(v.method, JSON.parse(v.biz_content), v);
            } catch (e) {
                if (e.message !== 'isv.invalid-signature') this.bad.push(`${v.method}: ${e.message}`);
                return rs.writeHead(200, { 'Content-Type': 'text/html;charset=utf-8' })
                    .end(JSON.stringify({ error_response: { code: '40002', msg: 'Invalid Arguments', sub_code: e.message, sub_msg: '验签出错' } }));
            }
            if (this.dropAnswers > 0) { this.dropAnswers--; return rq.socket.destroy(); }
            const raw = JSON.stringify(answer).replaceAll('/', '\\/'); // as theirs
            if (v.method === 'alipay.open.app.alipaycert.download') return rs.writeHead(200, { 'Content-Type': 'text/html;charset=utf-8' }).end(`{"${key}":${raw}}`); // nobody signs that
            const which = this.ca ? `"alipay_cert_sn":"${this.sdk.config.alipayCertSn}",` : '';
            const text = `{"${key}":${raw},${which}"sign":"${this.sign(raw)}"}`;
            this.sdk.checkResponseSign(text, key, this.sign(raw), '');
            rs.writeHead(200, { 'Content-Type': 'text/html;charset=utf-8' }).end(text);
        });
    }
    // A buyer's browser: the gateway takes what it brings and shows its own page.
    browser(rq, rs, u) {
        if (rq.method === 'GET' && /\.(page|wap)\.pay$/.test(u.searchParams.get('method'))) {
            const t = this.arrive(this.url + rq.url);
            rs.writeHead(302, { Location: `/cashier?trade=${t.number}` }).end();
            return true;
        }
        const t = u.pathname === '/cashier' && this.trades.get(u.searchParams.get('trade'));
        if (!t) return false;
        till(rq, rs, { name: 'Alipay', what: `${yuan(t.total)} ${t.subject}`, pay: () => {
            this.due.push(this.notice(this.pay(t.number)));
            return `${t.back}&out_trade_no=${t.number}&trade_no=${t.trade_no}&total_amount=${yuan(t.total)}&sign=of-no-weight`;
        } });
        return true;
    }
    authorized(v) {
        const known = ['app_id', 'method', 'format', 'charset', 'sign_type', 'timestamp', 'version', 'biz_content', 'notify_url', 'return_url', 'sign',
            ...(this.ca ? ['app_cert_sn', 'alipay_root_cert_sn'] : [])];
        if (this.ca) assert.deepEqual([v.app_cert_sn, v.alipay_root_cert_sn], [this.sdk.config.appCertSn, this.sdk.config.alipayRootCertSn]);
        assert.deepEqual(Object.keys(v).filter((k) => !known.includes(k)), []);
        assert.deepEqual([v.app_id, v.format, v.charset, v.sign_type, v.version], [this.appId, 'JSON', 'utf-8', 'RSA2', '1.0']);
        assert.match(v.timestamp, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
        assert.ok(Math.abs(Date.parse(`${v.timestamp.replace(' ', 'T')}+08:00`) - Date.now()) < 300e3, 'timestamp');
        if (!createVerify('RSA-SHA256').update(canonical(v), 'utf8').verify(this.app.publicKey, v.sign, 'base64'))
            throw new Error('isv.invalid-signature');
    }
    route(method, biz, v) {
        const ok = (more) => ({ code: '10000', msg: 'Success', ...more });
        const no = (sub_code) => ({ code: '40004', msg: 'Business Failed', sub_code, sub_msg: '业务失败' });
        const t = this.trades.get(biz.out_trade_no);
        switch (method) {
        case 'alipay.trade.precreate':
            this.open(biz, v, null);
            return ok({ out_trade_no: biz.out_trade_no, qr_code: `https://qr.alipay.com/${biz.out_trade_no.slice(-12)}` });
        case 'alipay.trade.query':
            assert.deepEqual(Object.keys(biz), ['out_trade_no']);
            if (!t?.trade_no || this.silent === biz.out_trade_no) return no('ACQ.TRADE_NOT_EXIST');
            return ok({ out_trade_no: biz.out_trade_no, trade_no: t.trade_no, trade_status: t.status, total_amount: yuan(t.total),
                        ...(t.paidAt ? { send_pay_date: t.paidAt } : {}) });
        case 'alipay.trade.close':
            this.closed.push(biz.out_trade_no);
            if (!t?.trade_no) return no('ACQ.TRADE_NOT_EXIST');
            if (t.paidAt) return no('ACQ.REASON_TRADE_STATUS_INVALID');
            t.status = 'TRADE_CLOSED';
            return ok({ out_trade_no: biz.out_trade_no });
        case 'alipay.trade.refund': return this.refund(biz, t, ok, no);
        case 'alipay.trade.fastpay.refund.query': {
            assert.deepEqual(Object.keys(biz), ['out_trade_no', 'out_request_no']);
            const amount = t?.refunds.get(biz.out_request_no);
            return amount === undefined ? ok({}) : ok({ ...biz, refund_amount: yuan(amount), refund_status: 'REFUND_SUCCESS' });
        }
        case 'alipay.open.app.alipaycert.download': {
            assert.deepEqual(Object.keys(biz), ['alipay_cert_sn']);
            this.downloads.push(biz.alipay_cert_sn);
            const pem = this.published.get(biz.alipay_cert_sn);
            return pem ? ok({ alipay_cert_content: Buffer.from(pem).toString('base64') }) : no('isv.cert-not-exist');
        }
        case 'alipay.data.dataservice.bill.downloadurl.query':
            assert.deepEqual(Object.keys(biz), ['bill_type', 'bill_date']);
            assert.equal(biz.bill_type, 'trade');
            assert.match(biz.bill_date, /^\d{4}-\d\d-\d\d$/);
            assert.ok(biz.bill_date < beijing().slice(0, 10), 'of a day that is over');
            return this.moved(biz.bill_date).length === 0 ? no('isp.bill_not_exist') : ok({ bill_download_url: `${this.url}/bill?day=${biz.bill_date}&token=${this.token = randomBytes(8).toString('hex')}` });
        default: throw new Error('isv.invalid-method');
        }
    }

    // ---- the bill of a day ----

    moved(day) {
        return [...this.trades.values()].filter((t) => t.paidAt?.startsWith(day));
    }
    // Two sheets in GBK, in a ZIP: of columns, tabs and sums as theirs.
    bill(day) {
        const line = (t, kind, sum, request, fee) => [`${t.trade_no}\t`, `${t.number}\t`, kind, t.subject, t.paidAt, t.paidAt, '\t', '\t', '\t', '\t', '**茶(156****89)\t', sum, sum,
            '0.00', '0.00', '0.00', '0.00', '0.00', '', '0.00\t', '0.00', `${request}\t`, fee, '0.00', ''].join(',');
        const lines = this.moved(day).flatMap((t) => [line(t, '交易', yuan(t.total), '', yuan(-Math.round(t.total * 0.006))),
            ...[...t.refunds].map(([key, amount]) => line(t, '退款', yuan(-amount), key, '0.00'))]);
        const detail = ['#支付宝业务明细查询', `#账号：[${this.sellerId}0156]`, `#起始日期：[${day} 00:00:00]   终止日期：[${day} 24:00:00]`,
            '#-----------------------------------------业务明细列表----------------------------------------',
            '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注',
            ...lines, '#-----------------------------------------业务明细列表结束------------------------------------', `#交易合计：${lines.length}笔`, ''].join('\r\n');
        const sums = ['#支付宝业务汇总查询', '门店编号,门店名称,交易订单总笔数', `合计,,${lines.length}`, ''].join('\r\n');
        const pack = 'import io,json,sys,zipfile\nb=io.BytesIO()\nwith zipfile.ZipFile(b,"w",zipfile.ZIP_DEFLATED) as z:\n  for n,t in json.load(sys.stdin).items(): z.writestr(n,t.encode("gbk"))\nsys.stdout.buffer.write(b.getvalue())';
        const name = `${this.sellerId}0156_${day.replaceAll('-', '')}_业务明细`;
        return execFileSync('python3', ['-c', pack], { input: JSON.stringify({ [`${name}(汇总).csv`]: sums, [`${name}.csv`]: detail }) });
    }
    // A buyer's browser arrives, or a code is asked for.
    open(biz, v, product) {
        const known = ['out_trade_no', 'total_amount', 'subject', 'time_expire', ...(product ? ['product_code'] : [])];
        const trial = biz.out_trade_no.startsWith('PROBE');
        assert.deepEqual(Object.keys(biz).sort(), known.sort());
        assert.match(biz.out_trade_no, /^[0-9A-Za-z_]{1,64}$/);
        assert.ok(biz.subject.length > 0 && !/[/=&,]/.test(biz.subject));
        assert.ok(Date.parse(`${biz.time_expire.replace(' ', 'T')}+08:00`) > Date.now());
        if (product) assert.equal(biz.product_code, product);
        if (!trial) assert.match(v.notify_url, /\/hooks\/alipay\//);
        const t = this.trades.get(biz.out_trade_no) ?? { number: biz.out_trade_no, subject: biz.subject, total: fen(biz.total_amount),
            status: 'WAIT_BUYER_PAY', refunds: new Map(), notify: v.notify_url, back: v.return_url };
        t.trade_no ??= `2026${Date.now()}${this.trades.size}`;
        this.trades.set(biz.out_trade_no, t);
        return t;
    }
    // The address that a browser was sent to: checked as the gateway does, and known from then on.
    arrive(address) {
        const u = new URL(address);
        assert.equal(u.origin, this.url);
        const v = Object.fromEntries(u.searchParams);
        this.authorized(v);
        const product = { 'alipay.trade.page.pay': 'FAST_INSTANT_TRADE_PAY', 'alipay.trade.wap.pay': 'QUICK_WAP_WAY' }[v.method];
        assert.ok(product, v.method);
        return Object.assign(this.open(JSON.parse(v.biz_content), v, product), { method: v.method });
    }
    pay(number, at = Date.now()) {
        const t = this.trades.get(number);
        return Object.assign(t, { trade_no: t.trade_no ?? `2026${Date.now()}`, status: 'TRADE_SUCCESS', paidAt: beijing(at) });
    }
    sum(t) { return [...t.refunds.values()].reduce((a, b) => a + b, 0); }
    refund(biz, t, ok, no) {
        assert.deepEqual(Object.keys(biz).sort(), ['out_request_no', 'out_trade_no', 'refund_amount']);
        if (!t?.paidAt) return no('ACQ.TRADE_NOT_EXIST');
        const fresh = !t.refunds.has(biz.out_request_no);
        if (fresh && this.sum(t) + fen(biz.refund_amount) > t.total) return no('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL');
        if (fresh) t.refunds.set(biz.out_request_no, fen(biz.refund_amount));
        if (this.sum(t) === t.total) t.status = 'TRADE_CLOSED';
        return ok({ out_trade_no: t.number, trade_no: t.trade_no, fund_change: fresh ? 'Y' : 'N', refund_fee: yuan(this.sum(t)) });
    }

    // ---- notices ----

    notice(t, changes = {}, { typed = false } = {}) {
        const v = { gmt_create: beijing(), charset: 'utf-8', seller_email: 'a+b@example.org', subject: t.subject, buyer_id: '2088102116773037',
                    invoice_amount: yuan(t.total), notify_id: randomBytes(16).toString('hex'), fund_bill_list: `[{"amount":"${yuan(t.total)}","fundChannel":"ALIPAYACCOUNT"}]`,
                    notify_type: 'trade_status_sync', trade_status: t.status, receipt_amount: yuan(t.total), app_id: this.appId, seller_id: this.sellerId,
                    ...(t.paidAt ? { gmt_payment: t.paidAt } : {}), notify_time: beijing(), version: '1.0', out_trade_no: t.number, total_amount: yuan(t.total),
                    trade_no: t.trade_no, auth_app_id: this.appId, passback_params: '', ...changes };
        const all = { ...v, sign_type: 'RSA2', sign: this.sign(canonical(typed ? { ...v, sign_type: 'RSA2' } : v, true)) };
        assert.ok(this.sdk.checkNotifySignV2(all), 'their own SDK takes it');
        return all;
    }
    refundNotice(t, key = 'by-hand') {
        return this.notice(t, { refund_fee: yuan(this.sum(t)), gmt_refund: `${beijing()}.123`, out_biz_no: key });
    }
    // Posts it as Alipay does; answers {status, text}.
    async deliver(to, v) {
        const rs = await request(to, { method: 'POST', body: typeof v === 'string' ? v : new URLSearchParams(v).toString(),
                                       headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } });
        if (rs.status === 200) { assert.equal(rs.text, 'success'); assert.match(rs.headers['content-type'], /^text\/plain/); }
        else assert.notEqual(rs.text, 'success');
        return rs.status;
    }
}
