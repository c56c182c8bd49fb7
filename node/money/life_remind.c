/* When somebody is told that something ends (P27). What is due follows from how things stand at the moment; jobs
 * only wake us, and a letter's key keeps it from being told twice. So whatever happens meanwhile, a job too many or
 * one that comes late says nothing wrong. */
#include "node/base/clock.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/money/life.h"
#include "node/money/life_letter.h"
#include "node/money/life_sql.h"
#include "node/money/rail_call.h"
#include "node/people/account.h"
#include "node/planet/grant.h"

#define LATE_MS (2 * MS_DAY)      /* a reminder that a sleeping node missed by more says nothing any more */
#define BEFORE_END_MS MS_MINUTE   /* a renewal that nobody told yet is waited for, from so long before */

struct reminder { int days; enum life_news news; };
static const struct reminder reminders[] = {
    {-14, NEWS_ENDS_SOON}, {-3, NEWS_ENDS_SOON}, {0, NEWS_ENDS_TODAY}, {7, NEWS_ENDED},
};
static const struct reminder trial_reminders[] = {{-3, NEWS_TRIAL_ENDS}};

int64_t life_nine(const struct zone *z, int64_t at, int64_t days)
{
    return zone_moment(z, (zone_day(z, at) + days) * MS_DAY + 9 * MS_HOUR);
}

/* ---- reminders ---- */

static size_t reminders_of(const struct life *l, const struct reminder **ret)
{
    bool ends = l->face == LIFE_RUNS || (l->face == LIFE_LAPSED && !l->taken_back);
    bool was_trial = str_eq_c(l->m.kind, "trial") || str_eq_c(l->m.kind, "trial_card");
    *ret = l->face == LIFE_TRIAL ? trial_reminders : reminders;
    if (l->face == LIFE_TRIAL)
        return 1;
    return ends && !was_trial && l->until != DB_NULL ? sizeof reminders / sizeof *reminders : 0;
}

static enum err off(struct cx *cx, const struct life *l, bool *ret)
{
    struct renewal_wish_get_row wish;
    enum role role;
    bool found;
    TRY(q_renewal_wish_get(cx, l->planet_id, l->account_id, &found, &wish));
    TRY(role_of(cx, l->planet_id, l->account_id, &role));
    *ret = (found && wish.off_at != DB_NULL) || role == ROLE_BANNED || role >= ROLE_MODERATOR;
    return OK;
}

/* The latest that is due by now, and when the next one is (DB_NULL: none). */
static void look(const struct life *l, const struct zone *zone, int64_t now, const struct reminder **ret_due,
                 int64_t *ret_next)
{
    const struct reminder *list;
    size_t n = reminders_of(l, &list);
    *ret_due = NULL;
    *ret_next = DB_NULL;
    for (size_t i = 0; i < n; i++) {
        int64_t at = life_nine(zone, l->until, list[i].days);
        if (at <= now && now - at < LATE_MS && at > l->m.starts_at)
            *ret_due = &list[i];
        if (at > now && *ret_next == DB_NULL)
            *ret_next = at;
    }
    /* A provider renews by itself, and tells so an hour or more after the term is over. */
    if (l->face == LIFE_RENEWS && l->m.grace_from == DB_NULL && l->until != DB_NULL)
        *ret_next = l->until - BEFORE_END_MS;
}

static enum err plan(struct cx *cx, int64_t planet_id, int64_t account_id, int64_t at)
{
    struct str payload = str_fmt(cx->arena, "%lld", (long long)planet_id);
    struct str key = str_fmt(cx->arena, "remind:%lld:%lld", (long long)planet_id, (long long)account_id);
    TRY(job_cancel(cx, "life.remind", account_id, payload, key, NULL));
    return at == DB_NULL ? OK : job_put(cx, "life.remind", account_id, payload, key, at);
}

static enum err wait_for_renewal(struct cx *cx, const struct life *l)
{
    struct renewing r;
    struct grant g;
    TRY(renewing_of(cx, l->planet_id, &r));
    TRY(grant_by_id(cx, l->m.grant_id, &g));
    if (l->face != LIFE_RENEWS || r.grace_days == 0 || g.grace_from != DB_NULL || g.ends_at == DB_NULL ||
        g.ends_at != l->until || g.ends_at > cx->now + 2 * BEFORE_END_MS || g.ends_at <= cx->now)
        return OK;
    return grant_note(cx, g.id, GRANT_GRACE, g.ends_at + MS_DAY, STR("the provider is about to renew it"));
}

static enum err remind(struct cx *cx, int64_t planet_id, int64_t account_id, bool tell)
{
    struct life l;
    const struct zone *zone;
    const struct reminder *due;
    int64_t next;
    bool silent;
    TX_SCOPE(cx);
    TRY(life_of(cx, planet_id, account_id, &l));
    TRY(planet_zone(cx, planet_id, &zone));
    TRY(off(cx, &l, &silent));
    look(&l, zone, cx->now, &due, &next);
    if (tell && due != NULL && !silent)
        TRY(life_letter(cx, &l, due->news, l.until,
                        str_fmt(cx->arena, "%lld:%d", (long long)l.until, due->days)));
    if (tell)
        TRY(wait_for_renewal(cx, &l));
    if (tell && next != DB_NULL && next <= cx->now)
        next = DB_NULL;
    TRY(plan(cx, planet_id, account_id, next));
    return tx_commit(cx);
}

/* Who may not come in, here or to the whole node, pays for no further term: nor could a suspended account cancel. */
static enum err stop_if_out(struct cx *cx, int64_t planet_id, int64_t account_id)
{
    struct account a;
    enum role role;
    TX_SCOPE(cx);
    TRY(account_by_id(cx, account_id, &a));
    TRY(role_of(cx, planet_id, account_id, &role));
    if (str_eq_c(a.state, "active") && role != ROLE_BANNED)
        return OK;
    TRY(rail_renewals_stop(cx, planet_id, account_id, 0));
    return tx_commit(cx);
}

enum job_verdict life_plan_run(struct cx *cx, const struct job *job)
{
    int64_t *planets;
    size_t n;
    if (membership_planets(cx, job->subject, &planets, &n) != OK)
        return JOB_RETRY;
    for (size_t i = 0; i < n; i++)
        if (stop_if_out(cx, planets[i], job->subject) != OK || remind(cx, planets[i], job->subject, false) != OK)
            return JOB_RETRY;
    return JOB_DONE;
}

enum job_verdict life_remind_run(struct cx *cx, const struct job *job)
{
    int64_t planet_id;
    if (!str_to_i64(job->payload, &planet_id))
        return JOB_DONE;
    enum err e = remind(cx, planet_id, job->subject, true);
    return e == OK || e == ERR_NOT_FOUND ? JOB_DONE : JOB_RETRY;
}

/* ---- a renewal that failed ---- */

enum { DUN_DAYS = 2 };
static const int dun_days[DUN_DAYS] = {3, 6};

static enum err put_dun(struct cx *cx, const struct subscription *s, const char *what, int64_t at)
{
    return job_put(cx, "life.dun", s->id, str_fmt(cx->arena, "%s %lld", what, (long long)s->since), STR_NULL, at);
}

static enum err grace_end(struct cx *cx, const struct subscription *s, struct str reason)
{
    int64_t *ids;
    size_t n;
    TRY(q_life_in_grace(cx, s->planet_id, s->account_id, &ids, &n));
    for (size_t i = 0; i < n; i++)
        TRY(grant_note(cx, ids[i], GRANT_GRACE, DB_NULL, reason));
    return OK;
}

static enum err failed(struct cx *cx, const struct subscription *s)
{
    struct renewing r;
    struct life_grant_of_rail_row row;
    struct life l;
    const struct zone *zone;
    bool found;
    TRY(renewing_of(cx, s->planet_id, &r));
    TRY(planet_zone(cx, s->planet_id, &zone));
    TRY(q_life_grant_of_rail(cx, s->planet_id, s->account_id, s->rail, &found, &row));
    if (!found || row.ends_at == DB_NULL)
        return OK;
    int64_t until = row.ends_at + r.grace_days * MS_DAY;
    bool kept = until > cx->now;
    /* In its place, whatever grace there was while the payment was only expected. */
    TRY(grant_note(cx, row.id, GRANT_GRACE, r.grace_days > 0 && kept ? until : DB_NULL, STR("a payment did not work")));
    TRY(life_of(cx, s->planet_id, s->account_id, &l));
    TRY(life_letter(cx, &l, NEWS_PAST_DUE, until, str_fmt(cx->arena, "%lld:%lld:0", (long long)s->id, (long long)s->since)));
    for (size_t i = 0; i < DUN_DAYS; i++) {
        int64_t at = life_nine(zone, s->since, dun_days[i]);
        if (at > cx->now && at < until)
            TRY(put_dun(cx, s, str_fmt(cx->arena, "%d", dun_days[i]).p, at));
    }
    return put_dun(cx, s, "over", kept ? until : cx->now);
}

enum err life_told(struct cx *cx, const struct subscription *before, const struct subscription *after)
{
    bool was = before != NULL && str_eq_c(before->state, "past_due");
    bool is = str_eq_c(after->state, "past_due");
    if (is && !was)
        return failed(cx, after);
    if (before != NULL && str_eq_c(after->state, "ended") && !str_eq_c(before->state, "ended")) {
        struct life l;
        TRY(grace_end(cx, after, STR("the provider has given up")));
        TRY(life_of(cx, after->planet_id, after->account_id, &l));
        if (was && !l.m.live && !before->ends_with_term)
            TRY(life_letter(cx, &l, NEWS_EXPIRED, DB_NULL, str_fmt(cx->arena, "%lld", (long long)after->id)));
    } else if (was && !is) {
        /* The further term stands behind this message, or in it: it begins where the grace did. */
        TRY(put_dun(cx, after, "paid", cx->now + MS_HOUR));
    }
    return event_emit(cx, EV_GRANT_CHANGED, after->account_id, STR_NULL);
}

static enum err dun(struct cx *cx, const struct subscription *s, struct str what)
{
    struct life l;
    bool due = str_eq_c(s->state, "past_due");
    if (str_eq_c(what, "paid"))
        return due ? OK : grace_end(cx, s, STR("paid"));
    if (!due)
        return OK;
    TRY(life_of(cx, s->planet_id, s->account_id, &l));
    if (str_eq_c(what, "over")) {
        if (l.m.live)
            return OK;
        return life_letter(cx, &l, NEWS_EXPIRED, DB_NULL, str_fmt(cx->arena, "%lld", (long long)s->id));
    }
    return life_letter(cx, &l, NEWS_PAST_DUE, l.until,
                       str_fmt(cx->arena, "%lld:%lld:" STR_FMT, (long long)s->id, (long long)s->since, STR_ARG(what)));
}

enum job_verdict life_dun_run(struct cx *cx, const struct job *job)
{
    struct subscription s;
    struct str rest = job->payload, what;
    int64_t since;
    enum err e = subscription_by_id(cx, job->subject, &s);
    if (e == ERR_NOT_FOUND || !str_next(&rest, ' ', &what) || !str_to_i64(rest, &since))
        return JOB_DONE;
    if (e != OK || tx_begin(cx) != OK)
        return JOB_RETRY;
    e = since == s.since || str_eq_c(what, "paid") ? dun(cx, &s, what) : OK;
    if (e == OK)
        e = tx_commit(cx);
    else
        tx_rollback(cx);
    return e == OK ? JOB_DONE : JOB_RETRY;
}
