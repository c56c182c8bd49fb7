// Pictures of other servers come through the node: fetched once, believed by their bytes alone, kept for a
// while, and never at the price of a worker, of memory, or of a reader's address.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import http from 'node:http';
import zlib from 'node:zlib';
import path from 'node:path';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { Node, eventually } from '../rig/node.mjs';
import { Actor } from '../rig/actor.mjs';
import { request } from '../rig/client.mjs';

const JPEG = readFileSync(new URL('../../admin/demo/cup.jpg', import.meta.url));
// 3×2 with an alpha channel; or one that says it is much larger.
const png = (width = 3, height = 2) => {
    const chunk = (type, data) => {
        const body = Buffer.concat([Buffer.from(type), data]);
        const n = Buffer.alloc(4), crc = Buffer.alloc(4);
        n.writeUInt32BE(data.length);
        crc.writeUInt32BE(zlib.crc32 ? zlib.crc32(body) : crc32(body));
        return Buffer.concat([n, body, crc]);
    };
    const crc32 = (b) => {
        let c = ~0;
        for (const x of b) { c ^= x; for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1; }
        return ~c >>> 0;
    };
    const head = Buffer.alloc(13);
    head.writeUInt32BE(width, 0); head.writeUInt32BE(height, 4); head[8] = 8; head[9] = 6;
    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head),
                          chunk('IDAT', zlib.deflateSync(Buffer.from(Array.from({ length: 26 }, (_, i) => i % 13 ? 0x40 : 0)))), chunk('IEND', Buffer.alloc(0))]);
};
const PNG = png();
const isPicture = (b) => b.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])) || b.subarray(0, 4).equals(Buffer.from('\x89PNG', 'latin1'));

let node, host, pages, asked;

// What the node itself would write into a page.
const address = (url, kind = 'a', owner) => {
    const says = owner ? `${owner} ${url}` : url;
    const mac = crypto.createHmac('sha256', readFileSync(path.join(node.dir, 'secret.key'))).update(`far:${kind}:${says}`).digest().subarray(0, 16);
    return `${node.origin}/far/${kind}/${mac.toString('base64url')}/${Buffer.from(says).toString('base64url')}`;
};
const get = (url, headers = {}) => request(url, { headers: { accept: 'image/*', ...headers }, timeout: 60000 });
const give = (p, answer) => { pages.set(p, answer); return `${host}${p}`; };
const times = (p) => asked.filter((rq) => rq.url === p).length;
const bytes = (body, type = 'image/jpeg', headers = {}) => (rq, rs) => rs.writeHead(200, { 'content-type': type, ...headers }).end(body);
const far = () => path.join(node.dir, 'far');
const files = () => existsSync(far()) ? readdirSync(far(), { recursive: true }).filter((f) => statSync(path.join(far(), f)).isFile()) : [];

before(async () => {
    node = await Node.start({ name: 'far' });
    pages = new Map();
    asked = [];
    const server = http.createServer((rq, rs) => {
        asked.push(rq);
        (pages.get(rq.url) ?? ((_, answer) => answer.writeHead(404).end()))(rq, rs);
    });
    await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
    host = `http://localhost:${server.address().port}`;
    pages.server = server;
});
after(async () => {
    pages?.server.closeAllConnections();
    pages?.server.close();
    await node?.close();
});

describe('a face in a comment', () => {
    it('is shown from here, fetched once, signed, without a trace of who reads', async () => {
        const actor = await Actor.start('zoe');
        const icon = give('/zoe.jpg', bytes(JPEG, 'application/octet-stream'));
        actor.document.icon = { type: 'Image', mediaType: 'image/jpeg', url: icon };
        try {
            const post = await node.post({ title: 'Open', slug: 'open', body: 'Everybody reads this.', access: 'public' });
            const planet = JSON.parse((await actor.get(`${node.origin}/@tea`)).text);
            await actor.post(planet.inbox, { id: `${actor.id}#follow`, type: 'Follow', object: planet.id });
            await eventually('the Accept', () => actor.received.some((r) => r.includes('"Accept"')));
            const note = { id: `${actor.origin}/n/1`, type: 'Note', attributedTo: actor.id, content: '<p>Hello<img src="http://localhost:1/x.png"></p>',
                           inReplyTo: post.object, to: ['https://www.w3.org/ns/activitystreams#Public'], published: new Date().toISOString() };
            assert.equal((await actor.post(planet.inbox, { id: `${actor.origin}/n/1#c`, type: 'Create', object: note, to: note.to })).status, 202);
            const page = await eventually('the comment stands there', async () => {
                const rs = await request(`${node.origin}/@tea/open`, { headers: { accept: 'text/html' } });
                return rs.text.includes('Hello') && rs;
            });
            assert.ok(!page.text.includes(icon) && !/<img[^>]+src="http/.test(page.text), 'no picture from elsewhere');
            assert.match(page.headers['content-security-policy'], /img-src 'self' data:;/);
            const src = /<img[^>]+src="(\/far\/a\/[^"]+)"/.exec(page.text)[1];
            assert.equal(node.origin + src, address(icon, 'a', new URL(actor.origin).host));
            assert.equal(times('/zoe.jpg'), 0, 'nothing is fetched before somebody looks');
            const all = await Promise.all(Array.from({ length: 12 }, () => get(node.origin + src, { 'x-forwarded-for': '203.0.113.9', cookie: 's=secret', referer: 'http://x/' })));
            for (const rs of all) {
                assert.equal(rs.status, 200);
                assert.ok(isPicture(rs.body));
                assert.match(rs.headers['content-type'], /^image\/(jpeg|png)$/);
                assert.match(rs.headers['cache-control'], /public, max-age=\d+/);
                assert.equal(rs.headers['x-content-type-options'], 'nosniff');
                assert.match(rs.headers['content-security-policy'], /default-src 'none'; sandbox/);
                assert.equal(rs.headers['cross-origin-resource-policy'], 'same-origin');
            }
            assert.equal(times('/zoe.jpg'), 1, 'one fetch for all who wait');
            const rq = asked.find((r) => r.url === '/zoe.jpg');
            assert.match(rq.headers.signature, new RegExp(`keyId="${node.origin}/ap/instance#`));
            assert.ok(!JSON.stringify(rq.headers).match(/203\.0\.113\.9|secret|referer/i));
            assert.equal((await get(node.origin + src, { 'if-none-match': all[0].headers.etag })).status, 304);
            assert.equal((await request(node.origin + src, { method: 'HEAD' })).status, 200);
            assert.equal(times('/zoe.jpg'), 1);
        } finally {
            await actor.stop();
        }
    });
});

describe('the address', () => {
    it('is ours alone: no open proxy', async () => {
        const url = give('/open.jpg', bytes(JPEG)), good = address(url);
        const other = Buffer.from(`${host}/other.jpg`).toString('base64url');
        const wrong = [good.replace('/far/a/', '/far/p/'), good.replace(/[^/]+$/, other), good.replace(/\/a\/./, '/a/_'),
                       good.replace('/far/a/', '/far/x/'), `${node.origin}/far/a/x/y`, `${good}A`];
        for (const w of wrong) assert.equal((await get(w)).status, 404, w);
        assert.equal(times('/open.jpg') + times('/other.jpg'), 0);
        assert.equal((await get(good)).status, 200);
    });
});

describe('what comes', () => {
    const shown = async (p, answer, kind) => get(address(give(p, answer), kind));

    it('is decoded and written anew, whatever it says of itself', async () => {
        const rs = await shown('/says-html', bytes(PNG, 'text/html'), 'e');
        assert.equal(rs.status, 200);
        assert.equal(rs.headers['content-type'], 'image/png');
        const comment = Buffer.concat([JPEG.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, 12]), Buffer.from('HOME52.1,4'), JPEG.subarray(2)]);
        const clean = await shown('/gps.jpg', bytes(comment), 'p');
        assert.equal(clean.status, 200);
        assert.ok(!clean.body.includes('HOME52'), 'nothing that was hidden in it stays');
    });
    it('is refused when it is no picture, and not asked for again', async () => {
        for (const [p, answer] of [
            ['/page', bytes('<html><script>alert(1)</script></html>', 'image/png')],
            ['/svg', bytes('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', 'image/svg+xml')],
            ['/torn', bytes(JPEG.subarray(0, JPEG.length >> 1))],
            ['/empty', bytes('')],
            ['/30000x30000', bytes(png(30000, 30000))],
            ['/5000x5000', bytes(png(5000, 5000))],
            ['/json', bytes('{}', 'application/activity+json')],
            ['/gone', (rq, rs) => rs.writeHead(410).end()],
            ['/locked', (rq, rs) => rs.writeHead(403).end(JPEG)],
        ]) {
            const face = await shown(p, answer, 'a');
            assert.equal(face.status, 404, p);
            assert.equal(face.headers['content-type'], 'image/svg+xml', 'a face without features');
            assert.ok(!face.body.includes('script'));
            assert.equal((await get(address(`${host}${p}`))).status, 404);
            assert.equal(times(p), 1, `${p}: it is remembered`);
        }
        const picture = await get(address(give('/no.jpg', (rq, rs) => rs.writeHead(404).end()), 'p'));
        assert.equal(picture.status, 404);
        assert.equal(picture.body.length, 0, 'its description stands in the page');
    });
    it('has a limit by kind, counted after inflating', async () => {
        const large = Buffer.concat([JPEG, Buffer.alloc(3 << 20)]);
        assert.equal((await shown('/3mb-face', bytes(large), 'a')).status, 404);
        assert.equal((await shown('/3mb-picture', bytes(large), 'p')).status, 200);
        assert.equal((await shown('/11mb', bytes(Buffer.concat([JPEG, Buffer.alloc(11 << 20)])), 'p')).status, 404);
        assert.equal((await shown('/300k-emoji', bytes(Buffer.concat([PNG, Buffer.alloc(300 << 10)])), 'e')).status, 404);
        const bomb = zlib.gzipSync(Buffer.concat([JPEG, Buffer.alloc(200 << 20)]));
        assert.equal((await shown('/bomb', bytes(bomb, 'image/jpeg', { 'content-encoding': 'gzip' }), 'p')).status, 404);
        // Says little, sends without end.
        let sent = 0;
        const endless = (rq, rs) => {
            rs.writeHead(200, { 'content-type': 'image/jpeg' });
            const more = () => { while (!rs.destroyed && sent < 1 << 28 && rs.write(Buffer.alloc(65536))) sent += 65536; };
            rs.on('drain', more);
            more();
        };
        assert.equal((await shown('/endless', endless, 'p')).status, 404);
        assert.ok(sent < 64 << 20, `it was cut off (${sent})`);
    });
    it('may be elsewhere now, but not inside the house', async () => {
        give('/end.jpg', bytes(JPEG));
        const to = (location) => (rq, rs) => rs.writeHead(302, { location }).end();
        assert.equal((await shown('/moved', to('/end.jpg'))).status, 200);
        give('/moved/end.jpg', bytes(JPEG));
        assert.equal((await shown('/moved/beside', to('end.jpg'))).status, 200);
        assert.equal((await shown('/moved/full', to(`${host}/end.jpg`))).status, 200);
        for (const [p, location] of [['/r10', 'http://10.0.0.1/x.jpg'], ['/rmeta', 'http://169.254.169.254/latest/meta-data/'],
                                     ['/rfile', 'file:///etc/passwd'], ['/rftp', 'ftp://localhost/x'], ['/rself', '/rself'],
                                     ['/ruser', 'http://a:b@localhost/x.jpg'], ['/rnone', '']])
            assert.equal((await shown(p, to(location))).status, 404, p);
        for (let i = 0; i < 6; i++) give(`/hop${i}`, to(`/hop${i + 1}`));
        give('/hop6', bytes(JPEG));
        assert.equal((await get(address(`${host}/hop0`))).status, 404);
        assert.ok(times('/hop3') === 1 && times('/hop4') === 0, 'three redirects, no more');
    });
});

describe('a slow server', () => {
    it('holds up neither pages nor other pictures, and a stop waits for nobody', async () => {
        const waiting = [];
        const urls = Array.from({ length: 30 }, (_, i) => give(`/slow${i}`, (rq, rs) => waiting.push(rs)));
        const slow = urls.map((u) => get(address(u)).catch((e) => e));
        await eventually('some are asked', () => waiting.length >= 4);
        await new Promise((ok) => setTimeout(ok, 300));
        assert.ok(waiting.length <= 4, `at most four of one house at once (${waiting.length})`);
        let settled = 0;
        for (const rs of slow) rs.finally(() => settled++);
        for (let i = 0; i < 20; i++) assert.equal((await request(`${node.origin}/@tea?${i}`, { headers: { accept: 'text/html' } })).status, 200);
        const elsewhere = http.createServer(bytes(PNG, 'image/png'));
        await new Promise((ok) => elsewhere.listen(0, '127.0.0.1', ok));
        assert.equal((await get(address(`http://localhost:${elsewhere.address().port}/quick.png`))).status, 200);
        assert.ok(settled < slow.length, 'all of it while these wait');
        elsewhere.close();
        const end = await node.signal('SIGTERM');
        assert.equal(end.code, 0);
        for (const rs of waiting) rs.destroy();
        for (const rs of await Promise.all(slow)) assert.ok(rs instanceof Error || rs.status === 503, `${rs.status}`);
        await node.serve();
    });
});

describe('the cache', () => {
    it('forgets by age and size, and bears to be lost', async () => {
        const url = give('/kept.jpg', bytes(JPEG)), at = address(url, 'p');
        assert.equal((await get(at)).status, 200);
        assert.ok(files().length > 0);
        const name = crypto.createHash('sha256').update(`p:${url}`).digest('hex');
        const file = path.join(far(), name.slice(0, 2), name);
        assert.equal(statSync(file).size, node.column(`SELECT size FROM far_media WHERE name = '${name}'`)[0]);
        assert.equal(node.column('SELECT bytes FROM far_total')[0], node.column('SELECT CAST(SUM(size) AS BIGINT) FROM far_media')[0]);
        // Lost, and torn.
        rmSync(file);
        assert.equal((await get(at)).status, 200);
        assert.equal(times('/kept.jpg'), 2);
        truncateSync(file, 10);
        assert.equal((await get(at)).status, 200);
        assert.equal(times('/kept.jpg'), 3);
        // A fortnight unseen; a stray without a row.
        const stray = path.join(far(), '00', '0'.repeat(64));
        await node.signal('SIGTERM');
        mkdirSync(path.dirname(stray), { recursive: true });
        writeFileSync(stray, 'x');
        utimesSync(stray, 1e9, 1e9);
        node.sqlRun(`UPDATE far_media SET used_at = used_at - ${15 * 86400000} WHERE name = '${name}';
                     UPDATE job SET run_at = 0 WHERE kind = 'far.prune'`);
        await node.serve();
        await eventually('it is forgotten', () => !existsSync(file) && !existsSync(stray));
        assert.deepEqual(node.column(`SELECT name FROM far_media WHERE name = '${name}'`), []);
        assert.equal((await get(at)).status, 200, 'and fetched anew when asked for');
        // The setting is the bound.
        await assert.rejects(node.cli('settings set', { key: 'media.far_mb', value: 'many' }));
    });
});
