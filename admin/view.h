/* What the owner's pages (admin/html) are given; see web/view.h for the common parts. */
#ifndef ADMIN_VIEW_H
#define ADMIN_VIEW_H

#include "web/html.h" /* the parts that these pages share with the reading side */
#include "web/view.h"

enum desk_tab {
    DESK_OVERVIEW, DESK_MEMBERS, DESK_CODES, DESK_OFFERS, DESK_TIERS, DESK_MONEY, DESK_FEDI, DESK_SETTINGS, DESK_TRAY
};

/* Head of every desk page. */
struct view_desk {
    const struct view_page *page;
    const struct view_planet *planet;   /* the one being looked after */
    const struct view_planet *planets; size_t n_planets; /* others to switch to */
    enum desk_tab tab;
    struct str base;                    /* "/desk/tea" */
    int64_t n_tray;                     /* things that wait for a decision */
    bool sees_money;                    /* the planet's owner */
    int64_t n_money;                    /* what waits in the money room */
};

struct view_desk_number { struct str label, value, note; };
struct view_desk_event { struct str when, text, url; };
struct view_desk_overview {
    const struct view_desk *desk;
    const struct view_desk_number *numbers; size_t n_numbers;
    const struct view_desk_event *events; size_t n_events;
    bool has_post, has_tier, has_rail, has_code, has_about; /* first steps, ticked */
};

struct view_code_batch {
    int64_t id;
    struct str name, tier, term, created, expires; /* expires NULL: never */
    int64_t n_codes, n_used, uses;
    bool over;
};
struct view_desk_codes {
    const struct view_desk *desk;
    const struct view_tier *tiers; size_t n_tiers;
    const struct view_code_batch *batches; size_t n_batches;
    struct str older_url;
    struct str error;
    struct str f_name, f_count, f_unit, f_length, f_uses, f_expires; /* the form, filled in again */
    int64_t f_tier;
};
struct view_desk_codes_made {           /* shown once: only hashes are kept */
    const struct view_desk *desk;
    struct str name, tier, term;
    const struct str *codes; size_t n_codes;
    struct str all;                     /* one a line, for copying */
    struct str csv_url;                 /* a data-free link, good for some minutes; NULL: none */
};

struct view_desk_member {
    int64_t account_id, grant_id;
    struct view_person person;
    struct str mail, role, tier, kind, until, since;
    bool live, lifetime, is_owner, banned;
};
struct view_desk_members {
    const struct view_desk *desk;
    const struct view_desk_member *members; size_t n_members;
    const struct view_tier *tiers; size_t n_tiers;
    struct str older_url, query, error;
};

struct view_desk_tier {
    int64_t id, rank;
    struct str slug, name, about, seats;
    const struct view_price *prices; size_t n_prices;
    bool visible;
    int64_t n_members;
};
struct view_desk_tiers {
    const struct view_desk *desk;
    const struct view_desk_tier *tiers; size_t n_tiers;
    struct str currency, error;
    bool owns, card_first;     /* free days want a way of paying first */
};

struct view_tray_job { int64_t id; struct str kind, subject, error, when; int64_t tries; };
struct view_tray_link { struct str mail, url, when; };
struct view_desk_tray {
    const struct view_desk *desk;
    const struct view_tray_job *jobs; size_t n_jobs;
    const struct view_tray_link *links; size_t n_links;   /* sign-in links that no mail carried */
};

struct view_desk_settings {
    const struct view_desk *desk;
    struct str name, tagline, about, lang, accent, joining, question, icon, cover, error;
    struct str zone;
    const struct str *zones; size_t n_zones; /* to choose from, .zone too; none: not theirs to change */
    const struct planet_field *fields; size_t n_fields; /* rows of the form, empty ones too */
    struct str node_name, smtp_state;   /* node-wide, read only */
};

#include "admin/view_offers.h"

#endif
