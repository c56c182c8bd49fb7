/* Single posts and tips: what they cost, buying and giving, the owner's rules, what was sold. */
#include "node/base/json.h"
#include "node/db/db.h"
#include "node/money/post_sale.h"
#include "node/money/tip.h"
#include "node/planet/access.h"
#include "node/talk/post.h"
#include "web/api/rows.h"
#include "web/api/words.h"

static enum err post_of_path(struct api *a, struct post *ret)
{
    struct access_pass pass;
    TRY(post_by_slug(a->cx, a->planet.id, rq_param(a->rq, "slug"), ret));
    TRY(access_decide(a->cx, &ret->gate, &pass));
    return access_verdict(&pass) == ACCESS_NONE ? ERR_NOT_FOUND : OK; /* somebody's draft */
}

/* ---- posts ---- */

enum err api_post_quote(struct api *a)
{
    struct post post;
    struct post_offer offer;
    TRY(post_of_path(a, &post));
    TRY(post_offer_of(a->cx, &post, &offer));
    return api_send_quote(a, &offer.quote);
}

enum err api_post_buy(struct api *a)
{
    struct post post;
    struct post_ask ask = {.account_id = a->account.id};
    struct order o;
    TRY(post_of_path(a, &post));
    ask.post_id = post.id;
    TRY(api_get_rail(a, &ask.rail));
    TRY(api_get_int(a, "agreed", 0, &ask.agreed));
    TRY(api_read(a));
    TRY(post_buy(a->cx, &ask, &o));
    return api_send_order(a, o.number, 201);
}

enum err api_post_sales(struct api *a)
{
    struct post_sold *v;
    size_t n;
    TRY(post_sales(a->cx, a->planet.id, &v, &n));
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_key_id(w, "post_id", v[i].post_id);
        jw_key_str(w, "title", v[i].title.p == NULL ? STR("") : v[i].title);
        jw_key_str(w, "slug", v[i].slug);
        jw_key_i64(w, "sold", v[i].n);
        api_put_money(a, "amount", v[i].money.minor, str_c(v[i].money.cur));
        jw_end(w);
    }
    return api_send_list(a, 0);
}

static enum err send_post_rule(struct api *a)
{
    int64_t days;
    TRY(post_toward_days(a->cx, a->planet.id, &days));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key_i64(w, "count_days", days);
    jw_end(w);
    return api_send(a, 200);
}

enum err api_post_rule(struct api *a)
{
    return send_post_rule(a);
}

enum err api_post_rule_set(struct api *a)
{
    int64_t days;
    TRY(post_toward_days(a->cx, a->planet.id, &days));
    TRY(api_get_int(a, "count_days", days, &days));
    TRY(api_read(a));
    TRY(post_toward_days_set(a->cx, a->planet.id, days));
    return send_post_rule(a);
}

/* ---- tips ---- */

static enum err send_tip_rules(struct api *a)
{
    struct tip_rule rules[TIP_RULES_MAX];
    size_t n;
    TRY(tip_rules(a->cx, a->planet.id, rules, &n));
    struct jw *w = api_begin(a);
    jw_obj(w);
    jw_key(w, "rules");
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        api_put_money(a, "least", rules[i].least.minor, str_c(rules[i].least.cur));
        api_put_money(a, "most", rules[i].most.minor, str_c(rules[i].most.cur));
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
    return api_send(a, 200);
}

enum err api_tip_rules(struct api *a)
{
    return send_tip_rules(a);
}

enum err api_tip_rules_set(struct api *a)
{
    struct tip_rule rules[TIP_RULES_MAX];
    json_t *list, *v;
    size_t i, n = 0;
    TRY(api_get_list(a, "rules", TIP_RULES_MAX, &list));
    json_array_foreach(list, i, v) {
        TRY(api_money_of(a, "rules", json_object_get(v, "least"), &rules[n].least));
        TRY(api_money_of(a, "rules", json_object_get(v, "most"), &rules[n].most));
        n++;
    }
    TRY(api_read(a));
    TRY(tip_rules_set(a->cx, a->planet.id, rules, n));
    return send_tip_rules(a);
}

static enum err read_tip(struct api *a, struct tip_ask *ask)
{
    struct post post;
    TRY(post_of_path(a, &post));
    *ask = (struct tip_ask){.account_id = a->account.id, .post_id = post.id};
    TRY(api_get_money_needed(a, "amount", &ask->amount));
    TRY(api_get_id(a, "comment_id", &ask->comment_id));
    if (ask->comment_id == DB_NULL)
        ask->comment_id = 0;
    TRY(api_get_text(a, "words", &ask->words));
    if (ask->words.p == NULL)
        ask->words = STR("");
    TRY(api_get_bool(a, "named", false, &ask->named));
    TRY(api_get_int(a, "agreed", 0, &ask->agreed));
    TRY(api_get_rail(a, &ask->rail));
    return api_read(a);
}

enum err api_tip_quote(struct api *a)
{
    struct tip_ask ask;
    struct quote q;
    TRY(read_tip(a, &ask));
    TRY(tip_quote(a->cx, &ask, &q));
    return api_send_quote(a, &q);
}

enum err api_tip_give(struct api *a)
{
    struct tip_ask ask;
    struct order o;
    TRY(read_tip(a, &ask));
    TRY(tip_give(a->cx, &ask, &o));
    return api_send_order(a, o.number, 201);
}

enum err api_tips(struct api *a)
{
    struct tip *v;
    int64_t after;
    int limit;
    size_t n;
    TRY(api_page_limit(a, &limit));
    TRY(api_page_after(a, &after));
    TRY(tip_list_of_planet(a->cx, a->planet.id, after, limit + 1, &v, &n));
    size_t shown = n > (size_t)limit ? (size_t)limit : n;
    struct jw *w = api_begin_list(a);
    for (size_t i = 0; i < shown; i++) {
        jw_obj(w);
        jw_key_id(w, "id", v[i].order_id);
        jw_key_str(w, "order", v[i].number);
        jw_key_str(w, "state", v[i].state);
        TRY(api_put_person(a, "account", v[i].account_id));
        jw_key_id(w, "post_id", v[i].post_id);
        api_put_id(w, "comment_id", v[i].comment_id == 0 ? DB_NULL : v[i].comment_id);
        jw_key_str(w, "title", v[i].title.p == NULL ? STR("") : v[i].title);
        api_put_money(a, "amount", v[i].money.minor, str_c(v[i].money.cur));
        jw_key_str(w, "words", v[i].words.p == NULL ? STR("") : v[i].words);
        jw_key_bool(w, "named", v[i].named);
        jw_key_bool(w, "hidden", v[i].hidden);
        api_put_time(w, "paid_at", v[i].paid_at);
        jw_end(w);
    }
    return api_send_list(a, n > shown ? v[shown - 1].order_id : 0);
}

static enum err hide(struct api *a, bool yes)
{
    int64_t id;
    TRY(api_path_id(a, "id", &id));
    TRY(tip_hide(a->cx, a->planet.id, id, yes));
    return api_send_empty(a);
}

enum err api_tip_hide(struct api *a) { return hide(a, true); }
enum err api_tip_show(struct api *a) { return hide(a, false); }
