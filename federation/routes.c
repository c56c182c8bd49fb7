/* The map of federation: every address that other servers ask. */
#include "federation/docs.h"
#include "federation/federation.h"
#include "federation/gate.h"
#include "federation/inbox.h"

#define DOC(path, run, purpose) {GET, path, run, ANYONE, RATE_READ, 0, purpose, true}
#define INBOX_MAX MB(1)

/* Behind the gate, but for the instance actor and its outbox (2.18); an actor goes there by itself. */
#define GATED(name, has_page)                                                                      \
    static enum err open_##name(struct rq *rq, int64_t id)                                         \
    {                                                                                              \
        (void)id;                                                                                  \
        return fed_get_##name(rq);                                                                 \
    }                                                                                              \
    static enum err gated_##name(struct rq *rq)                                                    \
    {                                                                                              \
        return fed_gate_pass(rq, (struct fed_gate){open_##name, NULL, has_page}, 0);               \
    }
GATED(outbox, false)
GATED(outbox_page, false)
GATED(followers, false)
GATED(following, false)
GATED(featured, false)
GATED(endorsements, false)
GATED(object, true)
GATED(replies, false)
GATED(replies_page, false)
GATED(likes, false)
GATED(shares, false)
GATED(activity, false)
GATED(quote, false)

static const struct route rows[] = {
    DOC("/.well-known/webfinger", fed_get_webfinger, "which actor is @user@host (RFC 7033)"),
    DOC("/.well-known/host-meta", fed_get_host_meta, "where WebFinger is (RFC 6415)"),
    DOC("/.well-known/nodeinfo", fed_get_nodeinfo_links, "where NodeInfo is"),
    DOC("/nodeinfo/:version", fed_get_nodeinfo, "what runs here"),
    {GET, "/authorize_interaction", fed_get_interact, ANYONE, RATE_READ, 0,
     "another server sends its people to a thing of ours", false},

    {POST, "/ap/inbox", fed_inbox_post, SIGNED, RATE_INBOX, INBOX_MAX, "shared inbox", false},
    {POST, "/ap/a/:id/inbox", fed_inbox_post, SIGNED, RATE_INBOX, INBOX_MAX, "an actor's inbox",
     false},

    DOC("/ap/instance", fed_get_instance, "the actor that signs our fetches"),
    DOC("/ap/instance/outbox", fed_get_instance_outbox, "its empty outbox"),
    DOC("/ap/a/:id", fed_get_actor, "an actor: a planet's voice, or an author"),
    DOC("/ap/a/:id/outbox", gated_outbox, "what it said: the collection"),
    DOC("/ap/a/:id/outbox/p/:cursor", gated_outbox_page, "a page of it, newest first"),
    DOC("/ap/a/:id/followers", gated_followers, "how many follow it, not who"),
    DOC("/ap/a/:id/following", gated_following, "nobody"),
    DOC("/ap/a/:id/featured", gated_featured, "pinned posts"),
    DOC("/ap/a/:id/endorsements", gated_endorsements, "whom a planet recommends"),
    DOC("/ap/o/:id", gated_object, "a post's public face, or an author's public comment"),
    DOC("/ap/o/:id/replies", gated_replies, "public answers: the collection"),
    DOC("/ap/o/:id/replies/p/:cursor", gated_replies_page, "a page of them, oldest first"),
    DOC("/ap/o/:id/likes", gated_likes, "how many likes"),
    DOC("/ap/o/:id/shares", gated_shares, "how many boosts"),
    DOC("/ap/x/:id", gated_activity, "an activity of ours"),
    DOC("/ap/q/:id", gated_quote, "that somebody may quote us (FEP-044f)"),
    {0},
};

const struct route_table fed_routes = {"federation", rows};
