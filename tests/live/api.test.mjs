// The JSON API as its own description says, by a program: every operation of it is called here, and every
// answer checked against its schema.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node } from '../rig/node.mjs';
import { Api } from '../rig/api.mjs';
import { request } from '../rig/client.mjs';

const tokenOf = async (node, options = {}) =>
    (await node.cli('token create', { name: 'test', scope: ['read', 'write'], ...options })).token;

describe('the JSON API', () => {
    let node, api, owner, visitor, ownerToken;
    const tea = { handle: 'tea' };

    before(async () => {
        node = await (await Node.start({ name: 'api' })).withMail();
        api = await Api.of(node);
        ownerToken = await tokenOf(node);
        owner = api.as(ownerToken);
        visitor = api.as(null);
    });
    after(() => node.close());

    it('describes itself', async () => {
        assert.equal(api.document.openapi, '3.1.0');
        await visitor('openapi');
        const routes = (await node.cli('routes')).filter((r) => r.area === 'api');
        const described = Object.values(api.operations).map((o) => `${o.method} ${o.path}`).sort();
        assert.deepEqual(described, routes.map((r) => `${r.method} ${r.path.replace(/:(\w+)/g, '{$1}')}`).sort());
        for (const [id, o] of Object.entries(api.operations))
            for (const name of o.path.matchAll(/\{(\w+)\}/g))
                assert.ok(o.parameters.some((p) => p.name === name[1] && p.in === 'path'), id);
    });

    it('takes a token in a header, and nothing else', async () => {
        const me = await owner('token_show');
        assert.equal(me.account.name, 'Olga Owner');
        assert.deepEqual(me.scopes, ['read', 'write']);
        const refused = await visitor.fails(401, 'token_show');
        assert.equal(refused.code, 'unauthenticated');
        const raw = await api.raw(null, 'token_show');
        assert.match(raw.headers['www-authenticate'], /^Bearer/);
        assert.equal(raw.headers['cache-control'], 'no-store');
        assert.equal((await api.raw('orr_' + 'A'.repeat(43), 'token_show')).status, 401);
        const cookie = await node.ownerSession();
        assert.equal((await cookie.fetch('/api/v1/token')).status, 401, 'a browser\'s session is none');
        const query = await request(`${node.origin}/api/v1/token?access_token=${ownerToken}`);
        assert.equal(query.status, 401);
        assert.ok(!node.log().includes(ownerToken.slice(4)), 'no token in the log');
    });

    it('narrows a token by scope, planet and time, and ends it', async () => {
        const reader = api.as(await tokenOf(node, { scope: 'offers:read' }));
        const lacks = await reader.fails(403, 'tier_make', tea, { slug: 'x', name: 'X' });
        assert.match(lacks.detail, /offers:write/);
        await node.cli('planet create', { handle: 'rock', title: 'Rock' });
        const bound = api.as(await tokenOf(node, { planet: 'rock' }));
        assert.match((await bound.fails(403, 'tiers', tea)).detail, /another planet/);
        await bound('tiers', { handle: 'rock' });
        const made = await node.cli('token create', { name: 'brief', scope: 'read', days: 1 });
        const listed = (await node.cli('token list')).find((t) => t.id === made.id);
        assert.ok(!JSON.stringify(listed).includes(made.token));
        const brief = api.as(made.token);
        assert.ok((await brief('token_show')).expires_at);
        await brief('token_end');
        await brief.fails(401, 'token_show');
        const other = await node.cli('token create', { name: 'other', scope: 'read' });
        await node.cli('token revoke', { id: other.id });
        await api.as(other.token).fails(401, 'token_show');
    });

    it('says what is wrong in the asker\'s language', async () => {
        const en = await owner.fails(400, 'tier_make', tea, { slug: 'x', name: 'X', colour: 'red' });
        assert.deepEqual([en.code, en.field], ['invalid', 'colour']);
        assert.match(en.detail, /There is no field “colour” here/);
        const zh = await api.as(ownerToken, { lang: 'zh-CN' }).fails(400, 'tier_make', tea, { slug: 'x' });
        assert.match(zh.detail, /缺少“name”/);
        assert.equal(zh.field, 'name');
        assert.equal((await visitor.fails(404, 'planet', { handle: 'nowhere' })).title, 'Not Found');
        const nothing = await request(`${node.origin}/api/v1/nothing`);
        assert.equal(nothing.status, 404);
        assert.match(nothing.headers['content-type'], /problem\+json/);
        assert.equal((await request(`${node.origin}/api/v1/planets`, { method: 'PUT' })).status, 405);
        const post = (body, type) => request(`${node.origin}/api/v1/planets/tea/tiers`, { method: 'POST', body,
            headers: { authorization: `Bearer ${ownerToken}`, 'content-type': type } });
        assert.equal((await post('{"slug":', 'application/json')).status, 400);
        assert.equal((await post('[1]', 'application/json')).status, 400);
        assert.equal((await post('<x/>', 'application/xml')).status, 415);
        const form = await post('slug=form&name=By+form&rank=7', 'application/x-www-form-urlencoded');
        assert.equal(form.status, 201, form.text);
        assert.equal(JSON.parse(form.text).rank, 7);
    });

    it('lets programs of other origins in, without cookies', async () => {
        const asked = await request(`${node.origin}/api/v1/planets/tea/tiers`, { method: 'OPTIONS',
            headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' } });
        assert.equal(asked.status, 204);
        assert.equal(asked.headers['access-control-allow-origin'], '*');
        assert.match(asked.headers['access-control-allow-headers'], /Authorization.*Idempotency-Key/);
        assert.equal(asked.headers['access-control-allow-credentials'], undefined);
        const page = await request(`${node.origin}/robots.txt`);
        assert.equal(page.headers['access-control-allow-origin'], undefined);
    });

    it('does once what is sent twice with one key', async () => {
        const key = { 'idempotency-key': 'make-silver' };
        const first = await api.raw(ownerToken, 'tier_make', tea, { slug: 'silver', name: 'Silver', rank: 5 }, key);
        assert.equal(first.status, 201, first.text);
        const again = await api.raw(ownerToken, 'tier_make', tea, { slug: 'silver', name: 'Silver', rank: 5 }, key);
        assert.equal(again.status, 201);
        assert.equal(again.text, first.text);
        assert.equal(again.headers['idempotency-replayed'], 'true');
        const other = await api.raw(ownerToken, 'tier_make', tea, { slug: 'silver2', name: 'Silver', rank: 6 }, key);
        assert.equal(other.status, 409);
        const failed = await api.raw(ownerToken, 'tier_make', tea, { slug: 'silver', name: '' }, { 'idempotency-key': 'b' });
        assert.equal(failed.status, 400);
        const mended = await api.raw(ownerToken, 'tier_make', tea, { slug: 'bronze', name: 'Bronze', rank: 4 }, { 'idempotency-key': 'b' });
        assert.equal(mended.status, 201, 'what failed leaves its key');
        const foreign = await api.raw(await tokenOf(node), 'tier_make', tea, { slug: 'silver', name: 'Silver', rank: 5 }, key);
        assert.equal(foreign.status, 409, 'another token\'s key is another key, and the tier is there');
        assert.equal((await owner('tiers', tea)).items.filter((t) => t.slug === 'silver').length, 1);
        const many = await Promise.all(Array.from({ length: 8 }, () =>
            api.raw(ownerToken, 'tier_make', tea, { slug: 'race', name: 'Race', rank: 3 }, { 'idempotency-key': 'race' })));
        assert.equal(many.filter((m) => m.status === 201 && !m.headers['idempotency-replayed']).length, 1);
        assert.ok(many.every((m) => [201, 409].includes(m.status)));
    });

    it('planets, tiers and prices', async () => {
        const list = await visitor('planets');
        assert.deepEqual(list.items.map((p) => p.handle).sort(), ['rock', 'tea']);
        assert.equal((await visitor('planet', tea)).role, null);
        assert.equal((await owner('planet', tea)).role, 'owner');
        const gold = await owner('tier_make', tea, { slug: 'gold', name: 'Gold', about: 'All of it', rank: 2, seats: 10 });
        const price = await owner('price_make', { ...tea, id: gold.id }, { money: 'CNY:99.50', unit: 'month', count: 3, trial_days: 7 });
        assert.deepEqual(price.money, { currency: 'CNY', minor: 9950, decimal: '99.50' });
        const yen = await owner('price_make', { ...tea, id: gold.id }, { money: { currency: 'JPY', minor: 1500 }, unit: 'year' });
        assert.equal(yen.money.decimal, '1500');
        assert.equal((await owner('tier', { ...tea, id: gold.id })).prices.length, 2);
        await owner('price_end', { ...tea, id: yen.id });
        const hidden = await owner('tier_change', { ...tea, id: gold.id }, { visible: false, unlimited: true });
        assert.deepEqual([hidden.visible, hidden.seats, hidden.prices.length], [false, null, 1]);
        await visitor.fails(404, 'tier', { ...tea, id: gold.id });
        assert.ok(!(await visitor('tiers', tea)).items.some((t) => t.id === gold.id));
        assert.ok((await owner('tiers', tea)).items.some((t) => t.id === gold.id));
        await owner.fails(404, 'tier_change', { handle: 'rock', id: gold.id }, { name: 'Stolen' });
        await owner.fails(404, 'price_end', { handle: 'rock', id: price.id });
        await owner('tier_change', { ...tea, id: gold.id }, { visible: true });
        const stranger = api.as(await tokenOf(node, { account: (await node.person('stranger')).mail }));
        await stranger.fails(403, 'tier_make', tea, { slug: 'mine', name: 'Mine', rank: 9 });
        await stranger.fails(403, 'price_end', { ...tea, id: price.id });
    });

    it('has no operation that was not called here', () => {
        assert.deepEqual(api.neverCalled(), []);
    });
});
