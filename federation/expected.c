/* Who comes over: followers gained since, and those of a list from elsewhere. A list makes nobody
 * follow: that is each follower's own server's to do. */
#include "federation/finger.h"
#include "federation/keys.h"
#include "federation/move.h"
#include "federation/move_sql.h"
#include "node/planet/planet.h"

enum { CHUNK = 500 };

enum err fed_move_gains(struct cx *cx, int64_t planet_id, int64_t since, int64_t n_max,
                        struct fed_gain **ret, size_t *ret_n, int64_t *ret_all)
{
    struct fed_local l;
    struct gains_by_host_row *rows;
    size_t n;
    *ret = NULL;
    *ret_n = 0;
    *ret_all = 0;
    enum err e = fed_local_by_ref(cx, "planet", planet_id, &l);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    TRY(q_gains(cx, l.id, since, ret_all));
    TRY(q_gains_by_host(cx, l.id, since, n_max, &rows, &n));
    struct fed_gain *v = ARENA_ARRAY(cx->arena, struct fed_gain, n + 1);
    for (size_t i = 0; i < n; i++)
        v[i] = (struct fed_gain){rows[i].host, rows[i].n};
    *ret = v;
    *ret_n = n;
    return OK;
}

/* The first field of a line, without quotes. */
static struct str first_field(struct str line)
{
    line = str_trim(line);
    if (str_starts(line, STR("\""))) {
        line = str_sub(line, 1, SIZE_MAX);
        return str_sub(line, 0, str_find_char(line, '"', 0));
    }
    return str_trim(str_sub(line, 0, str_find_char(line, ',', 0)));
}

static enum err put_chunk(struct cx *cx, int64_t actor_id, const struct str *handles, size_t n)
{
    TX_SCOPE(cx);
    for (size_t i = 0; i < n; i++)
        TRY(q_expected_put(cx, actor_id, handles[i], NULL));
    return tx_commit(cx);
}

enum err fed_expected_set(struct cx *cx, int64_t planet_id, struct str csv, int64_t *ret_n)
{
    struct fed_local l;
    struct str line, user, host, chunk[CHUNK];
    size_t n = 0, all = 0;
    TRY(planet_may_manage(cx, planet_id));
    if (!str_is_utf8(csv))
        return cx_tell(cx, ERR_INVALID, N_("That is no list of accounts."));
    TRY(fed_local_ensure(cx, "planet", planet_id, &l));
    TRY(fed_expected_clear(cx, planet_id));
    while (str_next(&csv, '\n', &line) && all < FED_EXPECTED_MAX) {
        if (!fed_handle_parse(cx->arena, first_field(line), &user, &host))
            continue; /* the heading, an empty line, something else */
        chunk[n++] = str_fmt(cx->arena, STR_FMT "@" STR_FMT, STR_ARG(str_lower(cx->arena, user)),
                             STR_ARG(host));
        all++;
        if (n == CHUNK) {
            TRY(put_chunk(cx, l.id, chunk, n));
            n = 0;
        }
    }
    TRY(put_chunk(cx, l.id, chunk, n));
    if (all == 0)
        return cx_tell(cx, ERR_INVALID, N_("That is no list of accounts."));
    return q_expected_all(cx, l.id, ret_n);
}

enum err fed_expected_clear(struct cx *cx, int64_t planet_id)
{
    struct fed_local l;
    TRY(planet_may_manage(cx, planet_id));
    TRY(fed_local_by_ref(cx, "planet", planet_id, &l));
    return q_expected_drop(cx, l.id, NULL);
}

enum err fed_expected_count(struct cx *cx, int64_t planet_id, int64_t *ret_all, int64_t *ret_here)
{
    struct fed_local l;
    *ret_all = *ret_here = 0;
    enum err e = fed_local_by_ref(cx, "planet", planet_id, &l);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    TRY(q_expected_all(cx, l.id, ret_all));
    return *ret_all == 0 ? OK : q_expected_here(cx, l.id, ret_here);
}

enum err fed_expected_missing(struct cx *cx, int64_t planet_id, struct str after, int64_t n_max,
                              struct str **ret, size_t *ret_n)
{
    struct fed_local l;
    *ret_n = 0;
    TRY(planet_may_manage(cx, planet_id));
    enum err e = fed_local_by_ref(cx, "planet", planet_id, &l);
    if (e == ERR_NOT_FOUND)
        return OK;
    TRY(e);
    return q_expected_missing_page(cx, l.id, after, n_max, ret, ret_n);
}
