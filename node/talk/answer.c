#include "node/talk/answer.h"

#include "node/db/db.h"
#include "node/talk/answer_sql.h"
#include "node/text/markdown.h"

static enum err has_pass(struct cx *cx, int64_t question_id, const struct access_pass *pass)
{
    if (pass == NULL || !access_is_full(pass) || pass->post_id_ != question_id)
        return cx_fail(cx, ERR_PAYMENT_REQUIRED, "no full pass for question %lld", (long long)question_id);
    return OK;
}

enum err answer_body(struct cx *cx, int64_t question_id, const struct access_pass *pass, struct safe_html *ret)
{
    struct str html;
    TRY(has_pass(cx, question_id, pass));
    TRY(q_answer_html(cx, question_id, &html));
    *ret = (struct safe_html){html};
    return OK;
}

enum err answer_source(struct cx *cx, int64_t question_id, const struct access_pass *pass, struct str *ret)
{
    TRY(has_pass(cx, question_id, pass));
    return q_answer_markdown(cx, question_id, ret);
}

enum err answer_store(struct cx *cx, int64_t question_id, struct str markdown)
{
    struct safe_html html;
    if (str_empty(str_trim(markdown)))
        return cx_tell(cx, ERR_INVALID, N_("Write the answer first."));
    if (!str_is_utf8(markdown) || markdown.n > ANSWER_MAX)
        return cx_tell(cx, ERR_INVALID, N_("The answer is too long: 64 KiB at most."));
    TRY(markdown_render(cx, MARKDOWN_COMMENT, markdown, &html));
    return q_answer_put(cx, question_id, markdown, html.s, cx->now, NULL);
}
