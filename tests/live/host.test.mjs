// A hosting provider: nodes made, looked after and taken away, by command and by API.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { Validator } from '@seriousme/openapi-schema-validator';
import parsePrometheus from 'parse-prometheus-text-format';
import { Host } from '../rig/host.mjs';
import { Sink, activity, send } from '../rig/sink.mjs';
import { Peer } from '../rig/peer.mjs';
import { Node, ORRERY, eventually } from '../rig/node.mjs';
import { formsOf, request, words } from '../rig/client.mjs';

const AP = { accept: 'application/activity+json' };

describe('a host', () => {
    let host, document, ajv;

    // Every answer of the API is what the document promises, and every error is RFC 9457.
    const promised = (rs, schema) => {
        const check = ajv.getSchema(`openapi.json#/components/schemas/${schema}`);
        assert.ok(check(rs.json), `${schema}: ${JSON.stringify(check.errors)}\n${rs.text}`);
        return rs.json;
    };
    const refused = (rs, status, sentence) => {
        assert.equal(rs.status, status, rs.text);
        assert.equal(rs.headers['content-type'], 'application/problem+json');
        assert.match(promised(rs, 'Problem').detail, sentence);
        assert.equal(rs.json.status, status);
        return rs;
    };
    const state = async () => (await host.api('GET', '/v1/nodes/leaf')).json.state;

    before(async () => {
        host = await Host.start();
        document = (await host.api('GET', '/v1/openapi.json', { token: null })).json;
        ajv = new Ajv2020({ strict: false });
        addFormats(ajv);
        ajv.addSchema({ $id: 'openapi.json', ...document });
    });
    after(() => host?.close());

    it('the API\'s document is sound OpenAPI 3.1 and names every address', async () => {
        const result = await new Validator().validate(structuredClone(document));
        assert.ok(result.valid, JSON.stringify(result.errors));
        assert.equal(document.openapi, '3.1.0');
        const operations = Object.entries(document.paths).flatMap(([p, ms]) => Object.keys(ms).map((m) => [m, p]));
        assert.ok(operations.length >= 15, `${operations.length} operations`);
        for (const [method, where] of operations) {
            const schema = (c) => c?.content?.['application/json']?.schema.$ref?.split('/').pop();
            for (const name of [schema(document.paths[where][method].requestBody),
                                ...Object.values(document.paths[where][method].responses).map(schema)])
                assert.ok(name === undefined || document.components.schemas[name], `${method} ${where}: ${name}`);
            // It is there: a token is asked for, or it answers.
            const rs = await host.api(method.toUpperCase(), where.replace('{name}', 'nobody'), { token: null });
            assert.equal(rs.status, where.endsWith('openapi.json') ? 200 : 401, `${method} ${where}`);
        }
        refused(await host.api('GET', '/v1/elsewhere'), 404, /openapi\.json/);
        assert.equal(refused(await host.api('PATCH', '/v1/nodes', { body: {} }), 405, /method/).headers.allow, 'GET, POST');
    });

    it('a node is made by API: the owner\'s link signs in, the planet is there', async () => {
        const rs = await host.create('tea', { planet: 'tea', title: 'Tea house', lang: 'en' });
        assert.equal(rs.status, 201, rs.text);
        const made = promised(rs, 'NodeMade');
        assert.equal(made.domain, host.domain('tea'));
        assert.equal(made.state, 'active');
        assert.equal(rs.headers.location, '/v1/nodes/tea');
        const owner = host.client('tea');
        const page = await owner.page(made.sign_in);
        const desk = await owner.submit(page, new URL(made.sign_in).pathname, {});
        assert.equal(desk.status, 200);
        assert.match((await owner.page('/desk')).text, /Owner(&#39;|')s desk/);
        assert.match((await host.client('tea').page('/@tea')).text, /Tea house/);
        const finger = await request(`${host.origin('tea')}/.well-known/webfinger?resource=acct:tea@${host.domain('tea')}`);
        assert.equal(JSON.parse(finger.text).subject, `acct:tea@${host.domain('tea')}`);
    });

    it('and by command, beside the process that serves', async () => {
        const made = await host.cli('node create', { domain: host.domain('ink'), owner: 'olga@example.org', name: 'ink' });
        assert.equal(made.made, 'yes');
        await eventually('it is served', async () => (await request(`${host.origin('ink')}/@home`)).status === 200);
        assert.deepEqual((await host.cli('node list')).map((n) => n.name), ['ink', 'tea']);
        assert.equal((await host.cli('node show', { node: host.domain('ink') })).name, 'ink');
    });

    it('nothing of one node is found at another', async () => {
        const actor = JSON.parse((await request(`${host.origin('tea')}/@tea`, { headers: AP })).text);
        const id = new URL(actor.id).pathname;
        assert.equal((await request(`${host.origin('tea')}${id}`, { headers: AP })).status, 200);
        assert.equal((await request(`${host.origin('ink')}${id}`, { headers: AP })).status, 404);
        assert.equal((await request(`http://nobody.localhost:${host.port}/`)).status, 421);
    });

    it('a domain that is none, is taken, or has a port, is refused in clear words', async () => {
        for (const [domain, sentence] of [
            ['', /host name/], ['no spaces here', /host name/], ['a..b.org', /host name/], ['-x.example.org', /host name/],
            ['127.0.0.1', /not at an IP/], ['[::1]', /IP address|host name/], ['0x7f.1', /host name|IP/], ['example', /host name/],
            ['https://x.example.org/', /host name/], ['x.example.org:8080', /no port/], [`${'a'.repeat(64)}.example.org`, /host name/],
            [`${'abcdefgh.'.repeat(31)}example.org`, /host name/], ['x.example.org/path', /host name/], ['x@example.org', /host name/]])
            refused(await host.api('POST', '/v1/nodes', { body: { domain, owner: 'a@example.org' } }), 400, sentence);
        refused(await host.create('tea', { owner: 'other@example.org', name: 'tea2' }), 409, /a node at this domain/);
        refused(await host.create('tea3', { name: 'tea' }), 409, /has this name/);
        refused(await host.create('x', { name: 'Über' }), 400, /letters a to z/);
        refused(await host.create('x', { owner: 'nobody' }), 400, /mail address/);
        refused(await host.create('x', { plan: 'gold' }), 404, /no plan/);
        refused(await host.create('x', { planet: 'no such handle!' }), 400, /./);
        refused(await host.create('x', { colour: 'red' }), 400, /colour.*not asked/);
        refused(await host.create('x', { title: 7 }), 400, /title.*is a text/);
        refused(await host.api('POST', '/v1/nodes', { body: '{"domain": "x.org"' }), 400, /JSON/);
        refused(await host.api('POST', '/v1/nodes', { body: 'x'.repeat(70000) }), 413, /too large/);
        await assert.rejects(host.cli('node create', { domain: '10.0.0.1', owner: 'a@example.org' }), { status: 1 });
        assert.equal((await host.cli('node list')).length, 2, 'nothing of all that was made');
        const idn = await host.api('POST', '/v1/nodes', { body: { domain: '茶.例え.jp', owner: 'a@example.org', name: 'idn' } });
        assert.equal(idn.json.domain, new URL('http://茶.例え.jp').hostname, idn.text);
        await host.cli('node delete', { node: 'idn', now: true });
    });

    it('the same again gives the same node and a fresh link; with a key, the same answer', async () => {
        const first = (await host.create('tea')).json, second = (await host.create('tea', { owner: ' OLGA@example.org ' }));
        assert.equal(second.status, 200);
        assert.equal(promised(second, 'NodeMade').id, first.id);
        assert.equal(second.json.made, false);
        assert.notEqual(second.json.sign_in, first.sign_in);
        const kept = await host.create('wood', {}, { key: 'order-1' });
        assert.equal(kept.status, 201);
        const again = await host.create('wood', {}, { key: 'order-1' });
        assert.equal(again.status, 201);
        assert.equal(again.text, kept.text, 'byte for byte');
        refused(await host.create('stone', {}, { key: 'order-1' }), 400, /used for another request/);
        refused(await host.create('x', { owner: '' }, { key: 'order-2' }), 400, /mail/);
        refused(await host.create('x', { owner: '' }, { key: 'order-2' }), 400, /mail/);
        // Sent at once, by a panel that lost patience: one node, whoever was first.
        const at_once = await Promise.all([1, 2, 3, 4].map(() => host.create('paper')));
        const ids = new Set(at_once.filter((r) => r.status < 300).map((r) => r.json.id));
        assert.equal(ids.size, 1, at_once.map((r) => `${r.status} ${r.text}`).join('\n'));
        for (const r of at_once) assert.ok([200, 201, 503].includes(r.status), r.text);
        assert.equal(at_once.filter((r) => r.status === 201).length, 1);
    });

    it('without a token, with a wrong or an ended one: 401, and soon 429', async () => {
        for (const token of [null, '', 'orrery_wrong', host.token + 'x', host.token.slice(0, -1)])
            refused(await host.api('GET', '/v1/nodes', { token }), 401, /token/);
        assert.equal((await host.api('GET', '/v1/nodes', { token: null })).headers['www-authenticate'], 'Bearer');
        const { token } = await host.cli('token create', { name: 'old' });
        assert.equal((await host.api('GET', '/v1/nodes', { token })).status, 200);
        await host.cli('token revoke', { name: 'old' });
        refused(await host.api('GET', '/v1/nodes', { token }), 401, /token/);
        let last;
        for (let i = 0; i < 100 && last?.status !== 429; i++) last = await host.api('GET', '/v1/nodes', { token: 'guess' + i });
        refused(last, 429, /too often/);
        assert.ok(Number(last.headers['retry-after']) > 0);
        assert.equal((await host.api('GET', '/v1/nodes')).status, 200, 'who has the right one is never locked out');
        assert.ok(!host.log().includes(host.token), 'the log knows no token');
        assert.ok(!host.sql('SELECT name, used_at FROM host_token').includes(host.token));
    });

    it('nodes come in pages; plan, name and state change', async () => {
        const first = promised(await host.api('GET', '/v1/nodes?limit=2'), 'NodeList');
        assert.equal(first.nodes.length, 2);
        const rest = promised(await host.api('GET', `/v1/nodes?limit=500&after=${first.next}`), 'NodeList');
        assert.equal(rest.next, null);
        const names = [...first.nodes, ...rest.nodes].map((n) => n.name);
        assert.deepEqual(names, [...names].sort());
        assert.equal(new Set(names).size, names.length);
        promised(await host.api('PUT', '/v1/plans/small', { body: { members: 3, posts_a_day: 2, mails_a_day: 5, storage: 50_000_000 } }), 'Plan');
        const changed = promised(await host.api('PATCH', '/v1/nodes/wood', { body: { plan: 'small', name: 'timber' } }), 'Node');
        assert.equal(changed.plan, 'small');
        assert.equal(changed.name, 'timber');
        refused(await host.api('GET', '/v1/nodes/wood'), 404, /no node/);
        refused(await host.api('DELETE', '/v1/plans/small'), 409, /nodes with this plan/);
        refused(await host.api('PUT', '/v1/plans/small', { body: { members: -1 } }), 400, /whole numbers/);
        assert.ok(promised(await host.api('GET', '/v1/plans'), 'PlanList').plans.some((p) => p.name === 'small' && p.nodes === 1));
        promised(await host.api('POST', '/v1/nodes/timber/sign-in-link'), 'SignInLink');
    });

    it('a suspended node shows a page, tells servers 503 and no Tombstone, and comes back', async () => {
        const actor = JSON.parse((await request(`${host.origin('tea')}/@tea`, { headers: AP })).text);
        promised(await host.api('POST', '/v1/nodes/tea/suspend'), 'Node');
        const page = await request(`${host.origin('tea')}/@tea`, { headers: { accept: 'text/html', 'accept-language': 'zh-CN' } });
        assert.equal(page.status, 503);
        assert.match(page.headers['content-type'], /html/);
        assert.match(page.text, /lang="zh-CN"/);
        for (const where of [actor.id, actor.outbox, `${host.origin('tea')}/.well-known/webfinger?resource=acct:tea@x`]) {
            const rs = await request(where, { headers: AP });
            assert.equal(rs.status, 503, where);
            assert.ok(!/Tombstone/.test(rs.text));
            assert.ok(Number(rs.headers['retry-after']) > 0);
        }
        const posted = await request(actor.inbox, { method: 'POST', body: '{}', headers: { 'content-type': 'application/activity+json' } });
        assert.equal(posted.status, 503);
        assert.equal((await request(`${host.internal}/internal/tls-ask?domain=${host.domain('tea')}`)).status, 200);
        await host.cli('node resume', { node: 'tea' });
        await eventually('it is back', async () => (await request(actor.id, { headers: AP })).status === 200);
    });

    it('tls-ask, healthz, readyz', async () => {
        const ask = async (domain) => (await request(`${host.internal}/internal/tls-ask?domain=${encodeURIComponent(domain)}`)).status;
        assert.equal(await ask(host.domain('tea')), 200);
        assert.equal(await ask(host.domain('TEA')), 200);
        for (const domain of ['', 'example.org', '127.0.0.1', `x.${host.domain('tea')}`]) assert.equal(await ask(domain), 404, domain);
        assert.equal((await request(`${host.internal}/healthz`)).status, 200);
        assert.equal((await request(`${host.internal}/readyz`)).text, 'ready\n');
        // Nothing of it at the public door.
        for (const where of ['/metrics', '/v1/nodes', '/internal/tls-ask?domain=x', '/readyz'])
            assert.equal((await request(`${host.origin('tea')}${where}`)).status, 404, where);
    });

    it('a plan\'s limits are told in clear words, and a larger plan helps at once', async () => {
        await host.create('full', { plan: 'small', planet: 'full' });
        const owner = host.client('full');
        const link = (await host.api('POST', '/v1/nodes/full/sign-in-link')).json.sign_in;
        await owner.submit(await owner.page(link), new URL(link).pathname, {});
        const publish = async (title) => {
            const empty = await owner.page('/compose');
            const saved = await owner.submit(empty, '/compose', { title, body: 'Tea.', access: 'public', do: 'save' });
            const confirm = await owner.submit(saved, '/compose', { do: 'publish' });
            const form = formsOf(confirm.text).find((f) => /publish$/.test(f.action));
            return form ? owner.submit(confirm, form.action, { teaser_confirmed: '1', do: 'publish' }) : confirm;
        };
        assert.match(words((await publish('One')).text), /Published/);
        assert.match(words((await publish('Two')).text), /Published/);
        const third = await publish('Three');
        assert.match(words(third.text), /may publish 2 posts in 24 hours, and did/);
        await host.cli('plan set', { plan: 'small', members: 3, 'posts-a-day': 10 });
        await eventually('the larger plan holds', async () => /Published/.test(words((await publish('Four')).text)));
    });

    it('moves a node to another directory, with all that is in it', async () => {
        const before_ = JSON.parse((await request(`${host.origin('ink')}/@home`, { headers: AP })).text).id;
        const to = path.join(host.root, 'elsewhere');
        const moved = await host.cli('node move', { node: 'ink', to });
        assert.equal(moved.directory, to);
        assert.equal(moved.state, 'active');
        assert.ok(existsSync(path.join(to, 'secret.key')));
        const now = await eventually('served again', async () => {
            const rs = await request(`${host.origin('ink')}/@home`, { headers: AP });
            return rs.status === 200 && JSON.parse(rs.text).id;
        });
        assert.equal(now, before_);
        // A place where something is already is refused, and the node goes on where it was.
        await assert.rejects(host.cli('node move', { node: 'ink', to: host.root }), /already/);
        await eventually('still served', async () => (await request(`${host.origin('ink')}/@home`)).status === 200);
        assert.equal((await host.cli('node show', { node: 'ink' })).directory, to);
    });

    it('moves a node from one store to the other and back', { skip: !process.env.ORRERY_TEST_STORE && 'needs PostgreSQL' }, async () => {
        const id = async () => JSON.parse((await request(`${host.origin('ink')}/@home`, { headers: AP })).text).id;
        const before_ = await id();
        const { directory, store } = await host.cli('node show', { node: 'ink' });
        assert.equal(store, 'postgresql');
        assert.equal((await host.cli('node move', { node: 'ink', store: 'sqlite' })).store, 'sqlite');
        assert.ok(existsSync(path.join(directory, 'store.sqlite')) && !existsSync(path.join(directory, 'store.url')));
        await eventually('served from SQLite', async () => (await id()) === before_);
        assert.equal((await host.cli('node move', { node: 'ink', store: 'postgresql' })).store, 'postgresql');
        assert.ok(!existsSync(path.join(directory, 'store.sqlite')) && existsSync(path.join(directory, 'store.url')));
        await eventually('served from PostgreSQL', async () => (await id()) === before_);
    });

    it('metrics are Prometheus\' and move with what happens', async () => {
        const read = async () => {
            const rs = await request(`${host.internal}/metrics`);
            assert.match(rs.headers['content-type'], /^text\/plain; version=0\.0\.4/);
            const families = parsePrometheus(rs.text);
            for (const f of families) assert.ok(f.help && f.type !== 'UNTYPED', `${f.name} has no HELP or TYPE`);
            assert.equal(new Set(families.map((f) => f.name)).size, families.length, 'each family once');
            return (name, labels = {}) => {
                const f = families.find((g) => g.name === name);
                assert.ok(f, `no ${name}`);
                return Number(f.metrics.find((m) => Object.entries(labels).every(([k, v]) => m.labels?.[k] === v))?.value ?? f.metrics[0].count);
            };
        };
        const before_ = await read();
        for (let i = 0; i < 5; i++) await request(`${host.origin('tea')}/@tea`);
        await request(`${host.origin('tea')}/nothing`);
        const now = await read();
        assert.ok(now('orrery_http_requests_total', { class: '2xx' }) >= before_('orrery_http_requests_total', { class: '2xx' }) + 5);
        assert.ok(now('orrery_http_requests_total', { class: '4xx' }) > before_('orrery_http_requests_total', { class: '4xx' }));
        assert.ok(now('orrery_http_cache_hits_total') > before_('orrery_http_cache_hits_total'));
        assert.ok(now('orrery_http_sent_bytes_total') > before_('orrery_http_sent_bytes_total'));
        assert.ok(now('orrery_nodes', { state: 'active' }) >= 4);
        assert.ok(now('orrery_nodes_awake') >= 1);
        assert.ok(now('orrery_store_commits_total') > 0);
        assert.ok(now('process_resident_memory_bytes') > 1e6);
        assert.ok(now('process_open_fds') > 5);
        assert.equal(now('orrery_build_info'), 1);
    });

    it('usage adds up, by node and day, and goes on over a restart', async () => {
        const today = new Date().toISOString().slice(0, 10);
        const of = async (name) => {
            const list = promised(await host.api('GET', `/v1/nodes/${name}/usage`), 'UsageList').usage;
            return list.reduce((sum, u) => ({ requests: sum.requests + u.requests, bytes: sum.bytes + u.bytes }), { requests: 0, bytes: 0 });
        };
        const before_ = await of('tea');
        let bytes = 0;
        for (let i = 0; i < 7; i++) bytes += (await request(`${host.origin('tea')}/@tea?n=${i % 2}`)).body.length;
        const after_ = await of('tea');
        assert.equal(after_.requests - before_.requests, 7);
        assert.equal(after_.bytes - before_.bytes, bytes);
        await host.stop();
        await host.serve();
        const kept = await of('tea');
        assert.deepEqual(kept, after_);
        const all = promised(await host.api('GET', `/v1/usage?from=${today}&to=${today}&limit=1`), 'UsageList');
        assert.equal(all.usage.length, 1);
        assert.match(all.next, /^\d{4}-\d\d-\d\d\/\d+$/);
        refused(await host.api('GET', '/v1/usage?from=yesterday'), 400, /day is written/);
        const csv = await host.cli('node usage', { node: 'tea', csv: true }, { raw: true });
        assert.match(csv, /^name,domain,day,requests,/);
        const row = csv.split('\r\n')[1].split(',');
        assert.equal(row[0], 'tea');
        assert.ok(Number(row[8]) > 10000, 'the store was measured when the process ended');
        assert.match(row[9], /^\d+$/);
    });

    describe('deleting', () => {
        // By its plain name, which the peer's resolver knows, too.
        let sink, peer, actor, origin;
        before(async () => {
            origin = `http://localhost:${host.port}`;
            sink = await Sink.start();
            peer = await Peer.start();
        });
        after(async () => { await sink?.stop(); await peer?.stop(); });

        it('every server that knows it hears a Delete; then each address is a Tombstone', async () => {
            await host.create('leaf', { planet: 'leaf', domain: `localhost:${host.port}` });
            actor = JSON.parse((await request(`${origin}/@leaf`, { headers: AP })).text);
            const bob = sink.actor('bob');
            await send(actor.inbox, activity(bob, 'Follow', actor.id), bob);
            await sink.posted('Accept at the sink', (a) => a.type === 'Accept');
            await peer.call('follow', { url: actor.id });
            await peer.got('Accept');
            promised(await host.api('DELETE', '/v1/nodes/leaf?grace_days=3'), 'Node');
            const heard = await sink.posted('Delete at the sink', (a) => a.type === 'Delete' && (a.object.id ?? a.object) === actor.id);
            assert.equal(JSON.parse(heard.body).actor, actor.id);
            await peer.got('Delete', (a) => (a.object.id ?? a.object) === actor.id);
            await eventually('deleted', async () => await state() === 'deleted');
            for (const where of [actor.id, actor.outbox, `${origin}/@leaf`]) {
                const rs = await eventually('its documents are gone, too', async () => {
                    const answer = await request(where, { headers: AP });
                    return answer.status === 410 && answer;
                });
                assert.equal(JSON.parse(rs.text).type, 'Tombstone');
                assert.equal(JSON.parse(rs.text).id, where);
            }
            const page = await request(`${origin}/@leaf`, { headers: { accept: 'text/html' } });
            assert.equal(page.status, 410);
            assert.equal((await request(`${host.internal}/internal/tls-ask?domain=localhost:${host.port}`)).status, 404);
        });

        it('the data lies in the archive; the domain is free when it is gone from there', async () => {
            const archive = path.join(host.dir, 'archive');
            const kept = await eventually('in the archive', () => existsSync(archive) && readdirSync(archive).find((n) => n.startsWith('leaf-')));
            assert.ok(existsSync(path.join(archive, kept, 'secret.key')));
            assert.ok(!existsSync(path.join(host.dir, 'nodes', 'leaf')));
            refused(await host.create('leaf', { domain: `localhost:${host.port}` }), 409, /archive/);
            refused(await host.api('POST', '/v1/nodes/leaf/resume'), 409, /deleted/);
            await host.cli('node delete', { node: 'leaf', now: true });
            await eventually('swept', () => !existsSync(path.join(archive, kept)));
            const again = await eventually('free again', async () => { const rs = await host.create('leaf', { domain: `localhost:${host.port}` }); return rs.status === 201 && rs; });
            assert.equal(again.json.state, 'active');
            assert.equal((await request(`${origin}/@home`)).status, 200);
        });
    });

    it('killed while nodes are made: nothing half made is left, and asking again works', async () => {
        const names = Array.from({ length: 8 }, (_, i) => `kill${i}`);
        for (let round = 0; round < 3; round++) {
            const asked = names.map((name) => host.create(name).catch(() => null));
            await Promise.race(asked);
            await host.signal('SIGKILL');
            await Promise.all(asked);
            await host.serve();
            const known = (await host.cli('node list')).map((n) => path.basename(n.directory)).filter((n) => n.startsWith('kill')).sort();
            const there = readdirSync(path.join(host.dir, 'nodes')).filter((n) => n.startsWith('kill')).sort();
            assert.deepEqual(there, known, 'directories and registry agree');
            assert.deepEqual(readdirSync(path.join(host.dir, 'making')), []);
        }
        for (const name of names) {
            const rs = await host.create(name);
            assert.ok([200, 201].includes(rs.status), rs.text);
            assert.equal((await request(`${host.origin(name)}/@home`)).status, 200, name);
        }
    });

    it('a second process on the same host refuses; a command moves nodes when nobody serves', async () => {
        const second = await new Promise((ok) => execFile(ORRERY, ['host', 'serve', host.dir, '--listen', '127.0.0.1:0', '--internal', '127.0.0.1:0'],
            { encoding: 'utf8' }, (error, out, err) => ok({ code: error?.code, err })));
        assert.equal(second.code, 1);
        assert.match(second.err, /another process serves/);
        await host.stop();
        const to = path.join(host.root, 'by-command');
        assert.equal((await host.cli('node move', { node: 'timber', to })).directory, to);
        await host.serve();
        assert.equal((await request(`${host.origin('wood')}/@home`)).status, 200);
    });
});

describe('the internal listener of one node', () => {
    let node, port;
    before(async () => {
        node = new Node({ name: 'internal' });
        await node.init();
        await node.serve(['--internal', '127.0.0.1:0', '--metrics-per-node']);
        port = node.log().match(/internal on \S+ port (\d+)/)[1];
    });
    after(() => node?.close());

    it('healthz, readyz, tls-ask, metrics node by node, and no API', async () => {
        const at = (where) => request(`http://127.0.0.1:${port}${where}`);
        assert.equal((await at('/healthz')).status, 200);
        assert.equal((await at('/readyz')).status, 200);
        assert.equal((await at(`/internal/tls-ask?domain=${node.host}`)).status, 200);
        assert.equal((await at('/internal/tls-ask?domain=example.org')).status, 404);
        assert.equal((await at('/v1/nodes')).status, 404);
        const families = parsePrometheus((await at('/metrics')).text);
        assert.ok(families.find((f) => f.name === 'orrery_node_requests_total').metrics.length === 1);
    });
});
