// A browser without a screen: cookies, forms, redirects, and nothing that a page did not ask for.
import http from 'node:http';
import assert from 'node:assert/strict';

let hop = 0;
// Headers by which every request comes from another network, as far as limits go: for who writes as fast as it can.
export const elsewhere = () => ({ 'x-forwarded-for': `10.${9 + (++hop >> 16 & 127)}.${hop >> 8 & 255}.${hop & 255}` });

export const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

export const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#34': '"' };
export const unescape = (s) => s.replace(/&(#?\w+);/g, (all, name) => ENTITIES[name] ?? all);

// One request as it is. Answers {status, headers, body (Buffer), text}. at: which address of the loopback.
export function request(url, { method = 'GET', headers = {}, body, timeout = 90000, at = '127.0.0.1' } = {}) {
    const u = new URL(url);
    return new Promise((resolve, reject) => {
        const rq = http.request({
            host: at, port: u.port, method, agent, path: u.pathname + u.search,
            headers: { host: u.host, ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
        }, (rs) => {
            const parts = [];
            rs.on('data', (d) => parts.push(d));
            rs.on('error', reject);
            rs.on('end', () => {
                const bytes = Buffer.concat(parts);
                resolve({ status: rs.statusCode, headers: rs.headers, body: bytes, text: bytes.toString('utf8') });
            });
        });
        rq.setTimeout(timeout, () => rq.destroy(new Error(`${method} ${url}: no answer in ${timeout} ms`)));
        rq.on('error', reject);
        rq.end(body);
    });
}

const attributes = (tag) => Object.fromEntries(
    [...tag.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)].slice(1).map((m) => [m[1], unescape(m[2] ?? '')]));

// The forms of a page with what a browser would send: hidden, typed and chosen values.
export function formsOf(html) {
    return [...html.matchAll(/<form\b[^>]*>([\s\S]*?)<\/form>/g)].map((m) => {
        const attrs = attributes(m[0].slice(0, m[0].indexOf('>')));
        const fields = [];
        for (const input of m[1].matchAll(/<input\b[^>]*>/g)) {
            const a = attributes(input[0].slice(0, -1));
            if (a.name === undefined || a.type === 'file') continue;
            if ((a.type === 'checkbox' || a.type === 'radio') && a.checked === undefined) continue;
            fields.push([a.name, a.value ?? (a.type === 'checkbox' ? 'on' : '')]);
        }
        for (const area of m[1].matchAll(/<textarea\b([^>]*)>([\s\S]*?)<\/textarea>/g))
            fields.push([attributes('t ' + area[1]).name, unescape(area[2])]);
        for (const select of m[1].matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select>/g)) {
            const options = [...select[2].matchAll(/<option\b[^>]*/g)].map((o) => attributes(o[0]));
            const chosen = options.find((o) => o.selected !== undefined) ?? options[0];
            if (chosen) fields.push([attributes('s ' + select[1]).name, chosen.value]);
        }
        return { action: attrs.action, method: (attrs.method ?? 'get').toUpperCase(),
                 multipart: attrs.enctype === 'multipart/form-data', fields, html: m[0] };
    });
}

export class File_ {
    constructor(name, bytes, type = 'application/octet-stream') { Object.assign(this, { name, bytes, type }); }
}
export const file = (name, bytes, type) => new File_(name, bytes, type);

export function multipart(fields) {
    const boundary = '----orrery' + Math.random().toString(16).slice(2);
    const parts = [];
    for (const [name, value] of fields) {
        parts.push(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"`);
        if (value instanceof File_)
            parts.push(`; filename="${value.name}"\r\ncontent-type: ${value.type}\r\n\r\n`, value.bytes, '\r\n');
        else
            parts.push(`\r\n\r\n${value}\r\n`);
    }
    parts.push(`--${boundary}--\r\n`);
    return { type: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(parts.map((p) => Buffer.from(p))) };
}

// {a: 1, b: [2, 3]} over a form's own values; undefined takes a field away.
const withFields = (fields, changes) => {
    const kept = fields.filter(([name]) => !(name in changes));
    for (const [name, value] of Object.entries(changes))
        for (const one of Array.isArray(value) ? value : [value])
            if (one !== undefined) kept.push([name, one]);
    return kept;
};

export class Client {
    constructor(origin, { lang = 'en', at } = {}) {
        this.origin = origin;
        this.at = at;
        this.jar = new Map();
        this.lang = lang;
    }
    get cookie() { return [...this.jar].map(([k, v]) => `${k}=${v}`).join('; '); }

    async fetch(path, { method = 'GET', headers = {}, body } = {}) {
        const url = new URL(path, this.origin);
        const rs = await request(url.href, { method, body, at: this.at, headers: {
            'accept': 'text/html,application/xhtml+xml,*/*;q=0.8', 'accept-language': this.lang,
            'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
            ...(this.jar.size ? { cookie: this.cookie } : {}), ...headers } });
        for (const line of rs.headers['set-cookie'] ?? []) {
            const [pair, ...rest] = line.split(';');
            const eq = pair.indexOf('=');
            const name = pair.slice(0, eq).trim(), value = pair.slice(eq + 1).trim();
            if (value === '' || rest.some((r) => /^\s*max-age=0\s*$/i.test(r))) this.jar.delete(name);
            else this.jar.set(name, value);
        }
        rs.url = url.href;
        rs.path = url.pathname + url.search;
        return rs;
    }

    // Follows what a browser follows.
    async go(path, options = {}) {
        let rs = await this.fetch(path, options);
        for (let hops = 0; [301, 302, 303].includes(rs.status) && hops < 5; hops++)
            rs = await this.fetch(new URL(rs.headers.location, rs.url).href);
        return rs;
    }
    async page(path, status = 200) {
        const rs = await this.go(path);
        assert.equal(rs.status, status, `GET ${path}: ${rs.status}\n${words(rs.text)}`);
        return rs;
    }

    // A form as a browser sends it. from: the page's answer, or null with `fields` and `_csrf` given.
    async send(action, fields, { multi = false, headers = {}, follow = true } = {}) {
        const { type, body } = multi || fields.some(([, v]) => v instanceof File_)
            ? multipart(fields)
            : { type: 'application/x-www-form-urlencoded', body: new URLSearchParams(fields).toString() };
        const all = { 'content-type': type, 'origin': this.origin, 'sec-fetch-site': 'same-origin', ...headers };
        for (const k of Object.keys(all)) if (all[k] === undefined) delete all[k];
        return this[follow ? 'go' : 'fetch'](action, { method: 'POST', body, headers: all });
    }
    async submit(page, action, changes = {}, options = {}) {
        const form = formsOf(page.text).find((f) => (action instanceof RegExp ? action.test(f.action) : f.action === action));
        assert.ok(form, `no form ${action} on ${page.path}; there are: ${formsOf(page.text).map((f) => f.action).join(' ')}`);
        return this.send(form.action, withFields(form.fields, changes), { multi: form.multipart, ...options });
    }
    // A form token of this session, for doors that are tried without their page.
    async csrf() {
        const page = await this.go(this.jar.has('s') || [...this.jar.keys()].some((k) => /(^|-)s$/.test(k)) ? '/me/profile' : '/login');
        return /name="_csrf" value="([^"]*)"/.exec(page.text)?.[1];
    }
    async post(action, fields = {}, options = {}) {
        return this.send(action, withFields([['_csrf', await this.csrf()]], fields), options);
    }
}

// The words of a page, for messages of failed assertions.
export const words = (html) => unescape(html.replace(/<head[\s\S]*?<\/head>/, '').replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ').trim().slice(0, 600);
