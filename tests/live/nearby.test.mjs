// Planets nearby: an owner recommends, the node publishes it, looks at whom it recommends and at theirs, and
// shows visitors what may be shown, and nothing else.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { readFileSync } from 'node:fs';
import { Node, eventually } from '../rig/node.mjs';
import { request, words } from '../rig/client.mjs';

const AP = 'application/activity+json';
const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public';
const JPEG = readFileSync(new URL('../../admin/demo/cup.jpg', import.meta.url));
const json = async (url) => {
    const rs = await request(url, { headers: { accept: AP } });
    assert.equal(rs.status, 200, `${url}: ${rs.status} ${rs.text.slice(0, 200)}`);
    return JSON.parse(rs.text);
};

// Other software, by hand: any documents at any paths, each asked for counted.
class Elsewhere {
    static async start() {
        const e = new Elsewhere();
        e.documents = new Map();
        e.asked = [];
        e.server = http.createServer((rq, rs) => {
            e.asked.push(rq.url);
            const d = e.documents.get(rq.url);
            if (typeof d === 'function') return d(rq, rs);
            if (Buffer.isBuffer(d)) return rs.writeHead(200, { 'content-type': 'image/jpeg' }).end(d);
            if (d === undefined) return rs.writeHead(404).end();
            rs.writeHead(200, { 'content-type': rq.url.startsWith('/.well-known') ? 'application/jrd+json' : AP }).end(JSON.stringify(d));
        });
        await new Promise((ok) => e.server.listen(0, '127.0.0.1', ok));
        e.host = `localhost:${e.server.address().port}`;
        e.origin = `http://${e.host}`;
        return e;
    }
    // An account with one thing said, in the shape of Mastodon: an outbox of pages.
    person(name, { said = [], ...more } = {}) {
        const id = `${this.origin}/users/${name}`;
        const note = (o, i) => ({ type: 'Create', id: `${id}/${i}#c`, actor: id, object: {
            id: `${id}/${i}`, type: 'Note', attributedTo: id, to: [PUBLIC], cc: [], url: `${this.origin}/@${name}/${i}`,
            published: new Date(Date.now() - (i + 1) * 60000).toISOString(), ...o } });
        this.documents.set(`/users/${name}`, { '@context': ['https://www.w3.org/ns/activitystreams'], id, type: 'Person', preferredUsername: name,
            name: name.toUpperCase(), summary: `<p>All about <b>${name}</b><script>alert(1)</script></p>`, url: `${this.origin}/@${name}`,
            inbox: `${id}/inbox`, outbox: `${id}/outbox`, icon: { type: 'Image', url: `${this.origin}/${name}.jpg` }, ...more });
        this.documents.set(`/${name}.jpg`, JPEG);
        this.documents.set(`/users/${name}/outbox`, { id: `${id}/outbox`, type: 'OrderedCollection', totalItems: said.length, first: `${id}/outbox?page=true` });
        this.documents.set(`/users/${name}/outbox?page=true`, { id: `${id}/outbox?page=true`, type: 'OrderedCollectionPage', partOf: `${id}/outbox`, orderedItems: said.map(note) });
        this.documents.set(`/.well-known/webfinger?resource=${encodeURIComponent(`acct:${name}@${this.host}`)}`,
            { subject: `acct:${name}@${this.host}`, links: [{ rel: 'self', type: AP, href: id }] });
        return id;
    }
    async stop() {
        this.server.closeAllConnections();
        await new Promise((ok) => this.server.close(ok));
    }
}

let tea, book, far;
before(async () => {
    tea = await Node.start({ name: 'nearby-tea', title: '行星茶' });
    book = await Node.start({ name: 'nearby-book', planet: 'books', title: 'Book Planet' });
    far = await Elsewhere.start();
});
after(async () => {
    await far?.stop();
    await tea?.close();
    await book?.close();
});

const list = async (node = tea) => node.cli('nearby list');
const names = async (node = tea) => (await list(node)).map((n) => n.name);
// What is due in hours is due now.
const hurry = async (node = tea) => {
    node.sqlRun(`UPDATE nearby SET next_at = 0; UPDATE job SET run_at = 0 WHERE kind = 'fed.nearby'`);
};
const page = async (path = '/@tea') => (await request(`${tea.origin}${path}`, { headers: { accept: 'text/html' } })).text;

describe('planets nearby', () => {
    it('are recommended by handle and by address, and published', async () => {
        await book.post({ title: 'A long read', slug: 'long', body: 'Behind the door: quincunx', teaser: 'Words for everybody.', access: 'members' });
        const carol = far.person('carol', { said: [{ content: '<p>Carol says <em>hello</em></p>' }] });
        const added = await tea.cli('endorse add', { who: `@books@${book.host}` });
        assert.equal(added.state, 'asked');
        await tea.cli('endorse add', { who: `${far.origin}/users/carol` });
        await assert.rejects(tea.cli('endorse add', { who: `@BOOKS@${book.host}` }), /already/);
        await assert.rejects(tea.cli('endorse add', { who: 'nonsense' }), /@name@example.org/);
        await assert.rejects(tea.cli('endorse add', { who: `@tea@${tea.host}` }), /itself/);
        const found = await eventually('both are found', async () => {
            const all = await tea.cli('endorse list');
            return all.every((e) => e.state === 'found') && all;
        });
        assert.deepEqual(found.map((e) => e.name).sort(), ['Book Planet', 'CAROL']);
        const actor = await json(`${tea.origin}/@tea`);
        assert.deepEqual(actor.streams, [actor.endorsements]);
        const collection = await json(actor.endorsements);
        assert.equal(collection.type, 'OrderedCollection');
        assert.equal(collection.totalItems, 2);
        assert.deepEqual(collection.orderedItems.sort(), [(await json(`${book.origin}/@books`)).id, carol].sort());
    });

    it('are two steps deep, with their newest public words and who recommends them', async () => {
        const dave = far.person('dave', { said: [
            { content: '<p>secret among us</p>', to: [`${far.origin}/users/dave/followers`] },
            { content: '<p>with a warning</p>', summary: 'spoiler', sensitive: true },
            { content: '<p>an answer</p>', inReplyTo: `${far.origin}/x` },
            { content: '<p>someone else\'s</p>', attributedTo: `${far.origin}/users/carol` },
            { content: `<p>Dave, in public &amp; plain<script>x</script></p>${' long'.repeat(200)}` },
        ] });
        await book.cli('endorse add', { who: `@dave@${far.host}` });
        await book.cli('endorse add', { who: `@tea@${tea.host}` });
        await eventually('books found them', async () => (await book.cli('endorse list')).every((e) => e.state === 'found'));
        await hurry();
        const all = await eventually('dave is seen', async () => {
            const v = await list();
            return v.some((n) => n.name === 'DAVE' && n.teaser) && v;
        });
        assert.deepEqual(all.map((n) => [n.name, n.step, n.by]).sort(), [['Book Planet', '1', null], ['CAROL', '1', null], ['DAVE', '2', 'Book Planet']].sort());
        assert.ok(!all.some((n) => n.url.startsWith(tea.origin)), 'not itself');
        const by = Object.fromEntries(all.map((n) => [n.name, n]));
        assert.match(by['DAVE'].teaser, /^Dave, in public & plain/);
        assert.ok(by['DAVE'].teaser.length < 200);
        assert.match(by['Book Planet'].teaser, /Words for everybody/);
        assert.ok(!JSON.stringify(all).includes('quincunx'));
        assert.equal(by['CAROL'].teaser, 'Carol says hello');
        assert.ok(dave);
    });

    it('stand on the planet\'s page when its owner says so, their pictures through us', async () => {
        assert.ok(!(await page()).includes('CAROL'), 'off until switched on');
        assert.equal((await request(`${tea.origin}/@tea/nearby`)).status, 404);
        const owner = await tea.ownerSession();
        let desk = await owner.page('/desk/tea/fediverse/neighbours');
        assert.ok(desk.text.includes('Book Planet') && desk.text.includes('recommended by Book Planet'));
        desk = await owner.submit(desk, /neighbours\/show$/, { shown: '1' });
        const html = await page();
        for (const n of ['CAROL', 'Book Planet', 'DAVE']) assert.ok(html.includes(n), n);
        assert.ok(html.includes(`@dave@${far.host}`) && html.includes('recommended by Book Planet'));
        assert.ok(!/<script>alert|secret among us|with a warning/.test(html));
        assert.ok(!/<img[^>]+src="http/.test(html));
        const src = /src="(\/far\/a\/[^"]+)"/.exec(html)[1];
        assert.equal((await request(tea.origin + src)).status, 200);
        assert.equal((await request(`${tea.origin}/@tea/nearby`)).status, 200);
        // One of the second step off, and back.
        desk = await owner.submit(desk, /neighbours\/hide$/);
        assert.ok(!(await page()).includes('DAVE'));
        assert.ok(!(await names()).includes('DAVE'));
        await owner.submit(desk, /neighbours\/hide$/, { uri: undefined });
        assert.ok((await page()).includes('DAVE'));
        // Added by the form, a second time says why not.
        const again = await owner.submit(desk, /neighbours$/, { who: `@carol@${far.host}` });
        assert.ok([200, 409].includes(again.status));
        const stranger = await tea.member('mia', { planet: 'tea' });
        assert.ok([403, 404].includes((await stranger.go('/desk/tea/fediverse/neighbours')).status));
        assert.ok([403, 404].includes((await stranger.post('/desk/tea/fediverse/neighbours', { who: `@carol@${far.host}` })).status));
    });

    it('are looked at rarely', async () => {
        const before_ = far.asked.length;
        tea.sqlRun(`UPDATE job SET run_at = 0 WHERE kind = 'fed.nearby'`);
        await eventually('the job has run', () => tea.column(`SELECT COUNT(*) FROM job WHERE kind = 'fed.nearby' AND run_at > 0`)[0] === 1);
        assert.equal(far.asked.slice(before_).filter((u) => u.startsWith('/users')).length, 0);
        const hours = tea.column('SELECT MIN(next_at) FROM nearby')[0] - Date.now();
        assert.ok(hours > 5.5 * 3600e3, `${hours / 3600e3} h`);
    });

    it('disappear when the domain is blocked, at once', async () => {
        await tea.cli('domain block', { host: far.host, level: 'silence' });
        await eventually('gone from the page', async () => !(await page()).includes('CAROL'));
        assert.deepEqual(await names(), ['Book Planet']);
        // Its pictures alone: no address of one is written, and one that was known leads nowhere.
        await tea.cli('domain remove', { host: far.host });
        const html = await eventually('and back', async () => { const h = await page(); return h.includes('CAROL') && h; });
        const src = /src="(\/far\/a\/[^"]+)"/.exec(html)[1];
        assert.equal((await request(tea.origin + src)).status, 200);
        await tea.cli('domain block', { host: far.host, level: 'none', 'reject-media': true });
        await eventually('no picture', async () => { const h = await page(); return h.includes('CAROL') && !h.includes('/far/'); });
        assert.equal((await request(tea.origin + src)).status, 404);
        await tea.cli('domain block', { host: far.host, level: 'suspend', confirm: far.host });
        await eventually('nothing of it', async () => !(await page()).includes('CAROL'));
        assert.deepEqual((await json((await json(`${tea.origin}/@tea`)).endorsements)).totalItems, 1, 'nor published');
        await tea.cli('domain remove', { host: far.host });
        await eventually('all is back', async () => (await page()).includes('/far/'));
    });

    it('disappear when they don\'t want to be shown, have moved, or are gone', async () => {
        const carol = far.documents.get('/users/carol');
        far.documents.set('/users/carol', { ...carol, interactionPolicy: { canFeature: { automaticApproval: [`${carol.id}/followers`] } } });
        far.documents.set('/users/dave', (rq, rs) => rs.writeHead(410).end());
        await hurry();
        await eventually('neither is shown', async () => (await names()).join() === 'Book Planet');
        assert.ok((await tea.cli('endorse list')).some((e) => e.state === 'refused'));
        assert.deepEqual((await json((await json(`${tea.origin}/@tea`)).endorsements)).totalItems, 1, 'nor published');
        far.documents.set('/users/carol', { ...carol, interactionPolicy: { canFeature: { automaticApproval: [PUBLIC] } } });
        await hurry();
        await eventually('carol is back', async () => (await names()).includes('CAROL'));
        far.documents.set('/users/carol', { ...carol, movedTo: `${far.origin}/users/erin` });
        await hurry();
        await eventually('moved', async () => !(await names()).includes('CAROL'));
        far.documents.set('/users/carol', carol);
    });

    it('bear hostile answers', async () => {
        const many = far.person('many', { endorsements: `${far.origin}/many-list` });
        far.documents.set('/many-list', { id: `${far.origin}/many-list`, type: 'OrderedCollection', totalItems: 10000,
            orderedItems: [many, 7, null, {}, 'javascript:alert(1)', `http://10.0.0.1/x`, ...Array.from({ length: 3000 }, (_, i) => `${far.origin}/users/n${i}`)] });
        const loop = far.person('loop', { endorsements: `${far.origin}/loop-list` });
        far.documents.set('/loop-list', { id: `${far.origin}/loop-list`, type: 'OrderedCollection', first: `${far.origin}/loop-list` });
        far.person('other', { endorsements: 'https://elsewhere.example/list' });
        far.documents.set('/users/liar', { ...far.documents.get('/users/carol'), id: `${far.origin}/users/carol`, name: 'LIAR' });
        far.person('html', { summary: '<p>x</p>'.repeat(5000), name: '‮evil\u0000‬ <b>name</b>' });
        for (const who of [many, loop, `${far.origin}/users/other`, `${far.origin}/users/html`, `@nobody@${far.host}`]) await tea.cli('endorse add', { who });
        await eventually('all are decided', async () => (await tea.cli('endorse list')).every((e) => e.state !== 'asked'));
        const all = await tea.cli('endorse list');
        assert.equal(all.find((e) => e.who === `@nobody@${far.host}`).state, 'unknown');
        assert.ok(tea.column('SELECT COUNT(*) FROM nearby_link')[0] <= 2 * 20 + 2);
        assert.ok((await list()).every((n) => n.name.length <= 80));
        const html = await page('/@tea/nearby');
        assert.ok(!html.includes('<b>name</b>') && !html.includes('\u202e'));
        assert.equal(tea.log().match(/ERROR: AddressSanitizer|runtime error/), null);
    });

    it('are forgotten when they are taken off', async () => {
        for (const e of await tea.cli('endorse list')) await tea.cli('endorse remove', { who: e.who });
        await eventually('nothing is left', () => tea.column('SELECT (SELECT COUNT(*) FROM nearby) + (SELECT COUNT(*) FROM nearby_link)')[0] === 0);
        assert.deepEqual(await list(), []);
        assert.ok(!words(await page()).includes('Planets nearby'));
        assert.equal((await json((await json(`${tea.origin}/@tea`)).endorsements)).totalItems, 0);
    });
});
