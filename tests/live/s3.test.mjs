// Pictures and files in S3-compatible storage: s3rver behind a door that checks each signature with AWS's
// own signer (tests/rig/s3.mjs). Who may see what stays the node's word; the storage hands out the bytes.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { Node, eventually } from '../rig/node.mjs';
import { S3, SECRET } from '../rig/s3.mjs';
import { file, formsOf, request, words } from '../rig/client.mjs';

const picture = (name) => readFileSync(new URL(`../../admin/demo/${name}.jpg`, import.meta.url));
// A picture of its own: one colour, n of 4096.
function png(n) {
    const chunk = (type, data) => {
        const body = Buffer.concat([Buffer.from(type), data]), out = Buffer.alloc(body.length + 8);
        out.writeUInt32BE(data.length, 0);
        body.copy(out, 4);
        out.writeUInt32BE(crc32(body), body.length + 4);
        return out;
    };
    const head = Buffer.from([0, 0, 0, 32, 0, 0, 0, 32, 8, 2, 0, 0, 0]);
    const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(96, Buffer.from([n >> 4, (n & 15) << 4, 99]))]);
    return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', head),
                          chunk('IDAT', deflateSync(Buffer.concat(Array(32).fill(row)))), chunk('IEND', Buffer.alloc(0))]);
}
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const mediaOf = (html) => [...new Set([...html.matchAll(/\/media\/(\d+)\/[\w.%-]+/g)].map((m) => m[0]))];
const local = (node) => { // hashes that lie in the directory
    const root = path.join(node.dir, 'media');
    return existsSync(root) ? readdirSync(root, { recursive: true }).map((f) => path.basename(f)).filter((f) => /^[0-9a-f]{64}$/.test(f)) : [];
};
const set = (node, key, value) => node.cli('settings set', { key, value });
const refused = (promise, pattern) => assert.rejects(promise, (e) => { assert.match(e.stderr, pattern); return true; });

// A members' post with a public picture, a locked one and a locked file, as its author makes it in the browser.
async function write(owner, title, files) {
    const page = await owner.page('/compose');
    const with_ = await owner.submit(page, '/compose', { title, do: 'upload', access: 'members', upload: files });
    assert.equal(with_.status, 200, words(with_.text));
    const ids = [...with_.text.matchAll(/name="media" value="(\d+)"/g)].map((m) => m[1]);
    assert.equal(ids.length, files.length, words(with_.text));
    const saved = await owner.submit(with_, '/compose', { title, body: `Steep.\n\n![cup](media:${ids[1]})`, access: 'members', lang: 'en', do: 'save' });
    const confirm = await owner.submit(saved, '/compose', { do: 'publish' });
    const form = formsOf(confirm.text).find((f) => /publish$/.test(f.action));
    const shown = await owner.submit(confirm, form.action, { teaser_confirmed: '1', teaser: 'Come in.', public_media: [ids[0]], do: 'publish' });
    assert.equal(shown.status, 200, words(shown.text));
    const urls = mediaOf(shown.text), of = (id) => urls.find((u) => u.split('/')[2] === id);
    return { path: shown.path, ids, open: of(ids[0]), locked: of(ids[1]), file: of(ids[2]) };
}

describe('media in S3 storage', () => {
    let s3, node, owner, reader, visitor, post, old;
    const notes = file('notes 茶.txt', Buffer.from('steep well'), 'text/plain');

    before(async () => {
        s3 = await S3.start();
        node = await Node.start({ name: 's3' });
        owner = await node.ownerSession();
        reader = await node.member('rae');
        visitor = node.client();
        old = await write(owner, 'Before', [file('a.jpg', picture('terraces'), 'image/jpeg'), file('b.png', png(77), 'image/png'),
                                            file('old.txt', Buffer.from('old notes'), 'text/plain')]);
    });
    after(async () => { try { await node.close(); } finally { await s3.stop(); } });

    it('a storage that is not right is refused, with what is wrong', async () => {
        await refused(set(node, 'media.s3_url', 'https://s3.example.org/bucket'), /s3:\/\/KEY:SECRET@HOST\/BUCKET/);
        await refused(set(node, 'media.s3_url', s3.url({ more: '&acl=public' })), /nothing else/);
        await refused(set(node, 'media.s3_url', s3.url({ prefix: '/a/../b' })), /between slashes/);
        await refused(set(node, 'media.s3_url', s3.url({ secret: 'wrong' })), /doesn't let us write \(PUT 403, SignatureDoesNotMatch\)/);
        await refused(set(node, 'media.s3_url', s3.url({ key: 'nobody' })), /InvalidAccessKeyId/);
        await refused(set(node, 'media.s3_url', s3.url({ bucket: 'no-such-bucket' })), /NoSuchBucket/);
        await refused(set(node, 'media.s3_url', 's3://k:s@127.0.0.1:1/bucket?scheme=http'), /can't be reached/);
        await refused(set(node, 'media.s3_url', 's3://k:s@169.254.169.254/bucket?scheme=http'), /link-local/);
        await refused(set(node, 'media.store', 's3'), /media\.s3_url first/);
        for (const [method, right] of [['PUT', /s3:PutObject/], ['DELETE', /s3:DeleteObject/]]) {
            s3.fault = (rq) => (rq.method === method ? 403 : null);
            await refused(set(node, 'media.s3_url', s3.url()), right);
        }
        s3.fault = (rq) => (rq.method === 'GET' && /list-type/.test(rq.url) ? 403 : null);
        await refused(set(node, 'media.s3_url', s3.url()), /s3:ListBucket/);
        s3.fault = (rq) => (rq.method === 'GET' && !/list-type/.test(rq.url) ? 403 : null);
        await refused(set(node, 'media.s3_url', s3.url()), /s3:GetObject/);
        s3.fault = null;
        assert.equal((await node.cli('settings list')).find((r) => r.key === 'media.s3_url').value, null, 'nothing was kept');
    });

    it('a right one is tried out, marked, sealed, and belongs to one node', async () => {
        await set(node, 'media.s3_url', s3.url({ prefix: '/tea' }));
        assert.equal((await node.cli('settings list')).find((r) => r.key === 'media.s3_url').value, '(set)');
        assert.deepEqual(Object.keys(await s3.objects()).filter((k) => !k.includes('orrery-check')), ['tea/orrery.txt']);
        const [raw] = node.column("SELECT value FROM setting WHERE key = 'media.s3_url'");
        assert.ok(raw.length > 50 && !raw.includes(SECRET) && !raw.includes(s3.host), 'the store holds it sealed');
        const other = new Node({ name: 's3-other' });
        try {
            await other.init();
            await refused(set(other, 'media.s3_url', s3.url({ prefix: '/tea' })), /Another node keeps its files/);
            await set(other, 'media.s3_url', s3.url({ prefix: '/coffee' }));
        } finally { await other.close(); }
        await set(node, 'media.s3_url', s3.url({ prefix: '/tea' })); // the same again is no other node
    });

    it('uploads go there, whole, under their hash and with their type', async () => {
        await eventually('the serving process knows', async () =>
            (await visitor.fetch('/')).headers['content-security-policy'].includes(s3.host));
        const before = local(node).length;
        post = await write(owner, 'Two cups', [file('dawn.jpg', picture('dawn'), 'image/jpeg'), file('cup.jpg', picture('cup'), 'image/jpeg'), notes]);
        assert.equal(local(node).length, before, 'nothing new lies in the directory');
        const there = await s3.media();
        assert.equal(Object.keys(there).length, 5, 'two pictures in two sizes, one file');
        for (const [key, o] of Object.entries(there)) {
            assert.equal(key, `tea/${o.sha256.slice(0, 2)}/${o.sha256}`);
            assert.ok(['image/jpeg', 'image/png', 'text/plain; charset=utf-8'].includes(o.type), o.type);
        }
        assert.ok(there[`tea/${sha256(notes.bytes).slice(0, 2)}/${sha256(notes.bytes)}`]);
    });

    it('a member is led to an address that opens it, for a short while, as what it is', async () => {
        const rs = await reader.fetch(post.locked);
        assert.equal(rs.status, 302);
        assert.equal(rs.headers['cache-control'], 'no-store');
        assert.equal(rs.body.length, 0);
        const url = new URL(rs.headers.location);
        assert.equal(url.host, s3.host);
        assert.ok(Number(url.searchParams.get('X-Amz-Expires')) <= 300);
        const got = await request(url.href);
        assert.equal(got.status, 200, got.text);
        assert.equal(got.headers['content-type'], 'image/jpeg');
        assert.match(got.headers['cache-control'], /^private/);
        assert.equal(sha256(got.body), url.pathname.split('/').at(-1), 'the bytes are those of the name');
        const down = await request((await reader.fetch(post.file)).headers.location);
        assert.equal(down.text, 'steep well');
        assert.match(down.headers['content-type'], /^text\/plain/);
        assert.match(down.headers['content-disposition'], /^attachment; filename="notes .*filename\*=UTF-8''notes%20%E8%8C%B6\.txt$/);
        const head = await reader.fetch(post.locked, { method: 'HEAD' });
        assert.equal((await request(head.headers.location, { method: 'HEAD' })).status, 200);
    });

    it('the address ends, and cannot be bent', async () => {
        const href = (await reader.fetch(post.locked)).headers.location;
        assert.equal((await request(href)).status, 200);
        const bent = (change) => { const u = new URL(href); change(u); return u.href; };
        for (const [what, url] of [
            ['another signature', bent((u) => u.searchParams.set('X-Amz-Signature', '0'.repeat(64)))],
            ['a longer life', bent((u) => u.searchParams.set('X-Amz-Expires', '86400'))],
            ['a later date', bent((u) => u.searchParams.set('X-Amz-Date', '20991231T000000Z'))],
            ['another type', bent((u) => u.searchParams.set('response-content-type', 'text/html'))],
            ['another object', bent((u) => { u.pathname = u.pathname.replace(/[0-9a-f]$/, (c) => (c === '0' ? '1' : '0')); })],
            ['no signature at all', bent((u) => { u.search = ''; })],
        ])
            assert.equal((await request(url)).status, 403, what);
        s3.later = 301000;
        assert.equal((await request(href)).status, 403, 'after five minutes');
        s3.later = 0;
        assert.equal((await request(href)).status, 200);
    });

    it('a visitor is never given one for what is locked; what is open is a redirect that may be kept', async () => {
        for (const url of [post.locked, post.file]) {
            const rs = await visitor.fetch(url);
            assert.equal(rs.status, 404, url);
            assert.equal(rs.headers.location, undefined);
            assert.ok(!rs.text.includes('X-Amz'));
        }
        const open = await visitor.fetch(post.open);
        assert.equal(open.status, 302);
        const keep = Number(/^public, max-age=(\d+)$/.exec(open.headers['cache-control'])[1]);
        const life = new URL(open.headers.location).searchParams;
        const began = Date.parse(life.get('X-Amz-Date').replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
        assert.ok(began + Number(life.get('X-Amz-Expires')) * 1000 > Date.now() + keep * 1000, 'it opens for longer than it may be kept');
        assert.equal((await request(open.headers.location)).headers['content-type'], 'image/jpeg');
    });

    it('a membership that ended opens nothing, also a second later', async () => {
        const gone = await node.member('gil');
        assert.equal((await gone.fetch(post.locked)).status, 302);
        await node.cli('member revoke', { account: gone.mail });
        assert.equal((await gone.fetch(post.locked)).status, 404);
    });

    it('no page, document or log line has a signature in it', async () => {
        for (const who of [visitor, reader, owner])
            for (const p of ['/', '/@tea', post.path, old.path]) {
                const rs = await who.go(p);
                assert.ok(!/X-Amz|S3RVER|Signature/.test(rs.text + JSON.stringify(rs.headers)), `${p}: a signed address`);
            }
        const note = await visitor.fetch(post.path, { headers: { accept: 'application/activity+json' } });
        assert.ok(!note.text.includes('X-Amz') && note.text.includes(`${node.origin}${post.open.replace(/small/, 'large')}`), 'peers get the stable address');
        assert.ok(!/X-Amz|S3RVER|Signature=/.test(node.log()), 'the log');
        const csp = (await reader.page(post.path)).headers['content-security-policy'];
        assert.match(csp, new RegExp(`img-src 'self' data: http://${s3.host};`));
        assert.match(csp, new RegExp(`media-src 'self' http://${s3.host}`));
        assert.match(csp, /script-src 'self';/);
    });

    it('what was there before is still given out by the node itself', async () => {
        const rs = await reader.fetch(old.locked);
        assert.equal(rs.status, 200);
        assert.match(rs.headers['content-type'], /^image\//);
    });

    const rows = () => Number(node.column('SELECT COUNT(*) FROM media')[0]);
    const upload = async (name, text, lang = 'en') => {
        const page = await owner.page('/compose');
        return owner.submit(page, '/compose', { title: 'x', do: 'upload', access: 'members', upload: [file(name, Buffer.from(text), 'text/plain')] },
                            { headers: { 'accept-language': lang } });
    };

    for (const [what, fault, limit] of [['answers 500', () => 500, 5000], ['answers 503 now and then', null, 0], ['does not answer', (rq) => (rq.method === 'PUT' ? 'hang' : null), 20000], ['is down', 'down', 5000]])
        it(`a storage that ${what}`, async () => {
            const before = rows(), objects = Object.keys(await s3.media()).length;
            if (fault === null) { // passes by: asked again, nobody notices
                let left = 2;
                s3.fault = (rq) => (rq.method === 'PUT' && left-- > 0 ? 503 : null);
                assert.equal((await upload('flaky.txt', 'flaky')).status, 200);
                s3.fault = null;
                assert.equal(rows(), before + 1);
                return;
            }
            if (fault === 'down') await s3.close();
            else s3.fault = fault;
            const began = Date.now(), name = `${what}.txt`;
            let rs = await upload(name, what);
            assert.equal(rs.status, 503, words(rs.text));
            assert.match(words(rs.text), /storage for pictures and files does not answer right now/);
            assert.ok(Date.now() - began < limit, `${Date.now() - began} ms`);
            if (fault === 'down') {
                const read = await reader.fetch(post.file);
                assert.equal(read.status, 503, 'a download says why it does not come');
                assert.match(words(read.text), /storage for pictures and files/);
                assert.ok(Number(read.headers['retry-after']) > 0);
                assert.equal((await reader.fetch(old.file)).status, 200, 'what lies here comes');
                await s3.open();
            }
            s3.fault = null;
            assert.equal(rows(), before, 'no row without its bytes');
            assert.equal(Object.keys(await s3.media()).length, objects);
            rs = await upload(name, what);
            assert.equal(rs.status, 200, words(rs.text));
            assert.equal(rows(), before + 1, 'the second try');
        });

    it('the sentence comes in Chinese, too', async () => {
        s3.fault = () => 500;
        const c = await node.ownerSession();
        c.lang = 'zh-CN';
        const page = await c.page('/compose');
        const rs = await c.submit(page, '/compose', { title: 'x', do: 'upload', access: 'members', upload: [file('z.txt', Buffer.from('z'), 'text/plain')] });
        s3.fault = null;
        assert.equal(rs.status, 503);
        assert.match(words(rs.text), /存储/);
    });

    it('what is deleted is gone there, too; what others still show stays', async () => {
        const draft = async (text) => {
            const page = await owner.page('/compose');
            const with_ = await owner.submit(page, '/compose', { title: 'Gone', do: 'upload', access: 'members', upload: [file('g.txt', Buffer.from(text), 'text/plain')] });
            return /name="media" value="(\d+)"/.exec(with_.text)[1];
        };
        const key = (text) => `tea/${sha256(text).slice(0, 2)}/${sha256(text)}`;
        const one = await draft('shared bytes'), two = await draft('shared bytes');
        assert.ok((await s3.media())[key('shared bytes')]);
        const idle = () => eventually('the queue is empty', async () => (await node.cli('queue list')).every((j) => j.kind !== 'media.delete'));
        await node.cli('media delete', { id: one });
        await idle();
        assert.ok((await s3.media())[key('shared bytes')], 'another row has them');
        const three = await draft('bytes of one');
        await node.cli('media delete', { id: three });
        await idle();
        assert.ok(!(await s3.media())[key('bytes of one')], 'gone');
        s3.fault = (rq) => (rq.method === 'DELETE' ? 403 : null); // a key that may not remove
        await node.cli('media delete', { id: two });
        await eventually('the first try failed', () => s3.seen.some((r) => r.method === 'DELETE' && r.url.includes(sha256('shared bytes'))));
        s3.fault = null;
        assert.ok((await s3.media())[key('shared bytes')]);
        const job = await eventually('it waits for another', async () => (await node.cli('queue list')).find((j) => j.kind === 'media.delete' && j.error));
        assert.match(job.error, /AccessDenied/);
        await refused(node.cli('media delete', { id: post.ids[1] }), /still in use/);
        await refused(node.cli('media delete', { id: 1 }), /no such picture/);
        // Whoever brings the same bytes while they may still go hears so, and nothing is lost.
        const early = await upload('again.txt', 'shared bytes');
        assert.equal(early.status, 503);
        assert.match(words(early.text), /being removed/);
    });

    describe('moving', () => {
        it('to the storage, while people look; broken off and begun again', async () => {
            const here = local(node);
            assert.ok(here.length >= 4);
            let puts = 0;
            s3.fault = (rq) => (rq.method === 'PUT' && ++puts > 2 ? 500 : null);
            await refused(node.cli('media move', { to: 's3' }), /does not answer/);
            s3.fault = null;
            assert.deepEqual(local(node).sort(), here.sort(), 'nothing is removed before all is there');
            assert.ok([200, 302].includes((await reader.fetch(old.locked)).status));
            const moved = await node.cli('media move', { to: 's3' });
            assert.equal(Number(moved.there_before), 2);
            assert.equal(Number(moved.moved), here.length - 2);
            assert.equal(Number(moved.damaged), 0);
            assert.deepEqual(local(node), []);
            const there = await s3.media();
            for (const hash of here) assert.equal(there[`tea/${hash.slice(0, 2)}/${hash}`]?.sha256, hash);
            const rs = await reader.fetch(old.locked);
            assert.equal(rs.status, 302);
            assert.match((await request(rs.headers.location)).headers['content-type'], /^image\//);
            assert.deepEqual(await node.cli('media check', { whole: true }), []);
        });

        it('and back; what is damaged is not believed', async () => {
            const there = await s3.media();
            const moved = await node.cli('media move', { to: 'dir', keep: true });
            assert.equal(Number(moved.moved), Object.keys(there).length - Number(moved.without_a_post));
            assert.deepEqual(await s3.media(), there, 'kept');
            const again = await node.cli('media move', { to: 'dir' });
            assert.equal(Number(again.moved), 0);
            assert.equal(Object.keys(await s3.media()).length, Number(again.without_a_post));
            assert.equal((await reader.fetch(post.locked)).status, 200, 'from the directory');
            const hash = local(node)[0], where = path.join(node.dir, 'media', hash.slice(0, 2), hash);
            const bytes = readFileSync(where);
            writeFileSync(where, Buffer.concat([bytes.subarray(1), Buffer.from('!')]));
            assert.deepEqual(await node.cli('media check', { whole: true }), [{ missing: hash }]);
            await refused(node.cli('media move', { to: 's3' }), /damaged/);
            assert.ok(existsSync(where), 'stays for a look');
            assert.ok(!(await s3.media())[`tea/${hash.slice(0, 2)}/${hash}`]);
            writeFileSync(where, bytes);
            await node.cli('media move', { to: 's3' });
            assert.deepEqual(local(node), []);
        });

        it('a file that is lost is named', async () => {
            await node.cli('media move', { to: 'dir' });
            const hash = local(node)[0];
            unlinkSync(path.join(node.dir, 'media', hash.slice(0, 2), hash));
            assert.deepEqual(await node.cli('media check'), [{ missing: hash }]);
        });

        it('where to is said, and must be there', async () => {
            await refused(node.cli('media move', { to: 'moon' }), /--to s3 or --to dir/);
            await set(node, 'media.s3_url', '');
            await refused(node.cli('media move', { to: 's3' }), /media\.s3_url first/);
            await eventually('the policy is the old one', async () =>
                !(await visitor.fetch('/')).headers['content-security-policy'].includes(s3.host));
        });
    });
});
