#include "tests/unit/domain_fixture.h"

#include "node/planet/field.h"

#include "node/money/money.h"
#include "node/planet/access.h"
#include "node/planet/grant.h"

static struct gate gate_of(struct domain *d, enum gate_kind kind, int64_t rank)
{
    return (struct gate){.post_id = 900,
                         .planet_id = d->tea.id,
                         .author_id = d->owner.id,
                         .kind = kind,
                         .rank = rank,
                         .published_at = d->cx->now - 2 * MS_DAY};
}

static struct access_pass decide(struct domain *d, int64_t who, const struct gate *g)
{
    struct access_pass pass;
    d->cx->viewer = who;
    OK_(access_decide(d->cx, g, &pass));
    d->cx->viewer = 0;
    return pass;
}

static void expect(struct domain *d, int64_t who, const struct gate *g, enum access_verdict verdict,
                   enum access_why why)
{
    struct access_pass pass = decide(d, who, g);
    assert_int_equal(access_verdict(&pass), verdict);
    assert_int_equal(access_why(&pass), why);
}

static int64_t give(struct domain *d, int64_t who, int64_t tier, const char *kind, int64_t from,
                    int64_t to, int64_t window)
{
    struct grant_new g = {.account_id = who, .planet_id = d->tea.id, .tier_id = tier, .kind = kind,
                          .term = {from, to, 1}, .window_days = window, .order_id = DB_NULL,
                          .price_id = DB_NULL};
    int64_t id;
    OK_(tx_begin(d->cx));
    OK_(grant_put(d->cx, &g, &id));
    OK_(tx_commit(d->cx));
    return id;
}

static void every_kind_of_grant_by_gate_and_time(void **state)
{
    struct domain *d = *state;
    static const struct { const char *kind; bool trial, card; } kinds[] = {
        {"paid", false, false}, {"trial", true, false}, {"trial_card", true, true},
        {"gift", false, false}, {"code", false, false}, {"comp", false, false},
        {"legacy", false, false}, {"bundle", false, false}, {"referral", false, false},
    };
    int64_t t0 = d->cx->now, from = t0 + MS_DAY, to = t0 + 11 * MS_DAY;
    int64_t times[] = {from - 1, from, from + 5 * MS_DAY, to - 1, to, to + 400 * MS_DAY};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        int64_t who = person(d);
        give(d, who, d->member.id, kinds[k].kind, from, to, kinds[k].card ? 30 : DB_NULL);
        for (size_t t = 0; t < sizeof times / sizeof *times; t++) {
            d->cx->now = times[t];
            bool live = times[t] >= from && times[t] < to;
            enum access_why over = times[t] < from ? WHY_NOT_MEMBER : WHY_LAPSED;
            enum access_why opens = kinds[k].trial ? WHY_TRIAL : WHY_MEMBER;
            struct gate g = gate_of(d, GATE_MEMBERS, 1);
            expect(d, who, &g, live ? ACCESS_FULL : ACCESS_TEASER, live ? opens : over);
            struct access_pass pass = decide(d, who, &g);
            if (live)
                assert_int_equal(access_until(&pass), kinds[k].card && to > g.published_at + 30 * MS_DAY
                                                          ? g.published_at + 30 * MS_DAY + 1 : to);
            assert_int_equal(access_with_files(&pass), live && !kinds[k].card);
            g.kind = GATE_TIER, g.rank = 2;
            expect(d, who, &g, ACCESS_TEASER, live ? WHY_TIER_TOO_LOW : over);
            g.kind = GATE_PRICE, g.rank = 0;
            expect(d, who, &g, ACCESS_TEASER, live ? WHY_TIER_TOO_LOW : over);
            g.kind = GATE_PRICE, g.rank = 1;
            expect(d, who, &g, live ? ACCESS_FULL : ACCESS_TEASER, live ? opens : over);
            g = gate_of(d, GATE_MEMBERS, 1);
            g.not_in_trial = true;
            bool shown = live && !kinds[k].trial;
            expect(d, who, &g, shown ? ACCESS_FULL : ACCESS_TEASER,
                   shown ? WHY_MEMBER : live ? WHY_NOT_IN_TRIAL : over);
            g = gate_of(d, GATE_PUBLIC, 0);
            expect(d, who, &g, ACCESS_FULL, WHY_PUBLIC);
        }
        d->cx->now = t0;
    }
}

static void a_trial_card_sees_what_is_fresh_at_that_moment(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    give(d, who, d->member.id, "trial_card", d->cx->now, d->cx->now + 60 * MS_DAY, 30);
    struct gate g = gate_of(d, GATE_MEMBERS, 1);
    g.published_at = d->cx->now - 30 * MS_DAY;
    expect(d, who, &g, ACCESS_FULL, WHY_TRIAL);
    g.published_at--;
    expect(d, who, &g, ACCESS_TEASER, WHY_NOT_IN_TRIAL);
    g.published_at++;
    d->cx->now++; /* the window moves with the clock */
    expect(d, who, &g, ACCESS_TEASER, WHY_NOT_IN_TRIAL);
}

static void roles_come_before_grants_and_bans_before_all_but_public(void **state)
{
    struct domain *d = *state;
    static const enum role roles[] = {ROLE_BANNED, ROLE_MODERATOR, ROLE_GUEST, ROLE_PARTNER, ROLE_OWNER};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        int64_t who = person(d);
        bool banned = roles[i] == ROLE_BANNED;
        give(d, who, d->gold.id, "paid", d->cx->now, DB_NULL, DB_NULL);
        OK_(role_set(d->cx, d->tea.id, who, roles[i]));
        struct gate g = gate_of(d, GATE_TIER, 2);
        expect(d, who, &g, banned ? ACCESS_TEASER : ACCESS_FULL, banned ? WHY_BANNED : WHY_ROLE);
        g = gate_of(d, GATE_PRICE, 0);
        expect(d, who, &g, banned ? ACCESS_TEASER : ACCESS_FULL, banned ? WHY_BANNED : WHY_ROLE);
        g = gate_of(d, GATE_PUBLIC, 0);
        expect(d, who, &g, ACCESS_FULL, WHY_PUBLIC);
        g.published_at = DB_NULL; /* a draft of the owner, whatever its gate */
        bool sees = roles[i] >= ROLE_PARTNER;
        expect(d, who, &g, sees ? ACCESS_FULL : ACCESS_NONE, sees ? WHY_ROLE : WHY_DRAFT);
        g.author_id = who;
        sees = roles[i] >= ROLE_GUEST;
        expect(d, who, &g, sees ? ACCESS_FULL : ACCESS_NONE, sees ? WHY_ROLE : WHY_DRAFT);
        OK_(role_set(d->cx, d->tea.id, who, ROLE_NONE));
        g = gate_of(d, GATE_TIER, 2);
        expect(d, who, &g, ACCESS_FULL, WHY_MEMBER);
    }
}

static void visitors_strangers_and_suspended_accounts(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d);
    struct gate g = gate_of(d, GATE_MEMBERS, 1);
    expect(d, 0, &g, ACCESS_TEASER, WHY_VISITOR);
    expect(d, who, &g, ACCESS_TEASER, WHY_NOT_MEMBER);
    give(d, who, d->member.id, "code", d->cx->now, DB_NULL, DB_NULL);
    expect(d, who, &g, ACCESS_FULL, WHY_MEMBER);
    OK_(account_set_state(d->cx, who, STR("suspended")));
    expect(d, who, &g, ACCESS_TEASER, WHY_VISITOR);
    g.planet_id = 4242; /* another planet: a membership here says nothing there */
    OK_(account_set_state(d->cx, who, STR("active")));
    expect(d, who, &g, ACCESS_TEASER, WHY_NOT_MEMBER);
    g = gate_of(d, GATE_MEMBERS, 1);
    g.rank = 0; /* a locked thing never opens by rank 0 */
    expect(d, person(d), &g, ACCESS_TEASER, WHY_NOT_MEMBER);
}

static void what_happens_to_a_grant_counts_with_the_next_request(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d), end = d->cx->now + 10 * MS_DAY, changed;
    int64_t id = give(d, who, d->member.id, "paid", d->cx->now, end, DB_NULL);
    struct gate g = gate_of(d, GATE_MEMBERS, 1);
    OK_(membership_suspend(d->cx, id, STR("looked at")));
    expect(d, who, &g, ACCESS_TEASER, WHY_LAPSED);
    OK_(membership_set_end(d->cx, id, end + MS_DAY, STR("a present")));
    expect(d, who, &g, ACCESS_TEASER, WHY_LAPSED); /* longer, but still suspended */
    OK_(membership_restore(d->cx, id, STR("all good")));
    expect(d, who, &g, ACCESS_FULL, WHY_MEMBER);
    d->cx->now = end;
    expect(d, who, &g, ACCESS_FULL, WHY_MEMBER);
    OK_(membership_set_end(d->cx, id, end - 5, STR("a mistake")));
    expect(d, who, &g, ACCESS_TEASER, WHY_LAPSED);
    OK_(membership_set_end(d->cx, id, DB_NULL, STR("for ever")));
    expect(d, who, &g, ACCESS_FULL, WHY_MEMBER);
    OK_(membership_revoke(d->cx, id, STR("left")));
    expect(d, who, &g, ACCESS_TEASER, WHY_LAPSED);
    assert_int_equal(membership_restore(d->cx, id, STR("")), ERR_CONFLICT);

    struct grant *list;
    size_t n;
    OK_(membership_list(d->cx, d->tea.id, who, &list, &n));
    assert_int_equal(n, 1);
    assert_int_equal(list[0].n_changes, 6);
    CHECK_STR(list[0].changes[5].kind, "revoke");
    CHECK_STR(list[0].changes[5].reason, "left");
    assert_int_equal(list[0].first_ends_at, end);
    d->cx->viewer = person(d);
    assert_int_equal(membership_list(d->cx, d->tea.id, who, &list, &n), ERR_FORBIDDEN);
    assert_int_equal(membership_revoke(d->cx, id, STR("")), ERR_FORBIDDEN);
    d->cx->viewer = 0;

    OK_(grants_rebuild(d->cx, d->tea.id, &changed));
    assert_int_equal(changed, 0);
    RAW(d, "UPDATE member_grant SET live_state = 'live', live_ends_at = 5 WHERE id = %lld", (long long)id);
    OK_(grants_rebuild(d->cx, d->tea.id, &changed));
    assert_int_equal(changed, 1);
    assert_int_equal(RAW(d, "SELECT COUNT(*) FROM member_grant WHERE live_ends_at IS NULL AND live_state = 'revoked'"
                            " AND id = %lld", (long long)id), 1);
}

/* The columns that access reads are what a second, separate reading of the events says. */
static void rebuilding_reproduces_the_live_columns(void **state)
{
    struct domain *d = *state;
    srand(11);
    for (int round = 0; round < 60; round++) {
        int64_t who = person(d), end = d->cx->now + 30 * MS_DAY;
        int64_t id = give(d, who, d->member.id, "comp", d->cx->now, end, DB_NULL);
        bool suspended = false, revoked = false;
        OK_(tx_begin(d->cx));
        for (int i = 0; i < 8; i++) {
            enum grant_happening what = (enum grant_happening)(rand() % 5);
            int64_t to = rand() % 6 == 0 ? DB_NULL : d->cx->now + (rand() % 90) * MS_DAY;
            OK_(grant_note(d->cx, id, what, to, STR("by chance")));
            end = what == GRANT_EXTEND || what == GRANT_SHORTEN ? to : end;
            revoked = revoked || what == GRANT_REVOKE;
            suspended = what == GRANT_SUSPEND || (suspended && what != GRANT_RESTORE);
        }
        OK_(tx_commit(d->cx));
        const char *word = revoked ? "revoked" : suspended ? "suspended" : "live";
        const char *sql = str_fmt(d->cx->arena, "SELECT COUNT(*) FROM member_grant WHERE id = %lld"
                                  " AND live_state = '%s' AND COALESCE(live_ends_at, -1) = %lld", (long long)id,
                                  word, end == DB_NULL ? -1LL : (long long)end).p;
        assert_int_equal(raw(d, sql), 1);
        RAW(d, "UPDATE member_grant SET live_state = 'live', live_ends_at = NULL WHERE id = %lld", (long long)id);
        int64_t changed;
        OK_(grants_rebuild(d->cx, d->tea.id, &changed));
        assert_int_equal(raw(d, sql), 1);
    }
}

static void many_things_at_once_are_decided_as_each_alone(void **state)
{
    struct domain *d = *state;
    struct planet other;
    int64_t who = person(d);
    struct gate gates[12];
    struct access_pass passes[12];
    OK_(planet_create(d->cx, STR("sand"), STR("Sand"), STR("en"), d->owner.id, &other));
    give(d, who, d->member.id, "code", d->cx->now, DB_NULL, DB_NULL);
    RAW(d, "INSERT INTO post_right (account_id, post_id, order_id, created_at) VALUES (%lld, 905, 1, 1)",
        (long long)who);
    for (int i = 0; i < 12; i++) {
        gates[i] = gate_of(d, (enum gate_kind)(i % 4), i % 4 == 3 ? 0 : i % 3);
        gates[i].post_id = 900 + i;
        gates[i].planet_id = i % 5 == 4 ? other.id : d->tea.id;
    }
    gates[5].kind = GATE_PRICE, gates[5].rank = 0;
    d->cx->viewer = who;
    OK_(access_decide_many(d->cx, gates, 12, passes));
    for (int i = 0; i < 12; i++) {
        struct access_pass alone;
        OK_(access_decide(d->cx, &gates[i], &alone));
        assert_int_equal(alone.verdict_, passes[i].verdict_);
        assert_int_equal(alone.why_, passes[i].why_);
        assert_int_equal(passes[i].post_id_, 900 + i);
    }
    assert_int_equal(passes[5].why_, WHY_PURCHASED);
    RAW(d, "UPDATE post_right SET revoked_at = 2");
    OK_(access_decide_many(d->cx, gates, 12, passes));
    assert_int_equal(passes[5].verdict_, ACCESS_TEASER);
    d->cx->viewer = 0;
}

/* P12 as a table, written by hand and not by the code's own rules: a row for each kind of viewer, a column for
 * each kind of post, at each of the times. F full, f full but no files, t teaser, - nothing. */
enum { COLUMNS = 13 };
static const struct column {
    const char *name;
    enum gate_kind kind;
    int64_t rank;
    bool not_in_trial;
    int days_old;       /* -1: a draft */
} columns[COLUMNS] = {
    {"public", GATE_PUBLIC, 0, false, 2},           {"public, old", GATE_PUBLIC, 0, false, 90},
    {"members", GATE_MEMBERS, 1, false, 2},         {"members, old", GATE_MEMBERS, 1, false, 90},
    {"members, no trial", GATE_MEMBERS, 1, true, 2}, {"gold", GATE_TIER, 2, false, 2},
    {"gold, old", GATE_TIER, 2, false, 90},          {"price", GATE_PRICE, 0, false, 2},
    {"price or member", GATE_PRICE, 1, false, 2},   {"price or gold", GATE_PRICE, 2, false, 2},
    {"draft of the owner", GATE_MEMBERS, 1, false, -1}, {"draft, public", GATE_PUBLIC, 0, false, -1},
    {"answer to a paid question", GATE_ANSWER, 0, false, 2},
};
static const struct viewer {
    const char *name, *role, *grant; /* NULL: none */
    int rank;
    bool bought, files;
    /* before the grant begins, while it runs, after it has ended */
    const char *cells[3];
} viewers[] = {
    /*                                                    pPmM!gGbc2dD? */
    {"visitor", NULL, NULL, 0, false, false,             {"FFtttttttt--t", "FFtttttttt--t", "FFtttttttt--t"}},
    {"account", "", NULL, 0, false, false,               {"FFtttttttt--t", "FFtttttttt--t", "FFtttttttt--t"}},
    {"banned member", "banned", "paid", 2, true, false,  {"FFtttttttt--t", "FFtttttttt--t", "FFtttttttt--t"}},
    {"moderator", "moderator", NULL, 0, false, false,    {"FFFFFFFFFF--t", "FFFFFFFFFF--t", "FFFFFFFFFF--t"}},
    {"guest", "guest", NULL, 0, false, false,            {"FFFFFFFFFF--t", "FFFFFFFFFF--t", "FFFFFFFFFF--t"}},
    {"partner", "partner", NULL, 0, false, false,        {"FFFFFFFFFFFFt", "FFFFFFFFFFFFt", "FFFFFFFFFFFFt"}},
    {"owner", "owner", NULL, 0, false, false,            {"FFFFFFFFFFFFF", "FFFFFFFFFFFFF", "FFFFFFFFFFFFF"}},
    {"buyer of the post", "", NULL, 0, true, false,      {"FFFFFFFFFF--F", "FFFFFFFFFF--F", "FFFFFFFFFF--F"}},
    {"lapsed buyer", "", "paid", 1, true, false,         {"FFFFFFFFFF--F", "FFFFFFFFFF--F", "FFFFFFFFFF--F"}},
    {"paid", "", "paid", 1, false, false,                {"FFtttttttt--t", "FFFFFtttFt--t", "FFtttttttt--t"}},
    {"gift", "", "gift", 1, false, false,                {"FFtttttttt--t", "FFFFFtttFt--t", "FFtttttttt--t"}},
    {"code", "", "code", 1, false, false,                {"FFtttttttt--t", "FFFFFtttFt--t", "FFtttttttt--t"}},
    {"comp", "", "comp", 1, false, false,                {"FFtttttttt--t", "FFFFFtttFt--t", "FFtttttttt--t"}},
    {"legacy", "", "legacy", 1, false, false,            {"FFtttttttt--t", "FFFFFtttFt--t", "FFtttttttt--t"}},
    {"bundle", "", "bundle", 1, false, false,            {"FFtttttttt--t", "FFFFFtttFt--t", "FFtttttttt--t"}},
    {"referral", "", "referral", 1, false, false,        {"FFtttttttt--t", "FFFFFtttFt--t", "FFtttttttt--t"}},
    {"paid gold", "", "paid", 2, false, false,           {"FFtttttttt--t", "FFFFFFFtFF--t", "FFtttttttt--t"}},
    {"trial", "", "trial", 1, false, false,              {"FFtttttttt--t", "FFFFttttFt--t", "FFtttttttt--t"}},
    {"trial gold", "", "trial", 2, false, false,         {"FFtttttttt--t", "FFFFtFFtFF--t", "FFtttttttt--t"}},
    {"trial card", "", "trial_card", 1, false, false,    {"FFtttttttt--t", "FFftttttft--t", "FFtttttttt--t"}},
    {"trial card gold", "", "trial_card", 2, false, false, {"FFtttttttt--t", "FFfttfttff--t", "FFtttttttt--t"}},
    {"trial card, files", "", "trial_card", 1, false, true, {"FFtttttttt--t", "FFFtttttFt--t", "FFtttttttt--t"}},
    {"legacy, old posts", "", "legacy", 1, false, false,    {"FFtttttttt--t", "FFtFtttttt--t", "FFtttttttt--t"}},
};

static int64_t stand_in(struct domain *d, const struct viewer *v, int64_t from, int64_t to)
{
    int64_t who = v->role == NULL ? 0 : person(d);
    if (v->grant != NULL) {
        int64_t id = give(d, who, v->rank == 2 ? d->gold.id : d->member.id, v->grant, from, to,
                          strcmp(v->grant, "trial_card") == 0 ? 30 : strstr(v->name, "old posts") != NULL ? 0 : DB_NULL);
        if (v->files)
            RAW(d, "UPDATE member_grant SET with_files = 1 WHERE id = %lld", (long long)id);
    }
    if (v->role != NULL && v->role[0] != '\0')
        OK_(role_set(d->cx, d->tea.id, who, role_parse(str_c(v->role))));
    if (v->bought)
        RAW(d, "INSERT INTO post_right (account_id, post_id, order_id, created_at) VALUES (%lld, 900, 1, 1)",
            (long long)who);
    return who;
}

static void every_cell_of_the_table(void **state)
{
    struct domain *d = *state;
    int64_t t0 = d->cx->now, from = t0 + MS_DAY, to = t0 + 11 * MS_DAY;
    const int64_t times[3][2] = {{t0, from - 1}, {from + 3 * MS_DAY, to - 1}, {to, to + 400 * MS_DAY}};
    int cells = 0;
    for (size_t v = 0; v < sizeof viewers / sizeof *viewers; v++) {
        int64_t who = stand_in(d, &viewers[v], from, to);
        for (int t = 0; t < 6; t++) {
            d->cx->now = times[t / 2][t % 2];
            for (int c = 0; c < COLUMNS; c++, cells++) {
                struct gate g = gate_of(d, columns[c].kind, columns[c].rank);
                g.not_in_trial = columns[c].not_in_trial;
                g.published_at = columns[c].days_old < 0 ? DB_NULL : d->cx->now - columns[c].days_old * MS_DAY;
                struct access_pass pass = decide(d, who, &g);
                char is = access_verdict(&pass) == ACCESS_NONE ? '-' : !access_is_full(&pass) ? 't'
                          : access_with_files(&pass) ? 'F' : 'f';
                if (is != viewers[v].cells[t / 2][c])
                    fail_msg("%s, %s, time %d: %c, not %c", viewers[v].name, columns[c].name, t, is,
                             viewers[v].cells[t / 2][c]);
            }
        }
        d->cx->now = t0;
    }
    print_message("           %d cells\n", cells);
}

/* What a request that only shows has learned costs it no second query, and nobody else is told of it. */
static void a_request_that_shows_asks_once(void **state)
{
    struct domain *d = *state;
    int64_t who = person(d), other = person(d);
    struct gate gates[3];
    struct access_pass passes[3];
    enum role role;
    give(d, who, d->member.id, "paid", d->cx->now, d->cx->now + MS_DAY, DB_NULL);
    for (int i = 0; i < 3; i++) {
        gates[i] = gate_of(d, GATE_MEMBERS, 1);
        gates[i].post_id = 900 + i;
    }
    d->cx->viewer = who;
    d->cx->recall = true;
    OK_(access_decide_many(d->cx, gates, 3, passes));
    assert_int_equal(passes[2].verdict_, ACCESS_FULL);
    RAW(d, "UPDATE member_grant SET live_state = 'revoked'"); /* behind its back: only a query would see it */
    RAW(d, "INSERT INTO role (planet_id, account_id, role, created_at) VALUES (%lld, %lld, 'partner', 1)",
        (long long)d->tea.id, (long long)who);
    OK_(access_decide(d->cx, &gates[1], &passes[0]));
    assert_int_equal(access_why(&passes[0]), WHY_MEMBER);
    OK_(role_of(d->cx, d->tea.id, who, &role));
    assert_int_equal(role, ROLE_NONE);
    d->cx->now += MS_DAY; /* facts are kept, verdicts are not */
    OK_(access_decide(d->cx, &gates[1], &passes[0]));
    assert_int_equal(access_why(&passes[0]), WHY_LAPSED);
    d->cx->now -= MS_DAY;

    struct gate outside = gates[0]; /* whether this one was bought is not known */
    outside.post_id = 950;
    OK_(access_decide(d->cx, &outside, &passes[0]));
    assert_int_equal(access_why(&passes[0]), WHY_ROLE);
    d->cx->viewer = other;
    OK_(access_decide(d->cx, &gates[1], &passes[0]));
    assert_int_equal(access_why(&passes[0]), WHY_NOT_MEMBER);
    d->cx->viewer = who;
    RAW(d, "DELETE FROM role WHERE account_id = %lld", (long long)who);
    OK_(tx_begin(d->cx)); /* who changes something asks anew, then and afterwards */
    OK_(access_decide(d->cx, &gates[1], &passes[0]));
    assert_int_equal(access_why(&passes[0]), WHY_LAPSED);
    tx_rollback(d->cx);
    RAW(d, "UPDATE member_grant SET live_state = 'live'");
    OK_(access_decide(d->cx, &gates[1], &passes[0]));
    assert_int_equal(access_why(&passes[0]), WHY_MEMBER);
    RAW(d, "UPDATE member_grant SET live_state = 'revoked'");
    d->cx->standing = NULL; /* the next request */
    OK_(access_decide(d->cx, &gates[1], &passes[0]));
    assert_int_equal(access_why(&passes[0]), WHY_LAPSED);
    d->cx->recall = false;
    d->cx->viewer = 0;
}

static void terms_follow_one_another_and_keep_their_day(void **state)
{
    struct domain *d = *state;
    static const char *const ends[] = {"2027-02-28T10:00:00Z", "2027-03-31T10:00:00Z",
                                       "2027-04-30T10:00:00Z", "2027-05-31T10:00:00Z"};
    int64_t who = person(d);
    struct term term;
    struct membership m;
    for (int i = 0; i < 4; i++) {
        OK_(membership_next_term(d->cx, d->tea.id, who, 1, STR("month"), 1, &term));
        assert_int_equal(term.ends_at, at_time(ends[i]));
        struct grant_new g = {.account_id = who, .planet_id = d->tea.id, .tier_id = d->member.id,
                              .kind = "paid", .term = term, .window_days = DB_NULL,
                              .order_id = DB_NULL, .price_id = DB_NULL};
        int64_t id;
        OK_(tx_begin(d->cx));
        OK_(grant_put(d->cx, &g, &id));
        OK_(tx_commit(d->cx));
    }
    d->cx->now += 10 * MS_DAY; /* renewed on another day, the chain keeps the 31st */
    OK_(membership_next_term(d->cx, d->tea.id, who, 1, STR("month"), 2, &term));
    assert_int_equal(term.ends_at, at_time("2027-07-31T10:00:00Z"));
    OK_(membership_of(d->cx, d->tea.id, who, &m)); /* one chain: until its end */
    assert_true(m.live);
    assert_int_equal(m.ends_at, at_time(ends[3]));
    struct gate g = gate_of(d, GATE_MEMBERS, 1);
    struct access_pass pass = decide(d, who, &g);
    assert_int_equal(access_until(&pass), at_time(ends[3]));

    OK_(membership_next_term(d->cx, d->tea.id, who, 2, STR("day"), 3, &term)); /* a higher tier: now */
    assert_int_equal(term.starts_at, d->cx->now);
    OK_(membership_next_term(d->cx, d->tea.id, who, 1, STR("once"), 1, &term));
    assert_int_equal(term.ends_at, DB_NULL);
    give(d, who, d->gold.id, "comp", d->cx->now, DB_NULL, DB_NULL);
    assert_int_equal(membership_next_term(d->cx, d->tea.id, who, 1, STR("month"), 1, &term), ERR_CONFLICT);

    int64_t trial = person(d); /* days of a trial are not waited for */
    give(d, trial, d->member.id, "trial", d->cx->now, d->cx->now + 7 * MS_DAY, DB_NULL);
    OK_(membership_next_term(d->cx, d->tea.id, trial, 1, STR("month"), 1, &term));
    assert_int_equal(term.starts_at, d->cx->now);

    assert_int_equal(term_end(NULL, at_time("2028-02-29T00:00:00Z"), STR("year"), 1), at_time("2029-02-28T00:00:00Z"));
    assert_int_equal(term_end(NULL, at_time("2027-11-30T00:00:00Z"), STR("month"), 3), at_time("2028-02-29T00:00:00Z"));
    assert_int_equal(term_end(NULL, 0, STR("day"), 2), 2 * MS_DAY);
    assert_false(term_ok(STR("month"), 0));
    assert_false(term_ok(STR("week"), 1));
    assert_false(term_ok(STR("once"), 2));
}

static void planets_tiers_and_roles_have_rules(void **state)
{
    struct domain *d = *state;
    struct planet p;
    struct tier t;
    struct price price;
    int64_t mod = person(d), who = person(d);
    assert_int_equal(planet_create(d->cx, STR("TEA"), STR("x"), STR("en"), who, &p), ERR_CONFLICT);
    assert_int_equal(planet_create(d->cx, STR("olga"), STR("x"), STR("en"), who, &p), ERR_CONFLICT);
    assert_int_equal(planet_create(d->cx, STR("no-hyphen"), STR("x"), STR("en"), who, &p), ERR_INVALID);
    assert_int_equal(tier_create(d->cx, d->tea.id, STR("x"), STR("X"), STR(""), 2, DB_NULL, &t), ERR_CONFLICT);
    assert_int_equal(price_create(d->cx, d->member.id, (struct money){-1, "CNY"}, STR("month"), 1, 0, &price),
                     ERR_INVALID);
    OK_(role_set(d->cx, d->tea.id, mod, ROLE_MODERATOR));
    assert_int_equal(role_set(d->cx, d->tea.id, d->owner.id, ROLE_NONE), ERR_CONFLICT);
    d->cx->viewer = mod;
    OK_(role_set(d->cx, d->tea.id, who, ROLE_BANNED));
    OK_(role_set(d->cx, d->tea.id, who, ROLE_NONE));
    assert_int_equal(role_set(d->cx, d->tea.id, who, ROLE_PARTNER), ERR_FORBIDDEN);
    assert_int_equal(role_set(d->cx, d->tea.id, d->owner.id, ROLE_BANNED), ERR_FORBIDDEN);
    assert_int_equal(planet_update(d->cx, &d->tea), ERR_FORBIDDEN);
    d->cx->viewer = d->owner.id;
    p = d->tea;
    p.about = STR("Leaves *and* <b>water</b>");
    OK_(planet_update(d->cx, &p));
    OK_(planet_by_handle(d->cx, STR("Tea"), &p));
    assert_true(str_contains(p.about_html.s, STR("<em>and</em>")));
    assert_false(str_contains(p.about_html.s, STR("<b>")));
    OK_(price_retire(d->cx, d->month.id));
    OK_(tier_by_id(d->cx, d->member.id, &t));
    assert_int_equal(t.n_prices, 0);
    d->cx->viewer = 0;
}

static void a_profile_has_a_few_lines(void **state)
{
    struct domain *d = *state;
    struct planet_field in[] = {{.name = STR(" Website "), .value = STR("https://tea.example/")},
                                {.name = STR(""), .value = STR(" ")},
                                {.name = STR("City"), .value = STR("Kunming")},
                                {.name = STR("c"), .value = STR("javascript:alert(1)")},
                                {.name = STR("d"), .value = STR("d")},
                                {.name = STR("e"), .value = STR("e")}};
    struct planet_field *out;
    size_t n;
    d->cx->viewer = d->owner.id;
    OK_(planet_fields_set(d->cx, d->tea.id, in, 5));
    OK_(planet_fields(d->cx, d->tea.id, &out, &n));
    assert_int_equal(n, 4);
    assert_true(str_eq_c(out[0].name, "Website") && out[0].is_link);
    assert_true(str_eq_c(out[1].value, "Kunming") && !out[1].is_link && !out[2].is_link);
    assert_int_equal(planet_fields_set(d->cx, d->tea.id, in, 6), ERR_INVALID); /* one too many */
    in[2].name = STR("Website");
    assert_int_equal(planet_fields_set(d->cx, d->tea.id, in, 3), ERR_INVALID); /* a name twice */
    in[0].name = STR("two\nlines");
    assert_int_equal(planet_fields_set(d->cx, d->tea.id, in, 1), ERR_INVALID);
    in[0] = (struct planet_field){.name = STR("half"), .value = STR("")};
    assert_int_equal(planet_fields_set(d->cx, d->tea.id, in, 1), ERR_INVALID);
    d->cx->viewer = person(d);
    assert_int_equal(planet_fields_set(d->cx, d->tea.id, in, 0), ERR_FORBIDDEN);
    d->cx->viewer = 0;
    OK_(planet_fields(d->cx, d->tea.id, &out, &n));
    assert_int_equal(n, 4); /* nothing half-done */
    OK_(planet_fields_set(d->cx, d->tea.id, in, 0));
}

static void members_are_listed_with_what_they_have(void **state)
{
    struct domain *d = *state;
    struct member *list;
    size_t n, seen = 0;
    int64_t a = person(d), b = person(d);
    (void)person(d);
    give(d, a, d->member.id, "code", d->cx->now, d->cx->now + MS_DAY, DB_NULL);
    give(d, a, d->gold.id, "comp", d->cx->now, d->cx->now + MS_DAY, DB_NULL);
    give(d, b, d->member.id, "code", d->cx->now - 2 * MS_DAY, d->cx->now - MS_DAY, DB_NULL);
    for (int64_t after = 0;;) {
        OK_(member_list(d->cx, d->tea.id, after, 2, &list, &n));
        for (size_t i = 0; i < n; i++, seen++) {
            after = list[i].account_id;
            if (after == d->owner.id)
                assert_int_equal(list[i].role, ROLE_OWNER);
            if (after == a) {
                assert_true(list[i].m.live);
                CHECK_STR(list[i].m.tier_name, "Gold");
            }
            if (after == b)
                assert_false(list[i].m.live);
        }
        if (n < 2)
            break;
    }
    assert_int_equal(seen, 3);
    OK_(tier_members(d->cx, d->member.id, (int64_t *)&n));
    assert_int_equal(n, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, domain_setup, domain_teardown)
    const struct CMUnitTest tests[] = {
        T(every_kind_of_grant_by_gate_and_time),
        T(a_trial_card_sees_what_is_fresh_at_that_moment),
        T(roles_come_before_grants_and_bans_before_all_but_public),
        T(visitors_strangers_and_suspended_accounts),
        T(what_happens_to_a_grant_counts_with_the_next_request),
        T(rebuilding_reproduces_the_live_columns),
        T(many_things_at_once_are_decided_as_each_alone),
        T(a_request_that_shows_asks_once),
        T(every_cell_of_the_table),
        T(terms_follow_one_another_and_keep_their_day),
        T(planets_tiers_and_roles_have_rules),
        T(a_profile_has_a_few_lines),
        T(members_are_listed_with_what_they_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
