#include "federation/say.h"

#include <string.h>

#include "federation/bodies.h"
#include "federation/deliver.h"
#include "federation/fanout_sql.h"
#include "federation/fed.h"
#include "federation/hosts.h"
#include "federation/leave_sql.h"
#include "federation/out_sql.h"
#include "federation/receive_sql.h"
#include "federation/rotate_sql.h"
#include "node/jobs/jobs.h"

/* The first deliveries leave while the rest is still being queued, in transactions so short that
 * nobody waits long for the writer. To find the next inboxes costs as much as to find all, so they
 * are read by the page, outside of it. */
enum { FIRST_CHUNK = 64, CHUNK = 200, PAGE = 4000 };

static const char *const audiences[] = {[FED_FOLLOWERS] = "followers", [FED_KNOWN] = "known",
                                        [FED_NAMED] = "named", [FED_DIRECT] = "direct"};

struct fed_out_envelope fed_saying_envelope(struct cx *cx, const struct fed_saying *s)
{
    return (struct fed_out_envelope){.id = fed_iri(cx, "/ap/x/%lld", (long long)s->id),
                                     .type = str_c(s->type), .actor = s->actor.uri,
                                     .published = cx->now};
}

enum err fed_written(struct cx *cx, struct jw *w, struct buf *b, struct str *ret)
{
    if (!jw_done(w))
        return cx_fail(cx, b->overflow ? ERR_TOO_LARGE : ERR_INTERNAL, "an activity was not written whole");
    *ret = buf_str(b);
    return OK;
}

/* Where an activity goes, and what has become of the Create of its object. */
struct spread {
    int64_t activity_id, actor_id;
    struct str type, object_uri;
    bool known;          /* every server that we know, not the followers alone */
    int64_t create_id;   /* 0: none, or it may not be looked at */
    int64_t older_id;    /* of an Update: the one before it; 0: none */
    struct str *inboxes; /* a page, done up to at */
    size_t n, at;
    struct str host;     /* of the last that was queued: inboxes come in order, so hosts do */
    int64_t n_hosts;     /* counted since the last was written */
    int64_t n_unsaid;    /* of those of the Create, that will not get it any more */
    int64_t n_outdated;  /* the same of the older Update */
};

/* 4.7: where the Create has not left yet, it will carry the new text, so no Update is needed; and
 * of what is deleted nothing need be said at all. Where an older Update waits, as behind a Create
 * that was tried and carries the new text by now, it would take the reader back: this one is enough. */
static enum err put_one(struct cx *cx, struct spread *sp, struct str inbox)
{
    int64_t id, n = 0;
    bool unsent = false, queued;
    if (sp->create_id != 0) {
        struct str key = fed_deliver_key(cx, inbox, sp->object_uri);
        if (str_eq_c(sp->type, "Delete"))
            TRY(job_cancel(cx, "fed.deliver", sp->create_id, inbox, key, &n));
        else
            TRY(q_delivery_unsent(cx, sp->create_id, inbox, key, &unsent, &id));
    }
    sp->n_unsaid += n;
    if (n > 0 || unsent)
        return OK;
    if (sp->older_id != 0) {
        TRY(job_cancel(cx, "fed.deliver", sp->older_id, inbox,
                       fed_deliver_key(cx, inbox, sp->object_uri), &n));
        sp->n_outdated += n;
    }
    TRY(fed_deliver_queue(cx, sp->activity_id, inbox, sp->object_uri, 0, &queued));
    struct str host = fed_host_of(cx->arena, inbox);
    if (queued && !str_eq(host, sp->host)) {
        sp->host = host;
        sp->n_hosts++;
    }
    return OK;
}

/* To those beside the followers. A server of followers, too, is counted when their turn comes. */
static enum err put_named(struct cx *cx, struct spread *sp, struct str inbox, bool followers)
{
    int64_t before = sp->n_hosts, n = 0;
    TRY(put_one(cx, sp, inbox));
    if (followers && sp->n_hosts > before)
        TRY(q_followers_of_host(cx, sp->host, sp->actor_id, &n));
    if (n > 0)
        sp->n_hosts = before;
    return OK;
}

/* What was counted is written. */
static enum err note_spread(struct cx *cx, struct spread *sp, struct str cursor)
{
    TRY(q_activity_fanned(cx, sp->activity_id, cursor, sp->n_hosts, NULL));
    if (sp->n_unsaid > 0)
        TRY(q_activity_lost(cx, sp->create_id, sp->n_unsaid, NULL));
    if (sp->n_outdated > 0)
        TRY(q_activity_lost(cx, sp->older_id, sp->n_outdated, NULL));
    sp->n_hosts = sp->n_unsaid = sp->n_outdated = 0;
    return OK;
}

static enum err read_page(struct cx *cx, struct spread *sp, struct str after)
{
    sp->at = 0;
    if (sp->known)
        return q_known_inboxes(cx, after, PAGE, &sp->inboxes, &sp->n);
    return q_follower_inboxes(cx, sp->actor_id, after, PAGE, &sp->inboxes, &sp->n);
}

/* One chunk of deliveries; *cursor is the last inbox done, NULL when that was all. In a
 * transaction. */
static enum err queue_chunk(struct cx *cx, struct spread *sp, size_t n_max, struct str *cursor)
{
    size_t end = sp->n - sp->at < n_max ? sp->n : sp->at + n_max;
    for (; sp->at < end; sp->at++) {
        *cursor = sp->inboxes[sp->at];
        TRY(put_one(cx, sp, *cursor));
    }
    if (sp->at == sp->n && sp->n < PAGE)
        *cursor = STR_NULL;
    return note_spread(cx, sp, *cursor);
}

static enum err queue_rest(struct cx *cx, struct spread *sp, struct str cursor)
{
    while (cursor.p != NULL) {
        if (sp->at == sp->n)
            TRY(read_page(cx, sp, cursor));
        TX_SCOPE(cx);
        TRY(queue_chunk(cx, sp, CHUNK, &cursor));
        TRY(tx_commit(cx));
    }
    return OK;
}

/* A process that does not send cannot know which texts the one that does has in memory. */
static enum err find_earlier(struct cx *cx, struct spread *sp)
{
    struct activity_of_object_row create;
    bool found = false;
    sp->create_id = sp->older_id = 0;
    if (str_eq_c(sp->type, "Update"))
        TRY(q_update_before(cx, sp->object_uri, sp->activity_id, &found, &sp->older_id));
    if (!found)
        sp->older_id = 0;
    if (cx->node->fed == NULL || str_eq_c(sp->type, "Create"))
        return OK;
    TRY(q_activity_of_object(cx, sp->object_uri, STR("Create"), &found, &create));
    if (found)
        sp->create_id = create.id;
    return OK;
}

static enum err put_activity(struct cx *cx, const struct fed_saying *s, struct str cursor)
{
    return q_activity_put(cx, s->id, fed_iri(cx, "/ap/x/%lld", (long long)s->id), s->actor.id,
                          str_c(s->type), s->object_uri, s->in_outbox,
                          str_c(audiences[s->audience]), cursor, s->body, cx->now, NULL);
}

/* The activity, its effect on the outbox, and the first deliveries, in one transaction. */
static enum err say_first(struct cx *cx, const struct fed_saying *s, struct spread *sp,
                          struct str *cursor)
{
    bool found;
    struct activity_of_object_row create;
    TX_SCOPE(cx);
    TRY(q_activity_of_object(cx, s->object_uri, STR("Create"), &found, &create));
    if (str_eq_c(str_c(s->type), "Create") && found)
        return cx_fail(cx, ERR_CONFLICT, "created meanwhile");
    *cursor = s->audience == FED_NAMED || s->audience == FED_DIRECT ? STR_NULL : STR("");
    TRY(put_activity(cx, s, *cursor));
    if (s->key_serial != 0)
        TRY(q_activity_sign_with(cx, s->id, s->key_serial, NULL));
    if (s->create_id != 0)
        TRY(q_activity_rewrite(cx, s->create_id, s->create_body, NULL));
    if (str_eq_c(str_c(s->type), "Delete")) {
        TRY(q_activity_leave_outbox(cx, s->object_uri, NULL));
        TRY(q_tombstone_mark(cx, s->object_uri, STR("Note"), cx->now, NULL));
    }
    for (size_t i = 0; i < s->n_inboxes; i++)
        TRY(put_named(cx, sp, s->inboxes[i], cursor->p != NULL));
    TRY(note_spread(cx, sp, *cursor));
    sp->host = STR_NULL;
    if (cursor->p != NULL)
        TRY(queue_chunk(cx, sp, FIRST_CHUNK, cursor));
    cx->wake |= WAKE_PUBLIC; /* the outbox says more now than what may be cached of it */
    return tx_commit(cx);
}

enum err fed_say(struct cx *cx, const struct fed_saying *s)
{
    struct str cursor;
    struct spread sp = {.activity_id = s->id, .actor_id = s->actor.id, .type = str_c(s->type),
                        .object_uri = s->object_uri, .known = s->audience == FED_KNOWN};
    struct fed_bodies *bodies = cx->node->fed == NULL ? NULL : cx->node->fed->bodies;
    bool changes = bodies != NULL && strcmp(s->type, "Create") != 0;
    if (cx->node->fed != NULL)
        TRY(fed_hosts_flush_revived(cx, cx->node->fed->hosts));
    TRY(find_earlier(cx, &sp));
    if (s->audience == FED_FOLLOWERS || s->audience == FED_KNOWN)
        TRY(read_page(cx, &sp, STR("")));
    if (changes)
        fed_bodies_change_begin(bodies);
    enum err e = say_first(cx, s, &sp, &cursor);
    if (changes)
        fed_bodies_change_end(bodies);
    TRY(e);
    return queue_rest(cx, &sp, cursor);
}

enum err fed_say_resume(struct cx *cx, int64_t id, bool *ret_spoken)
{
    struct activity_by_id_row a;
    TRY(q_activity_by_id(cx, id, ret_spoken, &a));
    if (!*ret_spoken)
        return OK;
    struct spread sp = {.activity_id = a.id, .actor_id = a.actor_id, .type = a.type,
                        .object_uri = a.object_uri,
                        .known = str_eq_c(a.audience, audiences[FED_KNOWN])};
    TRY(find_earlier(cx, &sp));
    if (!str_empty(a.fanned_to))
        sp.host = fed_host_of(cx->arena, a.fanned_to);
    return queue_rest(cx, &sp, a.fanned_to);
}

enum err fed_say_to(struct cx *cx, const struct fed_saying *s, struct str order)
{
    if (s->audience != FED_NAMED && s->audience != FED_DIRECT)
        return cx_fail(cx, ERR_INTERNAL, "to the many it is said by fed_say");
    TRY(put_activity(cx, s, STR_NULL));
    for (size_t i = 0; i < s->n_inboxes; i++)
        TRY(fed_deliver_put(cx, s->id, s->inboxes[i], order.p == NULL ? s->object_uri : order));
    return OK;
}
