/* The command line's frame: which verb is meant, with which exit status, and lists for the eye. */
#include "tests/unit/unit.h"

#include "admin/cli/cli.h"
#include "node/base/arena.h"
#include "node/server.h"

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The exit status of the words, and what was said on one of the outputs (1, 2). */
static int run(const char *const *argv, int output, char *ret, size_t max)
{
    struct server server = {0};
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    FILE *said = tmpfile();
    assert_non_null(said);
    fflush(NULL);
    int kept = dup(output);
    assert_true(dup2(fileno(said), output) >= 0);
    int status = cli_main(&server, argc, (char **)(uintptr_t)argv);
    fflush(NULL);
    assert_true(dup2(kept, output) >= 0);
    close(kept);
    rewind(said);
    ret[fread(ret, 1, max - 1, said)] = '\0';
    fclose(said);
    return status;
}

#define WORDS(...) ((const char *[]){"orrery", __VA_ARGS__, NULL})

static void a_family_lists_its_verbs(void **state)
{
    (void)state;
    static char said[65536];
    assert_int_equal(run(WORDS("host", "--help"), 1, said, sizeof said), 0);
    assert_non_null(strstr(said, "host serve"));
    assert_non_null(strstr(said, "host node create"));
    assert_null(strstr(said, "post create"));
    assert_int_equal(run(WORDS("host", "node", "--help"), 1, said, sizeof said), 0);
    assert_non_null(strstr(said, "host node create"));
    assert_null(strstr(said, "host plan"));
    assert_int_equal(run(WORDS("post"), 2, said, sizeof said), 2);
    assert_non_null(strstr(said, "post create"));
    assert_int_equal(run(WORDS("host", "frob", "/nowhere"), 2, said, sizeof said), 2);
    assert_non_null(strstr(said, "host node create"));
}

static void no_verb_is_misuse(void **state)
{
    (void)state;
    static char said[65536];
    assert_int_equal(run(WORDS("frob"), 2, said, sizeof said), 2);
    assert_non_null(strstr(said, "no such verb: frob"));
    assert_int_equal(run(WORDS("hos", "--help"), 2, said, sizeof said), 2); /* whole words only */
    assert_non_null(strstr(said, "no such verb: hos"));
    assert_int_equal(run((const char *[]){"orrery", NULL}, 2, said, sizeof said), 2);
    assert_int_equal(run(WORDS("--help"), 1, said, sizeof said), 0);
    assert_non_null(strstr(said, "host serve"));
    assert_int_equal(run(WORDS("host", "node", "list", "--help"), 1, said, sizeof said), 0);
    assert_non_null(strstr(said, "HOSTDIR [options]"));
    assert_int_equal(run(WORDS("host", "node", "list"), 2, said, sizeof said), 2);
}

static void lists_stand_in_columns(void **state)
{
    (void)state;
    struct buf b;
    assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
    buf_init(&b, 65536);
    buf_put_c(&b, "name\tstate\n山外\tactive\nlonger\t\nx\t-\n");
    cli_align(&b);
    assert_string_equal(buf_str(&b).p, "name    state\n山外    active\nlonger  \nx       -\n");
    buf_free(&b);
    buf_init(&b, 65536);
    cli_align(&b); /* nothing is there */
    assert_int_equal(b.n, 0);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_family_lists_its_verbs),
        cmocka_unit_test(no_verb_is_misuse),
        cmocka_unit_test(lists_stand_in_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
