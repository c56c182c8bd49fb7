libstore_a_SOURCES += \
	node/text/emoji.c node/text/emoji.h \
	node/text/excerpt.c node/text/excerpt.h \
	node/text/html_text.c \
	node/text/link.c node/text/link.h \
	node/text/markdown.c node/text/markdown.h \
	node/text/markdown_tree.c node/text/markdown_tree.h \
	node/text/qr.c node/text/qr.h node/text/qr_png.c node/text/qr_png.h \
	node/text/sanitize.c node/text/sanitize.h \
	node/text/scan.c node/text/scan.h

check_PROGRAMS += tests/unit/test_markdown tests/unit/test_sanitize tests/unit/test_scan tests/unit/test_emoji tests/unit/test_qr
tests_unit_test_emoji_SOURCES = tests/unit/test_emoji.c tests/unit/unit.h
tests_unit_test_emoji_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_markdown_SOURCES = tests/unit/test_markdown.c tests/unit/unit.h
tests_unit_test_markdown_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_qr_SOURCES = tests/unit/test_qr.c tests/unit/unit.h
tests_unit_test_qr_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_sanitize_SOURCES = tests/unit/test_sanitize.c tests/unit/unit.h
tests_unit_test_sanitize_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_scan_SOURCES = tests/unit/test_scan.c tests/unit/unit.h
tests_unit_test_scan_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

# ./check runs these with the seeds in tests/corpus/NAME.
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_markdown tests/fuzz/fuzz_sanitize
FUZZERS += tests/fuzz/fuzz_markdown tests/fuzz/fuzz_sanitize
tests_fuzz_fuzz_markdown_SOURCES = tests/fuzz/fuzz_markdown.c
tests_fuzz_fuzz_markdown_LDADD = $(RUNG_STORE) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_markdown_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_sanitize_SOURCES = tests/fuzz/fuzz_sanitize.c
tests_fuzz_fuzz_sanitize_LDADD = $(RUNG_STORE) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_sanitize_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
endif
