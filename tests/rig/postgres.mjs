// A PostgreSQL of a test's own, to be stopped, killed and started again (tests/tools/pg.sh).
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { OUT } from './node.mjs';

const SCRIPT = new URL('../tools/pg.sh', import.meta.url).pathname;

export class Postgres {
    constructor(name) { this.file = path.join(OUT, `postgres-${name}`); }
    static start(name) {
        const pg = new Postgres(name);
        pg.url = pg.run('start');
        return pg;
    }
    run(verb, ...rest) {
        return execFileSync('sh', [SCRIPT, verb, this.file, ...rest], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
    }
    down(mode = 'fast') { this.run('down', mode); }
    up() { this.run('up'); }
    stop() { this.run('stop'); }
}
