# sources of federation

libfed_a_SOURCES += \
	federation/httpsig.c federation/httpsig.h federation/httpsig_int.h \
	federation/httpsig_9421.c federation/httpsig_draft.c federation/httpsig_sign.c

check_PROGRAMS += tests/unit/test_httpsig
tests_unit_test_httpsig_SOURCES = tests/unit/test_httpsig.c tests/unit/httpsig_vectors.h \
	tests/unit/unit.h
tests_unit_test_httpsig_LDADD = libfed.a $(RUNG_BASE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
