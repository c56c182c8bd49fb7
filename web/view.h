/* What the pages are given: plain data, ready to print.
 *
 * Handlers fill these from the domain; templates (web/html) print them and decide nothing. Dates,
 * money and counted words come already in the reader's language. Everything lives in the request's
 * arena. A struct str with p == NULL means "there is none"; its template asks with `.n > 0`.
 *
 * The forms of each page, so that handlers and templates agree, stand in docs/forms.md. */
#ifndef WEB_VIEW_H
#define WEB_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "node/base/str.h"
#include "node/cx.h"
#include "node/planet/access.h"
#include "node/planet/field.h"

/* Everything around a page. web_page() (web/page.h) fills it; handlers then set title etc. */
struct view_page {
    struct str title, description;      /* description: plain text, public, for cards */
    struct str lang;                    /* "zh-CN" */
    struct str theme;                   /* "light", "dark"; NULL: as the system says */
    struct str canonical_url, og_image, alternate_activity_url; /* absolute; NULL: none */
    struct str og_type;                 /* "article", "profile"; NULL: "website" */
    struct str site_name;               /* of the planet if the page is of one, else of the node */
    struct str planet_handle, planet_name, planet_url, planet_icon; /* NULL: a page of the node */
    struct str accent;                  /* palette name: teal, brass, rose, moss, slate; NULL: teal */
    bool signed_in, is_owner, may_write;
    struct str user_name, username, avatar;
    int64_t unread;                     /* notices */
    struct str csrf;
    struct str path;                    /* path and query of this page: where to come back to */
    struct str flash;                   /* a sentence above the page; NULL: none */
    bool flash_bad;
    bool noindex;
    bool editor;                        /* load the editor's script */
    bool bare;                          /* no side of the planet in the head: sign-in, errors */
};

struct view_avatar {
    struct str url;                     /* NULL: initials on a coloured disc */
    struct str initials;
    int64_t hue;                        /* 0–5 */
};

struct view_person {
    struct str name, handle;            /* "@ann" here, "@ann@other.example" elsewhere */
    struct str url;                     /* NULL: no page of their own */
    struct str server;                  /* "other.example"; NULL: of this node */
    struct safe_html name_html;         /* with its custom emoji; empty: the name as it is */
    struct view_avatar avatar;
};

struct view_picture {
    int64_t id;
    struct str url, small_url, alt;
    int64_t width, height, small_width;
};
struct view_file { int64_t id; struct str url, name, size, type; };
struct view_tag { struct str name, url; int64_t n; };

struct view_price { int64_t id; struct str money, term; int64_t trial_days; struct str tax; }; /* "¥365.00", "a year" */
struct view_tier {
    int64_t id, rank;
    struct str slug, name, about;
    const struct view_price *prices; size_t n_prices;
    bool current;                       /* the viewer has it now */
    bool full;                          /* no seat left */
    bool payable;                       /* a rail is there; else by code only */
    struct str seats;                   /* "3 seats left"; NULL: unlimited */
};

struct view_planet {
    struct str handle, full_handle;     /* "tea", "@tea@example.org" */
    struct str name, tagline, lang, accent;
    struct str url, join_url;           /* paths */
    struct str actor_uri;               /* what other servers call it */
    struct str profile_url;             /* the same as url, absolute: other servers compare it */
    struct str icon, cover;             /* URLs or NULL */
    struct str initial;                 /* stands on the disc without an icon */
    struct safe_html about;
    struct view_person owner;
    const struct view_tier *tiers; size_t n_tiers; /* visible ones */
    struct str price_money, price_term; /* the lowest; money NULL: free */
    const struct planet_field *fields; size_t n_fields; /* "Website" …, as it says of itself */
    int64_t n_posts, n_followers;
    bool closed;                        /* takes no new members */
    bool by_approval, by_invitation;    /* how one joins, when it is not open to all */
    struct str invited_by;              /* whose invitation brought the viewer; NULL: nobody's */
    bool member, lifetime, may_write, is_owner;
    struct str member_tier, member_until; /* until NULL with lifetime */
    struct str node_name;
    struct str moved_handle, moved_url; /* where it sends its followers; NULL: it lives here */
};

/* How the viewer would get in. */
struct view_way_in {
    const struct view_planet *planet;
    enum access_why why;
    bool signed_in;
    struct str need;                    /* the tier that opens it; NULL: any membership */
    struct str login_url;               /* with ?next= back here */
    struct str next;                    /* where to go once in; a path */
    struct str csrf;
    struct str code, code_error;        /* the code form, filled in again */
    struct str buy_money, buy_url;      /* the post alone; NULL: not for sale */
    bool by_membership;                 /* a membership opens it, too */
    struct str back_money, back_url;    /* who was a member: their own price again; NULL: they choose */
};

enum view_mark { MARK_PUBLIC, MARK_OPEN, MARK_MEMBERS, MARK_TIER, MARK_PRICE }; /* OPEN: locked, but not for you */

struct view_post_card {
    int64_t id;
    struct str url, title, lang;
    struct view_person author;
    struct str when, when_iso, edited;  /* edited NULL: never */
    enum view_mark mark;
    struct str access;                  /* "Members", a tier's name; NULL: public */
    struct safe_html html;              /* whole public note, or teaser */
    struct str summary;                 /* stands there when html is empty */
    struct str warning;                 /* the text is folded away behind it; NULL: it is open */
    bool cut;                           /* there is more behind the link */
    const struct view_picture *pictures; size_t n_pictures;
    const struct view_tag *tags; size_t n_tags;
    int64_t n_comments, n_likes, n_announces;
    bool pinned, liked, may_like;
};

/* Something that came along from elsewhere. */
struct view_far_media {
    struct str url;                     /* where it is, there */
    struct str picture;                 /* our copy; NULL: a link is all that is shown */
    struct str label, alt;              /* "Picture", "Video" …; alt: its writer's words */
    int64_t width, height;              /* 0: not known */
};
struct view_tip { int64_t id; struct str name, money, words, when, title, url; bool named, hidden, undone; };
struct view_emoji_count { struct str text, picture, name; int64_t n; }; /* picture NULL: text stands for it */

struct view_comment {
    int64_t id;
    struct view_person author;
    struct str role;                    /* "Owner" …; NULL: none */
    struct str when, when_iso, edited;
    struct str origin_url;              /* where it was written, elsewhere; NULL: here */
    struct str reply_to;                /* name, when deeper than the one level shown; else NULL */
    struct safe_html html;
    struct str warning;                 /* what is folded away is announced by this; NULL: open */
    const struct view_far_media *media; size_t n_media;
    const struct view_emoji_count *emoji; size_t n_emoji;
    bool quote, abroad;                 /* abroad: of ours, other servers have it, too */
    struct str source;                  /* Markdown, when being edited here; else NULL */
    bool members_only, deleted, held, liked, may_like, may_reply, may_edit, may_delete, may_hide, may_tip;
    int64_t n_likes;
    const struct view_comment *replies; size_t n_replies;
};

struct view_post {
    const struct view_page *page;
    const struct view_planet *planet;
    int64_t id;
    struct str url, title, lang;
    struct view_person author;
    struct str when, when_iso, edited;
    enum view_mark mark;
    struct str access;
    bool locked;                        /* not public */
    bool open;                          /* body is there */
    struct safe_html body, teaser;      /* body empty unless open */
    struct str warning;                 /* what is said before it may be read; empty: nothing */
    const struct view_picture *pictures; size_t n_pictures;
    const struct view_file *files; size_t n_files;
    const struct view_tag *tags; size_t n_tags;
    const struct view_way_in *way_in;   /* when not open */
    struct str until;                   /* open until, by membership; NULL: for ever or public */
    int64_t n_likes, n_announces, n_comments;
    bool liked, may_like;
    const struct view_person *likers; size_t n_likers;         /* newest few */
    const struct view_person *announcers; size_t n_announcers;
    const struct view_comment *comments; size_t n_comments_shown;
    const struct view_comment *quotes; size_t n_quotes; /* notes elsewhere that show it */
    const struct view_emoji_count *emoji; size_t n_emoji; /* reactions from elsewhere */
    bool may_comment;
    int64_t form_id;                    /* of the form, so that sent twice it is one comment */
    struct str fediverse_name;          /* "@ann@here.example", as others will see the writer; NULL: what is
                                           written in this form stays here */
    bool to_fediverse;                  /* ticked from the start */
    bool comment_public_too;            /* may choose who sees the comment */
    bool comment_public_only;           /* under a teaser: everybody sees it */
    int64_t reply_to_id;                /* the comment that the form answers, 0: none */
    struct str reply_to_name;
    struct str comment_text, comment_error;
    bool tips_on;                       /* the planet takes tips: what is below may ask for them */
    struct str tip_url;                 /* NULL: not of the viewer for this post */
    const struct view_tip *tips; size_t n_tips; /* of those who want to be named */
    bool may_edit, may_pin, pinned;
    bool may_close, closed;             /* closed: nobody may add to the thread */
    struct str edit_url;
    bool told;                          /* for who wrote it: servers that it was sent to */
    int64_t n_delivered, n_waiting, n_lost;
    struct str delivery_url;            /* NULL: not for the viewer */
    struct str older_url, older_title, newer_url, newer_title;
};

struct view_neighbour {
    struct str uri, name, handle, url;
    struct str line;                    /* one line about it; may be empty */
    struct str teaser, teaser_url, when, when_iso; /* its newest public words; NULL: nothing fresh */
    struct str by;                      /* who recommends it, when not the planet itself; else NULL */
    struct view_avatar avatar;
};
struct view_nearby {
    const struct view_neighbour *v; size_t n; /* 0: not shown */
    struct str more_url;                /* NULL: these are all */
};
struct view_nearby_page {
    const struct view_page *page;
    struct str planet_name;
    struct view_nearby near;
};

struct view_home {
    const struct view_page *page;
    struct str node_name, node_host;
    const struct view_planet *planets; size_t n_planets;
    struct view_nearby near;
};

struct view_timeline {                  /* planet and tag pages */
    const struct view_page *page;
    const struct view_planet *planet;
    const struct view_post_card *posts; size_t n_posts;
    const struct view_tag *tags; size_t n_tags;
    struct str tag;                     /* NULL: the planet's page */
    struct str older_url, newest_url;   /* NULL: there is none */
    bool first_page;
    struct str questions_url;           /* on the planet's first page, where somebody takes questions; else NULL */
    struct view_nearby near;            /* on the planet's first page */
};

struct view_join {
    const struct view_page *page;
    const struct view_planet *planet;
    const struct view_way_in *way_in;
};

struct view_login {                     /* login, login_sent, login_confirm, login_code, login_show_code */
    const struct view_page *page;
    struct str mail, next, error;
    struct str token;
    struct str code;                    /* login_show_code: "123 456" */
    bool with_password, new_account;
    bool no_mail;                       /* node sends none: the owner sees the link */
    struct str planet_name;             /* where `next` leads; NULL: the node */
};

struct view_link {                      /* fedi, fedi_go, fedi_note, fedi_profile, fedi_proven, fedi_address */
    const struct view_page *page;
    struct str who, next, error;
    bool linking;                       /* to the account that is signed in */
    bool others;                        /* the other ways are shown at once */
    struct str go, host;                /* fedi_go: where to */
    int64_t id, minutes;                /* of a proof that was begun: how long it may take yet */
    struct str handle, name, code, planet_handle;
    bool known;                         /* an account here is linked to it */
};
struct view_identity_planet { int64_t id; struct str name, handle; bool wanted, answerable; };
struct view_identity {
    int64_t id;
    struct view_person person;
    struct str since, verified, way;    /* way: "by signing in there" … */
    struct str moved;                   /* "@user@host": where it says that it has gone; NULL: nowhere */
    const struct view_identity_planet *planets; size_t n_planets;
};
struct view_me_fedi {
    const struct view_page *page;
    const struct view_identity *identities; size_t n_identities;
    bool only_way;                      /* to sign in: it stays */
    bool more;                          /* another one may be linked */
    struct str error;
};

struct view_membership {
    struct str planet_name, planet_url, tier, kind;      /* kind: "by a code", "a gift of the owner" … */
    struct str since, until;            /* until NULL: for ever */
    bool live, lifetime, soon;          /* soon: ends within two weeks */
    struct str renew_url;
};
struct view_history_row { struct str when, planet_name, what, state, url, money; };
struct view_me {
    const struct view_page *page;
    struct view_person person;
    struct str mail, since;
    const struct view_membership *memberships; size_t n_memberships;
    const struct view_history_row *history; size_t n_history;
    struct str next;
};
struct view_profile { const struct view_page *page; struct view_person person; struct str name, bio, username, error; };
struct view_password { const struct view_page *page; bool has_password; struct str mail, error; };
struct view_session {
    int64_t id;
    struct str device, ip, created, seen;
    struct str how;                     /* "by a mailed link" …; NULL: not known */
    bool current;
};
struct view_sessions { const struct view_page *page; const struct view_session *sessions; size_t n_sessions; };
struct view_notice { struct view_person from; struct str kind, text, url, when, when_iso; bool unread; int64_t n_more; }; /* text: the whole sentence without the name */
struct view_notices { const struct view_page *page; const struct view_notice *notices; size_t n_notices; struct str older_url; };

struct view_media_item {                /* in the editor: brought by this author */
    int64_t id;
    struct str url, small_url, name, alt, size;
    bool image, in_teaser;              /* in_teaser: shown to everybody */
};
struct view_compose {
    const struct view_page *page;
    const struct view_planet *planet;
    const struct view_planet *planets; size_t n_planets; /* where this author may write */
    int64_t id, version;                /* id 0: new */
    int64_t fresh_id;                   /* of a new one, so that sent twice it is one post */
    bool published;
    struct str title, body, teaser, tags, lang, slug; /* tags: "tea, puer" */
    struct str warning;
    struct str url;                     /* published page */
    enum gate_kind access;
    int64_t tier_rank;
    int64_t included;                   /* of access 'price': whose membership opens it, too; 0: nobody's */
    struct str price, currency;         /* as typed */
    const struct view_tier *tiers; size_t n_tiers;
    const struct view_media_item *media; size_t n_media;
    struct str error, error_field;      /* "title", "body", "teaser" …; NULL: none */
    struct str saved;                   /* "Saved 2 minutes ago"; NULL */
    struct safe_html preview;           /* asked for without script; empty: none */
};
struct view_confirm {                   /* the public face, before publishing */
    const struct view_page *page;
    const struct view_planet *planet;
    int64_t id, version;
    struct str title, teaser, access, url, edit_url, error;
    struct safe_html teaser_html;
    bool suggested;                     /* we proposed the teaser */
    bool locked, published;
    const struct view_media_item *media; size_t n_media; /* pictures, to tick public */
    int64_t n_followers;
};
struct view_draft { int64_t id; struct str title, edited, url, excerpt, access; };
struct view_drafts {
    const struct view_page *page;
    const struct view_planet *planet;
    const struct view_draft *drafts; size_t n_drafts;
};
struct view_post_delete { const struct view_page *page; int64_t id; struct str title, url, back_url; bool unpublish; };

struct view_report_form {
    const struct view_page *page;
    int64_t post_id, comment_id;        /* comment_id 0: the post itself */
    struct str title, author, back_url, reason, text, error;
    struct safe_html html;              /* of a comment */
};

struct view_error {
    const struct view_page *page;
    int64_t status;
    struct str headline, sentence;      /* what happened; what to do */
    struct str login_url;               /* signing in may help; NULL */
};

struct view_interact {                  /* people of other servers, on their way home */
    const struct view_page *page;
    struct str uri, handle, wish;       /* what of ours; their name; "follow", "reply", "like", "boost" */
    struct str url, host;               /* where to go on; NULL: we ask first */
    struct str elsewhere;               /* a thing that is not ours; NULL: none */
    struct str error;
    bool follows;                       /* it is the planet or a person, not a post */
};

struct view_pay {                       /* the fake rail's own page */
    const struct view_page *page;
    struct str number, planet_name, tier, money, term, state, back_url;
    bool settled;
};

enum pay_face { PAY_LEAVING, PAY_CONFIRMING, PAY_WAITING, PAY_SCAN, PAY_BRIDGE, PAY_TRANSFER, PAY_DONE, PAY_CLOSED, PAY_REFUNDED };
struct view_transfer {                  /* a payment that the owner confirms by hand */
    struct str holder, account, bank, words, amount, memo, code_url, until;
    struct str said, payer, bank_ref, picture_url, reason, action; /* said: when; NULL: not yet */
    bool unlike, may_say, rejected, opened, tray, open; /* opened: reads already */
};
struct view_order_page {                /* an order on its way */
    const struct view_page *page;
    enum pay_face face;
    struct str number, what, money, rail, back_url, error;
    struct str go_url, host;            /* LEAVING, WAITING: the provider's page; NULL: none */
    struct safe_html code;              /* SCAN: what a phone reads */
    bool phone;                         /* the viewer is on one */
    struct str bridge;                  /* BRIDGE: JSON for WeChat's own script */
    struct str state_url;               /* is asked each 2 s; NULL: not */
    struct str reload;                  /* "5; url=…": without script; NULL: not */
    bool gift, single;                  /* back_url leads to it */
    bool seen;                          /* its rail sees the payment and waits to be sure of it */
    const struct view_transfer *transfer; /* TRANSFER */
    struct str claim_url;               /* where the buyer fetches what was given back; NULL: it comes by itself */
};

/* A file that is built in, by its plain name: "/static/orrery.1a2b3c4d.css". */
struct str web_static_url(struct cx *cx, const char *name);

#include "web/view_offers.h"
#include "web/view_bills.h"
#include "web/view_life.h"
#include "web/view_orders.h"
#include "web/view_singles.h"
#include "web/view_tokens.h"

#endif
