/* The map of federation: every address that other servers ask. */
#include "federation/docs.h"
#include "federation/federation.h"
#include "federation/inbox.h"

#define DOC(path, run, purpose) {GET, path, run, ANYONE, RATE_READ, 0, purpose, true}
#define INBOX_MAX MB(1)

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
    DOC("/ap/a/:id/outbox", fed_get_outbox, "what it said: the collection"),
    DOC("/ap/a/:id/outbox/p/:cursor", fed_get_outbox_page, "a page of it, newest first"),
    DOC("/ap/a/:id/followers", fed_get_followers, "how many follow it, not who"),
    DOC("/ap/a/:id/following", fed_get_following, "nobody"),
    DOC("/ap/a/:id/featured", fed_get_featured, "pinned posts"),
    DOC("/ap/o/:id", fed_get_object, "a post's public face, or an author's public comment"),
    DOC("/ap/o/:id/replies", fed_get_replies, "public answers: the collection"),
    DOC("/ap/o/:id/replies/p/:cursor", fed_get_replies_page, "a page of them, oldest first"),
    DOC("/ap/o/:id/likes", fed_get_likes, "how many likes"),
    DOC("/ap/o/:id/shares", fed_get_shares, "how many boosts"),
    DOC("/ap/x/:id", fed_get_activity, "an activity of ours"),
    DOC("/ap/q/:id", fed_get_quote, "that somebody may quote us (FEP-044f)"),
    {0},
};

const struct route_table fed_routes = {"federation", rows};
