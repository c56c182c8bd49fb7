# Pictures and files. orrery-media is the only program that libvips and libseccomp are linked into.
AM_CPPFLAGS += -DORRERY_LIBEXECDIR='"$(libexecdir)"'

SQL_DOMAIN += node/media/far.sql node/media/media.sql
libdomain_a_SOURCES += \
	node/media/far.c node/media/far.h node/media/far_int.h \
	node/media/far_fetch.c node/media/far_keep.c \
	node/media/helper.c node/media/helper.h node/media/helper_frame.h \
	node/media/media.c node/media/media.h \
	node/media/media_html.c node/media/media_html.h \
	node/media/media_give.c node/media/media_move.c \
	node/media/media_store.c node/media/media_store.h \
	node/media/store_dir.c node/media/store_s3.c \
	node/media/media_type.c node/media/media_type.h

libdomain_a_SOURCES += node/media/poster.c node/media/poster.h node/media/helper_poster.h

libexec_PROGRAMS += orrery-media
orrery_media_SOURCES = node/media/helper_main.c node/media/helper_frame.h \
	node/media/helper_sandbox.c node/media/helper_sandbox.h \
	node/media/blurhash.c node/media/blurhash.h
orrery_media_SOURCES += node/media/helper_poster.c node/media/helper_poster.h
orrery_media_CFLAGS = $(ORRERY_CFLAGS) $(VIPS_CFLAGS) $(SECCOMP_CFLAGS)
orrery_media_LDADD = $(VIPS_LIBS) $(SECCOMP_LIBS) -lm

# The test runs the helper that was just built (in the build folder).
check_PROGRAMS += tests/unit/test_media
tests_unit_test_media_SOURCES = tests/unit/test_media.c tests/unit/media_samples.h \
	tests/unit/store.h tests/unit/unit.h node/media/blurhash.c
tests_unit_test_media_LDADD = $(RUNG_DOMAIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests/unit/test_media.$(OBJEXT): | orrery-media$(EXEEXT)

check_PROGRAMS += tests/unit/test_media_sandbox
tests_unit_test_media_sandbox_SOURCES = tests/unit/test_media_sandbox.c tests/unit/unit.h \
	node/media/helper_sandbox.c
tests_unit_test_media_sandbox_CFLAGS = $(ORRERY_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_test_media_sandbox_LDADD = $(CMOCKA_LIBS) $(SECCOMP_LIBS) -lpthread

check_PROGRAMS += tests/unit/test_media_store
tests_unit_test_media_store_SOURCES = tests/unit/test_media_store.c tests/unit/store.h tests/unit/unit.h
tests_unit_test_media_store_LDADD = $(RUNG_DOMAIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_far
tests_unit_test_far_SOURCES = tests/unit/test_far.c tests/unit/store.h tests/unit/unit.h
tests_unit_test_far_LDADD = $(RUNG_DOMAIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_poster
tests_unit_test_poster_SOURCES = tests/unit/test_poster.c $(DOMAIN_FIXTURE)
tests_unit_test_poster_LDADD = $(DOMAIN_TEST_LIBS)
tests/unit/test_poster.$(OBJEXT): | orrery-media$(EXEEXT)
