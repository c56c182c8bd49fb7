/* Who elsewhere may quote the planet: a section of the room's settings. */
#include "admin/desk_fedi.h"
#include "node/talk/quote.h"

enum err desk_fedi_quotes_fill(struct cx *cx, const struct planet *p, struct view_fedi_settings *v)
{
    enum quote_rule rule;
    TRY(quote_rule_of(cx, p->id, &rule));
    v->quotes = str_c(quote_rule_word(rule));
    return OK;
}

enum err desk_fedi_quotes(struct rq *rq)
{
    struct planet p;
    enum quote_rule rule;
    TRY(desk_planet(rq, &p));
    if (!quote_rule_parse(rq_form(rq, "quotes"), &rule))
        return ERR_INVALID;
    TRY(quote_rule_set(rq->cx, p.id, rule));
    return desk_fedi_done(rq, &p, "/settings", "saved");
}
