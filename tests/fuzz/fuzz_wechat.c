/* What arrives at WeChat Pay's door: nothing is genuine for a key that signed nothing, nothing opens
 * that was not sealed, and what is not JSON is refused. First line: the headers, by |. */
#include "node/base/arena.h"
#include "node/base/json.h"
#include "node/money/rails/key.h"
#include "node/money/rails/wechat_sign.h"

#include <stdint.h>
#include <stdlib.h>

#include "tests/unit/china_vectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct str all = {arena_copy(a, p, n), n}, head = STR_NULL, body = all, plain;
    struct wechat_stamp stamp = {0};
    struct wechat_notice notice;
    struct wechat_key keys[2] = {{.serial = STR(RAIL_SERIAL)}, {.serial = STR("PUB_KEY_ID_1")}};
    struct str *fields[] = {&stamp.timestamp, &stamp.nonce, &stamp.serial, &stamp.signature};
    size_t n_read = 0;
    json_t *j;
    if (rail_key_public(a, STR(OTHER_PUBLIC), &keys[0].key, NULL) != OK)
        abort();
    keys[1].key = keys[0].key;
    if (str_next(&body, '\n', &head))
        for (size_t i = 0; i < 4 && str_next(&head, '|', fields[i]); i++)
            continue;
    if (wechat_verify(a, keys, 2, &stamp, body, WX_AT * 1000) == WECHAT_GENUINE)
        abort();
    /* The test key's seal cannot be guessed, but a seed may hold one: what opens is what was sealed. */
    if (json_read(a, body, NULL, &j) == OK && wechat_open(a, STR(API_KEY), ld_get(j, "resource"), &plain) == OK &&
        !str_eq(plain, STR(WX_PLAIN)))
        abort();
    if (wechat_notice_read(a, STR(API_KEY), body, &notice) == OK && notice.about == NULL)
        abort();
    if (wechat_certificates_read(a, STR(API_KEY), body, WX_AT * 1000, keys, 2, &n_read) == OK && n_read > 2)
        abort();
    arena_free(a);
    return 0;
}
