libbase_a_SOURCES += \
	node/base/arena.c node/base/arena.h \
	node/base/buf.c node/base/buf.h \
	node/base/err.c node/base/err.h \
	node/base/str.c node/base/str.h

check_PROGRAMS += tests/unit/test_base
tests_unit_test_base_SOURCES = tests/unit/test_base.c tests/unit/unit.h
tests_unit_test_base_LDADD = $(RUNG_BASE) $(CMOCKA_LIBS)
