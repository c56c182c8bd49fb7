/* Comments of people here that leave: public ones whose writer let them (federation.md 9.4). They go
 * to the servers of those who take part: of a thread, everybody elsewhere in it; of a comment on the
 * post itself, everybody elsewhere who answered the post. Followers of the planet asked for its posts,
 * not for what others say below them: their servers find it in the post's replies. */
#include "federation/fanout.h"
#include "federation/fanout_sql.h"
#include "federation/fed.h"
#include "federation/out.h"
#include "federation/out_sql.h"
#include "federation/quote.h"
#include "federation/say.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"

enum { INBOXES_MAX = 200 };

static enum err take_back(struct cx *cx, int64_t create_id, struct fed_saying *s)
{
    struct activity_of_object_row said;
    struct activity_by_id_row a;
    bool found;
    TRY(q_activity_of_object(cx, s->object_uri, STR("Delete"), &found, &said));
    if (found)
        return OK;
    TRY(q_activity_by_id(cx, create_id, &found, &a));
    TRY(fed_local_by_id(cx, a.actor_id, &s->actor));
    s->type = "Delete";
    TRY(fed_write_delete(cx, s));
    return fed_say(cx, s);
}

static enum err fan_comment(struct cx *cx, const struct job *job)
{
    struct fed_saying s = {.id = job->id, .audience = FED_NAMED};
    struct activity_of_object_row create;
    struct comment_scope_row scope;
    struct fed_out_note n;
    struct fed_local writer;
    struct str *inboxes;
    int64_t actor_id;
    bool found, created;
    TRY(fed_say_resume(cx, job->id, &found));
    if (found)
        return OK;
    TRY(fed_quote_settle(cx, job->subject, &found));
    if (found)
        return OK;
    TRY(q_comment_scope(cx, job->subject, &found, &scope));
    if (!found)
        return OK; /* from elsewhere, or it stays here */
    s.object_uri = fed_iri(cx, "/ap/o/%lld", (long long)job->subject);
    TRY(q_activity_of_object(cx, s.object_uri, STR("Create"), &created, &create));
    /* A member gets an actor with the first comment that leaves. */
    TRY(fed_local_ensure(cx, "account", scope.account_id, &writer));
    enum err e = fed_load_comment(cx, job->subject, &n, &actor_id);
    if (e != OK && e != ERR_NOT_FOUND)
        return e;
    bool gone = e == ERR_NOT_FOUND;
    if (gone && !created)
        return OK;
    TRY(q_thread_inboxes(cx, scope.post_id, scope.root_id == job->subject ? 0 : scope.root_id, gone,
                         INBOXES_MAX, &inboxes, &s.n_inboxes));
    s.inboxes = inboxes;
    if (gone)
        return take_back(cx, create.id, &s);
    s.actor = writer;
    TRY(fed_prepare_note(cx, &s, &n));
    TRY(fed_add_named(cx, &s, &n));
    s.in_outbox = false; /* answers are found below what they answer */
    return fed_say(cx, &s);
}

enum job_verdict fed_comment(struct cx *cx, const struct job *job)
{
    return fed_verdict(cx, "fed.comment", fan_comment(cx, job));
}
