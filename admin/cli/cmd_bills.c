/* tax, invoice, fapiao: what a planet's owner does about them. */
#include "admin/cli/cli.h"
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/bill.h"
#include "node/money/fapiao.h"
#include "node/money/money.h"
#include "node/money/tax.h"

#include <stdio.h>
#include <string.h>

/* ---- tax ---- */

enum { LIST_PAGE = 200 }; /* rows that are read at once; all are printed */

static enum err print_rule(struct cli *cli, int64_t planet_id)
{
    static const char *const columns[] = {"mode", "seller", "address", "country", "tax_id", "note", "prefix",
                                          "fapiao", NULL};
    struct tax_rule r;
    TRY(tax_rule_of(cli->cx, planet_id, &r));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){str_c(tax_mode_word(r.mode)), r.seller.name, r.seller.address, r.seller.country,
                                r.seller.tax_id, r.seller.note, r.seller.prefix, str_c(r.fapiao ? "yes" : "no")});
    cli_end(cli);
    return OK;
}

static enum err cmd_tax_show(struct cli *cli)
{
    struct planet p;
    TRY(cli_planet(cli, &p));
    return print_rule(cli, p.id);
}

static void take(struct cli *cli, const char *name, struct str *field)
{
    if (cli_has(cli, name))
        *field = cli_get(cli, name);
}

static enum err cmd_tax_set(struct cli *cli)
{
    struct planet p;
    struct tax_rule r;
    TRY(cli_planet(cli, &p));
    TRY(tax_rule_of(cli->cx, p.id, &r));
    if (cli_has(cli, "mode") && !tax_mode_parse(cli_get(cli, "mode"), &r.mode))
        return cx_tell(cli->cx, ERR_INVALID, N_("A mode is none, inclusive, exclusive or rail."));
    take(cli, "seller", &r.seller.name);
    take(cli, "address", &r.seller.address);
    take(cli, "country", &r.seller.country);
    take(cli, "tax-id", &r.seller.tax_id);
    take(cli, "note", &r.seller.note);
    take(cli, "prefix", &r.seller.prefix);
    if (cli_has(cli, "fapiao"))
        r.fapiao = str_eq_c(cli_get(cli, "fapiao"), "yes");
    TRY(tax_rule_save(cli->cx, &r));
    return print_rule(cli, p.id);
}

static struct str place(struct str country)
{
    return str_eq_c(country, "rest") ? STR("") : country;
}

static enum err cmd_tax_rate(struct cli *cli)
{
    struct planet p;
    struct str country = place(cli_get(cli, "country"));
    struct tax_rate rate = {.name = cli_get(cli, "name"), .reverse = cli_has(cli, "reverse")};
    TRY(cli_planet(cli, &p));
    if (cli_has(cli, "drop"))
        return tax_rate_drop(cli->cx, p.id, country);
    if (country.n != 0 && country.n != 2)
        return cx_tell(cli->cx, ERR_INVALID, N_("Choose a country or region of the list."));
    memcpy(rate.country, country.p, country.n);
    TRY(tax_ppm_parse(cli->cx, cli_get(cli, "percent"), &rate.ppm));
    return tax_rate_put(cli->cx, p.id, &rate);
}

static enum err cmd_tax_rates(struct cli *cli)
{
    static const char *const columns[] = {"country", "name", "percent", "reverse", NULL};
    struct planet p;
    struct tax_rule r;
    TRY(cli_planet(cli, &p));
    TRY(tax_rule_of(cli->cx, p.id, &r));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < r.n_rates; i++)
        cli_row(cli, (struct str[]){str_c(r.rates[i].country[0] == '\0' ? "rest" : r.rates[i].country), r.rates[i].name,
                                    str_fmt(cli->cx->arena, "%lld.%04lld", (long long)(r.rates[i].ppm / 10000),
                                            (long long)(r.rates[i].ppm % 10000)),
                                    str_c(r.rates[i].reverse ? "yes" : "no")});
    cli_end(cli);
    return OK;
}

static struct str sum(struct cli *cli, int64_t minor, struct str currency)
{
    struct money m = money_of(minor < 0 ? -minor : minor, currency);
    return str_fmt(cli->cx->arena, "%s" STR_FMT, minor < 0 ? "-" : "", STR_ARG(money_decimal(cli->cx->arena, m)));
}

static enum err cmd_tax_report(struct cli *cli)
{
    static const char *const columns[] = {"currency", "country", "name", "percent", "reverse", "n", "net", "tax",
                                          "total", NULL};
    struct planet p;
    struct bill_span span;
    struct tax_sum *all;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(bill_span_parse(cli->cx, cli_get(cli, "span"), &span));
    TRY(bill_tax_sums(cli->cx, p.id, &span, &all, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++) {
        const struct tax_sum *s = &all[i];
        struct str percent = s->ppm == DB_NULL ? STR_NULL
                                               : str_fmt(cli->cx->arena, "%lld.%04lld", (long long)(s->ppm / 10000),
                                                         (long long)(s->ppm % 10000));
        cli_row(cli, (struct str[]){s->currency, s->country, s->name, percent, str_c(s->reverse ? "yes" : "no"),
                                    cli_id(cli, s->n), sum(cli, s->net, s->currency), sum(cli, s->tax, s->currency),
                                    sum(cli, s->total, s->currency)});
    }
    cli_end(cli);
    return OK;
}

static enum err cmd_tax_unsure(struct cli *cli)
{
    static const char *const columns[] = {"order", "paid_at", "total", "country", "said", "browser", "card",
                                          "contradicts", NULL};
    struct planet p;
    struct unsure *all;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(tax_unsure(cli->cx, p.id, 1000, &all, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++) {
        const struct order_tax *t = &all[i].tax;
        bool contradicts = order_tax_evidence(t) == EVIDENCE_CONTRADICTS;
        cli_row(cli, (struct str[]){all[i].number, cli_time(cli, all[i].paid_at),
                                    money_format(cli->cx->arena, all[i].total), str_c(t->rate.country),
                                    t->buyer.country, t->ip_country, t->rail_country,
                                    str_c(contradicts ? "yes" : "no")});
    }
    cli_end(cli);
    return OK;
}

/* ---- invoices ---- */

enum { LISTED = 200 };

static const char *const bill_columns[] = {"id", "number", "kind", "issued", "order", "corrects", "buyer", "country",
                                           "currency", "net", "tax", "total", NULL};

static void bill_row(struct cli *cli, const struct bill *b)
{
    struct str cur = str_c(b->cur);
    cli_row(cli, (struct str[]){cli_id(cli, b->id), b->number, str_c(b->credit_note ? "credit_note" : "invoice"),
                                cli_time(cli, b->issued_at), b->order_number, b->corrects_number, b->buyer.name,
                                b->buyer.country, cur, sum(cli, b->net, cur), sum(cli, b->tax, cur),
                                sum(cli, b->total, cur)});
}

static enum err cmd_invoice_list(struct cli *cli)
{
    struct planet p;
    struct bill_span span;
    struct bill *all;
    size_t n;
    int64_t before;
    TRY(cli_planet(cli, &p));
    TRY(bill_span_parse(cli->cx, cli_get(cli, "span"), &span));
    TRY(cli_i64(cli, "before", 0, &before));
    TRY(bill_list_of_planet(cli->cx, p.id, &span, before, LISTED, &all, &n));
    cli_begin(cli, true, bill_columns);
    for (size_t i = 0; i < n; i++)
        bill_row(cli, &all[i]);
    cli_end(cli);
    return OK;
}

static enum err cmd_invoice_show(struct cli *cli)
{
    struct planet p;
    struct bill b;
    TRY(cli_planet(cli, &p));
    TRY(bill_by_number(cli->cx, p.id, cli_get(cli, "number"), &b));
    cli_begin(cli, false, bill_columns);
    bill_row(cli, &b);
    cli_end(cli);
    return OK;
}

static enum err put(struct str s)
{
    return fwrite(s.p, 1, s.n, stdout) == s.n ? OK : ERR_STORAGE;
}

struct export { bool csv; struct arena *line; };

static enum err put_bill(void *arg, const struct bill *b)
{
    struct export *x = arg;
    enum err e = put(x->csv ? bill_csv(x->line, b) : bill_json(x->line, b));
    arena_reset(x->line);
    return e;
}

static enum err cmd_invoice_export(struct cli *cli)
{
    struct planet p;
    struct bill_span span;
    struct export x = {.csv = !cli_has(cli, "lines")};
    TRY(cli_planet(cli, &p));
    TRY(bill_span_parse(cli->cx, cli_get(cli, "span"), &span));
    if (x.csv)
        TRY(put(bill_csv_head()));
    x.line = arena_new();
    enum err e = bill_each(cli->cx, p.id, &span, put_bill, &x);
    x.line = arena_free(x.line);
    return e;
}

/* ---- fapiao ---- */

static enum err cmd_fapiao_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "asked", "order", "kind", "title", "taxpayer_id", "mail", "amount",
                                          "state", "answer", "given_back", NULL};
    struct planet p;
    struct fapiao *all;
    int64_t before = 0;
    size_t n;
    TRY(cli_planet(cli, &p));
    cli_begin(cli, true, columns);
    do {
        TRY(fapiao_list(cli->cx, p.id, cli_has(cli, "all") ? STR_NULL : STR("asked"), before, LIST_PAGE, &all, &n));
        for (size_t i = 0; i < n; i++) {
            const struct fapiao *f = &all[i];
            cli_row(cli, (struct str[]){cli_id(cli, f->id), cli_time(cli, f->asked_at), f->order_number, f->kind, f->title,
                                        f->taxpayer_id, f->mail, money_format(cli->cx->arena, f->amount), f->state,
                                        f->answer, sum(cli, f->given_back, str_c(f->amount.cur))});
        }
        before = n > 0 ? all[n - 1].id : 0;
    } while (n == LIST_PAGE);
    cli_end(cli);
    return OK;
}

static enum err answer(struct cli *cli, bool issued)
{
    struct planet p;
    struct str given[CLI_MAX_VALUES];
    int64_t ids[CLI_MAX_VALUES];
    size_t done, n = cli_all(cli, "id", given, CLI_MAX_VALUES);
    TRY(cli_planet(cli, &p));
    for (size_t i = 0; i < n; i++)
        if (!str_to_i64(given[i], &ids[i]))
            return cx_tell(cli->cx, ERR_INVALID, N_("An id is a number; the list names them."));
    struct str words = cli_has(cli, "answer") ? cli_get(cli, "answer") : STR("");
    return fapiao_done(cli->cx, p.id, ids, n, issued, words, &done);
}

static enum err cmd_fapiao_done(struct cli *cli) { return answer(cli, true); }
static enum err cmd_fapiao_decline(struct cli *cli) { return answer(cli, false); }

static const struct cli_option planet_options[] = {CLI_PLANET_OPTION, {0}};
static const struct cli_option rule_options[] = {
    CLI_PLANET_OPTION,
    {"mode", "WORD", false, "none, inclusive, exclusive, rail (Stripe Tax)"},
    {"seller", "NAME", false, "who sells, as it stands on invoices"},
    {"address", "TEXT", false, "its address, lines"},
    {"country", "CC", false, "its country: DE"},
    {"tax-id", "TEXT", false, "its tax number"},
    {"note", "TEXT", false, "words at the foot of each invoice"},
    {"prefix", "TEXT", false, "what invoice numbers begin with; else the handle"},
    {"fapiao", "YES", false, "yes: members who paid in yuan may ask for one; no"},
    {0},
};
static const struct cli_option rate_options[] = {
    CLI_PLANET_OPTION,
    {"country", "CC", true, "whose rate: DE; or 'rest', everywhere else"},
    {"percent", "N", false, "19, 8.875"},
    {"name", "TEXT", false, "what it is called there (VAT)"},
    {"reverse", NULL, false, "businesses there with a tax number owe it themselves"},
    {"drop", NULL, false, "take the rate away"},
    {0},
};
static const struct cli_option span_options[] = {
    CLI_PLANET_OPTION,
    {"span", "PERIOD", false, "2027, 2027-Q1, 2027-01; else all"},
    {0},
};
static const struct cli_option list_options[] = {
    CLI_PLANET_OPTION,
    {"span", "PERIOD", false, "2027, 2027-Q1, 2027-01; else all"},
    {"before", "ID", false, "those before this one; a list has 200"},
    {0},
};
static const struct cli_option show_options[] = {
    CLI_PLANET_OPTION,
    {"number", "NUMBER", true, "TEA-2027-000001"},
    {0},
};
static const struct cli_option export_options[] = {
    CLI_PLANET_OPTION,
    {"span", "PERIOD", false, "2027, 2027-Q1, 2027-01; else all"},
    {"lines", NULL, false, "JSON, one a line; else CSV"},
    {0},
};
static const struct cli_option fapiao_options[] = {
    CLI_PLANET_OPTION,
    {"all", NULL, false, "those that were answered, too"},
    {0},
};
static const struct cli_option answer_options[] = {
    CLI_PLANET_OPTION,
    {"id", "ID", true, "which one; may be given several times"},
    {"answer", "TEXT", false, "its number, or why not: the member reads it"},
    {0},
};

const struct cli_verb cli_bills_verbs[] = {
    {"tax show", cmd_tax_show, true, "how tax is taken, and who sells", planet_options, NULL},
    {"tax set", cmd_tax_set, true, "change it; what isn't given stays", rule_options, NULL},
    {"tax rates", cmd_tax_rates, true, "rates by country", planet_options, NULL},
    {"tax rate", cmd_tax_rate, true, "put the rate of a country, or take it away", rate_options, NULL},
    {"tax report", cmd_tax_report, true, "what is to be declared, by country and rate", span_options, NULL},
    {"tax unsure", cmd_tax_unsure, true, "payments whose country is not sure", planet_options, NULL},
    {"invoice list", cmd_invoice_list, true, "invoices and credit notes, newest first", list_options, NULL},
    {"invoice show", cmd_invoice_show, true, "one of them", show_options, NULL},
    {"invoice export", cmd_invoice_export, true, "all of a period, oldest first, to the standard output",
     export_options, NULL},
    {"fapiao list", cmd_fapiao_list, true, "requests for fapiao", fapiao_options, NULL},
    {"fapiao done", cmd_fapiao_done, true, "they were issued: the members are told", answer_options, NULL},
    {"fapiao decline", cmd_fapiao_decline, true, "they can't be: the members are told", answer_options, NULL},
    {0},
};
