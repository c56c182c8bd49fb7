/* How every mail of ours looks: words, one button, small print; plain and as HTML. */
#ifndef NODE_PEOPLE_MAIL_FRAME_H
#define NODE_PEOPLE_MAIL_FRAME_H

#include "node/cx.h"
#include "node/net/smtp.h"

struct mail_words {
    struct str text;        /* paragraphs parted by an empty line */
    struct str url, label;  /* STR_NULL: no button */
    struct str small;       /* below, in small letters; lines; STR_NULL: none */
};
/* Fills m->text and m->html, in the language of the cx. */
void mail_frame(struct cx *cx, const struct mail_words *w, struct mail *m);
/* From whom: name <the address of the setting mail.from>; name empty: as the setting stands. */
MUST_USE enum err mail_from(struct cx *cx, struct str name, struct str *ret);

#endif
