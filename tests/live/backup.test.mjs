// Backup, restore and store copy, from outside: while people write, killed in the middle, tampered with,
// on a full disk; and a restored node is the same node.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Node, ORRERY, OUT, eventually, onPostgres } from '../rig/node.mjs';
import { elsewhere, words } from '../rig/client.mjs';
import { S3 } from '../rig/s3.mjs';

// Any verb; never rejects: {code, out, err}.
const orrery = (args, { prefix = [] } = {}) => new Promise((resolve) => {
    const [program, ...rest] = [...prefix, ORRERY, ...args];
    execFile(program, rest, { encoding: 'utf8', timeout: 120000, maxBuffer: 64 << 20 }, (error, out, err) => {
        assert.ok(!/AddressSanitizer|runtime error:|LeakSanitizer/.test(err), err);
        resolve({ code: error ? error.code ?? error.signal : 0, out, err, json: !error && out.startsWith('{') ? JSON.parse(out) : null });
    });
});
const done = async (args, options) => {
    const rs = await orrery([...args, '--json'], options);
    assert.equal(rs.code, 0, `orrery ${args.join(' ')}: ${rs.err}`);
    return JSON.parse(rs.out);
};
const fails = async (words_, args, options) => {
    const rs = await orrery(args, options);
    assert.notEqual(rs.code, 0, `orrery ${args.join(' ')} should have failed: ${rs.out}`);
    assert.match(rs.err, words_);
    return rs;
};

// A node that lies in another directory, under the address of the first.
const twin = (node, dir) => {
    const other = new Node({ name: 'twin' });
    return Object.assign(other, { database: null, dir, port: node.port, origin: node.origin, host: node.host });
};
const bytesFile = (node, name, size) => {
    const file = path.join(node.root, name);
    writeFileSync(file, crypto.randomBytes(size));
    return file;
};
const actorKey = async (client) => {
    const finger = JSON.parse((await client.fetch(`/.well-known/webfinger?resource=acct:tea@${new URL(client.origin).host}`)).text);
    const self = finger.links.find((l) => l.rel === 'self').href;
    const actor = JSON.parse((await client.fetch(new URL(self).pathname, { headers: { accept: 'application/activity+json' } })).text);
    assert.match(actor.publicKey.publicKeyPem, /BEGIN PUBLIC KEY/);
    return { id: actor.id, pem: actor.publicKey.publicKeyPem };
};
// A member of the archive: {name, at (of its header), size}.
const members = (file) => {
    const all = readFileSync(file), list = [];
    for (let at = 0; at + 512 <= all.length && all[at] !== 0;) {
        const name = all.toString('latin1', at, at + 100).replace(/\0.*/s, '');
        const size = parseInt(all.toString('latin1', at + 124, at + 136), 8);
        list.push({ name, at, size });
        at += 512 + Math.ceil(size / 512) * 512;
    }
    return list;
};
const rewrite = (from, to, change) => {
    const all = readFileSync(from);
    writeFileSync(to, change(all, members(from)) ?? all);
    return to;
};
// A header's checksum is over itself.
const rename = (all, at, name) => {
    all.fill(0, at, at + 100);
    all.write(name, at, 'latin1');
    all.fill(' ', at + 148, at + 156);
    const sum = all.subarray(at, at + 512).reduce((a, b) => a + b, 0);
    all.write(sum.toString(8).padStart(6, '0') + '\0 ', at + 148, 'latin1');
};

describe('a backup of a node that serves', () => {
    let node, file, key, post, locked, picture;
    const at = (name) => path.join(node.root, name);

    before(async () => {
        node = await Node.start({ name: 'backup' });
        picture = bytesFile(node, 'first.bin', 300000);
        const made = await node.post({ title: 'A cup', body: 'For everybody.', access: 'public', media: picture });
        post = new URL(made.address).pathname;
        locked = new URL((await node.post({ title: 'Locked', body: 'The inner room.', teaser: 'A door.', access: 'members' })).address).pathname;
        key = await actorKey(node.client());
        file = at('one.orrery');
    });
    after(() => node.close());

    it('goes on serving and writing, and what was answered before is in it', async () => {
        const owner = await node.ownerSession();
        const token = await owner.csrf();
        let writing = true;
        const kept = [];
        const write = async () => {
            for (let i = 0; writing; i++) {
                const rs = await owner.send('/compose', [['_csrf', token], ...Object.entries({ id: '0', version: '0', planet: 'tea',
                    title: `w${i}`, body: 'x', access: 'public', lang: 'en', do: 'save' })], { follow: false, headers: { accept: 'application/json', ...elsewhere() } });
                assert.equal(rs.status, 200, words(rs.text));
                kept.push(`w${i}`);
            }
        };
        const writer = write();
        await eventually('some are written', () => kept.length >= 5);
        const before_ = kept.length;
        let report;
        try {
            report = await done(['backup', node.dir, '--to', file]);
            assert.equal((await node.client().fetch(post)).status, 200);
        } finally {
            writing = false;
            await writer;
        }
        assert.equal(report.address, node.origin);
        assert.match(report.note, /keys/);
        assert.equal(statSync(file).mode & 0o777, 0o600);
        assert.deepEqual(readdirSync(node.root).filter((n) => n.startsWith('one.orrery.')), [], 'nothing else is left');
        await done(['restore', file, at('look')]);
        const look = twin(node, at('look'));
        const titles = look.column('SELECT title FROM post');
        for (const title of kept.slice(0, before_)) assert.ok(titles.includes(title), `${title} was answered before`);
        await look.sound();
        assert.match(execFileSync('tar', ['xOf', file, 'orrery-backup.txt'], { encoding: 'utf8' }), /holds the node's keys/);
    });

    it('is never written over another without --force', async () => {
        const old = readFileSync(file);
        await fails(/is there already/, ['backup', node.dir, '--to', file]);
        assert.ok(old.equals(readFileSync(file)));
        await done(['backup', node.dir, '--to', file, '--force']);
        assert.ok(!old.equals(readFileSync(file)));
    });

    it('a restored node is the same node: keys, sessions, posts, media, ledger', async () => {
        const reader = await node.member('rita');
        const owner = await node.ownerSession();
        assert.match((await reader.page(locked)).text, /The inner room/);
        await done(['backup', node.dir, '--to', at('same.orrery')]);
        await done(['restore', at('same.orrery'), at('same')]);
        await node.stop();
        const same = twin(node, at('same'));
        try {
            await same.serve();
            assert.deepEqual(await actorKey(same.client()), key);
            assert.match((await reader.page(locked)).text, /The inner room/, 'the session holds');
            assert.match((await owner.page('/desk')).text, /desk/);
            assert.ok(!(await same.client().page(locked)).text.includes('The inner room'));
            const url = /\/media\/\d+\/[\w.-]+/.exec((await same.client().page(post)).text)[0];
            assert.ok((await same.client().fetch(url)).body.equals(readFileSync(picture)));
            const written = await same.post({ title: 'After', body: 'It goes on.', access: 'public' });
            assert.equal((await same.client().fetch(new URL(written.address).pathname)).status, 200);
            await same.stop();
            await same.sound();
        } finally {
            await same.stop();
            await node.serve();
        }
    });

    it('restores into a new or empty directory only', async () => {
        mkdirSync(at('empty'));
        await done(['restore', file, at('empty')]);
        assert.equal(statSync(at('empty')).mode & 0o777, 0o700);
        await fails(/not empty/, ['restore', file, at('empty')]);
        await fails(/not empty/, ['restore', file, node.root]);
        assert.ok(!existsSync(at('restoring')));
    });

    it('builds upon an earlier one, and asks for all of them', async () => {
        await done(['backup', node.dir, '--to', at('c0.orrery')]);
        await node.post({ title: 'Second', body: 'x', access: 'public', media: bytesFile(node, 'second.bin', 200000) });
        const one = await done(['backup', node.dir, '--to', at('c1.orrery'), '--since', at('c0.orrery')]);
        assert.equal(one.media, '1');
        assert.ok(Number(one.media_before) >= 1);
        assert.ok(statSync(at('c1.orrery')).size < statSync(at('c0.orrery')).size);
        await node.post({ title: 'Third', body: 'x', access: 'public', media: bytesFile(node, 'third.bin', 100000) });
        await done(['backup', node.dir, '--to', at('c2.orrery'), '--since', at('c1.orrery')]);
        await fails(/The backup c0\.orrery of \d{4}-.* is missing/, ['restore', at('c2.orrery'), at('chain')]);
        await fails(/The backup c1\.orrery of \d{4}-.* is missing/, ['restore', at('c0.orrery'), at('c2.orrery'), at('chain')]);
        assert.ok(!existsSync(at('chain')), 'nothing was touched');
        await done(['restore', at('c1.orrery'), at('c2.orrery'), at('c0.orrery'), at('chain')]);
        const chain = twin(node, at('chain'));
        for (const hash of chain.column('SELECT hash FROM media')) {
            const bytes = readFileSync(path.join(chain.dir, 'media', hash.slice(0, 2), hash));
            assert.equal(crypto.createHash('sha256').update(bytes).digest('hex'), hash);
        }
        assert.equal(chain.column("SELECT COUNT(*) FROM post WHERE title = 'Third'")[0], 1);
        await fails(/do not belong together/, ['restore', at('c2.orrery'), file, at('no')]);
    });

    it('refuses what is damaged, cut off or something else, and says so', async () => {
        const size = statSync(file).size;
        const bad = at('bad.orrery');
        const refuse = async (sentence, change) => {
            const dir = at('refused');
            rmSync(dir, { recursive: true, force: true });
            rewrite(file, bad, change);
            await fails(sentence, ['restore', bad, dir]);
            if (existsSync(path.join(dir, 'restoring'))) {
                await fails(/half restored/, ['serve', dir, '--listen', '127.0.0.1:0']);
                await fails(/half restored/, ['post', 'list', dir]);
            } else {
                assert.ok(!existsSync(path.join(dir, 'store.sqlite')));
            }
        };
        const body = (list, name) => list.find((m) => m.name.startsWith(name)).at + 512;
        await refuse(/damaged \(media\//, (all, list) => { all[body(list, 'media/') + 1000] ^= 1; });
        await refuse(/damaged \(store/, (all, list) => { all[body(list, 'store.') + 100] ^= 1; });
        await refuse(/damaged \(secret/, (all, list) => { all[body(list, 'secret.')] ^= 1; });
        await refuse(/damaged \(manifest/, (all, list) => { all[body(list, 'manifest.') + 60] ^= 1; });
        await refuse(/damaged/, (all, list) => { all[list.find((m) => m.name.startsWith('media/')).at + 20] ^= 1; });
        await refuse(/damaged \(what stands in it/, (all, list) => rename(all, list.find((m) => m.name.startsWith('media/')).at, '../../../tmp/out'));
        await refuse(/damaged \(what stands in it/, (all, list) => rename(all, list.find((m) => m.name.startsWith('media/')).at, 'serve.sock'));
        await refuse(/damaged \(what stands in it/, (all, list) => rename(all, list.find((m) => m.name.startsWith('media/')).at, 'secret.key'));
        await refuse(/is cut off/, (all) => all.subarray(0, size - 1));
        await refuse(/is cut off/, (all) => all.subarray(0, size >> 1));
        await refuse(/is not a backup/, () => Buffer.from('hello'));
        await refuse(/is not a backup/, () => Buffer.alloc(0));
        await refuse(/is not a backup/, () => readFileSync(ORRERY).subarray(0, 100000));
        await fails(/cannot be read: No such file/, ['restore', at('nowhere.orrery'), at('refused')]);
        // Middle bytes that are gone, with the end in its place.
        await refuse(/damaged/, (all, list) => { const m = list.find((x) => x.name.startsWith('media/'));
            return Buffer.concat([all.subarray(0, m.at), all.subarray(m.at + 512 + Math.ceil(m.size / 512) * 512)]); });
    });

    it('one of a newer program is left to the newer program', async () => {
        const newer = at('newer.orrery');
        const reseal = (change) => rewrite(file, newer, (all, list) => {
            const m = list.find((x) => x.name === 'manifest.json'), i = list.find((x) => x.name === 'index');
            const text = all.toString('utf8', m.at + 512, m.at + 512 + m.size);
            const changed = change(text);
            assert.equal(changed.length, text.length);
            all.write(changed, m.at + 512);
            const line = all.toString('utf8', i.at + 512, i.at + 512 + i.size).trim().split(' ');
            line[3] = crypto.createHash('sha256').update(changed).digest('hex');
            all.write(line.join(' ') + '\n', i.at + 512);
        });
        reseal((text) => text);
        await done(['restore', newer, at('resealed')]);
        reseal((text) => text.replace('0001_core.sql', '9999_core.sql'));
        await fails(/newer version of the program/, ['restore', newer, at('newer')]);
        reseal((text) => text.replace('"version":1', '"version":2'));
        await fails(/newer version of the program/, ['restore', newer, at('newer')]);
        reseal((text) => text.replace(/("0001_core.sql",")(.)/, (all, head, c) => head + (c === 'a' ? 'b' : 'a')));
        await fails(/another version of the program/, ['restore', newer, at('newer')]);
        assert.ok(!existsSync(at('newer')));
    });

    it('names media that are missing or damaged, and keeps the rest', async () => {
        await done(['restore', file, at('holes')]);
        const holes = twin(node, at('holes'));
        const [hash] = holes.column('SELECT hash FROM media ORDER BY id LIMIT 1');
        const lies = path.join(holes.dir, 'media', hash.slice(0, 2), hash);
        writeFileSync(lies, 'other bytes');
        const damaged = await done(['backup', holes.dir, '--to', at('damaged.orrery')]);
        assert.equal(damaged.media_damaged, '1');
        await done(['restore', at('damaged.orrery'), at('damaged')]);
        rmSync(lies);
        const missing = await done(['backup', holes.dir, '--to', at('missing.orrery')]);
        assert.equal(missing.media_missing, '1');
        assert.equal((await done(['restore', at('missing.orrery'), at('missing')])).media_missing, '1');
    });

    it('a full disk leaves nothing behind and is told', async () => {
        const before_ = readdirSync(node.root).sort();
        for (const limit of [1000, 60000, 400000])
            await fails(/no room left/i, ['backup', node.dir, '--to', at('full.orrery')],
                        { prefix: ['sh', '-c', `trap "" XFSZ; exec prlimit --fsize=${limit} "$@"`, 'sh'] });
        assert.deepEqual(readdirSync(node.root).sort(), before_);
        await fails(/no room left/, ['restore', file, at('small')],
                    { prefix: ['sh', '-c', 'trap "" XFSZ; exec prlimit --fsize=100000 "$@"', 'sh'] });
        await fails(/half restored/, ['serve', at('small'), '--listen', '127.0.0.1:0']);
        await done(['restore', file, at('small')]);
        await twin(node, at('small')).sound();
    });
});

describe('kill -9', () => {
    let node;
    const at = (name) => path.join(node.root, name);
    before(async () => {
        node = await Node.start({ name: 'backup-kill' });
        for (let i = 0; i < 8; i++)
            await node.post({ title: `File ${i}`, body: 'x', access: 'public', media: bytesFile(node, `file${i}.bin`, 15 << 20) });
    });
    after(() => node.close());

    const start = (args) => {
        const child = spawn(ORRERY, args, { stdio: 'ignore' });
        return { child, ended: new Promise((ok) => child.on('exit', ok)) };
    };

    it('in the middle of a backup: there is a whole file or none, and the next one succeeds', async () => {
        const file = at('killed.orrery');
        for (const size of [0, 1 << 20, 60 << 20]) {
            const run = start(['backup', node.dir, '--to', file, '--hurry']);
            let over = false;
            run.ended.then(() => { over = true; });
            await eventually('it writes', () => over || (existsSync(`${file}.part`) && statSync(`${file}.part`).size >= size), { every: 1 });
            run.child.kill('SIGKILL');
            await run.ended;
            if (existsSync(file)) { // it was faster
                await done(['restore', file, at(`whole${size}`)]);
                rmSync(file);
            }
        }
        await done(['backup', node.dir, '--to', file, '--hurry']);
        assert.deepEqual(readdirSync(node.root).filter((n) => n.startsWith('killed.orrery')), ['killed.orrery']);
    });

    it('in the middle of a restore: it doesn\'t serve, and may be repeated', async () => {
        const file = at('killed.orrery'), dir = at('again');
        let cut = 0;
        for (const size of [0, 1 << 20, 60 << 20]) {
            rmSync(dir, { recursive: true, force: true });
            const run = start(['restore', file, dir]);
            let over = false;
            run.ended.then(() => { over = true; });
            const du = () => Number(execFileSync('du', ['-sb', dir], { encoding: 'utf8' }).split('\t')[0]);
            await eventually('it writes', () => over || (existsSync(path.join(dir, 'restoring')) && du() >= size), { every: 1 });
            run.child.kill('SIGKILL');
            await run.ended;
            if (!existsSync(path.join(dir, 'restoring'))) continue;
            cut++;
            await fails(/half restored/, ['serve', dir, '--listen', '127.0.0.1:0']);
            await done(['restore', file, dir]);
            assert.ok(!existsSync(path.join(dir, 'restoring')));
            await twin(node, dir).sound();
        }
        assert.ok(cut > 0, 'none was cut off');
    });
});

describe('store copy', () => {
    let node;
    const at = (name) => path.join(node.root, name);
    before(async () => {
        node = await Node.start({ name: 'copy' });
        await node.post({ title: 'A cup', body: 'For everybody.', access: 'public' });
        await node.member('mia');
    });
    after(() => node.close());

    it('is refused while a server writes, unless a copy of this moment is wanted', async () => {
        await fails(/must not be served meanwhile/, ['store', 'copy', node.dir, '--to', at('served.sqlite')]);
        assert.ok(!existsSync(at('served.sqlite')));
        const rows = await done(['store', 'copy', node.dir, '--to', at('served.sqlite'), '--while-serving']);
        assert.ok(rows.some((t) => t.table === 'post' && t.rows === '1'));
        assert.deepEqual(execFileSync('sqlite3', [at('served.sqlite'), 'PRAGMA integrity_check; SELECT COUNT(*) FROM post'], { encoding: 'utf8' }).trim().split('\n'), ['ok', '1']);
        await fails(/would be lost/, ['store', 'copy', node.dir, '--to', at('x.sqlite'), '--while-serving', '--switch']);
    });

    it('moves a node between the stores, and back: the same rows, the same node', { skip: !onPostgres && 'PostgreSQL' }, async () => {
        const old = path.join(node.dir, 'store.sqlite'), url = path.join(node.dir, 'store.url');
        const reader = await node.member('noa');
        await node.stop();
        const other = at('other'); // another server of the same store, that nobody thought of
        cpSync(node.dir, other, { recursive: true });
        const second = Object.assign(twin(node, other), { database: node.database });
        await second.serve();
        let away;
        try {
            away = await done(['store', 'copy', node.dir, '--to', old, '--switch']);
            assert.ok((await reader.fetch('/me')).status >= 500, 'and what would be lost is refused');
        } finally {
            await second.signal('SIGTERM');
        }
        assert.ok(existsSync(old) && !existsSync(url) && existsSync(`${url}.old`));
        const lite = Object.assign(twin(node, node.dir), { stop: Node.prototype.stop });
        await lite.serve();
        assert.match((await reader.page('/me')).text, /Noa/);
        await lite.post({ title: 'In between', body: 'x', access: 'public' });
        await lite.stop();
        const there = `${node.database}&schema=${node.schema}_2`;
        const [left] = node.column(`SELECT nspname FROM pg_namespace WHERE nspname LIKE '${node.schema}_left_%'`);
        assert.ok(left, 'the old schema is kept');
        await fails(/not empty/, ['store', 'copy', node.dir, '--to', `${node.database}&schema=${left}`]);
        const back = await done(['store', 'copy', node.dir, '--to', there, '--switch']);
        assert.ok(!existsSync(old) && existsSync(url));
        assert.equal(statSync(url).mode & 0o777, 0o600);
        assert.equal(Number(back.find((t) => t.table === 'post').rows), Number(away.find((t) => t.table === 'post').rows) + 1);
        const again = await done(['store', 'copy', node.dir, '--to', at('compared.sqlite')]);
        assert.deepEqual(again, back);
        try {
            await node.serve();
            assert.match((await reader.page('/me')).text, /Noa/);
            // A backup of this store restores onto the other one, and the other way round.
            await done(['backup', node.dir, '--to', at('pg.orrery')]);
            await done(['restore', at('pg.orrery'), at('lite')]);
            await done(['backup', at('lite'), '--to', at('lite.orrery')]);
            await done(['restore', at('lite.orrery'), at('pg'), '--store', `${node.database}&schema=${node.schema}_3`]);
            await fails(/not empty/, ['restore', at('lite.orrery'), at('pg2'), '--store', `${node.database}&schema=${node.schema}_3`]);
            await fails(/half restored/, ['post', 'list', at('pg2')]);
            const posts = (await orrery(['post', 'list', node.dir])).out;
            assert.equal((await orrery(['post', 'list', at('lite')])).out, posts);
            assert.equal((await orrery(['post', 'list', at('pg')])).out, posts);
        } finally {
            await node.stop();
            node.psql(`DROP SCHEMA IF EXISTS ${node.schema}_3 CASCADE; DROP SCHEMA IF EXISTS ${node.schema} CASCADE;
                       DROP SCHEMA ${left} CASCADE; ALTER SCHEMA ${node.schema}_2 RENAME TO ${node.schema}`);
            cpSync(`${url}.old`, url);
        }
    });

    it('gives the same rows, whose hashes do not change on the way', async () => {
        await node.stop();
        const one = await done(['store', 'copy', node.dir, '--to', at('one.sqlite')]);
        const copied = at('copied');
        mkdirSync(copied);
        cpSync(path.join(node.dir, 'secret.key'), path.join(copied, 'secret.key'));
        cpSync(at('one.sqlite'), path.join(copied, 'store.sqlite'));
        const two = await done(['store', 'copy', copied, '--to', at('two.sqlite')]);
        assert.deepEqual(two, one);
        execFileSync('sqlite3', [path.join(copied, 'store.sqlite'), "UPDATE account SET name = name || '!'"]);
        const three = await done(['store', 'copy', copied, '--to', at('three.sqlite')]);
        assert.deepEqual(three.filter((t, i) => t.sha256 !== one[i].sha256).map((t) => t.table), ['account']);
        await fails(/is there already/, ['store', 'copy', node.dir, '--to', at('one.sqlite')]);
    });
});

describe('media in S3', () => {
    let node, s3;
    const at = (name) => path.join(node.root, name);
    before(async () => {
        s3 = await S3.start();
        node = await Node.start({ name: 'backup-s3' });
        await node.post({ title: 'Here', body: 'x', access: 'public', media: bytesFile(node, 'here.bin', 10000) });
        await node.cli('settings set', { key: 'media.s3_url', value: s3.url() });
        await node.cli('settings set', { key: 'media.store', value: 's3' });
        await node.post({ title: 'Away', body: 'x', access: 'public', media: bytesFile(node, 'away.bin', 20000) });
    });
    after(async () => { await node.close(); await s3.stop(); });

    it('stay there, which the backup says, or are fetched with --media', async () => {
        const without = await done(['backup', node.dir, '--to', at('without.orrery')]);
        assert.match(without.note, /S3/);
        assert.equal(without.media, '1', 'what lies in the directory is in it');
        assert.equal(without.media_missing, '0');
        await done(['restore', at('without.orrery'), at('without')]);
        const whole = await done(['backup', node.dir, '--to', at('whole.orrery'), '--media', '--since', at('without.orrery')]);
        assert.doesNotMatch(whole.note, /S3/);
        assert.equal(whole.media, '1');
        assert.equal(whole.media_before, '1');
        await done(['restore', at('whole.orrery'), at('without.orrery'), at('whole')]);
        for (const name of ['here.bin', 'away.bin']) {
            const hash = crypto.createHash('sha256').update(readFileSync(at(name))).digest('hex');
            assert.ok(readFileSync(path.join(at('whole'), 'media', hash.slice(0, 2), hash)).equals(readFileSync(at(name))));
        }
        await s3.close();
        try {
            await fails(/cannot|not be|reach|refused|connect/i, ['backup', node.dir, '--to', at('down.orrery'), '--media']);
            assert.ok(!existsSync(at('down.orrery')) && !existsSync(at('down.orrery.part')));
        } finally {
            await s3.open();
        }
    });
});
