#include "federation/fed.h"
#include "federation/out.h"

/* Terms of our own. A name without a server behind it: nobody needs to fetch it, and nothing else says what
 * it says (Mastodon's endorsements are not federated; its collections need the consent of each, asked for
 * one by one). */
#define FED_NS "urn:orrery:ns:"

/* Every term beyond AS2 that the document uses is defined (1.8), or strict peers lose it. */
static void put_context(struct jw *w)
{
    jw_key(w, "@context");
    jw_raw(w, STR("[\"https://www.w3.org/ns/activitystreams\",\"https://w3id.org/security/v1\","
                  "\"https://w3id.org/security/multikey/v1\","
                  "{\"toot\":\"http://joinmastodon.org/ns#\",\"schema\":\"http://schema.org#\","
                  "\"manuallyApprovesFollowers\":\"as:manuallyApprovesFollowers\","
                  "\"alsoKnownAs\":{\"@id\":\"as:alsoKnownAs\",\"@type\":\"@id\"},"
                  "\"movedTo\":{\"@id\":\"as:movedTo\",\"@type\":\"@id\"},"
                  "\"discoverable\":\"toot:discoverable\",\"indexable\":\"toot:indexable\","
                  "\"featured\":{\"@id\":\"toot:featured\",\"@type\":\"@id\"},"
                  "\"endorsements\":{\"@id\":\"" FED_NS "endorsements\",\"@type\":\"@id\"},"
                  "\"attributionDomains\":\"toot:attributionDomains\","
                  "\"PropertyValue\":\"schema:PropertyValue\",\"value\":\"schema:value\","
                  "\"assertionMethod\":{\"@id\":\"https://w3id.org/security#assertionMethod\","
                  "\"@type\":\"@id\",\"@container\":\"@set\"},"
                  "\"webfinger\":{\"@id\":\"https://purl.archive.org/socialweb/webfinger#webfinger\","
                  "\"@type\":\"http://www.w3.org/2001/XMLSchema#string\"},"
                  "\"implements\":{\"@id\":\"https://w3id.org/fep/844e/implements\","
                  "\"@type\":\"@id\",\"@container\":\"@set\"}}]"));
}

static void put_picture(struct jw *w, const char *key, struct str type, struct str url,
                        struct str name)
{
    if (url.p == NULL)
        return;
    jw_key(w, key);
    jw_obj(w);
    jw_key_c(w, "type", "Image");
    jw_key_opt(w, "mediaType", type);
    jw_key_str(w, "url", url);
    jw_key_str(w, "name", name);
    jw_end(w);
}

static void put_key_id(struct jw *w, struct str uri, struct str id, const char *first)
{
    jw_key(w, "id");
    if (id.p == NULL)
        fed_put_below(w, uri, first);
    else
        jw_str(w, id);
}

static void put_multikey(struct jw *w, const struct fed_out_actor *v, struct str id,
                         struct str multikey)
{
    jw_obj(w);
    put_key_id(w, v->uri, id, "#ed25519");
    jw_key_c(w, "type", "Multikey");
    jw_key_str(w, "controller", v->uri);
    jw_key_str(w, "publicKeyMultibase", multikey);
    jw_end(w);
}

static void put_keys(struct jw *w, const struct fed_out_actor *v)
{
    jw_key(w, "publicKey");
    jw_obj(w);
    put_key_id(w, v->uri, v->rsa_id, "#main-key");
    jw_key_str(w, "owner", v->uri);
    jw_key_str(w, "publicKeyPem", v->rsa_pem);
    jw_end(w);
    jw_key(w, "assertionMethod");
    jw_arr(w);
    put_multikey(w, v, v->ed_id, v->ed_multikey);
    /* publicKey has room for one: the next, or the one before, stands here alone (1.8, 2.17). */
    for (size_t i = 0; i < v->n_more_keys; i++)
        put_multikey(w, v, v->more_keys[i].id, v->more_keys[i].multikey);
    jw_end(w);
}

/* rel="me": a page that links back with the same makes the link a verified one. */
static void put_field(struct jw *w, struct str name, struct str value, const char *rel)
{
    struct buf b;
    buf_init(&b, 8192);
    if (rel != NULL)
        buf_fmt(&b, "<a href=\"");
    buf_put_html(&b, value);
    if (rel != NULL) {
        buf_fmt(&b, "\" rel=\"%s nofollow noopener\" target=\"_blank\">", rel);
        buf_put_html(&b, value);
        buf_lit(&b, "</a>");
    }
    jw_obj(w);
    jw_key_c(w, "type", "PropertyValue");
    jw_key_str(w, "name", name);
    jw_key_str(w, "value", buf_str(&b));
    jw_end(w);
    buf_free(&b);
}

static void put_fields(struct jw *w, const struct fed_out_actor *v)
{
    if (v->join_url.p == NULL && v->n_fields == 0)
        return;
    jw_key(w, "attachment");
    jw_arr(w);
    if (v->join_url.p != NULL)
        put_field(w, v->join_name, v->join_url, "me payment");
    for (size_t i = 0; i < v->n_fields; i++)
        put_field(w, v->fields[i].name, v->fields[i].value, v->fields[i].is_link ? "me" : NULL);
    jw_end(w);
}

static void put_generator(struct jw *w)
{
    jw_key(w, "generator");
    jw_obj(w);
    jw_key_c(w, "type", "Application");
    jw_key_c(w, "name", "Orrery");
    jw_key(w, "implements");
    jw_arr(w);
    jw_obj(w);
    jw_key_c(w, "name", "RFC-9421: HTTP Message Signatures");
    jw_key_c(w, "href", "https://datatracker.ietf.org/doc/html/rfc9421");
    jw_end(w);
    jw_end(w);
    jw_end(w);
}

static void put_moves(struct jw *w, const struct fed_out_actor *v)
{
    if (v->n_aliases > 0) {
        jw_key(w, "alsoKnownAs");
        jw_arr(w);
        for (size_t i = 0; i < v->n_aliases; i++)
            jw_str(w, v->aliases[i]);
        jw_end(w);
    }
    jw_key_opt(w, "movedTo", v->moved_to);
}

void fed_out_actor(struct jw *w, const struct fed_out_actor *v)
{
    jw_obj(w);
    put_context(w);
    jw_key_str(w, "id", v->uri);
    jw_key_str(w, "type", v->kind);
    jw_key_str(w, "preferredUsername", v->username);
    jw_key_str(w, "inbox", v->inbox);
    jw_key(w, "outbox");
    fed_put_below(w, v->uri, "/outbox");
    if (v->collections) {
        jw_key(w, "followers");
        fed_put_below(w, v->uri, "/followers");
        jw_key(w, "following");
        fed_put_below(w, v->uri, "/following");
        jw_key(w, "featured");
        fed_put_below(w, v->uri, "/featured");
    }
    if (v->endorses) {
        jw_key(w, "endorsements");
        fed_put_below(w, v->uri, "/endorsements");
        /* What AS2 itself has for a collection that may be of interest. */
        jw_key(w, "streams");
        jw_arr(w);
        fed_put_below(w, v->uri, "/endorsements");
        jw_end(w);
    }
    jw_key_str(w, "url", v->url);
    jw_key_str(w, "name", v->name);
    jw_key_str(w, "summary", v->summary.s.p == NULL ? STR("") : v->summary.s);
    jw_key_time(w, "published", v->published);
    jw_key_bool(w, "manuallyApprovesFollowers", v->approves || v->quiet);
    jw_key_bool(w, "discoverable", v->collections && !v->quiet);
    jw_key_bool(w, "indexable", v->collections && !v->quiet);
    jw_key(w, "webfinger");
    struct buf b;
    buf_init(&b, 1024);
    buf_put(&b, v->username);
    buf_put_char(&b, '@');
    buf_put(&b, v->handle_host);
    jw_str(w, buf_str(&b));
    buf_free(&b);
    put_moves(w, v);
    jw_key(w, "endpoints");
    jw_obj(w);
    jw_key_str(w, "sharedInbox", v->shared_inbox);
    jw_end(w);
    put_picture(w, "icon", v->icon_type, v->icon_url, v->name);
    put_picture(w, "image", v->image_type, v->image_url, v->name);
    if (v->collections) {
        jw_key(w, "attributionDomains");
        jw_arr(w);
        jw_str(w, v->page_host.p == NULL ? v->handle_host : v->page_host);
        jw_end(w);
    }
    put_fields(w, v);
    put_keys(w, v);
    put_generator(w);
    jw_end(w);
}

void fed_out_actor_key(struct jw *w, const struct fed_out_actor *v)
{
    jw_obj(w);
    put_context(w);
    jw_key_str(w, "id", v->uri);
    jw_key_str(w, "type", v->kind);
    jw_key_str(w, "preferredUsername", v->username);
    jw_key_str(w, "inbox", v->inbox);
    put_keys(w, v);
    jw_end(w);
}
