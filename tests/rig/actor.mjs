// The smallest follower: an actor with an RSA key on a port of its own, which signs what it asks
// (draft-cavage) and keeps every byte that is sent to it.
import crypto from 'node:crypto';
import http from 'node:http';
import { request } from './client.mjs';

export class Actor {
    static async start(name = 'reader') {
        const actor = new Actor();
        actor.received = [];
        const { privateKey, publicKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
        actor.key = privateKey;
        actor.server = http.createServer((rq, rs) => {
            const parts = [];
            rq.on('data', (d) => parts.push(d));
            rq.on('end', () => {
                if (rq.method === 'POST') {
                    actor.received.push(`${rq.url}\n${JSON.stringify(rq.headers)}\n${Buffer.concat(parts)}`);
                    rs.writeHead(202).end();
                } else if (rq.url.startsWith('/.well-known/webfinger')) {
                    const known = new URL(rq.url, actor.origin).searchParams.get('resource') === `acct:${name}@${new URL(actor.origin).host}`;
                    rs.writeHead(known ? 200 : 404, { 'content-type': 'application/jrd+json' }).end(known ? JSON.stringify({
                        subject: `acct:${name}@${new URL(actor.origin).host}`,
                        links: [{ rel: 'self', type: 'application/activity+json', href: actor.id }] }) : '{}');
                } else {
                    rs.writeHead(200, { 'content-type': 'application/activity+json' }).end(JSON.stringify(actor.document));
                }
            });
        });
        await new Promise((ok) => actor.server.listen(0, '127.0.0.1', ok));
        actor.origin = `http://localhost:${actor.server.address().port}`;
        actor.id = `${actor.origin}/u/${name}`;
        actor.document = {
            '@context': ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1'],
            id: actor.id, type: 'Person', preferredUsername: name, name, inbox: `${actor.id}/inbox`,
            publicKey: { id: `${actor.id}#main-key`, owner: actor.id,
                         publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }) },
        };
        return actor;
    }

    headers(method, url, body) {
        const u = new URL(url);
        const headers = { host: u.host, date: new Date().toUTCString() };
        const names = ['(request-target)', 'host', 'date'];
        if (body !== undefined) {
            headers.digest = 'SHA-256=' + crypto.createHash('sha256').update(body).digest('base64');
            headers['content-type'] = 'application/activity+json';
            names.push('digest');
        }
        const base = names.map((n) => n === '(request-target)'
            ? `${n}: ${method.toLowerCase()} ${u.pathname}${u.search}` : `${n}: ${headers[n]}`).join('\n');
        const signature = crypto.sign('sha256', Buffer.from(base), this.key).toString('base64');
        headers.signature = `keyId="${this.document.publicKey.id}",algorithm="rsa-sha256",` +
            `headers="${names.join(' ')}",signature="${signature}"`;
        return headers;
    }

    get(url, accept = 'application/activity+json') {
        return request(url, { headers: { ...this.headers('GET', url), accept } });
    }
    post(url, activity) {
        const body = JSON.stringify({ '@context': 'https://www.w3.org/ns/activitystreams', actor: this.id, ...activity });
        return request(url, { method: 'POST', body, headers: this.headers('POST', url, body) });
    }
    stop() {
        this.server.closeAllConnections();
        return new Promise((ok) => this.server.close(ok));
    }
}
