// Reads the QR code of a page with somebody else's scanner (npm jsqr). Our SVG is a path of bars, each
// "M x y h w v1 h-w z"; they are drawn as a camera would see them.
import assert from 'node:assert/strict';
import jsQR from 'jsqr';
import { unescape } from './client.mjs';

export function scan(html, scale = 4) {
    const svg = /<svg[^>]*class="qr"[^>]*viewBox="0 0 (\d+) \1"[\s\S]*?<\/svg>/.exec(html);
    assert.ok(svg, 'no QR code');
    const side = Number(svg[1]), n = side * scale;
    const data = new Uint8ClampedArray(n * n * 4).fill(255);
    const path = /<path d="([^"]*)"\/>/.exec(unescape(svg[0]))[1];
    for (const [, x, y, w] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
        for (let py = y * scale; py < (Number(y) + 1) * scale; py++)
            for (let px = x * scale; px < (Number(x) + Number(w)) * scale; px++)
                data.fill(0, (py * n + px) * 4, (py * n + px) * 4 + 3);
    const found = (jsQR.default ?? jsQR)(data, n, n, { inversionAttempts: 'dontInvert' });
    assert.ok(found, 'no scanner reads it');
    return found.data;
}
