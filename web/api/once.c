#include "web/api/once.h"

#include "node/base/clock.h"
#include "node/base/crypt.h"
#include "node/db/db.h"
#include "node/node.h"
#include "web/api/once_sql.h"

static void seal_key(const struct cx *cx, unsigned char ret[32])
{
    struct str secret = {(const char *)cx->node->secret, sizeof cx->node->secret};
    crypt_hmac_sha256(secret, STR("seal:api"), ret);
}

enum err once_begin(struct cx *cx, int64_t token_id, struct str key_hash, struct str request_hash,
                    struct once_answer *ret)
{
    struct once_get_row row;
    unsigned char key[32];
    int64_t fresh;
    bool found;
    *ret = (struct once_answer){0};
    TX_SCOPE(cx);
    TRY(q_once_expire(cx, cx->now - MS_DAY, NULL));
    TRY(q_once_put(cx, token_id, key_hash, request_hash, cx->now, &fresh));
    if (fresh > 0)
        return tx_commit(cx);
    TRY(q_once_get(cx, token_id, key_hash, &found, &row));
    if (!found)
        return ERR_CONFLICT;
    if (!str_eq(row.request_hash, request_hash))
        return cx_tell(cx, ERR_CONFLICT, N_("This Idempotency-Key was used for another request. Take a new one."));
    if (row.status == DB_NULL)
        return cx_tell(cx, ERR_CONFLICT,
                       N_("The first request with this Idempotency-Key has not ended. If it does not for a minute, look "
                          "at what is there before you try with a new one."));
    seal_key(cx, key);
    TRY(crypt_open(cx->arena, key, row.answer, &ret->body));
    ret->status = (int)row.status;
    return OK;
}

enum err once_end(struct cx *cx, int64_t token_id, struct str key_hash, int status, struct str body)
{
    unsigned char key[32];
    seal_key(cx, key);
    struct str sealed = crypt_seal(cx->arena, key, body);
    TX_SCOPE(cx);
    TRY(q_once_answer(cx, token_id, key_hash, status, sealed, NULL));
    return tx_commit(cx);
}

enum err once_drop(struct cx *cx, int64_t token_id, struct str key_hash)
{
    TX_SCOPE(cx);
    TRY(q_once_forget(cx, token_id, key_hash, NULL));
    return tx_commit(cx);
}
