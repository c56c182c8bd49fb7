// A membership through its life, as its member and its owner meet it: the page, cancelling, a higher tier, a new price
// with its letter, whose link pays without signing in and reads nothing.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node, eventually } from '../rig/node.mjs';
import { words } from '../rig/client.mjs';

const WORD = 'lapsang' + Math.random().toString(36).slice(2, 8);

describe('a membership through its life', () => {
    let node, owner, ann, month, gold, post;
    const tillOf = async (who, till) => {
        assert.match(till.path, /^\/dev\/pay\//, `${till.status} ${words(till.text)}`);
        return who.submit(till, /\/dev\/pay/, { do: 'pay' });
    };
    const life = () => node.cli('member life', { account: ann.mail });

    before(async () => {
        node = await (await Node.start({ name: 'life' })).withMail();
        owner = await node.ownerSession();
        await node.cli('tier create', { slug: 'gold', name: 'Gold', rank: 9 });
        month = (await node.cli('tier price', { tier: 'member', price: 'CNY:30', unit: 'day', count: 30 })).id;
        gold = (await node.cli('tier price', { tier: 'gold', price: 'CNY:100', unit: 'day', count: 30 })).id;
        await node.post({ title: 'Smoked', body: `It tastes of ${WORD}.`, teaser: 'Smoke.', access: 'members' });
        await eventually('the price is shown', async () => (await node.client().page('/@tea/join')).text.includes(`/join/${month}`));
        post = (await node.client().page('/@tea')).text.match(/\/@tea\/[\w-]+(?=")/g).filter((p) => !/join|ask|membership/.test(p))[0];
        ann = await node.person('ann');
        await tillOf(ann, await ann.submit(await ann.page(`/@tea/join/${month}`), '/@tea/buy', { rail: 'fake' }));
    });
    after(() => node.close());

    it('the page says what one has; cancelling is one click, and taken back in one', async () => {
        const page = await ann.page('/@tea/membership');
        assert.match(words(page.text), /You are a member/);
        assert.match(words(page.text), /Nothing is charged by itself/);
        assert.match(words(page.text), /Renew for CN¥30/);
        const off = await ann.submit(page, '/@tea/membership', { do: 'cancel' });
        assert.match(words(off.text), /Cancelled, and open to the end/);
        assert.equal((await life()).face, 'cancelled');
        assert.ok((await ann.page(post)).text.includes(WORD));
        const on = await ann.submit(off, '/@tea/membership', { do: 'resume' });
        assert.match(words(on.text), /It ends on/);
        assert.equal((await node.person('nobody').then((n) => n.page('/@tea/membership'))).status, 200);
    });

    it('a new price is announced by a letter whose link pays without signing in, and reads nothing', async () => {
        const desk = await owner.page(`/desk/tea/prices/${month}`);
        assert.match(words(desk.text), /1 member pays this price/);
        const changed = await owner.submit(desk, `/desk/tea/prices/${month}`, { do: 'change', amount: '40' });
        assert.equal(changed.status, 200, words(changed.text));
        const fresh = /<option value="(\d+)">[^<]*40/.exec(changed.text)[1];
        const soon = await owner.submit(changed, `/desk/tea/prices/${month}`, { do: 'move', to: fresh, days: '29' });
        assert.equal(soon.status, 400);
        const seen = await owner.submit(changed, `/desk/tea/prices/${month}`, { do: 'look', to: fresh, days: '45' });
        assert.match(words(seen.text), /What this move does.*1 member pays each term by hand/s);
        assert.equal((await node.cli('price moves')).length, 0, 'nobody was told yet');
        const moved = await owner.submit(changed, `/desk/tea/prices/${month}`, { do: 'move', to: fresh, days: '45' });
        assert.match(words(moved.text), /CN¥30 becomes CN¥40/);
        const mail = await eventually('the letter', () => node.mails.find((m) => m.to.includes(ann.mail) && /price/.test(m.mail.subject))?.mail);
        assert.ok(!mail.text.includes(WORD));
        const link = new URL(/http\S+\/renew\/\S+/.exec(mail.text)[0]).pathname;

        const anybody = node.client();
        const page = await anybody.page(link);
        assert.equal(page.status, 200, words(page.text));
        assert.match(words(page.text), /To pay CN¥30/);
        assert.ok(!page.text.includes(ann.mail) && !page.text.includes('>Ann<'));
        const till = await anybody.submit(page, /\/renew\//, { do: 'pay', rail: 'fake' });
        const paid = await tillOf(anybody, till);
        assert.equal(paid.status, 200, words(paid.text));
        assert.ok(!(await anybody.page(post)).text.includes(WORD), 'the link opens nothing to read');
        assert.equal((await node.client().go(till.path)).status, 401, 'another browser has no ticket');
        const { until } = await life();
        assert.ok(Date.parse(until) > Date.now() + 59 * 86400e3, until);
        assert.equal((await anybody.go(link.slice(0, -4) + 'AAAA')).status, 404);
        const end = await anybody.submit(await anybody.page(link), /\/renew\//, { do: 'cancel' });
        assert.match(words(end.text), /Cancelled/);
        assert.equal((await life()).face, 'cancelled');
    });

    it('a higher tier counts what is left, and begins at once', async () => {
        const page = await ann.page('/@tea/membership');
        assert.match(words(page.text), /Gold .* Of what you have paid, CN¥60 counts/);
        const whole = await ann.page(`/@tea/upgrade/${gold}`);
        assert.match(words(whole.text), /Left of your running term -?−?CN¥60 To pay CN¥40|Left of your running term .{0,8}60 To pay CN¥40/);
        await tillOf(ann, await ann.submit(whole, /\/upgrade\//, { rail: 'fake' }));
        const now = await life();
        assert.equal(now.tier, 'Gold');
        assert.ok(Date.parse(now.until) < Date.now() + 31 * 86400e3);
        assert.equal((await node.cli('ledger verify')).broken ?? null, null);
    });
});
