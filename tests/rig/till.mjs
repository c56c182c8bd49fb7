// The page where a buyer pays at a provider, as their browser sees it: every fake that a browser is sent to shows
// one. Nothing is paid by looking at it; the button pays and sends the browser back, as the provider would.
const html = (s) => s.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

// pay() and giveUp() answer where the browser goes then; no giveUp: no such button.
export function till(rq, rs, { name, what, pay, giveUp }) {
    if (rq.method === 'POST') {
        const away = new URL(rq.url, 'http://x').searchParams.get('do') === 'cancel';
        rs.writeHead(303, { Location: away ? giveUp() : pay() }).end();
        return;
    }
    const to = (how) => html(`${rq.url}${rq.url.includes('?') ? '&' : '?'}do=${how}`);
    const button = (how, words) => `<form method="post" action="${to(how)}"><button id="${how}">${words}</button></form>`;
    rs.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(`<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${html(name)}</title><link rel="icon" href="data:,"><h1>${html(name)}</h1><p>${html(what)}</p>
${button('pay', 'Pay')}${giveUp ? button('cancel', 'Cancel') : ''}</html>`);
}
