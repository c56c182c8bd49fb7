# sources of node/planet
SQL_DOMAIN += node/planet/access.sql node/planet/field.sql node/planet/member.sql node/planet/planet.sql \
	node/planet/tier.sql node/planet/admission.sql
libdomain_a_SOURCES += \
	node/planet/access.c node/planet/access.h \
	node/planet/admission.c node/planet/admission.h \
	node/planet/field.c node/planet/field.h \
	node/planet/grant.c node/planet/grant.h \
	node/planet/member.c \
	node/planet/planet.c node/planet/planet.h \
	node/planet/role.c \
	node/planet/tier.c

DOMAIN_TEST_LIBS = $(RUNG_DOMAIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
DOMAIN_FIXTURE = tests/unit/domain_fixture.h tests/unit/store.h tests/unit/unit.h
check_PROGRAMS += tests/unit/test_access
tests_unit_test_access_SOURCES = tests/unit/test_access.c $(DOMAIN_FIXTURE)
tests_unit_test_access_LDADD = $(DOMAIN_TEST_LIBS)
