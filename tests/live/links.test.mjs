// A fediverse account as the way in: OAuth at servers in the shape of Mastodon, by somebody else's OAuth;
// Misskey's own way; a code sent; an address in a profile. And every way in which that can be wrong.
import { describe, it, before, after, beforeEach } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { Node, eventually } from '../rig/node.mjs';
import { Home } from '../rig/home.mjs';
import { words } from '../rig/client.mjs';

let ip = 0;
// Each from a network of its own: they are limited by it.
const from = (client) => Object.assign(client, { ip: `198.51.${ip++ % 250}.7` });
const fetchFrom = (client) => {
    const fetch = client.fetch.bind(client);
    client.fetch = (path, o = {}) => fetch(path, { ...o, headers: { 'x-forwarded-for': client.ip, ...o.headers } });
    return client;
};

describe('a fediverse account signs in', () => {
    let node, home, old, misskey, bare;

    const browser = (options) => fetchFrom(from(node.client(options)));
    const begin = async (client, who, fields = {}) => {
        const page = await client.page(`/auth/fedi${fields.next ? `?next=${encodeURIComponent(fields.next)}` : ''}`);
        return client.submit(page, '/auth/fedi', { who, ...fields });
    };
    const goesTo = (page) => {
        const to = /^0; url=(.*)$/.exec(page.headers.refresh ?? '')?.[1];
        assert.ok(to, `leads nowhere: ${page.status} ${words(page.text)}`);
        assert.ok(page.text.includes(`href="${to.replace(/&/g, '&amp;')}"`), 'a link for those whose browser does not go by itself');
        return to;
    };
    const back = (client, url) => client.go(url.slice(node.origin.length));
    const signIn = async (client, server, as, { who = `@${as}@${server.host}`, ...fields } = {}) => {
        const there = goesTo(await begin(client, who, fields));
        return back(client, await server.allow(there, { as }));
    };
    const me = async (client) => (await client.page('/me/profile')).text.match(/name="name" value="([^"]*)"/)?.[1];
    const linked = () => node.sql('SELECT i.account_id AS account, a.uri AS uri, i.way AS way FROM identity i JOIN actor a ON a.id = i.actor_id');

    before(async () => {
        node = await Node.start({ name: 'links' });
        [home, old, misskey, bare] = await Promise.all(['mastodon', 'old', 'misskey', 'bare'].map((kind) => Home.start({ kind })));
    });
    after(async () => {
        await Promise.all([home, old, misskey, bare].map((h) => h.stop()));
        await node.close();
    });
    beforeEach(() => { for (const h of [home, old, misskey, bare]) h.quirks = {}; });

    it('a new one makes an account without mail and goes on to where they were', async () => {
        const client = browser();
        const login = await client.page('/login?next=/@tea/join');
        assert.match(login.text, /name="who"/);
        const page = await client.submit(login, '/auth/fedi', { who: `@ann@${home.host}` });
        const there = goesTo(page);
        const u = new URL(there);
        assert.equal(u.origin, home.origin);
        assert.equal(u.searchParams.get('scope'), 'profile');
        assert.equal(u.searchParams.get('redirect_uri'), `${node.origin}/auth/fedi/callback`);
        const asked = await back(client, await home.allow(there, { as: 'ann' }));
        assert.match(asked.path, /^\/auth\/fedi\/try\/\d+$/);
        assert.match(words(asked.text), /You are @ann@/);
        const joined = await client.submit(asked, /\/use$/);
        assert.equal(joined.path, '/@tea/join', words(joined.text));
        assert.equal(await me(client), 'Ann');
        assert.equal(home.revoked.length, 1, 'the token was given back');
        assert.equal(home.tokens.size, 0);
        const sessions = await client.page('/me/sessions');
        assert.match(words(sessions.text), /with the fediverse/);
        assert.deepEqual(linked().map((l) => [l.uri, l.way]), [[home.id('ann'), 'oauth']]);
        assert.equal(node.column("SELECT COUNT(*) AS n FROM account WHERE mail = ''")[0], 1);
        // Nothing of the dance is kept: no token in the store.
        const stored = JSON.stringify(node.sql('SELECT * FROM link_app'));
        for (const token of home.revoked) assert.ok(!stored.includes(token));
        for (const app of home.apps.values()) assert.ok(!stored.includes(app.secret), 'the secret is sealed');
    });

    it('the same one gets the same account, and is registered once', async () => {
        const client = browser();
        const there = await signIn(client, home, 'ann');
        assert.equal(there.status, 200, words(there.text));
        assert.equal(await me(client), 'Ann');
        assert.equal(linked().length, 1);
        assert.equal(home.apps.size, 1);
    });
});
