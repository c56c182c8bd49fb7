/* NodeInfo 2.0 and 2.1: what runs here. Members and locked posts are not counted. */
#include "config.h"
#include "federation/docs.h"

#include "federation/fed.h"
#include "federation/out_sql.h"
#include "node/base/jw.h"

#define SCHEMA "http://nodeinfo.diaspora.software/ns/schema/"

static enum err finish(struct rq *rq, struct jw *w, struct buf *take_b, const char *type)
{
    if (!jw_done(w)) {
        buf_free(take_b);
        return cx_fail(rq->cx, ERR_INTERNAL, "nodeinfo was not written whole");
    }
    rq_add_header(rq, "Access-Control-Allow-Origin", STR("*"));
    rq_cache_control(rq, "public, max-age=3600");
    return reply_bytes(rq, 200, type, take_b);
}

static void put_link(struct jw *w, const char *rel, struct str href)
{
    jw_obj(w);
    jw_key_c(w, "rel", rel);
    jw_key_str(w, "href", href);
    jw_end(w);
}

enum err fed_get_nodeinfo_links(struct rq *rq)
{
    struct buf b;
    struct jw w;
    buf_init(&b, 8192);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key(&w, "links");
    jw_arr(&w);
    put_link(&w, SCHEMA "2.0", fed_iri(rq->cx, "/nodeinfo/2.0"));
    put_link(&w, SCHEMA "2.1", fed_iri(rq->cx, "/nodeinfo/2.1"));
    put_link(&w, "https://www.w3.org/ns/activitystreams#Application",
             fed_iri(rq->cx, "/ap/instance")); /* FEP-2677 */
    jw_end(&w);
    jw_end(&w);
    return finish(rq, &w, &b, "application/json; charset=utf-8");
}

static void put_software(struct jw *w, bool v21)
{
    jw_key(w, "software");
    jw_obj(w);
    jw_key_c(w, "name", "orrery");
    jw_key_c(w, "version", PACKAGE_VERSION);
    if (v21)
        jw_key_c(w, "repository", "https://github.com/orrery/orrery");
    jw_end(w);
}

enum err fed_get_nodeinfo(struct rq *rq)
{
    struct nodeinfo_counts_row n;
    struct buf b;
    struct jw w;
    bool v21 = str_eq_c(rq_param(rq, "version"), "2.1");
    if (!v21 && !str_eq_c(rq_param(rq, "version"), "2.0"))
        return ERR_NOT_FOUND;
    TRY(q_nodeinfo_counts(rq->cx, &n));
    buf_init(&b, 8192);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key_c(&w, "version", v21 ? "2.1" : "2.0");
    put_software(&w, v21);
    jw_key(&w, "protocols");
    jw_raw(&w, STR("[\"activitypub\"]"));
    jw_key(&w, "services");
    jw_raw(&w, STR("{\"inbound\":[],\"outbound\":[]}"));
    jw_key_bool(&w, "openRegistrations", true);
    jw_key(&w, "usage");
    jw_obj(&w);
    jw_key(&w, "users");
    jw_obj(&w);
    jw_key_i64(&w, "total", n.planets);
    jw_key_i64(&w, "activeMonth", n.planets);
    jw_key_i64(&w, "activeHalfyear", n.planets);
    jw_end(&w);
    jw_key_i64(&w, "localPosts", n.posts);
    jw_end(&w);
    jw_key(&w, "metadata");
    jw_raw(&w, STR("{}"));
    jw_end(&w);
    return finish(rq, &w, &b,
                  v21 ? "application/json; profile=\"" SCHEMA "2.1#\""
                      : "application/json; profile=\"" SCHEMA "2.0#\"");
}
