/* What arrives at Alipay's door and in its answers: nothing holds for a key that signed nothing; a
 * form that is read is written and read again the same; what is cut out of JSON is in it; lines of a bill have
 * the sign of their kind. */
#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/json.h"
#include "node/money/rails/alipay_talk.h"
#include "node/money/rails/cn.h"
#include "node/money/rails/key.h"

#include <stdint.h>
#include <stdlib.h>

#include "tests/unit/china_vectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void again(struct arena *a, const struct alipay_param *v, size_t n)
{
    struct buf b;
    struct alipay_param *w;
    size_t m = 0;
    buf_init_arena(&b, a, 4 << 20);
    for (size_t i = 0; i < n; i++) {
        buf_put_url(&b, v[i].name);
        buf_put_char(&b, '=');
        buf_put_url(&b, v[i].value);
        buf_put_char(&b, '&');
    }
    if (b.n > 512 * 1024)
        return;
    if (alipay_form_read(a, buf_str(&b), &w, &m) != OK || m != n)
        abort();
    for (size_t i = 0; i < n; i++)
        if (!str_eq(v[i].name, w[i].name) || !str_eq(v[i].value, w[i].value))
            abort();
}

static enum err one_line(void *arg, const struct rail_fee *line)
{
    (void)arg;
    bool back = line->kind == RAIL_LINE_REFUND;
    if (line->ref.n == 0 || line->line.n == 0 || (!back && line->kind != RAIL_LINE_PAYMENT) ||
        (back ? line->amount.minor > 0 || line->fee.minor > 0 : line->amount.minor < 0 || line->fee.minor < 0))
        abort();
    return OK;
}

static void read_bill(struct arena *a, struct str s)
{
    struct cx cx = {.arena = a};
    bool read;
    (void)ali_bill_open(&cx, s, one_line, NULL);
    if (str_is_utf8(s))
        (void)ali_bill_read(&cx, s, &read, one_line, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct str s = {arena_copy(a, p, n), n}, raw;
    const struct crypt_key *key;
    struct alipay_param *v;
    size_t m = 0;
    int64_t number;
    json_t *j;
    if (rail_key_public(a, STR(OTHER_PUBLIC), &key, NULL) != OK)
        abort();
    if (alipay_form_read(a, s, &v, &m) == OK) {
        if (alipay_notice_verify(a, key, v, m))
            abort();
        again(a, v, m);
    }
    if (alipay_answer_read(a, key, STR("alipay.trade.query"), s, &j) == OK)
        abort();
    raw = alipay_raw_value(s, STR("alipay_trade_query_response"));
    if (raw.p != NULL && (raw.p < s.p || raw.p + raw.n > s.p + s.n))
        abort();
    if (json_read(a, s, NULL, &j) == OK && raw.p != NULL && raw.n > 0 && raw.p[0] == '{') {
        json_t *cut;
        if (json_read(a, raw, NULL, &cut) != OK ||
            !json_equal(cut, json_object_get(j, "alipay_trade_query_response")))
            abort();
    }
    read_bill(a, s);
    if (cn_yuan_parse(s, &number) && number < 0)
        abort();
    (void)cn_time_parse(s, &number);
    arena_free(a);
    return 0;
}
