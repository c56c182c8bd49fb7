# Sizes and amounts change their type only where the code says so.
node/base/%.$(OBJEXT): AM_CFLAGS += -Wconversion

libbase_a_SOURCES += \
	node/base/arena.c node/base/arena.h \
	node/base/buf.c node/base/buf.h \
	node/base/err.c node/base/err.h \
	node/base/str.c node/base/str.h

check_PROGRAMS += tests/unit/test_base
tests_unit_test_base_SOURCES = tests/unit/test_base.c tests/unit/unit.h
tests_unit_test_base_LDADD = $(RUNG_BASE) $(CMOCKA_LIBS)

libbase_a_SOURCES += node/base/country.c node/base/country.h
libbase_a_SOURCES += \
	node/base/embed.h \
	node/base/crew.c node/base/crew.h \
	node/base/currency.c node/base/currency.h node/base/settle.c node/base/settle.h \
	node/base/i18n.c node/base/i18n.h \
	node/base/tmpl.c node/base/tmpl.h
nodist_libbase_a_SOURCES = web/po/catalogues.c
BUILT_SOURCES += web/po/catalogues.c
CLEANFILES += web/po/catalogues.c web/po/zh_CN.mo
EXTRA_DIST += web/po/zh_CN.po

web/po/zh_CN.mo: $(srcdir)/web/po/zh_CN.po
	$(AM_V_GEN)$(MKDIR_P) web/po && $(MSGFMT) --check-format -o $@ $(srcdir)/web/po/zh_CN.po

web/po/catalogues.c: web/po/zh_CN.mo node/tools/embed$(EXEEXT)
	$(AM_V_GEN)node/tools/embed$(EXEEXT) $@ i18n_catalogues zh_CN.mo=web/po/zh_CN.mo

check_PROGRAMS += tests/unit/test_i18n
tests_unit_test_i18n_SOURCES = tests/unit/test_i18n.c tests/unit/unit.h
tests_unit_test_i18n_LDADD = $(RUNG_BASE) $(CMOCKA_LIBS) $(ICU_LIBS)

libbase_a_SOURCES += \
	node/base/clock.c node/base/clock.h \
	node/base/id.c node/base/id.h \
	node/base/limiter.c node/base/limiter.h \
	node/base/log.c node/base/log.h \
	node/base/metrics.c node/base/metrics.h \
	node/base/turnstile.c node/base/turnstile.h \
	node/base/zone.c node/base/zone.h \
	node/base/zone_rule.c node/base/zone_rule.h

check_PROGRAMS += tests/unit/test_clock tests/unit/test_turnstile
tests_unit_test_clock_SOURCES = tests/unit/test_clock.c tests/unit/unit.h
tests_unit_test_clock_LDADD = $(RUNG_BASE) $(CMOCKA_LIBS) -lpthread
tests_unit_test_turnstile_SOURCES = tests/unit/test_turnstile.c tests/unit/unit.h
tests_unit_test_turnstile_LDADD = $(RUNG_BASE) $(CMOCKA_LIBS) -lpthread

libbase_a_SOURCES += \
	node/base/base58.c node/base/base58.h \
	node/base/crypt.c node/base/crypt.h node/base/crypt_key.c \
	node/base/ip.c \
	node/base/jcs.c node/base/jcs.h \
	node/base/json.c node/base/json.h \
	node/base/jw.c node/base/jw.h \
	node/base/url.c node/base/url.h

check_PROGRAMS += tests/unit/test_crypt tests/unit/test_json tests/unit/test_url
tests_unit_test_crypt_SOURCES = tests/unit/test_crypt.c tests/unit/unit.h
tests_unit_test_crypt_LDADD = $(RUNG_BASE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_json_SOURCES = tests/unit/test_json.c tests/unit/unit.h
tests_unit_test_json_LDADD = $(RUNG_BASE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
check_PROGRAMS += tests/unit/test_jcs
tests_unit_test_jcs_SOURCES = tests/unit/test_jcs.c tests/unit/unit.h
tests_unit_test_jcs_LDADD = $(RUNG_BASE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_url_SOURCES = tests/unit/test_url.c tests/unit/unit.h
tests_unit_test_url_LDADD = $(RUNG_BASE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_zone
tests_unit_test_zone_SOURCES = tests/unit/test_zone.c tests/unit/unit.h
tests_unit_test_zone_LDADD = $(RUNG_BASE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

# ./check runs these with the seeds in tests/corpus/NAME.
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_base58 tests/fuzz/fuzz_jcs tests/fuzz/fuzz_json tests/fuzz/fuzz_url
FUZZERS += tests/fuzz/fuzz_base58 tests/fuzz/fuzz_jcs tests/fuzz/fuzz_json tests/fuzz/fuzz_url
tests_fuzz_fuzz_base58_SOURCES = tests/fuzz/fuzz_base58.c
tests_fuzz_fuzz_base58_LDADD = $(RUNG_BASE) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_base58_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_jcs_SOURCES = tests/fuzz/fuzz_jcs.c
tests_fuzz_fuzz_jcs_LDADD = $(RUNG_BASE) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_jcs_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz_json.c
tests_fuzz_fuzz_json_LDADD = $(RUNG_BASE) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_json_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_url_SOURCES = tests/fuzz/fuzz_url.c
tests_fuzz_fuzz_url_LDADD = $(RUNG_BASE) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_url_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
noinst_PROGRAMS += tests/fuzz/fuzz_zone
FUZZERS += tests/fuzz/fuzz_zone
tests_fuzz_fuzz_zone_SOURCES = tests/fuzz/fuzz_zone.c
tests_fuzz_fuzz_zone_LDADD = $(RUNG_BASE) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_zone_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
endif

check_PROGRAMS += tests/unit/test_metrics
tests_unit_test_metrics_SOURCES = tests/unit/test_metrics.c tests/unit/unit.h
tests_unit_test_metrics_LDADD = $(RUNG_BASE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
