/* What those who look after things did: who, when, what, to which thing. Kept for good, read by the
 * owner. Never texts of people, mails or secrets: names of things and numbers. */
#ifndef NODE_PEOPLE_AUDIT_H
#define NODE_PEOPLE_AUDIT_H

#include "node/cx.h"

/* Joins the caller's transaction, so that what was done and that it was done are one. The viewer did
 * it; 0, the program itself, is written as nobody. what: "report.resolve"; subject: the id of the
 * thing, 0: none; detail STR_NULL: none. */
MUST_USE enum err audit_put(struct cx *cx, const char *what, int64_t subject, struct str detail);

#endif
