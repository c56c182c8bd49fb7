# The store, on SQLite and PostgreSQL, and its schema. A new migration is added at the end of the list.
MIGRATIONS =
MIGRATIONS += node/db/migrations/0001_core.sql
MIGRATIONS += node/db/migrations/0002_people.sql
MIGRATIONS += node/db/migrations/0003_planet.sql
MIGRATIONS += node/db/migrations/0004_money.sql
MIGRATIONS += node/db/migrations/0004_money.sqlite.sql
MIGRATIONS += node/db/migrations/0004_money.pg.sql
MIGRATIONS += node/db/migrations/0005_media.sql
MIGRATIONS += node/db/migrations/0006_talk.sql
MIGRATIONS += node/db/migrations/0007_federation.sql
MIGRATIONS += node/db/migrations/0008_quota.sql
MIGRATIONS += node/db/migrations/0009_policy.sql
MIGRATIONS += node/db/migrations/0010_room.sql
MIGRATIONS += node/db/migrations/0011_reports.sql
MIGRATIONS += node/db/migrations/0012_wire.sql
MIGRATIONS += node/db/migrations/0013_talk.sql
MIGRATIONS += node/db/migrations/0014_links.sql
MIGRATIONS += node/db/migrations/0015_far.sql
MIGRATIONS += node/db/migrations/0016_nearby.sql
MIGRATIONS += node/db/migrations/0017_field.sql
MIGRATIONS += node/db/migrations/0018_thread.sql
MIGRATIONS += node/db/migrations/0019_audience.sql
MIGRATIONS += node/db/migrations/0020_rails.sql
MIGRATIONS += node/db/migrations/0022_till.sql
MIGRATIONS += node/db/migrations/0021_paypal.sql
MIGRATIONS += node/db/migrations/0023_offers.sql
MIGRATIONS += node/db/migrations/0030_rail_back.sql
MIGRATIONS += node/db/migrations/0031_card_first.sql
MIGRATIONS += node/db/migrations/0024_letter.sql
MIGRATIONS += node/db/migrations/0026_singles.sql
MIGRATIONS += node/db/migrations/0025_back.sql
MIGRATIONS += node/db/migrations/0027_books.sql
MIGRATIONS += node/db/migrations/0029_api.sql
MIGRATIONS += node/db/migrations/0024_life.sql
MIGRATIONS += node/db/migrations/0028_bills.sql
MIGRATIONS += node/db/migrations/0028_bills.sqlite.sql
MIGRATIONS += node/db/migrations/0028_bills.pg.sql
MIGRATIONS += node/db/migrations/0033_upgrade_index.sql
MIGRATIONS += node/db/migrations/0037_forget.sql
MIGRATIONS += node/db/migrations/0035_subs.sql
MIGRATIONS += node/db/migrations/0038_zone.sql
MIGRATIONS += node/db/migrations/0034_speed.sql

libstore_a_SOURCES += \
	node/cx.c node/cx.h \
	node/db/copy.c node/db/copy.h node/db/copy_private.h \
	node/db/copy_pg.c \
	node/db/copy_sqlite.c \
	node/db/db.c node/db/db.h node/db/db_private.h \
	node/db/snapshot.c node/db/snapshot.h \
	node/db/batch.c node/db/together.c node/db/memo.c node/db/migrate.c \
	node/db/sqlite_open.c node/db/sqlite_run.c node/db/sqlite_tx.c node/db/sqlite_migrate.c \
	node/db/sqlite_private.h \
	node/db/pg_address.c node/db/pg_error.c node/db/pg_listen.c node/db/pg_look.c node/db/pg_migrate.c \
	node/db/pg_open.c node/db/pg_pool.c node/db/pg_private.h node/db/pg_run.c node/db/pg_tx.c \
	node/db/pg_value.c
nodist_libstore_a_SOURCES += node/db/migrations.c
BUILT_SOURCES += node/db/migrations.c
CLEANFILES += node/db/migrations.c
EXTRA_DIST += $(MIGRATIONS)

node/db/migrations.c: $(MIGRATIONS) node/tools/embed$(EXEEXT) Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./node/tools/embed$(EXEEXT) $@ db_migrations \
		$(foreach m,$(filter %.sql,$^),$(notdir $(m))=$(m))

STORE_TEST_LIBS = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_db
tests_unit_test_db_SOURCES = tests/unit/test_db.c tests/unit/store.h tests/unit/unit.h
nodist_tests_unit_test_db_SOURCES = tests/unit/sample_sql.c
tests_unit_test_db_LDADD = $(STORE_TEST_LIBS)
BUILT_SOURCES += tests/unit/sample_sql.h
CLEANFILES += tests/unit/sample_sql.h tests/unit/sample_sql.c
EXTRA_DIST += tests/unit/sample.sql
tests/unit/test_db.$(OBJEXT): | tests/unit/sample_sql.h

check_PROGRAMS += tests/unit/test_together
tests_unit_test_together_SOURCES = tests/unit/test_together.c tests/unit/store.h tests/unit/unit.h
nodist_tests_unit_test_together_SOURCES = tests/unit/sample_sql.c
tests_unit_test_together_LDADD = $(STORE_TEST_LIBS)
tests/unit/test_together.$(OBJEXT): | tests/unit/sample_sql.h

check_PROGRAMS += tests/unit/test_pg
tests_unit_test_pg_SOURCES = tests/unit/test_pg.c tests/unit/store.h tests/unit/unit.h
nodist_tests_unit_test_pg_SOURCES = tests/unit/sample_sql.c
tests_unit_test_pg_LDADD = $(STORE_TEST_LIBS)
tests/unit/test_pg.$(OBJEXT): | tests/unit/sample_sql.h

check_PROGRAMS += tests/unit/test_queries
tests_unit_test_queries_SOURCES = tests/unit/test_queries.c tests/unit/store.h tests/unit/unit.h
tests_unit_test_queries_LDADD = $(RUNG_ADMIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
