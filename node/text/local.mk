libstore_a_SOURCES += \
	node/text/excerpt.c node/text/excerpt.h \
	node/text/html_text.c \
	node/text/link.c node/text/link.h \
	node/text/markdown.c node/text/markdown.h \
	node/text/markdown_tree.c node/text/markdown_tree.h \
	node/text/sanitize.c node/text/sanitize.h \
	node/text/scan.c node/text/scan.h

check_PROGRAMS += tests/unit/test_markdown tests/unit/test_sanitize tests/unit/test_scan
tests_unit_test_markdown_SOURCES = tests/unit/test_markdown.c tests/unit/unit.h
tests_unit_test_markdown_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_sanitize_SOURCES = tests/unit/test_sanitize.c tests/unit/unit.h
tests_unit_test_sanitize_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_scan_SOURCES = tests/unit/test_scan.c tests/unit/unit.h
tests_unit_test_scan_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
