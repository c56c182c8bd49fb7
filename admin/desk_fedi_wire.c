/* Secure mode and keys, on the settings of the room: the node's, so for its owner alone. */
#include "admin/desk_fedi.h"
#include "admin/html.h"
#include "federation/gate.h"
#include "federation/rotate.h"
#include "node/base/i18n.h"
#include "node/people/audit.h"
#include "node/settings.h"
#include "web/page.h"

/* One sentence for all: they change together, but for a single planet's on the command line. */
static enum err fill_keys(struct cx *cx, struct view_fedi_wire *v)
{
    struct fed_key_view *keys;
    struct str when[1];
    size_t n;
    const struct fed_key_view *last = NULL;
    TRY(fed_key_list(cx, &keys, &n));
    for (size_t i = 0; i < n; i++)
        if (keys[i].state != FED_KEY_STEADY && (last == NULL || keys[i].next_at > last->next_at))
            last = &keys[i];
    v->changing = last != NULL;
    if (last == NULL) {
        v->keys = str_c(tr(cx, N_("No keys are being changed.")));
        return OK;
    }
    when[0] = i18n_date(cx, last->next_at);
    v->keys = i18n_fill(cx->arena,
                        tr(cx, last->state == FED_KEY_ANNOUNCED
                                   ? N_("New keys have been announced; they sign from {0} on.")
                                   : N_("New keys sign; the old ones stay readable until {0}.")),
                        when, 1);
    return OK;
}

enum err desk_fedi_wire(struct rq *rq, const struct view_fedi *f, const struct view_fedi_wire **ret)
{
    *ret = NULL;
    if (!rq->session.is_owner)
        return OK;
    struct view_fedi_wire *v = ARENA_NEW(rq->cx->arena, struct view_fedi_wire);
    v->f = f;
    v->secure = fed_gate_secure(rq->cx);
    TRY(fill_keys(rq->cx, v));
    *ret = v;
    return OK;
}

static enum err owners_planet(struct rq *rq, struct planet *ret)
{
    TRY(desk_planet(rq, ret));
    return rq->session.is_owner ? OK : ERR_NOT_FOUND;
}

enum err desk_fedi_secure_save(struct rq *rq)
{
    struct cx *cx = rq->cx;
    struct planet p;
    TRY(owners_planet(rq, &p));
    bool on = str_eq_c(rq_form(rq, "secure"), "1");
    if (on != fed_gate_secure(cx)) {
        TX_SCOPE(cx);
        TRY(setting_set(cx, STR("federation.secure_mode"), on ? STR("true") : STR("")));
        TRY(audit_put(cx, on ? "secure_mode.on" : "secure_mode.off", 0, STR_NULL));
        TRY(tx_commit(cx));
    }
    return desk_fedi_done(rq, &p, "/settings", "saved");
}

enum err desk_fedi_keys_change(struct rq *rq)
{
    struct planet p;
    TRY(owners_planet(rq, &p));
    bool leaked = str_eq_c(rq_form(rq, "why"), "leaked");
    if (leaked && !str_eq_c(rq_form(rq, "sure"), "1"))
        return desk_fedi_settings_show(
            rq, &p, cx_tell(rq->cx, ERR_INVALID, N_("Please confirm that you know what it costs.")));
    TRY(fed_key_rotate_all(rq->cx, leaked));
    return desk_fedi_done(rq, &p, "/settings", "keys-changing");
}
