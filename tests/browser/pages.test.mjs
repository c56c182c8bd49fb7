// Every page in a real browser: as a visitor, a member, the owner; on a phone and on a desk; light and
// dark; in Chinese and English. Then writing with script, and everything without.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { Node, eventually } from '../rig/node.mjs';
import { SCREENS, english, examine, launch, look as lookAt, open as openWindow, picture } from './examine.mjs';

describe('in a browser', () => {
    let node, browser, owner, member, ids = {}, sessions;

    before(async () => {
        [node, browser] = await Promise.all([Node.start({ name: 'browser', planet: 'tea', title: '行星茶', lang: 'zh-CN' }), launch()]);
        await node.cli('demo');
        owner = await node.ownerSession();
        member = await node.member('mia');
        const posts = await node.cli('post list');
        ids.slugs = posts.map((p) => p.slug);
        ids.posts = posts.map((p) => p.id);
        ids.draft = (await node.post({ title: 'A draft', body: 'Above.\n\n<!--more-->\n\nBelow.', access: 'members', draft: true })).id;
        const first = `/@tea/${ids.slugs[0]}`;
        const said = await member.submit(await member.page(first), `${first}/comments`, { text: 'A comment with a-very-long-word-that-must-not-push-the-page-' + 'x'.repeat(120) });
        ids.comment = /id="c-(\d+)"/.exec(said.text)[1];
        await owner.submit(await owner.page(`${first}?reply=${ids.comment}`), `${first}/comments`, { text: '谢谢 @mia' });
        await owner.post('/desk/tea/codes', { name: 'Spring', count: '2', length: '1', unit: 'month', uses: '1', tier_id: (await node.cli('tier list'))[0].id });
        const tier = (await node.cli('tier list'))[0].slug;
        ids.price = (await node.cli('tier price', { tier, price: 'CNY:365', unit: 'year', 'trial-days': 7 })).id;
        await eventually('the price is offered', async () => (await member.fetch(`/@tea/join/${ids.price}?gift=1`)).status === 200);
        await node.cli('coupon create', { percent: 20, code: 'SPRING-20', terms: 3, note: '春季读者' });
        ids.card = await node.cli('trial-card create', { tier, name: '书展', uses: 50 });
        await node.cli('invite rule', { reward: 'days', days: 14 });
        const till = await member.submit(await member.page(`/@tea/join/${ids.price}?gift=1`), '/@tea/buy', { rail: 'fake', gift_to: '妈妈', gift_words: '生日快乐' });
        ids.gift = (await member.submit(till, /\/dev\/pay/, { do: 'pay' })).path;
        await member.post('/report', { post: ids.posts[0], reason: 'other', text: 'A word with a-very-long-name-that-must-not-push-' + 'x'.repeat(90) });
        // Two planets nearby, the second by the first, as a look would have left them.
        const known = (uri, name, line, teaser) => `INSERT INTO nearby (uri, host, handle, name, line, url, teaser, teaser_url, teaser_at, state, tries, seen_at, next_at)
            VALUES ('${uri}', 'far.example', '@a_rather_long_name_that_must_wrap_somewhere@far.example', '${name}', '${line}', '${uri}', '${teaser}', '${uri}', ${Date.now()}, 'known', 0, ${Date.now()}, ${Date.now() + 864e5})`;
        node.sqlRun(`INSERT INTO endorsement (id, planet_id, asked, uri, state, tries, next_at, created_at) SELECT 1, id, '@far', 'https://far.example/a', 'found', 0, 0, 0 FROM planet;
            ${known('https://far.example/a', '山间慢递', '每周三封信', '今天的信写给没有去成的地方。')};
            ${known('https://far.example/b', 'Qxbqxb ' + 'x'.repeat(60), '茶与书', '好久不见')};
            INSERT INTO nearby_link (from_uri, to_uri) VALUES ('https://far.example/a', 'https://far.example/b')`);
        await node.cli('nearby switch', { to: 'on' });
        // People elsewhere with names that don't fit: followers, one who asks, a talk in private, a server that is silent.
        const day = Date.now();
        const far = (id, name, host) => `INSERT INTO actor (id, uri, kind, host, username, name, inbox, fetched_at) VALUES (${id}, 'http://${host}/${id}', 'Person', '${host}', 'far${id}', '${name}', 'http://${host}/inbox', ${day});
            INSERT INTO follow (id, actor_id, target_id, activity_uri, state, created_at) SELECT ${id}, ${id}, id, 'http://${host}/${id}#f', '${id === 903 ? 'pending' : 'accepted'}', ${day} FROM actor WHERE local_kind = 'planet'`;
        node.sqlRun([far(901, '山'.repeat(60), '127.0.0.1:1'), far(902, 'محمد عبد الله الطويل', 'a-name-of-a-server-that-does-not-end.and-another-label.invalid'), far(903, 'x'.repeat(60), '127.0.0.1:1'),
            `INSERT INTO direct_note (id, planet_id, actor_id, object_uri, html, created_at) SELECT 901, id, 901, 'http://127.0.0.1:1/n', '<p>${'想'.repeat(200)}</p>', ${day} FROM planet`].join(';\n'));
        await node.post({ title: 'To be delivered', body: 'Said to servers that are silent.', access: 'public' });
        await eventually('a delivery has failed', async () => (await node.cli('delivery list', { host: '127.0.0.1:1' })).some((d) => Number(d.attempts) > 0));
        ids.delivered = (await node.cli('post list'))[0].id;
        await node.cli('domain block', { host: 'bad.example', confirm: 'bad.example', comment: 'spam' });
        await node.cli('actor block', { actor: '@far902@a-name-of-a-server-that-does-not-end.and-another-label.invalid', note: 'after two warnings' });
        await node.cli('tip rules', { least: ['CNY:1', 'USD:1'], most: ['CNY:500', 'USD:100'] });
        const tip = await member.submit(await member.page(`/@tea/${ids.slugs[0]}/tip`), `/@tea/${ids.slugs[0]}/tip`, { amount: '20', currency: 'CNY', words: '谢谢，写得真好。' + 'x'.repeat(90), named: '1', rail: 'fake' });
        await member.submit(tip, /\/dev\/pay/, { do: 'pay' });
        await node.post({ title: '单独出售的一篇', slug: 'for-sale', body: 'Only for who bought it.', teaser: '预览在此。', access: 'price:CNY:9.90', included: tier });
        await commerce(tier);
        sessions = { visitor: node.client(), member, owner };
    });
    after(async () => { await browser.close(); await node.close(); });

    // What a planet's books and a member's papers hold after a while, made as people make it.
    async function commerce(tier) {
        const buys = async (who, rail = 'fake') => {
            const at = await who.submit(await who.page(`/@tea/join/${ids.price}`), '/@tea/buy', { rail });
            if (rail === 'fake') await who.submit(at, /\/dev\/pay/, { do: 'pay' });
            return /\/pay\/([0-9A-Z]{26})/.exec(at.path)[1];
        };
        const tax = await owner.submit(await owner.page('/desk/tea/money/tax'), '/desk/tea/money/tax', { mode: 'inclusive', name: '行星茶有限责任公司', address: '茶山路 1 号\n福州', country: 'CN', tax_id: '91350100M000100Y43', note: '谢谢。', fapiao: '1' });
        await owner.submit(tax, '/desk/tea/money/tax/rates', { country: 'CN', rate_name: '增值税', percent: '6' });
        ids.order = await buys(member);
        const bill = await member.page(/\/me\/receipts\/\d+/.exec((await member.page('/me/receipts')).text)[0]);
        await member.submit(bill, /fapiao$/, { kind: 'company', title: '一家名字很长很长的茶叶科技与文化传播有限责任公司', taxpayer_id: '91350100M000100Y43', mail: 'mia@example.net', do: 'ask' });
        ids.bill = bill.path;
        // A second payment: the money back is the owner's to decide.
        const buyer = await node.person('wang'), again = await buys(buyer).then(() => buys(buyer));
        await buyer.submit(await buyer.page(`/me/orders/${again}`), /\/refund$/, { do: 'ask', words: '搬家了，没时间读。' + 'x'.repeat(80) });
        ids.asked = again;
        const returned = await node.person('zhou'), back = await buys(returned);
        await returned.submit(await returned.page(`/me/orders/${back}`), /\/refund$/, { do: 'now' });
        // Transfers: said, not said, and one of another amount, which lies in the tray.
        await node.cli('rail connect', { rail: 'transfer', file: '-' }, { input: JSON.stringify({ holder: '王小茶', account: '6222 0000 1111 2222', bank: '招商银行 上海分行', unlike: 'true' }) });
        const [said, waits, other] = await Promise.all(['zhao', 'qian', 'sun'].map(async (name) => { const who = await node.person(name); return { who, n: await buys(who, 'transfer') }; }));
        await said.who.submit(await said.who.page(`/pay/${said.n}`), `/pay/${said.n}/sent`, { payer: '赵先生', bank_ref: '4200 0001' });
        await owner.submit(await owner.page('/desk/tea/money/transfers?show=waiting'), '/desk/tea/money/transfers', { [`amount_${other.n}`]: '300.00', do: `confirm:${other.n}` });
        ids.waits = waits.n;
        // A question that is answered and one that waits.
        await owner.submit(await owner.page('/desk/tea/money/questions'), '/desk/tea/money/questions', { open: '1', price: '50', listen: '1', currency: 'CNY', about: '关于茶的一切，都可以问。' });
        ids.ask = /\/@tea\/questions\/ask\?to=\d+/.exec((await member.page('/@tea/questions')).text)[0];
        for (const text of ['水该多热？', '杯子呢？' + 'x'.repeat(90)]) {
            const till = await member.submit(await member.page(ids.ask), '/@tea/questions/ask', { text, listen: '1', rail: 'fake' });
            const paid = await member.submit(till, /\/dev\/pay/, { do: 'pay' });
            if (ids.question) ids.waiting = paid.path;
            else {
                ids.question = paid.path;
                await owner.submit(await owner.page(paid.path), `${paid.path}/answer`, { answer: '大约 **80** 度。' });
            }
        }
        const link = async (at, what) => what.exec((await owner.page(at)).text)[0];
        ids.person = await link(`/desk/tea/money/orders/${again}`, /\/desk\/tea\/members\/\d+/);
        ids.invoice = await link('/desk/tea/money/invoices', /\/desk\/tea\/money\/invoices\/\d+/);
        ids.switch_ = await link('/desk/tea/tiers', /\/desk\/tea\/tiers\/\d+\/switch/);
        ids.given = /\/gift\/[\w-]+/.exec((await member.page(ids.gift)).text)[0];
        await node.cli('token create', { account: member.mail, name: 'a-script-with-a-long-name', scope: 'me:read', days: 365 });
    }

    const open = (who, how) => openWindow(browser, node, sessions[who], how);

    const pages = {
        visitor: () => ['/', '/@tea', '/@tea/nearby', '/@tea/join', `/@tea/join/${ids.price}?coupon=SPRING-20`, `/@tea/join/${ids.price}?coupon=NONE`, '/@tea/for-sale', '/@tea/for-sale/buy', '/@tea/questions', ids.ask, ids.question, ids.given, new URL(ids.card.link).pathname, ...ids.slugs.map((s) => `/@tea/${s}`), '/@tea/tag/茶', '/login', '/login?with=password', '/auth/fedi', '/auth/fedi?with=others', `/interact?do=follow&uri=${encodeURIComponent(node.origin + '/@tea')}`, '/nothing/here'],
        member: () => ['/', '/@tea', '/@tea/join', `/@tea/join/${ids.price}`, `/@tea/join/${ids.price}?gift=1`, '/@tea/for-sale/buy', `/@tea/${ids.slugs[0]}/tip?amount=20.00&currency=CNY`, '/@tea/ask', '/@tea/invite', '/@tea/invite/poster', '/me/gifts', ids.gift, `/@tea/${ids.slugs[0]}`, `/@tea/${ids.slugs[1]}`, `/@tea/${ids.slugs[0]}?reply=${ids.comment}`,
                       `/@tea/${ids.slugs[0]}?edit=${ids.comment}`, '/me', '/me/profile', '/me/password', '/me/sessions', '/me/notices', '/me/fediverse', '/compose',
                       '/@tea/membership', '/me/orders', `/me/orders/${ids.order}`, `/pay/${ids.order}`, '/me/receipts', ids.bill, '/me/billing', '/me/tokens', '/@tea/questions', ids.ask, ids.question, ids.waiting, '/me/questions'],
        owner: () => ['/@tea', `/@tea/${ids.slugs[0]}`, '/compose', `/compose/${ids.draft}`, `/compose/${ids.posts[0]}`, `/compose/${ids.draft}/confirm`,
                      `/compose/${ids.draft}/delete`, `/compose/${ids.posts[0]}/unpublish`, '/drafts', '/desk', '/desk/tea/members', '/desk/tea/codes',
                      '/desk/tea/offers', '/desk/tea/offers/cards', `/desk/tea/offers/cards/${ids.card.id}`, '/desk/tea/offers/invites', '/desk/tea/offers/gifts', '/desk/tea/offers/singles', '/desk/tea/requests',
                      '/desk/tea/tiers', '/desk/tea/settings', '/desk/tea/tray', '/me', '/me/notices',
                      ids.person, '/desk/tea/prices', `/desk/tea/prices/${ids.price}`, `${ids.switch_}?to=free`, '/me/questions', ids.waiting,
                      '/desk/tea/money', '/desk/tea/money/ledger', '/desk/tea/money/tray', '/desk/tea/money/transfers', '/desk/tea/money/transfers?show=waiting', '/desk/tea/money/transfers?show=done',
                      '/desk/tea/money/refunds', `/desk/tea/money/orders/${ids.asked}`, '/desk/tea/money/reconcile', '/desk/tea/money/invoices', ids.invoice, '/desk/tea/money/tax', '/desk/tea/money/fapiao',
                      '/desk/tea/money/questions', '/desk/tea/money/providers', ...['stripe', 'paypal', 'wechat', 'alipay', 'btcpay', 'transfer'].map((r) => `/desk/tea/money/providers/${r}`),
                      '/desk/tea/fediverse', '/desk/tea/fediverse/followers', '/desk/tea/fediverse/talk', '/desk/tea/fediverse/talk?show=marks',
                      '/desk/tea/fediverse/delivery', '/desk/tea/fediverse/delivery?hosts=all', '/desk/tea/fediverse/settings',
                      '/desk/tea/fediverse/messages', '/desk/tea/fediverse/neighbours', '/desk/tea/fediverse/reports', '/desk/tea/fediverse/reports?show=settled', '/desk/tea/fediverse/moving', '/desk/tea/fediverse/moving?of=me',
                      '/desk/tea/fediverse/blocks', '/desk/tea/fediverse/messages/901', `/desk/tea/fediverse/delivery/posts/${ids.delivered}`, '/desk/tea/fediverse/delivery/hosts/127.0.0.1:1', `/report?comment=${ids.comment}`],
    };
    const looks = [{ width: 375, dark: true, zh: true }, { width: 375, dark: false, zh: false }, { width: 1280, dark: false, zh: true }, { width: 1280, dark: true, zh: false }];

    for (const who of Object.keys(pages))
        for (const look of looks)
            it(`every page of a${who === 'owner' ? 'n' : ''} ${who}: ${look.width} px, ${look.dark ? 'dark' : 'light'}, ${look.zh ? 'Chinese' : 'English'}`, async () => {
                const page = await open(who, look);
                const wrong = [];
                for (const at of pages[who]()) {
                    page.troubles.length = 0;
                    const rs = await page.goto(node.origin + at, { waitUntil: 'load' });
                    const expected = at === '/nothing/here' ? 404 : who === 'member' && at === '/compose' ? 403 : 200;
                    if (rs.status() !== expected) wrong.push(`${at}: ${rs.status()}`);
                    const found = await lookAt(page, `${who}-${at.replace(/[^\w]+/g, '_').slice(0, 40) || 'home'}`, look);
                    const document_ = page.troubles.filter((t) => !(expected !== 200 && /status of 40[34]/.test(t)));
                    for (const f of [...found, ...document_]) wrong.push(`${at}: ${f}`);
                }
                await page.context().close();
                assert.deepEqual(wrong, []);
            });

    it('writes with script: saves itself, previews, takes pictures by picking and by dragging, publishes', async () => {
        const page = await open('owner');
        await page.goto(`${node.origin}/compose`);
        await page.fill('#title', 'Written with script');
        await page.fill('#body', 'Above the line.\n\n<!--more-->\n\n');
        await page.locator('#body').press('End');
        await page.locator('#body').pressSequentially('Below, **bold**.');
        await page.waitForURL(/\/compose\/\d+$/); // saved by itself
        assert.match(await page.textContent('#status'), /Saved/);
        const id = page.url().split('/').pop();
        assert.ok((await node.cli('post list', { drafts: true })).some((d) => d.id === id && d.title === 'Written with script'));

        await page.click('[data-preview]');
        await page.waitForSelector('#preview strong');
        assert.equal(await page.textContent('#preview strong'), 'bold');
        await page.click('[data-preview]');

        await page.setInputFiles('#upload', [{ name: 'one.jpg', mimeType: 'image/jpeg', buffer: picture('cup') }, { name: 'two.jpg', mimeType: 'image/jpeg', buffer: picture('dawn') }]);
        await page.waitForFunction(() => document.querySelectorAll('#things input[name=media]').length === 2);
        const data = await page.evaluateHandle((bytes) => {
            const t = new DataTransfer();
            t.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], 'three.jpg', { type: 'image/jpeg' }));
            return t;
        }, picture('terraces').toString('base64'));
        await page.dispatchEvent('#drop', 'dragover', { dataTransfer: data });
        await page.dispatchEvent('#drop', 'drop', { dataTransfer: data });
        await page.waitForFunction(() => document.querySelectorAll('#things input[name=media]').length === 3);
        // One that is no picture is refused in words.
        await page.setInputFiles('#upload', { name: 'lie.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('only words') });
        await page.waitForSelector('#things .error');
        assert.match(await page.textContent('#things .error'), /lie\.jpg: .*picture can't be read/);
        page.troubles = page.troubles.filter((t) => !/400/.test(t));
        assert.equal(await page.isVisible('#teaser-field'), true);
        await page.check('input[name=access][value=public]', { force: true });
        assert.equal(await page.isVisible('#teaser-field'), false, 'a public post needs no teaser');
        await page.check('input[name=access][value=members]', { force: true });
        await page.fill('#tags', '茶 puer');

        await page.click('button[value=publish]');
        await page.waitForURL(/\/confirm$/);
        assert.equal((await page.inputValue('#teaser')).trim(), 'Above the line.');
        await page.locator('input[name=public_media]').first().check();
        await page.screenshot({ path: path.join(SCREENS, 'confirm.jpg'), type: 'jpeg', quality: 60, fullPage: true });
        await page.click('button[value=publish]');
        await page.waitForURL(/\/@tea\/written-with-script$/);
        assert.equal(await page.locator('article.post img').count(), 3);
        assert.equal(await page.locator('article.post .prose strong').textContent(), 'bold');
        const broken = await page.$$eval('article.post img', (all) => all.filter((i) => i.complete && i.naturalWidth === 0).length);
        assert.equal(broken, 0);
        assert.deepEqual(page.troubles, []);
        await page.context().close();

        const outside = await open('visitor');
        await outside.goto(`${node.origin}/@tea/written-with-script`);
        assert.ok(!(await outside.content()).includes('Below'));
        assert.equal(await outside.locator('article.post img').count(), 1, 'the picture that everybody may see');
        assert.deepEqual(outside.troubles, []);
        await outside.context().close();
    });

    it('a locked page asks for nothing that is locked; likes and menus answer at once', async () => {
        const page = await open('member');
        await page.goto(`${node.origin}/@tea/written-with-script`);
        const button = page.locator('article.post form[action$="/like"] button');
        await button.click();
        await page.waitForSelector('article.post form[action$="/like"] button[aria-pressed=true]');
        assert.match(await button.textContent(), /1/);
        await page.reload();
        assert.equal(await button.getAttribute('aria-pressed'), 'true', 'the server knows');
        await page.click('details.menu summary');
        assert.equal(await page.isVisible('details.menu a[href="/me"]'), true);
        await page.keyboard.press('Escape');
        assert.equal(await page.isVisible('details.menu a[href="/me"]'), false);
        await page.click('[data-theme-to=dark]');
        assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
        await eventually('the choice is kept', async () => (await page.context().cookies()).some((c) => c.name === 'theme' && c.value === 'dark'));
        await page.reload();
        assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
        assert.deepEqual(page.troubles, []);
        await page.context().close();
    });

    it('an autosave after somebody else\'s change says so and overwrites nothing', async () => {
        const page = await open('owner');
        await page.goto(`${node.origin}/compose/${ids.draft}`);
        await node.cli('post edit', { id: ids.draft, 'body-file': node.textFile('changed on the command line') });
        await page.locator('#body').pressSequentially('typed here');
        await page.waitForFunction(() => /Changed elsewhere/.test(document.getElementById('status').textContent));
        await page.context().close();
        assert.match((await owner.page(`/compose/${ids.draft}`)).text, /changed on the command line/);
    });

    it('everything works without script: sign in, join, read, write, talk, sign out', async () => {
        const link = (await node.cli('account create', { mail: 'nina@example.net', username: 'nina', name: 'Nina' })).sign_in;
        const code = (await node.cli('code create', { tier: 'member', n: 1 }))[0].code;
        const page = await open('visitor', { script: false, width: 375 });
        await page.goto(link);
        await page.click('main form button');
        await page.goto(`${node.origin}/@tea/written-with-script`);
        assert.ok(!(await page.content()).includes('Below'));
        await page.fill('#code-in', code);
        await page.click('#code button');
        assert.match(page.url(), /written-with-script$/);
        assert.ok((await page.content()).includes('Below'), 'reads at once');
        await page.click('article.post form[action$="/like"] button');
        await page.fill('#comment-text', 'Said without script.');
        await page.click('#write button');
        assert.ok((await page.textContent('#talk')).includes('Said without script.'));
        await page.goto(`${node.origin}/me/profile`);
        await page.fill('#name', 'Nina Noscript');
        await page.setInputFiles('#picture', { name: 'me.jpg', mimeType: 'image/jpeg', buffer: picture('cup') });
        await page.click('main form button');
        assert.equal(await page.inputValue('#name'), 'Nina Noscript');
        assert.equal(await page.locator('img.avatar.l').count(), 1);
        await page.click('details.menu summary');
        await page.click('details.menu form[action="/logout"] button');
        assert.equal(await page.locator('a[href^="/login"]').count() > 0, true);
        await page.context().close();

        const desk = await open('owner', { script: false });
        await desk.goto(`${node.origin}/compose`);
        await desk.fill('#title', 'Written without script');
        await desk.fill('#body', 'Open half.\n\n<!--more-->\n\nShut *half*.');
        await desk.setInputFiles('#upload', [{ name: 'cup.jpg', mimeType: 'image/jpeg', buffer: picture('cup') }]);
        await desk.click('button[value=upload]');
        assert.equal(await desk.locator('#things input[name=media]').count(), 1);
        assert.equal(await desk.inputValue('#title'), 'Written without script', 'what was typed stays');
        await desk.click('button[value=preview]');
        assert.equal(await desk.textContent('#preview em'), 'half');
        await desk.click('button[value=publish]');
        assert.match(desk.url(), /\/confirm$/);
        await desk.fill('#teaser', 'Another open half.');
        await desk.click('button[value=again]');
        assert.match(await desk.textContent('.frame'), /Another open half/);
        await desk.click('button[value=publish]');
        assert.match(desk.url(), /written-without-script$/);
        await desk.click('a[href^="/compose/"]:has-text("Edit")');
        await desk.fill('#body', 'Open half.\n\nShut half, changed.');
        await desk.click('button[value=save]');
        assert.match(await desk.textContent('article.post'), /changed/);
        await desk.goto(`${node.origin}/desk/tea/codes`);
        await desk.fill('#name', 'No script');
        await desk.click('form[action$="/codes"] button');
        assert.ok(await desk.locator('ol.codes li').count() > 0);
        await desk.context().close();
    });

    it('the fediverse desk: the tab one is on is in sight, letters are counted, what was done is said', async () => {
        const page = await open('owner', { width: 375 });
        await page.goto(`${node.origin}/desk/tea/fediverse/followers`);
        const inside = (selector) => page.$eval(selector, (a) => { const r = a.getBoundingClientRect(); return r.left >= 0 && r.right <= document.documentElement.clientWidth; });
        assert.ok(await inside('.tabs [aria-current]'));
        await page.click('form[action$="/903/approve"] button');
        assert.match(await page.textContent('.flash'), /^\s*Accepted\. Their server is told\./);
        await page.goto(`${node.origin}/desk/tea/fediverse/blocks`);
        await page.fill('main input[name=host]', 'evil.example');
        await page.selectOption('main select[name=rule]', 'suspend');
        await page.click('form[action$="/blocks/server"] button.main');
        await page.screenshot({ path: path.join(SCREENS, 'sure.jpg'), type: 'jpeg', quality: 60, fullPage: true });
        await page.fill('input[name=confirm]', 'another.example');
        await page.click('form[action$="/blocks/server"] button');
        assert.match(await page.textContent('main'), /not what was to be typed/);
        await page.fill('input[name=confirm]', 'evil.example');
        await page.click('form[action$="/blocks/server"] button');
        assert.match(await page.textContent('.flash'), /The rule holds/);
        await page.setInputFiles('#file', { name: 'blocks.txt', mimeType: 'text/plain', buffer: Buffer.from('one.example\ntwo.example\n') });
        await page.click('form[action$="/blocks/import"] button');
        const { found } = await page.evaluate(examine, { english, zh: false });
        assert.deepEqual(found, []);
        await page.screenshot({ path: path.join(SCREENS, 'import.jpg'), type: 'jpeg', quality: 60, fullPage: true });
        const letters = page.locator('.subtabs a[href$="/messages"] .dot');
        assert.equal((await letters.count()), 0, 'the letter was read above');
        node.sqlRun('UPDATE direct_note SET read_at = NULL');
        await page.reload();
        await page.goto(`${node.origin}/desk/tea/fediverse`);
        assert.equal(await letters.textContent(), '1');
        await page.context().close();
    });

    it('an emoji of another server stands in its line, and as a word when it does not come', async () => {
        const page = await open('visitor');
        await page.goto(`${node.origin}/@tea/${ids.slugs.at(-1)}`);
        assert.equal(await page.evaluate(() => {
            document.querySelector('.prose p').insertAdjacentHTML('beforeend', '<img class="emoji" alt=":cup:" src="/static/favicon.svg">');
            return getComputedStyle(document.querySelector('.prose img.emoji')).display;
        }), 'inline-block');
        await page.context().close();
    });

    it('a page in Chinese has Chinese dates and money', async () => {
        const page = await open('visitor', { zh: true });
        await page.goto(`${node.origin}/@tea/join`);
        const text = await page.textContent('main');
        assert.match(text, /¥|元/);
        await page.goto(`${node.origin}/@tea/${ids.slugs.at(-1)}`);
        assert.match(await page.locator('time').first().getAttribute('title'), /年.*月/);
        await page.context().close();
    });

    it('the books say what was booked in words, not in our own', async () => {
        const page = await open('owner', { zh: true });
        await page.goto(`${node.origin}/desk/tea/money/ledger`);
        const kinds = await page.$$eval('ul.ledger b, select[name=kind] option', (all) => all.map((e) => e.textContent.trim()));
        assert.ok(kinds.includes('提问已回答') && kinds.length > 20);
        assert.deepEqual(kinds.filter((k) => /[a-z]/.test(k)), []);
        await page.context().close();
    });

    it('the check itself can fail', async () => {
        const page = await open('visitor', { width: 375, zh: true });
        await page.goto(`${node.origin}/@tea`);
        await page.evaluate(() => {
            document.querySelector('main').insertAdjacentHTML('beforeend', '<p>Sign in</p><button>a button</button><button id="upon">b</button><div id="wide">x</div><img src="/static/none.png"><input name="x">');
            document.querySelector('main').insertAdjacentHTML('beforeend', `<nav class="tabs" id="high">${'<a href="/">a tab </a>'.repeat(20)}</nav><nav class="tabs" id="far">${'<a href="/">a tab </a>'.repeat(20)}<a href="/" aria-current="page">here</a></nav>`);
            document.getElementById('high').style.flexWrap = 'wrap';
            document.getElementById('far').scrollLeft = 0;
            document.getElementById('upon').style.marginInlineStart = '-3rem';
            Object.assign(document.getElementById('wide').style, { width: '900px', height: '9px' });
            document.head.append(Object.assign(document.createElement('script'), { textContent: '1' }));
        });
        const { found } = await page.evaluate(examine, { english, zh: true });
        for (const what of [/English: "Sign in"/, /wider than/, /sticks out/, /no alt/, /no label: x/, /lies upon another/, /CSP/, /tabs take/, /out of sight/]) assert.ok(found.some((f) => what.test(f)), `${what}: ${found.join('\n')}`);
        await page.context().close();
    });
});
