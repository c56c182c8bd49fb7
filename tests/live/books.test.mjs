// The books as their owner meets them: pages, exports that prove themselves, the chain checked, the tray by command.
import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Node, eventually } from '../rig/node.mjs';

describe('the books', () => {
    let node, owner, number;
    before(async () => {
        node = await Node.start({ name: 'books', planet: 'tea', title: 'Tea' });
        await node.cli('tier create', { slug: 'member', name: 'Member', rank: 1 }).catch(() => {});
        const tiers = await node.cli('tier list');
        const price = (await node.cli('tier price', { tier: tiers[0].slug, price: 'CNY:365', unit: 'year' })).id;
        owner = await node.ownerSession();
        for (const name of ['gus', 'una']) {
            const who = await node.person(name);
            const till = await who.submit(await who.page(`/@tea/join/${price}`), '/@tea/buy', { rail: 'fake' });
            await who.submit(till, /\/dev\/pay/, { do: 'pay' });
        }
        number = node.column('SELECT number FROM purchase_order ORDER BY id')[0];
    });
    after(() => node.stop());

    const text = async (path) => (await owner.fetch(path)).text;

    it('show what came in, and find it by order, kind and account', async () => {
        assert.match((await owner.page('/desk/tea/money')).text, /730/);
        const all = await owner.page('/desk/tea/money/ledger');
        assert.equal(all.text.split('class="top-row"').length - 1, 2);
        const one = await owner.page(`/desk/tea/money/ledger?order=${number}`);
        assert.equal(one.text.split('class="top-row"').length - 1, 1);
        const none = await owner.page('/desk/tea/money/ledger?kind=refund&account=clearing:fake');
        assert.equal(none.text.split('class="top-row"').length - 1, 0);
        assert.equal((await owner.fetch('/desk/tea/money/ledger?from=soon')).status, 400);
    });

    it('can be taken along, and the lines prove themselves', async () => {
        const csv = await text('/desk/tea/money/ledger.csv?kind=payment');
        assert.equal(csv.trim().split('\r\n').length, 1 + 4);
        let prev = Buffer.alloc(32);
        const lines = (await text('/desk/tea/money/ledger.jsonl')).trim().split('\n');
        assert.equal(lines.length, 2);
        for (const line of lines) {
            const { hash } = JSON.parse(line);
            const txn = line.slice(line.indexOf('"txn":') + 6, -1);
            assert.equal(createHash('sha256').update(prev).update(txn).digest('hex'), hash);
            prev = Buffer.from(hash, 'hex');
        }
        const checked = await owner.submit(await owner.page('/desk/tea/money/ledger'), /ledger\/verify/, {});
        assert.match(checked.text, new RegExp(prev.toString('hex')));
        const [verified] = await node.cli('ledger verify');
        assert.equal(verified.head, prev.toString('hex'));
        assert.equal(verified.memberships, 'as written');
    });

    it('are the owner\'s alone', async () => {
        const other = await node.person('zed');
        for (const path of ['', '/ledger', '/ledger.csv', '/ledger.jsonl', '/tray', '/reconcile'])
            assert.equal((await other.fetch(`/desk/tea/money${path}`)).status, 404, path);
    });

    it('keep what providers told for a while, and then nothing of it but that it came', async () => {
        const bodies = () => node.column('SELECT COUNT(*) AS n FROM rail_event WHERE length(body) > 0')[0];
        const events = node.column('SELECT COUNT(*) AS n FROM rail_event')[0];
        assert.ok(Number(bodies()) > 0);
        await node.signal('SIGTERM');
        node.sqlRun(`UPDATE rail_event SET received_at = received_at - ${181 * 86400000};
                     UPDATE job SET run_at = 0 WHERE kind = 'money.forget'`);
        await node.serve();
        await eventually('they are emptied', () => Number(bodies()) === 0);
        assert.equal(node.column('SELECT COUNT(*) AS n FROM rail_event')[0], events);
        await assert.rejects(node.cli('settings set', { key: 'pay.forget_days', value: '7' }));
    });

    it('bring damaged memberships back', async () => {
        node.sqlRun("UPDATE member_grant SET live_state = 'revoked', rank = 9");
        const [before_] = await node.cli('ledger verify').catch((e) => [e]);
        assert.notEqual(before_.memberships, 'as written');
        const [done] = await node.cli('ledger rebuild');
        assert.ok(+done.mended > 0);
        assert.deepEqual(node.column('SELECT DISTINCT live_state FROM member_grant'), ['live']);
        assert.deepEqual(await node.cli('tray list'), []);
        assert.deepEqual(await node.cli('reconcile list'), []);
        assert.match(await text('/desk/tea/money/reconcile'), /Nothing was compared yet/, 'which is not the same as agreeing');
        await node.check?.();
    });
});
