/* A list of rules about servers: shown first, then applied, all of it or nothing. */
#include "admin/desk_fedi_blocks.h"
#include "admin/html.h"
#include "node/base/i18n.h"
#include "web/page.h"

enum { STEPS_SHOWN = 300, SKIPPED_SHOWN = 50 };

static struct str text_sent(struct rq *rq)
{
    const struct upload *uploads;
    size_t n = rq_uploads(rq, &uploads);
    for (size_t i = 0; i < n; i++)
        if (str_eq_c(uploads[i].field, "file"))
            return uploads[i].bytes;
    return rq_form(rq, "list");
}

/* What was read, as a list that is read the same again. */
static struct str list_again(struct cx *cx, const struct fed_list *l, bool allow)
{
    struct buf b;
    buf_init_arena(&b, cx->arena, 3 * DOMAIN_LIST_MAX);
    fed_list_write_head(&b, allow);
    for (size_t i = 0; i < l->n; i++)
        fed_list_write(&b, &l->rows[i], false);
    return buf_str(&b);
}

static void fill_steps(struct cx *cx, const struct fed_import *i, struct view_block_import *v)
{
    static const char *const words[] = {N_("new"), N_("changed"), N_("lifted")};
    size_t n = i->n_steps < STEPS_SHOWN ? i->n_steps : STEPS_SHOWN;
    struct view_block_step *out = ARENA_ARRAY(cx->arena, struct view_block_step, n + 1);
    for (size_t k = 0; k < n; k++) {
        const struct fed_import_step *s = &i->steps[k];
        out[k] = (struct view_block_step){
            .what = str_c(tr(cx, words[s->what])),
            .host = s->is.host,
            .was = s->what == IMPORT_ADD ? STR_NULL : desk_rule_label(cx, &s->was),
            .becomes = s->what == IMPORT_REMOVE ? STR_NULL : desk_rule_label(cx, &s->is),
            .harder = s->what != IMPORT_REMOVE && s->is.level > s->was.level,
        };
    }
    v->steps = out;
    v->n_steps = n;
    v->n_more_steps = (int64_t)(i->n_steps - n);
}

static void fill_skipped(struct cx *cx, const struct fed_list *l, struct view_block_import *v)
{
    size_t n = l->n_skipped < SKIPPED_SHOWN ? l->n_skipped : SKIPPED_SHOWN;
    struct str *out = ARENA_ARRAY(cx->arena, struct str, n + 1);
    for (size_t k = 0; k < n; k++)
        out[k] = l->skipped[k].name;
    v->skipped = out;
    v->n_skipped_shown = n;
    v->n_skipped = (int64_t)l->n_all_skipped;
}

static enum err preview(struct rq *rq, const struct planet *p, const struct fed_import *i,
                        const struct fed_import_options *o)
{
    struct cx *cx = rq->cx;
    struct view_fedi *f;
    struct view_block_import v = {.n_add = (int64_t)i->n_add,
                                  .n_change = (int64_t)i->n_change,
                                  .n_remove = (int64_t)i->n_remove,
                                  .n_same = (int64_t)i->n_same,
                                  .kind = o->allow ? STR("allow") : STR("block"),
                                  .replace = o->replace,
                                  .list = list_again(cx, &i->list, o->allow)};
    TRY(desk_fedi_head(rq, p, FEDI_BLOCKS, N_("What this list would change"), &f));
    v.f = f;
    fill_steps(cx, i, &v);
    fill_skipped(cx, &i->list, &v);
    v.effect = desk_effect(cx, &i->effect);
    struct buf out;
    buf_init(&out, 16 << 20); /* the list stands in it, too */
    html_desk_fedi_import(&out, cx, &v);
    return web_send(rq, 200, &out);
}

enum err desk_fedi_block_import(struct rq *rq)
{
    struct planet p;
    struct fed_import i;
    struct fed_import_options o = {str_eq_c(rq_form(rq, "kind"), "allow"),
                                   rq_form(rq, "replace").n > 0};
    TRY(desk_node_owner(rq, &p));
    bool apply = str_eq_c(rq_form(rq, "do"), "apply");
    enum err e = fed_import_plan(rq->cx, text_sent(rq), &o, &i);
    if (e == OK && !apply)
        return preview(rq, &p, &i, &o);
    if (e == OK)
        e = fed_import_apply(rq->cx, &i);
    if (desk_mendable(e))
        return desk_blocks_show(rq, &p, e);
    TRY(e);
    return desk_fedi_done(rq, &p, "/blocks#servers", "rules-read");
}
