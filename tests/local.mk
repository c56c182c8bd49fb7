# sources of tests
LINTS += tests/lint/arrows.sh tests/lint/banned.sh tests/lint/body.sh tests/lint/contracts.sh \
	tests/lint/sizes.sh

# The other end of delivery benchmarks and live tests.
noinst_PROGRAMS += tests/bench/sink
tests_bench_sink_SOURCES = tests/bench/sink.c

EXTRA_PROGRAMS += tests/bench/bench_fanout
tests_bench_bench_fanout_SOURCES = tests/bench/bench_fanout.c
tests_bench_bench_fanout_LDADD = libfed.a libstore.a $(RUNG_BASE) $(EXTERNAL_LIBS)
