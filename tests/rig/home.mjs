// Somebody's home server, in the shape of Mastodon: WebFinger, actors, apps, and OAuth by other people's
// implementation (@node-oauth/oauth2-server), which checks client, secret, redirect, code and PKCE itself.
// What a test wants otherwise it says in `quirks`; what came is in `asked`.
import crypto from 'node:crypto';
import http from 'node:http';
import OAuth2Server from '@node-oauth/oauth2-server';

const { Request, Response } = OAuth2Server;

export class Home {
    static all = new Set();
    static stopAll() { return Promise.all([...Home.all].map((h) => h.stop())); }
    // kind: 'mastodon' (metadata, userinfo), 'old' (usual addresses, verify_credentials), 'misskey', 'bare' (nothing of it)
    static async start({ kind = 'mastodon', people = ['ann', 'bob'] } = {}) {
        const home = new Home();
        Home.all.add(home);
        Object.assign(home, { kind, people, quirks: {}, asked: [], apps: new Map(), codes: new Map(), tokens: new Map(), revoked: [],
                              received: [], fields: new Map(), sessions: new Map(), as: people[0] });
        const { privateKey, publicKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
        home.key = privateKey;
        home.pem = publicKey.export({ type: 'spki', format: 'pem' });
        home.oauth = new OAuth2Server({ model: home.model(), allowEmptyState: false });
        home.server = http.createServer((rq, rs) => home.answer(rq, rs).catch((e) => {
            home.trouble = e;
            rs.writeHead(500).end(String(e?.stack));
        }));
        await new Promise((ok) => home.server.listen(0, '127.0.0.1', ok));
        home.host = `localhost:${home.server.address().port}`;
        home.origin = `http://${home.host}`;
        return home;
    }
    stop() {
        if (!Home.all.delete(this)) return null;
        this.server.closeAllConnections();
        return new Promise((ok) => this.server.close(ok));
    }

    id(name) { return `${this.origin}/users/${name}`; }
    actor(name) {
        return {
            '@context': ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1'],
            id: this.id(name), type: 'Person', preferredUsername: name, name: name[0].toUpperCase() + name.slice(1),
            inbox: `${this.id(name)}/inbox`, url: `${this.origin}/@${name}`,
            attachment: (this.fields.get(name) ?? []).map((value) => ({ type: 'PropertyValue', name: 'Link',
                value: `<a href="${value}" target="_blank" rel="nofollow noopener me"><span>${value.replace(/^https?:\/\//, '')}</span></a>` })),
            publicKey: { id: `${this.id(name)}#main-key`, owner: this.id(name), publicKeyPem: this.pem },
            ...this.quirks.actor,
        };
    }

    model() {
        const home = this;
        return {
            getClient: (id, secret) => {
                const app = home.apps.get(id);
                return app && (secret === null || secret === app.secret) ? app : null;
            },
            saveAuthorizationCode: (code, client, user) => {
                const saved = { ...code, client, user };
                home.codes.set(code.authorizationCode, saved);
                return saved;
            },
            getAuthorizationCode: (code) => home.codes.get(code),
            revokeAuthorizationCode: (code) => home.codes.delete(code.authorizationCode),
            saveToken: (token, client, user) => {
                const saved = { ...token, client, user };
                home.tokens.set(token.accessToken, saved);
                return saved;
            },
            getAccessToken: (token) => home.tokens.get(token),
            validateScope: (user, client, scope) => (scope?.every((s) => client.scopes.includes(s)) ? scope : false),
            verifyScope: () => true,
        };
    }

    // The browser of one who is signed in here allows what the address asks for. Answers where it is sent.
    async allow(url, { as = this.as, deny = false } = {}) {
        const u = new URL(url);
        if (u.pathname.startsWith('/miauth/')) {
            const session = u.pathname.split('/')[2];
            if (u.searchParams.get('permission') !== 'read:account') throw new Error('asks for more than it needs');
            this.sessions.set(session, { user: as, token: crypto.randomBytes(16).toString('hex') });
            const back = new URL(u.searchParams.get('callback'));
            back.searchParams.set('session', session);
            return back.href;
        }
        for (const must of ['client_id', 'redirect_uri', 'state', 'code_challenge'])
            if (!u.searchParams.get(must)) throw new Error(`no ${must} in ${url}`);
        if (u.searchParams.get('code_challenge_method') !== 'S256') throw new Error('not S256');
        if (!['profile', 'read:accounts'].includes(u.searchParams.get('scope'))) throw new Error('asks for more than it needs');
        const back = new URL(u.searchParams.get('redirect_uri'));
        back.searchParams.set('state', u.searchParams.get('state'));
        if (deny) {
            back.searchParams.set('error', 'access_denied');
            return back.href;
        }
        const answer = new Response({ headers: {} });
        await this.oauth.authorize(new Request({ method: 'GET', query: Object.fromEntries(u.searchParams), headers: {}, body: {} }), answer,
            { authenticateHandler: { handle: () => ({ name: as }) } });
        const there = new URL(answer.headers.location);
        if (this.kind === 'mastodon' && this.quirks.iss !== null) there.searchParams.set('iss', this.quirks.iss ?? `${this.origin}/`);
        return there.href;
    }

    async answer(rq, rs) {
        const parts = [];
        for await (const part of rq) parts.push(part);
        const body = Buffer.concat(parts).toString();
        const u = new URL(rq.url, this.origin);
        this.asked.push({ method: rq.method, path: u.pathname, body, headers: rq.headers, query: Object.fromEntries(u.searchParams) });
        const json = (status, value, type = 'application/json') => rs.writeHead(status, { 'content-type': type }).end(JSON.stringify(value));
        const quirk = this.quirks[u.pathname];
        if (quirk) return quirk(rq, rs, { body, json });
        const form = Object.fromEntries(new URLSearchParams(body));
        switch (u.pathname) {
        case '/.well-known/webfinger': {
            const [, name, host] = /^acct:([^@]+)@(.+)$/.exec(u.searchParams.get('resource')) ?? [];
            if (host !== this.host || !this.people.includes(name)) return json(404, {});
            return json(200, { subject: `acct:${name}@${host}`, links: [
                { rel: 'http://webfinger.net/rel/profile-page', type: 'text/html', href: `${this.origin}/@${name}` },
                { rel: 'self', type: 'application/activity+json', href: this.id(name) }] }, 'application/jrd+json');
        }
        case '/.well-known/oauth-authorization-server':
            if (this.kind !== 'mastodon') return json(404, {});
            return json(200, { issuer: `${this.origin}/`, authorization_endpoint: `${this.origin}/oauth/authorize`,
                token_endpoint: `${this.origin}/oauth/token`, revocation_endpoint: `${this.origin}/oauth/revoke`,
                userinfo_endpoint: `${this.origin}/oauth/userinfo`, app_registration_endpoint: `${this.origin}/api/v1/apps`,
                scopes_supported: ['read', 'profile', 'write'], response_types_supported: ['code'],
                code_challenge_methods_supported: ['S256'], ...this.quirks.metadata });
        case '/.well-known/nodeinfo':
            return json(200, { links: [{ rel: 'http://nodeinfo.diaspora.software/ns/schema/2.1', href: `${this.origin}/nodeinfo/2.1` }] });
        case '/nodeinfo/2.1':
            return json(200, { software: { name: this.kind === 'misskey' ? 'misskey' : this.kind }, version: '2.1' });
        case '/api/v1/apps': {
            if (this.kind === 'misskey' || this.kind === 'bare' || rq.method !== 'POST') return json(404, {});
            const client = { id: crypto.randomBytes(12).toString('hex'), secret: crypto.randomBytes(24).toString('hex'), grants: ['authorization_code'],
                             redirectUris: form.redirect_uris.split('\n'), scopes: form.scopes.split(' '), name: form.client_name };
            this.apps.set(client.id, client);
            return json(200, { id: '1', name: client.name, client_id: client.id, client_secret: client.secret, redirect_uris: client.redirectUris });
        }
        case '/oauth/token': {
            const answer = new Response({ headers: {} });
            try {
                await this.oauth.token(new Request({ method: 'POST', query: {}, body: form, headers: rq.headers }), answer);
            } catch (e) {
                return json(e.code ?? 400, { error: e.name, error_description: e.message });
            }
            return json(200, { ...answer.body, created_at: Math.floor(Date.now() / 1000) });
        }
        case '/oauth/revoke':
            if (this.apps.get(form.client_id)?.secret !== form.client_secret) return json(403, { error: 'unauthorized_client' });
            this.revoked.push(form.token);
            this.tokens.delete(form.token);
            return json(200, {});
        case '/oauth/userinfo':
        case '/api/v1/accounts/verify_credentials': {
            let token;
            try {
                token = await this.oauth.authenticate(new Request({ method: 'GET', query: {}, headers: rq.headers }), new Response({ headers: {} }));
            } catch (e) {
                return json(401, { error: 'The access token is invalid' });
            }
            const { name } = token.user;
            return json(200, u.pathname === '/oauth/userinfo'
                ? { iss: `${this.origin}/`, sub: this.id(name), name, preferred_username: name, ...this.quirks.userinfo }
                : { id: '7', username: name, acct: name, display_name: name, url: `${this.origin}/@${name}`, ...this.quirks.credentials });
        }
        }
        const check = /^\/api\/miauth\/([\w-]+)\/check$/.exec(u.pathname);
        if (check && this.kind === 'misskey') {
            const session = this.sessions.get(check[1]);
            this.sessions.delete(check[1]); // asked once
            return json(200, session ? { ok: true, token: session.token, user: { id: 'x1', username: session.user, host: null, ...this.quirks.user } }
                                     : { ok: false });
        }
        if (u.pathname === '/api/i/revoke-token') return json(403, { error: { code: 'ACCESS_DENIED' } });
        const who = /^\/users\/(\w+)(\/inbox)?$/.exec(u.pathname);
        if (who && this.people.includes(who[1])) {
            if (rq.method !== 'POST') return json(200, this.actor(who[1]), 'application/activity+json');
            this.received.push({ to: who[1], activity: JSON.parse(body), headers: rq.headers });
            return rs.writeHead(this.quirks.inbox ?? 202).end();
        }
        return json(404, {});
    }

    // A signed POST of one of these people (draft-cavage).
    async post(name, url, activity) {
        const { request } = await import('./client.mjs');
        const u = new URL(url);
        const body = JSON.stringify({ '@context': 'https://www.w3.org/ns/activitystreams', actor: this.id(name), ...activity });
        const headers = { host: u.host, date: new Date().toUTCString(), digest: 'SHA-256=' + crypto.createHash('sha256').update(body).digest('base64'),
                          'content-type': 'application/activity+json' };
        const base = `(request-target): post ${u.pathname}\nhost: ${headers.host}\ndate: ${headers.date}\ndigest: ${headers.digest}`;
        headers.signature = `keyId="${this.id(name)}#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest",` +
            `signature="${crypto.sign('sha256', Buffer.from(base), this.key).toString('base64')}"`;
        return request(url, { method: 'POST', body, headers });
    }
    // A private message to one of our actors. Answers the note's id.
    async direct(name, actor, text, { to = [actor], cc = [], note = {} } = {}) {
        const id = `${this.origin}/notes/${crypto.randomUUID()}`;
        const rs = await this.post(name, `${actor}/inbox`, { id: `${id}/create`, type: 'Create', to, cc, object: {
            id, type: 'Note', attributedTo: this.id(name), to, cc, published: new Date().toISOString(), content: `<p>${text}</p>`,
            tag: [{ type: 'Mention', href: actor, name: '@tea' }], ...note } });
        if (rs.status !== 202) throw new Error(`the inbox answers ${rs.status} ${rs.text}`);
        return id;
    }
}
