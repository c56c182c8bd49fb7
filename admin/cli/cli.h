/* The command line: one table of verbs is parser, help and documentation.
 *
 * A verb prints records: cli_begin names the columns, cli_row adds one, cli_end closes. As text a
 * single record is "name: value" lines and a list is tab-separated with a heading, in columns on a
 * terminal; with --json it is an object or an array. Results on stdout, errors on stderr, exit status 0 done, 1 failed,
 * 2 misused. */
#ifndef ADMIN_CLI_CLI_H
#define ADMIN_CLI_CLI_H

#include "node/base/buf.h"
#include "node/base/jw.h"
#include "node/cx.h"

enum { CLI_MAX_OPTIONS = 16, CLI_MAX_VALUES = 32, CLI_MAX_FILES = 1000 };

struct cli;
struct server;

struct cli_option {
    const char *name;  /* "title" */
    const char *value; /* what stands behind it, "TEXT"; NULL: a switch */
    bool required;
    const char *help;
};

struct cli_verb {
    const char *name;  /* "post create" */
    enum err (*run)(struct cli *cli);
    bool opens_node;   /* cli->cx is on the node in DIR, viewer is its owner */
    const char *help;
    const struct cli_option *options; /* ends with name == NULL */
    const char *files; /* what may stand before DIR, "FILE…"; NULL: nothing */
};

struct cli {
    const struct cli_verb *verb;
    struct server *server;
    const char *dir;
    const char *files[CLI_MAX_FILES]; /* those before dir */
    size_t n_files;
    struct cx *cx;
    bool json;
    bool failed; /* what it found is bad: it prints, and the exit status is 1 */
    struct { const char *name; struct str value; } given[CLI_MAX_OPTIONS + CLI_MAX_VALUES];
    size_t n_given;
    /* output */
    struct buf out;
    struct jw jw;
    const char *const *columns;
    bool list;
};

struct str cli_get(const struct cli *cli, const char *name); /* STR_NULL: not given */
size_t cli_all(const struct cli *cli, const char *name, struct str *ret, size_t max);
bool cli_has(const struct cli *cli, const char *name);
/* A whole number option; ERR_INVALID with a sentence otherwise. */
MUST_USE enum err cli_i64(struct cli *cli, const char *name, int64_t fallback, int64_t *ret);
/* The contents of the file that the option names ("-": standard input), at most max bytes. */
MUST_USE enum err cli_file(struct cli *cli, const char *name, size_t max, struct str *ret);
/* The planet of --planet HANDLE. */
struct planet;
MUST_USE enum err cli_planet(struct cli *cli, struct planet *ret);
/* The account of --account MAIL. */
struct account;
MUST_USE enum err cli_account(struct cli *cli, struct account *ret);

/* columns: NULL-terminated names. list: many rows (else exactly one). */
void cli_begin(struct cli *cli, bool list, const char *const *columns);
void cli_row(struct cli *cli, const struct str *values); /* p == NULL: null */
void cli_end(struct cli *cli);
/* Tab-separated rows, on malloc's memory: padded with spaces to columns. Done by itself for a list that
 * goes to a terminal. */
void cli_align(struct buf *rows);
struct str cli_dir(struct cli *cli); /* DIR as an absolute path, to be printed */
struct str cli_id(struct cli *cli, int64_t id);
struct str cli_time(struct cli *cli, int64_t ms); /* DB_NULL: STR_NULL */

/* Runs argv; server carries the wiring and route tables. Returns the exit status. */
int cli_main(struct server *server, int argc, char **argv);

/* Verb tables, one a file; each ends with name == NULL. */
extern const struct cli_verb cli_transfer_verbs[];
extern const struct cli_verb cli_bills_verbs[];
extern const struct cli_verb cli_fed_talk_verbs[], cli_room_verbs[];
extern const struct cli_verb cli_books_verbs[];
extern const struct cli_verb cli_fed_key_verbs[], cli_field_verbs[], cli_offers_verbs[];
extern const struct cli_verb cli_node_verbs[], cli_planet_verbs[], cli_post_verbs[],
    cli_people_verbs[], cli_ops_verbs[], cli_backup_verbs[], cli_media_verbs[], cli_host_verbs[],
    cli_doctor_verbs[], cli_report_verbs[], cli_move_verbs[], cli_policy_verbs[], cli_nearby_verbs[],
    cli_rail_verbs[], cli_order_verbs[];
extern const struct cli_verb cli_singles_verbs[], cli_question_verbs[], cli_member_verbs[];
extern const struct cli_verb cli_token_verbs[];
extern const struct cli_verb cli_life_verbs[];

#define CLI_PLANET_OPTION {"planet", "HANDLE", false, "the planet; may be left out when there is one"}
#define CLI_ACCOUNT_OPTION {"account", "MAIL", true, "the account's mail address or @username"}

#endif
