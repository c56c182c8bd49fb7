// A random word stands in every locked body. Then every route of the program is asked by everybody
// who may not read, and the word must be nowhere: not in an answer, not in what a follower is sent,
// not in the log. The routes come from the route table, so a new one is covered without anyone
// remembering, and one with a parameter that this test cannot fill fails it.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Node, eventually } from '../rig/node.mjs';
import { formsOf, multipart, file, request } from '../rig/client.mjs';
import { Actor } from '../rig/actor.mjs';

const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public';
const WORD = 'canary' + crypto.randomBytes(9).toString('hex');
const PICTURE = readFileSync(new URL('../../admin/demo/cup.jpg', import.meta.url));
let node, follower, visitor, expired, elsewhere, member, owner, routes, posts, price, lockedMedia, lockedComment, question;

// Every form that the word could take on its way out.
const variants = [WORD, WORD.toUpperCase(), Buffer.from(WORD).toString('base64').slice(0, 20),
                  encodeURIComponent(WORD)];
const leak = (bytes) => variants.find((v) => bytes.includes(v));

const body = (name) => `Intro.\n\n<!--more-->\n\n**${WORD}** in ${name}\n\n\`\`\`\n${WORD}\n\`\`\`\n\n| ${WORD} | b |\n|---|---|\n| 1 | ${WORD} |\n`;

before(async () => {
    node = await Node.start({ name: 'canary' });
    await node.cli('tier create', { slug: 'gold', name: 'Gold', rank: 2 });
    price = (await node.cli('tier price', { tier: 'gold', price: 'CNY:90', unit: 'year' })).id;
    await node.cli('planet create', { handle: 'other', title: 'Other' });
    await node.cli('tier create', { planet: 'other', slug: 'member', name: 'Member', rank: 1 });
    const write = (rest) => node.post({ planet: 'tea', teaser: 'A public teaser.', tag: ['leaf'], ...rest });
    posts = {
        members: await write({ title: 'For members', slug: 'for-members', access: 'members', body: body('members') }),
        tier: await write({ title: 'For gold', slug: 'for-gold', access: 'tier:gold', body: body('tier') }),
        sale: await write({ title: 'For sale', slug: 'for-sale', access: 'price:CNY:9', body: body('sale') }),
        draft: await write({ title: 'A draft', slug: 'a-draft', access: 'members', draft: true, body: body('draft') }),
        open: await node.post({ planet: 'tea', title: 'Open', slug: 'open', body: 'Everybody reads this.' }),
    };
    owner = await node.ownerSession();
    visitor = node.client();
    member = await node.member('mia', { planet: 'tea', tier: 'gold' });
    expired = await node.member('eve', { planet: 'tea' });
    await node.cli('member revoke', { planet: 'tea', account: 'eve@example.net' });
    elsewhere = await node.member('otto', { planet: 'other' });

    // A picture and a file of a locked post, the comments of members, and a like.
    const upload = async (name, bytes, type) => {
        const form = multipart([['planet', 'tea'], ['_csrf', formsOf((await owner.page('/compose')).text)[0].fields.find(([n]) => n === '_csrf')[1]],
                                ['file', file(name, bytes, type)]]);
        const rs = await owner.fetch('/compose/upload', { method: 'POST', body: form.body,
            headers: { 'content-type': form.type, accept: 'application/json', origin: node.origin, 'sec-fetch-site': 'same-origin' } });
        assert.equal(rs.status, 201, rs.text);
        return JSON.parse(rs.text);
    };
    const picture = await upload('locked.jpg', PICTURE, 'image/jpeg');
    const paper = await upload('paper.txt', Buffer.from(`${WORD} in a file`), 'text/plain');
    lockedMedia = [picture, paper];
    await node.cli('post edit', { id: posts.members.id, 'body-file': node.textFile(
        `${body('members')}\n\n![${WORD}](media:${picture.id})\n\n[${WORD}](media:${paper.id})\n`) });
    const page = await member.page('/@tea/for-members');
    const said = await member.submit(page, '/@tea/for-members/comments', { text: `${WORD} said a member`, audience: 'members' });
    assert.ok(said.text.includes(WORD), 'a member reads what a member wrote');
    lockedComment = /id="c-(\d+)"/.exec(said.text)[1];
    // Reported by a member who quotes it: it is for those who decide.
    assert.equal((await member.post('/report', { post: posts.members.id, reason: 'abuse', text: `${WORD} is what it says` })).status, 200);

    // A paid question: its answer is as locked, for who neither asked nor listens in.
    await node.cli('question answerer', { planet: 'tea', account: 'owner@example.org', price: 'CNY:50', listen: 'CNY:1' });
    const asker = await node.person('asker');
    const to = /\/@tea\/questions\/ask\?to=\d+/.exec((await asker.page('/@tea/questions')).text)[0];
    const till = await asker.submit(await asker.page(to), '/@tea/questions/ask', { text: 'What is it?', listen: '1', rail: 'fake' });
    question = (await asker.submit(till, /\/dev\/pay/, { do: 'pay' })).path;
    await owner.submit(await owner.page(question), `${question}/answer`, { answer: `It is **${WORD}**.` });
    assert.ok(leak((await asker.page(question)).body), 'who asked reads the answer');

    follower = await Actor.start();
    const actor = JSON.parse((await follower.get(`${node.origin}/@tea`)).text);
    const followed = await follower.post(actor.inbox, { id: `${follower.id}#follow`, type: 'Follow', object: actor.id });
    assert.equal(followed.status, 202);
    await eventually('the Accept', () => follower.received.some((r) => r.includes('"Accept"')));

    // What happens while somebody follows: published, edited, gated anew, taken back.
    const late = await write({ title: 'Late', slug: 'late', access: 'members', body: body('late') });
    posts.late = late;
    await node.cli('post edit', { id: late.id, 'teaser-file': node.textFile('Another public teaser.') });
    await node.cli('post edit', { id: late.id, 'body-file': node.textFile(body('late again')) });
    await node.cli('post edit', { id: posts.open.id, access: 'members', 'teaser-file': node.textFile('Closed now.'),
                                  'body-file': node.textFile(body('closed')) });
    await eventually('the teaser arrives', () => follower.received.some((r) => r.includes('Another public teaser')));
    await eventually('the Delete arrives', () => follower.received.some((r) => r.includes('"Delete"')));

    // And what else makes us speak: a quote, a pin, an answer, a report of what somebody elsewhere said, a recommendation.
    const said_ = [['Create', { id: `${follower.id}/n/1`, type: 'Note', attributedTo: follower.id, content: 'an answer', inReplyTo: late.object, to: [PUBLIC] }],
                   ['QuoteRequest', late.object, { instrument: { id: `${follower.id}/n/2`, type: 'Note', attributedTo: follower.id, content: 'look', quote: late.object, to: [PUBLIC] } }],
                   ['Like', late.object], ['Announce', late.object]];
    for (const [i, [type, object, more]] of said_.entries())
        assert.equal((await follower.post(actor.inbox, { id: `${follower.id}/x/${i}`, type, object, to: [PUBLIC], ...more })).status, 202);
    await eventually('it may quote', () => follower.received.some((r) => r.includes('"QuoteRequest"')));
    await node.cli('post pin', { id: late.id });
    await eventually('the pin', () => follower.received.some((r) => r.includes('"Add"')));
    const thread = await eventually('its answer', async () => { const t = await owner.page('/@tea/late'); return t.text.includes('an answer') && t; });
    const [, comment] = /id="c-(\d+)"(?:(?!id="c-)[\s\S])*an answer/.exec(thread.text);
    await owner.submit(await owner.page(`/@tea/late?reply=${comment}`), '/@tea/late/comments', { text: 'an answer to it' });
    await eventually('our answer', () => follower.received.some((r) => r.includes('an answer to it')));
    // A member answers in public and lets it go: an actor of its own is walked, too.
    const under = await member.page('/@tea/late');
    await member.submit(under, '/@tea/late/comments', { text: 'Said in public, by a member.', audience: 'fediverse' });
    await eventually('the answer arrives', () => follower.received.some((r) => r.includes('Said in public, by a member.')));
    routes = await node.cli('routes');
});

after(async () => {
    await follower?.stop();
    await node?.close();
});

// Values for each parameter, by the route that it stands in: real ones, of locked things first.
function fillings(path) {
    const actorIds = [...new Set(follower.received.join('\n').match(/\/ap\/a\/(\d+)/g) ?? [])].map((s) => s.slice(6));
    const objects = Object.values(posts).map((p) => p.object).filter(Boolean).map((u) => u.split('/').pop());
    const activities = [...new Set(follower.received.join('\n').match(/\/ap\/x\/(\d+)/g) ?? [])].map((s) => s.slice(6));
    const grants = [...new Set(follower.received.join('\n').match(/\/ap\/q\/(\d+)/g) ?? [])].map((s) => s.slice(6));
    const postIds = Object.values(posts).map((p) => p.id);
    const known = {
        handle: ['tea', 'other'], planet: ['tea', 'other'], tag: ['leaf'], rail: ['fake'], number: ['01J00000000000000000000000'],
        slug: ['for-members', 'for-gold', 'for-sale', 'a-draft', 'late', 'open'],
        host: [new URL(follower.origin).host], do: ['accept', 'approve', 'retry'], price: [price],
        account: [member.accountId], country: ['DE'],
        token: ['nothing'], kind: ['a'], mac: ['AAAAAAAAAAAAAAAAAAAAAA'], code: ['aHR0cHM6Ly9hLmV4YW1wbGUv'], version: ['2.0', '2.1'], cursor: ['0', '9223372036854775807'],
        file: path.includes('/moving/') ? ['outbox.json', 'actor.json', 'followers.csv'] : ['1.csv'],
        name: path.startsWith('/static/') ? ['orrery.css'] : ['large.jpg', 'small.jpg', 'paper.txt'],
        id: path.startsWith('/ap/a/') ? actorIds : path.startsWith('/ap/o/') ? objects : path.startsWith('/ap/x/') || path.includes('/said/') ? activities
          : path.startsWith('/ap/q/') ? grants
          : path.includes('/questions/') ? [question.split('/').pop()]
          : path.startsWith('/media/') ? lockedMedia.map((m) => m.id) : postIds,
    };
    let paths = [path];
    for (const [, name] of path.matchAll(/[:*](\w+)/g)) {
        assert.ok(known[name]?.length, `the canary does not know how to fill :${name} of ${path}; teach it`);
        paths = paths.flatMap((p) => known[name].map((v) => p.replace(new RegExp(`[:*]${name}\\b`), encodeURIComponent(v))));
    }
    return paths;
}

const accepts = ['text/html', 'application/activity+json', 'application/json', '*/*'];
const queries = { '/.well-known/webfinger': ['?resource=acct:tea@HOST', '?resource=nobody'], '/lang': ['?to=zh-CN'], '/theme': ['?to=dark'],
                  '/authorize_interaction': ['?uri=acct:tea@HOST'], '/report': ['?post=POST', '?comment=COMMENT'], '/@:handle/join': ['', '?code=' + 'A'.repeat(23)] };

async function crawl(who, ask) {
    let n = 0;
    for (const r of routes.filter((r) => r.method === 'GET'))
        for (const path of fillings(r.path))
            for (const query of queries[r.path] ?? [''])
                for (const accept of accepts) {
                    const target = path + query.replace('HOST', node.host).replace('POST', posts.members.id).replace('COMMENT', lockedComment);
                    const rs = await ask(target, accept);
                    n++;
                    assert.notEqual(rs.status, 429, `${target}: refused before it was looked at`);
                    const found = leak(rs.body) ?? leak(Buffer.from(JSON.stringify(rs.headers)));
                    assert.ok(!found, `${who} finds the word at ${target} (${accept}): ${rs.text.slice(Math.max(0, rs.text.indexOf(found) - 200)).slice(0, 400)}`);
                }
    return n;
}

const through = (client) => (target, accept) => client.fetch(target, { headers: { accept } });

test('a visitor finds it nowhere', async () => {
    assert.ok(await crawl('a visitor', through(visitor)) > 200);
});
test('a signed follower finds it nowhere', async () => {
    await crawl('a follower', (target, accept) => follower.get(node.origin + target, accept));
});
test('a member whose time is over finds it nowhere', async () => {
    await crawl('an expired member', through(expired));
});
test('a member of another planet finds it nowhere', async () => {
    await crawl('a member elsewhere', through(elsewhere));
});
test('a lower tier does not read the higher', async () => {
    const silver = await node.member('sam', { planet: 'tea' });
    assert.equal(leak((await silver.page('/@tea/for-gold')).body), undefined);
    assert.ok(leak((await silver.page('/@tea/for-members')).body), 'but reads its own');
    for (const at of ['/@tea/for-sale', '/@tea/for-sale/buy', '/@tea/questions', question])
        assert.equal(leak((await silver.page(at)).body), undefined, `a membership does not open ${at}`);
});

test('forms answer without it', async () => {
    const answers = new Map();
    const before_ = await node.cli('post list', { planet: 'tea' });
    assert.ok(before_.length >= 4);
    for (const client of [visitor, expired, elsewhere]) {
        const token = await client.csrf();
        assert.ok(token, 'a form token');
        for (const r of routes.filter((r) => r.method === 'POST' && r.who !== 'signed'))
            for (const path of fillings(r.path).slice(0, 4)) {
                if (path === '/logout') continue;
                const rs = await client.fetch(path, { method: 'POST', body: new URLSearchParams({ _csrf: token, text: 'x', body: 'x', title: 'x', planet: 'tea', id: posts.members.id, media: lockedMedia[0].id,
                                                         teaser_confirmed: '1', sure: '1', version: '1', do: 'preview', access: 'members' }).toString(),
                    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: node.origin, 'sec-fetch-site': 'same-origin' } });
                assert.equal(leak(rs.body), undefined, `POST ${path}`);
                answers.set(rs.status, (answers.get(rs.status) ?? 0) + 1);
            }
    }
    // They came as far as the handlers, not only to the guard at the door.
    assert.ok([400, 404, 402].some((s) => answers.get(s) > 0), JSON.stringify([...answers]));
    assert.deepEqual(await node.cli('post list', { planet: 'tea' }), before_, 'and changed nothing');
});

test('what an owner takes along in files has it not: it is what everybody may read', async () => {
    for (const name of ['outbox.json', 'actor.json', 'followers.csv']) {
        const rs = await owner.fetch(`/desk/tea/fediverse/moving/${name}`);
        assert.equal(rs.status, 200, name);
        assert.ok(rs.body.length > 20);
        assert.equal(leak(rs.body), undefined, name);
    }
});

test('neither the follower’s inbox nor the log has it', async () => {
    assert.ok(follower.received.length >= 3);
    for (const what of ['"Create"', '"Update"', '"Delete"', '"Add"', '"QuoteRequest"']) assert.ok(follower.received.some((r) => r.includes(what)), what);
    assert.equal(leak(follower.received.join('\n')), undefined);
    assert.ok(!/mia|otto|eve@|Mia|said a member/.test(follower.received.join('\n')), 'nor anything of members');
    assert.equal(leak(node.log()), undefined, 'the log');
    const queue = JSON.stringify(await node.cli('queue list'));
    assert.equal(leak(queue), undefined, 'the queue');
});

test('the check can fail: a member finds it', async () => {
    await assert.rejects(crawl('a member', through(member)), /finds the word/);
    assert.ok(leak((await member.page('/@tea/for-members')).body));
    const [picture, paper] = lockedMedia;
    assert.equal((await member.fetch(picture.url)).status, 200);
    assert.ok(leak((await member.fetch(paper.url)).body));
    assert.equal((await request(node.origin + picture.url)).status, 404);
});
