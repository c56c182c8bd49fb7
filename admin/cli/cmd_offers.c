/* coupon, trial-card, gift, invite, join: what a planet offers beside its prices, and who asks for it. */
#include "admin/cli/cli.h"
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/coupon.h"
#include "node/money/gift.h"
#include "node/money/invite.h"
#include "node/money/money.h"
#include "node/money/percent.h"
#include "node/money/trial.h"
#include "node/money/trial_order.h"
#include "node/node.h"
#include "node/planet/admission.h"
#include "node/planet/planet.h"

#include <string.h>

enum { LIST_PAGE = 200 }; /* rows that are read at once; all are printed */

static enum err expiry(struct cli *cli, int64_t *ret)
{
    int64_t days;
    TRY(cli_i64(cli, "expires-days", 0, &days));
    *ret = days == 0 ? DB_NULL : cli->cx->now + days * MS_DAY;
    return OK;
}

static enum err tier_by_word(struct cli *cli, const struct planet *p, struct str slug,
                             struct tier *ret)
{
    enum err e = tier_by_slug(cli->cx, p->id, slug, ret);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, ERR_INVALID,
                       N_("This planet has no such tier. 'tier list' names them."));
    return e;
}

/* ---- coupons ---- */

static struct coupon_amount *amount_of(struct coupon *c, const char *cur)
{
    for (size_t i = 0; i < c->n_amounts; i++)
        if (strcmp(c->amounts[i].cur, cur) == 0)
            return &c->amounts[i];
    if (c->n_amounts == COUPON_AMOUNTS_MAX)
        return NULL;
    struct coupon_amount *a = &c->amounts[c->n_amounts++];
    memcpy(a->cur, cur, sizeof a->cur);
    return a;
}

static enum err amounts(struct cli *cli, struct coupon *c)
{
    struct str given[CLI_MAX_VALUES];
    struct money m;
    static const char *const names[] = {"off", "min"};
    for (size_t k = 0; k < 2; k++) {
        size_t n = cli_all(cli, names[k], given, CLI_MAX_VALUES);
        for (size_t i = 0; i < n; i++) {
            TRY(money_parse(cli->cx, given[i], &m));
            struct coupon_amount *a = amount_of(c, m.cur);
            if (a == NULL)
                return cx_tell(cli->cx, ERR_INVALID, N_("These are too many currencies for one coupon."));
            *(k == 0 ? &a->off : &a->min_total) = m.minor;
        }
    }
    return OK;
}

static enum err cmd_coupon_create(struct cli *cli)
{
    static const char *const columns[] = {"id", "code", NULL};
    struct cx *cx = cli->cx;
    struct planet p;
    struct tier t;
    struct str tiers[CLI_MAX_VALUES];
    struct coupon made, c = {.code = cli_get(cli, "code"), .note = cli_get(cli, "note"), .percent_bp = DB_NULL};
    TRY(cli_planet(cli, &p));
    if (cli_has(cli, "percent")) {
        if (!percent_read(cli_get(cli, "percent"), PERCENT_BP, &c.percent_bp))
            return cx_tell(cx, ERR_INVALID, N_("A coupon takes off more than 0 and at most 100 percent."));
    }
    TRY(amounts(cli, &c));
    c.periods = DB_NULL;
    if (!str_eq_c(cli_get(cli, "terms"), "ever"))
        TRY(cli_i64(cli, "terms", 1, &c.periods));
    TRY(cli_i64(cli, "total", DB_NULL, &c.total_max));
    TRY(cli_i64(cli, "each", 1, &c.account_max));
    TRY(expiry(cli, &c.expires_at));
    size_t n = cli_all(cli, "tier", tiers, CLI_MAX_VALUES);
    for (size_t i = 0; i < n && c.n_tiers < COUPON_TIERS_MAX; i++) {
        TRY(tier_by_word(cli, &p, tiers[i], &t));
        c.tiers[c.n_tiers++] = t.id;
    }
    TRY(coupon_create(cx, p.id, &c, &made));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, made.id), made.code});
    cli_end(cli);
    return OK;
}

static struct str coupon_off(struct cli *cli, const struct coupon *c)
{
    struct arena *a = cli->cx->arena;
    struct str parts[COUPON_AMOUNTS_MAX];
    if (c->percent_bp != DB_NULL)
        return str_fmt(a, "%lld.%02lld%%", (long long)(c->percent_bp / 100), (long long)(c->percent_bp % 100));
    for (size_t i = 0; i < c->n_amounts; i++)
        parts[i] = money_format(a, money_of(c->amounts[i].off, str_c(c->amounts[i].cur)));
    return str_join(a, STR(", "), parts, c->n_amounts);
}

static enum err cmd_coupon_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "code", "off", "terms", "used", "open", "total",
                                          "expires", "ended", "note", NULL};
    struct planet p;
    struct coupon *all;
    int64_t before = 0;
    size_t n;
    TRY(cli_planet(cli, &p));
    cli_begin(cli, true, columns);
    do {
        TRY(coupon_list(cli->cx, p.id, before, LIST_PAGE, &all, &n));
        for (size_t i = 0; i < n; i++) {
            const struct coupon *c = &all[i];
            cli_row(cli, (struct str[]){cli_id(cli, c->id), c->code, coupon_off(cli, c),
                                        c->periods == DB_NULL ? STR("ever") : cli_id(cli, c->periods),
                                        cli_id(cli, c->n_taken), cli_id(cli, c->n_open),
                                        cli_id(cli, c->total_max), cli_time(cli, c->expires_at),
                                        cli_time(cli, c->ended_at), c->note});
        }
        before = n > 0 ? all[n - 1].id : 0;
    } while (n == LIST_PAGE);
    cli_end(cli);
    return OK;
}

static enum err cmd_coupon_end(struct cli *cli)
{
    struct planet p;
    int64_t id;
    TRY(cli_planet(cli, &p));
    TRY(cli_i64(cli, "id", 0, &id));
    return coupon_end(cli->cx, p.id, id);
}

/* ---- trial cards ---- */

static struct str card_link(struct cli *cli, const struct trial_card *c)
{
    return str_fmt(cli->cx->arena, STR_FMT "/t/" STR_FMT, STR_ARG(cli->cx->node->origin),
                   STR_ARG(c->token));
}

static enum err cmd_card_create(struct cli *cli)
{
    static const char *const columns[] = {"id", "link", NULL};
    struct planet p;
    struct tier t;
    struct trial_card made, c = {.name = cli_get(cli, "name"), .with_files = cli_has(cli, "files")};
    TRY(cli_planet(cli, &p));
    TRY(tier_by_word(cli, &p, cli_get(cli, "tier"), &t));
    c.tier_id = t.id;
    TRY(cli_i64(cli, "uses", 100, &c.uses));
    TRY(cli_i64(cli, "days", 3, &c.days));
    TRY(cli_i64(cli, "window", 30, &c.window_days));
    TRY(expiry(cli, &c.expires_at));
    TRY(trial_card_create(cli->cx, p.id, &c, &made));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, made.id), card_link(cli, &made)});
    cli_end(cli);
    return OK;
}

static enum err cmd_card_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "name", "tier", "used", "uses", "days", "window",
                                          "files", "expires", "ended", "paid_later", "link", NULL};
    struct planet p;
    struct trial_card *all;
    int64_t before = 0;
    size_t n;
    TRY(cli_planet(cli, &p));
    cli_begin(cli, true, columns);
    do {
        TRY(trial_card_list(cli->cx, p.id, before, LIST_PAGE, &all, &n));
        for (size_t i = 0; i < n; i++) {
            const struct trial_card *c = &all[i];
            cli_row(cli, (struct str[]){cli_id(cli, c->id), c->name, c->tier_name, cli_id(cli, c->used),
                                        cli_id(cli, c->uses), cli_id(cli, c->days),
                                        cli_id(cli, c->window_days), str_c(c->with_files ? "yes" : "no"),
                                        cli_time(cli, c->expires_at), cli_time(cli, c->ended_at),
                                        cli_id(cli, c->n_joined), card_link(cli, c)});
        }
        before = n > 0 ? all[n - 1].id : 0;
    } while (n == LIST_PAGE);
    cli_end(cli);
    return OK;
}

static enum err cmd_card_end(struct cli *cli)
{
    struct planet p;
    int64_t id;
    TRY(cli_planet(cli, &p));
    TRY(cli_i64(cli, "id", 0, &id));
    return trial_card_end(cli->cx, p.id, id);
}

/* ---- gifts ---- */

static enum err cmd_gift_list(struct cli *cli)
{
    static const char *const columns[] = {"order", "tier", "term", "bought", "state", "redeem_until",
                                          "redeemed", NULL};
    struct planet p;
    struct gift *all;
    int64_t before = 0;
    size_t n;
    TRY(cli_planet(cli, &p));
    cli_begin(cli, true, columns);
    do {
        TRY(gift_list_of_planet(cli->cx, p.id, before, LIST_PAGE, &all, &n));
        for (size_t i = 0; i < n; i++)
            cli_row(cli, (struct str[]){all[i].number, all[i].tier_name,
                                        str_fmt(cli->cx->arena, "%lld " STR_FMT, (long long)all[i].count,
                                                STR_ARG(all[i].unit)),
                                        cli_time(cli, all[i].paid_at), all[i].state,
                                        cli_time(cli, all[i].redeem_until),
                                        cli_time(cli, all[i].redeemed_at)});
        before = n > 0 ? all[n - 1].id : 0;
    } while (n == LIST_PAGE);
    cli_end(cli);
    return OK;
}

/* ---- invitations ---- */

static enum err read_rule(struct cli *cli, struct referral_rule *rule)
{
    struct str reward = cli_get(cli, "reward"), given[CLI_MAX_VALUES];
    if (str_eq_c(reward, "none"))
        rule->reward = REWARD_NONE;
    else if (str_eq_c(reward, "days"))
        rule->reward = REWARD_DAYS;
    else if (str_eq_c(reward, "credit"))
        rule->reward = REWARD_CREDIT;
    else if (reward.p != NULL)
        return cx_tell(cli->cx, ERR_INVALID, N_("A reward is none, days or credit."));
    TRY(cli_i64(cli, "days", rule->days, &rule->days));
    TRY(cli_i64(cli, "wait-days", rule->wait_days, &rule->wait_days));
    size_t n = cli_all(cli, "credit", given, CLI_MAX_VALUES);
    for (size_t i = 0; i < n && i < REFERRAL_AMOUNTS_MAX; i++) {
        rule->n_amounts = i + 1;
        TRY(money_parse(cli->cx, given[i], &rule->amounts[i]));
    }
    return OK;
}

static enum err cmd_invite_rule(struct cli *cli)
{
    static const char *const columns[] = {"reward", "days", "credit", "wait_days", NULL};
    static const char *const words[] = {"none", "days", "credit"};
    struct planet p;
    struct referral_rule rule;
    struct str credit[REFERRAL_AMOUNTS_MAX];
    TRY(cli_planet(cli, &p));
    TRY(referral_rule_of(cli->cx, p.id, &rule));
    if (cli_has(cli, "reward") || cli_has(cli, "days") || cli_has(cli, "credit") ||
        cli_has(cli, "wait-days")) {
        TRY(read_rule(cli, &rule));
        TRY(referral_rule_set(cli->cx, p.id, &rule));
    }
    for (size_t i = 0; i < rule.n_amounts; i++)
        credit[i] = money_format(cli->cx->arena, rule.amounts[i]);
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){str_c(words[rule.reward]), cli_id(cli, rule.days),
                                str_join(cli->cx->arena, STR(", "), credit, rule.n_amounts),
                                cli_id(cli, rule.wait_days)});
    cli_end(cli);
    return OK;
}

static enum err cmd_trial_rule(struct cli *cli)
{
    static const char *const columns[] = {"card_first", NULL};
    struct planet p;
    bool card_first;
    struct str said = cli_get(cli, "card-first");
    TRY(cli_planet(cli, &p));
    if (said.n > 0 && !str_eq_c(said, "yes") && !str_eq_c(said, "no"))
        return cx_tell(cli->cx, ERR_INVALID, N_("Say yes or no."));
    if (said.n > 0)
        TRY(trial_rule_set(cli->cx, p.id, str_eq_c(said, "yes")));
    TRY(trial_rule_of(cli->cx, p.id, &card_first));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){card_first ? STR("yes") : STR("no")});
    cli_end(cli);
    return OK;
}

static enum err cmd_invite_list(struct cli *cli)
{
    static const char *const columns[] = {"at", "invited_by", "who", "state", "due", "days", "credit",
                                          "why", NULL};
    struct planet p;
    struct referral *all;
    int64_t before = 0;
    size_t n;
    TRY(cli_planet(cli, &p));
    cli_begin(cli, true, columns);
    do {
        TRY(referral_list_of_planet(cli->cx, p.id, before, LIST_PAGE, &all, &n));
        for (size_t i = 0; i < n; i++)
            cli_row(cli, (struct str[]){cli_time(cli, all[i].created_at), all[i].referrer_name, all[i].name,
                                        all[i].state, cli_time(cli, all[i].due_at), cli_id(cli, all[i].days),
                                        all[i].amount.minor > 0 ? money_format(cli->cx->arena, all[i].amount)
                                                                : STR_NULL,
                                        all[i].reason});
        before = n > 0 ? all[n - 1].order_id : 0;
    } while (n == LIST_PAGE);
    cli_end(cli);
    return OK;
}

/* ---- who asks to join ---- */

static enum err cmd_join_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "username", "name", "mail", "asked", "answer", NULL};
    struct planet p;
    struct join_request *all;
    int64_t after = 0;
    size_t n;
    TRY(cli_planet(cli, &p));
    cli_begin(cli, true, columns);
    do {
        TRY(join_request_list(cli->cx, p.id, after, LIST_PAGE, &all, &n));
        for (size_t i = 0; i < n; i++)
            cli_row(cli, (struct str[]){cli_id(cli, all[i].id), all[i].username, all[i].name, all[i].mail,
                                        cli_time(cli, all[i].created_at), all[i].answer});
        after = n > 0 ? all[n - 1].id : 0;
    } while (n == LIST_PAGE);
    cli_end(cli);
    return OK;
}

static enum err decide(struct cli *cli, bool approve)
{
    struct planet p;
    int64_t id;
    TRY(cli_planet(cli, &p));
    TRY(cli_i64(cli, "id", 0, &id));
    return join_request_decide(cli->cx, p.id, id, approve);
}

static enum err cmd_join_approve(struct cli *cli) { return decide(cli, true); }
static enum err cmd_join_decline(struct cli *cli) { return decide(cli, false); }

static const struct cli_option coupon_options[] = {
    CLI_PLANET_OPTION,
    {"code", "WORD", false, "3 to 24 letters A–Z, digits, hyphens; else one is made up"},
    {"percent", "N", false, "takes off so many percent: 20, 12.5"},
    {"off", "MONEY", false, "takes off an amount: CNY:30; once for each currency"},
    {"min", "MONEY", false, "for prices from: CNY:100; once for each currency"},
    {"terms", "N", false, "for so many terms (1), or 'ever'"},
    {"tier", "SLUG", false, "for this tier only; may be given several times"},
    {"total", "N", false, "uses in all; else any number"},
    {"each", "N", false, "uses by one account (1)"},
    {"expires-days", "N", false, "good for that many days; else for ever"},
    {"note", "TEXT", false, "for yourself"},
    {0},
};
static const struct cli_option card_options[] = {
    CLI_PLANET_OPTION,
    {"tier", "SLUG", true, "the tier that it opens"},
    {"name", "TEXT", false, "what it is for"},
    {"uses", "N", false, "for how many people (100)"},
    {"days", "N", false, "days for each (3)"},
    {"window", "N", false, "opens the posts of the last so many days (30)"},
    {"files", NULL, false, "files may be downloaded, too"},
    {"expires-days", "N", false, "good for that many days; else until it is ended"},
    {0},
};
static const struct cli_option rule_options[] = {
    CLI_PLANET_OPTION,
    {"reward", "WHAT", false, "none, days or credit"},
    {"days", "N", false, "days of membership for each who came and paid"},
    {"credit", "MONEY", false, "credit, by the currency that was paid in; once for each"},
    {"wait-days", "N", false, "how long the payment must have stood (7)"},
    {0},
};
static const struct cli_option trial_options[] = {
    CLI_PLANET_OPTION,
    {"card-first", "ANSWER", false, "yes or no"},
    {0},
};
static const struct cli_option planet_options[] = {CLI_PLANET_OPTION, {0}};
static const struct cli_option id_options[] = {
    CLI_PLANET_OPTION,
    {"id", "ID", true, "which one; the list names them"},
    {0},
};

const struct cli_verb cli_offers_verbs[] = {
    {"coupon create", cmd_coupon_create, true, "make a coupon", coupon_options, NULL},
    {"coupon list", cmd_coupon_list, true, "coupons and their use", planet_options, NULL},
    {"coupon end", cmd_coupon_end, true, "nobody can use it from now on", id_options, NULL},
    {"trial-card create", cmd_card_create, true, "make a trial card; prints its link", card_options, NULL},
    {"trial-card list", cmd_card_list, true, "trial cards, their links and use", planet_options, NULL},
    {"trial-card end", cmd_card_end, true, "nobody can use it from now on", id_options, NULL},
    {"trial rule", cmd_trial_rule, true, "do free days want a way of paying first? shows or changes it", trial_options, NULL},
    {"gift list", cmd_gift_list, true, "memberships that were bought for others", planet_options, NULL},
    {"invite rule", cmd_invite_rule, true, "the reward for invitations: shows or changes it", rule_options, NULL},
    {"invite list", cmd_invite_list, true, "who came by whose invitation", planet_options, NULL},
    {"join list", cmd_join_list, true, "who asks to join", planet_options, NULL},
    {"join approve", cmd_join_approve, true, "let somebody in", id_options, NULL},
    {"join decline", cmd_join_decline, true, "don't", id_options, NULL},
    {0},
};
