/* What is said about quotes (FEP-044f). */
#include "federation/out.h"

#define QUOTE_CONTEXT                                                                              \
    "[\"https://www.w3.org/ns/activitystreams\",{"                                                 \
    "\"QuoteRequest\":\"https://w3id.org/fep/044f#QuoteRequest\","                                 \
    "\"QuoteAuthorization\":\"https://w3id.org/fep/044f#QuoteAuthorization\","                     \
    "\"gts\":\"https://gotosocial.org/ns#\","                                                      \
    "\"interactingObject\":{\"@id\":\"gts:interactingObject\",\"@type\":\"@id\"},"                 \
    "\"interactionTarget\":{\"@id\":\"gts:interactionTarget\",\"@type\":\"@id\"}}]"

static void put_grant(struct jw *w, const struct fed_out_quote_grant *v)
{
    jw_key_str(w, "id", v->id);
    jw_key_c(w, "type", "QuoteAuthorization");
    jw_key_str(w, "attributedTo", v->actor);
    jw_key_str(w, "interactingObject", v->quote);
    jw_key_str(w, "interactionTarget", v->target);
}

void fed_out_quote_grant(struct jw *w, const struct fed_out_quote_grant *v)
{
    jw_obj(w);
    jw_key(w, "@context");
    jw_raw(w, STR(QUOTE_CONTEXT));
    put_grant(w, v);
    jw_end(w);
}

void fed_out_quote_answer(struct jw *w, const struct fed_out_envelope *e,
                          const struct fed_out_quote_answer *a)
{
    jw_obj(w);
    fed_put_envelope(w, e, QUOTE_CONTEXT);
    jw_key(w, "object");
    jw_obj(w);
    jw_key_str(w, "id", a->request);
    jw_key_c(w, "type", "QuoteRequest");
    jw_key_str(w, "actor", a->asker);
    jw_key_str(w, "object", a->target);
    jw_key_str(w, "instrument", a->quote);
    jw_end(w);
    jw_key_opt(w, "result", a->result);
    jw_end(w);
}

void fed_out_quote_revoked(struct jw *w, const struct fed_out_envelope *e,
                           const struct fed_out_quote_grant *v)
{
    jw_obj(w);
    fed_put_envelope(w, e, QUOTE_CONTEXT);
    jw_key(w, "object");
    jw_obj(w);
    put_grant(w, v);
    jw_end(w);
    jw_end(w);
}
