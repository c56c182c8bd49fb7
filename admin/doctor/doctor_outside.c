/* What others see of the node, what it needs of others, and the clock. */
#include "admin/doctor/doctor.h"

#include "node/base/arena.h"
#include "node/base/buf.h"
#include "node/base/clock.h"
#include "node/base/json.h"
#include "node/base/zone.h"
#include "node/db/db.h"
#include "node/net/fetch.h"
#include "node/net/smtp.h"
#include "node/node.h"
#include "node/planet/planet.h"
#include "node/settings.h"

#include <stdlib.h>
#include <sys/timex.h>

enum { TIMEOUT_MS = 15000, ANSWER_MAX = 1 << 20, SKEW_WARN_S = 5, SKEW_FAIL_S = 60 };

/* ---- through the public address ---- */

static enum err ask(struct doctor *d, struct fetcher *f, struct str path, const char *accept,
                    struct fetch_answer *ret)
{
    struct arena *a = d->cx->arena;
    const struct fetch_header headers[] = {{STR("Accept"), str_c(accept)}};
    const struct fetch_request rq = {
        .method = "GET",
        .url = str_fmt(a, STR_FMT STR_FMT, STR_ARG(d->cx->node->origin), STR_ARG(path)),
        .headers = headers,
        .n_headers = 1,
        .max_answer = ANSWER_MAX,
        .timeout_ms = TIMEOUT_MS,
    };
    enum err e = fetch_wait(f, a, &rq, ret);
    if (e == OK && d->date.p == NULL && ret->date.p != NULL) {
        d->date = ret->date;
        d->date_at = clock_now();
    }
    return e;
}

/* An answer that is not what it should be, with what most often is behind it. */
static void bad_answer(struct doctor *d, struct str path, enum err e, const struct fetch_answer *an)
{
    struct arena *a = d->cx->arena;
    struct str args[] = {str_fmt(a, STR_FMT STR_FMT, STR_ARG(d->cx->node->origin), STR_ARG(path)),
                         e != OK ? str_c(an->error == NULL ? err_name(e) : an->error)
                                 : str_fmt(a, "%d", an->status)};
    if (e == ERR_FORBIDDEN)
        doctor_say(d, "outside", DOCTOR_FAIL, N_("The name in {0} leads to an address that is not public."),
                   N_("Set the A and AAAA records of the domain to this machine's public addresses."), args, 2);
    else if (e != OK)
        doctor_say(d, "outside", DOCTOR_FAIL, N_("{0} cannot be reached from here: {1}."),
                   N_("Check DNS, the firewall, the front proxy and its certificate. If others can open the address, it is only the way from this machine to itself."), args, 2);
    else if (an->status == 421)
        doctor_say(d, "outside", DOCTOR_FAIL, N_("{0} answers 421: the front proxy changes the Host header."),
                   N_("Let it pass Host on as it is (docs/operate/install.md, Caddy)."), args, 2);
    else if (an->status >= 502 && an->status <= 504)
        doctor_say(d, "outside", DOCTOR_FAIL, N_("{0} answers {1}: the front proxy does not find the node."),
                   N_("Is the server running, on the address that the proxy asks?"), args, 2);
    else
        doctor_say(d, "outside", DOCTOR_FAIL, N_("{0} answers {1}, or with something that is not this node's."),
                   N_("Does the domain lead to this machine, and does the front proxy pass everything to this node?"), args, 2);
}

/* 1.5: what stands between us and others most often gets these two wrong. */
static bool is_activity(const struct fetch_answer *an)
{
    return str_istarts(an->content_type, STR("application/activity+json"));
}

/* The planet's address is a page for people and a document for servers: does each get its own? */
static bool accept_is_heard(struct doctor *d, struct fetcher *f, struct str page)
{
    struct fetch_answer doc = {0}, html = {0};
    struct str args[] = {str_fmt(d->cx->arena, STR_FMT STR_FMT, STR_ARG(d->cx->node->origin), STR_ARG(page))};
    enum err e = ask(d, f, page, "application/activity+json", &doc);
    if (e == OK)
        e = ask(d, f, page, "text/html", &html);
    if (e != OK || doc.status != 200 || html.status != 200) {
        bad_answer(d, page, e, doc.status != 200 ? &doc : &html);
        return false;
    }
    if (is_activity(&doc) && str_istarts(html.content_type, STR("text/html")))
        return true;
    doctor_say(d, "outside", DOCTOR_FAIL, N_("{0} answers people and servers with the same: something in front does not heed Accept."),
               N_("A cache in front (proxy, CDN) must keep answers apart by their Vary header, or not keep pages at all."), args, 1);
    return false;
}

/* A POST that nobody signed must reach us: 401 is ours to say. */
static bool inbox_is_open(struct doctor *d, struct fetcher *f, struct str inbox)
{
    struct cx *cx = d->cx;
    struct fetch_answer an = {0};
    const struct fetch_header type = {STR("Content-Type"), STR("application/activity+json")};
    const struct fetch_request rq = {.method = "POST", .url = inbox, .headers = &type, .n_headers = 1,
                                     .body = STR("{}"), .max_answer = ANSWER_MAX, .timeout_ms = TIMEOUT_MS};
    enum err e = fetch_wait(f, cx->arena, &rq, &an);
    if (e == OK && an.status == 401)
        return true;
    struct str args[] = {inbox, e == OK ? str_fmt(cx->arena, "%d", an.status)
                                        : str_c(an.error == NULL ? err_name(e) : an.error)};
    doctor_say(d, "outside", DOCTOR_FAIL, N_("{0} does not let other servers' messages through: {1} instead of 401."),
               N_("A firewall or proxy holds back POST requests, or those of application/activity+json. Let them pass to /ap/ as they are."), args, 2);
    return false;
}

static struct str self_link(const json_t *doc)
{
    LD_EACH(i, link, ld_get(doc, "links"))
        if (str_eq_c(ld_str(link, "rel"), "self"))
            return ld_str(link, "href");
    return STR_NULL;
}

/* 1.3: with handles on another host, that one must lead to the same actor. */
static bool names_agree(struct doctor *d, struct fetcher *f, const struct planet *p, struct str self)
{
    struct cx *cx = d->cx;
    struct str host = setting_handle_host(cx);
    struct fetch_answer an = {0};
    json_t *doc = NULL;
    if (str_eq(host, cx->node->host))
        return true;
    struct buf url;
    buf_init_arena(&url, cx->arena, 4096);
    buf_put(&url, str_fmt(cx->arena, "https://" STR_FMT "/.well-known/webfinger?resource=", STR_ARG(host)));
    buf_put_url(&url, str_fmt(cx->arena, "acct:" STR_FMT "@" STR_FMT, STR_ARG(p->handle), STR_ARG(host)));
    const struct fetch_header accept = {STR("Accept"), STR("application/jrd+json")};
    struct fetch_request rq = {.method = "GET", .url = buf_str(&url), .headers = &accept, .n_headers = 1,
                               .max_answer = ANSWER_MAX, .timeout_ms = TIMEOUT_MS};
    enum err e = fetch_wait(f, cx->arena, &rq, &an);
    for (int hop = 0; e == OK && an.status >= 301 && an.status <= 308 && an.location.p != NULL && hop < 3; hop++) {
        rq.url = an.location;
        e = fetch_wait(f, cx->arena, &rq, &an);
    }
    if (e == OK && an.status == 200 && json_read(cx->arena, an.body, NULL, &doc) == OK &&
        str_eq(self_link(doc), self))
        return true;
    struct str args[] = {host, p->handle};
    doctor_say(d, "outside", DOCTOR_FAIL, N_("{0} does not lead to @{1} here, though handles end in it."),
               N_("Let that host redirect /.well-known/webfinger, query and all, to this node (docs/operate/fediverse.md), or take the setting federation.handle_host back."), args, 2);
    return false;
}

/* WebFinger names the actor, and the actor says the same of itself. */
static bool planet_is_seen(struct doctor *d, struct fetcher *f, const struct planet *p)
{
    struct cx *cx = d->cx;
    struct fetch_answer an = {0};
    struct buf path;
    json_t *doc = NULL;
    buf_init_arena(&path, cx->arena, 2048);
    buf_lit(&path, "/.well-known/webfinger?resource=");
    buf_put_url(&path, str_fmt(cx->arena, "acct:" STR_FMT "@" STR_FMT, STR_ARG(p->handle),
                               STR_ARG(cx->node->host)));
    enum err e = ask(d, f, buf_str(&path), "application/jrd+json", &an);
    struct str self = STR_NULL;
    if (e == OK && an.status == 200 && json_read(cx->arena, an.body, NULL, &doc) == OK)
        self = self_link(doc);
    if (!str_starts(self, cx->node->origin)) {
        bad_answer(d, buf_str(&path), e, &an);
        return false;
    }
    struct str there = str_sub(self, cx->node->origin.n, SIZE_MAX);
    e = ask(d, f, there, "application/activity+json", &an);
    if (e != OK || an.status != 200 || json_read(cx->arena, an.body, NULL, &doc) != OK ||
        !str_eq(ld_str(doc, "id"), self)) {
        bad_answer(d, there, e, &an);
        return false;
    }
    return names_agree(d, f, p, self) && inbox_is_open(d, f, ld_str(doc, "inbox")) &&
           accept_is_heard(d, f, str_fmt(cx->arena, "/@" STR_FMT, STR_ARG(p->handle)));
}

void doctor_outside(struct doctor *d)
{
    struct cx *cx = d->cx;
    struct fetcher *f;
    struct planet *planets;
    size_t n;
    bool good = true;
    /* A node of --dev lives on the loopback, which is otherwise never asked. */
    bool dev = str_starts(cx->node->origin, STR("http://"));
    if (planet_list(cx, &planets, &n) != OK || fetcher_start(dev, STR("Orrery doctor"), &f) != OK)
        return;
    for (size_t i = 0; good && i < n; i++)
        good = planet_is_seen(d, f, &planets[i]);
    fetcher_stop(f);
    if (good)
        doctor_say(d, "outside", DOCTOR_OK, N_("WebFinger, the actor and the inbox of each planet answer at {0}."), NULL,
                   &cx->node->origin, 1);
}

/* ---- the clock ---- */

static bool skewed(struct doctor *d)
{
    int64_t there;
    if (d->date.p == NULL || !clock_parse_http_date(d->date, &there))
        return false;
    int64_t off = llabs((long long)(d->date_at - there)) / MS_SECOND;
    struct str args[] = {str_fmt(d->cx->arena, "%lld", (long long)off)};
    if (off < SKEW_WARN_S)
        return false;
    doctor_say(d, "clock", off < SKEW_FAIL_S ? DOCTOR_WARN : DOCTOR_FAIL,
               N_("The clock is {0} seconds away from that of the front proxy."),
               N_("Let the system set its clock: timedatectl set-ntp true. Other servers refuse signatures of another time."), args, 1);
    return true;
}

void doctor_clock(struct doctor *d)
{
    struct timex t = {0};
    if (skewed(d))
        return;
    int state = adjtimex(&t);
    if (state == -1)
        return; /* not ours to ask, in some containers */
    if (state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
        doctor_say(d, "clock", DOCTOR_WARN, N_("Nobody keeps this machine's clock right."),
                   N_("Let the system set its clock: timedatectl set-ntp true. Other servers refuse signatures of another time."), NULL, 0);
    else
        doctor_say(d, "clock", DOCTOR_OK, N_("The clock is kept right."), NULL, NULL, 0);
}

/* Months, years of invoices and ends of terms are counted by a planet's own clock. */
void doctor_zones(struct doctor *d)
{
    struct planet *planets;
    size_t n, bad = 0;
    if (planet_list(d->cx, &planets, &n) != OK)
        return; /* doctor_ledger said so */
    for (size_t i = 0; i < n; i++) {
        struct str args[] = {planets[i].zone, planets[i].handle};
        if (zone_open(d->cx->arena, planets[i].zone) != NULL)
            continue;
        doctor_say(d, "zones", DOCTOR_FAIL, N_("The time zone {0} of the planet {1} is not known here: UTC is taken meanwhile."),
                   N_("Install or mend the package tzdata and restart the server, or choose another time zone in the planet's settings."),
                   args, 2);
        bad++;
    }
    if (bad == 0)
        doctor_say(d, "zones", DOCTOR_OK, N_("Each planet's time zone is known."), NULL, NULL, 0);
}

/* ---- mail ---- */

void doctor_mail(struct doctor *d)
{
    struct str url = STR_NULL, from = STR_NULL;
    if (setting_get(d->cx, "mail.smtp_url", &url) != OK || setting_get(d->cx, "mail.from", &from) != OK)
        return; /* doctor_keys said so */
    if (url.n == 0 || from.n == 0) {
        doctor_say(d, "mail", DOCTOR_WARN, N_("No mail can be sent: mail.smtp_url or mail.from is not set."),
                   N_("People sign in by a mailed link; set both with 'orrery settings set'."), NULL, 0);
        return;
    }
    if (d->offline)
        return;
    enum err e = smtp_probe(d->cx, url, from);
    struct str words = str_c(d->cx->fail);
    if (e != OK)
        doctor_say(d, "mail", DOCTOR_FAIL, N_("The mail server does not take us: {0}."),
                   N_("Check mail.smtp_url: name, port, user and password; smtp:// must offer STARTTLS."), &words, 1);
    else
        doctor_say(d, "mail", DOCTOR_OK, N_("The mail server takes us. Nothing was sent."), NULL, NULL, 0);
}
