/* Made by tmplc; do not edit. */
#pragma once

#include "admin/view.h"
#include "node/base/tmpl.h"

void html_desk(struct buf *out, struct cx *cx, const struct view_desk_overview *v);
void html_desk_codes(struct buf *out, struct cx *cx, const struct view_desk_codes *v);
void html_desk_codes_made(struct buf *out, struct cx *cx, const struct view_desk_codes_made *v);
void html_desk_head(struct buf *out, struct cx *cx, const struct view_desk *d);
void html_desk_length(struct buf *out, struct cx *cx, struct str length, struct str unit);
void html_desk_members(struct buf *out, struct cx *cx, const struct view_desk_members *v);
void html_desk_settings(struct buf *out, struct cx *cx, const struct view_desk_settings *v);
void html_desk_tiers(struct buf *out, struct cx *cx, const struct view_desk_tiers *v);
void html_desk_tray(struct buf *out, struct cx *cx, const struct view_desk_tray *v);
