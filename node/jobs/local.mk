# The queue and its threads; events, which put rows into it.
SQL_STORE += node/jobs/jobs.sql
libstore_a_SOURCES += \
	node/event.c node/event.h \
	node/jobs/ends.c \
	node/jobs/jobs.c node/jobs/jobs.h node/jobs/jobs_private.h \
	node/jobs/lease.c \
	node/jobs/queue.c \
	node/jobs/share.c \
	node/jobs/turn.c

check_PROGRAMS += tests/unit/test_jobs
tests_unit_test_jobs_SOURCES = tests/unit/test_jobs.c tests/unit/store.h tests/unit/unit.h
tests_unit_test_jobs_LDADD = $(STORE_TEST_LIBS)

check_PROGRAMS += tests/unit/test_jobs_nodes
tests_unit_test_jobs_nodes_SOURCES = tests/unit/test_jobs_nodes.c tests/unit/store.h tests/unit/unit.h
tests_unit_test_jobs_nodes_LDADD = $(STORE_TEST_LIBS)
tests/unit/test_jobs_nodes.$(OBJEXT): | node/jobs/jobs_sql.h

check_PROGRAMS += tests/unit/test_jobs_shared
tests_unit_test_jobs_shared_SOURCES = tests/unit/test_jobs_shared.c tests/unit/store.h tests/unit/unit.h
tests_unit_test_jobs_shared_LDADD = $(STORE_TEST_LIBS)

check_PROGRAMS += tests/unit/test_jobs_sleep
tests_unit_test_jobs_sleep_SOURCES = tests/unit/test_jobs_sleep.c tests/unit/store.h tests/unit/unit.h
tests_unit_test_jobs_sleep_LDADD = $(STORE_TEST_LIBS)

EXTRA_PROGRAMS += tests/bench/bench_store
tests_bench_bench_store_SOURCES = tests/bench/bench_store.c
tests_bench_bench_store_LDADD = $(STORE_TEST_LIBS)
