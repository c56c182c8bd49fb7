// Coming here with followers and leaving with them; reports, in both directions; with a real Fedify and
// with peers made by hand that tell lies.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Node, eventually } from '../rig/node.mjs';
import { Peer } from '../rig/peer.mjs';
import { Actor } from '../rig/actor.mjs';
import { request, words } from '../rig/client.mjs';

const AP = 'application/activity+json';
const json = async (url) => JSON.parse((await request(url, { headers: { accept: AP } })).text);
const handle = (actor) => `@${actor.document.preferredUsername}@${new URL(actor.origin).host}`;
const fails = async (promise, sentence) => {
    const e = await promise.then(() => null, (x) => x);
    assert.ok(e, 'it went through');
    assert.match(e.message, sentence);
};
const block = (node, host, level = 'suspend') => node.sqlRun(
    `INSERT INTO domain_rule (host, kind, level, reject_media, reject_reports, obfuscate, public_comment, private_comment, created_at, changed_at)
     VALUES ('${host}', 'block', '${level}', 0, 0, 0, '', '', 0, 0); INSERT INTO domain_mode (id, mode, version) VALUES (1, 'block', 2) ON CONFLICT (id) DO UPDATE SET version = domain_mode.version + 1`);

describe('an audience comes here', () => {
    let node, actor, old, follower, desk;
    const document = () => json(actor);

    before(async () => {
        node = await Node.start({ name: 'moving-in' });
        [old, follower] = await Promise.all([Actor.start('old'), Actor.start('reader')]);
        actor = JSON.parse((await request(`${node.origin}/.well-known/webfinger?resource=acct:tea@${node.host}`)).text)
            .links.find((l) => l.rel === 'self').href;
        desk = await node.ownerSession();
        const rs = await follower.post(`${actor}/inbox`, { id: `${follower.id}#f`, type: 'Follow', object: actor });
        assert.equal(rs.status, 202);
        await eventually('the follower is there', () => node.column(`SELECT COUNT(*) FROM follow`)[0] == 1);
    });
    after(async () => { await Promise.all([old.stop(), follower.stop()]); await node.close(); });

    it('an account that is not there does not become an alias', async () => {
        assert.equal((await document()).alsoKnownAs, undefined);
        await fails(node.cli('planet alias add', { of: `@nobody@${new URL(old.origin).host}` }), /no such account/);
        await fails(node.cli('planet alias add', { of: '@tea' }), /@name@its\.server/);
        await fails(node.cli('planet alias add', { of: `@tea@${node.host}` }), /this very node/);
        await fails(node.cli('planet alias add', { of: '@x@localhost:1' }), /did not answer/);
        assert.equal((await document()).alsoKnownAs, undefined);
    });

    it('one that is there does, and its followers\' servers are told', async () => {
        const made = await node.cli('planet alias add', { of: handle(old) });
        assert.equal(made.state, 'done');
        await eventually('in its document', async () => (await document()).alsoKnownAs?.[0] === old.id);
        assert.deepEqual((await node.cli('planet alias list')).map((a) => [a.account, a.actor, a.moved]), [[handle(old), old.id, null]]);
        await eventually('an Update with the alias', () => follower.received.some((r) => /"type":"Update"/.test(r) && r.includes(`"alsoKnownAs":["${old.id}"]`)));
    });

    it('in the browser, too', async () => {
        const other = await Actor.start('more');
        try {
            let page = await desk.page('/desk/tea/fediverse/moving');
            page = await desk.submit(page, '/desk/tea/fediverse/moving', { target: handle(other), do: 'alias' });
            await eventually('the second alias', async () => (await desk.page('/desk/tea/fediverse/moving')).text.includes(handle(other)) &&
                (await document()).alsoKnownAs?.length === 2);
            page = await desk.page('/desk/tea/fediverse/moving');
            await desk.post('/desk/tea/fediverse/moving', { do: 'alias_remove', uri: other.id });
            assert.deepEqual((await document()).alsoKnownAs, [old.id]);
            assert.equal((await desk.post('/desk/tea/fediverse/moving', { do: 'alias', target: 'tea' })).status, 400);
        } finally {
            await other.stop();
        }
    });

    it('the Move of the old account is noted, and who has come is counted', async () => {
        const rs = await old.post(`${actor}/inbox`, { id: `${old.id}#move`, type: 'Move', object: old.id, target: actor });
        assert.equal(rs.status, 202);
        await eventually('noted', async () => (await node.cli('planet alias list'))[0].moved !== null);
        const list = node.textFile(`Account address,Show boosts\nreader@${new URL(follower.origin).host},true\nzoe@gone.example,true\n`);
        assert.deepEqual(await node.cli('follower compare', { list }), { listed: '2', here: '1' });
        const page = words((await desk.page('/desk/tea/fediverse/moving')).text.replace(/[\s\S]*See them arrive/, 'See them arrive'));
        assert.match(page, /Of 2 on your list 1 are here/);
        assert.match(page, /zoe@gone\.example/);
    });

    it('others have no such page', async () => {
        const mia = await node.member('mia', { tier: (await node.cli('tier list'))[0].slug });
        for (const file of ['moving', 'moving/followers.csv', 'moving/actor.json', 'reports'])
            assert.equal((await mia.go(`/desk/tea/fediverse/${file}`)).status, 404, file);
    });
});

describe('followers of ours move', () => {
    let node, actor, peer, old, home;
    const moved = (id) => node.sql(`SELECT moved_to FROM actor WHERE uri = '${id}'`)[0]?.moved_to ?? null;
    const follow = async (who) => {
        assert.equal((await who.post(`${actor}/inbox`, { id: `${who.id}#follow`, type: 'Follow', object: actor })).status, 202);
        await eventually('the follow', () => node.column(`SELECT COUNT(*) FROM follow f JOIN actor a ON a.id = f.actor_id WHERE a.uri = '${who.id}'`)[0] == 1);
    };
    let n = 0;
    const move = (who, object, target) => who.post(`${actor}/inbox`, { id: `${who.id}#move-${++n}`, type: 'Move', object, target });
    // The job of what was just sent has ended.
    const settled = () => eventually('nothing left to do', () =>
        node.column(`SELECT COUNT(*) FROM job WHERE kind = 'fed.receive'`)[0] == 0);

    before(async () => {
        node = await Node.start({ name: 'moving-others' });
        [peer, old, home] = await Promise.all([Peer.start(), Actor.start('old'), Actor.start('home')]);
        actor = JSON.parse((await request(`${node.origin}/.well-known/webfinger?resource=acct:tea@${node.host}`)).text)
            .links.find((l) => l.rel === 'self').href;
        await follow(old);
    });
    after(async () => { await Promise.all([peer.stop(), old.stop(), home.stop()]); await node.close(); });

    it('a Move by another, of another, to a place without an alias, to another than the old one names: nothing', async () => {
        assert.equal((await home.post(`${actor}/inbox`, { id: `${old.id}#m`, type: 'Move', actor: old.id, object: old.id, target: home.id })).status, 401);
        assert.equal((await move(old, home.id, home.id)).status, 202); // somebody else's
        await settled();
        assert.equal((await move(old, old.id, home.id)).status, 202); // home names nobody
        await settled();
        assert.equal(moved(old.id), null);
        home.document.alsoKnownAs = [`${old.id}x`];
        assert.equal((await move(old, old.id, home.id)).status, 202);
        await settled();
        home.document.alsoKnownAs = [old.id];
        old.document.movedTo = `${home.origin}/u/elsewhere`;
        assert.equal((await move(old, old.id, home.id)).status, 202);
        await settled();
        assert.equal(moved(old.id), null);
        assert.equal(moved(home.id), null);
    });

    it('not to a blocked server', async () => {
        const bad = await Actor.start('bad');
        try {
            bad.document.alsoKnownAs = [old.id];
            delete old.document.movedTo;
            const port = new URL(bad.origin).port;
            block(node, `localhost:${port}`);
            await eventually('the rule is in force', async () =>
                (await bad.post(`${actor}/inbox`, { id: `${bad.id}#${++n}`, type: 'Like', object: actor })).status === 403);
            assert.equal((await move(old, old.id, bad.id)).status, 202);
            await settled();
            assert.equal(moved(old.id), null);
        } finally {
            await bad.stop();
        }
    });

    it('a true one is kept in mind; the old follow stands; a second in a week is not', async () => {
        home.document.alsoKnownAs = old.id; // a string, as some write it
        old.document.movedTo = home.id;
        assert.equal((await move(old, old.id, home.id)).status, 202);
        await eventually('it is known', () => moved(old.id) === home.id);
        assert.equal(node.column(`SELECT COUNT(*) FROM follow f JOIN actor a ON a.id = f.actor_id WHERE a.uri = '${old.id}'`)[0], 1);
        const third = await Actor.start('third');
        try {
            third.document.alsoKnownAs = [old.id];
            old.document.movedTo = third.id;
            assert.equal((await move(old, old.id, third.id)).status, 202);
            await settled();
            assert.equal(moved(old.id), home.id);
        } finally {
            await third.stop();
        }
    });

    it('Fedify\'s Move', async () => {
        await peer.call('follow', { url: actor });
        await peer.got('Accept');
        const ann = await peer.call('become', { who: 'ann', aliases: [] });
        const bob = await peer.call('become', { who: 'bob', aliases: [ann] });
        await peer.call('become', { who: 'ann', aliases: [], successor: bob });
        await peer.call('move', { who: 'ann', to: actor, target: bob });
        await eventually('it is known', () => moved(ann) === bob);
    });
});

describe('a planet moves away', () => {
    let node, actor, peer, home, desk, key;
    const document = () => json(actor);

    before(async () => {
        node = await Node.start({ name: 'moving-out' });
        [peer, home] = await Promise.all([Peer.start(), Actor.start('newtea')]);
        actor = JSON.parse((await request(`${node.origin}/.well-known/webfinger?resource=acct:tea@${node.host}`)).text)
            .links.find((l) => l.rel === 'self').href;
        key = (await document()).publicKey.publicKeyPem;
        desk = await node.ownerSession();
        await node.post({ title: 'Before', body: 'Said **before**.', access: 'public' });
        await peer.call('follow', { url: actor });
        await peer.got('Accept');
    });
    after(async () => { await Promise.all([peer.stop(), home.stop()]); await node.close(); });

    it('not without its handle typed, nor to an account that does not name it', async () => {
        await fails(node.cli('planet move', { to: handle(home) }), /--confirm/);
        await fails(node.cli('planet move', { to: handle(home), confirm: 'tea' }), /alias/);
        const wrong = await desk.post('/desk/tea/fediverse/moving', { do: 'move', target: handle(home), confirm: 'coffee' });
        assert.equal(wrong.status, 400);
        assert.match(words(wrong.text), /handle to confirm/);
        assert.equal((await document()).movedTo, undefined);
        assert.equal(peer.inbox.filter((a) => a.type === 'Move').length, 0);
    });

    it('its followers\' servers get a Move that Fedify believes, once', async () => {
        home.document.alsoKnownAs = [actor];
        const page = await desk.page('/desk/tea/fediverse/moving');
        const sent = await desk.submit(page, '/desk/tea/fediverse/moving', { target: handle(home), confirm: 'tea', do: 'move', list: undefined, file: undefined });
        assert.equal(sent.status, 200, words(sent.text));
        const got = await peer.got('Move', () => true, 30000);
        assert.equal(got.actor, actor);
        assert.equal(got.json.object, actor);
        assert.equal(got.json.target, home.id);
        assert.deepEqual([got.json.to].flat(), [`${actor}/followers`]);
        assert.equal((await document()).movedTo, home.id);
        await peer.got('Update', (j) => JSON.stringify(j).includes(home.id));
        assert.equal(peer.inbox.filter((a) => a.type === 'Move').length, 1);
    });

    it('its page says so, and nothing new goes out', async () => {
        const page = await node.client().page('/@tea');
        assert.match(words(page.text), /has moved to/);
        assert.ok(page.text.includes(home.id), 'with a link');
        await node.post({ title: 'After', body: 'Said after.', access: 'public' });
        await desk.page('/@tea/after');
        const late = await Actor.start('late');
        try {
            await late.post(`${actor}/inbox`, { id: `${late.id}#f`, type: 'Follow', object: actor });
            await eventually('a Reject', () => late.received.some((r) => /"type":"Reject"/.test(r)));
        } finally {
            await late.stop();
        }
        assert.equal((await json(`${actor}/outbox`)).totalItems, 1);
        assert.ok(!peer.inbox.some((a) => a.type === 'Create' && JSON.stringify(a.json).includes('Said after')));
    });

    it('the old address goes on answering, with its keys', async () => {
        assert.equal((await document()).publicKey.publicKeyPem, key);
        const rs = await request(`${actor}/outbox`, { headers: { accept: AP } });
        assert.equal(rs.status, 200);
    });

    it('it can be taken back; the next move has to wait', async () => {
        await fails(node.cli('planet move', { to: handle(home), confirm: 'tea' }), /has moved already/);
        const updates = peer.inbox.filter((a) => a.type === 'Update').length;
        await node.cli('planet move', { cancel: true });
        await eventually('its document says so', async () => (await document()).movedTo === undefined);
        await eventually('an Update', () => peer.inbox.filter((a) => a.type === 'Update').length > updates);
        await eventually('its page, too', async () => !words((await node.client().page('/@tea')).text).includes('has moved'));
        await fails(node.cli('planet move', { to: handle(home), confirm: 'tea' }), /thirty days/);
    });

    it('what it takes along in files holds no secrets', async () => {
        const to = path.join(mkdtempSync(path.join(os.tmpdir(), 'orrery-export-')), 'out');
        await node.cli('planet export-fediverse', { to });
        const read = (name) => readFileSync(path.join(to, name), 'utf8');
        assert.equal(JSON.parse(read('actor.json')).id, actor);
        const outbox = JSON.parse(read('outbox.json'));
        assert.equal(outbox.type, 'OrderedCollection');
        assert.equal(outbox.orderedItems.length, outbox.totalItems);
        assert.match(read('followers.csv'), new RegExp(`^Account address\nann@localhost:${peer.port}\n$`));
        for (const name of ['actor.json', 'outbox.json', 'followers.csv']) {
            assert.doesNotMatch(read(name), /PRIVATE/);
            const rs = await desk.page(`/desk/tea/fediverse/moving/${name}`);
            assert.match(rs.headers['content-disposition'], /attachment/);
        }
        await fails(node.cli('planet export-fediverse', { to }), /cannot be written/);
    });
});

describe('reports', () => {
    let node, actor, peer, desk, post, mia;

    before(async () => {
        node = await Node.start({ name: 'reports' });
        peer = await Peer.start();
        actor = JSON.parse((await request(`${node.origin}/.well-known/webfinger?resource=acct:tea@${node.host}`)).text)
            .links.find((l) => l.rel === 'self').href;
        desk = await node.ownerSession();
        await node.post({ title: 'Cups', body: 'About **cups**.', access: 'public', slug: 'cups' });
        post = (await json(`${actor}/outbox/p/9223372036854775807`).catch(() => null))?.orderedItems?.[0]?.object?.id ??
            node.column(`SELECT object_uri FROM post WHERE slug = 'cups'`)[0];
        mia = await node.person('mia');
    });
    after(async () => { await peer.stop(); await node.close(); });
    const open = () => node.cli('report list');

    it('from Fedify', async () => {
        await peer.call('flag', { to: actor, objects: [actor, post], content: 'These cups are stolen.' });
        await eventually('it is in the queue', async () => (await open()).length === 1);
        const [report] = await open();
        assert.equal(report.by, `localhost:${peer.port}`);
        const whole = await node.cli('report show', { id: report.id });
        assert.equal(whole.text, 'These cups are stolen.');
        assert.match(whole.things, /^post \d+$/);
        const page = words((await desk.page('/desk/tea/fediverse/reports')).text);
        assert.match(page, /These cups are stolen/);
        assert.match(page, /somebody at localhost/);
        assert.doesNotMatch(page, /\bann\b/i, 'who it was stays there');
    });

    it('as Misskey sends them, by its own actor, and twice', async () => {
        const misskey = await Actor.start('instance.actor');
        misskey.document.type = 'Application';
        try {
            const flag = { '@context': ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1'],
                id: `${misskey.origin}/5e0f0d5c`, type: 'Flag', object: actor,
                content: `Note: ${node.origin}/@tea/cups\nLocal Note: ${misskey.origin}/notes/9x\n-----\nspam` };
            assert.equal((await misskey.post(`${actor}/inbox`, flag)).status, 202);
            await eventually('two', async () => (await open()).length === 2);
            assert.equal((await misskey.post(`${node.origin}/ap/inbox`, flag)).status, 202);
            const [newest] = await open();
            assert.match(newest.things, /^post \d+$/);
            assert.match((await node.cli('report show', { id: newest.id })).text, /spam$/);
            assert.equal((await open()).length, 2);
        } finally {
            await misskey.stop();
        }
    });

    it('a member\'s goes to their server, without a word of hers, and Fedify believes it', async () => {
        await peer.call('follow', { url: actor });
        await peer.got('Accept');
        const reply = await peer.call('reply', { to: actor, url: post, content: '<p>Buy my cups</p>' });
        const page = await eventually('the reply', async () => {
            const p = await mia.page('/@tea/cups');
            return p.text.includes('Buy my cups') && p;
        });
        const link = /href="(\/report\?comment=\d+)"/.exec(page.text)[1];
        const form = await mia.page(link);
        const sent = await mia.submit(form, '/report', { reason: 'spam', text: 'mias own words' });
        assert.equal(sent.status, 200);
        assert.match(words(sent.text), /Thank you/);
        const [report] = await open();
        assert.equal(report.by, 'Mia');
        const queue = await desk.page('/desk/tea/fediverse/reports');
        assert.match(words(queue.text), /mias own words/);
        assert.equal((await desk.post(`/desk/tea/fediverse/reports/${report.id}`, { do: 'send', text: 'Advertising' })).status, 200);
        const got = await peer.got('Flag');
        assert.equal(got.actor, `${node.origin}/ap/instance`);
        assert.equal(got.json.content, 'Advertising');
        assert.deepEqual([got.json.object].flat(), [`${peer.origin}/users/ann`, reply.object]);
        assert.ok(!peer.bytes.some((b) => /mias own words|"mia"/.test(b.bytes)), 'nothing of the reporter');
        assert.equal((await request(got.id, { headers: { accept: AP } })).status, 404, 'a Flag is for nobody else');
        await fails(node.cli('report send', { id: report.id }), /sent on already/);
    });

    it('is settled: the comment is hidden, its author blocked, a note kept', async () => {
        const [report] = await open();
        await desk.post(`/desk/tea/fediverse/reports/${report.id}`, { do: 'block' });
        await node.cli('report resolve', { id: report.id, note: 'blocked', hide: true });
        assert.equal((await open()).length, 2);
        const page = await mia.page('/@tea/cups');
        assert.ok(!page.text.includes('Buy my cups'));
        const settled = await node.cli('report list', { resolved: true });
        assert.equal(settled.length, 1);
        assert.equal((await node.cli('report show', { id: report.id })).note, 'blocked');
        assert.match(words((await desk.page('/desk/tea/fediverse/reports?show=settled')).text), /settled/);
        assert.ok(node.column(`SELECT COUNT(*) FROM audit WHERE what = 'report.resolve'`)[0] >= 1);
    });

    it('a moderator decides without a desk; others see nothing', async () => {
        const mod = await node.person('mod');
        await desk.post('/desk/tea/members/role', { account_id: mod.accountId, role: 'moderator' });
        const page = await mod.page('/desk/tea/fediverse/reports');
        assert.match(words(page.text), /These cups are stolen/);
        const [report] = await open();
        assert.equal((await mod.post(`/desk/tea/fediverse/reports/${report.id}`, { do: 'resolve', note: 'looked at' })).status, 200);
        assert.equal((await open()).length, 1);
        assert.equal((await mia.post(`/desk/tea/fediverse/reports/${report.id}`, { do: 'reopen' })).status, 404);
        assert.equal((await open()).length, 1);
    });
});
