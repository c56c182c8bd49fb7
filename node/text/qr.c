#include "node/text/qr.h"

#include "node/base/arena.h"
#include "node/base/buf.h"

#include <qrencode.h>

enum { SVG_MAX = 512 * 1024 };

enum err qr_make(struct arena *a, struct str text, struct qr *ret)
{
    if (text.n == 0)
        return ERR_INVALID;
    if (text.n > QR_TEXT_MAX)
        return ERR_TOO_LARGE;
    QRcode *code =
        QRcode_encodeData((int)text.n, (const unsigned char *)text.p, 0, QR_ECLEVEL_M);
    if (code == NULL)
        return ERR_INTERNAL;
    size_t n = (size_t)code->width * (size_t)code->width;
    unsigned char *modules = arena_alloc(a, n);
    for (size_t i = 0; i < n; i++)
        modules[i] = code->data[i] & 1; /* the other bits tell what the module is for */
    *ret = (struct qr){.size = code->width, .modules = modules};
    QRcode_free(code);
    return OK;
}

bool qr_dark(const struct qr *q, int x, int y)
{
    return x >= 0 && y >= 0 && x < q->size && y < q->size && q->modules[y * q->size + x] == 1;
}

/* One bar for each run of dark modules: a third of the size of single squares. */
static void put_row(struct buf *b, const struct qr *q, int y)
{
    for (int x = 0; x < q->size; x++) {
        int from = x;
        while (qr_dark(q, x, y))
            x++;
        if (x > from)
            buf_fmt(b, "M%d %dh%dv1h-%dz", from + QR_QUIET, y + QR_QUIET, x - from, x - from);
    }
}

struct safe_html qr_svg(struct arena *a, const struct qr *q, struct str label)
{
    struct buf b;
    int side = q->size + 2 * QR_QUIET;
    buf_init_arena(&b, a, SVG_MAX);
    buf_fmt(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"qr\" viewBox=\"0 0 %d %d\"", side,
            side);
    if (str_empty(label)) {
        buf_lit(&b, " aria-hidden=\"true\"");
    } else {
        buf_lit(&b, " role=\"img\" aria-label=\"");
        buf_put_html(&b, label);
        buf_lit(&b, "\"");
    }
    buf_fmt(&b, " shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>", side,
            side);
    buf_lit(&b, "<path d=\"");
    for (int y = 0; y < q->size; y++)
        put_row(&b, q, y);
    buf_lit(&b, "\"/></svg>");
    return (struct safe_html){buf_str(&b)};
}
