# A hosting provider's registry, verbs, API.
HOST_MIGRATIONS = \
	admin/host/migrations/0001_host.sql
SQL_HOST += admin/host/host.sql admin/host/keep.sql
SQL_ADMIN += admin/host/measure.sql

libadmin_a_SOURCES += \
	admin/host/api.c admin/host/api.h admin/host/api_int.h \
	admin/host/api_routes.c \
	admin/host/cmd_host.c \
	admin/host/create.c \
	admin/host/files.c \
	admin/host/host.c admin/host/host.h \
	admin/host/keep.c \
	admin/host/nodes.c \
	admin/host/openapi.c \
	admin/host/row.h \
	admin/host/spare.c admin/host/spare.h \
	admin/host/store.c \
	admin/host/sync.c \
	admin/host/keeper.c admin/host/keeper.h \
	admin/host/usage.c \
	admin/host/verbs.h \
	admin/host/work.c
nodist_libadmin_a_SOURCES += admin/host/migrations.c admin/host/openapi_file.c
BUILT_SOURCES += admin/host/migrations.c admin/host/openapi_file.c
CLEANFILES += admin/host/migrations.c admin/host/openapi_file.c
EXTRA_DIST += $(HOST_MIGRATIONS) admin/host/openapi_schemas.json

admin/host/openapi_file.c: admin/host/openapi_schemas.json node/tools/embed$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./node/tools/embed$(EXEEXT) $@ host_openapi_files \
		openapi_schemas.json=$<

admin/host/migrations.c: $(HOST_MIGRATIONS) node/tools/embed$(EXEEXT) Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./node/tools/embed$(EXEEXT) $@ host_migrations \
		$(foreach m,$(filter %.sql,$^),$(notdir $(m))=$(m))

check_PROGRAMS += tests/unit/test_host_queries
tests_unit_test_host_queries_SOURCES = tests/unit/test_host_queries.c tests/unit/store.h tests/unit/unit.h
nodist_tests_unit_test_host_queries_SOURCES = admin/host/all_queries_sql.c
tests_unit_test_host_queries_LDADD = $(RUNG_ADMIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
check_PROGRAMS += tests/unit/test_host
tests_unit_test_host_SOURCES = tests/unit/test_host.c tests/unit/unit.h
tests_unit_test_host_LDADD = $(RUNG_ADMIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
