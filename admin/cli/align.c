/* Tab-separated rows as columns, for somebody who looks at them. */
#include "admin/cli/cli.h"

#include <wchar.h>

enum { MAX_COLUMNS = 32 };

/* Cells of a terminal; a Chinese character takes two. */
static size_t width_of(struct str s)
{
    mbstate_t state = {0};
    size_t cells = 0;
    while (s.n > 0) {
        wchar_t c;
        size_t n = mbrtowc(&c, s.p, s.n, &state);
        if (n == 0 || n > s.n)
            return cells + s.n;
        int w = wcwidth(c);
        cells += w < 0 ? 0 : (size_t)w;
        s = str_sub(s, n, SIZE_MAX);
    }
    return cells;
}

static void measure(struct str rows, size_t *widths)
{
    struct str row, cell;
    while (str_next(&rows, '\n', &row))
        for (size_t i = 0; i < MAX_COLUMNS && str_next(&row, '\t', &cell); i++) {
            size_t w = width_of(cell);
            widths[i] = w > widths[i] ? w : widths[i];
        }
}

void cli_align(struct buf *rows)
{
    size_t widths[MAX_COLUMNS] = {0};
    struct str left = buf_str(rows), row, cell;
    struct buf out;
    buf_init(&out, rows->max);
    measure(left, widths);
    while (str_next(&left, '\n', &row)) {
        if (left.p == NULL && row.n == 0)
            break; /* behind the last line */
        for (size_t i = 0; str_next(&row, '\t', &cell); i++) {
            buf_put(&out, cell);
            size_t w = width_of(cell), wanted = i < MAX_COLUMNS ? widths[i] : 0;
            if (row.p != NULL)
                for (size_t n = w; n < wanted + 2 || n == w; n++)
                    buf_put_char(&out, ' ');
        }
        buf_put_char(&out, '\n');
    }
    buf_free(rows);
    *rows = out;
}
