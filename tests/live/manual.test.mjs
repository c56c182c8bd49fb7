// The owner's manual of commerce, docs/operate/payments and its Chinese in docs/zh: each command that it prints is one
// that the program has, runs as it stands there, and each name of a page is one that the desk shows in that language.
// The Chinese pages print the same commands as the English ones, so that those are run once.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Node, ORRERY } from '../rig/node.mjs';

const manual = (dir) => {
    const url = new URL(`../../docs/${dir}operate/payments/`, import.meta.url);
    return readdirSync(url).filter((f) => f.endsWith('.md')).sort()
        .map((name) => ({ name, text: readFileSync(new URL(name, url), 'utf8') }));
};
const pages = manual(''), chinese = manual('zh/');

// `orrery VERB DIR REST`, in a block or within a sentence.
const printed = (of) => of.flatMap(({ name, text }) => text.split('\n').flatMap((line) =>
    [...line.matchAll(/orrery ((?:[a-z][a-z-]* )+)DIR([^`\n]*)/g)].map(([, verb, rest]) => {
        const block = /^( {4}|orrery )/.test(line);
        return { name, verb: verb.trim(), rest: rest.replace(/\s#.*$/, '').replace(/\s[>&]{1,2} .*$/, '').trim(), block, line };
    })));
const commands = printed(pages);

// Names of the desk's pages as a manual writes them, each a way of clicks from the planet's desk.
const joined = (text) => text.replace(/\s+/g, ' ');
const waysInEnglish = ({ name, text }) => [...joined(text).matchAll(/((?:Desk →(?: your planet →)? |\b)[A-Z][\w ]*(?: → [A-Z][\w' -]*)+)/g)]
    .map(([, said]) => ({ name, said, way: said.split(' → ').map((w) => w.trim()).filter((w) => w !== 'Desk' && w !== 'your planet') }))
    .filter(({ said, way }) => /^(Money|Settings|Members|Offers|Tiers|Payments)\b/.test(way[0]) || said.startsWith('Desk')) // else a provider's console
    .filter(({ said }) => !(name === 'tax-and-invoices.md' && said.startsWith('Settings → Tax'))); // Stripe's
// What is bold there is the desk's word, and nothing else is.
const bold = ({ text }) => [...joined(text).matchAll(/\*\*(.+?)\*\*/g)].map(([, said]) => said);
const waysInChinese = (page) => bold(page).filter((said) => said.includes(' → '))
    .map((said) => ({ name: `zh/${page.name}`, said, way: said.split(' → ').filter((w) => w !== '工作台' && w !== '你的星球') }));

const helps = new Map();
const help = (verb) => {
    if (!helps.has(verb)) helps.set(verb, execFileSync(ORRERY, [...verb.split(' '), '--help'], { encoding: 'utf8' }));
    return helps.get(verb);
};

describe('the manual of commerce', () => {
    let node, owner;

    before(async () => {
        node = await Node.start({ name: 'manual' });
        owner = await node.ownerSession();
        await node.cli('tier price', { tier: 'member', price: 'CNY:30', unit: 'month' });
        await node.cli('planet edit', { joining: 'approval' });
    });
    after(() => node.close());

    it('prints only verbs and options that there are', () => {
        assert.ok(commands.length > 90, `${commands.length} commands were found`);
        const wrong = [];
        for (const { name, verb, rest } of commands) {
            let text;
            try {
                text = help(verb);
            } catch {
                wrong.push(`${name}: orrery ${verb}: no such verb`);
                continue;
            }
            const has = new Set([...text.matchAll(/^ {2}--([a-z-]+)/gm)].map((m) => m[1]));
            for (const [, option] of rest.matchAll(/--([a-z-]+)/g))
                if (!has.has(option)) wrong.push(`${name}: orrery ${verb} --${option}: no such option`);
        }
        assert.deepEqual(wrong, []);
    });

    const walks = async (ways) => {
        const seen = new Map();
        const page = async (path) => {
            if (!seen.has(path)) {
                const { text } = await owner.page(path);
                const plain = (html) => html.replace(/<[^>]*>/g, ' ').replace(/&#39;|&#x27;/g, "'").replace(/\s+/g, ' ').trim();
                const links = [...text.matchAll(/<a [^>]*?href="([^"]+)"[^>]*>(.*?)<\/a>/gs)].map(([, url, label]) => [plain(label).replace(/ \d+$/, ''), url]);
                seen.set(path, { links, text: plain(text) });
            }
            return seen.get(path);
        };
        const wrong = [];
        for (const { name, said, way } of ways) {
            let at = '/desk/tea';
            for (const word of way) {
                const here = await page(at);
                const link = here.links.filter(([label]) => label === word || (label.length > 2 && word.startsWith(`${label} `))).pop();
                if (link) at = link[1];
                else if (!here.text.includes(word)) wrong.push(`${name}: ${said}: nothing on ${at} is called ${word}`);
            }
        }
        assert.deepEqual(wrong, []);
        assert.ok(ways.length > 20, `${ways.length} names were found`);
    };

    it('names pages that the desk shows', () => walks(pages.flatMap(waysInEnglish)));

    it('names them in Chinese as the desk does', async () => {
        owner.lang = 'zh-CN';
        await walks(chinese.flatMap(waysInChinese));
        const po = readFileSync(new URL('../../web/po/zh_CN.po', import.meta.url), 'utf8').replace(/"\n"/g, '');
        assert.deepEqual(chinese.flatMap((page) => bold(page).filter((said) => !said.includes(' → ') && !po.includes(`msgstr "${said}"`))
            .map((said) => `zh/${page.name}: the desk has no ${said}`)), []);
    });

    // A remark behind a command is in the page's language.
    it('is the same in Chinese, command by command', () => {
        const bare = (of) => of.map(({ name, verb, rest, block, line }) => `${name}: ${block ? line.replace(/\s+#.*$/, '').trim() : `${verb} ${rest}`}`);
        assert.deepEqual(chinese.map((p) => p.name), pages.map((p) => p.name));
        assert.deepEqual(bare(printed(chinese)), bare(commands));
    });

    // Word for word, page by page, each on a node of its own; what asks a provider is left out (its own tests
    // connect it), and so is what names one thing among many that a reader has and this node has not.
    // Where a page gives two ways of doing one thing, or undoes what it did, the program says so in a sentence.
    const said = {
        'free-and-paid.md': /--until 2027.*Nothing of this tier is free/, 'life.md': /downgrade.*This price is no longer offered/,
        'paypal.md': /This is not connected/, 'stripe.md': /This is not connected/, 'refunds.md': /unflag.*This was decided already/,
        'tax-and-invoices.md': /invoice show.*There is nothing of this name or number/,
    };
    const elsewhere = /^(rail (connect|test)|reconcile run)\b/, unnamed = /\bID\b|\bNUMBER\b|…|\[|01JD/;
    for (const name of new Set(commands.filter((c) => c.block).map((c) => c.name)))
        it(`${name}: its commands run as they stand there`, async () => {
            const own = new Node({ name: 'manual-own' });
            try {
                await own.init();
                await own.cli('tier create', { slug: 'reader', name: 'Reader', rank: 7 });
                const price = (await own.cli('tier price', { tier: 'member', price: 'CNY:30', unit: 'month' })).id;
                if (name === 'free-and-paid.md') await own.cli('tier price', { tier: 'member', price: 'CNY:0', unit: 'month' });
                const other = (await own.cli('tier price', { tier: 'reader', price: 'CNY:60', unit: 'month' })).id;
                assert.deepEqual((await own.cli('price list')).map((p) => p.id).filter((id) => id === price || id === other), [price, other]);
                for (const mail of ['ann', 'reader']) {
                    await own.cli('account create', { mail: `${mail}@example.org`, username: mail, name: mail });
                    await own.cli('member grant', { account: `${mail}@example.org`, tier: 'member', unit: 'year' });
                }
                for (const [file, text] of [['cup.md', 'A cup.'], ['teaser.md', 'A teaser.'], ['answer.md', 'Yes.']]) writeFileSync(path.join(own.root, file), text);
                copyFileSync(new URL('../../admin/demo/' + readdirSync(new URL('../../admin/demo/', import.meta.url)).find((f) => f.endsWith('.jpg')), import.meta.url), path.join(own.root, 'my-code.png'));
                const wrong = [];
                for (const { verb, rest, block, line } of commands.filter((c) => c.name === name)) {
                    if (!block || unnamed.test(line) || (elsewhere.test(verb) && !rest.includes('--rail transfer'))) continue;
                    const run = line.replace(/\borrery /g, '"$ORRERY" ').replace(/\bDIR\b/g, '"$NODE"')
                        .replace(/\b123\b/g, price).replace(/\b456\b/g, other).replace(/\b789\b/g, '$MOVE');
                    try {
                        execFileSync('bash', ['-c', run], { cwd: own.root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'],
                            env: { ...process.env, ORRERY, NODE: own.dir, MOVE: name === 'life.md' && verb === 'price stop' ? String((await own.cli('price moves'))[0]?.id) : '0' } });
                    } catch (e) {
                        const told = `${line.trim()}: ${e.stderr}`;
                        if (e.status !== 1 || !said[name]?.test(told)) wrong.push(told);
                    }
                }
                assert.deepEqual(wrong, []);
            } finally {
                await own.close();
            }
        });
});
