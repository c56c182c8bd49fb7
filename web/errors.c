#include "web/errors.h"

#include "node/base/i18n.h"
#include "web/html.h"
#include "web/page.h"

static const char *headline(int status)
{
    switch (status) {
    case 400: return N_("That did not work");
    case 401: return N_("Please sign in");
    case 402: return N_("For members");
    case 403: return N_("Not for you");
    case 404: return N_("There is nothing here");
    case 405: return N_("Not that way");
    case 409: return N_("Something came between");
    case 410: return N_("It was taken away");
    case 413: return N_("Too large");
    case 421: return N_("Nobody of that name lives here");
    case 429: return N_("A little slower, please");
    case 503: return N_("Busy for a moment");
    case 507: return N_("No room left");
    default: return status < 500 ? N_("That did not work") : N_("Something broke here");
    }
}

void web_error_page(struct rq *rq, enum err e, int status)
{
    struct cx *cx = rq->cx;
    struct view_page *page = web_page(rq);
    struct view_error v = {
        .page = page,
        .status = status,
        .headline = str_c(tr(cx, headline(status))),
        .sentence = str_c(http_sentence(rq, e)),
    };
    page->title = v.headline;
    page->noindex = true;
    page->bare = true;
    if (!page->signed_in && (status == 401 || status == 402 || status == 403))
        v.login_url = STR("/login");
    struct buf out = web_buf();
    html_error(&out, cx, &v);
    if (web_send(rq, status, &out) != OK && reply_text(rq, status, "error\n") != OK)
        return; /* nothing more can be said */
}
