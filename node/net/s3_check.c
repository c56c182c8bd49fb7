/* Is this storage what we need? Asked once, when the setting is made. */
#include "node/net/s3.h"

#include <string.h>
#include <unistd.h>

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/crypt.h"
#include "node/node.h"

enum { MARK_MAX = 1000 };

static const struct str mark_name = STR_INIT("orrery.txt");

/* What the storage answered, out of what cx_fail wrote: "PUT 403, AccessDenied". */
static struct str answer_of(struct cx *cx)
{
    struct str s = str_c(cx->fail);
    size_t at = str_find(s, STR("s3: "), 0), place = str_find(s, STR(" ("), 0);
    return at == SIZE_MAX ? STR("?") : str_sub(s, at + 4, place == SIZE_MAX ? s.n : place - at - 4);
}

static enum err explain(struct cx *cx, enum err e, const char *sentence)
{
    struct str answer = answer_of(cx);
    if (e == ERR_UPSTREAM)
        sentence = N_("The storage can't be reached ({0}). Please check its host, port and scheme; "
                      "without scheme=http it is asked by https.");
    return cx_tellf(cx, e == ERR_NOT_FOUND ? ERR_STORAGE : e, sentence, &answer, 1);
}

static struct str text_of(struct cx *cx, int fd)
{
    char text[MARK_MAX];
    ssize_t n = read(fd, text, sizeof text);
    close(fd);
    return n <= 0 ? STR("") : str_dup(cx->arena, (struct str){text, (size_t)n});
}

static enum err put_text(struct cx *cx, const struct s3 *s3, struct str name, struct str text)
{
    return s3_put(cx, s3, name, text, crypt_sha256_hex(cx->arena, text), STR("text/plain"));
}

/* Write, read, remove, list: with the right that is missing when one of them fails. */
static enum err try_all(struct cx *cx, const struct s3 *s3)
{
    struct str token = crypt_token(cx->arena, 16), *names;
    struct str name = str_fmt(cx->arena, "orrery-check-" STR_FMT, STR_ARG(token));
    int fd;
    int64_t size;
    size_t n;
    bool more;
    enum err e = put_text(cx, s3, name, token);
    if (e != OK)
        return explain(cx, e, N_("The storage doesn't let us write ({0}). Please check the key, the "
                                 "region and the bucket's name; the key needs s3:PutObject."));
    e = s3_get(cx, s3, name, &fd, &size);
    if (e != OK)
        return explain(cx, e, N_("The storage doesn't let us read ({0}). The key needs s3:GetObject."));
    if (!str_eq(text_of(cx, fd), token))
        return cx_tell(cx, ERR_STORAGE, N_("The storage gives back other bytes than it was given."));
    e = s3_list(cx, s3, STR(""), &names, &n, &more);
    if (e != OK)
        return explain(cx, e, N_("The storage doesn't let us list its files ({0}). The key needs "
                                 "s3:ListBucket on the bucket itself."));
    e = s3_delete(cx, s3, name);
    if (e != OK)
        return explain(cx, e, N_("The storage doesn't let us remove a file ({0}). The key needs "
                                 "s3:DeleteObject."));
    return OK;
}

/* Two nodes in one place would remove each other's files: equal bytes have equal names. */
static enum err try_mark(struct cx *cx, const struct s3 *s3)
{
    unsigned char id[32];
    int fd;
    int64_t size;
    struct buf b;
    struct str rest;
    crypt_hmac_sha256((struct str){(const char *)cx->node->secret, sizeof cx->node->secret},
                      STR("media mark"), id);
    buf_init_arena(&b, cx->arena, MARK_MAX);
    buf_put_hex(&b, id, 16);
    struct str mine = str_dup(cx->arena, buf_str(&b));
    buf_fmt(&b, " " STR_FMT "\nThis folder belongs to the node named here.\n", STR_ARG(cx->node->origin));
    enum err e = s3_get(cx, s3, mark_name, &fd, &size);
    if (e == ERR_NOT_FOUND)
        return put_text(cx, s3, mark_name, buf_str(&b));
    TRY(e);
    rest = text_of(cx, fd);
    if (str_starts(rest, mine))
        return OK;
    return cx_tell(cx, ERR_CONFLICT,
                   N_("Another node keeps its files in this place already. Give each node a bucket of "
                      "its own, or a folder of its own behind the bucket's name: …/BUCKET/NODE?…"));
}

enum err s3_check(struct cx *cx, struct str url)
{
    struct s3 s3;
    TRY(s3_parse(cx, url, &s3));
    TRY(try_all(cx, &s3));
    return try_mark(cx, &s3);
}
