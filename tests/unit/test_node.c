#include "node/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* Whoever made the directory before us made it with everybody's umask. */
static void a_nodes_directory_is_its_owners_alone(void **state)
{
    (void)state;
    char dir[] = "/tmp/orrery-node-XXXXXX";
    struct stat st;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(node_create(dir, STR("https://t.example")), OK);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    static const char *const files[] = {"secret.key", "store.sqlite", "store.sqlite-wal", "store.sqlite-shm"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[100];
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_nodes_directory_is_its_owners_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
