/* Made by tmplc; do not edit. */
#include "admin/html.h"
#line 1 "./admin/html/desk.html"

void html_desk(struct buf *out, struct cx *cx, const struct view_desk_overview *v)
{
    (void)cx;
    (void)out;
    (void)v;
    buf_put_bytes(out, "\n", 1);
#line 2 "./admin/html/desk.html"
    html_layout_top(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
#line 3 "./admin/html/desk.html"
    html_desk_head(out, cx, v->desk);
    buf_put_bytes(out, "\n<div class=\"two\">\n<div class=\"stack-l\">\n<ul class=\"numbers\">", 61);
#line 6 "./admin/html/desk.html"
    for (size_t n_i = 0; n_i < (size_t)( v->n_numbers); n_i++) {
    const __typeof__((v->numbers)[0]) *n = &(v->numbers)[n_i];
    (void)n;
    buf_put_bytes(out, "<li class=\"box\"><span class=\"small quiet\">", 42);
#line 6 "./admin/html/desk.html"
    TMPL_TEXT(out, (n->label));
    buf_put_bytes(out, "</span><b>", 10);
#line 6 "./admin/html/desk.html"
    TMPL_TEXT(out, (n->value));
    buf_put_bytes(out, "</b>", 4);
#line 6 "./admin/html/desk.html"
    if (n->note.n > 0) {
    buf_put_bytes(out, "<span class=\"tiny quiet\">", 25);
#line 6 "./admin/html/desk.html"
    TMPL_TEXT(out, (n->note));
    buf_put_bytes(out, "</span>", 7);
#line 6 "./admin/html/desk.html"
    }
    buf_put_bytes(out, "</li>", 5);
#line 6 "./admin/html/desk.html"
    }
    buf_put_bytes(out, "</ul>\n<section class=\"section\"><h2>", 35);
#line 7 "./admin/html/desk.html"
    tmpl_sentence(out, cx, "Lately", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</h2>", 5);
#line 7 "./admin/html/desk.html"
    if (v->n_events == 0) {
    buf_put_bytes(out, "<p class=\"quiet\">", 17);
#line 7 "./admin/html/desk.html"
    tmpl_sentence(out, cx, "Nothing has happened yet.", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</p>", 4);
#line 7 "./admin/html/desk.html"
    }
    buf_put_bytes(out, "<ul class=\"list\">", 17);
#line 7 "./admin/html/desk.html"
    for (size_t e_i = 0; e_i < (size_t)( v->n_events); e_i++) {
    const __typeof__((v->events)[0]) *e = &(v->events)[e_i];
    (void)e;
    buf_put_bytes(out, "<li><span class=\"grow\">", 23);
#line 7 "./admin/html/desk.html"
    if (e->url.n > 0) {
    buf_put_bytes(out, "<a href=\"", 9);
#line 7 "./admin/html/desk.html"
    TMPL_URL(out, (e->url));
    buf_put_bytes(out, "\">", 2);
#line 7 "./admin/html/desk.html"
    TMPL_TEXT(out, (e->text));
    buf_put_bytes(out, "</a>", 4);
#line 7 "./admin/html/desk.html"
    } else {
#line 7 "./admin/html/desk.html"
    TMPL_TEXT(out, (e->text));
#line 7 "./admin/html/desk.html"
    }
    buf_put_bytes(out, "</span><span class=\"small quiet nowrap\">", 40);
#line 7 "./admin/html/desk.html"
    TMPL_TEXT(out, (e->when));
    buf_put_bytes(out, "</span></li>", 12);
#line 7 "./admin/html/desk.html"
    }
    buf_put_bytes(out, "</ul></section>\n</div>\n<aside class=\"side\">\n<section class=\"box\"><h2>", 69);
#line 10 "./admin/html/desk.html"
    tmpl_sentence(out, cx, "First steps", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</h2><ul class=\"steps\">\n<li", 27);
#line 11 "./admin/html/desk.html"
    if (v->has_about) {
    buf_put_bytes(out, " class=\"done\"", 13);
#line 11 "./admin/html/desk.html"
    }
    buf_put_bytes(out, ">", 1);
#line 11 "./admin/html/desk.html"
    if (v->has_about) {
#line 11 "./admin/html/desk.html"
    html_icon(out, cx, STR("check"));
#line 11 "./admin/html/desk.html"
    } else {
#line 11 "./admin/html/desk.html"
    html_icon(out, cx, STR("ring"));
#line 11 "./admin/html/desk.html"
    }
    buf_put_bytes(out, "<a href=\"", 9);
#line 11 "./admin/html/desk.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/settings\">", 11);
#line 11 "./admin/html/desk.html"
    tmpl_sentence(out, cx, "Say what the planet is about", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a></li>\n<li", 13);
#line 12 "./admin/html/desk.html"
    if (v->has_tier) {
    buf_put_bytes(out, " class=\"done\"", 13);
#line 12 "./admin/html/desk.html"
    }
    buf_put_bytes(out, ">", 1);
#line 12 "./admin/html/desk.html"
    if (v->has_tier) {
#line 12 "./admin/html/desk.html"
    html_icon(out, cx, STR("check"));
#line 12 "./admin/html/desk.html"
    } else {
#line 12 "./admin/html/desk.html"
    html_icon(out, cx, STR("ring"));
#line 12 "./admin/html/desk.html"
    }
    buf_put_bytes(out, "<a href=\"", 9);
#line 12 "./admin/html/desk.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/tiers\">", 8);
#line 12 "./admin/html/desk.html"
    tmpl_sentence(out, cx, "Set a price", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a></li>\n<li", 13);
#line 13 "./admin/html/desk.html"
    if (v->has_post) {
    buf_put_bytes(out, " class=\"done\"", 13);
#line 13 "./admin/html/desk.html"
    }
    buf_put_bytes(out, ">", 1);
#line 13 "./admin/html/desk.html"
    if (v->has_post) {
#line 13 "./admin/html/desk.html"
    html_icon(out, cx, STR("check"));
#line 13 "./admin/html/desk.html"
    } else {
#line 13 "./admin/html/desk.html"
    html_icon(out, cx, STR("ring"));
#line 13 "./admin/html/desk.html"
    }
    buf_put_bytes(out, "<a href=\"/compose\077planet=", 25);
#line 13 "./admin/html/desk.html"
    TMPL_URL_PART(out, (v->desk->planet->handle));
    buf_put_bytes(out, "\">", 2);
#line 13 "./admin/html/desk.html"
    tmpl_sentence(out, cx, "Write the first post", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a></li>\n<li", 13);
#line 14 "./admin/html/desk.html"
    if (v->has_code) {
    buf_put_bytes(out, " class=\"done\"", 13);
#line 14 "./admin/html/desk.html"
    }
    buf_put_bytes(out, ">", 1);
#line 14 "./admin/html/desk.html"
    if (v->has_code) {
#line 14 "./admin/html/desk.html"
    html_icon(out, cx, STR("check"));
#line 14 "./admin/html/desk.html"
    } else {
#line 14 "./admin/html/desk.html"
    html_icon(out, cx, STR("ring"));
#line 14 "./admin/html/desk.html"
    }
    buf_put_bytes(out, "<a href=\"", 9);
#line 14 "./admin/html/desk.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/codes\">", 8);
#line 14 "./admin/html/desk.html"
    tmpl_sentence(out, cx, "Make codes and give them away", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a></li>\n</ul></section>\n", 26);
#line 16 "./admin/html/desk.html"
    html_parts_follow(out, cx, v->desk->planet);
    buf_put_bytes(out, "\n</aside>\n</div>\n", 17);
#line 19 "./admin/html/desk.html"
    html_layout_bottom(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
}
#line 1 "./admin/html/desk_codes.html"

void html_desk_codes(struct buf *out, struct cx *cx, const struct view_desk_codes *v)
{
    (void)cx;
    (void)out;
    (void)v;
    buf_put_bytes(out, "\n", 1);
#line 2 "./admin/html/desk_codes.html"
    html_layout_top(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
#line 3 "./admin/html/desk_codes.html"
    html_desk_head(out, cx, v->desk);
    buf_put_bytes(out, "\n<div class=\"column\">\n<section class=\"section\"><h2>", 51);
#line 5 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "Make codes", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</h2>\n", 6);
#line 6 "./admin/html/desk_codes.html"
    html_parts_error(out, cx, v->error);
    buf_put_bytes(out, "\n", 1);
#line 7 "./admin/html/desk_codes.html"
    if (v->n_tiers == 0) {
    buf_put_bytes(out, "<p class=\"quiet\">", 17);
#line 7 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "A code opens a tier. Make a tier first.", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, " <a href=\"", 10);
#line 7 "./admin/html/desk_codes.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/tiers\">", 8);
#line 7 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "Tiers", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a></p>", 8);
#line 7 "./admin/html/desk_codes.html"
    } else {
    buf_put_bytes(out, "\n<form class=\"box stack\" method=\"post\" action=\"", 47);
#line 8 "./admin/html/desk_codes.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/codes\">", 8);
#line 8 "./admin/html/desk_codes.html"
    html_parts_csrf(out, cx, v->desk->page);
    buf_put_bytes(out, "\n<div><label for=\"name\">", 24);
#line 9 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "What for", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"name\" type=\"text\" name=\"name\" value=\"", 56);
#line 9 "./admin/html/desk_codes.html"
    TMPL_ATTR(out, (v->f_name));
    buf_put_bytes(out, "\" maxlength=\"80\" required placeholder=\"", 39);
#line 9 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "Spring readers", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "\"></div>\n<div class=\"fields\"><div><label for=\"tier\">", 52);
#line 10 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "Tier", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><select id=\"tier\" name=\"tier_id\">", 41);
#line 10 "./admin/html/desk_codes.html"
    for (size_t t_i = 0; t_i < (size_t)( v->n_tiers); t_i++) {
    const __typeof__((v->tiers)[0]) *t = &(v->tiers)[t_i];
    (void)t;
    buf_put_bytes(out, "<option value=\"", 15);
#line 10 "./admin/html/desk_codes.html"
    TMPL_ATTR(out, (t->id));
    buf_put_bytes(out, "\"", 1);
#line 10 "./admin/html/desk_codes.html"
    if (t->id == v->f_tier) {
    buf_put_bytes(out, " selected", 9);
#line 10 "./admin/html/desk_codes.html"
    }
    buf_put_bytes(out, ">", 1);
#line 10 "./admin/html/desk_codes.html"
    TMPL_TEXT(out, (t->name));
    buf_put_bytes(out, "</option>", 9);
#line 10 "./admin/html/desk_codes.html"
    }
    buf_put_bytes(out, "</select></div>", 15);
#line 10 "./admin/html/desk_codes.html"
    html_desk_length(out, cx, v->f_length, v->f_unit);
    buf_put_bytes(out, "</div>\n<div class=\"fields\"><div><label for=\"count\">", 51);
#line 11 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "How many codes", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"count\" type=\"number\" name=\"count\" value=\"", 60);
#line 11 "./admin/html/desk_codes.html"
    TMPL_ATTR(out, (v->f_count));
    buf_put_bytes(out, "\" min=\"1\" max=\"1000\" required></div><div><label for=\"uses\">", 59);
#line 11 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "Uses of each", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"uses\" type=\"number\" name=\"uses\" value=\"", 58);
#line 11 "./admin/html/desk_codes.html"
    TMPL_ATTR(out, (v->f_uses));
    buf_put_bytes(out, "\" min=\"1\" max=\"100000\" required></div><div><label for=\"expires\">", 64);
#line 11 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "Good until (may be empty)", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"expires\" type=\"date\" name=\"expires\" value=\"", 62);
#line 11 "./admin/html/desk_codes.html"
    TMPL_ATTR(out, (v->f_expires));
    buf_put_bytes(out, "\"></div></div>\n<p><button class=\"btn main\">", 43);
#line 12 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "Make the codes", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</button></p></form>", 20);
#line 12 "./admin/html/desk_codes.html"
    }
    buf_put_bytes(out, "</section>\n<section class=\"section\"><h2>", 40);
#line 13 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "Made so far", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</h2>", 5);
#line 13 "./admin/html/desk_codes.html"
    if (v->n_batches == 0) {
    buf_put_bytes(out, "<p class=\"quiet\">", 17);
#line 13 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "None yet.", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</p>", 4);
#line 13 "./admin/html/desk_codes.html"
    }
    buf_put_bytes(out, "\n<ul class=\"list\">", 18);
#line 14 "./admin/html/desk_codes.html"
    for (size_t b_i = 0; b_i < (size_t)( v->n_batches); b_i++) {
    const __typeof__((v->batches)[0]) *b = &(v->batches)[b_i];
    (void)b;
    buf_put_bytes(out, "<li><div class=\"grow\"><h3>", 26);
#line 14 "./admin/html/desk_codes.html"
    TMPL_TEXT(out, (b->name));
    buf_put_bytes(out, "</h3><p class=\"small quiet\">", 28);
#line 14 "./admin/html/desk_codes.html"
    TMPL_TEXT(out, (b->tier));
    buf_put_bytes(out, " \302\267 ", 4);
#line 14 "./admin/html/desk_codes.html"
    TMPL_TEXT(out, (b->term));
    buf_put_bytes(out, " \302\267 ", 4);
#line 14 "./admin/html/desk_codes.html"
    TMPL_TEXT(out, (b->created));
#line 14 "./admin/html/desk_codes.html"
    if (b->expires.n > 0) {
    buf_put_bytes(out, " \302\267 ", 4);
#line 14 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "good until {0}", (const struct str[]){TMPL_ARG(cx, ( b->expires)), }, 1);
#line 14 "./admin/html/desk_codes.html"
    }
    buf_put_bytes(out, "</p></div><span class=\"nowrap\">", 31);
#line 14 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "{0} of {1} used", (const struct str[]){TMPL_ARG(cx, ( b->n_used)), TMPL_ARG(cx, ( b->n_codes * b->uses)), }, 2);
    buf_put_bytes(out, "</span>", 7);
#line 14 "./admin/html/desk_codes.html"
    if (b->over) {
    buf_put_bytes(out, "<span class=\"pill\">", 19);
#line 14 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "Over", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</span>", 7);
#line 14 "./admin/html/desk_codes.html"
    } else {
    buf_put_bytes(out, "<form method=\"post\" action=\"", 28);
#line 14 "./admin/html/desk_codes.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/codes/", 7);
#line 14 "./admin/html/desk_codes.html"
    TMPL_URL_PART(out, (b->id));
    buf_put_bytes(out, "/revoke\">", 9);
#line 14 "./admin/html/desk_codes.html"
    html_parts_csrf(out, cx, v->desk->page);
    buf_put_bytes(out, "<button class=\"btn s\">", 22);
#line 14 "./admin/html/desk_codes.html"
    tmpl_sentence(out, cx, "Call back", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</button></form>", 16);
#line 14 "./admin/html/desk_codes.html"
    }
    buf_put_bytes(out, "<a class=\"btn s\" href=\"", 23);
#line 14 "./admin/html/desk_codes.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/codes/", 7);
#line 14 "./admin/html/desk_codes.html"
    TMPL_URL_PART(out, (b->id));
    buf_put_bytes(out, ".csv\">CSV</a></li>", 18);
#line 14 "./admin/html/desk_codes.html"
    }
    buf_put_bytes(out, "</ul></section>\n</div>\n", 23);
#line 16 "./admin/html/desk_codes.html"
    html_layout_bottom(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
}
#line 1 "./admin/html/desk_codes_made.html"

void html_desk_codes_made(struct buf *out, struct cx *cx, const struct view_desk_codes_made *v)
{
    (void)cx;
    (void)out;
    (void)v;
    buf_put_bytes(out, "\n", 1);
#line 2 "./admin/html/desk_codes_made.html"
    html_layout_top(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
#line 3 "./admin/html/desk_codes_made.html"
    html_desk_head(out, cx, v->desk);
    buf_put_bytes(out, "\n<div class=\"column stack\">\n<h2>", 32);
#line 5 "./admin/html/desk_codes_made.html"
    tmpl_sentence_n(out, cx, "{0} code is ready", "{0} codes are ready", (const struct str[]){TMPL_ARG(cx, ( (int64_t)v->n_codes)), }, 1);
    buf_put_bytes(out, "</h2>\n<p class=\"flash\">", 23);
#line 6 "./admin/html/desk_codes_made.html"
    html_icon(out, cx, STR("warn"));
    buf_put_bytes(out, "<span>", 6);
#line 6 "./admin/html/desk_codes_made.html"
    tmpl_sentence(out, cx, "Keep them now: this page is the only place where they stand. We keep no more than a fingerprint of each.", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</span></p>\n<p class=\"quiet\">", 29);
#line 7 "./admin/html/desk_codes_made.html"
    TMPL_TEXT(out, (v->name));
    buf_put_bytes(out, " \302\267 ", 4);
#line 7 "./admin/html/desk_codes_made.html"
    TMPL_TEXT(out, (v->tier));
    buf_put_bytes(out, " \302\267 ", 4);
#line 7 "./admin/html/desk_codes_made.html"
    TMPL_TEXT(out, (v->term));
    buf_put_bytes(out, "</p>\n<ol class=\"codes\" id=\"codes\">", 34);
#line 8 "./admin/html/desk_codes_made.html"
    for (size_t c_i = 0; c_i < (size_t)( v->n_codes); c_i++) {
    const __typeof__((v->codes)[0]) *c = &(v->codes)[c_i];
    (void)c;
    buf_put_bytes(out, "<li>", 4);
#line 8 "./admin/html/desk_codes_made.html"
    TMPL_TEXT(out, (*c));
    buf_put_bytes(out, "</li>", 5);
#line 8 "./admin/html/desk_codes_made.html"
    }
    buf_put_bytes(out, "</ol>\n<div class=\"row\"><button class=\"btn\" type=\"button\" data-copy=\"#codes\" hidden>", 83);
#line 9 "./admin/html/desk_codes_made.html"
    html_icon(out, cx, STR("copy"));
#line 9 "./admin/html/desk_codes_made.html"
    tmpl_sentence(out, cx, "Copy", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</button>", 9);
#line 9 "./admin/html/desk_codes_made.html"
    if (v->csv_url.n > 0) {
    buf_put_bytes(out, "<a class=\"btn\" href=\"", 21);
#line 9 "./admin/html/desk_codes_made.html"
    TMPL_URL(out, (v->csv_url));
    buf_put_bytes(out, "\" download>", 11);
#line 9 "./admin/html/desk_codes_made.html"
    tmpl_sentence(out, cx, "As a CSV file", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a>", 4);
#line 9 "./admin/html/desk_codes_made.html"
    }
    buf_put_bytes(out, "<a class=\"btn main push\" href=\"", 31);
#line 9 "./admin/html/desk_codes_made.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/codes\">", 8);
#line 9 "./admin/html/desk_codes_made.html"
    tmpl_sentence(out, cx, "I have kept them", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a></div>\n</div>\n", 18);
#line 11 "./admin/html/desk_codes_made.html"
    html_layout_bottom(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
}
#line 1 "./admin/html/desk_head.html"

void html_desk_head(struct buf *out, struct cx *cx, const struct view_desk *d)
{
    (void)cx;
    (void)out;
    (void)d;
    buf_put_bytes(out, "\n<div class=\"head row\"><div class=\"disc s\">", 43);
#line 2 "./admin/html/desk_head.html"
    if (d->planet->icon.n > 0) {
    buf_put_bytes(out, "<img src=\"", 10);
#line 2 "./admin/html/desk_head.html"
    TMPL_URL(out, (d->planet->icon));
    buf_put_bytes(out, "\" alt=\"\">", 9);
#line 2 "./admin/html/desk_head.html"
    } else {
    buf_put_bytes(out, "<span aria-hidden=\"true\">", 25);
#line 2 "./admin/html/desk_head.html"
    TMPL_TEXT(out, (d->planet->owner.avatar.initials));
    buf_put_bytes(out, "</span>", 7);
#line 2 "./admin/html/desk_head.html"
    }
    buf_put_bytes(out, "</div><div><p class=\"eyebrow\">", 30);
#line 2 "./admin/html/desk_head.html"
    tmpl_sentence(out, cx, "Owner's desk", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</p><h1>", 8);
#line 2 "./admin/html/desk_head.html"
    TMPL_TEXT(out, (d->planet->name));
    buf_put_bytes(out, "</h1></div><a class=\"btn s push\" href=\"", 39);
#line 2 "./admin/html/desk_head.html"
    TMPL_URL(out, (d->planet->url));
    buf_put_bytes(out, "\">", 2);
#line 2 "./admin/html/desk_head.html"
    tmpl_sentence(out, cx, "See the planet", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a></div>\n", 11);
#line 3 "./admin/html/desk_head.html"
    if (d->n_planets > 1) {
    buf_put_bytes(out, "<p class=\"row small quiet head\">", 32);
#line 3 "./admin/html/desk_head.html"
    for (size_t p_i = 0; p_i < (size_t)( d->n_planets); p_i++) {
    const __typeof__((d->planets)[0]) *p = &(d->planets)[p_i];
    (void)p;
    buf_put_bytes(out, "<a href=\"/desk/", 15);
#line 3 "./admin/html/desk_head.html"
    TMPL_URL_PART(out, (p->handle));
    buf_put_bytes(out, "\">", 2);
#line 3 "./admin/html/desk_head.html"
    TMPL_TEXT(out, (p->name));
    buf_put_bytes(out, "</a>", 4);
#line 3 "./admin/html/desk_head.html"
    }
    buf_put_bytes(out, "</p>", 4);
#line 3 "./admin/html/desk_head.html"
    }
    buf_put_bytes(out, "\n<nav class=\"tabs\" aria-label=\"", 31);
#line 4 "./admin/html/desk_head.html"
    tmpl_sentence(out, cx, "Owner's desk", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "\"><a href=\"", 11);
#line 4 "./admin/html/desk_head.html"
    TMPL_URL(out, (d->base));
    buf_put_bytes(out, "\"", 1);
#line 4 "./admin/html/desk_head.html"
    if (d->tab == DESK_OVERVIEW) {
    buf_put_bytes(out, " aria-current=\"page\"", 20);
#line 4 "./admin/html/desk_head.html"
    }
    buf_put_bytes(out, ">", 1);
#line 4 "./admin/html/desk_head.html"
    tmpl_sentence(out, cx, "Overview", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a><a href=\"", 13);
#line 4 "./admin/html/desk_head.html"
    TMPL_URL(out, (d->base));
    buf_put_bytes(out, "/members\"", 9);
#line 4 "./admin/html/desk_head.html"
    if (d->tab == DESK_MEMBERS) {
    buf_put_bytes(out, " aria-current=\"page\"", 20);
#line 4 "./admin/html/desk_head.html"
    }
    buf_put_bytes(out, ">", 1);
#line 4 "./admin/html/desk_head.html"
    tmpl_sentence(out, cx, "Members", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a><a href=\"", 13);
#line 4 "./admin/html/desk_head.html"
    TMPL_URL(out, (d->base));
    buf_put_bytes(out, "/codes\"", 7);
#line 4 "./admin/html/desk_head.html"
    if (d->tab == DESK_CODES) {
    buf_put_bytes(out, " aria-current=\"page\"", 20);
#line 4 "./admin/html/desk_head.html"
    }
    buf_put_bytes(out, ">", 1);
#line 4 "./admin/html/desk_head.html"
    tmpl_sentence(out, cx, "Codes", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a><a href=\"", 13);
#line 4 "./admin/html/desk_head.html"
    TMPL_URL(out, (d->base));
    buf_put_bytes(out, "/tiers\"", 7);
#line 4 "./admin/html/desk_head.html"
    if (d->tab == DESK_TIERS) {
    buf_put_bytes(out, " aria-current=\"page\"", 20);
#line 4 "./admin/html/desk_head.html"
    }
    buf_put_bytes(out, ">", 1);
#line 4 "./admin/html/desk_head.html"
    tmpl_sentence(out, cx, "Tiers", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a><a href=\"", 13);
#line 4 "./admin/html/desk_head.html"
    TMPL_URL(out, (d->base));
    buf_put_bytes(out, "/settings\"", 10);
#line 4 "./admin/html/desk_head.html"
    if (d->tab == DESK_SETTINGS) {
    buf_put_bytes(out, " aria-current=\"page\"", 20);
#line 4 "./admin/html/desk_head.html"
    }
    buf_put_bytes(out, ">", 1);
#line 4 "./admin/html/desk_head.html"
    tmpl_sentence(out, cx, "Settings", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a><a href=\"", 13);
#line 4 "./admin/html/desk_head.html"
    TMPL_URL(out, (d->base));
    buf_put_bytes(out, "/tray\"", 6);
#line 4 "./admin/html/desk_head.html"
    if (d->tab == DESK_TRAY) {
    buf_put_bytes(out, " aria-current=\"page\"", 20);
#line 4 "./admin/html/desk_head.html"
    }
    buf_put_bytes(out, ">", 1);
#line 4 "./admin/html/desk_head.html"
    tmpl_sentence(out, cx, "Tray", (const struct str[]){{NULL, 0}}, 0);
#line 4 "./admin/html/desk_head.html"
    if (d->n_tray > 0) {
    buf_put_bytes(out, " <span class=\"dot\">", 19);
#line 4 "./admin/html/desk_head.html"
    TMPL_TEXT(out, (d->n_tray));
    buf_put_bytes(out, "</span>", 7);
#line 4 "./admin/html/desk_head.html"
    }
    buf_put_bytes(out, "</a></nav>\n", 11);
}
#line 1 "./admin/html/desk_length.html"

void html_desk_length(struct buf *out, struct cx *cx, struct str length, struct str unit)
{
    (void)cx;
    (void)out;
    (void)length;
    (void)unit;
    buf_put_bytes(out, "\n<div><label for=\"length\">", 26);
#line 2 "./admin/html/desk_length.html"
    tmpl_sentence(out, cx, "Length", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"length\" type=\"number\" name=\"length\" value=\"", 62);
#line 2 "./admin/html/desk_length.html"
    TMPL_ATTR(out, (length));
    buf_put_bytes(out, "\" min=\"1\" max=\"3650\" required></div>\n<div><label for=\"unit\">", 60);
#line 3 "./admin/html/desk_length.html"
    tmpl_sentence(out, cx, "Unit", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><select id=\"unit\" name=\"unit\"><option value=\"month\"", 59);
#line 3 "./admin/html/desk_length.html"
    if (str_eq_c(unit, "month")) {
    buf_put_bytes(out, " selected", 9);
#line 3 "./admin/html/desk_length.html"
    }
    buf_put_bytes(out, ">", 1);
#line 3 "./admin/html/desk_length.html"
    tmpl_sentence(out, cx, "months", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</option><option value=\"year\"", 29);
#line 3 "./admin/html/desk_length.html"
    if (str_eq_c(unit, "year")) {
    buf_put_bytes(out, " selected", 9);
#line 3 "./admin/html/desk_length.html"
    }
    buf_put_bytes(out, ">", 1);
#line 3 "./admin/html/desk_length.html"
    tmpl_sentence(out, cx, "years", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</option><option value=\"day\"", 28);
#line 3 "./admin/html/desk_length.html"
    if (str_eq_c(unit, "day")) {
    buf_put_bytes(out, " selected", 9);
#line 3 "./admin/html/desk_length.html"
    }
    buf_put_bytes(out, ">", 1);
#line 3 "./admin/html/desk_length.html"
    tmpl_sentence(out, cx, "days", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</option><option value=\"once\"", 29);
#line 3 "./admin/html/desk_length.html"
    if (str_eq_c(unit, "once")) {
    buf_put_bytes(out, " selected", 9);
#line 3 "./admin/html/desk_length.html"
    }
    buf_put_bytes(out, ">", 1);
#line 3 "./admin/html/desk_length.html"
    tmpl_sentence(out, cx, "for ever", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</option></select></div>\n", 25);
}
#line 1 "./admin/html/desk_members.html"

void html_desk_members(struct buf *out, struct cx *cx, const struct view_desk_members *v)
{
    (void)cx;
    (void)out;
    (void)v;
    buf_put_bytes(out, "\n", 1);
#line 2 "./admin/html/desk_members.html"
    html_layout_top(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
#line 3 "./admin/html/desk_members.html"
    html_desk_head(out, cx, v->desk);
    buf_put_bytes(out, "\n<div class=\"column\">\n<section class=\"section\"><h2>", 51);
#line 5 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Give a membership", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</h2>\n", 6);
#line 6 "./admin/html/desk_members.html"
    html_parts_error(out, cx, v->error);
    buf_put_bytes(out, "\n", 1);
#line 7 "./admin/html/desk_members.html"
    if (v->n_tiers == 0) {
    buf_put_bytes(out, "<p class=\"quiet\">", 17);
#line 7 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Make a tier first.", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, " <a href=\"", 10);
#line 7 "./admin/html/desk_members.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/tiers\">", 8);
#line 7 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Tiers", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</a></p>", 8);
#line 7 "./admin/html/desk_members.html"
    } else {
    buf_put_bytes(out, "\n<form class=\"box stack\" method=\"post\" action=\"", 47);
#line 8 "./admin/html/desk_members.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/members/grant\">", 16);
#line 8 "./admin/html/desk_members.html"
    html_parts_csrf(out, cx, v->desk->page);
    buf_put_bytes(out, "\n<div><label for=\"mail\">", 24);
#line 9 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Mail address", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"mail\" type=\"email\" name=\"mail\" required maxlength=\"254\"></div>\n<div class=\"fields\"><div><label for=\"tier\">", 125);
#line 10 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Tier", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><select id=\"tier\" name=\"tier_id\">", 41);
#line 10 "./admin/html/desk_members.html"
    for (size_t t_i = 0; t_i < (size_t)( v->n_tiers); t_i++) {
    const __typeof__((v->tiers)[0]) *t = &(v->tiers)[t_i];
    (void)t;
    buf_put_bytes(out, "<option value=\"", 15);
#line 10 "./admin/html/desk_members.html"
    TMPL_ATTR(out, (t->id));
    buf_put_bytes(out, "\">", 2);
#line 10 "./admin/html/desk_members.html"
    TMPL_TEXT(out, (t->name));
    buf_put_bytes(out, "</option>", 9);
#line 10 "./admin/html/desk_members.html"
    }
    buf_put_bytes(out, "</select></div>", 15);
#line 10 "./admin/html/desk_members.html"
    html_desk_length(out, cx, STR("1"), STR("month"));
    buf_put_bytes(out, "</div>\n<p><button class=\"btn main\">", 35);
#line 11 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Give", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</button></p></form>", 20);
#line 11 "./admin/html/desk_members.html"
    }
    buf_put_bytes(out, "</section>\n<section class=\"section\"><h2>", 40);
#line 12 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Members", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</h2>", 5);
#line 12 "./admin/html/desk_members.html"
    if (v->n_members == 0) {
    buf_put_bytes(out, "<p class=\"quiet\">", 17);
#line 12 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Nobody yet.", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</p>", 4);
#line 12 "./admin/html/desk_members.html"
    }
    buf_put_bytes(out, "\n<ul class=\"list\">", 18);
#line 13 "./admin/html/desk_members.html"
    for (size_t m_i = 0; m_i < (size_t)( v->n_members); m_i++) {
    const __typeof__((v->members)[0]) *m = &(v->members)[m_i];
    (void)m;
    buf_put_bytes(out, "<li>", 4);
#line 13 "./admin/html/desk_members.html"
    html_parts_avatar(out, cx, &m->person.avatar);
    buf_put_bytes(out, "<div class=\"grow\"><p><b>", 24);
#line 13 "./admin/html/desk_members.html"
    TMPL_TEXT(out, (m->person.name));
    buf_put_bytes(out, "</b> ", 5);
#line 13 "./admin/html/desk_members.html"
    if (m->role.n > 0) {
    buf_put_bytes(out, "<span class=\"role\">", 19);
#line 13 "./admin/html/desk_members.html"
    TMPL_TEXT(out, (m->role));
    buf_put_bytes(out, "</span>", 7);
#line 13 "./admin/html/desk_members.html"
    }
#line 13 "./admin/html/desk_members.html"
    if (!m->live && m->tier.n > 0) {
    buf_put_bytes(out, " <span class=\"pill\">", 20);
#line 13 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Ended", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</span>", 7);
#line 13 "./admin/html/desk_members.html"
    }
    buf_put_bytes(out, "</p><p class=\"small quiet\">", 27);
#line 13 "./admin/html/desk_members.html"
    TMPL_TEXT(out, (m->mail));
    buf_put_bytes(out, "</p>", 4);
#line 13 "./admin/html/desk_members.html"
    if (m->tier.n > 0) {
    buf_put_bytes(out, "<p class=\"small\">", 17);
#line 13 "./admin/html/desk_members.html"
    TMPL_TEXT(out, (m->tier));
    buf_put_bytes(out, " \302\267 ", 4);
#line 13 "./admin/html/desk_members.html"
    if (m->lifetime) {
#line 13 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "for ever", (const struct str[]){{NULL, 0}}, 0);
#line 13 "./admin/html/desk_members.html"
    } else if (m->live) {
#line 13 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "until {0}", (const struct str[]){TMPL_ARG(cx, ( m->until)), }, 1);
#line 13 "./admin/html/desk_members.html"
    } else {
#line 13 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "ended {0}", (const struct str[]){TMPL_ARG(cx, ( m->until)), }, 1);
#line 13 "./admin/html/desk_members.html"
    }
    buf_put_bytes(out, " \302\267 ", 4);
#line 13 "./admin/html/desk_members.html"
    TMPL_TEXT(out, (m->kind));
    buf_put_bytes(out, "</p>", 4);
#line 13 "./admin/html/desk_members.html"
    }
    buf_put_bytes(out, "</div>\n", 7);
#line 14 "./admin/html/desk_members.html"
    if (!m->is_owner) {
    buf_put_bytes(out, "<details class=\"menu\"><summary class=\"btn s\">", 45);
#line 14 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Change", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</summary><div>\n<form class=\"stack-s\" method=\"post\" action=\"", 60);
#line 15 "./admin/html/desk_members.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/members/role\">", 15);
#line 15 "./admin/html/desk_members.html"
    html_parts_csrf(out, cx, v->desk->page);
    buf_put_bytes(out, "<input type=\"hidden\" name=\"account_id\" value=\"", 46);
#line 15 "./admin/html/desk_members.html"
    TMPL_ATTR(out, (m->account_id));
    buf_put_bytes(out, "\"><label for=\"role-", 19);
#line 15 "./admin/html/desk_members.html"
    TMPL_ATTR(out, (m->account_id));
    buf_put_bytes(out, "\">", 2);
#line 15 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Role", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><select id=\"role-", 25);
#line 15 "./admin/html/desk_members.html"
    TMPL_ATTR(out, (m->account_id));
    buf_put_bytes(out, "\" name=\"role\"><option value=\"none\">", 35);
#line 15 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Member", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</option><option value=\"moderator\">", 35);
#line 15 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Moderator", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</option><option value=\"guest\">", 31);
#line 15 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Guest", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</option><option value=\"partner\">", 33);
#line 15 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Partner", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</option><option value=\"banned\">", 32);
#line 15 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Banned", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</option></select><button class=\"btn s wide\">", 45);
#line 15 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Set the role", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</button></form>\n", 17);
#line 16 "./admin/html/desk_members.html"
    if (m->live) {
    buf_put_bytes(out, "<form class=\"stack-s field\" method=\"post\" action=\"", 50);
#line 16 "./admin/html/desk_members.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/members/revoke\">", 17);
#line 16 "./admin/html/desk_members.html"
    html_parts_csrf(out, cx, v->desk->page);
    buf_put_bytes(out, "<input type=\"hidden\" name=\"grant_id\" value=\"", 44);
#line 16 "./admin/html/desk_members.html"
    TMPL_ATTR(out, (m->grant_id));
    buf_put_bytes(out, "\"><label class=\"sr\" for=\"why-", 29);
#line 16 "./admin/html/desk_members.html"
    TMPL_ATTR(out, (m->grant_id));
    buf_put_bytes(out, "\">", 2);
#line 16 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Why", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"why-", 23);
#line 16 "./admin/html/desk_members.html"
    TMPL_ATTR(out, (m->grant_id));
    buf_put_bytes(out, "\" type=\"text\" name=\"reason\" required maxlength=\"200\" placeholder=\"", 66);
#line 16 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "Why", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "\"><button class=\"btn s bad wide\">", 33);
#line 16 "./admin/html/desk_members.html"
    tmpl_sentence(out, cx, "End the membership now", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</button></form>", 16);
#line 16 "./admin/html/desk_members.html"
    }
    buf_put_bytes(out, "</div></details>", 16);
#line 16 "./admin/html/desk_members.html"
    }
    buf_put_bytes(out, "</li>", 5);
#line 16 "./admin/html/desk_members.html"
    }
    buf_put_bytes(out, "</ul>\n", 6);
#line 17 "./admin/html/desk_members.html"
    html_parts_pager(out, cx, STR_NULL, v->older_url);
    buf_put_bytes(out, "</section>\n</div>\n", 18);
#line 19 "./admin/html/desk_members.html"
    html_layout_bottom(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
}
#line 1 "./admin/html/desk_settings.html"

void html_desk_settings(struct buf *out, struct cx *cx, const struct view_desk_settings *v)
{
    (void)cx;
    (void)out;
    (void)v;
    buf_put_bytes(out, "\n", 1);
#line 2 "./admin/html/desk_settings.html"
    html_layout_top(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
#line 3 "./admin/html/desk_settings.html"
    html_desk_head(out, cx, v->desk);
    buf_put_bytes(out, "\n<div class=\"column\">\n", 22);
#line 5 "./admin/html/desk_settings.html"
    html_parts_error(out, cx, v->error);
    buf_put_bytes(out, "\n<form class=\"stack\" method=\"post\" action=\"", 43);
#line 6 "./admin/html/desk_settings.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/settings\" enctype=\"multipart/form-data\">", 41);
#line 6 "./admin/html/desk_settings.html"
    html_parts_csrf(out, cx, v->desk->page);
    buf_put_bytes(out, "\n<div><label for=\"name\">", 24);
#line 7 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Name of the planet", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"name\" type=\"text\" name=\"name\" value=\"", 56);
#line 7 "./admin/html/desk_settings.html"
    TMPL_ATTR(out, (v->name));
    buf_put_bytes(out, "\" required maxlength=\"60\"></div>\n<div><label for=\"tagline\">", 59);
#line 8 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "In one sentence", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"tagline\" type=\"text\" name=\"tagline\" value=\"", 62);
#line 8 "./admin/html/desk_settings.html"
    TMPL_ATTR(out, (v->tagline));
    buf_put_bytes(out, "\" maxlength=\"160\"></div>\n<div><label for=\"about\">", 49);
#line 9 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "About (Markdown)", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><textarea id=\"about\" name=\"about\" rows=\"8\" maxlength=\"20000\">", 69);
#line 9 "./admin/html/desk_settings.html"
    TMPL_TEXT(out, (v->about));
    buf_put_bytes(out, "</textarea></div>\n<div class=\"fields\"><div><label for=\"lang\">", 61);
#line 10 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Language", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><select id=\"lang\" name=\"lang\"><option value=\"zh-CN\"", 59);
#line 10 "./admin/html/desk_settings.html"
    if (str_starts(v->lang, STR("zh"))) {
    buf_put_bytes(out, " selected", 9);
#line 10 "./admin/html/desk_settings.html"
    }
    buf_put_bytes(out, ">\344\270\255\346\226\207</option><option value=\"en\"", 34);
#line 10 "./admin/html/desk_settings.html"
    if (str_starts(v->lang, STR("en"))) {
    buf_put_bytes(out, " selected", 9);
#line 10 "./admin/html/desk_settings.html"
    }
    buf_put_bytes(out, ">English</option></select></div><div><label for=\"joining\">", 58);
#line 10 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "New members", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><select id=\"joining\" name=\"joining\"><option value=\"open\"", 64);
#line 10 "./admin/html/desk_settings.html"
    if (str_eq_c(v->joining, "open")) {
    buf_put_bytes(out, " selected", 9);
#line 10 "./admin/html/desk_settings.html"
    }
    buf_put_bytes(out, ">", 1);
#line 10 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Welcome", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</option><option value=\"closed\"", 31);
#line 10 "./admin/html/desk_settings.html"
    if (str_eq_c(v->joining, "closed")) {
    buf_put_bytes(out, " selected", 9);
#line 10 "./admin/html/desk_settings.html"
    }
    buf_put_bytes(out, ">", 1);
#line 10 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Only with a code", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</option></select></div></div>\n<fieldset><legend class=\"label\">", 63);
#line 11 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Colour", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</legend><div class=\"row\"><label class=\"check\"><input type=\"radio\" name=\"accent\" value=\"teal\"", 93);
#line 11 "./admin/html/desk_settings.html"
    if (v->accent.n == 0 || str_eq_c(v->accent, "teal")) {
    buf_put_bytes(out, " checked", 8);
#line 11 "./admin/html/desk_settings.html"
    }
    buf_put_bytes(out, "><span class=\"swatch\" data-accent=\"teal\"></span>", 48);
#line 11 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Teal", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><label class=\"check\"><input type=\"radio\" name=\"accent\" value=\"brass\"", 76);
#line 11 "./admin/html/desk_settings.html"
    if (str_eq_c(v->accent, "brass")) {
    buf_put_bytes(out, " checked", 8);
#line 11 "./admin/html/desk_settings.html"
    }
    buf_put_bytes(out, "><span class=\"swatch\" data-accent=\"brass\"></span>", 49);
#line 11 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Brass", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><label class=\"check\"><input type=\"radio\" name=\"accent\" value=\"rose\"", 75);
#line 11 "./admin/html/desk_settings.html"
    if (str_eq_c(v->accent, "rose")) {
    buf_put_bytes(out, " checked", 8);
#line 11 "./admin/html/desk_settings.html"
    }
    buf_put_bytes(out, "><span class=\"swatch\" data-accent=\"rose\"></span>", 48);
#line 11 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Rose", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><label class=\"check\"><input type=\"radio\" name=\"accent\" value=\"moss\"", 75);
#line 11 "./admin/html/desk_settings.html"
    if (str_eq_c(v->accent, "moss")) {
    buf_put_bytes(out, " checked", 8);
#line 11 "./admin/html/desk_settings.html"
    }
    buf_put_bytes(out, "><span class=\"swatch\" data-accent=\"moss\"></span>", 48);
#line 11 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Moss", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><label class=\"check\"><input type=\"radio\" name=\"accent\" value=\"slate\"", 76);
#line 11 "./admin/html/desk_settings.html"
    if (str_eq_c(v->accent, "slate")) {
    buf_put_bytes(out, " checked", 8);
#line 11 "./admin/html/desk_settings.html"
    }
    buf_put_bytes(out, "><span class=\"swatch\" data-accent=\"slate\"></span>", 49);
#line 11 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Slate", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label></div></fieldset>\n<div class=\"row\">", 43);
#line 12 "./admin/html/desk_settings.html"
    if (v->icon.n > 0) {
    buf_put_bytes(out, "<div class=\"disc s\"><img src=\"", 30);
#line 12 "./admin/html/desk_settings.html"
    TMPL_URL(out, (v->icon));
    buf_put_bytes(out, "\" alt=\"\"></div>", 15);
#line 12 "./admin/html/desk_settings.html"
    }
    buf_put_bytes(out, "<div><label for=\"icon\">", 23);
#line 12 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Icon (square)", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"icon\" type=\"file\" name=\"icon\" accept=\"image/*\">", 66);
#line 12 "./admin/html/desk_settings.html"
    if (v->icon.n > 0) {
    buf_put_bytes(out, "<label class=\"check small\"><input type=\"checkbox\" name=\"remove_icon\" value=\"1\">", 79);
#line 12 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Take it away", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label>", 8);
#line 12 "./admin/html/desk_settings.html"
    }
    buf_put_bytes(out, "</div></div>\n<div><label for=\"cover\">", 37);
#line 13 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Cover (wide)", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"cover\" type=\"file\" name=\"cover\" accept=\"image/*\">", 68);
#line 13 "./admin/html/desk_settings.html"
    if (v->cover.n > 0) {
    buf_put_bytes(out, "<label class=\"check small\"><input type=\"checkbox\" name=\"remove_cover\" value=\"1\">", 80);
#line 13 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Take it away", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label>", 8);
#line 13 "./admin/html/desk_settings.html"
    }
    buf_put_bytes(out, "</div>\n<p><button class=\"btn main\">", 35);
#line 14 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Save", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</button></p></form>\n<section class=\"section field\"><h2>", 56);
#line 15 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "The node", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</h2><ul class=\"list\"><li><span class=\"grow\">", 45);
#line 15 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Name", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</span><span>", 13);
#line 15 "./admin/html/desk_settings.html"
    TMPL_TEXT(out, (v->node_name));
    buf_put_bytes(out, "</span></li><li><span class=\"grow\">", 35);
#line 15 "./admin/html/desk_settings.html"
    tmpl_sentence(out, cx, "Sign-in mail", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</span><span>", 13);
#line 15 "./admin/html/desk_settings.html"
    TMPL_TEXT(out, (v->smtp_state));
    buf_put_bytes(out, "</span></li></ul></section>\n</div>\n", 35);
#line 17 "./admin/html/desk_settings.html"
    html_layout_bottom(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
}
#line 1 "./admin/html/desk_tiers.html"

void html_desk_tiers(struct buf *out, struct cx *cx, const struct view_desk_tiers *v)
{
    (void)cx;
    (void)out;
    (void)v;
    buf_put_bytes(out, "\n", 1);
#line 2 "./admin/html/desk_tiers.html"
    html_layout_top(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
#line 3 "./admin/html/desk_tiers.html"
    html_desk_head(out, cx, v->desk);
    buf_put_bytes(out, "\n<div class=\"column\">\n", 22);
#line 5 "./admin/html/desk_tiers.html"
    html_parts_error(out, cx, v->error);
    buf_put_bytes(out, "\n<section class=\"section\"><h2>", 30);
#line 6 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "Tiers, the lowest first", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</h2>", 5);
#line 6 "./admin/html/desk_tiers.html"
    if (v->n_tiers == 0) {
    buf_put_bytes(out, "<p class=\"quiet\">", 17);
#line 6 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "None yet. Make one below; a price comes after it.", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</p>", 4);
#line 6 "./admin/html/desk_tiers.html"
    }
    buf_put_bytes(out, "\n<ul class=\"tiers\">", 19);
#line 7 "./admin/html/desk_tiers.html"
    for (size_t t_i = 0; t_i < (size_t)( v->n_tiers); t_i++) {
    const __typeof__((v->tiers)[0]) *t = &(v->tiers)[t_i];
    (void)t;
    buf_put_bytes(out, "<li class=\"tier\"><div class=\"row-s\"><h3>", 40);
#line 7 "./admin/html/desk_tiers.html"
    TMPL_TEXT(out, (t->name));
    buf_put_bytes(out, "</h3><span class=\"pill\">", 24);
#line 7 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "Rank {0}", (const struct str[]){TMPL_ARG(cx, ( t->rank)), }, 1);
    buf_put_bytes(out, "</span>", 7);
#line 7 "./admin/html/desk_tiers.html"
    if (t->seats.n > 0) {
    buf_put_bytes(out, "<span class=\"pill\">", 19);
#line 7 "./admin/html/desk_tiers.html"
    TMPL_TEXT(out, (t->seats));
    buf_put_bytes(out, "</span>", 7);
#line 7 "./admin/html/desk_tiers.html"
    }
    buf_put_bytes(out, "<span class=\"push small quiet\">", 31);
#line 7 "./admin/html/desk_tiers.html"
    tmpl_sentence_n(out, cx, "{0} member", "{0} members", (const struct str[]){TMPL_ARG(cx, ( t->n_members)), }, 1);
    buf_put_bytes(out, "</span></div>\n", 14);
#line 8 "./admin/html/desk_tiers.html"
    if (t->about.n > 0) {
    buf_put_bytes(out, "<p class=\"small quiet\">", 23);
#line 8 "./admin/html/desk_tiers.html"
    TMPL_TEXT(out, (t->about));
    buf_put_bytes(out, "</p>", 4);
#line 8 "./admin/html/desk_tiers.html"
    }
    buf_put_bytes(out, "\n<ul class=\"prices\">", 20);
#line 9 "./admin/html/desk_tiers.html"
    for (size_t r_i = 0; r_i < (size_t)( t->n_prices); r_i++) {
    const __typeof__((t->prices)[0]) *r = &(t->prices)[r_i];
    (void)r;
    buf_put_bytes(out, "<li><span class=\"price\">", 24);
#line 9 "./admin/html/desk_tiers.html"
    TMPL_TEXT(out, (r->money));
    buf_put_bytes(out, " <small>", 8);
#line 9 "./admin/html/desk_tiers.html"
    TMPL_TEXT(out, (r->term));
    buf_put_bytes(out, "</small></span></li>", 20);
#line 9 "./admin/html/desk_tiers.html"
    }
    buf_put_bytes(out, "</ul>\n<details class=\"fold\"><summary>", 37);
#line 10 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "Add a price", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</summary><form class=\"stack\" method=\"post\" action=\"", 52);
#line 10 "./admin/html/desk_tiers.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/tiers/", 7);
#line 10 "./admin/html/desk_tiers.html"
    TMPL_URL_PART(out, (t->id));
    buf_put_bytes(out, "/prices\">", 9);
#line 10 "./admin/html/desk_tiers.html"
    html_parts_csrf(out, cx, v->desk->page);
    buf_put_bytes(out, "<div class=\"fields\"><div><label for=\"amount-", 44);
#line 10 "./admin/html/desk_tiers.html"
    TMPL_ATTR(out, (t->id));
    buf_put_bytes(out, "\">", 2);
#line 10 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "Amount", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"amount-", 26);
#line 10 "./admin/html/desk_tiers.html"
    TMPL_ATTR(out, (t->id));
    buf_put_bytes(out, "\" type=\"text\" inputmode=\"decimal\" name=\"amount\" required maxlength=\"16\" placeholder=\"365\"></div><div><label for=\"cur-", 117);
#line 10 "./admin/html/desk_tiers.html"
    TMPL_ATTR(out, (t->id));
    buf_put_bytes(out, "\">", 2);
#line 10 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "Currency", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"cur-", 23);
#line 10 "./admin/html/desk_tiers.html"
    TMPL_ATTR(out, (t->id));
    buf_put_bytes(out, "\" type=\"text\" name=\"currency\" value=\"", 37);
#line 10 "./admin/html/desk_tiers.html"
    TMPL_ATTR(out, (v->currency));
    buf_put_bytes(out, "\" required maxlength=\"3\" minlength=\"3\"></div></div><div class=\"fields\">", 71);
#line 10 "./admin/html/desk_tiers.html"
    html_desk_length(out, cx, STR("1"), STR("year"));
    buf_put_bytes(out, "<div><label for=\"trial-", 23);
#line 10 "./admin/html/desk_tiers.html"
    TMPL_ATTR(out, (t->id));
    buf_put_bytes(out, "\">", 2);
#line 10 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "Free days first", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"trial-", 25);
#line 10 "./admin/html/desk_tiers.html"
    TMPL_ATTR(out, (t->id));
    buf_put_bytes(out, "\" type=\"number\" name=\"trial_days\" value=\"0\" min=\"0\" max=\"90\"></div></div><p><button class=\"btn main s\">", 103);
#line 10 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "Add the price", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</button></p></form></details></li>", 35);
#line 10 "./admin/html/desk_tiers.html"
    }
    buf_put_bytes(out, "</ul></section>\n<section class=\"section\"><h2>", 45);
#line 11 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "A new tier", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</h2><form class=\"box stack\" method=\"post\" action=\"", 51);
#line 11 "./admin/html/desk_tiers.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/tiers\">", 8);
#line 11 "./admin/html/desk_tiers.html"
    html_parts_csrf(out, cx, v->desk->page);
    buf_put_bytes(out, "\n<div><label for=\"name\">", 24);
#line 12 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "Name", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"name\" type=\"text\" name=\"name\" required maxlength=\"60\" placeholder=\"", 86);
#line 12 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "Reader", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "\"></div>\n<div><label for=\"about\">", 33);
#line 13 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "What it opens, in a sentence", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"about\" type=\"text\" name=\"about\" maxlength=\"300\"></div>\n<div class=\"fields\"><div><label for=\"rank\">", 117);
#line 14 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "Rank (1 is the lowest)", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"rank\" type=\"number\" name=\"rank\" value=\"", 58);
#line 14 "./admin/html/desk_tiers.html"
    TMPL_ATTR(out, ((int64_t)v->n_tiers + 1));
    buf_put_bytes(out, "\" min=\"1\" max=\"99\" required></div><div><label for=\"seats\">", 58);
#line 14 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "Seats (empty: no limit)", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</label><input id=\"seats\" type=\"number\" name=\"seats\" min=\"1\"></div></div>\n<p><button class=\"btn main\">", 102);
#line 15 "./admin/html/desk_tiers.html"
    tmpl_sentence(out, cx, "Make the tier", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</button></p></form></section>\n</div>\n", 38);
#line 17 "./admin/html/desk_tiers.html"
    html_layout_bottom(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
}
#line 1 "./admin/html/desk_tray.html"

void html_desk_tray(struct buf *out, struct cx *cx, const struct view_desk_tray *v)
{
    (void)cx;
    (void)out;
    (void)v;
    buf_put_bytes(out, "\n", 1);
#line 2 "./admin/html/desk_tray.html"
    html_layout_top(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
#line 3 "./admin/html/desk_tray.html"
    html_desk_head(out, cx, v->desk);
    buf_put_bytes(out, "\n<div class=\"column\">\n", 22);
#line 5 "./admin/html/desk_tray.html"
    if (v->n_jobs == 0 && v->n_links == 0 && v->n_money == 0) {
    buf_put_bytes(out, "<div class=\"empty\">", 19);
#line 5 "./admin/html/desk_tray.html"
    html_parts_emblem(out, cx);
    buf_put_bytes(out, "<p>", 3);
#line 5 "./admin/html/desk_tray.html"
    tmpl_sentence(out, cx, "Nothing waits for you. What the node cannot settle by itself comes here.", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</p></div>", 10);
#line 5 "./admin/html/desk_tray.html"
    }
    buf_put_bytes(out, "\n", 1);
#line 6 "./admin/html/desk_tray.html"
    if (v->n_links > 0) {
    buf_put_bytes(out, "<section class=\"section\"><h2>", 29);
#line 6 "./admin/html/desk_tray.html"
    tmpl_sentence(out, cx, "Sign-in links that no mail carried", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</h2><p class=\"quiet head\">", 27);
#line 6 "./admin/html/desk_tray.html"
    tmpl_sentence(out, cx, "No mail server is set, so pass these on yourself. Each works once.", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</p><ul class=\"list\">", 21);
#line 6 "./admin/html/desk_tray.html"
    for (size_t l_i = 0; l_i < (size_t)( v->n_links); l_i++) {
    const __typeof__((v->links)[0]) *l = &(v->links)[l_i];
    (void)l;
    buf_put_bytes(out, "<li><div class=\"grow\"><b>", 25);
#line 6 "./admin/html/desk_tray.html"
    TMPL_TEXT(out, (l->mail));
    buf_put_bytes(out, "</b><p class=\"small quiet\">", 27);
#line 6 "./admin/html/desk_tray.html"
    TMPL_TEXT(out, (l->when));
    buf_put_bytes(out, "</p><p class=\"copy\"><code id=\"link-", 35);
#line 6 "./admin/html/desk_tray.html"
    TMPL_ATTR(out, (l->when));
    buf_put_bytes(out, "\">", 2);
#line 6 "./admin/html/desk_tray.html"
    TMPL_TEXT(out, (l->url));
    buf_put_bytes(out, "</code></p></div></li>", 22);
#line 6 "./admin/html/desk_tray.html"
    }
    buf_put_bytes(out, "</ul></section>", 15);
#line 6 "./admin/html/desk_tray.html"
    }
    buf_put_bytes(out, "\n", 1);
#line 7 "./admin/html/desk_tray.html"
    if (v->n_money > 0) {
    buf_put_bytes(out, "<section class=\"section\"><h2>", 29);
#line 7 "./admin/html/desk_tray.html"
    tmpl_sentence(out, cx, "Money without an order", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</h2><ul class=\"list\">", 22);
#line 7 "./admin/html/desk_tray.html"
    for (size_t m_i = 0; m_i < (size_t)( v->n_money); m_i++) {
    const __typeof__((v->money)[0]) *m = &(v->money)[m_i];
    (void)m;
    buf_put_bytes(out, "<li><div class=\"grow\"><b>", 25);
#line 7 "./admin/html/desk_tray.html"
    TMPL_TEXT(out, (m->money));
    buf_put_bytes(out, "</b> ", 5);
#line 7 "./admin/html/desk_tray.html"
    TMPL_TEXT(out, (m->reason));
    buf_put_bytes(out, "<p class=\"small quiet\">", 23);
#line 7 "./admin/html/desk_tray.html"
    TMPL_TEXT(out, (m->number));
    buf_put_bytes(out, " \302\267 ", 4);
#line 7 "./admin/html/desk_tray.html"
    TMPL_TEXT(out, (m->when));
    buf_put_bytes(out, "</p></div><form method=\"post\" action=\"", 38);
#line 7 "./admin/html/desk_tray.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/tray/money/", 12);
#line 7 "./admin/html/desk_tray.html"
    TMPL_URL_PART(out, (m->id));
    buf_put_bytes(out, "/settle\">", 9);
#line 7 "./admin/html/desk_tray.html"
    html_parts_csrf(out, cx, v->desk->page);
    buf_put_bytes(out, "<button class=\"btn s\">", 22);
#line 7 "./admin/html/desk_tray.html"
    tmpl_sentence(out, cx, "Settled by hand", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</button></form></li>", 21);
#line 7 "./admin/html/desk_tray.html"
    }
    buf_put_bytes(out, "</ul></section>", 15);
#line 7 "./admin/html/desk_tray.html"
    }
    buf_put_bytes(out, "\n", 1);
#line 8 "./admin/html/desk_tray.html"
    if (v->n_jobs > 0) {
    buf_put_bytes(out, "<section class=\"section\"><h2>", 29);
#line 8 "./admin/html/desk_tray.html"
    tmpl_sentence(out, cx, "Work that gave up", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</h2><ul class=\"list\">", 22);
#line 8 "./admin/html/desk_tray.html"
    for (size_t j_i = 0; j_i < (size_t)( v->n_jobs); j_i++) {
    const __typeof__((v->jobs)[0]) *j = &(v->jobs)[j_i];
    (void)j;
    buf_put_bytes(out, "<li><div class=\"grow\"><b>", 25);
#line 8 "./admin/html/desk_tray.html"
    TMPL_TEXT(out, (j->kind));
    buf_put_bytes(out, "</b> <span class=\"quiet\">", 25);
#line 8 "./admin/html/desk_tray.html"
    TMPL_TEXT(out, (j->subject));
    buf_put_bytes(out, "</span><p class=\"small\">", 24);
#line 8 "./admin/html/desk_tray.html"
    TMPL_TEXT(out, (j->error));
    buf_put_bytes(out, "</p><p class=\"small quiet\">", 27);
#line 8 "./admin/html/desk_tray.html"
    tmpl_sentence_n(out, cx, "{0} try", "{0} tries", (const struct str[]){TMPL_ARG(cx, ( j->tries)), }, 1);
    buf_put_bytes(out, " \302\267 ", 4);
#line 8 "./admin/html/desk_tray.html"
    TMPL_TEXT(out, (j->when));
    buf_put_bytes(out, "</p></div><form method=\"post\" action=\"", 38);
#line 8 "./admin/html/desk_tray.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/tray/jobs/", 11);
#line 8 "./admin/html/desk_tray.html"
    TMPL_URL_PART(out, (j->id));
    buf_put_bytes(out, "/retry\">", 8);
#line 8 "./admin/html/desk_tray.html"
    html_parts_csrf(out, cx, v->desk->page);
    buf_put_bytes(out, "<button class=\"btn s\">", 22);
#line 8 "./admin/html/desk_tray.html"
    tmpl_sentence(out, cx, "Try again", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</button></form><form method=\"post\" action=\"", 44);
#line 8 "./admin/html/desk_tray.html"
    TMPL_URL(out, (v->desk->base));
    buf_put_bytes(out, "/tray/jobs/", 11);
#line 8 "./admin/html/desk_tray.html"
    TMPL_URL_PART(out, (j->id));
    buf_put_bytes(out, "/drop\">", 7);
#line 8 "./admin/html/desk_tray.html"
    html_parts_csrf(out, cx, v->desk->page);
    buf_put_bytes(out, "<button class=\"btn s bad\">", 26);
#line 8 "./admin/html/desk_tray.html"
    tmpl_sentence(out, cx, "Drop", (const struct str[]){{NULL, 0}}, 0);
    buf_put_bytes(out, "</button></form></li>", 21);
#line 8 "./admin/html/desk_tray.html"
    }
    buf_put_bytes(out, "</ul></section>", 15);
#line 8 "./admin/html/desk_tray.html"
    }
    buf_put_bytes(out, "\n</div>\n", 8);
#line 10 "./admin/html/desk_tray.html"
    html_layout_bottom(out, cx, v->desk->page);
    buf_put_bytes(out, "\n", 1);
}
