// S3 storage of other people's making: s3rver keeps, lists and hands out, and before it stands a door that
// checks every signature with AWS's own signer (@smithy/signature-v4), since s3rver takes any of version 4.
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import S3rver from 's3rver';
import { SignatureV4 } from '@smithy/signature-v4';

export const KEY = 'S3RVER', SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCY=EXAMPLEKEY', REGION = 'eu-test-1';

class Sha256 {
    constructor(key) { this.h = key === undefined ? createHash('sha256') : createHmac('sha256', typeof key === 'string' ? key : Buffer.from(key)); }
    update(data) { this.h.update(typeof data === 'string' ? data : Buffer.from(data)); }
    async digest() { return new Uint8Array(this.h.digest()); }
}

const day = (s) => new Date(s?.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
const refuse = (code) => Object.assign(new Error(code), { code });

export class S3 {
    static async start({ bucket = 'media', region = REGION } = {}) {
        const s3 = new S3();
        Object.assign(s3, { bucket, region, seen: [], fault: null, later: 0, root: mkdtempSync(path.join(os.tmpdir(), 'orrery-s3-')) });
        s3.rver = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory: s3.root, vhostBuckets: false,
                               configureBuckets: [{ name: bucket }] });
        s3.back = await s3.rver.run();
        s3.hanging = new Set();
        await s3.open();
        return s3;
    }
    // The door alone: what is kept stays when it is closed.
    async open() {
        this.door = http.createServer((rq, rs) => this.answer(rq, rs).catch((e) => this.say(rs, 500, e.message)));
        await new Promise((ok) => this.door.listen(this.port ?? 0, '127.0.0.1', ok));
        this.port = this.door.address().port;
        this.host = `127.0.0.1:${this.port}`;
    }
    async close() {
        for (const rs of this.hanging) rs.destroy();
        this.door.closeAllConnections();
        await new Promise((ok) => this.door.close(ok));
    }
    async stop() {
        if (this.door.listening) await this.close();
        await this.rver.close();
        rmSync(this.root, { recursive: true, force: true });
    }
    url({ prefix = '', secret = SECRET, more = '', key = KEY, bucket = this.bucket } = {}) {
        return `s3://${key}:${secret}@${this.host}/${bucket}${prefix}?region=${this.region}&scheme=http${more}`;
    }
    now() { return Date.now() + this.later; }

    say(rs, status, code) {
        rs.writeHead(status, { 'content-type': 'application/xml' });
        rs.end(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>no</Message></Error>`);
    }

    signer() {
        return new SignatureV4({ service: 's3', region: this.region, credentials: { accessKeyId: KEY, secretAccessKey: SECRET },
                                 sha256: Sha256, uriEscapePath: false, applyChecksum: false });
    }
    plain(rq, url) {
        const query = {};
        for (const [k, v] of url.searchParams) query[k] = v;
        return { method: rq.method, protocol: 'http:', hostname: url.hostname, port: Number(url.port), path: url.pathname, query,
                 headers: {}, body: undefined };
    }

    async byHeader(rq, url, body) {
        const m = /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
            .exec(rq.headers.authorization);
        if (!m) throw refuse('AuthorizationHeaderMalformed');
        const [, key, date, region, names, signature] = m;
        if (key !== KEY) throw refuse('InvalidAccessKeyId');
        if (region !== this.region) throw refuse('AuthorizationHeaderMalformed');
        const at = day(rq.headers['x-amz-date']), signed = names.split(';');
        if (rq.headers['x-amz-date']?.slice(0, 8) !== date || !(Math.abs(at - this.now()) < 900000)) throw refuse('RequestTimeTooSkewed');
        for (const must of ['host', 'x-amz-date', 'x-amz-content-sha256', ...Object.keys(rq.headers).filter((h) => h.startsWith('x-amz-'))])
            if (!signed.includes(must)) throw refuse('AccessDenied');
        if (createHash('sha256').update(body).digest('hex') !== rq.headers['x-amz-content-sha256']) throw refuse('XAmzContentSHA256Mismatch');
        const plain = this.plain(rq, url);
        for (const name of signed) if (name !== 'x-amz-date') plain.headers[name] = rq.headers[name];
        const ours = await this.signer().sign(plain, { signingDate: at, signableHeaders: new Set(signed) });
        if (!ours.headers.authorization.endsWith(`Signature=${signature}`)) throw refuse('SignatureDoesNotMatch');
    }
    async byQuery(rq, url) {
        const q = url.searchParams, at = day(q.get('X-Amz-Date')), seconds = Number(q.get('X-Amz-Expires'));
        if (!q.get('X-Amz-Credential')?.startsWith(`${KEY}/`)) throw refuse('InvalidAccessKeyId');
        if (!(seconds > 0 && seconds <= 604800)) throw refuse('AuthorizationQueryParametersError');
        if (!(this.now() <= at.getTime() + seconds * 1000) || at > this.now() + 900000) throw refuse('AccessDenied');
        const plain = this.plain(rq, url), signature = q.get('X-Amz-Signature');
        for (const name of Object.keys(plain.query)) if (name.startsWith('X-Amz-')) delete plain.query[name];
        plain.headers = { 'host': rq.headers.host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
        const not = new Set(['x-amz-content-sha256']);
        const ours = await this.signer().presign(plain, { signingDate: at, expiresIn: seconds, unhoistableHeaders: not, unsignableHeaders: not });
        if (ours.query['X-Amz-Signature'] !== signature) throw refuse('SignatureDoesNotMatch');
    }

    async answer(rq, rs) {
        const url = new URL(rq.url, `http://${rq.headers.host}`), parts = [];
        const fault = this.fault?.(rq);
        if (fault === 'hang') { this.hanging.add(rs); rq.resume(); return; }
        for await (const part of rq) parts.push(part);
        const body = Buffer.concat(parts);
        this.seen.push({ method: rq.method, url: rq.url, headers: rq.headers, size: body.length });
        if (fault !== undefined && fault !== null) return this.say(rs, fault, fault === 403 ? 'AccessDenied' : 'InternalError');
        try {
            if (rq.headers.authorization) await this.byHeader(rq, url, body);
            else if (url.searchParams.has('X-Amz-Signature')) await this.byQuery(rq, url);
            else throw refuse('AccessDenied');
        } catch (e) {
            return this.say(rs, 403, e.code ?? String(e));
        }
        const on = http.request({ host: '127.0.0.1', port: this.back.port, method: rq.method, path: rq.url, headers: rq.headers }, (from) => {
            rs.writeHead(from.statusCode, from.headers);
            from.pipe(rs);
        });
        on.on('error', (e) => this.say(rs, 500, e.message));
        on.end(body);
    }

    // What lies there, asked of s3rver itself: {key: {type, size, sha256}}.
    async objects() {
        const found = {};
        const xml = await (await fetch(`http://127.0.0.1:${this.back.port}/${this.bucket}?list-type=2&max-keys=1000`)).text();
        for (const [, key] of xml.matchAll(/<Key>([^<]*)<\/Key>/g)) {
            const rs = await fetch(`http://127.0.0.1:${this.back.port}/${this.bucket}/${key}`);
            const bytes = Buffer.from(await rs.arrayBuffer());
            found[key] = { type: rs.headers.get('content-type'), size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
        }
        return found;
    }
    async media() {
        return Object.fromEntries(Object.entries(await this.objects()).filter(([k]) => /\/[0-9a-f]{64}$/.test('/' + k)));
    }
}
