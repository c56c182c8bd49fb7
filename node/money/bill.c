#include "node/money/bill_int.h"

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/base/id.h"
#include "node/db/db.h"
#include "node/money/credit.h"
#include "node/money/money.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/people/letter.h"
#include "node/planet/grant.h"
#include "node/planet/tier_sql.h"
#include "node/talk/post.h"

#include <string.h>

static struct str upper(struct cx *cx, struct str s)
{
    char *p = arena_copy(cx->arena, s.p, s.n);
    for (size_t i = 0; i < s.n; i++)
        if (p[i] >= 'a' && p[i] <= 'z')
            p[i] = (char)(p[i] - 'a' + 'A');
    return (struct str){p, s.n};
}

/* ---- writing one ---- */

/* The planet's row is locked by whoever moves the order: nobody else takes the same number. */
static enum err number_it(struct cx *cx, const struct planet *p, struct str prefix, struct bill *b)
{
    struct str head = prefix.n > 0 ? prefix : upper(cx, p->handle);
    b->zone = i18n_zone_of(cx, p->zone);
    b->year = zone_date(b->zone, cx->now).year;
    TRY(q_bill_next(cx, b->planet_id, b->credit_note ? STR("credit_note") : STR("invoice"), b->year, &b->seq));
    b->number = str_fmt(cx->arena, STR_FMT "-%lld-%s%06lld", STR_ARG(head), (long long)b->year,
                        b->credit_note ? "C" : "", (long long)b->seq);
    return OK;
}

static enum err write_bill(struct cx *cx, struct bill *b)
{
    const struct seller *s = &b->seller;
    const struct buyer *w = &b->buyer;
    b->id = id_next(cx->node->ids);
    b->issued_at = cx->now;
    TRY(q_bill_insert(cx, b->id, b->planet_id, b->credit_note ? STR("credit_note") : STR("invoice"), b->year,
                      b->seq, b->number, b->order_id, b->order_number, b->account_id, b->corrects,
                      b->corrects_number, b->issued_at, b->supply_from, b->supply_to, s->name, s->address,
                      s->country, s->tax_id, w->name, w->address, w->country, w->tax_id, str_c(b->cur), b->net,
                      b->tax, b->total, b->by_credit, b->tax_name, b->tax_ppm, b->tax_country, b->contained,
                      b->reverse, b->rail, b->rail_ref, s->note, b->lang, zone_name(b->zone), NULL));
    for (size_t i = 0; i < b->n_lines; i++)
        TRY(q_bill_line_insert(cx, b->id, (int64_t)i, b->lines[i].label, b->lines[i].amount.minor, NULL));
    return OK;
}

/* ---- what was bought ---- */

static const char *kind_words(struct str kind)
{
    static const struct { const char *kind, *words; } all[] = {
        {"gift", N_("Membership as a gift")}, {"tip", N_("Tip")},
        {"question", N_("Paid question")},    {"listen_in", N_("Answer to a paid question")},
        {"post", N_("Post")},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (str_eq_c(kind, all[i].kind))
            return all[i].words;
    return N_("Membership");
}

static struct str what_of(struct cx *cx, const struct planet *p, const struct order *o)
{
    struct str parts[3] = {p->name, str_c(i18n_get(cx->locale, kind_words(o->kind)))};
    struct tier_row tier;
    struct post post;
    size_t n = 2;
    if (o->tier_id != DB_NULL && q_tier_by_id(cx, o->tier_id, &tier) == OK)
        parts[n++] = tier.name;
    else if (o->post_id != DB_NULL && post_by_id(cx, o->post_id, &post) == OK && post.title.n > 0)
        parts[n++] = post.title;
    cx->tell = NULL;
    return str_join(cx->arena, STR(" · "), parts, n);
}

static void add_line(struct bill *b, struct str label, int64_t minor)
{
    b->lines[b->n_lines++] = (struct bill_line){label, money_of(minor, str_c(b->cur))};
}

/* From when to when; one's own term, not that of a gift, which begins when it is redeemed. */
static enum err supply(struct cx *cx, const struct order *o, struct bill *b)
{
    struct grant *grants;
    size_t n;
    b->supply_from = b->supply_to = DB_NULL;
    if (str_eq_c(o->kind, "gift"))
        return OK;
    TRY(grant_of_order(cx, o->id, &grants, &n));
    b->supply_from = n > 0 ? grants[n - 1].starts_at : cx->now;
    b->supply_to = n > 0 ? grants[n - 1].ends_at : cx->now;
    return OK;
}

static enum err parties(struct cx *cx, const struct planet *p, const struct tax_rule *rule, const struct order *o,
                        const struct order_tax *t, struct bill *b)
{
    struct account who;
    b->seller = rule->seller;
    if (rule->planet_id == 0 || b->seller.name.n == 0)
        b->seller = (struct seller){p->name, STR(""), STR(""), STR(""), STR(""), STR("")};
    b->buyer = t->buyer;
    if (b->buyer.country.n == 0)
        b->buyer.country = str_dup(cx->arena, str_c(t->rate.country));
    if (b->buyer.name.n == 0) {
        TRY(account_by_id(cx, o->account_id, &who));
        b->buyer.name = who.name;
    }
    return OK;
}

enum err bill_gross(struct cx *cx, int64_t order_id, int64_t *ret)
{
    struct order o;
    struct credit_part credit;
    TRY(order_by_id(cx, order_id, &o));
    TRY(credit_of_order(cx, order_id, &credit));
    *ret = o.total.minor + credit.amount;
    return OK;
}

static void fill_tax(struct cx *cx, const struct order *o, const struct order_tax *t, struct bill *b)
{
    bool rail = t->mode == TAX_RAIL;
    b->tax = o->tax;
    b->net = b->total - o->tax;
    b->tax_name = t->rate.name.n > 0 ? t->rate.name : rail && o->tax > 0 ? STR("Tax") : STR("");
    b->tax_ppm = rail ? DB_NULL : t->reverse || o->tax == 0 ? 0 : t->rate.ppm;
    b->tax_country = str_dup(cx->arena, str_c(t->rate.country));
    b->contained = t->contained || o->tax == 0;
    b->reverse = t->reverse;
}

/* Money that goes back is told by who gives it back (refund.h). */
static enum err put_receipt(struct cx *cx, const struct planet *p, const struct bill *b)
{
    struct str args[] = {p->name, i18n_money(cx, b->total, str_c(b->cur)), b->number};
    struct str page = str_fmt(cx->arena, "/me/receipts/%lld", (long long)b->id);
    struct letter l = {
        .account_id = b->account_id,
        .planet_id = b->planet_id,
        .kind = "receipt",
        .once_key = str_fmt(cx->arena, "bill:%lld", (long long)b->id),
        .url = str_fmt(cx->arena, STR_FMT STR_FMT, STR_ARG(cx->node->origin), STR_ARG(page)),
        .label = str_c(tr(cx, N_("See the receipt"))),
        .page = page,
        .no_notice = true,
        .subject = i18n_fill(cx->arena, tr(cx, N_("{0}: receipt for {1}")), args, 3),
    };
    l.text = i18n_fill(cx->arena,
                       tr(cx, N_("Thank you. {0} received {1} from you.\n\nThe receipt {2} is below; you can "
                                 "print it, and enter your details for the next one on the same page.")),
                       args, 3);
    return letter_put(cx, &l);
}

/* What every bill of an order says. Its language is the reader's by now. */
static enum err begin(struct cx *cx, const struct order *o, struct planet *ret_planet, struct bill *b)
{
    TRY(planet_by_id(cx, o->planet_id, ret_planet));
    b->planet_id = o->planet_id;
    b->order_id = o->id;
    b->order_number = o->number;
    b->account_id = o->account_id;
    b->rail = o->rail;
    b->lang = i18n_tag(cx->locale);
    memcpy(b->cur, o->total.cur, sizeof b->cur);
    return OK;
}

enum err bill_paid(struct cx *cx, const struct order *o, int64_t by_credit, struct str rail_ref)
{
    struct planet p;
    struct tax_rule rule;
    struct order_tax t = {.mode = TAX_NONE, .contained = true};
    struct bill_line lines[4];
    struct bill b = {.lines = lines, .corrects = DB_NULL, .corrects_number = STR("")};
    b.total = o->total.minor + by_credit;
    if (b.total <= 0)
        return OK;
    LETTER_LANGUAGE(cx, o->account_id, o->planet_id);
    TRY(begin(cx, o, &p, &b));
    TRY(tax_rule_of(cx, o->planet_id, &rule));
    enum err e = order_tax_of(cx, o->id, &t);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    TRY(parties(cx, &p, &rule, o, &t, &b));
    TRY(supply(cx, o, &b));
    fill_tax(cx, o, &t, &b);
    b.rail_ref = rail_ref.n > 0 ? rail_ref : STR("");
    b.by_credit = by_credit;
    add_line(&b, what_of(cx, &p, o), o->list_amount);
    if (o->discount > 0)
        add_line(&b, str_c(tr(cx, N_("Discount"))), -o->discount);
    if (o->credit > by_credit)
        add_line(&b, str_c(str_eq_c(o->kind, "upgrade") ? tr(cx, N_("Left of your running term")) : tr(cx, N_("Posts that you bought"))),
                 by_credit - o->credit);
    TRY(number_it(cx, &p, rule.seller.prefix, &b));
    TRY(write_bill(cx, &b));
    return put_receipt(cx, &p, &b);
}

/* ---- given back ---- */

enum err bill_given_back(struct cx *cx, int64_t order_id, int64_t before, int64_t after, int64_t credit)
{
    struct order o;
    struct planet p;
    struct tax_rule rule;
    struct bill_row *had;
    struct bill_line line;
    size_t n;
    TRY(q_bills_of_order(cx, order_id, &had, &n));
    if (n == 0 || before == after)
        return OK;
    TRY(order_by_id(cx, order_id, &o));
    LETTER_LANGUAGE(cx, o.account_id, o.planet_id);
    struct bill invoice, b;
    bill_from(cx, &had[0], &invoice);
    b = invoice; /* seller, buyer, rate: as they stood */
    TRY(begin(cx, &o, &p, &b));
    TRY(tax_rule_of(cx, o.planet_id, &rule));
    b.credit_note = after > before;
    b.corrects = invoice.id;
    b.corrects_number = invoice.number;
    b.total = before - after;
    b.tax = -tax_share(invoice.tax, invoice.total, before, after);
    b.net = b.total - b.tax;
    b.by_credit = -credit;
    b.rail_ref = o.rail_ref.n > 0 ? o.rail_ref : STR("");
    b.lines = &line;
    b.n_lines = 0;
    const char *words = b.credit_note ? tr(cx, N_("Given back of invoice {0}")) : tr(cx, N_("Not given back after all, of invoice {0}"));
    add_line(&b, i18n_fill(cx->arena, words, &invoice.number, 1), b.contained ? b.total : b.net);
    TRY(number_it(cx, &p, rule.seller.prefix, &b));
    return write_bill(cx, &b);
}
