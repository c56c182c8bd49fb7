// A server without a mind of its own: serves the actors it is told to, keeps every POST, and signs
// whatever a test asks for, rightly or wrongly. Any name below .localhost reaches it.
import http from 'node:http';
import crypto from 'node:crypto';
import { request } from './client.mjs';
import { eventually } from './node.mjs';

export const makeKey = (type = 'rsa') => type === 'rsa'
    ? crypto.generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } })
    : crypto.generateKeyPairSync('ed25519', { publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });

export class Sink {
    static async start({ delay = 0 } = {}) {
        const sink = new Sink();
        sink.posts = [];        // {path, host, headers, rawHeaders, body, at, status}
        sink.gets = [];
        sink.actors = new Map();  // "host/path" → document or function
        sink.answer = () => 202;  // of a POST
        sink.delay = delay;
        sink.open = new Set();
        sink.hanging = new Set();
        sink.server = http.createServer(async (rq, rs) => {
            const parts = [];
            try { for await (const part of rq) parts.push(part); } catch { return; }
            const host = rq.headers.host;
            const entry = { method: rq.method, path: rq.url, host, headers: rq.headers, httpVersion: rq.httpVersion, rawHeaders: rq.rawHeaders,
                            url: rq.url, body: Buffer.concat(parts), at: Date.now() };
            if (rq.method === 'GET') {
                sink.gets.push(entry);
                const document = sink.actors.get(host + rq.url);
                if (document === 'hang') { sink.hanging.add(rs); return; }
                if (typeof document === 'number') return rs.writeHead(document).end();
                if (!document) return rs.writeHead(404).end();
                rs.writeHead(200, { 'content-type': 'application/activity+json' });
                return rs.end(JSON.stringify(document));
            }
            sink.open.add(entry);
            const delay = typeof sink.delay === 'function' ? sink.delay(entry) : sink.delay;
            if (delay) await new Promise((ok) => setTimeout(ok, delay).unref()); // the server keeps us here, until it is stopped
            entry.status = sink.answer(entry);
            entry.answered = Date.now();
            sink.open.delete(entry);
            sink.posts.push(entry);
            rs.writeHead(entry.status).end();
        });
        await new Promise((ok) => sink.server.listen(0, '127.0.0.1', ok));
        sink.port = sink.server.address().port;
        return sink;
    }
    async stop() {
        this.server.closeAllConnections();
        await new Promise((ok) => this.server.close(ok));
    }

    // An actor of this sink that can sign. host: "localhost" or "x.localhost".
    actor(name, { host = 'localhost', key = makeKey(), changes = {}, sharedInbox } = {}) {
        const authority = `${host}:${this.port}`;
        const id = `http://${authority}/users/${name}`;
        const document = {
            '@context': ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1'],
            id, type: 'Person', preferredUsername: name, name: `${name} of ${host}`, inbox: `${id}/inbox`, outbox: `${id}/outbox`,
            followers: `${id}/followers`, url: id, ...(sharedInbox ? { endpoints: { sharedInbox: `http://${authority}/inbox` } } : {}),
            publicKey: { id: `${id}#main-key`, owner: id, publicKeyPem: key.publicKey }, ...changes };
        this.actors.set(`${authority}/users/${name}`, document);
        return { id, keyId: `${id}#main-key`, key, name, host: authority, document, inbox: document.inbox };
    }
    async posted(what, fits, options) {
        return eventually(what, () => this.posts.find((p) => fits(JSON.parse(p.body.toString('utf8')), p)), options);
    }
}

const b64 = (algorithm, bytes) => crypto.createHash(algorithm).update(bytes).digest('base64');

// Headers of a signed POST, draft-cavage-12. Every part can be told to lie.
export function signDraft(url, body, { keyId, key }, lie = {}) {
    const u = new URL(url);
    const headers = { 'host': u.host, 'date': new Date(Date.now() + (lie.skew ?? 0)).toUTCString(),
                      'digest': `SHA-256=${b64('sha256', lie.digestOf ?? body)}`, 'content-type': 'application/activity+json' };
    const signed = { ...headers, ...lie.signed };
    const names = lie.names ?? ['(request-target)', 'host', 'date', 'digest'];
    const text = names.map((n) => (n === '(request-target)' ? `${n}: ${lie.method ?? 'post'} ${lie.path ?? u.pathname + u.search}` : `${n}: ${signed[n]}`)).join('\n');
    const signature = crypto.sign('sha256', Buffer.from(text), key.privateKey).toString('base64');
    return { ...headers, ...lie.sent,
             signature: `keyId="${lie.keyId ?? keyId}",algorithm="rsa-sha256",headers="${names.join(' ')}",signature="${lie.signature ?? signature}"` };
}

// The same, RFC 9421.
export function sign9421(url, body, { keyId, key }, lie = {}) {
    const digest = `sha-256=:${b64('sha256', lie.digestOf ?? body)}:`;
    const created = Math.floor((Date.now() + (lie.skew ?? 0)) / 1000);
    const names = lie.names ?? ['@method', '@target-uri', 'content-digest'];
    const params = `(${names.map((n) => `"${n}"`).join(' ')});created=${created};keyid="${lie.keyId ?? keyId}";alg="rsa-v1_5-sha256"`;
    const value = { '@method': lie.method ?? 'POST', '@target-uri': lie.target ?? url, 'content-digest': digest };
    const base = [...names.map((n) => `"${n}": ${value[n]}`), `"@signature-params": ${params}`].join('\n');
    const signature = crypto.sign('sha256', Buffer.from(base), key.privateKey).toString('base64');
    return { 'host': new URL(url).host, 'date': new Date().toUTCString(), 'content-digest': digest, 'content-type': 'application/activity+json',
             ...lie.sent, 'signature-input': `sig1=${params}`, 'signature': `sig1=:${signature}:` };
}

export function send(url, activity, actor, { scheme = 'draft', lie = {}, headers = {}, timeout } = {}) {
    const body = typeof activity === 'string' || Buffer.isBuffer(activity) ? activity : JSON.stringify(activity);
    const signed = scheme === 'none' ? { 'content-type': 'application/activity+json' }
        : scheme === 'rfc9421' ? sign9421(url, body, actor, lie) : signDraft(url, body, actor, lie);
    return request(url, { method: 'POST', body, headers: { ...signed, ...headers }, timeout });
}

let n = 0;
const CONTEXT = 'https://www.w3.org/ns/activitystreams';
export const activity = (actor, type, object, more = {}) =>
    ({ '@context': CONTEXT, id: `${new URL(actor.id).origin}/x/${process.pid}-${++n}`, type, actor: actor.id, object, ...more });
