/* Translated sentences. Catalogues are compiled in (web/po). Thread-safe, read-only.
 * Also dates and money as the two languages write them. */
#ifndef NODE_BASE_I18N_H
#define NODE_BASE_I18N_H

#include "node/base/zone.h"
#include "node/cx.h"

const char *i18n_get(enum locale locale, const char *msgid);
const char *i18n_getn(enum locale locale, const char *msgid, const char *plural, int64_t n);
/* {0}…{9} replaced; nothing is escaped. */
struct str i18n_fill(struct arena *a, const char *pattern, const struct str *args, size_t n_args);
#define tr(cx, lit) i18n_get((cx)->locale, lit)
struct str i18n_tag(enum locale locale);                       /* "en", "zh-CN" */
enum locale i18n_choose(struct str accept_language);           /* RFC 9110 12.5.4; default en */
bool i18n_parse(struct str tag, enum locale *ret);
/* From here on dates are those of this zone (ZONE_UTC at first): a planet's, on all that is about its money. The name
 * must live as long as the cx does. A zone that tzdata doesn't know is UTC, and the log says so. */
void i18n_clock(struct cx *cx, struct str zone_name);
const struct zone *i18n_zone(struct cx *cx);
/* Another one, without showing dates by it. */
const struct zone *i18n_zone_of(struct cx *cx, struct str zone_name);
struct str i18n_date(struct cx *cx, int64_t ms);               /* 20 Nov 2026 / 2026年11月20日 */
struct str i18n_datetime(struct cx *cx, int64_t ms);           /* 20 Nov 2026 08:00 UTC+8 */
struct str i18n_ago(struct cx *cx, int64_t ms);                /* "3 hours ago" / "3小时前"; dates beyond a week */
struct str i18n_money(struct cx *cx, int64_t minor, struct str currency); /* ¥365, ¥36.50 */

#endif
