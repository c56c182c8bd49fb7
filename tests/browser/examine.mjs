// What the tests in a browser share: a browser, a window of somebody's, what is wrong with a page, its picture.
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { OUT } from '../rig/node.mjs';

export const SCREENS = path.join(OUT, 'screens');
mkdirSync(SCREENS, { recursive: true });
export const picture = (name) => readFileSync(new URL(`../../admin/demo/${name}.jpg`, import.meta.url));
export const launch = () => chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'] });

// English sentences of the catalogue that a Chinese page must not show.
export const english = (() => {
    const po = readFileSync(new URL('../../web/po/zh_CN.po', import.meta.url), 'utf8');
    const said = (s) => JSON.parse(`"${s.split(/"\s*\n\s*"/).join('')}"`);
    const same = new Set(), all = new Set();
    for (const m of po.matchAll(/^msgid "((?:[^"\\]|\\.|"\s*\n\s*")*)"\n(?:msgid_plural "((?:[^"\\]|\\.|"\s*\n\s*")*)"\n)?msgstr(?:\[0\])? "((?:[^"\\]|\\.|"\s*\n\s*")*)"/gm)) {
        const [id, plural, zh] = [said(m[1]), m[2] && said(m[2]), said(m[3])];
        for (const s of [id, plural]) if (s) (s === zh ? same : all).add(s);
    }
    return [...all].filter((s) => !same.has(s) && /[a-z]{2}/.test(s));
})();

// As a page stands in the browser: what is wrong with it?
export const examine = ({ english, zh }) => {
    const found = [];
    const width = document.documentElement.clientWidth;
    const scrolls = (e) => { for (; e && e !== document.body; e = e.parentElement) if (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX)) return true; return false; };
    if (document.documentElement.scrollWidth > width)
        found.push(`wider than the window: ${document.documentElement.scrollWidth} > ${width}`);
    for (const e of document.body.querySelectorAll('*')) {
        const r = e.getBoundingClientRect();
        if (r.width > 0 && r.height > 0 && r.right > width + 1 && getComputedStyle(e).position !== 'fixed' && !scrolls(e.parentElement))
            found.push(`sticks out: <${e.tagName.toLowerCase()} class="${e.className}"> to ${Math.round(r.right)}`);
    }
    for (const nav of document.querySelectorAll('.tabs, .subtabs')) {
        const here = nav.querySelector('[aria-current]')?.getBoundingClientRect();
        if (here && (here.left < -1 || here.right > width + 1)) found.push(`out of sight: the tab that one is on, at ${Math.round(here.left)}`);
        if (width < 500 && nav.getBoundingClientRect().height > 70) found.push(`tabs take ${Math.round(nav.getBoundingClientRect().height)} px`);
    }
    const floats = (e) => { for (; e && e !== document.body; e = e.parentElement) if (/sticky|fixed/.test(getComputedStyle(e).position)) return true; return false; };
    const touch = [...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,h1,h2,h3,label')].map((e) => [e, e.getBoundingClientRect()])
        .filter(([e, r]) => r.width > 4 && r.height > 4 && e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.closest('.sr, svg, .menu, [role=menu]') && !floats(e));
    for (const [i, [a, ra]] of touch.entries())
        for (const [b, rb] of touch.slice(i + 1))
            if (!a.contains(b) && !b.contains(a) && Math.min(ra.right, rb.right) - Math.max(ra.left, rb.left) > 3 && Math.min(ra.bottom, rb.bottom) - Math.max(ra.top, rb.top) > 3)
                found.push(`lies upon another: <${a.tagName.toLowerCase()}> "${a.textContent.trim().slice(0, 30) || a.name}" and <${b.tagName.toLowerCase()}> "${b.textContent.trim().slice(0, 30) || b.name}"`);
    for (const v of window.__csp ?? []) found.push(`CSP: ${v}`);
    for (const img of document.images) {
        if (!img.hasAttribute('alt')) found.push(`no alt: ${img.src}`);
        if (img.complete && img.naturalWidth === 0 && img.loading !== 'lazy') found.push(`broken picture: ${img.src}`);
    }
    for (const c of document.querySelectorAll('input:not([type=hidden]),textarea,select'))
        if (!c.labels?.length && !c.getAttribute('aria-label')) found.push(`no label: ${c.name}`);
    for (const b of document.querySelectorAll('button,a[href]'))
        if (!b.textContent.trim() && !b.getAttribute('aria-label') && !b.querySelector('img[alt]:not([alt=""])')) found.push(`no name: ${b.outerHTML.slice(0, 120)}`);
    if (document.querySelectorAll('h1').length !== 1) found.push(`${document.querySelectorAll('h1').length} h1`);
    if (!document.title) found.push('no title');
    const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
    for (const id of new Set(ids.filter((x, i) => ids.indexOf(x) !== i))) found.push(`id twice: ${id}`);
    if (zh) {
        const known = english.filter((s) => !/\{\d\}/.test(s)), holed = english.filter((s) => /\{\d\}/.test(s) && s.replace(/\{\d\}/g, '').trim().length > 6)
            .map((s) => new RegExp('^' + s.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\d\}/g, '.+') + '$'));
        const set = new Set(known);
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const look = (text, where) => {
            const t = text.trim().replace(/\s+/g, ' ');
            if (t && (set.has(t) || holed.some((r) => r.test(t)))) found.push(`English: "${t}" ${where}`);
        };
        for (let n = walker.nextNode(); n; n = walker.nextNode())
            if (!n.parentElement.closest('[lang]:not(html):not([lang^=zh]), .prose, script, style, [translate=no]')) look(n.nodeValue, `in <${n.parentElement.tagName.toLowerCase()}>`);
        for (const e of document.querySelectorAll('[placeholder],[title],[aria-label],[alt]'))
            for (const a of ['placeholder', 'title', 'aria-label', 'alt']) if (e.hasAttribute(a)) look(e.getAttribute(a), `in ${a}`);
        look(document.title.split(' · ')[0], 'in the title');
    }
    const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
    return { found: [...new Set(found)], light: (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255, lang: document.documentElement.lang };
};

// A window as somebody has it: session is a client of the rig's, whose cookies it takes; elsewhere: addresses
// that the page may be sent to, beside the node's own. What its console and network complain of is in page.troubles.
export async function open(browser, node, session, { width = 1280, dark = false, zh = false, script = true, elsewhere = [], userAgent } = {}) {
    const context = await browser.newContext({ viewport: { width, height: width < 500 ? 780 : 900 }, colorScheme: dark ? 'dark' : 'light', userAgent,
        locale: zh ? 'zh-CN' : 'en-GB', javaScriptEnabled: script, deviceScaleFactor: 1, hasTouch: width < 500, isMobile: width < 500 });
    await context.addCookies([...session.jar].filter(([k]) => k === 's').map(([name, value]) => ({ name, value, url: node.origin, httpOnly: true, sameSite: 'Lax' })));
    await context.addCookies([{ name: 'lang', value: zh ? 'zh-CN' : 'en', url: node.origin }]);
    if (script) await context.addInitScript(() => {
        window.__csp = [];
        document.addEventListener('securitypolicyviolation', (e) => window.__csp.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile ?? ''}`));
    });
    const page = await context.newPage();
    page.setDefaultTimeout(90000);
    page.troubles = [];
    page.on('dialog', (d) => d.accept().catch(() => {}));
    page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) page.troubles.push(`console: ${m.text()}`); });
    page.on('pageerror', (e) => page.troubles.push(`script: ${e.message}`));
    page.on('requestfailed', (r) => { if (r.failure()?.errorText !== 'net::ERR_ABORTED') page.troubles.push(`failed: ${r.url()} ${r.failure()?.errorText}`); });
    page.on('response', (r) => { if (r.status() >= 400 && r.request().resourceType() !== 'document') page.troubles.push(`${r.status()}: ${r.url()}`); });
    page.on('request', (r) => {
        if (![node.origin, ...elsewhere].some((o) => r.url().startsWith(o)) && !/^(data|blob|about):/.test(r.url())) page.troubles.push(`asks elsewhere: ${r.url()}`);
    });
    return page;
}

// The page as it stands: what is wrong with it in this look. Its picture goes to SCREENS.
export async function look(page, name, { width = 1280, dark = false, zh = false }) {
    const { found, light, lang } = await page.evaluate(examine, { english, zh });
    if (lang !== (zh ? 'zh-CN' : 'en')) found.push(`lang=${lang}`);
    if (dark ? light > 0.2 : light < 0.8) found.push(`brightness ${light.toFixed(2)}`);
    await page.screenshot({ path: path.join(SCREENS, `${name}-${width}-${dark ? 'dark' : 'light'}-${zh ? 'zh' : 'en'}.jpg`), type: 'jpeg', quality: 60, fullPage: true });
    return found;
}
