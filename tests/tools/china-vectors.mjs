// Makes tests/unit/china_vectors.h: what WeChat Pay and Alipay would send, made by other people's code
// (npm wechatpay-axios-plugin, alipay-sdk), which has also checked what stands in it.
//     node tests/tools/china-vectors.mjs > tests/unit/china_vectors.h
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, createPublicKey, createPrivateKey, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import wechat from 'wechatpay-axios-plugin';
import { AlipaySdk } from 'alipay-sdk';

const { Aes, Formatter, Rsa } = wechat;
const out = [];
const c = (name, text) => {
  const lines = String(text).match(/[^]{1,70}/gu) ?? [''];
  const quote = (s) => JSON.stringify(s).replaceAll('\\u0000', '\\0').replaceAll('??', '?\\?');
  out.push(`#define ${name}${lines.map((l) => ` \\\n    ${quote(l)}`).join('')}`);
};
const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const der = (key, type) => key.export({ type, format: 'der' }).toString('base64');
const pem = (key, type) => key.export({ type, format: 'pem' });

const app = pair();
c('APP_PKCS1', der(app.privateKey, 'pkcs1'));
c('APP_PKCS8', der(app.privateKey, 'pkcs8'));
c('APP_PKCS1_PEM', pem(app.privateKey, 'pkcs1'));
c('APP_PKCS8_PEM', pem(app.privateKey, 'pkcs8'));
c('APP_PUBLIC', der(app.publicKey, 'spki'));
c('APP_PUBLIC_PKCS1', der(app.publicKey, 'pkcs1'));
c('APP_PUBLIC_PEM', pem(app.publicKey, 'spki'));
c('APP_FINGERPRINT', createHash('sha256').update(app.publicKey.export({ type: 'spki', format: 'der' })).digest('hex').toUpperCase().match(/../g).join(':'));

const rail = pair();
c('RAIL_PUBLIC', der(rail.publicKey, 'spki'));
c('OTHER_PUBLIC', der(pair().publicKey, 'spki')); // signed nothing
const dir = mkdtempSync(join(tmpdir(), 'vectors-'));
writeFileSync(join(dir, 'key'), pem(rail.privateKey, 'pkcs8'), { mode: 0o600 });
const serial = '6A5B4C3D2E1F00112233445566778899AABBCCDD';
const cert = execFileSync('openssl', ['req', '-x509', '-new', '-key', join(dir, 'key'), '-subj', '/CN=Tenpay.com Root CA', '-days', '18250', '-set_serial', `0x${serial}`], { encoding: 'utf8' });
rmSync(dir, { recursive: true });
c('RAIL_CERT', cert);
c('RAIL_SERIAL', serial);

// WeChat Pay
const apiKey = '0123456789abcdefghijklmnopqrstuv';
c('API_KEY', apiKey);
const at = Math.floor(Date.now() / 1000) + 3600; // the certificate is good from now on
out.push(`#define WX_AT INT64_C(${at})`);
const nonce = 'Ab3dEf6hIj9kLmN0pQrStUvWxYz12345';
c('WX_NONCE', nonce);
const body = '{"appid":"wx8888888888888888","mchid":"1900007291","description":"茶的星球：会员"}';
c('WX_BODY', body);
c('WX_POST_SIGN', Rsa.sign(Formatter.request('POST', '/v3/pay/transactions/native', at, nonce, body), app.privateKey));
c('WX_GET_SIGN', Rsa.sign(Formatter.request('GET', '/v3/pay/transactions/out-trade-no/01JD?mchid=1900007291', at, nonce), app.privateKey));
c('WX_EMPTY_POST_SIGN', Rsa.sign(Formatter.request('POST', '/v3/x', at, nonce, ''), app.privateKey));
c('WX_PAGE_SIGN', Rsa.sign(Formatter.joinedByLineFeed('wx8888888888888888', at, nonce, 'prepay_id=wx201410272009395522657a690389285100'), app.privateKey));
const paid = JSON.stringify({ mchid: '1900007291', appid: 'wx8888888888888888', out_trade_no: '01JDA0000000000000000000XY', transaction_id: '4200001234202611220000000001', trade_type: 'NATIVE', trade_state: 'SUCCESS', trade_state_desc: '支付成功', success_time: '2026-11-21T19:25:01+08:00', payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' }, amount: { total: 9900, payer_total: 9900, currency: 'CNY', payer_currency: 'CNY' } });
c('WX_PLAIN', paid);
const notice = (plain, aad) => {
  const n = randomBytes(6).toString('hex');
  const ciphertext = Aes.AesGcm.encrypt(plain, apiKey, n, aad);
  assert.equal(Aes.AesGcm.decrypt(ciphertext, apiKey, n, aad), plain);
  return { algorithm: 'AEAD_AES_256_GCM', original_type: 'transaction', ciphertext, nonce: n, associated_data: aad };
};
const callback = (resource) => JSON.stringify({ id: 'EV-2018022511223320873', create_time: '2026-11-21T19:25:02+08:00', event_type: 'TRANSACTION.SUCCESS', resource_type: 'encrypt-resource', summary: '支付成功', resource });
for (const [name, aad] of [['WX_CALLBACK', 'transaction'], ['WX_CALLBACK_BARE', '']]) {
  const text = callback(notice(paid, aad));
  const sign = Rsa.sign(Formatter.response(at, nonce, text), rail.privateKey);
  assert(Rsa.verify(Formatter.response(at, nonce, text), sign, rail.publicKey));
  c(name, text);
  c(`${name}_SIGN`, sign);
}
c('WX_EMPTY_ANSWER_SIGN', Rsa.sign(Formatter.response(at, nonce, ''), rail.privateKey));
c('WX_CERTIFICATES', JSON.stringify({ data: [{ serial_no: serial, effective_time: '2026-11-20T00:00:00+08:00', expire_time: '2076-11-20T00:00:00+08:00', encrypt_certificate: { ...notice(cert, 'certificate'), original_type: undefined } }] }));

// Alipay
const sdk = new AlipaySdk({ appId: '2021000000000000', privateKey: pem(app.privateKey, 'pkcs1'), alipayPublicKey: der(rail.publicKey, 'spki'), gateway: 'https://openapi.alipay.com/gateway.do' });
const url = sdk.pageExecute('alipay.trade.page.pay', 'GET', { notify_url: 'https://t.example/hooks/alipay/tea', return_url: 'https://t.example/o/1?x=a b&y=%', bizContent: { out_trade_no: '01JDA0000000000000000000XY', total_amount: '99.00', subject: '茶的星球：会员 "一年" & more', product_code: 'FAST_INSTANT_TRADE_PAY' } });
c('ALI_PAGE_QUERY', new URL(url).search.slice(1));
const ask = new AlipaySdk({ appId: '2021000000000000', privateKey: pem(rail.privateKey, 'pkcs1'), alipayPublicKey: der(rail.publicKey, 'spki') });
const sign = (text) => Rsa.sign(text, rail.privateKey);
const fields = { gmt_create: '2026-11-21 19:25:00', charset: 'utf-8', seller_email: 'a+b@t.example', subject: '茶的星球 100% & "会员"', buyer_id: '2088102116773037', invoice_amount: '99.00', notify_id: '2026112100222192501073037', fund_bill_list: '[{"amount":"99.00","fundChannel":"ALIPAYACCOUNT"}]', notify_type: 'trade_status_sync', trade_status: 'TRADE_SUCCESS', receipt_amount: '99.00', app_id: '2021000000000000', seller_id: '2088102119685838', gmt_payment: '2026-11-21 19:25:01', notify_time: '2026-11-21 19:25:02', version: '1.0', out_trade_no: '01JDA0000000000000000000XY', total_amount: '99.00', trade_no: '2026112122001473031000000001', auth_app_id: '2021000000000000', passback_params: '', point_amount: '0.00' };
const text = (o) => Object.keys(o).sort().map((k) => `${k}=${o[k]}`).join('&');
for (const [name, signed] of [['ALI_NOTICE', fields], ['ALI_NOTICE_TYPED', { ...fields, sign_type: 'RSA2' }]]) {
  const all = { ...fields, sign_type: 'RSA2', sign: sign(text(signed)) };
  assert(ask.checkNotifySignV2(all));
  c(name, new URLSearchParams(all).toString());
}
const raw = '{"code":"10000","msg":"Success","buyer_logon_id":"ali***@t.example","out_trade_no":"01JDA0000000000000000000XY","send_pay_date":"2026-11-21 19:25:01","total_amount":"99.00","trade_no":"2026112122001473031000000001","trade_status":"TRADE_SUCCESS","body":"a \\"sign\\": },{\\/"}';
ask.checkResponseSign(`{"alipay_trade_query_response":${raw},"sign":"${sign(raw)}"}`, 'alipay_trade_query_response', sign(raw), '');
c('ALI_ANSWER', `{"alipay_trade_query_response":${raw},"sign":"${sign(raw)}"}`);
const no = '{"code":"40004","msg":"Business Failed","sub_code":"ACQ.TRADE_NOT_EXIST","sub_msg":"交易不存在"}';
c('ALI_ERROR', `{"error_response":${no},"sign":"${sign(no)}"}`);

process.stdout.write(`/* Made by tests/tools/china-vectors.mjs: what other people's code sends for WeChat Pay and Alipay. The
 * keys were made for it and are of no other use. */
#ifndef TESTS_UNIT_CHINA_VECTORS_H
#define TESTS_UNIT_CHINA_VECTORS_H

${out.join('\n')}

#endif
`);
