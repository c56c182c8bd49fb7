/* The settings of a node: one table is parser, defaults, help, `orrery settings`, and the form. */
#ifndef NODE_SETTINGS_H
#define NODE_SETTINGS_H

#include "node/cx.h"

enum setting_type { SETTING_TEXT, SETTING_BOOL, SETTING_URL, SETTING_MAIL, SETTING_LOCALE };

struct setting_row {
    const char *key;
    enum setting_type type;
    const char *fallback; /* NULL: none */
    bool frozen;          /* written at init, never again */
    bool secret;          /* sealed in the store, shown as dots */
    const char *help;     /* English, marked for translation */
    /* Beyond the type, before it is stored; may ask the network. NULL: nothing more. */
    enum err (*check)(struct cx *cx, struct str value);
};

const struct setting_row *setting_rows(void); /* ends with key == NULL */
/* Stored value, else the fallback, else STR_NULL. An unknown key is ERR_INTERNAL. */
MUST_USE enum err setting_get(struct cx *cx, const char *key, struct str *ret);
/* Checked by type; ERR_INVALID says what is wrong. ERR_NOT_FOUND: no such setting. */
MUST_USE enum err setting_set(struct cx *cx, struct str key, struct str value);
/* Behind the @ of a handle: the setting handle_host, else the node's own host. */
struct str setting_handle_host(struct cx *cx);
/* For init only: a frozen one. */
MUST_USE enum err setting_freeze(struct cx *cx, const char *key, struct str value);

#endif
