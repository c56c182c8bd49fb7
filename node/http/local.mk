libhttp_a_SOURCES += \
	node/http/http.h node/http/frame.h \
	node/http/body.c \
	node/http/cache.c node/http/cache.h \
	node/http/cookie.c \
	node/http/door.c \
	node/http/form.c node/http/form.h \
	node/http/guard.c \
	node/http/internal.c node/http/internal.h \
	node/http/linger.c \
	node/http/mhd.c \
	node/http/ops.c node/http/ops.h \
	node/http/parse.c node/http/parse.h \
	node/http/pool.c \
	node/http/reply.c \
	node/http/request.c \
	node/http/route.c node/http/route.h \
	node/http/start.c

check_PROGRAMS += tests/unit/test_http_parse
tests_unit_test_http_parse_SOURCES = tests/unit/test_http_parse.c tests/unit/unit.h
tests_unit_test_http_parse_LDADD = $(RUNG_HTTP) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

HTTP_SITE = tests/unit/http_site.c \
	tests/unit/http_site.h \
	tests/unit/http_rig.c \
	tests/unit/http_rig.h \
	tests/unit/unit.h
check_PROGRAMS += tests/unit/test_http_bodies
tests_unit_test_http_bodies_SOURCES = tests/unit/test_http_bodies.c $(HTTP_SITE)
tests_unit_test_http_bodies_LDADD = $(RUNG_HTTP) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_http_server
tests_unit_test_http_server_SOURCES = tests/unit/test_http_server.c $(HTTP_SITE)
tests_unit_test_http_server_LDADD = $(RUNG_HTTP) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_http_cache
tests_unit_test_http_cache_SOURCES = tests/unit/test_http_cache.c tests/unit/http_rig.c \
	tests/unit/http_rig.h tests/unit/unit.h
tests_unit_test_http_cache_LDADD = $(RUNG_HTTP) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_http_nodes
tests_unit_test_http_nodes_SOURCES = tests/unit/test_http_nodes.c tests/unit/http_rig.c \
	tests/unit/http_rig.h tests/unit/node_dirs.h tests/unit/unit.h
tests_unit_test_http_nodes_LDADD = $(RUNG_HTTP) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

if FUZZ
FUZZERS += tests/fuzz/fuzz_multipart tests/fuzz/fuzz_request
noinst_PROGRAMS += tests/fuzz/fuzz_multipart tests/fuzz/fuzz_request
tests_fuzz_fuzz_multipart_SOURCES = tests/fuzz/fuzz_multipart.c
tests_fuzz_fuzz_multipart_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_multipart_LDADD = $(RUNG_HTTP) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_request_SOURCES = tests/fuzz/fuzz_request.c
tests_fuzz_fuzz_request_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_request_LDADD = $(RUNG_HTTP) $(EXTERNAL_LIBS)
endif

