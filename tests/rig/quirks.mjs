// Other people's servers at their oddest: one process-wide server, any name below .localhost, and for
// each actor a set of switches that may be changed while it runs. Unlike the sink it has an opinion: it
// reads every request as the strictest of peers would, and keeps what it did not like in `faults`.
//
//     const ann = peer.actor('ann', { host: 'gts.localhost', key: 'separate', post: 503 });
//     ann.post = 202;                       // switched
//
// Switches of an actor:
//   verify     'both' (default), 'draft', 'rfc9421' (401 to the other), 'late' (202 first, looked at after)
//   pathOnly   signatures are made and checked over the path without its query
//   signedGets 401 to a GET without a signature that verifies
//   key        'inside' (default), 'separate' (ID/main-key answers a stub of the actor), 'alone' (answers
//              the key with its owner)
//   get, post  what a GET of the actor or a POST to its inboxes is answered: a status, {status, headers, body},
//              'hang', 'half-close' (the connection ends in the middle of the answer), 'bomb', or a function
//              (entry) → one of these
import http from 'node:http';
import crypto from 'node:crypto';
import zlib from 'node:zlib';
import { request } from './client.mjs';
import { makeKey, send } from './sink.mjs';
import { shapeFaults } from './shape.mjs';
import { eventually } from './node.mjs';

const AP = 'application/activity+json';
const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

export class QuirkPeer {
    // node: whose words are expected here; its keys are read from it.
    static async start(node) {
        const peer = Object.assign(new QuirkPeer(), { node, faults: [], gets: [], posts: [], late: [], places: new Map(), keys: new Map(),
                                                      hanging: new Set(), inFlight: 0 });
        peer.server = http.createServer((rq, rs) => peer.take(rq, rs).catch((e) => {
            peer.faults.push(`${rq.method} ${rq.url}: ${e.stack ?? e}`);
            rs.destroy();
        }));
        await new Promise((ok) => peer.server.listen(0, '127.0.0.1', ok));
        peer.port = peer.server.address().port;
        return peer;
    }
    async stop() {
        this.server.closeAllConnections();
        await new Promise((ok) => this.server.close(ok));
    }
    // What a test does at its end: nothing that came here was wrong in any field.
    clean() {
        const faults = this.faults.splice(0);
        if (faults.length) throw new Error(`${faults.length} faults:\n${faults.slice(0, 5).join('\n')}`);
    }

    actor(name, { host = 'localhost', key = 'inside', sharedInbox = false, pair = makeKey(), changes = {}, query = '', ...quirks } = {}) {
        const authority = `${host}:${this.port}`, base = `http://${authority}`;
        const id = `${base}/users/${name}${query}`;
        const keyId = key === 'inside' ? `${id}#main-key` : `${id}/main-key`;
        const publicKey = { id: keyId, owner: id, publicKeyPem: pair.publicKey };
        const document = {
            '@context': ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1'],
            id, type: 'Person', preferredUsername: name, name: `${name} of ${host}`, inbox: `${base}/users/${name}/inbox`,
            outbox: `${base}/users/${name}/outbox`, followers: `${base}/users/${name}/followers`, url: id,
            ...(sharedInbox ? { endpoints: { sharedInbox: `${base}/inbox` } } : {}), publicKey, ...changes };
        const actor = { peer: this, name, id, keyId, key: pair, host: authority, base, document, verify: 'both', get: 200, post: 202, ...quirks };
        const stub = { '@context': document['@context'], id, type: 'Person', preferredUsername: name, publicKey };
        this.put(id, (rq) => this.answerGet(actor, rq, actor.document));
        if (key === 'separate') this.put(keyId, (rq) => this.answerGet(actor, rq, stub));
        if (key === 'alone') this.put(keyId, (rq) => this.answerGet(actor, rq, { '@context': 'https://w3id.org/security/v1', ...publicKey }));
        actor.inbox = document.inbox;
        this.places.set(`${authority}${new URL(actor.inbox).pathname}`, actor);
        if (sharedInbox) this.places.set(`${authority}/inbox`, actor);
        actor.send = (url, activity, options) => this.send(actor, url, activity, options);
        return actor;
    }
    // A document (or what makes an answer) at an address of ours.
    put(url, answer) {
        const u = new URL(url);
        this.places.set(`${u.host}${u.pathname}${u.search}`, typeof answer === 'function' ? answer
            : () => ({ status: 200, body: JSON.stringify(answer) }));
    }
    send(actor, url, activity, options = {}) {
        const lie = { ...(actor.pathOnly && options.scheme !== 'rfc9421' ? { path: new URL(url).pathname } : {}), ...options.lie };
        return send(url, activity, actor, { ...options, lie });
    }
    async answerGet(actor, entry, document) {
        if (actor.signedGets && !await this.verifies(entry, actor)) return { status: 401, body: '{"error":"sign it"}' };
        const how = typeof actor.get === 'function' ? await actor.get(entry) : actor.get;
        return how === 200 ? { status: 200, body: JSON.stringify(document) } : how;
    }
    got(what, fits, options) {
        return eventually(what, () => this.posts.find((p) => p.json && fits(p.json, p)), options);
    }
    asked(path) { return this.gets.filter((g) => g.url.startsWith(path)); }

    async take(rq, rs) {
        const parts = [];
        for await (const part of rq) parts.push(part);
        const entry = { method: rq.method, url: rq.url, host: rq.headers.host, headers: rq.headers, body: Buffer.concat(parts), at: Date.now() };
        let place = this.places.get(entry.host + entry.url);
        if (place === undefined && rq.method === 'POST') place = this.places.get(entry.host + entry.url.replace(/\?.*/, ''));
        const actor = typeof place === 'object' ? place : undefined;
        entry.scheme = entry.headers['signature-input'] ? 'rfc9421' : entry.headers.signature ? 'draft' : 'none';
        if (rq.method === 'GET') {
            this.gets.push(entry);
            this.looksAtGet(entry);
            const first = typeof place === 'function' ? await place(entry) : { status: 404 };
            entry.status = first.status ?? first;
            return this.answer(rs, first);
        }
        this.posts.push(entry);
        const how = !actor ? 404 : typeof actor.post === 'function' ? actor.post(entry) : actor.post;
        if (actor?.verify === 'late') {
            entry.status = 202;
            this.answer(rs, 202);
            if (await this.verifies(entry, actor)) this.late.push(JSON.parse(entry.body));
            return undefined;
        }
        const refused = actor && ['draft', 'rfc9421'].includes(actor.verify) && actor.verify !== entry.scheme;
        if (!refused) await this.looksAtPost(entry, actor ?? {});
        else entry.json = JSON.parse(entry.body);
        entry.status = refused ? 401 : how.status ?? how;
        return this.answer(rs, refused ? { status: 401, body: 'the other signature, please', headers: { 'content-type': 'text/plain' } } : how);
    }
    answer(rs, how) {
        if (how === 'hang') { this.hanging.add(rs); return; }
        if (how === 'half-close') {
            rs.socket.write('HTTP/1.1 202 Accepted\r\ncontent-length: 40\r\n\r\nhalf of');
            rs.socket.end();
            return;
        }
        if (how === 'bomb') {
            // 64 MiB of blanks in front of a document, in 64 KiB.
            rs.writeHead(200, { 'content-type': AP, 'content-encoding': 'gzip' });
            rs.end(zlib.gzipSync(Buffer.alloc(64 << 20, ' ')));
            return;
        }
        const { status, headers = {}, body = '' } = typeof how === 'number' ? { status: how } : how;
        rs.writeHead(status, { ...(body !== '' ? { 'content-type': `${AP}; charset=utf-8` } : {}), ...headers });
        rs.end(body);
    }

    // ---- what a strict peer looks at ----

    fault(entry, text) { this.faults.push(`${entry.method} http://${entry.host}${entry.url}: ${text}\n  ${entry.body.toString('utf8').slice(0, 600)}`); }

    async pem(keyId) {
        const id = keyId.replace(/#.*/, '');
        if (!id.startsWith(`${this.node.origin}/ap/`)) return null;
        if (!this.keys.has(id)) {
            // Again, if it was killed meanwhile.
            this.keys.set(id, eventually(`the key of ${id}`, async () => JSON.parse((await request(id, { headers: { accept: AP } })).text).publicKey));
            this.keys.get(id).catch(() => this.keys.delete(id));
        }
        const key = await this.keys.get(id);
        return key?.id === keyId && key.owner === id ? key.publicKeyPem : null;
    }
    // The key's id if a signature over everything that must be covered verifies, else null.
    async verifies(entry, { pathOnly = false } = {}) {
        const { method, headers, body } = entry;
        const hash = crypto.createHash('sha256').update(body).digest('base64');
        const wants = method === 'POST';
        let text, signature, keyId;
        if (headers['signature-input']) {
            const m = /^(\w+)=(\((?:"[^"]+"\s?)+\);created=(\d+);keyid="([^"]+)";alg="rsa-v1_5-sha256")$/.exec(headers['signature-input']);
            if (!m) return null;
            const names = [...m[2].slice(0, m[2].indexOf(')')).matchAll(/"([^"]+)"/g)].map((n) => n[1]);
            if (!same(names, wants ? ['@method', '@target-uri', 'content-digest'] : ['@method', '@target-uri'])) return null;
            if (wants && headers['content-digest'] !== `sha-256=:${hash}:`) return null;
            if (Math.abs(Date.now() / 1000 - Number(m[3])) > 300) return null;
            const value = { '@method': method, '@target-uri': `http://${entry.host}${entry.url}`, 'content-digest': headers['content-digest'] };
            text = [...names.map((n) => `"${n}": ${value[n]}`), `"@signature-params": ${m[2]}`].join('\n');
            signature = new RegExp(`^${m[1]}=:([^:]+):$`).exec(headers.signature ?? '')?.[1];
            keyId = m[4];
        } else {
            const pairs = Object.fromEntries([...(headers.signature ?? '').matchAll(/(\w+)="([^"]*)"/g)].map((m) => [m[1], m[2]]));
            const names = (pairs.headers ?? '').split(' ');
            if (!same(names, ['(request-target)', 'host', 'date', ...(wants ? ['digest'] : [])])) return null;
            if (pairs.algorithm !== 'rsa-sha256') return null;
            if (wants && headers.digest !== `SHA-256=${hash}`) return null;
            if (!/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(headers.date) || Math.abs(Date.now() - new Date(headers.date)) > 300e3) return null;
            const target = pathOnly ? entry.url.replace(/\?.*/, '') : entry.url;
            text = names.map((n) => (n === '(request-target)' ? `${n}: ${method.toLowerCase()} ${target}` : `${n}: ${headers[n]}`)).join('\n');
            ({ signature, keyId } = pairs);
        }
        const pem = signature && await this.pem(keyId);
        return pem && crypto.verify('sha256', Buffer.from(text), pem, Buffer.from(signature, 'base64')) ? keyId : null;
    }
    looksAtGet(entry) {
        const { headers } = entry;
        if (!/^Orrery\/\S+ \(\+http:\/\/localhost:\d+\/\)$/.test(headers['user-agent'] ?? '')) this.fault(entry, `user-agent ${headers['user-agent']}`);
        if (entry.scheme === 'none') this.fault(entry, 'an unsigned GET');
        else if (!(headers.signature + (headers['signature-input'] ?? '')).includes(`${this.node.origin}/ap/instance#main-key`)) this.fault(entry, 'signed by somebody else than the instance');
        if (headers.accept !== 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"') this.fault(entry, `accept ${headers.accept}`);
        for (const name of ['cookie', 'authorization', 'referer', 'expect']) if (headers[name]) this.fault(entry, `sends ${name}`);
    }
    async looksAtPost(entry, actor) {
        const { headers } = entry;
        try { entry.json = JSON.parse(entry.body); } catch { return this.fault(entry, 'not JSON'); }
        const keyId = await this.verifies(entry, actor);
        if (!keyId) this.fault(entry, `the signature does not verify: ${JSON.stringify(headers)}`);
        else if (keyId.replace(/#.*/, '') !== entry.json.actor) this.fault(entry, `signed by ${keyId}, said by ${entry.json.actor}`);
        if (headers['content-type'] !== AP) this.fault(entry, `content-type ${headers['content-type']}`);
        if (!/^Orrery\/\S+ \(\+http:\/\/localhost:\d+\/\)$/.test(headers['user-agent'] ?? '')) this.fault(entry, `user-agent ${headers['user-agent']}`);
        if (!headers.date) this.fault(entry, 'no Date');
        if (Number(headers['content-length']) !== entry.body.length) this.fault(entry, 'content-length');
        for (const name of ['cookie', 'authorization', 'referer', 'expect', 'collection-synchronization']) if (headers[name]) this.fault(entry, `sends ${name}`);
        for (const fault of shapeFaults(entry.json, this.node.origin)) this.fault(entry, fault);
        return undefined;
    }
}
