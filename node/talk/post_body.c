#include "node/talk/post_body.h"

#include "node/media/media_html.h"
#include "node/talk/post_body_sql.h"


/* What was bought by itself is had from the moment that it is read: that decides whether it can be given back. A
 * right that was opened once is not written again. */
static enum err note_opened(struct cx *cx, int64_t post_id, int64_t account_id)
{
    int64_t fresh;
    TRY(q_post_right_unopened(cx, account_id, post_id, &fresh));
    return fresh == 0 ? OK : q_post_right_open(cx, account_id, post_id, cx->now, NULL);
}

enum err post_body(struct cx *cx, const struct post *post, const struct access_pass *pass,
                   struct safe_html *ret)
{
    struct str html;

    if (pass == NULL || !access_is_full(pass) || pass->post_id_ != post->id)
        return cx_fail(cx, ERR_PAYMENT_REQUIRED, "no full pass for post %lld",
                       (long long)post->id);
    TRY(q_post_body_html(cx, post->id, &html));
    if (access_why(pass) == WHY_PURCHASED)
        TRY(note_opened(cx, post->id, pass->account_id_));
    return media_expand(cx, (struct safe_html){html}, ret);
}

enum err post_body_source(struct cx *cx, const struct post *post, struct str *ret_markdown)
{
    TRY(post_may_edit(cx, post));
    return q_post_body_markdown(cx, post->id, ret_markdown);
}

enum err post_body_store(struct cx *cx, int64_t post_id, struct str markdown, struct safe_html html)
{
    return q_post_body_put(cx, post_id, markdown, html.s, (int64_t)str_utf8_len(markdown), NULL);
}

enum err post_body_remove(struct cx *cx, int64_t post_id)
{
    return q_post_body_erase(cx, post_id, NULL);
}

enum err post_body_is_empty(struct cx *cx, int64_t post_id, bool *ret)
{
    struct str markdown;

    TRY(q_post_body_markdown(cx, post_id, &markdown));
    *ret = str_empty(str_trim(markdown));
    return OK;
}
