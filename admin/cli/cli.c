#include "config.h"

#include "admin/cli/cli.h"
#include "admin/cli/pages.h"

#include "node/base/clock.h"
#include "node/base/i18n.h"
#include "node/db/db.h"
#include "node/jobs/jobs.h"
#include "node/node.h"
#include "node/people/account.h"
#include "node/planet/planet.h"
#include "node/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_verb *const tables[] = {cli_books_verbs,  cli_node_verbs,   cli_planet_verbs, cli_post_verbs,
                                                cli_field_verbs,  cli_fed_key_verbs, cli_offers_verbs,
                                                cli_people_verbs, cli_ops_verbs,    cli_backup_verbs,
                                                cli_media_verbs,  cli_host_verbs,   cli_doctor_verbs,
                                                cli_report_verbs, cli_fed_talk_verbs, cli_move_verbs,   cli_policy_verbs,
                                                cli_nearby_verbs, cli_room_verbs,     cli_rail_verbs,     cli_order_verbs,
                                                cli_singles_verbs,  cli_question_verbs,
                                                cli_bills_verbs,
                                                cli_token_verbs,
                                                cli_life_verbs,
                                                cli_transfer_verbs,
                                                cli_member_verbs,
                                                NULL};

/* ---- reading what was given ---- */

struct str cli_get(const struct cli *cli, const char *name)
{
    for (size_t i = 0; i < cli->n_given; i++)
        if (strcmp(cli->given[i].name, name) == 0)
            return cli->given[i].value;
    return STR_NULL;
}

size_t cli_all(const struct cli *cli, const char *name, struct str *ret, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < cli->n_given && n < max; i++)
        if (strcmp(cli->given[i].name, name) == 0)
            ret[n++] = cli->given[i].value;
    return n;
}

bool cli_has(const struct cli *cli, const char *name)
{
    return cli_get(cli, name).p != NULL;
}

static enum err complain(struct cli *cli, const char *fmt, const char *a, const char *b)
{
    cli->cx->tell = arena_printf(cli->cx->arena, "%s%s%s", a, fmt, b);
    return ERR_INVALID;
}

enum err cli_i64(struct cli *cli, const char *name, int64_t fallback, int64_t *ret)
{
    struct str s = cli_get(cli, name);
    if (s.p == NULL) {
        *ret = fallback;
        return OK;
    }
    if (!str_to_i64(s, ret) || *ret < 0)
        return complain(cli, " is not a whole number: --", s.p, name);
    return OK;
}

enum err cli_file(struct cli *cli, const char *name, size_t max, struct str *ret)
{
    struct str path = cli_get(cli, name);
    if (path.p == NULL) {
        *ret = STR_NULL;
        return OK;
    }
    FILE *f = str_eq_c(path, "-") ? stdin : fopen(path.p, "rb");
    if (f == NULL)
        return complain(cli, ": ", path.p, strerror(errno));
    struct buf b;
    buf_init_arena(&b, cli->cx->arena, max);
    char chunk[65536];
    size_t got;
    while ((got = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_put_bytes(&b, chunk, got);
    bool failed = ferror(f) != 0;
    if (f != stdin)
        fclose(f);
    if (failed || b.overflow)
        return complain(cli, failed ? " cannot be read" : " is too large", path.p, "");
    *ret = buf_str(&b);
    return OK;
}

enum err cli_planet(struct cli *cli, struct planet *ret)
{
    struct str handle = cli_get(cli, "planet");
    if (handle.p != NULL) {
        enum err e = planet_by_handle(cli->cx, handle, ret);
        if (e == OK)
            i18n_clock(cli->cx, ret->zone);
        if (e == ERR_NOT_FOUND)
            return complain(cli, "There is no planet ", "", handle.p);
        return e;
    }
    struct planet *all;
    size_t n;
    TRY(planet_list(cli->cx, &all, &n));
    if (n != 1)
        return complain(cli, n == 0 ? "This node has no planet yet." : "Say which planet: --planet", "",
                        n == 0 ? "" : " HANDLE");
    *ret = all[0];
    i18n_clock(cli->cx, ret->zone);
    return OK;
}

enum err cli_account(struct cli *cli, struct account *ret)
{
    struct str who = cli_get(cli, "account");
    enum err e = who.n > 0 && who.p[0] == '@'
                     ? account_by_username(cli->cx, str_sub(who, 1, SIZE_MAX), ret)
                     : account_by_mail(cli->cx, who, ret);
    if (e == ERR_NOT_FOUND)
        return complain(cli, "There is no account ", "", who.p == NULL ? "" : who.p);
    return e;
}

/* ---- printing ---- */

void cli_begin(struct cli *cli, bool list, const char *const *columns)
{
    cli->columns = columns;
    cli->list = list;
    if (cli->json) {
        jw_init(&cli->jw, &cli->out);
        if (list)
            jw_arr(&cli->jw);
    } else if (list) {
        for (size_t i = 0; columns[i] != NULL; i++)
            buf_fmt(&cli->out, "%s%s", i > 0 ? "\t" : "", columns[i]);
        buf_put_char(&cli->out, '\n');
    }
}

/* Text that a stranger may have chosen never moves the terminal's cursor. */
static void put_plain(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_put_char(out, (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? ' ' : s.p[i]);
}

void cli_row(struct cli *cli, const struct str *values)
{
    if (cli->json)
        jw_obj(&cli->jw);
    for (size_t i = 0; cli->columns[i] != NULL; i++) {
        if (cli->json) {
            jw_key_str(&cli->jw, cli->columns[i], values[i]);
        } else if (cli->list) {
            if (i > 0)
                buf_put_char(&cli->out, '\t');
            put_plain(&cli->out, values[i].p == NULL ? STR("-") : values[i]);
        } else {
            buf_fmt(&cli->out, "%s: ", cli->columns[i]);
            put_plain(&cli->out, values[i].p == NULL ? STR("-") : values[i]);
            buf_put_char(&cli->out, '\n');
        }
    }
    if (cli->json)
        jw_end(&cli->jw);
    else if (cli->list)
        buf_put_char(&cli->out, '\n');
}

void cli_end(struct cli *cli)
{
    if (cli->json) {
        if (cli->list)
            jw_end(&cli->jw);
        buf_put_char(&cli->out, '\n');
    }
}

struct str cli_dir(struct cli *cli)
{
    char *whole = realpath(cli->dir, NULL);
    struct str dir = str_dup(cli->cx->arena, str_c(whole == NULL ? cli->dir : whole));
    free(whole);
    return dir;
}

struct str cli_id(struct cli *cli, int64_t id)
{
    return id == DB_NULL ? STR_NULL : str_fmt(cli->cx->arena, "%lld", (long long)id);
}

struct str cli_time(struct cli *cli, int64_t ms)
{
    return ms == DB_NULL ? STR_NULL : clock_rfc3339(cli->cx->arena, ms);
}

/* ---- help ---- */

/* These two read their words themselves, in node/serve.c and node/serve_host.c. */
static const struct cli_verb serving_verbs[] = {
    {"serve", NULL, false, "serve the node in DIR", NULL, NULL},
    {"host serve", NULL, false, "serve all nodes of a hosting provider in HOSTDIR", NULL, NULL},
    {0},
};

/* Is it one of the family ("host", "host node"; "": of all)? */
static bool is_of(const struct cli_verb *v, struct str family)
{
    return family.n == 0 || (str_starts(str_c(v->name), family) && v->name[family.n] == ' ');
}

/* How many there are; f NULL: only counts. */
static size_t list_verbs(FILE *f, const struct cli_verb *v, struct str family)
{
    size_t n = 0;
    for (; v->name != NULL; v++) {
        if (!is_of(v, family))
            continue;
        n++;
        if (f != NULL)
            fprintf(f, "  %-22s %s\n", v->name, v->help);
    }
    return n;
}

static size_t list_all(FILE *f, struct str family)
{
    size_t n = list_verbs(f, serving_verbs, family);
    for (size_t t = 0; tables[t] != NULL; t++)
        n += list_verbs(f, tables[t], family);
    return n;
}

static void help_family(FILE *f, struct str family)
{
    if (family.n == 0)
        fputs("Orrery, a self-hosted, federated community node.\n\n", f);
    fputs("usage: orrery VERB DIR [options]\n\n", f);
    (void)list_all(f, family);
    fputs("\nEvery verb has --help and --json. Exit status: 0 done, 1 failed, 2 misused.\n", f);
}

static void help_verb(const struct cli_verb *v, FILE *f)
{
    fprintf(f, "usage: orrery %s%s%s %s [options]\n\n%s\n\n", v->name, v->files == NULL ? "" : " ",
            v->files == NULL ? "" : v->files, str_starts(str_c(v->name), STR("host ")) ? "HOSTDIR" : "DIR",
            v->help);
    for (const struct cli_option *o = v->options; o != NULL && o->name != NULL; o++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->value == NULL ? "" : " ",
                 o->value == NULL ? "" : o->value);
        fprintf(f, "  %-28s %s%s\n", left, o->help, o->required ? " (required)" : "");
    }
    fprintf(f, "  %-28s %s\n  %-28s %s\n", "--json", "print JSON", "--help", "this text");
}

/* ---- the way in ---- */

/* The verb whose words stand at argv[1]…; *ret_words says how many. */
static const struct cli_verb *find_verb(int argc, char **argv, int *ret_words)
{
    const struct cli_verb *best = NULL;
    for (size_t t = 0; tables[t] != NULL; t++) {
        for (const struct cli_verb *v = tables[t]; v->name != NULL; v++) {
            struct str rest = str_c(v->name), piece;
            int words = 0;
            while (str_next(&rest, ' ', &piece)) {
                if (words + 1 >= argc || !str_eq_c(piece, argv[words + 1]))
                    break;
                words++;
            }
            if (rest.p == NULL && words > 0 && str_eq_c(piece, argv[words]) &&
                (best == NULL || words > *ret_words)) {
                best = v;
                *ret_words = words;
            }
        }
    }
    return best;
}

static const struct cli_option *find_option(const struct cli_verb *v, struct str name)
{
    for (const struct cli_option *o = v->options; o != NULL && o->name != NULL; o++)
        if (str_eq_c(name, o->name))
            return o;
    return NULL;
}

static int misuse(const struct cli_verb *v, const char *what, const char *arg)
{
    fprintf(stderr, "orrery %s: %s%s\nTry 'orrery %s --help'.\n", v->name, what, arg, v->name);
    return 2;
}

/* 0 to go on, else an exit status + 1. */
static int parse(struct cli *cli, int argc, char **argv, int from)
{
    const struct cli_verb *v = cli->verb;
    for (int i = from; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            cli->json = true;
        } else if (strcmp(argv[i], "--help") == 0) {
            help_verb(v, stdout);
            return 1;
        } else if (strncmp(argv[i], "--", 2) != 0) {
            if (cli->dir != NULL) { /* the last one is the directory */
                if (v->files == NULL || cli->n_files == CLI_MAX_FILES)
                    return misuse(v, "one directory, not also ", argv[i]) + 1;
                cli->files[cli->n_files++] = cli->dir;
            }
            cli->dir = argv[i];
        } else {
            struct str name = str_c(argv[i] + 2), value = STR("");
            size_t eq = str_find_char(name, '=', 0);
            if (eq != SIZE_MAX) {
                value = str_sub(name, eq + 1, SIZE_MAX);
                name = str_sub(name, 0, eq);
            }
            const struct cli_option *o = find_option(v, name);
            if (o == NULL)
                return misuse(v, "no such option: ", argv[i]) + 1;
            if (o->value != NULL && eq == SIZE_MAX) {
                if (i + 1 == argc)
                    return misuse(v, "a value is missing behind ", argv[i]) + 1;
                value = str_c(argv[++i]);
            }
            if (cli->n_given == sizeof cli->given / sizeof *cli->given)
                return misuse(v, "too many options", "") + 1;
            cli->given[cli->n_given].name = o->name;
            cli->given[cli->n_given++].value = value;
        }
    }
    for (const struct cli_option *o = v->options; o != NULL && o->name != NULL; o++)
        if (o->required && !cli_has(cli, o->name))
            return misuse(v, "this option is required: --", o->name) + 1;
    if (cli->dir == NULL)
        return misuse(v, "say which directory the node is in", "") + 1;
    if (v->files != NULL && cli->n_files == 0)
        return misuse(v, "say before the directory which ", v->files) + 1;
    return 0;
}

/* Never a bare word of the program's. */
static const char *words_of(const struct cli *cli, enum err e)
{
    if (cli->cx->tell != NULL || cli->cx->fail != NULL)
        return cli->cx->tell != NULL ? cli->cx->tell : cli->cx->fail;
    return e == ERR_NOT_FOUND ? tr(cli->cx, N_("There is nothing of this name or number.")) : err_name(e);
}

static int report(struct cli *cli, enum err e)
{
    if (e == OK) {
        if (cli->list && !cli->json && isatty(STDOUT_FILENO))
            cli_align(&cli->out);
        fwrite(buf_str(&cli->out).p, 1, cli->out.n, stdout);
        return fflush(stdout) == 0 && !cli->failed ? 0 : 1;
    }
    const char *why = words_of(cli, e);
    if (cli->json) {
        struct buf b;
        struct jw w;
        buf_init(&b, 65536);
        jw_init(&w, &b);
        jw_obj(&w);
        jw_key_c(&w, "error", err_name(e));
        jw_key_c(&w, "message", why);
        jw_end(&w);
        fprintf(stderr, "%s\n", buf_str(&b).p);
        buf_free(&b);
    } else {
        fprintf(stderr, "orrery %s: %s\n", cli->verb->name, why);
    }
    return 1;
}

/* A serving process keeps public pages in its memory, out of our reach; it looks into the queue. */
static enum err tell_the_server(struct cx *cx)
{
    if (atomic_load(&cx->node->public_generation) == 0)
        return OK;
    TX_SCOPE(cx);
    TRY(job_put(cx, "cache.drop", 0, STR_NULL, STR_NULL, 0));
    return tx_commit(cx);
}

static enum err act_as_owner(struct cx *cx)
{
    struct account owner;
    enum err e = account_owner(cx, &owner);
    if (e == OK)
        cx->viewer = owner.id;
    return e == ERR_NOT_FOUND ? OK : e;
}

/* No verb was named: perhaps the first words of several. */
static int no_verb(int argc, char **argv)
{
    struct buf words;
    size_t known = 0;
    bool help = false;
    buf_init(&words, 4096);
    for (int i = 1; i < argc; i++) {
        help = help || strcmp(argv[i], "--help") == 0;
        if (known < words.n || argv[i][0] == '-')
            continue; /* behind what is no word of any verb */
        buf_fmt(&words, "%s%s", known > 0 ? " " : "", argv[i]);
        if (list_all(NULL, buf_str(&words)) > 0)
            known = words.n;
    }
    struct str family = str_sub(buf_str(&words), 0, known);
    if (known == 0)
        fprintf(stderr, "orrery: no such verb: %s\nTry 'orrery --help'.\n", argv[1]);
    else if (!help)
        fprintf(stderr, "orrery " STR_FMT ": which of these?\n\n", STR_ARG(family));
    if (known > 0)
        help_family(help ? stdout : stderr, family);
    buf_free(&words);
    return known > 0 && help ? 0 : 2;
}

int cli_main(struct server *server, int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        help_family(argc < 2 ? stderr : stdout, STR(""));
        return argc < 2 ? 2 : 0;
    }
    if (strcmp(argv[1], "--man") == 0 || strcmp(argv[1], "--completion") == 0) {
        (argv[1][2] == 'm' ? pages_man : pages_completion)(stdout, tables);
        return fflush(stdout) == 0 ? 0 : 1;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("orrery " PACKAGE_VERSION);
        return 0;
    }
    struct cli cli = {.server = server};
    int words = 0;
    cli.verb = find_verb(argc, argv, &words);
    if (cli.verb == NULL)
        return no_verb(argc, argv);
    int stop = parse(&cli, argc, argv, words + 1);
    if (stop != 0)
        return stop - 1;
    buf_init(&cli.out, 256 << 20);
    struct node nowhere = {.server = server, .dir = cli.dir};
    struct node *node = NULL;
    if (cli.verb->opens_node && node_open(server, cli.dir, &node) != OK)
        return 1;
    cli.cx = cx_new(node == NULL ? &nowhere : node);
    enum err e = node == NULL ? OK : act_as_owner(cli.cx);
    if (e == OK)
        e = cli.verb->run(&cli);
    if (node != NULL) {
        enum err told = tell_the_server(cli.cx); /* also after a verb that failed half-way */
        e = e == OK ? told : e;
    }
    int status = report(&cli, e);
    cx_free(cli.cx);
    buf_free(&cli.out);
    node_close(node);
    return status;
}
