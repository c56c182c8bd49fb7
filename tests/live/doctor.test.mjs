// `orrery doctor`: nothing to say of a sound node that could be worse than it is, and each planted fault is
// found, named, and makes the exit status 1.
import { describe, it, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import { chmodSync, cpSync, copyFileSync, openSync, closeSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { request } from '../rig/client.mjs';
import { Node, ORRERY, freePort, onPostgres } from '../rig/node.mjs';

const look = (dir, ...args) => new Promise((resolve) => {
    execFile(ORRERY, ['doctor', dir, '--json', ...args], { encoding: 'utf8', timeout: 120000 }, (error, out, err) => {
        assert.ok(!/AddressSanitizer|runtime error:|LeakSanitizer/.test(err), err);
        resolve({ code: error ? error.code ?? error.signal : 0, err, lines: out === '' ? [] : JSON.parse(out) });
    });
});
const of = (rs, check) => rs.lines.filter((l) => l.check === check);
const bad = (rs) => rs.lines.filter((l) => l.state === 'FAIL');
// This one thing is wrong, and there is something to do about it.
const finds = async (check, sentence, dir, ...args) => {
    const rs = await look(dir, ...args);
    const line = bad(rs).find((l) => l.check === check && sentence.test(l.what));
    assert.ok(line, `${sentence} of ${check}: ${JSON.stringify(rs.lines)} ${rs.err}`);
    assert.ok(line.todo?.length > 10, line.what);
    assert.equal(rs.code, 1);
    return line;
};

describe('the doctor', () => {
    let node, file;
    const at = (name) => path.join(node.root, name);
    let copies = 0;
    // The stopped node again, to be spoiled.
    const copy = () => {
        const dir = at(`copy${++copies}`);
        cpSync(node.dir, dir, { recursive: true });
        chmodSync(dir, 0o700);
        return dir;
    };
    const sql = (dir, statements) => execFileSync('sqlite3', [path.join(dir, 'store.sqlite')], { input: statements });

    before(async () => {
        node = await (await Node.start({ name: 'doctor' })).withMail();
        writeFileSync(at('a.bin'), crypto.randomBytes(50000));
        await node.post({ title: 'A cup', body: 'x', access: 'public', media: at('a.bin') });
        const member = await node.person('mia');
        const [code] = await node.cli('code create', { tier: 'member', n: 1, unit: 'year' });
        await member.post('/@tea/redeem', { code: code.code });
    });
    after(() => node.close());

    it('has nothing bad to say of a sound node that serves', async () => {
        const rs = await look(node.dir, '--deep');
        assert.deepEqual(bad(rs), []);
        assert.equal(rs.code, 0);
        for (const check of ['files', 'disk', 'store', 'queries', 'keys', 'ledger', 'media', 'mail', 'outside', 'zones'])
            assert.ok(of(rs, check).some((l) => l.state === 'ok'), `${check}: ${JSON.stringify(rs.lines)}`);
        assert.match(of(rs, 'ledger')[0].what, /^[1-9]/);
        assert.match(of(rs, 'media')[0].what, /sound/);
        assert.equal((await node.client().fetch('/@tea')).status, 200);
        assert.equal(of(await look(node.dir, '--offline'), 'outside').length, 0);
    });

    it('sees what a proxy in front does to others: POSTs held back, Accept not heeded', async () => {
        const AP = 'application/activity+json';
        const kept = new Map(), keep = async (url, accept) => {
            const rs = await request(node.origin + url, { headers: { accept } });
            kept.set(`${url} ${accept}`, rs);
            return rs;
        };
        const finger = await keep(`/.well-known/webfinger?resource=${encodeURIComponent(`acct:tea@${node.host}`)}`, 'application/jrd+json');
        const actor = new URL(JSON.parse(finger.text).links.find((l) => l.rel === 'self').href).pathname;
        for (const accept of [AP, 'text/html']) await keep('/@tea', accept);
        await keep(actor, AP);
        await node.stop();
        const behind = async (sentence, change) => {
            const server = http.createServer((rq, rs) => {
                const found = [...kept].find(([k]) => decodeURIComponent(k) === decodeURIComponent(`${rq.url} ${rq.headers.accept}`))?.[1];
                const { status, type, text } = change(rq, rq.method === 'POST' ? { status: 401, type: 'text/plain', text: '' }
                    : { status: found?.status ?? 404, type: found?.headers['content-type'] ?? 'text/plain', text: found?.text ?? '' });
                rs.writeHead(status, { 'content-type': type }).end(text);
            });
            await new Promise((ok) => server.listen(node.port, '127.0.0.1', ok));
            try {
                if (sentence) await finds('outside', sentence, node.dir);
                else assert.deepEqual(of(await look(node.dir), 'outside').map((l) => l.state), ['ok']);
            } finally { server.close(); server.closeAllConnections(); }
        };
        await behind(null, (rq, as) => as);
        await behind(/messages through: 403 instead of 401/, (rq, as) => (rq.method === 'POST' ? { ...as, status: 403 } : as));
        await behind(/does not heed Accept/, (rq, as) => (rq.url === '/@tea' ? { status: 200, type: 'text/html', text: '<p>tea</p>' } : as));
        await node.serve();
    });

    it('hears what is heard outside: nobody, another, a changed Host', async () => {
        await node.stop();
        const line = await finds('outside', /cannot be reached/, node.dir);
        assert.match(line.what, /webfinger/);
        const answers = (status, body) => async (sentence) => {
            const server = http.createServer((rq, rs) => { rs.writeHead(status, { date: new Date(Date.now() - 3600_000).toUTCString() }); rs.end(body); });
            await new Promise((ok) => server.listen(node.port, '127.0.0.1', ok));
            try { await finds('outside', sentence, node.dir); await finds('clock', /36\d\d seconds away/, node.dir); } finally { server.close(); server.closeAllConnections(); }
        };
        await answers(421, '')(/answers 421: the front proxy changes the Host/);
        await answers(502, '')(/the front proxy does not find the node/);
        await answers(200, '<p>parked</p>')(/not this node's/);
        await answers(200, '{"links":[{"rel":"self","href":"https://elsewhere.example/u"}]}')(/not this node's/);
    });

    it('mail: not set, nobody there, no STARTTLS', async () => {
        assert.ok(of(await look(node.dir, '--offline'), 'mail').length === 0);
        const dir = copy();
        const set = (value) => execFileSync(ORRERY, ['settings', 'set', dir, '--key', 'mail.smtp_url', '--value', value]);
        set(`smtp://127.0.0.1:${await freePort()}`);
        await finds('mail', /does not take us/, dir);
        // One that greets and hangs up; it gets nothing to send.
        let said = '';
        const server = net.createServer((s) => { s.on('error', () => {}); s.write('554 no\r\n'); s.on('data', (d) => { said += d; }); });
        await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
        set(`smtp://127.0.0.1:${server.address().port}`);
        await finds('mail', /does not take us/, dir);
        assert.ok(!/MAIL FROM/i.test(said));
        server.close();
        set('');
        assert.ok(of(await look(dir), 'mail').some((l) => l.state === 'warn' && /No mail can be sent/.test(l.what)));
    });

    it('files: readable by others, gone, not plain, half restored', async () => {
        const dir = copy(), key = path.join(dir, 'secret.key');
        chmodSync(key, 0o644);
        await finds('files', /can be read by others/, dir, '--offline');
        chmodSync(key, 0o600);
        chmodSync(dir, 0o755);
        assert.ok(of(await look(dir, '--offline'), 'files').some((l) => l.state === 'warn'));
        chmodSync(dir, 0o700);
        if (process.getuid() === 0) {
            execFileSync('chown', ['65534', key]);
            await finds('files', /belongs to another user/, dir, '--offline');
            execFileSync('chown', ['0', key]);
        }
        const lock = path.join(dir, 'serve.lock');
        rmSync(lock, { force: true });
        symlinkSync('/etc/hostname', lock);
        await finds('files', /no plain file/, dir, '--offline');
        unlinkSync(lock);
        writeFileSync(path.join(dir, 'restoring'), '');
        await finds('files', /half restored/, dir, '--offline');
        unlinkSync(path.join(dir, 'restoring'));
        unlinkSync(key);
        await finds('files', /secret\.key, is missing/, dir, '--offline');
        await finds('files', /no directory/, at('nowhere'), '--offline');
    });

    it('keys that are another node\'s', async () => {
        const dir = copy();
        writeFileSync(path.join(dir, 'secret.key'), crypto.randomBytes(32));
        await finds('keys', /cannot be opened with secret\.key/, dir, '--offline');
    });

    it('what an owner gave to be paid, and what to do when it cannot be read', { skip: onPostgres && 'the copied store is a file' }, async () => {
        const dir = copy();
        const fields = at('stripe.json');
        writeFileSync(fields, JSON.stringify({ key: 'rk_test_abcdefghijklmnop', webhook_secret: 'whsec_abcdefghijklmnop' }));
        sql(dir, `INSERT INTO rail_account (id, planet_id, rail, state, live, settings, hints, secrets, created_at, updated_at)
            SELECT 5, id, 'stripe', 'on', 0, '{}', '{"key":"…mnop"}', x'${crypto.randomBytes(60).toString('hex')}', 0, 0 FROM planet LIMIT 1`);
        const line = await finds('keys', /The keys of stripe on the planet tea cannot be opened with secret\.key/, dir, '--offline');
        assert.match(line.todo, /rail connect DIR --planet tea --rail stripe/);
        const rails = (...args) => new Promise((resolve) => {
            execFile(ORRERY, ['rail', ...args, dir, '--planet', 'tea', '--json'], { encoding: 'utf8' }, (error, out, err) => resolve({ error, out, err }));
        });
        assert.match((await rails('list')).out, /enter every one of them again/);
        // What it says to do mends it; here nobody answers the test of the key, which is another matter.
        await rails('connect', '--rail', 'stripe', '--file', fields);
        assert.ok(!(await look(dir, '--offline')).lines.some((l) => l.check === 'keys' && l.state === 'FAIL'));
    });

    it('media: missing, and with --deep damaged', async () => {
        const dir = copy();
        const hash = crypto.createHash('sha256').update(readFileSync(at('a.bin'))).digest('hex');
        const bytes = path.join(dir, 'media', hash.slice(0, 2), hash);
        writeFileSync(bytes, crypto.randomBytes(50000));
        await finds('media', new RegExp(`1 media files are missing or damaged, first ${hash}`), dir, '--offline', '--deep');
        unlinkSync(bytes);
        await finds('media', new RegExp(hash), dir, '--offline');
    });

    describe('the store', { skip: onPostgres && 'SQLite\'s file' }, () => {
        it('damaged, of another version, not one', async () => {
            const dir = copy(), store = path.join(dir, 'store.sqlite');
            sql(dir, "PRAGMA foreign_keys=OFF; INSERT INTO post_tag VALUES (999, 'x', 'x', 0)");
            await finds('store', /damaged: a row of post_tag/, dir, '--offline');
            const torn = copy(), fd = openSync(path.join(torn, 'store.sqlite'), 'r+');
            writeSync(fd, crypto.randomBytes(60000), 0, 60000, 20000);
            closeSync(fd);
            await finds('store', /damaged|cannot be opened|list of migrations/, torn, '--offline');
            writeFileSync(store, 'this is no database, but it is long enough to be taken for one'.repeat(100));
            await finds('store', /cannot be opened|not a node's/, dir, '--offline');
            const newer = copy();
            sql(newer, "INSERT INTO migration VALUES ('9999_more.sql', 'x', 0)");
            await finds('store', /newer version of the program \(9999_more\.sql\)/, newer, '--offline');
            const other = copy();
            sql(other, "UPDATE migration SET checksum = 'x' WHERE name = '0001_core.sql'");
            await finds('store', /another version of the program: 0001_core\.sql/, other, '--offline');
            const older = copy();
            sql(older, "DELETE FROM migration WHERE name = '0001_core.sql'");
            const rs = await look(older, '--offline');
            assert.ok(of(rs, 'store').some((l) => l.state === 'warn' && /older version/.test(l.what)));
            assert.equal(execFileSync('sqlite3', [path.join(older, 'store.sqlite'), "SELECT COUNT(*) FROM migration WHERE name = '0001_core.sql'"], { encoding: 'utf8' }).trim(), '0', 'the doctor migrates nothing');
        });

        it('books that were changed by hand', async () => {
            const dir = copy();
            sql(dir, "DROP TRIGGER txn_no_update; UPDATE txn SET memo = memo || '!'");
            await finds('ledger', /books of tea are not as they were written/, dir, '--offline');
        });

        it('a time zone that is not known here', async () => {
            const dir = copy();
            sql(dir, "UPDATE planet SET zone = 'Asia/Atlantis'");
            assert.match((await finds('zones', /Asia\/Atlantis of the planet tea/, dir, '--offline')).todo, /tzdata/);
        });

        it('the queue: overdue, stuck, given up', async () => {
            const dir = copy(), now = Date.now();
            const job = (id, state, extra) => sql(dir, `INSERT INTO job (id, kind, subject, state, run_at, attempts, created_at, lease_owner, lease_until)
                VALUES (${id}, 'x', 0, '${state}', ${now - 3600_000}, 0, 0, ${extra})`);
            job(1, 'ready', 'NULL, NULL');
            await finds('queue', /1 jobs are overdue/, dir, '--offline');
            sql(dir, 'DELETE FROM job');
            job(2, 'leased', `'gone', ${now - 3600_000}`);
            await finds('queue', /held by a server that is gone/, dir, '--offline');
            sql(dir, 'DELETE FROM job');
            job(3, 'resting', 'NULL, NULL');
            const rs = await look(dir, '--offline');
            assert.ok(of(rs, 'queue').some((l) => l.state === 'warn' && /gave up/.test(l.what)));
        });
    });

    it('a PostgreSQL that is not there', async () => {
        const dir = copy();
        writeFileSync(path.join(dir, 'store.url'), `postgresql://u:hidden-word@127.0.0.1:${await freePort()}/x\n`, { mode: 0o600 });
        const line = await finds('store', /cannot be reached/, dir, '--offline');
        assert.ok(!JSON.stringify(line).includes('hidden-word'));
    });

    it('speaks the truth about the store on PostgreSQL', { skip: !onPostgres && 'PostgreSQL' }, async () => {
        const rs = await look(node.dir, '--offline');
        assert.match(of(rs, 'store').at(-1).what, /PostgreSQL \d+/);
        const dir = copy();
        const url = readFileSync(path.join(dir, 'store.url'), 'utf8').trim().replace(/schema=\w+/, 'schema=nobody_made_it');
        writeFileSync(path.join(dir, 'store.url'), url + '\n');
        await finds('store', /no such schema/, dir, '--offline');
    });
});
