// Tax, receipts, invoices and fapiao, as members and owners meet them. Paid at the practice till.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Node, eventually } from '../rig/node.mjs';

// All of a page, since what matters stands at its end.
const words = (html) => html.replace(/<head[\s\S]*?<\/head>/, '').replace(/<[^>]*>/g, ' ').replaceAll('&amp;', '&').replaceAll('&#39;', "'").replace(/\s+/g, ' ').trim();

describe('tax and invoices', () => {
    let node, owner, price;
    const pay = async (who, page, fields = {}) => {
        const till = await who.submit(page, '/@tea/buy', { rail: 'fake', ...fields });
        assert.match(till.path, /^\/dev\/pay\//, `${till.status} ${words(till.text)}`);
        const paid = await who.submit(till, /\/dev\/pay/, { do: 'pay' });
        assert.equal(paid.status, 200, words(paid.text));
        return till.path.split('/').pop();
    };

    before(async () => {
        node = await (await Node.start({ name: 'bills' })).withMail();
        fs.writeFileSync(path.join(node.dir, 'countries.csv'), '127.0.0.0,127.255.255.255,DE\n');
        owner = await node.ownerSession();
        price = (await node.cli('tier price', { tier: 'member', price: 'EUR:100', unit: 'year' })).id;
        await eventually('the price is shown', async () => (await node.client().page('/@tea/join')).text.includes(`/join/${price}`));
    });
    after(() => node.close());

    it('the owner enters who sells and what is taken', async () => {
        const empty = await owner.page('/desk/tea/money/tax');
        const wrong = await owner.submit(empty, '/desk/tea/money/tax', { mode: 'exclusive', name: 'Tea GmbH' });
        assert.equal(wrong.status, 400);
        assert.match(words(wrong.text), /must say who sells/);
        assert.match(wrong.text, /value="Tea GmbH"/, 'what was typed stays');
        const set = await owner.submit(empty, '/desk/tea/money/tax', {
            mode: 'exclusive', name: 'Tea GmbH', address: 'Weg 1\n10115 Berlin', country: 'DE', tax_id: 'DE 123 456 789', note: 'Thank you.', fapiao: '1' });
        assert.equal(set.status, 200, words(set.text));
        const de = await owner.submit(set, '/desk/tea/money/tax/rates', { country: 'DE', rate_name: 'USt', percent: '19' });
        const fr = await owner.submit(de, '/desk/tea/money/tax/rates', { country: 'FR', rate_name: 'TVA', percent: '20', reverse: '1' });
        assert.match(words(fr.text), /France .*TVA 20/);
        assert.deepEqual((await node.cli('tax rates')).map((r) => r.country), ['DE', 'FR']);
        const partner = await node.person('pat');
        await node.cli('member role', { account: partner.mail, role: 'partner' });
        for (const p of ['tax', 'invoices', 'fapiao', 'invoices.csv'])
            assert.equal((await partner.fetch(`/desk/tea/money/${p}`)).status, 404, `${p} is the owner's`);
    });

    it('the price stands there in full before it is paid, by the buyer\'s country', async () => {
        const visitor = node.client();
        await eventually('the tax is shown', async () => /€119 with USt 19/.test(words((await visitor.page('/@tea/join')).text)));
        const page = await visitor.page(`/@tea/join/${price}`);
        assert.match(words(page.text), /USt 19.% €19 To pay €119/);
        assert.match(words((await visitor.page(`/@tea/join/${price}?country=FR`)).text), /TVA 20.% €20 To pay €120/);
        assert.match(words((await visitor.page(`/@tea/join/${price}?country=JP`)).text), /To pay €100/);
        assert.equal((await visitor.fetch(`/@tea/join/${price}?country=%3Cx`)).status, 200);
    });

    it('who pays has an invoice, by mail and on a page of their own', async () => {
        const ann = await node.person('ann');
        await pay(ann, await ann.page(`/@tea/join/${price}?country=FR`));
        const mail = await node.mailTo('ann@example.net');
        assert.match(mail.subject, /receipt for €120/);
        assert.match(mail.text, /TEA-\d{4}-000001/);
        const list = await ann.page('/me/receipts');
        assert.match(words(list.text), /TEA-\d{4}-000001/);
        const link = /\/me\/receipts\/\d+/.exec(list.text)[0];
        const bill = await ann.page(link);
        assert.match(words(bill.text), /Invoice TEA-\d{4}-000001/);
        assert.match(words(bill.text), /Tea GmbH Weg 1 10115 Berlin Germany Tax number DE123456789/);
        assert.match(words(bill.text), /Net €100 TVA 20.% €20 Total €120/);
        assert.match(words(bill.text), /Thank you\./);
        assert.equal((await (await node.person('eve')).fetch(link)).status, 404, 'nobody else sees it');
        assert.equal((await node.client().fetch(link)).status, 303);
        const unsure = await node.cli('tax unsure');
        assert.equal(unsure.length, 1);
        assert.equal(unsure[0].contradicts, 'yes', 'said France, browses from Germany');
        assert.match(words((await owner.page('/desk/tea/money/tax')).text), /said: France · browser: Germany/);
    });

    it('a business abroad enters its number and owes the tax itself', async () => {
        const biz = await node.person('biz');
        const page = await biz.page(`/@tea/join/${price}`);
        const details = await biz.page(/\/me\/billing\?next=[^"]*/.exec(page.text)[0].replaceAll('&amp;', '&'));
        const wrong = await biz.submit(details, '/me/billing', { name: 'Thé SARL', country: 'FR', tax_id: '12' });
        assert.equal(wrong.status, 400);
        const back = await biz.submit(details, '/me/billing', { name: 'Thé SARL', address: 'Rue 2', country: 'FR', tax_id: 'FR12345678901' });
        assert.match(back.path, /^\/@tea\/join\//);
        assert.match(words(back.text), /Reverse charge: you owe the tax yourself .*To pay €100/);
        await pay(biz, back);
        const list = await biz.page('/me/receipts');
        const bill = await biz.page(/\/me\/receipts\/\d+/.exec(list.text)[0]);
        assert.match(words(bill.text), /Thé SARL Rue 2 France Tax number FR12345678901/);
        assert.match(words(bill.text), /the tax is owed by the recipient/);
    });

    it('money given back makes a credit note, and all of it can be taken along', async () => {
        const [first] = (await node.cli('invoice list')).slice(-1);
        await node.cli('order refund', { number: first.order, 'by-hand': true });
        const bills = await eventually('the credit note', async () => {
            const all = await node.cli('invoice list');
            return all.some((b) => b.kind === 'credit_note') && all;
        });
        const note = bills.find((b) => b.kind === 'credit_note');
        assert.match(note.number, /^TEA-\d{4}-C000001$/);
        assert.equal(note.corrects, first.number);
        assert.equal(note.total, '-120.00');
        const page = await owner.page('/desk/tea/money/invoices');
        assert.match(words(page.text), /Credit note/);
        const csv = (await owner.fetch('/desk/tea/money/invoices.csv')).text;
        assert.equal(csv.trim().split('\n').length, bills.length + 1);
        const lines = ((await owner.fetch('/desk/tea/money/invoices.jsonl')).text).trim().split('\n').map((l) => JSON.parse(l));
        assert.equal(lines.reduce((n, l) => n + l.total, 0), 10000, 'what is left: the business');
        assert.ok(lines.every((l) => l.net + l.tax === l.total));
        const year = new Date().getUTCFullYear();
        assert.equal((await node.cli('tax report', { span: String(year + 1) })).length, 0);
        assert.equal((await owner.fetch('/desk/tea/money/invoices?span=nonsense')).status, 422);
    });

    it('a fapiao is asked for, issued elsewhere, and told', async () => {
        const yuan = (await node.cli('tier price', { tier: 'member', price: 'CNY:365', unit: 'year' })).id;
        const li = await node.person('li');
        const page = await eventually('the price in yuan', async () => {
            const p = await li.page(`/@tea/join/${yuan}`);
            return p.status === 200 && p;
        });
        await pay(li, page);
        const list = await li.page('/me/receipts');
        const bill = await li.page(/\/me\/receipts\/\d+/.exec(list.text)[0]);
        const wrong = await li.submit(bill, /fapiao$/, { kind: 'company', title: 'Tea', taxpayer_id: '123', mail: 'li@example.net', do: 'ask' });
        assert.equal(wrong.status, 400);
        const asked = await li.submit(bill, /fapiao$/, { kind: 'company', title: 'Tea House', taxpayer_id: '91350100M000100Y43', mail: 'li@example.net', do: 'ask' });
        assert.match(words(asked.text), /Tea House asked for/);
        const desk = await owner.page('/desk/tea/money/fapiao');
        assert.match(words(desk.text), /Tea House/);
        const id = /name="id" value="(\d+)"/.exec(desk.text)[1];
        const done = await owner.submit(desk, '/desk/tea/money/fapiao', { id, answer: 'No. 12345678', do: 'issued' });
        assert.equal(done.status, 200, words(done.text));
        assert.match(words((await li.page(bill.path)).text), /Tea House issued .*No\. 12345678/);
        assert.equal((await node.cli('fapiao list', { all: true })).length, 1);
        assert.match((await owner.fetch('/desk/tea/money/fapiao.csv?show=all')).text, /"91350100M000100Y43"/);
    });
});
