// The main path: an owner begins, writes, makes codes; a visitor signs up by mail, joins, reads, talks;
// access ends at the next request. As people do it, through pages and forms.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Node, eventually } from '../rig/node.mjs';
import { file, formsOf, words } from '../rig/client.mjs';

const picture = (name) => readFileSync(new URL(`../../admin/demo/${name}.jpg`, import.meta.url));
const WORD = 'kumquat' + Math.random().toString(36).slice(2, 8);
const BODY = (id) => `The first cup is for everybody.

<!--more-->

The second is ${WORD}, and hot.

![the cup](media:${id})

| tea | time |
|---|---|
| sheng | 7 s |

\`\`\`c
int steep(void);
\`\`\`
`;
const media = (html) => [...new Set([...html.matchAll(/\/media\/(\d+)\/[\w.-]+/g)].map((m) => m[0]))];
const mediaId = (url) => url.split('/')[2];

describe('the main path', () => {
    let node, owner, reader, post, codes, open_, locked, attached;

    before(async () => { node = await (await Node.start({ name: 'path' })).withMail(); });
    after(() => node.close());

    it('the owner\'s link of init shows a button, works once', async () => {
        const link = node.made.sign_in;
        const scanner = node.client();
        for (let i = 0; i < 2; i++) {
            const page = await scanner.page(link);
            assert.equal(formsOf(page.text).filter((f) => f.action === new URL(link).pathname).length, 1);
            assert.equal(page.headers['cache-control'], 'no-store');
        }
        assert.equal((await scanner.fetch('/desk')).status, 303, 'a look at the link signs nobody in');
        const kept = await scanner.page(link);
        owner = await node.enter(link);
        assert.match((await owner.page('/desk')).text, /Owner(&#39;|')s desk/);
        const again = await scanner.submit(kept, new URL(link).pathname);
        assert.equal(again.status, 404);
        assert.match(words(again.text), /used already or has run out/);
        assert.equal((await scanner.fetch(link)).status, 404);
    });

    it('`owner login` prints another link', async () => {
        owner = await node.ownerSession();
        assert.match((await owner.page('/me')).text, /Olga Owner/);
    });

    it('the owner offers a tier at a price and a higher tier', async () => {
        const tiers = await owner.page('/desk/tea/tiers');
        const priced = await owner.submit(tiers, /\/desk\/tea\/tiers\/\d+\/prices/, { amount: '365', currency: 'CNY', length: '1', unit: 'year' });
        assert.equal(priced.status, 200, words(priced.text));
        const made = await owner.submit(priced, '/desk/tea/tiers', { name: 'Patron', about: 'Everything', rank: '2' });
        assert.equal(made.status, 200, words(made.text));
        assert.match(made.text, /365/);
        assert.match(made.text, /Patron/);
    });

    it('writes with pictures, previews, confirms the teaser, publishes', async () => {
        const empty = await owner.page('/compose');
        const with_ = await owner.submit(empty, '/compose', { title: 'Two cups', do: 'upload', access: 'members',
            upload: [file('dawn.jpg', picture('dawn'), 'image/jpeg'), file('cup.jpg', picture('cup'), 'image/jpeg'),
                     file('notes.txt', Buffer.from('steep well ' + WORD), 'text/plain')] });
        assert.equal(with_.status, 200, words(with_.text));
        const ids = [...with_.text.matchAll(/name="media" value="(\d+)"/g)].map((m) => m[1]);
        assert.equal(ids.length, 3, 'three things were brought in');
        const typed = { title: 'Two cups', body: BODY(ids[1]), tags: 'tea, puer', access: 'members', lang: 'en' };
        const preview = await owner.submit(with_, '/compose', { ...typed, do: 'preview' });
        assert.match(preview.text, /<table>[\s\S]*sheng/);
        assert.match(preview.text, /<pre><code/);
        const saved = await owner.submit(preview, '/compose', { ...typed, do: 'save' });
        assert.match(saved.path, /^\/compose\/\d+$/, words(saved.text));
        const confirm = await owner.submit(saved, '/compose', { do: 'publish' });
        assert.match(confirm.path, /^\/compose\/\d+\/confirm$/);
        const form = formsOf(confirm.text).find((f) => /publish$/.test(f.action));
        const suggested = form.fields.find(([n]) => n === 'teaser')[1];
        assert.equal(suggested.trim(), 'The first cup is for everybody.', 'suggested from the marker');
        // Without the author's word nothing goes out.
        const unasked = await owner.submit(confirm, form.action, { teaser_confirmed: undefined, do: 'publish' });
        assert.ok(unasked.status >= 400, `published without a confirmed teaser: ${unasked.status}`);
        const published = await owner.submit(unasked, form.action, { teaser_confirmed: '1', teaser: 'One cup for everybody; the second is for members.',
            public_media: [ids[0]], do: 'publish' });
        assert.equal(published.status, 200, words(published.text));
        post = published.path;
        assert.match(post, /^\/@tea\/[^/]+$/);
        assert.ok(published.text.includes(WORD), 'the author reads it whole');
        assert.match(published.text, /Published\./);
        const urls = media(published.text);
        open_ = urls.filter((u) => mediaId(u) === ids[0]);
        locked = urls.filter((u) => mediaId(u) === ids[1]);
        attached = urls.filter((u) => mediaId(u) === ids[2]);
        assert.ok(open_.length > 0 && locked.length > 0 && attached.length > 0, urls.join(' '));
    });

    it('a confirmation sent twice publishes once', async () => {
        const before = await node.cli('post list');
        const draft = await node.post({ title: 'Sent twice', body: 'Twice is once.', access: 'public', draft: true });
        const confirm = await owner.page(`/compose/${draft.id}/confirm`);
        const action = `/compose/${draft.id}/publish`;
        const both = await Promise.all([1, 2].map(() => owner.submit(confirm, action, { do: 'publish' }, { follow: false })));
        for (const rs of both) assert.ok([303, 409].includes(rs.status), `${rs.status} ${words(rs.text)}`);
        assert.ok(both.some((rs) => rs.status === 303));
        assert.equal((await node.cli('post list')).length, before.length + 1);
        await owner.post(`/compose/${draft.id}/delete`, { sure: '1' });
        assert.equal((await node.cli('post list')).length, before.length);
    });

    it('a visitor sees what it is, what it costs, the teaser, and no body', async () => {
        const visitor = node.client();
        const home = await visitor.page('/');
        assert.match(home.text, /href="\/@tea"/);
        const planet = await visitor.page('/@tea');
        assert.match(planet.text, /Two cups/);
        assert.match(planet.text, /365/);
        const page = await visitor.page(post);
        assert.match(page.text, /One cup for everybody/);
        assert.match(page.text, /\/login\?next=/);
        assert.match(page.text, /365/);
        for (const p of [home, planet, page]) {
            assert.ok(!p.text.includes(WORD), `the body is in the source of ${p.path}`);
            assert.ok(!locked.some((u) => p.text.includes(`/media/${mediaId(u)}/`)), `a locked picture is named on ${p.path}`);
        }
        for (const url of open_) assert.equal((await visitor.fetch(url)).status, 200, url);
        for (const url of [...locked, ...attached]) {
            const rs = await visitor.fetch(url);
            assert.equal(rs.status, 404, url);
        }
    });

    it('makes codes in the browser, as CSV, and on the command line', async () => {
        const form = await owner.page('/desk/tea/codes');
        const made = await owner.submit(form, '/desk/tea/codes', { name: 'Spring', count: '3', length: '1', unit: 'month' });
        assert.equal(made.status, 200, words(made.text));
        codes = [...made.text.matchAll(/<ol class="codes"[\s\S]*?<\/ol>/g)].join('').match(/(?<=<li>)[^<]+/g);
        assert.equal(codes.length, 3);
        assert.equal(made.headers['cache-control'], 'no-store');
        const csv = await owner.submit(form, '/desk/tea/codes', { name: 'By file', count: '2', as: 'csv' });
        assert.match(csv.headers['content-type'], /^text\/csv/);
        assert.ok(csv.text.trim().split(/\r?\n/).length >= 3, csv.text);
        const printed = await node.cli('code create', { tier: 'member', n: 4, unit: 'year', csv: true }, { raw: true });
        assert.ok(printed.trim().split(/\r?\n/).length >= 5, printed);
        const listed = await node.cli('code create', { tier: 'member', n: 2 });
        assert.equal(listed.length, 2);
        codes.push(listed[0].code);
        const after_ = await owner.page('/desk/tea/codes');
        assert.ok(!codes.some((c) => after_.text.includes(c)), 'a code is shown once');
        const batch = /\/desk\/tea\/codes\/(\d+)\.csv/.exec(after_.text)[0];
        assert.equal((await owner.fetch(batch)).status, 200);
    });

    it('a visitor\'s code waits while they sign up by mail; then they read at once', async () => {
        reader = node.client();
        const join = await reader.page('/@tea/join');
        const asked = await reader.submit(join, '/@tea/redeem', { code: codes[0], next: post });
        assert.match(asked.path, /^\/login\?next=/);
        assert.ok(!asked.path.includes(codes[0]), 'no code in an address');
        await node.signUp('rita@example.net', reader, '/@tea/join');
        assert.match(reader.letter.subject, /Sign in/);
        const waiting = await reader.page('/@tea/join');
        assert.ok(waiting.text.includes(codes[0]), 'the code is filled in');
        const joined = await reader.submit(waiting, '/@tea/redeem', { next: post });
        assert.equal(joined.status, 200, words(joined.text));
        assert.equal(joined.path, post);
        assert.ok(joined.text.includes(WORD), 'reads at once');
        for (const url of [...open_, ...locked, ...attached]) assert.equal((await reader.fetch(url)).status, 200, url);
        assert.match((await reader.fetch(locked[0])).headers['content-type'], /^image\//);
        const mine = await reader.page('/me');
        assert.match(words(mine.text), /Member · until/);
        assert.match(words(mine.text), /a redeemed code/);
    });

    it('a wrong code gets a sentence; a code used twice changes nothing; too many tries wait', async () => {
        const until = words((await reader.page('/me')).text).match(/until ([^·]+?) Since/)?.[1];
        const redeem = (code) => reader.post('/@tea/redeem', { code });
        const typo = await redeem('ABCD');
        assert.equal(typo.status, 400);
        assert.match(words(typo.text), /typing error in the code/);
        const twice = await redeem(codes[0]);
        assert.equal(twice.status, 409);
        assert.match(words(twice.text), /redeemed this code already/);
        const wrong = await redeem(codes[0].replace(/[A-Z0-9](?=[A-Z0-9]?$)/i, (c) => (c === '2' ? '3' : '2')));
        assert.ok([400, 404].includes(wrong.status), `${wrong.status}`);
        let last;
        for (let i = 0; i < 8 && last?.status !== 429; i++) last = await redeem('ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ');
        assert.equal(last.status, 429);
        assert.ok(Number(last.headers['retry-after']) > 0, 'says when');
        assert.match(words(last.text), /wait/i);
        assert.equal(words((await reader.page('/me')).text).match(/until ([^·]+?) Since/)?.[1], until);
    });

    it('members talk: comment, answer, mention, like, edit, delete', async () => {
        const page = await reader.page(post);
        const said = await reader.submit(page, `${post}/comments`, { text: `Lovely **${WORD}** @owner` });
        assert.equal(said.status, 200, words(said.text));
        assert.match(said.text, new RegExp(`<strong>${WORD}</strong>`));
        const id = /id="c-(\d+)"/.exec(said.text)[1];
        const notices = await owner.page('/me/notices');
        assert.match(words(notices.text), /commented on your post|mentioned you/);
        const reply = await owner.submit(await owner.page(`${post}?reply=${id}`), `${post}/comments`, { text: 'Thank you.' });
        const replyId = [...reply.text.matchAll(/id="c-(\d+)"/g)].map((m) => m[1]).find((x) => x !== id);
        assert.match(words((await reader.page('/me/notices')).text), /answered you/);
        // One level is shown, deeper ones are kept under it.
        const deeper = await reader.submit(await reader.page(`${post}?reply=${replyId}`), `${post}/comments`, { text: 'And thank you.' });
        assert.equal((deeper.text.match(/class="replies"/g) ?? []).length, 1);
        assert.match(deeper.text, /And thank you/);
        const liked = await reader.submit(deeper, `${post}/like`);
        assert.match(liked.text, /aria-pressed="true"/);
        const unliked = await reader.submit(liked, `${post}/like`);
        assert.ok(!/aria-pressed="true"/.test(unliked.text), 'a second time takes it back');
        await reader.submit(unliked, `${post}/like`);
        await owner.submit(await owner.page(post), `/comments/${id}/like`);
        const edited = await reader.submit(await reader.page(`${post}?edit=${id}`), `/comments/${id}/edit`, { text: `Changed ${WORD}` });
        assert.match(edited.text, new RegExp(`Changed ${WORD}`));
        assert.match(edited.text, /edited/);
        const visitor = await node.client().page(post);
        assert.ok(!visitor.text.includes('Changed') && !visitor.text.includes(WORD), 'a visitor reads no member\'s comment');
        const other = await node.member('otto');
        assert.ok((await other.post(`/comments/${id}/delete`)).status >= 400, 'another\'s comment stays');
        assert.ok((await other.post(`/comments/${id}/edit`, { text: 'mine now' })).status >= 400);
        const hidden = await owner.post(`/comments/${id}/hide`);
        assert.equal(hidden.status, 200);
        assert.ok(!(await other.page(post)).text.includes('Changed'), 'hidden');
        await owner.post(`/comments/${id}/hide`);
        assert.ok((await other.page(post)).text.includes('Changed'), 'shown again');
        await reader.post(`/comments/${id}/delete`);
        const gone = await reader.page(post);
        assert.ok(!gone.text.includes('Changed'));
        assert.match(gone.text, /This comment was deleted|Thank you/);
    });

    it('a comment form sent twice says it once', async () => {
        const page = await reader.page(post);
        const text = 'said once ' + Math.random().toString(36).slice(2);
        await Promise.all([1, 2].map(() => reader.submit(page, `${post}/comments`, { text }, { follow: false })));
        const shown = (await reader.page(post)).text.split(text).length - 1;
        assert.equal(shown, 1);
    });

    it('a draft saved twice by an impatient hand is one draft', async () => {
        const before = (await node.cli('post list', { drafts: true })).length;
        const page = await owner.page('/compose');
        const sent = await Promise.all([1, 2].map(() => owner.submit(page, '/compose', { title: 'Click click', body: 'once', do: 'save' }, { follow: false })));
        assert.deepEqual(sent.map((rs) => rs.status), [303, 303]);
        assert.equal((await node.cli('post list', { drafts: true })).length, before + 1);
    });

    it('tiers: a membership below the tier sees the teaser and why', async () => {
        const patron = (await node.cli('tier list')).find((t) => t.name === 'Patron').slug;
        const high = await node.post({ title: 'For patrons', body: `Gold ${WORD}`, teaser: 'Only the lid.', access: `tier:${patron}` });
        const path = new URL(high.address).pathname;
        const low = await reader.page(path);
        assert.ok(!low.text.includes(WORD));
        assert.match(words(low.text), /does not reach this tier yet/);
        await node.cli('member grant', { account: 'rita@example.net', tier: patron, unit: 'month' });
        assert.ok((await reader.page(path)).text.includes(WORD));
    });

    it('an edit reaches the readers; unpublished is gone; deleted is gone for good', async () => {
        const made = await node.post({ title: 'Passing', body: 'first words', access: 'public', tag: ['tea'] });
        const path = new URL(made.address).pathname;
        const visitor = node.client();
        assert.match((await visitor.page(path)).text, /first words/);
        const saved = await owner.submit(await owner.page(`/compose/${made.id}`), '/compose', { body: 'second words', do: 'save' });
        assert.equal(saved.path, path);
        assert.match((await visitor.page(path)).text, /second words/);
        // An editor that was open meanwhile is not overwritten.
        const stale = await owner.send('/compose', [['_csrf', await owner.csrf()], ['id', made.id], ['version', '1'], ['planet', 'tea'],
            ['title', 'Passing'], ['body', 'old'], ['access', 'public'], ['lang', 'en'], ['do', 'save']], { multi: true });
        assert.equal(stale.status, 409);
        assert.match((await visitor.page('/@tea/tag/tea')).text, /Passing/);
        await owner.submit(await owner.page(`/compose/${made.id}/unpublish`), /unpublish/);
        assert.equal((await visitor.fetch(path)).status, 404);
        await owner.submit(await owner.page(`/compose/${made.id}/delete`), /delete/);
        assert.ok([404, 410].includes((await visitor.fetch(path)).status));
        assert.equal((await owner.fetch(`/compose/${made.id}`)).status === 200, false);
    });

    it('a membership that ends locks the next request, pictures and files included', async () => {
        await node.cli('member revoke', { account: 'rita@example.net', reason: 'test' });
        const page = await reader.page(post);
        assert.ok(!page.text.includes(WORD));
        assert.match(words(page.text), /Your membership has ended/);
        for (const url of [...locked, ...attached]) assert.equal((await reader.fetch(url)).status, 404, url);
        const conditional = await reader.fetch(locked[0], { headers: { 'if-none-match': '*' } });
        assert.equal(conditional.status, 404, 'a remembered picture is asked for again and refused');
        assert.match(words((await reader.page('/me')).text), /Ended/);
    });

    it('and by its own end, and from the desk', async () => {
        const guest = await node.member('gina', { unit: 'day' });
        assert.ok((await guest.page(post)).text.includes(WORD));
        const desk = await owner.page('/desk/tea/members');
        const list = formsOf(desk.text).filter((f) => /members\/revoke/.test(f.action));
        assert.ok(list.length > 0);
        const gina = (await node.cli('member list')).find((m) => m.username === 'gina');
        const form = list.find((f) => desk.text.indexOf(f.html) > desk.text.indexOf('gina@example.net'));
        const done = await owner.send(form.action, [...form.fields.filter(([n]) => n !== 'reason'), ['reason', 'test']]);
        assert.equal(done.status, 200, words(done.text));
        assert.ok(gina);
        assert.ok(!(await guest.page(post)).text.includes(WORD));
    });

    it('and when its time has run out', async () => {
        const guest = await node.member('theo', { unit: 'day' });
        assert.ok((await guest.page(post)).text.includes(WORD));
        // A day goes by.
        const moved = node.sql('UPDATE member_grant SET starts_at = starts_at - 86400000, ends_at = ends_at - 86400000, ' +
            `live_ends_at = live_ends_at - 86400000 WHERE account_id = ${guest.accountId} RETURNING id`);
        assert.equal(moved.length, 1);
        const page = await guest.page(post);
        assert.ok(!page.text.includes(WORD));
        assert.match(words(page.text), /Your membership has ended/);
        for (const url of [...locked, ...attached]) assert.equal((await guest.fetch(url)).status, 404, url);
        assert.ok((await node.cli('member list')).some((m) => m.username === 'theo'));
        // The ledger knows of no such day: back to what it says.
        await node.cli('ledger rebuild');
    });

    it('buys a price at the practice till', async () => {
        const buyer = await node.person('bert');
        const prices = await buyer.page('/@tea/join');
        const price = await buyer.page(/\/@tea\/join\/\d+/.exec(prices.text)[0]);
        assert.match(words(price.text), /To pay .*365/, 'what it costs stands there before it is paid');
        const till = await buyer.submit(price, '/@tea/buy', { rail: 'fake' });
        assert.match(till.path, /^\/dev\/pay\//, words(till.text));
        const stranger = await node.person('sven');
        assert.equal((await stranger.fetch(till.path)).status, 404, 'an order is its buyer\'s');
        const paid = await buyer.submit(till, /\/dev\/pay/, { do: 'pay' });
        assert.equal(paid.status, 200, words(paid.text));
        assert.ok((await buyer.page(post)).text.includes(WORD));
        assert.match(words((await buyer.page('/me')).text), /365/);
        const verified = await node.cli('ledger verify');
        assert.ok(verified.every((row) => row.sound === 'yes'), JSON.stringify(verified));
    });

    it('name, picture and words of a profile', async () => {
        const page = await reader.page('/me/profile');
        const saved = await reader.submit(page, '/me/profile', { name: 'Rita Reader', bio: 'reads', picture: file('me.jpg', picture('cup'), 'image/jpeg') });
        assert.equal(saved.status, 200, words(saved.text));
        assert.match(saved.text, /Rita Reader/);
        const avatar = media(saved.text)[0];
        assert.ok(avatar, 'a picture is shown');
        assert.equal((await node.client().fetch(avatar)).status, 200);
    });

    it('a password, right and wrong; other sessions end', async () => {
        const second = await node.signUp('rita@example.net');
        assert.match((await second.page('/me')).text, /rita@example.net/);
        const short = await reader.post('/me/password', { fresh: 'short' });
        assert.equal(short.status, 400);
        const set = await reader.post('/me/password', { fresh: 'seven slow cups of tea' });
        assert.equal(set.status, 200, words(set.text));
        assert.equal((await second.fetch('/me')).status, 303, 'a new password ends the other sessions');
        const door = await second.page('/login?with=password');
        const wrong = await second.submit(door, '/login/password', { mail: 'rita@example.net', password: 'seven fast cups of tea' });
        assert.equal(wrong.status, 401);
        assert.match(words(wrong.text), /not right/);
        const unknown = await second.submit(door, '/login/password', { mail: 'nobody@example.net', password: 'seven fast cups of tea' });
        assert.equal(unknown.status, 401);
        assert.equal(words(unknown.text).replace(/nobody@example.net/g, 'x'), words(wrong.text).replace(/rita@example.net/g, 'x'));
        const right = await second.submit(door, '/login/password', { mail: 'Rita@Example.net', password: 'seven slow cups of tea' });
        assert.equal(right.status, 200, words(right.text));
        assert.match((await second.page('/me')).text, /rita@example.net/);
    });

    it('sees its sessions and ends one of them', async () => {
        const device = await node.client();
        await device.submit(await device.page('/login?with=password'), '/login/password', { mail: 'rita@example.net', password: 'seven slow cups of tea' });
        const list = await reader.page('/me/sessions');
        const others = formsOf(list.text).filter((f) => f.action === '/me/sessions/end');
        assert.ok(others.length >= 2, 'others are listed');
        assert.match(words(list.text), /Firefox on Linux/);
        const ended = await reader.post('/me/sessions/end', { session_id: '0' });
        assert.equal(ended.status, 200, words(ended.text));
        assert.equal((await device.fetch('/me')).status, 303);
        assert.equal((await reader.fetch('/me')).status, 200);
    });

    it('a link opened in another browser shows digits to type in the first', async () => {
        const first = node.client(), phone = node.client();
        const before = node.mails.length;
        const sent = await first.submit(await first.page('/login'), '/login', { mail: 'tom@example.net' });
        const letter = await eventually('the mail', () => node.mails.slice(before)[0]?.mail);
        const link = /http:\/\/localhost:\d+\/login\/[\w-]+/.exec(letter.text)[0];
        const shown = await phone.page(link);
        const digits = /<p class="box code">(\d{3} ?\d{3})<\/p>/.exec(shown.text)[1];
        assert.ok((await phone.fetch('/me')).status === 303);
        const wrong = await first.submit(sent, '/login/code', { code: '000000' === digits ? '000001' : '000000' });
        assert.equal(wrong.status, 400);
        assert.match(words(wrong.text), /not right/);
        const right = await first.submit(sent, '/login/code', { code: digits });
        assert.equal(right.status, 200, words(right.text));
        assert.match((await first.page('/me')).text, /tom@example.net/);
    });

    it('speaks Chinese and English, chosen by the browser and by hand', async () => {
        const zh = node.client({ lang: 'zh-CN,zh;q=0.9,en;q=0.5' });
        const page = await zh.page('/@tea');
        assert.match(page.text, /<html lang="zh-CN"/);
        assert.match(page.text, /登录/);
        const en = await zh.go('/lang?to=en&next=/@tea');
        assert.equal(en.path, '/@tea');
        assert.match(en.text, /<html lang="en"/);
        assert.equal((await zh.fetch('/lang?to=en&next=//evil.example/')).headers.location.replace(node.origin, ''), '/');
        await reader.go('/lang?to=zh-CN');
        assert.match((await reader.page('/me')).text, /<html lang="zh-CN"/);
        await reader.go('/lang?to=en');
        assert.equal((await zh.fetch('/theme?to=dark&next=/@tea')).status, 303);
        assert.match((await zh.page('/@tea')).text, /data-theme="dark"/);
    });

    it('a form from another site, without its token, or after signing out does nothing', async () => {
        const member = await node.member('mia');
        const count = async () => (await owner.page(post)).text.split('sneaked').length - 1;
        const token = await member.csrf();
        const refuse = async (what, fields, options) => {
            const rs = await member.send(`${post}/comments`, [...fields, ['text', 'sneaked in'], ['audience', 'members']], { follow: false, ...options });
            assert.ok([303, 401, 403].includes(rs.status), `${what}: ${rs.status}`);
            assert.ok(rs.status !== 303 || /\/login/.test(rs.headers.location), `${what}: led to ${rs.headers.location}`);
            assert.equal(await count(), 0, what);
            return rs;
        };
        const plain = await refuse('no token', []);
        assert.match(words(plain.text), /no longer valid/);
        await refuse('a token that is made up', [['_csrf', 'x'.repeat(token.length)]]);
        await refuse('another\'s token', [['_csrf', await owner.csrf()]]);
        await refuse('from another site', [['_csrf', token]], { headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } });
        await refuse('from another site, old browser', [['_csrf', token]], { headers: { origin: 'https://evil.example', 'sec-fetch-site': undefined } });
        await refuse('without any origin', [['_csrf', token]], { headers: { origin: undefined, 'sec-fetch-site': undefined } });
        const cookie = member.cookie;
        await member.post('/logout');
        assert.equal((await member.fetch('/me')).status, 303);
        await refuse('after signing out', [['_csrf', token]]);
        await refuse('after signing out, with the old cookie', [['_csrf', token]], { headers: { cookie } });
    });

    it('survives a restart with everybody still signed in', async () => {
        await node.restart();
        assert.equal((await reader.fetch('/me')).status, 200);
        assert.equal((await owner.fetch('/desk/tea')).status, 200);
    });

    it('says nothing in the log that is a secret', () => {
        const log = node.log();
        for (const secret of [...codes, WORD, 'seven slow', new URL(node.made.sign_in).pathname.split('/')[2]])
            assert.ok(!log.includes(secret), `the log says ${secret}`);
    });
});
