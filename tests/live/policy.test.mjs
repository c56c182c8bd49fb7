// Who may speak with a node, with servers that really ask: suspended ones are refused before their key is
// looked at, are not fetched and not sent anything; what was there goes out of sight and comes back.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Node, eventually } from '../rig/node.mjs';
import { Sink, activity, makeKey, send, signDraft } from '../rig/sink.mjs';
import { file, request, words } from '../rig/client.mjs';

const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public';
const AP = 'application/activity+json';
const key = makeKey();

describe('who may speak', () => {
    let node, sink, inbox, tea, post, noteUri;
    let ann, ben, eve, owner;

    const json = async (url) => JSON.parse((await request(url, { headers: { accept: AP } })).text);
    const follow = async (who) => {
        const rs = await send(inbox, activity(who, 'Follow', tea), who);
        assert.equal(rs.status, 202, rs.text);
        await sink.posted(`the Accept for ${who.name}`, (a) => a.type === 'Accept' && a.object.actor === who.id);
    };
    // It can also be asked for where it lives.
    const reply = (who, n, text = 'hello') => {
        const note = { id: `http://${who.host}/n/${n}`, type: 'Note', attributedTo: who.id, inReplyTo: noteUri, to: [PUBLIC],
                       content: `<p>${text}</p>`, published: new Date().toISOString() };
        sink.actors.set(`${who.host}/n/${n}`, { '@context': 'https://www.w3.org/ns/activitystreams', ...note });
        return activity(who, 'Create', note);
    };
    const followers = async () => (await json((await json(tea)).followers)).totalItems;
    const visitor = async () => words((await request(post.address, { headers: { accept: 'text/html' } })).text.replace(/^[\s\S]*<main/, '<main')).concat(
        (await request(post.address, { headers: { accept: 'text/html' } })).text);
    const signedGet = (url, who) => request(url, { headers: { accept: AP,
        ...signDraft(url, '', who, { method: 'get', names: ['(request-target)', 'host', 'date'] }) } });
    const asked = (host) => sink.gets.filter((g) => g.host.startsWith(host)).length;
    const sent = (host) => sink.posts.filter((p) => p.host.startsWith(host)).length;
    // The serving process sees what the command line changed within a second.
    const known = (who, status) => eventually(`${who.name}: ${status}`,
        async () => (await send(inbox, activity(who, 'Like', `${node.origin}/ap/o/1`), who)).status === status);

    before(async () => {
        node = await Node.start({ name: 'policy' });
        inbox = `${node.origin}/ap/inbox`;
        sink = await Sink.start();
        post = await node.post({ title: 'Spring', body: 'To everybody.', access: 'public' });
        const finger = await json(`${node.origin}/.well-known/webfinger?resource=acct:tea@${node.host}`);
        tea = finger.links.find((l) => l.rel === 'self').href;
        noteUri = (await json(post.address)).id;
        ann = sink.actor('ann', { host: 'good.localhost', key });
        ben = sink.actor('ben', { host: 'social.bad.localhost', key });
        eve = sink.actor('eve', { host: 'fresh.bad.localhost', key });
        owner = await node.ownerSession();
        await follow(ann);
        await follow(ben);
        for (const [who, n] of [[ann, 1], [ben, 2]]) {
            assert.equal((await send(inbox, reply(who, n, `words of ${who.name}`), who)).status, 202);
            assert.equal((await send(inbox, activity(who, 'Like', noteUri), who)).status, 202);
        }
        await eventually('both stand there', async () => {
            const text = await visitor();
            return text.includes('words of ann') && text.includes('words of ben');
        });
        assert.equal(await followers(), 2);
    });
    after(async () => {
        await node.close();
        await sink.stop();
    });

    it('a suspension says first what it would end, and wants the name again', async () => {
        await assert.rejects(node.cli('domain block', { host: 'bad.localhost' }), /1 follows would end and 1 comments/);
        assert.equal((await node.cli('domain list')).length, 0);
        await assert.rejects(node.cli('domain block', { host: node.host, confirm: node.host }), /this server itself/);
        await assert.rejects(node.cli('domain block', { host: 'localhost', confirm: 'localhost' }), /this server itself/);
        await node.cli('domain block', { host: 'Bad.localhost', confirm: 'bad.localhost', comment: 'spam' });
        const [rule] = await node.cli('domain list');
        assert.equal(rule.host, 'bad.localhost');
        assert.equal(rule.rule, 'suspend');
    });

    it('what was there goes out of sight, with right counts, and nobody there is told', async () => {
        await known(ben, 403);
        const before = sent('social.bad');
        await eventually('the follow is gone', async () => (await followers()) === 1);
        await eventually('the comment is gone', async () => !(await visitor()).includes('words of ben'));
        assert.ok((await visitor()).includes('words of ann'));
        assert.equal((await json(`${noteUri}/likes`)).totalItems, 1);
        assert.equal(sent('social.bad'), before);
        const undo = await node.cli('domain undo', { host: 'bad.localhost' });
        assert.equal(undo.followers.length, 1);
        assert.equal(undo.followers[0].actor, ben.id);
        assert.deepEqual(undo.things.map((t) => t.what).sort(), ['comment', 'like']);
    });

    it('403 before any key is fetched, for every kind of activity and by every name below', async () => {
        const n = asked('fresh.bad');
        for (const type of ['Follow', 'Like', 'Announce', 'Undo', 'Delete', 'Update', 'Flag', 'Move'])
            assert.equal((await send(inbox, activity(eve, type, type === 'Delete' ? eve.id : tea), eve)).status, 403, type);
        assert.equal((await send(inbox, reply(eve, 3), eve)).status, 403);
        // The signer's host counts as much as the actor's.
        const forged = activity(ann, 'Create', { id: `http://${ann.host}/n/9`, type: 'Note' });
        assert.equal((await send(inbox, forged, eve)).status, 403);
        assert.equal(asked('fresh.bad'), n);
        assert.equal((await send(inbox, reply(ben, 4), ben)).status, 403);
    });

    it('403 for what it asks with a signature; without one, as for everybody', async () => {
        for (const url of [noteUri, `${tea}/outbox`, tea])
            await eventually(`a signed GET of ${url}`, async () => (await signedGet(url, ben)).status === 403);
        assert.equal((await signedGet(noteUri, ann)).status, 200);
        assert.equal((await request(noteUri, { headers: { accept: AP } })).status, 200);
    });

    it('it is not fetched when others name it, and nothing is sent there', async () => {
        const gets = asked('fresh.bad') + asked('social.bad'), posts = sent('social.bad');
        // A good server boosts, forwards and answers things of theirs.
        await send(inbox, activity(ann, 'Announce', `http://${eve.host}/n/77`), ann);
        await send(inbox, { ...activity(ann, 'Create', `http://${eve.host}/n/78`), actor: ann.id }, ann);
        await send(inbox, activity(ann, 'Create', {
            id: `http://${ann.host}/n/10`, type: 'Note', attributedTo: ann.id, inReplyTo: `http://${eve.host}/n/79`, to: [PUBLIC],
            content: '<p>up</p>', tag: [{ type: 'Mention', href: tea }] }), ann);
        await node.post({ title: 'Summer', body: 'Also to everybody.', access: 'public' });
        await sink.posted('the next post at the good one', (a, p) => p.host === ann.host && a.type === 'Create' && JSON.stringify(a).includes('Summer'));
        await eventually('the queue is done', async () => (await node.cli('queue list')).every((j) => !/receive|deliver|forward|fanout/.test(j.kind)));
        assert.equal(sent('social.bad'), posts);
        assert.equal(asked('fresh.bad') + asked('social.bad'), gets);
    });

    it('lifting it brings back what was there, and it hears what comes next', async () => {
        await node.cli('domain remove', { host: 'bad.localhost' });
        await eventually('the follow is back', async () => (await followers()) === 2);
        await eventually('the comment is back', async () => (await visitor()).includes('words of ben'));
        assert.equal((await json(`${noteUri}/likes`)).totalItems, 2);
        await node.post({ title: 'Autumn', body: 'Once more.', access: 'public' });
        await sink.posted('the next post', (a, p) => p.host === ben.host && JSON.stringify(a).includes('Autumn'));
        await known(eve, 202);
    });

    it('what was deleted there meanwhile does not come back', async () => {
        assert.equal((await send(inbox, reply(ben, 5, 'short-lived'), ben)).status, 202);
        await eventually('it stands', async () => (await visitor()).includes('short-lived'));
        await node.cli('domain block', { host: 'bad.localhost', confirm: 'bad.localhost' });
        await eventually('it is hidden', async () => !(await visitor()).includes('short-lived'));
        sink.actors.set(`${ben.host}/n/5`, 410);
        await node.cli('domain remove', { host: 'bad.localhost' });
        await eventually('the other is back', async () => (await visitor()).includes('words of ben'));
        await eventually('this one is gone', () => node.column(`SELECT state FROM comment WHERE object_uri = 'http://${ben.host}/n/5'`)[0] === 'deleted');
        assert.ok((await visitor()).includes('words of ben'));
        await eventually('both follow', async () => (await followers()) === 2);
    });

    it('of a silenced one, what comes waits; what was there waits again; follows stay', async () => {
        await node.cli('domain block', { host: 'social.bad.localhost', level: 'silence' });
        await eventually('held', async () => !(await visitor()).includes('words of ben'));
        assert.equal(await followers(), 2);
        const rs = await send(inbox, reply(ben, 20, 'a quiet word'), ben);
        assert.equal(rs.status, 202);
        await eventually('it waits', () => node.column(`SELECT COUNT(*) AS n FROM comment WHERE state = 'held' AND object_uri = 'http://${ben.host}/n/20'`)[0] === 1);
        assert.equal(node.column("SELECT COUNT(*) AS n FROM notice WHERE from_url LIKE '%social.bad%' AND comment_id IN (SELECT id FROM comment WHERE state = 'held')")[0] <= 1, true);
        await node.cli('domain remove', { host: 'social.bad.localhost' });
        await eventually('shown again', async () => (await visitor()).includes('words of ben'));
    });

    it('an allow list lets in who is on it, and cuts the rest until they are', async () => {
        await node.cli('domain allow', { host: 'good.localhost' });
        await assert.rejects(node.cli('domain mode', { set: 'allow' }), /1 follows would end/);
        await node.cli('domain mode', { set: 'allow', confirm: 'allow' });
        await known(ben, 403);
        await known(ann, 202);
        await eventually('one follower', async () => (await followers()) === 1);
        await node.cli('domain allow', { host: 'bad.localhost' });
        await known(ben, 202);
        await eventually('both', async () => (await followers()) === 2);
        assert.equal((await node.cli('domain mode', { set: 'block' })).mode, 'block');
        for (const host of ['good.localhost', 'bad.localhost']) await node.cli('domain remove', { host, allow: true });
    });

    it('a list is shown before it is applied', async () => {
        const csv = '#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n' +
            'bad.localhost,suspend,TRUE,FALSE,"spam, much",TRUE\nma***d.example,suspend,,,,\nquiet.example,silence,,,,\n';
        const steps = await node.cli('domain import', { file: '-' }, { input: csv });
        assert.deepEqual(steps.map((s) => [s.what, s.host]), [['add', 'bad.localhost'], ['add', 'quiet.example'], ['skip', 'ma***d.example'], ['loses', ben.host]]);
        assert.equal((await node.cli('domain list')).length, 0);
        await assert.rejects(node.cli('domain import', { file: '-', apply: true }, { input: csv + 'x y,suspend\n' }), /Line 5/);
        assert.equal((await node.cli('domain list')).length, 0);
        await node.cli('domain import', { file: '-', apply: true }, { input: csv });
        assert.equal((await node.cli('domain list')).length, 2);
        await eventually('its follow goes', async () => (await followers()) === 1);
        const out = await node.cli('domain export', {}, { raw: true });
        assert.match(out, /^#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\nbad\.localhost,suspend,true,false,"spam, much",true\n/);
        assert.match(await node.cli('domain export', { public: true }, { raw: true }), /^bad\.\*+ost,suspend/m);
        assert.deepEqual(await node.cli('domain import', { file: '-' }, { input: out }), []);
        const gone = await node.cli('domain import', { file: '-', replace: true, apply: true }, { input: 'quiet.example,silence\n' });
        assert.deepEqual(gone.map((s) => [s.what, s.host]), [['remove', 'bad.localhost']]);
        await node.cli('domain remove', { host: 'quiet.example' });
        await eventually('both again', async () => (await followers()) === 2);
    });

    it('on the page: the name is typed again, lists are shown first, and only the node owner sees servers', async () => {
        const url = '/desk/tea/fediverse/blocks';
        let page = await owner.page(url);
        page = await owner.submit(page, `${url}/server`, { host: 'bad.localhost', rule: 'suspend', obfuscate: '1' });
        assert.match(page.text, /Suspend bad\.localhost\?/);
        assert.match(page.text, /1 follow ends\./);
        const wrong = await owner.submit(page, `${url}/server`, { confirm: 'good.localhost' });
        assert.equal(wrong.status, 400);
        assert.equal((await node.cli('domain list')).length, 0);
        page = await owner.submit(page, `${url}/server`, { confirm: 'bad.localhost' });
        assert.equal(page.status, 200, words(page.text));
        assert.equal((await node.cli('domain list')).length, 1);
        await eventually('one follower', async () => (await followers()) === 1);
        page = await owner.page(`${url}?q=bad`);
        assert.match(page.text, /bad\.localhost/);
        page = await owner.submit(page, `${url}/remove`);
        assert.equal(page.status, 200);
        assert.equal((await node.cli('domain list')).length, 0);
        page = await owner.submit(await owner.page(url), `${url}/import`, { file: file('list.csv', Buffer.from('bad.localhost\nma*.example\n'), 'text/csv') });
        assert.match(page.text, /1 new, 0 changed, 0 lifted/);
        assert.match(page.text, /ma\*\.example/);
        assert.equal((await node.cli('domain list')).length, 0);
        page = await owner.submit(page, `${url}/import`);
        assert.equal(page.status, 200, words(page.text));
        assert.equal((await node.cli('domain list')).length, 1);
        const csv = await owner.fetch(`${url}.csv?public=1`);
        assert.match(csv.text, /^bad\.localhost,suspend,false,false,,false$/m);
        assert.equal(csv.headers['cache-control'], 'no-store');
        await node.cli('domain remove', { host: 'bad.localhost' });
        // A partner looks after people, not servers.
        const pat = await node.person('pat');
        assert.equal((await owner.post('/desk/tea/members/role', { account_id: pat.accountId, role: 'partner' })).status, 200);
        page = await pat.page(url);
        assert.doesNotMatch(page.text, /blocks\/server/);
        for (const [door, fields] of [['server', { host: 'x.example', rule: 'silence' }], ['remove', { host: 'x.example' }], ['mode', { mode: 'allow', confirm: 'allow' }], ['import', { do: 'apply', list: 'x.example' }]])
            assert.equal((await pat.post(`${url}/${door}`, fields)).status, 404, door);
        assert.equal((await pat.fetch(`${url}.csv`)).status, 404);
        const member = await node.person('mia');
        assert.equal((await member.fetch(url)).status, 404);
    });

    it('one person is blocked: their server is told, what they wrote goes, more is refused', async () => {
        const url = '/desk/tea/fediverse/blocks';
        await eventually('both', async () => (await followers()) === 2);
        let page = await owner.submit(await owner.page(url), `${url}/person`, { who: `@ben@${ben.host}`, level: 'block', note: 'rude' });
        assert.equal(page.status, 200, words(page.text));
        await sink.posted('the Reject', (a, p) => p.host === ben.host && a.type === 'Reject' && a.object.type === 'Follow');
        assert.equal(await followers(), 1);
        await eventually('gone from the page', async () => !(await visitor()).includes('words of ben'));
        assert.equal((await send(inbox, reply(ben, 30, 'me again'), ben)).status, 202);
        assert.equal((await send(inbox, activity(ben, 'Follow', tea), ben)).status, 202);
        await eventually('a second Reject', () => sink.posts.filter((p) => p.host === ben.host && p.body.includes('"Reject"')).length === 2);
        assert.equal(node.column(`SELECT COUNT(*) AS n FROM comment WHERE object_uri = 'http://${ben.host}/n/30'`)[0], 0);
        const [rule] = await node.cli('actor list');
        assert.deepEqual([rule.actor, rule.rule, rule.note], [`@ben@${ben.host}`, 'block', 'rude']);
        await node.cli('actor unblock', { actor: ben.id });
        await eventually('back on the page', async () => (await visitor()).includes('words of ben'));
        assert.equal(await followers(), 1); // a follow that was ended is theirs to begin again
    });
});
