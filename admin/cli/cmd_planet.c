/* planet, tier, code: what is offered, and the codes that open it. */
#include "admin/cli/cli.h"
#include "federation/federation.h"
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/money/money.h"
#include "node/money/redeem.h"
#include "node/planet/planet.h"

enum { LIST_PAGE = 200 }; /* rows that are read at once; all are printed */

static enum err cmd_planet_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "handle", "name", "language", "joining", "zone", NULL};
    struct planet *all;
    size_t n;
    TRY(planet_list(cli->cx, &all, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){cli_id(cli, all[i].id), all[i].handle, all[i].name, all[i].lang,
                                    all[i].joining, all[i].zone});
    cli_end(cli);
    return OK;
}

static enum err cmd_planet_zones(struct cli *cli)
{
    static const char *const columns[] = {"zone", NULL};
    struct str *all;
    size_t n;
    zone_list(cli->cx->arena, &all, &n);
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, &all[i]);
    cli_end(cli);
    return OK;
}

static enum err cmd_planet_create(struct cli *cli)
{
    static const char *const columns[] = {"id", "handle", NULL};
    struct str lang = cli_get(cli, "lang").p == NULL ? STR("en") : cli_get(cli, "lang");
    struct planet p;
    TRY(planet_create(cli->cx, cli_get(cli, "handle"), cli_get(cli, "title"), lang, cli->cx->viewer,
                      &p));
    TRY(fed_setup(cli->cx));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, p.id), p.handle});
    cli_end(cli);
    return OK;
}

static enum err cmd_planet_edit(struct cli *cli)
{
    struct planet p;
    struct str about;
    TRY(cli_planet(cli, &p));
    TRY(cli_file(cli, "about-file", 1 << 18, &about));
    if (about.p != NULL)
        p.about = about;
    if (cli_has(cli, "title"))
        p.name = cli_get(cli, "title");
    if (cli_has(cli, "tagline"))
        p.tagline = cli_get(cli, "tagline");
    if (cli_has(cli, "joining"))
        p.joining = cli_get(cli, "joining");
    if (cli_has(cli, "question"))
        p.join_question = cli_get(cli, "question");
    if (cli_has(cli, "zone"))
        p.zone = cli_get(cli, "zone");
    return planet_update(cli->cx, &p);
}

/* ---- tiers ---- */

static struct str prices_text(struct cli *cli, const struct tier *t)
{
    struct buf b;
    buf_init_arena(&b, cli->cx->arena, 4096);
    for (size_t i = 0; i < t->n_prices; i++) {
        const struct price *p = &t->prices[i];
        buf_fmt(&b, "%s" STR_FMT "/%lld " STR_FMT, i > 0 ? ", " : "",
                STR_ARG(money_format(cli->cx->arena, p->money)), (long long)p->count,
                STR_ARG(p->unit));
    }
    return buf_str(&b);
}

static enum err cmd_tier_list(struct cli *cli)
{
    static const char *const columns[] = {"id", "slug", "rank", "name", "seats", "prices", NULL};
    struct planet p;
    struct tier *tiers;
    size_t n;
    TRY(cli_planet(cli, &p));
    TRY(tier_list(cli->cx, p.id, &tiers, &n));
    cli_begin(cli, true, columns);
    for (size_t i = 0; i < n; i++)
        cli_row(cli, (struct str[]){cli_id(cli, tiers[i].id), tiers[i].slug,
                                    cli_id(cli, tiers[i].rank), tiers[i].name,
                                    cli_id(cli, tiers[i].seats), prices_text(cli, &tiers[i])});
    cli_end(cli);
    return OK;
}

static enum err cmd_tier_create(struct cli *cli)
{
    static const char *const columns[] = {"id", NULL};
    struct planet p;
    struct tier t;
    int64_t rank, seats;
    TRY(cli_planet(cli, &p));
    TRY(cli_i64(cli, "rank", 0, &rank));
    TRY(cli_i64(cli, "seats", DB_NULL, &seats));
    struct str about = cli_has(cli, "about") ? cli_get(cli, "about") : STR("");
    TRY(tier_create(cli->cx, p.id, cli_get(cli, "slug"), cli_get(cli, "name"), about, rank, seats, &t));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, t.id)});
    cli_end(cli);
    return OK;
}

static enum err tier_option(struct cli *cli, const struct planet *p, struct tier *ret)
{
    enum err e = tier_by_slug(cli->cx, p->id, cli_get(cli, "tier"), ret);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, ERR_INVALID,
                       N_("This planet has no such tier. 'tier list' names them."));
    return e;
}

static enum err cmd_tier_price(struct cli *cli)
{
    static const char *const columns[] = {"id", NULL};
    struct planet p;
    struct tier t;
    struct money m;
    struct price price;
    int64_t count, trial;
    TRY(cli_planet(cli, &p));
    TRY(tier_option(cli, &p, &t));
    TRY(money_parse(cli->cx, cli_get(cli, "price"), &m));
    TRY(cli_i64(cli, "count", 1, &count));
    TRY(cli_i64(cli, "trial-days", 0, &trial));
    TRY(price_create(cli->cx, t.id, m, cli_get(cli, "unit"), count, trial, &price));
    cli_begin(cli, false, columns);
    cli_row(cli, (struct str[]){cli_id(cli, price.id)});
    cli_end(cli);
    return OK;
}

/* ---- codes ---- */

static enum err cmd_code_create(struct cli *cli)
{
    static const char *const columns[] = {"code", NULL};
    struct cx *cx = cli->cx;
    struct planet p;
    struct tier t;
    struct code_batch batch;
    struct str *codes;
    int64_t n, count, uses, days;
    TRY(cli_planet(cli, &p));
    TRY(tier_option(cli, &p, &t));
    TRY(cli_i64(cli, "n", 1, &n));
    TRY(cli_i64(cli, "count", 1, &count));
    TRY(cli_i64(cli, "uses", 1, &uses));
    TRY(cli_i64(cli, "expires-days", 0, &days));
    if (n < 1 || n > CODE_BATCH_MAX)
        return cx_tell(cx, ERR_INVALID, N_("A batch has 1 to 10000 codes."));
    struct str unit = cli_has(cli, "unit") ? cli_get(cli, "unit") : STR("year");
    struct str name = cli_has(cli, "name") ? cli_get(cli, "name") : STR("command line");
    TRY(code_batch_create(cx, p.id, t.id, name, unit, count, uses,
                          days == 0 ? DB_NULL : cx->now + days * MS_DAY, (size_t)n, &codes, &batch));
    if (cli_has(cli, "csv")) {
        buf_put(&cli->out, code_csv(cx, &batch, codes, (size_t)n));
        return OK;
    }
    cli_begin(cli, true, columns);
    for (int64_t i = 0; i < n; i++)
        cli_row(cli, &codes[i]);
    cli_end(cli);
    return OK;
}

static enum err cmd_code_list(struct cli *cli)
{
    static const char *const columns[] = {"batch", "name", "tier", "term", "codes", "used", "revoked",
                                          "expires", NULL};
    struct planet p;
    struct code_batch *all;
    int64_t before = 0;
    size_t n;
    TRY(cli_planet(cli, &p));
    cli_begin(cli, true, columns);
    do {
        TRY(code_batch_list(cli->cx, p.id, before, LIST_PAGE, &all, &n));
        for (size_t i = 0; i < n; i++)
            cli_row(cli, (struct str[]){cli_id(cli, all[i].id), all[i].name, all[i].tier_name,
                                        str_fmt(cli->cx->arena, "%lld " STR_FMT, (long long)all[i].count,
                                                STR_ARG(all[i].unit)),
                                        cli_id(cli, all[i].n_codes), cli_id(cli, all[i].n_used),
                                        cli_id(cli, all[i].n_revoked), cli_time(cli, all[i].expires_at)});
        before = n > 0 ? all[n - 1].id : 0;
    } while (n == LIST_PAGE);
    cli_end(cli);
    return OK;
}

static enum err cmd_code_revoke(struct cli *cli)
{
    int64_t batch, code;
    TRY(cli_i64(cli, "batch", 0, &batch));
    TRY(cli_i64(cli, "code", 0, &code));
    enum err e = code_revoke(cli->cx, batch, code);
    if (e == ERR_NOT_FOUND)
        return cx_tell(cli->cx, e, N_("There is no such batch or code. 'code list' names them."));
    return e;
}

static const struct cli_option planet_create_options[] = {
    {"handle", "HANDLE", true, "letters, digits, _ ; at most 30"},
    {"title", "TEXT", true, "its name, in any script"},
    {"lang", "TAG", false, "its language: en or zh-CN"},
    {0},
};
static const struct cli_option planet_edit_options[] = {
    CLI_PLANET_OPTION,
    {"title", "TEXT", false, "its name"},
    {"tagline", "TEXT", false, "what it is, in a sentence"},
    {"about-file", "FILE", false, "what it is, at length, Markdown"},
    {"joining", "HOW", false, "open, approval, invitation or closed"},
    {"question", "TEXT", false, "what who asks to join is asked"},
    {"zone", "NAME", false, "the time zone that its days and months are counted by: Asia/Shanghai"},
    {0},
};
static const struct cli_option planet_options[] = {CLI_PLANET_OPTION, {0}};
static const struct cli_option zones_options[] = {{0}};
static const struct cli_option tier_create_options[] = {
    CLI_PLANET_OPTION,
    {"slug", "WORD", true, "its short name, for addresses and commands"},
    {"name", "TEXT", true, "its name, as people see it"},
    {"rank", "N", true, "it opens its own rank and all below; 1 is the lowest"},
    {"about", "TEXT", false, "what it opens, in a sentence"},
    {"seats", "N", false, "how many members at most"},
    {0},
};
static const struct cli_option tier_price_options[] = {
    CLI_PLANET_OPTION,
    {"tier", "SLUG", true, "which tier"},
    {"price", "MONEY", true, "CNY:365, USD:4.50"},
    {"unit", "UNIT", true, "day, month, year or once"},
    {"count", "N", false, "how many of them (1)"},
    {"trial-days", "N", false, "days free at the beginning (0)"},
    {0},
};
static const struct cli_option code_create_options[] = {
    CLI_PLANET_OPTION,
    {"tier", "SLUG", true, "the tier that a code opens"},
    {"n", "N", false, "how many codes (1)"},
    {"unit", "UNIT", false, "for how long: day, month, year (default) or once"},
    {"count", "N", false, "how many of them (1)"},
    {"uses", "N", false, "how many accounts may use each (1)"},
    {"expires-days", "N", false, "redeemable for that many days; else for ever"},
    {"name", "TEXT", false, "what the batch is for"},
    {"csv", NULL, false, "print CSV"},
    {0},
};
static const struct cli_option code_revoke_options[] = {
    {"batch", "ID", true, "which batch; 'code list' names them"},
    {"code", "ID", false, "only this code of it"},
    {0},
};

const struct cli_verb cli_planet_verbs[] = {
    {"planet list", cmd_planet_list, true, "the node's planets", NULL},
    {"planet create", cmd_planet_create, true, "make another planet", planet_create_options},
    {"planet edit", cmd_planet_edit, true, "change a planet's name, description or time zone",
     planet_edit_options},
    {"planet zones", cmd_planet_zones, true, "time zones to choose from", zones_options},
    {"tier list", cmd_tier_list, true, "a planet's tiers and prices", planet_options},
    {"tier create", cmd_tier_create, true, "make a tier", tier_create_options},
    {"tier price", cmd_tier_price, true, "offer a tier at a price", tier_price_options},
    {"code create", cmd_code_create, true, "make redeem codes; they are shown this once",
     code_create_options},
    {"code list", cmd_code_list, true, "a planet's batches of codes", planet_options},
    {"code revoke", cmd_code_revoke, true, "take back what is not redeemed yet",
     code_revoke_options},
    {0},
};
