# sources of node/net
libstore_a_SOURCES += \
	node/net/fetch.c node/net/fetch.h node/net/fetch_int.h \
	node/net/fetch_easy.c node/net/fetch_loop.c \
	node/net/mail_compose.c \
	node/net/s3.c node/net/s3.h node/net/s3_check.c node/net/s3_int.h \
	node/net/s3_setting.c \
	node/net/s3sign.c node/net/s3sign.h \
	node/net/smtp.c node/net/smtp.h

check_PROGRAMS += tests/unit/test_fetch
tests_unit_test_fetch_SOURCES = tests/unit/test_fetch.c tests/unit/gzip_samples.h \
	tests/unit/loopback.h tests/unit/unit.h
tests_unit_test_fetch_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_smtp
tests_unit_test_smtp_SOURCES = tests/unit/test_smtp.c tests/unit/loopback.h tests/unit/unit.h
tests_unit_test_smtp_LDADD = $(RUNG_DOMAIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_s3sign
tests_unit_test_s3sign_SOURCES = tests/unit/test_s3sign.c tests/unit/unit.h
tests_unit_test_s3sign_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_s3
tests_unit_test_s3_SOURCES = tests/unit/test_s3.c tests/unit/store.h tests/unit/unit.h
tests_unit_test_s3_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
