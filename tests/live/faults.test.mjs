// What goes wrong around a node: killed at any moment, its disk full, two on one directory, pictures
// that are none. Nothing that was answered is lost, nothing that was confirmed is sent again.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import zlib from 'node:zlib';
import { Node, ORRERY, eventually, onPostgres, quick } from '../rig/node.mjs';
import { Sink, activity, makeKey, send } from '../rig/sink.mjs';
import { file, request, words } from '../rig/client.mjs';

const cup = readFileSync(new URL('../../admin/demo/cup.jpg', import.meta.url));
const json = async (url) => JSON.parse((await request(url, { headers: { accept: 'application/activity+json' } })).text);
const inboxOf = async (node) => (await json(`${node.origin}/@tea`)).inbox;

describe('kill -9 while people write', () => {
    let node, sink, people, owner, post, key;

    before(async () => {
        [node, sink] = await Promise.all([Node.start({ name: 'kill' }), Sink.start()]);
        post = await node.post({ title: 'Open', body: 'Open.', access: 'public' });
        owner = await node.ownerSession();
        people = [];
        for (const name of ['mia', 'max', 'mo']) people.push(await node.member(name));
        key = makeKey();
    });
    after(async () => { await sink.stop(); await node.close(); });

    for (let round = 0; round < 3; round++) {
        it(`nothing that was answered is lost (${round + 1})`, async () => {
            const path = new URL(post.address).pathname, inbox = await inboxOf(node);
            const kept = { comments: [], drafts: [], likes: 0 };
            let over = false, n = 0;
            const writer = async (act) => {
                while (!over) {
                    try { await act(`r${round}-${++n}-${crypto.randomBytes(4).toString('hex')}`); } catch (e) {
                        if (!over && !/ECONN|socket|hang up/.test(String(e.code ?? e.message))) throw e;
                        return;
                    }
                }
            };
            const tokens = await Promise.all(people.map((p) => p.csrf()));
            const work = [
                ...people.map((p, i) => writer(async (mark) => {
                    const rs = await p.send(`${path}/comments`, [['_csrf', tokens[i]], ['text', mark], ['audience', 'public']], { follow: false });
                    if (rs.status === 303) kept.comments.push(mark); else assert.equal(rs.status, 429, rs.text);
                })),
                writer(async (mark) => {
                    const rs = await owner.send('/compose', [['_csrf', await owner.csrf()], ['planet', 'tea'], ['id', '0'], ['title', mark], ['body', mark],
                        ['access', 'members'], ['lang', 'en'], ['do', 'save']], { multi: true, follow: false });
                    if (rs.status === 303) kept.drafts.push(mark); else assert.equal(rs.status, 429, rs.text);
                }),
                ...[0, 1].map(() => writer(async (mark) => {
                    const liker = sink.actor(mark, { key });
                    const rs = await send(inbox, activity(liker, 'Like', post.object), liker);
                    if (rs.status === 202) kept.likes++;
                })),
            ];
            await eventually('some are answered', () => kept.comments.length > 20 && kept.drafts.length > 5 && kept.likes > 10, { every: 1 });
            over = true;
            await node.kill9();
            await Promise.all(work);
            const had = { ...kept, comments: [...kept.comments], drafts: [...kept.drafts] };
            await node.serve();
            await node.sound();
            const texts = new Set(node.column('SELECT markdown FROM comment'));
            assert.deepEqual(had.comments.filter((c) => !texts.has(c)), []);
            const drafts = new Set((await node.cli('post list', { drafts: true })).map((d) => d.title));
            assert.deepEqual(had.drafts.filter((d) => !drafts.has(d)), []);
            people.likes = (people.likes ?? 0) + had.likes;
            await eventually('every like that was answered 202', async () => (await json(post.object)).likes.totalItems >= people.likes);
            people.likes = (await json(post.object)).likes.totalItems;
            assert.equal((await people[0].fetch('/me')).status, 200, 'still signed in');
            assert.ok((await node.client().page(path)).text.includes(had.comments.at(-1)));
        });
    }
});

describe('a fan-out that is cut off', () => {
    const N = 120;
    let node, sink, owner, followers;

    before(async () => {
        [node, sink] = await Promise.all([Node.start({ name: 'fanout' }), Sink.start()]);
        owner = await node.ownerSession();
        const inbox = await inboxOf(node), key = makeKey();
        followers = Array.from({ length: N }, (_, i) => sink.actor('f', { host: `f${i}.localhost`, key }));
        for (let i = 0; i < N; i += 12)
            await Promise.all(followers.slice(i, i + 12).map(async (f) =>
                eventually(`a Follow of ${f.id}`, async () => (await send(inbox, activity(f, 'Follow', (await json(`${node.origin}/@tea`)).id), f)).status === 202)));
        await eventually('all are accepted', () => new Set(sink.posts.map((p) => p.host)).size === N);
    });
    after(async () => { await sink.stop(); await node.close(); });

    const publish = async (title) => {
        const draft = await node.post({ title, body: title, access: 'public', draft: true });
        const rs = await owner.submit(await owner.page(`/compose/${draft.id}/confirm`), `/compose/${draft.id}/publish`, { do: 'publish' });
        assert.equal(rs.status, 200);
        return draft;
    };
    const arrived = (title) => sink.posts.filter((p) => p.body.includes(`"Create"`) && p.body.includes(title));
    const cut = async (title, how) => {
        // Some peers answer at once, some take their time: at any moment there are those that confirmed, and those that did not.
        sink.delay = (p) => (Number(/f(\d+)/.exec(p.host)[1]) % 12) * 100;
        await publish(title);
        const settled = () => arrived(title).filter((p) => p.answered < Date.now() - 200);
        await eventually('the fan-out is under way', () => settled().length >= 20, { every: 1 });
        const firm = new Set(settled().map((p) => p.host));
        const ended = await how();
        assert.ok(firm.size < N, 'in the middle of it');
        const flying = N - firm.size;
        await eventually('the peers are done', () => sink.open.size === 0);
        sink.delay = 0;
        await node.serve();
        await eventually('everybody has it', () => new Set(arrived(title).map((p) => p.host)).size === N);
        await eventually('the queue is empty', async () => (await node.cli('queue list')).filter((j) => j.kind === 'fed.deliver').length === 0);
        for (const host of firm)
            assert.equal(arrived(title).filter((p) => p.host === host).length, 1, `${host} had confirmed, and was sent it again`);
        return { ended, repeats: arrived(title).length - N, firm: firm.size, flying };
    };

    it('kill -9: none is lost, no more repeated than were in flight', async (t) => {
        const { repeats, firm, flying } = await cut('cut-by-kill', () => node.kill9());
        t.diagnostic(`${firm} of ${N} had confirmed, ${flying} were in flight, ${repeats} repeated`);
        assert.ok(repeats <= flying);
    });

    it('SIGTERM: ends soon and well, and none is lost', async (t) => {
        const { ended, repeats, firm, flying } = await cut('cut-by-term', () => node.stop());
        t.diagnostic(`${firm} of ${N} had confirmed, ${flying} were in flight, ${repeats} repeated`);
        assert.equal(ended.code, 0);
        assert.ok(repeats <= flying);
    });

    it('a stop does not wait for strangers', async () => {
        const inbox = await inboxOf(node);
        let n = 0;
        await quick(10000, async () => {
            const name = `slow${++n}`, slow = sink.actor(name, { host: `${name}.localhost` }), hung = sink.hanging.size;
            sink.actors.set(`${slow.host}/users/${name}`, 'hang');
            if (!node.child) await node.serve();
            const parked = send(inbox, activity(slow, 'Like', 'x'), slow).catch((e) => e);
            await eventually('it is asked', () => sink.hanging.size > hung);
            await node.stop();
            await parked;
        });
        await node.serve();
    });
});

describe('one directory, one server', () => {
    let node;
    before(async () => { node = await Node.start({ name: 'two' }); });
    after(() => node.close());

    it('a second one refuses and says why; the first goes on', { skip: onPostgres && 'any number may serve it there' }, async () => {
        const second = spawn(ORRERY, ['serve', node.dir, '--dev', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
        let said = '';
        second.stderr.on('data', (d) => { said += d; });
        second.stdout.on('data', (d) => { said += d; });
        const code = await new Promise((ok) => second.on('exit', ok));
        assert.equal(code, 1);
        assert.match(said, /another process serves .* already/);
        assert.equal((await node.client().fetch('/@tea')).status, 200);
        assert.ok((await node.cli('post list')) !== undefined, 'the command line works beside it');
    });

    it('a port that is taken, a directory that is none', async () => {
        const code = (args) => new Promise((ok) => spawn(ORRERY, args, { stdio: 'ignore' }).on('exit', ok));
        await node.stop();
        const other = await Sink.start();
        assert.equal(await code(['serve', node.dir, '--dev', '--listen', `127.0.0.1:${other.port}`]), 1);
        await other.stop();
        assert.equal(await code(['serve', `${node.root}/nothing`, '--dev']), 1);
        assert.equal(await code(['serve', node.dir, '--what']), 2);
        await node.serve();
    });
});

describe('a disk that is full', () => {
    let node, owner, member, path;

    before(async () => {
        node = await Node.start({ name: 'full' });
        const post = await node.post({ title: 'Kept', body: 'Still readable.', access: 'members', teaser: 'Still there.' });
        path = new URL(post.address).pathname;
        owner = await node.ownerSession();
        member = await node.member('mia');
        await node.stop();
        // No file may grow beyond this: to the program that is a disk without room.
        node.prefix = ['sh', '-c', 'trap "" XFSZ; exec prlimit --fsize=1200000 "$@"', 'sh'];
        await node.serve();
    });
    after(() => node.close());

    it('writes say so, reads go on, and with room again nothing is missing',
       { skip: onPostgres && 'its store lies on the server\'s disk' }, async () => {
        const saved = [];
        const save = async (title) => {
            const rs = await owner.send('/compose', [['_csrf', await owner.csrf()], ['planet', 'tea'], ['id', '0'], ['title', title],
                ['body', crypto.randomBytes(60000).toString('hex')], ['access', 'members'], ['lang', 'en'], ['do', 'save']], { multi: true, follow: false });
            if (rs.status === 303) saved.push(title);
            return rs;
        };
        let rs;
        for (let i = 0; i < 40 && rs?.status !== 503; i++) rs = await save(`draft ${i}`);
        assert.equal(rs.status, 503, 'the disk was never full');
        assert.match(words(rs.text), /cannot store|disk is full|not be saved|could not save/i);
        assert.ok(rs.text.includes('<textarea'), 'what was typed is not lost');
        for (let i = 0; i < 5; i++) {
            assert.match((await member.page(path)).text, /Still readable/);
            assert.match((await node.client({ lang: i % 2 ? 'zh-CN' : 'en' }).page('/@tea')).text, /Still there/);
            assert.equal((await node.client().fetch('/static/nothing')).status, 404);
        }
        const comment = await member.post(`${path}/comments`, { text: 'x'.repeat(9000) });
        assert.ok([200, 503].includes(comment.status), `${comment.status}`);
        const big = await owner.post('/compose/upload', { planet: 'tea', file: file('big.bin', crypto.randomBytes(2 << 20), 'application/octet-stream') },
            { headers: { accept: 'application/json' } });
        assert.equal(big.status, 503, big.text);
        assert.match(big.text, /disk is full|cannot store|could not save/i);
        await node.stop();

        node.prefix = null;
        await node.serve();
        await node.sound();
        const drafts = new Set((await node.cli('post list', { drafts: true })).map((d) => d.title));
        assert.deepEqual(saved.filter((t) => !drafts.has(t)), []);
        assert.equal((await save('after')).status, 303);
    });
});

const crc = (bytes) => zlib.crc32(bytes);
const chunk = (type, data) => {
    const head = Buffer.from(type), length = Buffer.alloc(4), check = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc(Buffer.concat([head, data])) >>> 0);
    return Buffer.concat([length, head, data, check]);
};
function png(width, height, { depth = 1, colour = 0, rows = height } = {}) {
    const head = Buffer.alloc(13);
    head.writeUInt32BE(width, 0);
    head.writeUInt32BE(height, 4);
    head.set([depth, colour, 0, 0, 0], 8);
    const line = 1 + Math.ceil(width * depth / 8);
    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head),
                          chunk('IDAT', zlib.deflateSync(Buffer.alloc(line * rows), { level: 1 })), chunk('IEND', Buffer.alloc(0))]);
}
// An archive with one stored file, by hand.
const zip = () => {
    const name = Buffer.from('a.txt'), data = Buffer.from('hello');
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt32LE(crc(data) >>> 0, 14);
    local.writeUInt32LE(data.length, 18);
    local.writeUInt32LE(data.length, 22);
    local.writeUInt16LE(name.length, 26);
    return Buffer.concat([local, name, data]);
};

describe('pictures that are none', () => {
    let node, owner;
    before(async () => {
        node = await Node.start({ name: 'pictures' });
        owner = await node.ownerSession();
    });
    after(() => node.close());

    const bad = {
        'a bomb of 900 million pixels': ['bomb.png', png(30000, 30000), 'image/png'],
        'a bomb with a modest file, wide': ['wide.png', png(60000, 2000), 'image/png'],
        'more promised than sent': ['short.png', png(4000, 4000, { rows: 10 }).subarray(0, -20), 'image/png'],
        'text that says JPEG': ['notes.jpg', Buffer.from('these are only words, no picture at all'), 'image/jpeg'],
        'a page that says PNG': ['page.png', Buffer.from('<!doctype html><script>alert(1)</script>'), 'image/png'],
        'a drawing with a script': ['x.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), 'image/svg+xml'],
        'an archive': ['photo.jpg', zip(), 'image/jpeg'],
        'a compressed archive': ['photo.png', zlib.gzipSync(Buffer.alloc(10 << 20)), 'image/png'],
        'a PDF': ['scan.jpg', Buffer.from('%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>'), 'image/jpeg'],
        'a GIF with nothing behind its head': ['x.gif', Buffer.from('GIF89a\xff\xff\xff\xff\xf7\0\0', 'latin1'), 'image/gif'],
        'a cut JPEG head': ['x.jpg', cup.subarray(0, 200), 'image/jpeg'],
        'nothing at all': ['x.jpg', Buffer.from([0xff]), 'image/jpeg'],
        'noise behind a JPEG mark': ['x.jpg', Buffer.concat([cup.subarray(0, 20), crypto.randomBytes(50000)]), 'image/jpeg'],
        'a TIFF by name': ['x.tif', Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), Buffer.alloc(200)]), 'image/tiff'],
        'a script for ImageMagick': ['x.mvg', Buffer.from("push graphic-context\nimage over 0,0 0,0 'https://example.org/x'"), 'image/x-mvg'],
    };
    for (const [what, [name, bytes, type]] of Object.entries(bad)) {
        it(`${what}: refused with a sentence`, async () => {
            const page = await owner.page('/compose');
            const rs = await owner.submit(page, '/compose', { title: 'Typed', body: 'typed already', do: 'upload', upload: file(name, bytes, type) });
            assert.equal(rs.status, 400, `${rs.status} ${words(rs.text)}`);
            const said = /class="error"[^>]*>[\s\S]*?<\/p>/.exec(rs.text)?.[0];
            assert.match(words(said), /picture|file/i);
            assert.match(words(said), /Please|\./);
            assert.ok(rs.text.includes('typed already'), 'what was typed is not lost');
            assert.ok(!/name="media"/.test(rs.text), 'nothing was taken');
        });
    }

    it('too large: 413 or a sentence', async () => {
        const rs = await owner.submit(await owner.page('/compose'), '/compose', { do: 'upload', upload: file('big.jpg', Buffer.concat([cup, Buffer.alloc(21 << 20)]), 'image/jpeg') });
        assert.equal(rs.status, 413);
        assert.match(words(rs.text), /larger than 20 MB/);
    });

    it('many bombs at once hold up nobody', async () => {
        const bombs = Array.from({ length: 4 }, () => owner.post('/compose/upload', { planet: 'tea', file: file('bomb.png', png(20000, 20000), 'image/png') }, { headers: { accept: 'application/json' } }));
        for (let i = 0; i < 20; i++) await node.client().page('/@tea');
        for (const rs of await Promise.all(bombs)) {
            assert.ok([400, 503].includes(rs.status), `${rs.status}`);
            assert.match(JSON.parse(rs.text).message ?? JSON.parse(rs.text).error_description ?? rs.text, /picture/);
        }
    });

    it('a good one still works; its camera\'s words are gone', async () => {
        const exif = Buffer.from('Exif\0\0GPS-SECRET-PLACE', 'latin1');
        const app1 = Buffer.concat([Buffer.from([0xff, 0xe1, 0, exif.length + 2]), exif]);
        const rs = await owner.post('/compose/upload', { planet: 'tea', file: file('cup.jpg', Buffer.concat([cup.subarray(0, 2), app1, cup.subarray(2)]), 'image/jpeg') },
            { headers: { accept: 'application/json' } });
        assert.equal(rs.status, 201, rs.text);
        const { url, small_url } = JSON.parse(rs.text);
        for (const one of [url, small_url]) {
            const got = await owner.fetch(one);
            assert.equal(got.status, 200);
            assert.match(got.headers['content-type'], /^image\/(webp|jpeg|png)$/);
            assert.ok(!got.body.includes('GPS-SECRET-PLACE'));
        }
        assert.equal((await node.client().fetch(url)).status, 404, 'nobody else sees it yet');
    });

    it('a page brought in as a file is handed out as a file', async () => {
        const rs = await owner.post('/compose/upload', { planet: 'tea', file: file('x.html', Buffer.from('<script>alert(1)</script>'), 'text/html') }, { headers: { accept: 'application/json' } });
        assert.equal(rs.status, 201, rs.text);
        const got = await owner.fetch(JSON.parse(rs.text).url);
        assert.match(got.headers['content-disposition'], /^attachment/);
        assert.equal(got.headers['x-content-type-options'], 'nosniff');
    });

    it('no helper is left behind', async () => {
        await eventually('helpers are gone', () => {
            const tasks = `/proc/${node.child.pid}/task`;
            return readdirSync(tasks).every((t) => readFileSync(`${tasks}/${t}/children`, 'utf8').trim() === '');
        });
    });
});
