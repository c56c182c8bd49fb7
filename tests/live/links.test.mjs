// A fediverse account as the way in: OAuth at servers in the shape of Mastodon, by somebody else's OAuth;
// Misskey's own way; a code sent; an address in a profile. And every way in which that can be wrong.
import { describe, it, before, after, beforeEach } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { Node, eventually } from '../rig/node.mjs';
import { Home } from '../rig/home.mjs';
import { Peer } from '../rig/peer.mjs';
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
        await Home.stopAll();
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

    it('an older server without metadata: the name, then WebFinger; a host alone will do', async () => {
        const client = browser();
        const there = goesTo(await begin(client, old.host));
        assert.equal(new URL(there).searchParams.get('scope'), 'read:accounts');
        const asked = await back(client, await old.allow(there, { as: 'bob' }));
        assert.match(words(asked.text), /You are @bob@/);
        await client.submit(asked, /\/use$/);
        assert.equal(await me(client), 'Bob');
        assert.ok(old.asked.some((a) => a.path === '/.well-known/webfinger' && a.query.resource === `acct:bob@${old.host}`));
        assert.equal(old.revoked.length, 1);
    });

    it('Misskey: MiAuth, by what NodeInfo says', async () => {
        const client = browser();
        const asked = await signIn(client, misskey, 'ann');
        assert.match(words(asked.text), /You are @ann@/);
        await client.submit(asked, /\/use$/);
        assert.deepEqual(linked().filter((l) => l.uri === misskey.id('ann')).map((l) => l.way), ['miauth']);
        assert.ok(misskey.asked.some((a) => a.path === '/api/i/revoke-token'));
        // The session is good once, in this browser.
        const thief = browser();
        const there = goesTo(await begin(client, `@bob@${misskey.host}`));
        const url = await misskey.allow(there, { as: 'bob' });
        const stolen = await back(thief, url);
        assert.equal(stolen.status, 404, words(stolen.text));
    });

    it('a server with neither is offered the other ways', async () => {
        const page = await begin(browser(), `@ann@${bare.host}`);
        assert.equal(page.status, 415, words(page.text));
        assert.match(page.text, /<details[^>]* open/);
        assert.match(page.text, /value="note"/);
    });

    it('an address in the profile', async () => {
        const client = browser();
        const page = await begin(client, `@ann@${bare.host}`, { way: 'profile' });
        const address = /<code>([^<]+)<\/code>/.exec(page.text)[1];
        assert.ok(address.startsWith(`${node.origin}/auth/fedi/me/`));
        const early = await client.submit(page, /\/look$/);
        assert.equal(early.status, 409, words(early.text));
        assert.equal((await node.client().page(address)).status, 200);
        bare.fields.set('ann', ['https://elsewhere.example/', `${address}x`]);
        assert.equal((await client.submit(page, /\/look$/)).status, 409, 'a longer address is another one');
        bare.fields.set('ann', ['https://elsewhere.example/', address]);
        const seen = await client.submit(page, /\/look$/);
        assert.match(words(seen.text), /You are @ann@/);
        // Somebody who saw the address in the profile gains nothing by it.
        const thief = browser();
        assert.equal((await thief.fetch(seen.path)).status, 404);
        const done = await client.submit(seen, /\/use$/);
        assert.equal(done.status, 200, words(done.text));
        assert.deepEqual(linked().filter((l) => l.uri === bare.id('ann')).map((l) => l.way), ['profile']);
    });

    it('links to the account that is signed in; one actor, one account', async () => {
        const client = fetchFrom(from(await node.person('carol')));
        const done = await signIn(client, home, 'bob', { next: '/me/fediverse' });
        assert.equal(done.path, '/me/fediverse', words(done.text));
        assert.match(words(done.text), /@bob@/);
        // It signs carol in now.
        const other = browser();
        await signIn(other, home, 'bob');
        assert.equal(await me(other), 'Carol');
        // Another account cannot have it, too.
        const dave = fetchFrom(from(await node.person('dave')));
        const refused = await signIn(dave, home, 'bob', { next: '/me/fediverse' });
        assert.equal(refused.status, 409, words(refused.text));
        assert.match(words(refused.text), /Another account here is linked/);
        // Unlinked, it may be linked elsewhere; it is not the last way in for those who have a mail address.
        const tab = await client.page('/me/fediverse');
        assert.equal((await client.submit(tab, /unlink$/)).status, 200);
        assert.equal((await other.fetch('/me')).status, 303, 'who came in by it is out');
        assert.equal(await me(client), 'Carol', 'who unlinked it is not');
        assert.equal((await signIn(dave, home, 'bob', { next: '/me/fediverse' })).status, 200);
        assert.equal(linked().filter((l) => l.uri === home.id('bob')).length, 1);
    });

    it('the only way in cannot be unlinked, until there is a mail address', async () => {
        await node.withMail();
        const client = browser();
        await signIn(client, home, 'ann');
        const tab = await client.page('/me/fediverse');
        assert.doesNotMatch(tab.text, /action="\/me\/fediverse\/unlink"/);
        const id = /name="id" value="(\d+)"/.exec((await client.page('/me/fediverse')).text)?.[1] ??
            node.column(`SELECT i.id AS id FROM identity i JOIN actor a ON a.id = i.actor_id WHERE a.uri = '${home.id('ann')}'`).map(String)[0];
        const refused = await client.post('/me/fediverse/unlink', { id: String(id) });
        assert.ok([404, 409].includes(refused.status), `${refused.status}`); // ids beyond 2^53 are not exact here
        const page = await client.page('/me/password');
        const sent = await client.submit(page, '/me/mail', { mail: 'ann@example.net' });
        assert.equal(sent.status, 200, words(sent.text));
        const letter = await node.mailTo('ann@example.net');
        const link = /http:\/\/localhost:\d+\/login\/[\w-]+/.exec(letter.text)[0];
        const confirm = await client.page(link);
        await client.submit(confirm, new URL(link).pathname);
        assert.equal(await me(client), 'Ann', 'the same account');
        const now = await client.page('/me/fediverse');
        assert.equal((await client.submit(now, /unlink$/)).status, 200);
        assert.equal(linked().filter((l) => l.uri === home.id('ann')).length, 0);
        await signIn(client, home, 'ann', { next: '/me/fediverse' });
    });

    it('a taken mail address is nobody else\'s', async () => {
        const client = browser();
        await client.submit(await signIn(client, old, 'ann'), /\/use$/);
        const page = await client.page('/me/password');
        await client.submit(page, '/me/mail', { mail: 'carol@example.net' });
        const letter = await node.mailTo('carol@example.net');
        const link = /http:\/\/localhost:\d+\/login\/[\w-]+/.exec(letter.text)[0];
        const refused = await client.submit(await client.page(link), new URL(link).pathname);
        assert.equal(refused.status, 409, words(refused.text));
        assert.equal(await me(client), 'Ann');
    });

    describe('wrong in every way', () => {
        const count = () => linked().length;
        let was;
        beforeEach(() => { was = count(); });
        const refusedAs = (page, status, pattern) => {
            assert.equal(page.status, status, words(page.text));
            assert.match(words(page.text), pattern);
            assert.equal(count(), was, 'nothing was linked');
        };

        it('a state that is not ours, of another browser, or used', async () => {
            const client = browser(), thief = browser();
            refusedAs(await client.go('/auth/fedi/callback?code=x&state=' + 'a'.repeat(43)), 404, /begin again/);
            refusedAs(await client.go('/auth/fedi/callback'), 404, /begin again/);
            const there = goesTo(await begin(client, `@ann@${home.host}`));
            const url = await home.allow(there, { as: 'ann' });
            refusedAs(await back(thief, url), 404, /another browser/);
            const done = await back(client, url);
            assert.equal(done.status, 200, words(done.text));
            refusedAs(await back(client, url), 404, /begin again/);
        });
        it('two at once, mixed up: the state of one with the code of the other', async () => {
            const client = browser();
            const one = new URL(await home.allow(goesTo(await begin(client, `@ann@${home.host}`)), { as: 'ann' }));
            const two = new URL(await home.allow(goesTo(await begin(client, `@bob@${home.host}`)), { as: 'bob' }));
            one.searchParams.set('code', two.searchParams.get('code'));
            // PKCE: the verifier of this state does not fit that code.
            refusedAs(await back(client, one.href), 503, /did not tell us who you are/);
        });
        it('a code that was used', async () => {
            const client = browser();
            const one = new URL(await home.allow(goesTo(await begin(client, `@ann@${home.host}`)), { as: 'ann' }));
            home.codes.delete(one.searchParams.get('code'));
            refusedAs(await back(client, one.href), 503, /did not tell us who you are/);
        });
        it('denied there', async () => {
            const client = browser();
            const there = goesTo(await begin(client, `@ann@${home.host}`));
            refusedAs(await back(client, await home.allow(there, { deny: true })), 403, /did not allow it/);
        });
        it('an issuer that is another', async () => {
            const client = browser();
            home.quirks.iss = 'https://evil.example/';
            const there = goesTo(await begin(client, `@ann@${home.host}`));
            refusedAs(await back(client, await home.allow(there, { as: 'ann' })), 403, /from another server/);
            // userinfo of another issuer
            home.quirks = { userinfo: { iss: 'https://evil.example/' } };
            refusedAs(await signIn(client, home, 'ann'), 503, /did not tell us who you are/);
        });
        it('signed in there as somebody else than was named', async () => {
            refusedAs(await signIn(browser(), home, 'bob', { who: `@ann@${home.host}` }), 403, /which is not the account that you named/);
        });
        it('an actor of another server', async () => {
            home.quirks.userinfo = { sub: old.id('ann') };
            refusedAs(await signIn(browser(), home, 'ann', { who: home.host }), 403, /account of another server/);
            old.quirks.credentials = { uri: home.id('ann') };
            refusedAs(await signIn(browser(), old, 'bob', { who: old.host }), 403, /account of another server/);
            // WebFinger leads away to somebody else's server.
            old.quirks = { '/.well-known/webfinger': (rq, rs, { json }) => json(200, { subject: 'acct:bob@x', links: [
                { rel: 'self', type: 'application/activity+json', href: home.id('ann') }] }) };
            refusedAs(await signIn(browser(), old, 'bob', { who: old.host }), 403, /account of another server/);
            misskey.quirks = old.quirks;
            refusedAs(await signIn(browser(), misskey, 'bob', { who: misskey.host }), 403, /account of another server/);
        });
        it('two different names', async () => {
            home.quirks.userinfo = { preferred_username: 'mallory' };
            refusedAs(await signIn(browser(), home, 'ann', { who: home.host }), 403, /two different names/);
        });
        it('a remote user at a Misskey', async () => {
            misskey.quirks.user = { host: 'elsewhere.example' };
            refusedAs(await signIn(browser(), misskey, 'ann'), 503, /did not tell us who you are/);
        });
        it('endpoints on another host', async () => {
            const shady = await Home.start();
            shady.quirks.metadata = { token_endpoint: `${old.origin}/oauth/token` };
            refusedAs(await begin(browser(), shady.host), 503, /does not answer as it should/);
            shady.quirks.metadata = { issuer: 'https://elsewhere.example' };
            refusedAs(await begin(browser(), shady.host), 503, /does not answer as it should/);
            await shady.stop();
        });
        it('nobody there, nonsense, ourselves', async () => {
            refusedAs(await begin(browser(), `@nobody@${home.host}`), 404, /nobody called nobody/);
            for (const who of ['', '@', 'a b@c', `@x@${'y'.repeat(300)}`, 'javascript:alert(1)', '@ann@[::1', '@a/../b@localhost'])
                refusedAs(await begin(browser(), who), 400, /Write your fediverse address/);
            refusedAs(await begin(browser(), `@tea@${node.host}`), 400, /That is this site/);
        });
        it('an actor whose server has shut it', async () => {
            home.quirks.actor = { suspended: true };
            refusedAs(await signIn(browser(), home, 'ann').catch(() => begin(browser(), `@ann@${home.host}`)), 403, /cannot be used here/);
        });
        it('redirects: to ourselves in circles, to addresses that nobody asks', async () => {
            const far = await Home.start();
            far.quirks['/.well-known/webfinger'] = (rq, rs) => rs.writeHead(302, { location: rq.url }).end();
            refusedAs(await begin(browser(), `@ann@${far.host}`), 503, /does not answer as it should/);
            assert.equal(far.asked.length, 4, 'three redirects, no more');
            for (const to of ['http://10.0.0.1/', 'http://169.254.169.254/latest', 'http://192.168.1.1:8080/', 'ftp://example.org/', 'file:///etc/passwd']) {
                far.quirks['/.well-known/webfinger'] = (rq, rs) => rs.writeHead(302, { location: to }).end();
                refusedAs(await begin(browser(), `@ann@${far.host}`), 503, /does not answer as it should/);
            }
            await far.stop();
        });
        it('answers that are too large, or no JSON', async () => {
            const far = await Home.start();
            for (const body of ['x'.repeat(2 << 20), '<html>', '[]', '{"links":7}', '{"links":[{"rel":"self","type":"application/activity+json","href":"javascript:1"}]}']) {
                far.quirks['/.well-known/webfinger'] = (rq, rs) => rs.writeHead(200, { 'content-type': 'application/json' }).end(body);
                refusedAs(await begin(browser(), `@ann@${far.host}`), 503, /does not answer as it should/);
            }
            // A token or a client that would add a header
            far.quirks = { '/api/v1/apps': (rq, rs, { json }) => json(200, { client_id: 'a\r\nX: y', client_secret: 's' }) };
            refusedAs(await begin(browser(), `@ann@${far.host}`), 415, /no way for us/);
            far.quirks = {};
            const client = browser();
            const there = goesTo(await begin(client, `@ann@${far.host}`));
            const url = await far.allow(there, { as: 'ann' });
            far.quirks = { '/oauth/token': (rq, rs, { json }) => json(200, { access_token: 'a\r\nX: y', token_type: 'Bearer' }) };
            refusedAs(await back(client, url), 503, /did not tell us who you are/);
            await far.stop();
        });
        it('a server that we do not speak with', async () => {
            const far = await Home.start();
            await node.cli('domain block', { domain: far.host, level: 'suspend' }).catch(() =>
                node.sqlRun(`INSERT INTO domain_rule (host, kind, level, reject_media, reject_reports, obfuscate, public_comment, private_comment, created_at, changed_at)
                             VALUES ('${far.host}', 'block', 'suspend', 0, 0, 0, '', '', 1, 1); INSERT INTO domain_mode (id, mode, version) VALUES (1, 'block', 2) ON CONFLICT (id) DO UPDATE SET version = domain_mode.version + 1`));
            await eventually('the rule counts', async () => (await begin(browser(), `@ann@${far.host}`)).status === 403);
            refusedAs(await begin(browser(), far.host), 403, /does not work with that server/);
            const before = far.asked.length;
            await begin(browser(), `@ann@${far.host}`);
            assert.equal(far.asked.length, before, 'it was not asked at all');
            // Nor by a redirect of somebody else.
            home.quirks['/.well-known/webfinger'] = (rq, rs) => rs.writeHead(302, { location: `${far.origin}/.well-known/webfinger` }).end();
            refusedAs(await begin(browser(), `@ann@${home.host}`), 403, /does not work with that server/);
            assert.equal(far.asked.length, before);
            await far.stop();
        });
        it('their server has forgotten us: registered anew, and there once more', async () => {
            const far = await Home.start();
            const client = browser();
            await signIn(client, far, 'bob');
            const there = goesTo(await begin(client, `@bob@${far.host}`));
            const url = await far.allow(there, { as: 'bob' });
            node.sqlRun(`UPDATE link_app SET created_at = created_at - 3600000 WHERE host = '${far.host}'`);
            far.apps.clear();
            const again = goesTo(await back(client, url));
            assert.equal(far.apps.size, 1, 'registered again');
            const asked = await back(client, await far.allow(again, { as: 'bob' }));
            assert.match(words(asked.text), /You are @bob@/);
            await far.stop();
        });
        it('who went there and never came back is registered anew as well', async () => {
            const far = await Home.start();
            const client = browser();
            goesTo(await begin(client, `@bob@${far.host}`));
            assert.equal(far.apps.size, 1);
            goesTo(await begin(client, `@bob@${far.host}`));
            assert.equal(far.apps.size, 1, 'not at once');
            node.sqlRun(`UPDATE link_app SET created_at = created_at - 3600000 WHERE host = '${far.host}'`);
            goesTo(await begin(client, `@bob@${far.host}`));
            assert.equal(far.apps.size, 2);
            await far.stop();
        });
        it('a slow server holds up nobody, and is given up after ten seconds', async () => {
            const held = [];
            const slow = http.createServer((rq, rs) => held.push(rs));
            await new Promise((ok) => slow.listen(0, '127.0.0.1', ok));
            const who = `@ann@localhost:${slow.address().port}`;
            const t = Date.now();
            let settled = 0;
            const waiting = Array.from({ length: 24 }, () => begin(browser(), who)); // more than there are workers
            await eventually('all ask', () => held.length >= 2); // two of a host at once
            for (const rs of waiting) rs.finally(() => settled++);
            assert.equal((await node.client().page('/login')).status, 200);
            assert.equal(settled, 0, 'pages are served meanwhile');
            const first = await Promise.race(waiting);
            refusedAs(first, 503, /does not answer as it should/);
            assert.ok(Date.now() - t >= 9000);
            slow.closeAllConnections();
            slow.close();
            await Promise.all(waiting);
        });
        it('ten beginnings an hour from one network', async () => {
            const client = browser();
            for (let i = 0; i < 10; i++) assert.notEqual((await begin(client, `@ann@${bare.host}`)).status, 429);
            const page = await begin(client, `@ann@${bare.host}`);
            refusedAs(page, 429, /Too many attempts/);
            assert.ok(Number(page.headers['retry-after']) > 0);
        });
        it('forms of other sites', async () => {
            const rs = await browser().fetch('/auth/fedi', { method: 'POST', body: `who=@ann@${home.host}`,
                headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } });
            assert.equal(rs.status, 403);
        });
        it('nothing of it is in the log', () => {
            const log = node.log();
            for (const h of [home, old]) {
                for (const token of h.revoked) assert.ok(!log.includes(token));
                for (const app of h.apps.values()) assert.ok(!log.includes(app.secret));
            }
        });
    });
});

const CANARY = 'lockedword' + Math.random().toString(36).slice(2, 8);

describe('private messages', () => {
    let node, owner, home, tea, inbox;

    const browser = (options) => fetchFrom(from(node.client(options)));
    const begin = async (client, who, fields = {}) => {
        const page = await client.page(`/auth/fedi${fields.next ? `?next=${encodeURIComponent(fields.next)}` : ''}`);
        return client.submit(page, '/auth/fedi', { who, ...fields });
    };
    const codeOf = (page) => /<code>@tea@\S+ ([0-9a-f-]{35})<\/code>/.exec(page.text)[1];
    const told = (name, after = 0) => home.received.filter((r) => r.to === name && r.activity.type === 'Create').slice(after);
    const gets = (name, pattern, after = 0) => eventually(`${name} is told ${pattern}`,
        () => told(name, after).find((r) => pattern.test(r.activity.object.content)));
    const identities = () => node.sql('SELECT a.uri AS uri, i.way AS way FROM identity i JOIN actor a ON a.id = i.actor_id');
    const settled = () => eventually('the queue is empty', () => node.column(
        "SELECT COUNT(*) AS n FROM job WHERE kind IN ('fed.receive', 'fed.notice', 'fed.deliver') AND state <> 'resting'")[0] === 0);
    // A message of theirs that only we see, which is the same as: a private one, to us alone.
    const isPrivate = ({ activity }) => {
        for (const thing of [activity, activity.object]) {
            assert.equal(thing.to.length, 1);
            assert.deepEqual(thing.cc ?? [], []);
            assert.ok(!JSON.stringify(thing.to).includes('Public') && !JSON.stringify(thing.to).includes('followers'));
        }
        assert.deepEqual(activity.object.tag.map((t) => t.type), ['Mention']);
        assert.equal(activity.object.tag[0].href, activity.object.to[0]);
    };

    before(async () => {
        node = await Node.start({ name: 'links-direct' });
        owner = await node.ownerSession();
        home = await Home.start({ kind: 'bare', people: ['ann', 'bob', 'eve'] });
        const finger = await (await fetch(`${node.origin}/.well-known/webfinger?resource=acct:tea@${node.host}`)).json();
        tea = finger.links.find((l) => l.rel === 'self').href;
    });
    after(async () => {
        await Home.stopAll();
        await node.close();
    });

    it('a code that is sent makes an account; a confirmation says how to undo it', async () => {
        const client = browser(), thief = browser();
        const page = await begin(client, `@ann@${home.host}`, { way: 'note', next: '/@tea/join' });
        assert.equal(page.headers.refresh, '5');
        const code = codeOf(page);
        assert.match(code.replaceAll('-', ''), /^[0-9a-f]{32}$/, '128 bits');
        // From somebody else, to more than us, in public, or another code: no.
        await home.direct('eve', tea, `@tea ${code}`);
        await home.direct('ann', tea, `@tea ${code}`, { cc: [home.id('bob')] });
        await home.direct('ann', tea, `@tea ${code}`, { to: ['https://www.w3.org/ns/activitystreams#Public'], cc: [tea] });
        await home.direct('ann', tea, `@tea ${code.replace(/^./, (c) => (c === 'a' ? 'b' : 'a'))}`);
        await settled();
        assert.match(words((await client.page(page.path)).text), /Waiting for your message/);
        const note = await home.direct('ann', tea, `@tea ${code}`);
        const seen = await eventually('it is seen', async () => { const p = await client.page(page.path); return /You are @ann@/.test(words(p.text)) && p; });
        assert.equal((await thief.fetch(page.path)).status, 404, 'only in that session');
        assert.deepEqual(identities(), [], 'nothing is linked before the button');
        const done = await client.submit(seen, /\/use$/);
        assert.equal(done.path, '/@tea/join');
        assert.deepEqual(identities(), [{ uri: home.id('ann'), way: 'note' }]);
        const confirmation = await gets('ann', /answer UNLINK/);
        isPrivate(confirmation);
        assert.equal(confirmation.activity.object.inReplyTo, note);
        // Sent once more it does nothing; nor does the page.
        await home.direct('ann', tea, `@tea ${code}`);
        assert.ok((await client.submit(seen, /\/use$/)).status >= 400);
        // Nobody may read the document of it.
        for (const id of [confirmation.activity.id, confirmation.activity.object.id])
            assert.equal((await fetch(id, { headers: { accept: 'application/activity+json' } })).status, 404, id);
        const mailbox = await owner.page('/desk/tea/fediverse/messages');
        assert.ok(!mailbox.text.includes(code), 'no code lies in the mailbox');
    });

    it('five tries an hour', async () => {
        const client = browser();
        const page = await begin(client, `@eve@${home.host}`, { way: 'note' });
        for (let i = 0; i < 5; i++) await home.direct('eve', tea, `@tea ${String(i).repeat(8)}-${'0'.repeat(8)}-${'0'.repeat(8)}-${'0'.repeat(8)}`);
        await settled();
        await home.direct('eve', tea, `@tea ${codeOf(page)}`);
        await settled();
        assert.match(words((await client.page(page.path)).text), /Waiting for your message/);
    });

    it('UNLINK: signs out whoever came in by it', async () => {
        const client = browser();
        const page = await begin(client, `@bob@${home.host}`, { way: 'note' });
        await home.direct('bob', tea, `@tea ${codeOf(page)}`);
        const seen = await eventually('it is seen', async () => { const p = await client.page(page.path); return /You are @bob@/.test(words(p.text)) && p; });
        await client.submit(seen, /\/use$/);
        assert.equal((await client.fetch('/me')).status, 200);
        await gets('bob', /answer UNLINK/);
        await home.direct('bob', tea, '@tea Unlink!');
        await gets('bob', /only way to sign in/);
        assert.equal((await client.fetch('/me')).status, 303, 'signed out');
        assert.ok(identities().some((i) => i.uri === home.id('bob')), 'an account is not left without any way in');
    });

    it('what else is written goes to the owner, who answers', async () => {
        const note = await home.direct('eve', tea, '@tea Do you ship to Iceland? <script>alert(1)</script> <b>Thanks</b>');
        await eventually('a notice', async () => /sent your planet a private message/.test(words((await owner.page('/me/notices')).text)));
        const list = await owner.go('/me/messages');
        assert.equal(list.path, '/desk/tea/fediverse/messages');
        assert.match(words(list.text), /Do you ship to Iceland/);
        const talk = await owner.page(/href="(\/desk\/tea\/fediverse\/messages\/\d+)"/.exec(list.text)[1]);
        assert.ok(!talk.text.includes('<script>alert'));
        const answered = await owner.submit(talk, /messages\/\d+$/, { text: 'Yes, **twice** a week.' });
        assert.match(words(answered.text), /Sent\./);
        assert.match(words(answered.text), /Yes, twice a week/);
        const got = await gets('eve', /twice/);
        isPrivate(got);
        assert.equal(got.activity.actor, tea);
        assert.equal(got.activity.object.inReplyTo, note);
        await owner.submit(talk, /messages\/\d+$/, { text: 'Yes, **twice** a week.' });
        await settled();
        assert.equal(told('eve').length, 1, 'the same form twice is one message');
        // To nobody else: visitors, members, other planets' people, the public documents.
        const member = await node.member('mona');
        for (const path of ['/desk/tea/fediverse/messages', talk.path]) {
            assert.equal((await member.fetch(path)).status, 404);
            assert.equal((await node.client().fetch(path)).status, 303);
        }
        assert.equal((await member.post(`${talk.path}`, { text: 'me too', form_id: '1' })).status, 404);
        for (const path of ['/@tea', `${new URL(tea).pathname}/outbox`]) {
            const rs = await node.client().fetch(path, { headers: { accept: 'application/activity+json' } });
            assert.ok(!rs.text.includes('Iceland') && !rs.text.includes('twice'));
        }
        // They change it, and take it back.
        await home.post('eve', `${tea}/inbox`, { id: `${note}#up`, type: 'Update', to: [tea], object: { id: note, type: 'Note', attributedTo: home.id('eve'),
            to: [tea], content: 'Do you ship to Greenland?', updated: new Date().toISOString() } });
        await eventually('changed', async () => /Greenland/.test((await owner.page(talk.path)).text));
        // Not by others.
        await home.post('bob', `${tea}/inbox`, { id: `${note}#bob`, type: 'Delete', to: [tea], object: note });
        await settled();
        assert.match((await owner.page(talk.path)).text, /Greenland/);
        await home.post('eve', `${tea}/inbox`, { id: `${note}#del`, type: 'Delete', to: [tea], object: { id: note, type: 'Tombstone' } });
        await eventually('gone', async () => !/Greenland/.test((await owner.page(talk.path)).text));
    });

    it('too much of one person is dropped', async () => {
        // Whenever they say that it was written.
        for (let i = 0; i < 25; i++) await home.direct('eve', tea, `@tea number ${i}`, { note: { published: '2020-01-01T00:00:00Z' } });
        await settled();
        const n = node.column(`SELECT COUNT(*) AS n FROM direct_note d JOIN actor a ON a.id = d.actor_id WHERE a.uri = '${home.id('eve')}' AND d.account_id IS NULL`)[0];
        assert.ok(n <= 20, `${n}`);
    });

    describe('members are told of new posts', () => {
        let client, id;
        const notices = async (on) => {
            const page = await client.page('/me/fediverse');
            const planet = /name="planet" value="(\d+)"/.exec(page.text)?.[1];
            return client.submit(page, '/me/fediverse/notices', { planet: on ? planet : undefined });
        };
        const publish = (title, more = {}) => node.post({ title, body: `The text, ${CANARY}.`, teaser: 'What everybody sees.', access: 'members', ...more });
        // As if an hour had gone by.
        const later = () => node.sqlRun(`UPDATE identity_planet SET sent_at = sent_at - 3700000;
            UPDATE job SET run_at = run_at - 3700000 WHERE kind = 'fed.digest'`);

        before(async () => {
            // ann is in by the code above; now she is a member
            const [{ username }] = node.sql("SELECT username FROM account WHERE mail = '' AND name = 'Ann'");
            await node.cli('member grant', { account: `@${username}`, tier: 'member', unit: 'year', count: 1 });
            client = browser();
            const page = await begin(client, `@ann@${home.host}`, { way: 'profile' });
            home.fields.set('ann', [/<code>([^<]+)<\/code>/.exec(page.text)[1]]);
            await client.submit(await client.submit(page, /\/look$/), /\/use$/);
        });

        it('nobody who has not asked for it', async () => {
            const n = told('ann').length;
            await publish('Quiet');
            await settled();
            assert.equal(told('ann').length, n);
            assert.equal(node.column("SELECT COUNT(*) AS n FROM job WHERE kind = 'fed.digest'")[0], 0);
        });
        it('title and link, privately, as an answer to what they sent; nothing of the text', async () => {
            assert.equal((await notices(true)).status, 200);
            const post = await publish('A <fine> title');
            const got = await gets('ann', /New in Tea/);
            isPrivate(got);
            assert.match(got.activity.object.content, /A &lt;fine&gt; title/);
            assert.ok(got.activity.object.content.includes(post.address));
            assert.match(got.activity.object.content, /STOP/);
            assert.ok(!got.activity.object.content.includes('everybody sees'));
            assert.match(got.activity.object.inReplyTo, new RegExp(`^${home.origin}/notes/`));
            assert.ok(!JSON.stringify(home.received).includes(CANARY), 'nothing locked');
        });
        it('at most one an hour: what comes meanwhile is told together', async () => {
            const n = told('ann').length;
            await publish('Second');
            for (let i = 0; i < 6; i++) await publish(`Third ${i}`);
            await settled();
            assert.equal(told('ann').length, n);
            assert.equal(node.column("SELECT COUNT(*) AS n FROM job WHERE kind = 'fed.digest'")[0], 1, 'one waits for all');
            later();
            const got = await gets('ann', /Second/, n);
            assert.match(got.activity.object.content, /Third 3/);
            assert.match(got.activity.object.content, /And more/);
            assert.equal(told('ann').length, n + 1);
            assert.ok(!JSON.stringify(home.received).includes(CANARY));
        });
        it('STOP, and in Chinese', async () => {
            for (const word of ['stop', '停止。']) {
                await notices(true);
                const n = told('ann').length;
                later();
                await home.direct('ann', tea, `@tea ${word}`);
                await gets('ann', /no more messages about new posts/, n);
                await publish(`After ${word}`);
                await settled();
                assert.equal(told('ann').length, n + 1);
                assert.ok(!/checked/.test((await client.page('/me/fediverse')).text));
            }
        });
        it('an end of the membership ends it', async () => {
            await notices(true);
            later();
            const n = told('ann').length;
            const [account] = node.sql("SELECT CAST(id AS TEXT) AS id, username FROM account WHERE mail = '' AND name = 'Ann'");
            await node.cli('member revoke', { account: `@${account.username}`, reason: 'test' });
            await publish('Not for ann');
            await settled();
            await eventually('the digest ran', () => node.column("SELECT COUNT(*) AS n FROM job WHERE kind = 'fed.digest'")[0] === 0);
            await settled();
            assert.equal(told('ann').length, n);
            await node.cli('member grant', { account: `@${account.username}`, tier: 'member', unit: 'year', count: 1 });
        });
        it('a Block ends it', async () => {
            await notices(true);
            later();
            const n = told('ann').length;
            await home.post('ann', `${tea}/inbox`, { id: `${home.origin}/blocks/1`, type: 'Block', object: tea });
            await eventually('off', async () => !/checked/.test((await client.page('/me/fediverse')).text));
            await publish('Blocked');
            await settled();
            assert.equal(told('ann').length, n);
        });
        it('an inbox that is not there ends it', async () => {
            await notices(true);
            later();
            home.quirks.inbox = 404;
            await publish('To nowhere');
            await eventually('off', async () => !/checked/.test((await client.page('/me/fediverse')).text));
            home.quirks.inbox = undefined;
        });
        it('an actor that is deleted is unlinked; the membership stays', async () => {
            const [{ id: account }] = node.sql("SELECT CAST(id AS TEXT) AS id FROM account WHERE mail = '' AND name = 'Ann'");
            await home.post('ann', `${tea}/inbox`, { id: `${home.origin}/gone/1`, type: 'Delete', object: home.id('ann') });
            await eventually('unlinked', () => !identities().some((i) => i.uri === home.id('ann')));
            assert.equal(node.column(`SELECT COUNT(*) AS n FROM member_grant WHERE account_id = ${account} AND live_state = 'live'`)[0], 1);
        });
    });
});

describe('with a real Fedify', () => {
    let node, peer, owner, tea;
    before(async () => {
        node = await Node.start({ name: 'links-fedify' });
        owner = await node.ownerSession();
        peer = await Peer.start();
        const finger = await (await fetch(`${node.origin}/.well-known/webfinger?resource=acct:tea@${node.host}`)).json();
        tea = finger.links.find((l) => l.rel === 'self').href;
    });
    after(async () => {
        await peer.stop();
        await node.close();
    });
    const note = (json) => json.object;

    it('sends the code, is confirmed to, is told of a post, says STOP, is answered', async () => {
        const client = fetchFrom(from(node.client()));
        const start = await client.page('/auth/fedi');
        const page = await client.submit(start, '/auth/fedi', { who: `@ann@localhost:${peer.port}`, way: 'note' });
        const code = /<code>@tea@\S+ ([0-9a-f-]{35})<\/code>/.exec(page.text)[1];
        const sent = await peer.call('direct', { to: tea, content: `<p><span class="h-card"><a href="${tea}">@tea</a></span> ${code}</p>` });
        const seen = await eventually('it is seen', async () => { const p = await client.page(page.path); return /You are @ann@/.test(words(p.text)) && p; });
        await client.submit(seen, /\/use$/);
        const confirmed = await peer.got('Create', (j) => /UNLINK/.test(note(j)?.content));
        assert.equal(note(confirmed.json).inReplyTo, sent.object);
        assert.equal(confirmed.to, 'ann', 'at her own inbox');

        const [{ username }] = node.sql("SELECT username FROM account WHERE mail = ''");
        await node.cli('member grant', { account: `@${username}`, tier: 'member', unit: 'year', count: 1 });
        const mine = await client.page('/me/fediverse');
        await client.submit(mine, '/me/fediverse/notices', { planet: /name="planet" value="(\d+)"/.exec(mine.text)[1] });
        await node.post({ title: 'For Fedify', body: CANARY, teaser: 'Seen by all.', access: 'members' });
        const told = await peer.got('Create', (j) => /New in Tea/.test(note(j)?.content));
        assert.match(note(told.json).content, /For Fedify/);
        assert.ok(!peer.bytes.some((b) => b.bytes.includes(CANARY)));

        await peer.call('direct', { to: tea, content: '<p>@tea STOP</p>', answers: told.json.object.id });
        await peer.got('Create', (j) => /no more messages/.test(note(j)?.content));

        await peer.call('direct', { who: 'bob', to: tea, content: '<p>@tea Is there tea?</p>' });
        const list = await eventually('in the mailbox', async () => { const p = await owner.page('/desk/tea/fediverse/messages'); return /Is there tea/.test(p.text) && p; });
        const talk = await owner.page(/href="(\/desk\/tea\/fediverse\/messages\/\d+)"/.exec(list.text)[1]);
        await owner.submit(talk, /messages\/\d+$/, { text: 'There is.' });
        const answer = await peer.got('Create', (j) => /There is/.test(note(j)?.content));
        assert.equal(answer.to, 'bob');
        assert.deepEqual([answer.json.to].flat().length, 1);
    });
});
