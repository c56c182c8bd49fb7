/* The characters of a redeem code: base32 after Crockford (no I, L, O, U), 19 by chance and one
 * that checks them over GF(32), so that any one wrong character and any two swapped ones are
 * noticed. */
#ifndef NODE_MONEY_CODE_TEXT_H
#define NODE_MONEY_CODE_TEXT_H

#include "node/base/str.h"

struct arena;

enum { CODE_CHARS = 20, CODE_GROUP = 5, CODE_MEMO = 8 };

/* A new one, 20 characters without hyphens. */
struct str code_text_new(struct arena *a);
/* "ABCDE-FGHJK-…" as people see it. */
struct str code_text_show(struct arena *a, struct str code);
/* What somebody typed to 20 characters: any case, O for 0, I and L for 1; spaces, hyphens and their
 * typographic kin are dropped. False when it cannot be a code; ret is then what was made of it. */
bool code_text_read(struct arena *a, struct str typed, struct str *ret);
/* The same in short, for what people write on a bank transfer: no secret, so seven by chance and the one that
 * checks them. */
struct str code_memo_new(struct arena *a);
bool code_memo_read(struct arena *a, struct str typed, struct str *ret);

#endif
