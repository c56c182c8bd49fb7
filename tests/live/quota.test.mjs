// What a plan allows, as people meet it: in forms, in their language, with nothing half-done.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { Host } from '../rig/host.mjs';
import { ORRERY } from '../rig/node.mjs';
import { file, formsOf, words } from '../rig/client.mjs';

describe('a plan', () => {
    let host, owner;
    const plan = async (limits) => {
        const rs = await host.api('PUT', '/v1/plans/small', { body: { members: 1, storage: 1_000_000, posts_a_day: 2, mails_a_day: 2, ...limits } });
        assert.equal(rs.status, 200, rs.text);
    };
    const write = async (title) => {
        const saved = await owner.submit(await owner.page('/compose'), '/compose', { title, body: 'b', access: 'public', lang: 'en', do: 'save' });
        assert.match(saved.path, /^\/compose\/\d+$/, words(saved.text));
        const confirm = await owner.submit(saved, '/compose', { do: 'publish' });
        const form = formsOf(confirm.text).find((f) => /publish$/.test(f.action));
        return { saved, answer: await owner.submit(confirm, form.action, { teaser_confirmed: '1', teaser: 't', do: 'publish' }) };
    };
    const upload = async (bytes) => owner.submit(await owner.page('/compose'), '/compose', { title: 'x', do: 'upload', access: 'members',
        upload: [file('a.bin', Buffer.alloc(bytes, Math.random().toString()), 'application/octet-stream')] });

    before(async () => {
        host = await Host.start({ name: 'quota' });
        await plan({});
        const made = await host.create('tea', { plan: 'small', planet: 'tea' });
        assert.equal(made.status, 201, made.text);
        owner = host.client('tea');
        const page = await owner.page(made.json.sign_in);
        await owner.submit(page, new URL(made.json.sign_in).pathname);
    });
    after(() => host.close());

    it('posts: the form says when, the draft stays', async () => {
        for (const title of ['One', 'Two']) assert.match((await write(title)).answer.path, /^\/@tea\//);
        const { saved, answer } = await write('Three');
        assert.equal(answer.status, 429);
        assert.match(words(answer.text), /may publish 2 posts in 24 hours, and did\. The next one can go out at \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
        assert.ok(Number(answer.headers['retry-after']) > 80000);
        assert.match((await owner.page(saved.path)).text, /Three/);
        await plan({ posts_a_day: 3 });
        assert.match((await write('Four')).answer.path, /^\/@tea\//, 'a larger plan holds at once');
    });

    it('files: what is too much is not kept, what fits is', async () => {
        assert.equal((await upload(900_000)).status, 200);
        const more = await upload(200_000);
        assert.equal(more.status, 409);
        assert.match(words(more.text), /may keep 1 MB of pictures and files and has 0\.9 MB/);
        assert.equal((await upload(50_000)).status, 200);
    });

    it('members: the form says that there is no room, until there is', async () => {
        const dir = JSON.parse((await host.api('GET', '/v1/nodes/tea')).text).directory ?? path.join(host.dir, 'nodes', 'tea');
        for (const name of ['ann', 'ben'])
            execFileSync(ORRERY, ['account', 'create', dir, '--mail', `${name}@example.net`, '--username', name, '--name', name, '--json']);
        const grant = async (mail) => owner.submit(await owner.page('/desk/tea/members'), '/desk/tea/members/grant', { mail });
        const first = await grant('ann@example.net');
        assert.equal(first.status, 200, words(first.text));
        const second = await grant('ben@example.net');
        assert.equal(second.status, 409);
        assert.match(words(second.text), /room for 1 members, and all of it is taken\. Please ask/);
        await plan({ members: 2 });
        assert.equal((await grant('ben@example.net')).status, 200);
    });

    it('mails: others wait, the owner gets in', async () => {
        const visitor = host.client('tea');
        const ask = async (mail) => visitor.submit(await visitor.page('/login'), '/login', { mail });
        for (const n of [1, 2]) assert.equal((await ask(`p${n}@example.net`)).status, 200);
        const third = await ask('p3@example.net');
        assert.equal(third.status, 429);
        assert.match(words(third.text), /may send 2 mails in 24 hours, and did/);
        visitor.lang = 'zh-CN';
        assert.match(words((await ask('p3@example.net')).text), /24 小时内最多发送 2 封邮件/);
        assert.equal((await ask('olga@example.org')).status, 200, 'who can do something about it');
    });
});
