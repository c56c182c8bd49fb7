// Certificates as Alipay's certificate mode has them, made by openssl: roots of which only those signed with RSA count,
// an authority for apps and one for Alipay's own, and what these two issued.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = '/C=CN/O=Test Financial/OU=Certification Authority/CN=Test Financial Certification Authority';

export function authority() {
    const dir = mkdtempSync(join(tmpdir(), 'alipay-certs-')), at = (name) => join(dir, name);
    const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: dir });
    const read = (name) => readFileSync(at(`${name}.crt`), 'utf8');
    const root = (name, subject, ...kind) =>
        openssl('req', '-x509', '-nodes', '-newkey', ...kind, '-keyout', at(`${name}.key`), '-out', at(`${name}.crt`), '-subj', subject, '-days', '7300', '-utf8');
    const issue = (by, name, subject, extensions, days = 3650) => {
        writeFileSync(at('ext'), extensions);
        openssl('req', '-new', '-key', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', subject, '-utf8');
        openssl('x509', '-req', '-in', at(`${name}.csr`), '-CA', at(`${by}.crt`), '-CAkey', at(`${by}.key`), '-days', String(days), '-extfile', at('ext'), '-out', at(`${name}.crt`));
        return read(name);
    };
    root('r1', `${NAME} R1`, 'rsa:2048');
    root('e1', `${NAME} E1`, 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1');
    root('g3', '/C=CN/O=Test Trust/CN=Test Trust Root G3', 'rsa:2048');
    for (const n of [1, 2]) {
        openssl('genrsa', '-out', at(`class${n}.key`), '2048');
        issue('r1', `class${n}`, `${NAME} Class ${n} R1`, 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n', 5000);
    }
    const leaf = (by, key, subject) => {
        writeFileSync(at('leaf.key'), key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
        return issue(by, 'leaf', subject, 'keyUsage=critical,digitalSignature\n');
    };
    const theirs = (key, pid, by) => leaf(by, key, `/C=CN/O=测试公司/OU=Alipay/CN=支付宝(中国)网络技术有限公司-${pid}`);
    return {
        roots: ['e1', 'r1', 'g3'].map(read).join('\n'),
        app: (key, pid) => leaf('class1', key, `/C=CN/O=测试公司/OU=Alipay/CN=${pid}`),
        // Alipay's own, with the authority behind it, as the console gives it.
        alipay: (key, pid) => theirs(key, pid, 'class2') + read('class2'),
        // The right name from the authority for apps.
        pretender: (key, pid) => theirs(key, pid, 'class1') + read('class1'),
        close: () => rmSync(dir, { recursive: true }),
    };
}
