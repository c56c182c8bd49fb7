// A payment that the owner confirms by hand, through the pages and the command line: what the buyer sees, the
// private picture, confirming many at once, what was used before, rejecting, access before it is certain.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Node } from '../rig/node.mjs';
import { file, formsOf, unescape } from '../rig/client.mjs';

const words = (html) => unescape(html.replace(/<head[\s\S]*?<\/head>/, '').replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ');
const SECRET_WORD = 'osmanthus' + Math.random().toString(36).slice(2, 8);

// A small picture of one colour.
function png(r, g, b, side = 64) {
    const chunk = (name, data) => {
        const body = Buffer.concat([Buffer.from(name), data]);
        const out = Buffer.alloc(body.length + 8);
        out.writeUInt32BE(data.length, 0);
        body.copy(out, 4);
        out.writeUInt32BE(zlib.crc32(body), body.length + 4);
        return out;
    };
    const head = Buffer.alloc(13);
    head.writeUInt32BE(side, 0);
    head.writeUInt32BE(side, 4);
    head.set([8, 2, 0, 0, 0], 8);
    const row = Buffer.concat([Buffer.from([0]), ...Array(side).fill(Buffer.from([r, g, b]))]);
    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head),
                          chunk('IDAT', zlib.deflateSync(Buffer.concat(Array(side).fill(row)))), chunk('IEND', Buffer.alloc(0))]);
}

describe('transfer', () => {
    let node, owner, post, price;
    const transfers = '/desk/tea/money/transfers';

    before(async () => {
        node = await Node.start({ name: 'transfer' });
        owner = await node.ownerSession();
        await owner.submit(await owner.page('/desk/tea/tiers'), /\/tiers\/\d+\/prices/, { amount: '99', currency: 'CNY', length: '1', unit: 'year' });
        post = await node.post({ title: 'Locked', body: SECRET_WORD, access: 'members', teaser: 'A sip.' });
        price = /\/join\/(\d+)/.exec((await owner.page('/@tea/join')).text)[1];
    });
    after(async () => { await node.close(); });

    const order = async (client) => {
        const rs = await client.submit(await client.page(`/@tea/join/${price}`), '/@tea/buy', { rail: 'transfer' });
        assert.equal(rs.status, 200, words(rs.text));
        return { page: rs, n: /\/pay\/([0-9A-Z]{26})/.exec(rs.path)[1], memo: /<code id="memo">([0-9A-Z]{8})</.exec(rs.text)[1] };
    };
    const state = (n) => node.column(`SELECT state FROM purchase_order WHERE number = '${n}'`)[0];
    const reads = async (client) => (await client.page(new URL(post.address, node.origin).pathname)).text.includes(SECRET_WORD);
    const say = async (client, n, fields) => client.submit(await client.page(`/pay/${n}`), `/pay/${n}/sent`, fields);
    const decide = async (fields, from = transfers) => owner.submit(await owner.page(from), transfers, fields);

    it('the owner sets it up, with a picture of the payment code', async () => {
        const at = '/desk/tea/money/providers/transfer';
        const page = await owner.page(at);
        assert.doesNotMatch(page.text, /\/hooks\/transfer/, 'there are no messages to hear');
        const half = await owner.submit(page, at, { f_holder: 'Olga Tea', do: 'save' });
        assert.match(words(half.text), /Something is missing/);
        const on = await owner.submit(half, at, { f_holder: 'Olga Tea', f_currencies: 'cny', f_words: 'I look each evening.',
            f_unlike: 'true', f_code: file('code.png', png(10, 120, 60), 'image/png'), do: 'save' });
        assert.match(words(on.text), /Connected\. Members can pay/);
        assert.match(on.text, /<img class="thumb"/);
        const again = await owner.submit(on, at, { f_account: '6222 0000 1111 2222', do: 'save' });
        assert.match(again.text, /<img class="thumb"/, 'a picture that is not sent again stays');
        assert.equal((await node.cli('rail list')).find((r) => r.rail === 'transfer').state, 'on');
    });

    it('a buyer sees where to send how much; saying so opens nothing by itself', async () => {
        const ann = await node.person('ann');
        const { page, n, memo } = await order(ann);
        for (const w of [/Olga Tea/, /6222 0000 1111 2222/, /I look each evening/, /CN¥99/, /Kept for you until/])
            assert.match(words(page.text), w);
        assert.equal((await ann.fetch(`/pay/${n}/code`)).headers['content-type'].startsWith('image/'), true);
        assert.equal(state(n), 'pending');
        const said = await say(ann, n, { payer: 'Ann A.', bank_ref: '4200 0001', picture: file('shot.png', png(200, 10, 10), 'image/png') });
        assert.match(words(said.text), /The owner looks for it/);
        assert.match(words(said.text), /You said that it is sent/);
        assert.equal(await reads(ann), false);
        // The picture is the buyer's and the owner's.
        assert.equal((await ann.fetch(`/pay/${n}/picture`)).status, 200);
        assert.equal((await owner.fetch(`/pay/${n}/picture`)).status, 200);
        const eve = await node.person('eve');
        for (const p of ['', '/picture', '/code'])
            assert.equal((await eve.fetch(`/pay/${n}${p}`)).status, 404);
        assert.equal((await eve.send(`/pay/${n}/sent`, [['_csrf', formsOf((await eve.page('/me')).text).map((f) => f.fields.find(([k]) => k === '_csrf')).find(Boolean)[1]]], { multi: true })).status, 404);
        const media = node.column('SELECT media_id FROM transfer WHERE media_id IS NOT NULL')[0];
        assert.equal((await eve.fetch(`/media/${media}/large.png`)).status, 404);
        // The owner finds it by what stands on the statement.
        for (const q of [memo, memo.toLowerCase(), '99.00', '42000001', n])
            assert.ok((await owner.page(`${transfers}?q=${q}`)).text.includes(n), q);
        const desk = await owner.page(transfers);
        assert.match(words(desk.text), /Account of Ann A\./);
        const done = await owner.submit(desk, transfers, { number: n, do: 'confirm' });
        assert.match(words(done.text), /1 payment confirmed/);
        assert.equal(state(n), 'paid');
        assert.ok(await reads(ann));
        assert.match(words((await ann.page(`/pay/${n}`)).text), /Paid/);
        assert.match(words((await ann.page('/me/notices')).text), /Your payment has arrived/);
    });

    it('many at once; amounts are unlike each other; another amount lies in the tray', async () => {
        const many = [];
        for (const name of ['ben', 'cat', 'dan']) {
            const client = await node.person(name);
            many.push({ client, ...await order(client) });
        }
        assert.equal(new Set(many.map((m) => node.column(`SELECT amount FROM transfer WHERE memo = '${m.memo}'`)[0])).size, 3);
        assert.match(words(many[1].page.text), /99\.01/);
        const waiting = await owner.page(`${transfers}?show=waiting`);
        const done = await owner.submit(waiting, transfers, { number: [many[0].n, many[1].n], do: 'confirm' });
        assert.match(words(done.text), /2 payments confirmed/);
        assert.ok(await reads(many[0].client) && await reads(many[1].client));
        const other = await decide({ [`amount_${many[2].n}`]: '90.00', do: `confirm:${many[2].n}` }, `${transfers}?show=waiting`);
        assert.match(words(other.text), /lies in the tray/);
        assert.equal(await reads(many[2].client), false);
        assert.match(words((await owner.page('/desk/tea/money/tray')).text), /CN¥90/);
        assert.match(words((await many[2].client.page(`/pay/${many[2].n}`)).text), /does not fit this order/);
        assert.equal(node.column(`SELECT SUM(amount) AS s FROM entry WHERE account = 'rounding'`)[0], -1);
    });

    it('a picture that was used is not confirmed in bulk; what is not found is told', async () => {
        const eve = await node.person('ella');
        const { n } = await order(eve);
        await say(eve, n, { bank_ref: '42000001', picture: file('again.png', png(200, 10, 10), 'image/png') });
        const desk = await owner.page(transfers);
        assert.match(words(desk.text), /The same picture came with order/);
        assert.match(words(desk.text), /The same reference came with order/);
        const tried = await owner.submit(desk, transfers, { number: n, do: 'confirm' });
        assert.equal(tried.status, 409);
        assert.match(words(tried.text), /Look twice/);
        assert.equal(await reads(eve), false);
        const no = await decide({ number: n, reason: 'That one was Ann\'s.', do: 'reject' });
        assert.match(words(no.text), /1 not found/);
        const page = await eve.page(`/pay/${n}`);
        assert.match(words(page.text), /Your payment was not found/);
        assert.match(words(page.text), /That one was Ann's\./);
        // Said again with other proof, and confirmed on the command line.
        await say(eve, n, { bank_ref: '42000777', picture: file('true.png', png(1, 2, 200), 'image/png') });
        const listed = await node.cli('transfer list', {});
        assert.equal(listed.find((t) => t.order === n).bank_ref, '42000777');
        assert.deepEqual(await node.cli('transfer confirm', { number: n }), [{ order: n, outcome: 'confirmed' }]);
        assert.deepEqual(await node.cli('transfer confirm', { number: n }), [{ order: n, outcome: 'known' }]);
        assert.ok(await reads(eve));
    });

    it('with the owner\'s wish it opens at once for two days', async () => {
        const at = '/desk/tea/money/providers/transfer';
        await owner.submit(await owner.page(at), at, { f_provisional: 'true', do: 'save' });
        const finn = await node.person('finn');
        const { n } = await order(finn);
        const said = await say(finn, n, {});
        assert.match(words(said.text), /You can read already/);
        assert.ok(await reads(finn));
        await node.cli('transfer reject', { number: n, reason: 'No.' });
        assert.equal(await reads(finn), false);
        await say(finn, n, {});
        assert.equal(await reads(finn), false, 'not a second time');
    });

    it('it is the owner\'s page alone; the code comes by the command line, too; the books hold', async () => {
        const paula = await node.person('paula');
        await node.cli('role set', { account: paula.mail, role: 'partner' }).catch(() => {});
        assert.equal((await paula.fetch(transfers)).status, 404);
        const at = path.join(node.dir, 'code.png');
        writeFileSync(at, png(3, 3, 3));
        const { picture } = await node.cli('transfer code', { file: at });
        assert.match(picture, /^\d+$/);
        assert.equal(node.column('SELECT settings FROM rail_account')[0].includes(`"code":"${picture}"`), true);
        assert.equal((await node.cli('ledger verify')).whole ?? true, true);
        assert.equal(node.column('SELECT COUNT(*) AS n FROM (SELECT txn_id FROM entry GROUP BY txn_id, currency HAVING SUM(amount) <> 0) AS x')[0], 0);
    });
});
