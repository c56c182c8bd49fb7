// A reporter for node:test that says only what failed: one paragraph each, the test's own error or that of the
// hook that kept it from running. What was cancelled along with its suite is counted, not told.
import path from 'node:path';

const LINES = 12;
const brief = (text) => {
    const lines = String(text).trimEnd().split('\n');
    return [...lines.slice(0, LINES), ...(lines.length > LINES ? [`… ${lines.length - LINES} lines more`] : [])].map((l) => `    ${l}`).join('\n');
};
// What was thrown, and by what that was caused.
function said(error) {
    const all = [];
    for (let e = error; e != null && all.length < 4; e = e.cause) {
        const text = e instanceof Error || e?.message ? `${e.name && e.name !== 'Error' ? `${e.name}: ` : ''}${e.message}` : String(e);
        if (!all.some((a) => a.includes(text))) all.push(text);
    }
    return all.join('\ncaused by: ');
}
const where = (error) => /(?:file:\/\/)?(\/\S+\.mjs:\d+):\d+/.exec(String(error?.stack).split('\n').filter((l) => !/node_modules|node:/.test(l)).slice(1).join('\n'))?.[1];

export default async function* failures(events) {
    const names = [], heard = new Map();
    let cancelled = 0;
    for await (const { type, data } of events) {
        if (type === 'test:start') {
            names.length = data.nesting;
            names[data.nesting] = data.name;
        }
        // A file that ends badly outside of its tests says why on its stderr alone.
        if (type === 'test:stderr' || (type === 'test:diagnostic' && data.file)) heard.set(path.resolve(data.file), `${heard.get(path.resolve(data.file)) ?? ''}${data.message}\n`.slice(-4000));
        if (type !== 'test:fail') continue;
        const error = data.details.error, kind = error?.failureType, thrown = error?.cause ?? error;
        if (kind === 'cancelledByParent') { cancelled++; continue; }
        if (kind === 'subtestsFailed') continue;
        const whole = kind === 'testCodeFailure' && error.message === 'test failed' && data.nesting === 0;
        const file = data.file ? path.relative(process.cwd(), data.file) : '';
        const name = [file, ...names.slice(0, data.nesting), data.name].filter((n, i, all) => n && all.indexOf(n) === i).join(' › ');
        const hook = kind === 'hookFailed' ? ' (in a hook of it)' : kind === 'testTimeoutFailure' ? ' (not in time)' : '';
        const at = where(thrown);
        yield `FAILED ${name}${hook}\n${brief(whole ? heard.get(path.resolve(data.file)) ?? said(thrown) : said(thrown))}\n${at ? `    at ${path.relative(process.cwd(), at)}\n` : ''}`;
    }
    if (cancelled > 0) yield `${cancelled} tests did not run, for what is said above.\n`;
}
