/* The command line's table as a manual page and as completion for bash; made at build time. */
#ifndef ADMIN_CLI_PAGES_H
#define ADMIN_CLI_PAGES_H

#include <stdio.h>

#include "admin/cli/cli.h"

/* tables: NULL-terminated. */
void pages_man(FILE *f, const struct cli_verb *const *tables);        /* orrery(1), for man(7) */
void pages_completion(FILE *f, const struct cli_verb *const *tables); /* for bash-completion */

#endif
