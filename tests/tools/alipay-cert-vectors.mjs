// Makes tests/unit/alipay_cert_vectors.h: certificates by openssl, their numbers and an address by Alipay's own SDK.
//     node tests/tools/alipay-cert-vectors.mjs > tests/unit/alipay_cert_vectors.h
import { generateKeyPairSync } from 'node:crypto';
import { AlipaySdk } from 'alipay-sdk';
import { authority } from '../rig/alipay_certs.mjs';

const out = [], PID = '2088102119685838';
const c = (name, text) => {
    const lines = String(text).match(/[^\n]{1,90}\n?/gu);
    out.push(`#define ${name}${lines.map((l) => ` \\\n    ${JSON.stringify(l)}`).join('')}`);
};
const key = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (k, type) => k.export({ type, format: 'pem' });
const ca = authority(), app = key(), now = key(), next = key();

const certs = { app: ca.app(app.privateKey, PID), alipay: ca.alipay(now.privateKey, PID) };
c('CERT_APP_KEY', pem(app.privateKey, 'pkcs8'));
c('CERT_ROOTS', ca.roots);
c('CERT_APP', certs.app);
c('CERT_ALIPAY', certs.alipay);
c('CERT_NEXT', ca.alipay(next.privateKey, PID));
c('CERT_OF_ANOTHER', ca.alipay(next.privateKey, '2088102119685839'));
c('CERT_PRETENDER', ca.pretender(next.privateKey, PID));
const other = authority();
c('CERT_OTHER_ROOT', other.alipay(next.privateKey, PID));
other.close();
const sdk = new AlipaySdk({ appId: '2021000000000000', privateKey: pem(app.privateKey, 'pkcs1'), gateway: 'https://openapi.alipay.com/gateway.do',
    appCertContent: certs.app, alipayPublicCertContent: certs.alipay, alipayRootCertContent: ca.roots });
c('CERT_APP_SN', sdk.config.appCertSn);
c('CERT_ALIPAY_SN', sdk.config.alipayCertSn);
c('CERT_ROOT_SN', sdk.config.alipayRootCertSn);
const url = sdk.pageExecute('alipay.trade.page.pay', 'GET', { notify_url: 'https://t.example/hooks/alipay/tea', bizContent: { out_trade_no: '01JDA0000000000000000000XY', total_amount: '99.00', subject: '茶', product_code: 'FAST_INSTANT_TRADE_PAY' } });
c('CERT_PAGE_QUERY', new URL(url).search.slice(1));
ca.close();

process.stdout.write(`/* Made by tests/tools/alipay-cert-vectors.mjs. The keys were made for it and are of no other use. */
#ifndef TESTS_UNIT_ALIPAY_CERT_VECTORS_H
#define TESTS_UNIT_ALIPAY_CERT_VECTORS_H

${out.join('\n')}

#endif
`);
