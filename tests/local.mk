# sources of tests
LINTS += tests/lint/arrows.sh tests/lint/banned.sh tests/lint/body.sh tests/lint/contracts.sh tests/lint/deploy.sh \
	tests/lint/dist.sh tests/lint/docs.sh tests/lint/proof.sh tests/lint/sizes.sh
EXTRA_DIST += tests/bench tests/browser tests/corpus tests/live tests/rig tests/tools tests/package.json \
	tests/package-lock.json

# Which store.h brings along, and what tests leave beside themselves.
EXTRA_DIST += tests/unit/store_template.h
CLEANFILES += tests/unit/store-*.template

# The other end of delivery benchmarks and live tests.
noinst_PROGRAMS += tests/bench/sink
tests_bench_sink_SOURCES = tests/bench/sink.c

# What 'make bench' uses: limits, load, clocks; tests/bench/run.sh puts them together.
EXTRA_PROGRAMS += tests/bench/bare_http tests/bench/probe tests/bench/bench_inbox
tests_bench_bare_http_SOURCES = tests/bench/bare_http.c
tests_bench_bare_http_LDADD = $(MHD_LIBS)
tests_bench_probe_SOURCES = tests/bench/probe.c
tests_bench_bench_inbox_SOURCES = tests/bench/bench_inbox.c
tests_bench_bench_inbox_LDADD = libfed.a libstore.a $(RUNG_BASE) $(EXTERNAL_LIBS)

EXTRA_PROGRAMS += tests/bench/bench_fanout
tests_bench_bench_fanout_SOURCES = tests/bench/bench_fanout.c
tests_bench_bench_fanout_LDADD = libfed.a libstore.a $(RUNG_BASE) $(EXTERNAL_LIBS)

EXTRA_PROGRAMS += tests/bench/bench_nodes
tests_bench_bench_nodes_SOURCES = tests/bench/bench_nodes.c node/wiring.c
tests_bench_bench_nodes_LDADD = $(RUNG_ADMIN) $(EXTERNAL_LIBS)

EXTRA_PROGRAMS += tests/bench/bench_access
tests_bench_bench_access_SOURCES = tests/bench/bench_access.c $(DOMAIN_FIXTURE)
tests_bench_bench_access_LDADD = $(DOMAIN_TEST_LIBS)
EXTRA_PROGRAMS += tests/bench/bench_books
tests_bench_bench_books_SOURCES = tests/bench/bench_books.c node/wiring.c
tests_bench_bench_books_LDADD = $(RUNG_ADMIN) $(EXTERNAL_LIBS)
