# sources of admin

ADMIN_TEMPLATES = $(sort $(wildcard $(top_srcdir)/admin/html/*.html))
nodist_libadmin_a_SOURCES += admin/html.c admin/html.h
BUILT_SOURCES += admin/html.h
CLEANFILES += admin/html.c admin/html.h
EXTRA_DIST += admin/html

admin/html.c admin/html.h &: $(ADMIN_TEMPLATES) node/tools/tmplc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) admin && node/tools/tmplc$(EXEEXT) -o admin/html -i admin/view_fedi.h $(ADMIN_TEMPLATES)

$(libadmin_a_OBJECTS): | web/html.h admin/html.h

SQL_ADMIN += admin/doctor/doctor.sql
libadmin_a_SOURCES += \
	admin/backup/archive.h \
	admin/backup/backup.c admin/backup/backup.h \
	admin/backup/manifest.c admin/backup/manifest.h \
	admin/backup/pack.c \
	admin/backup/restore.c \
	admin/backup/squeeze.c \
	admin/backup/unpack.c \
	admin/cli/align.c \
	admin/cli/cli.c admin/cli/cli.h \
	admin/cli/pages.c admin/cli/pages.h \
	admin/cli/cmd_backup.c \
	admin/cli/cmd_doctor.c \
	admin/cli/cmd_fed_move.c admin/cli/cmd_fed_report.c \
	admin/cli/cmd_fed_talk.c \
	admin/cli/cmd_fed_policy.c \
	admin/cli/cmd_fed_key.c \
	admin/cli/cmd_fed_nearby.c \
	admin/cli/cmd_media.c admin/cli/cmd_node.c \
	admin/cli/cmd_ops.c \
	admin/cli/cmd_people.c \
	admin/cli/cmd_field.c \
	admin/cli/cmd_planet.c \
	admin/cli/cmd_post.c \
	admin/cli/cmd_order.c \
	admin/cli/cmd_rail.c \
	admin/demo.c admin/demo.h \
	admin/furnish.c admin/furnish.h \
	admin/doctor/doctor.c admin/doctor/doctor.h \
	admin/doctor/doctor_media.c \
	admin/doctor/doctor_outside.c \
	admin/doctor/doctor_store.c
nodist_libadmin_a_SOURCES += admin/demo_files.c
CLEANFILES += admin/demo_files.c
EXTRA_DIST += admin/demo

DEMO_FILES = $(sort $(wildcard $(top_srcdir)/admin/demo/*.*))
admin/demo_files.c: $(DEMO_FILES) node/tools/embed$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) admin && node/tools/embed$(EXEEXT) $@ demo_files \
		$(foreach f,$(DEMO_FILES),$(notdir $(f))=$(f))

libadmin_a_SOURCES += admin/cli/cmd_transfer.c
libadmin_a_SOURCES += admin/desk_transfers.c admin/view_transfers.h
libadmin_a_SOURCES += \
	admin/admin.h admin/routes.c \
	admin/desk.c admin/desk.h \
	admin/desk_codes.c \
	admin/desk_fedi.c admin/desk_fedi.h \
	admin/desk_fedi_blocks.c admin/desk_fedi_blocks.h admin/desk_fedi_import.c admin/view_fedi_blocks.h \
	admin/desk_fedi_quotes.c \
	admin/desk_fedi_nearby.c \
	admin/desk_fedi_overview.c admin/desk_fedi_followers.c admin/desk_fedi_talk.c \
	admin/desk_fedi_delivery.c \
	admin/desk_fedi_settings.c \
	admin/desk_fedi_moving.c admin/desk_fedi_reports.c \
	admin/desk_fedi_wire.c \
	admin/desk_pay.c admin/view_pay.h \
	admin/desk_people.c \
	admin/desk_settings.c \
	admin/desk_tray.c \
	admin/view_moves.h \
	admin/view.h admin/view_fedi.h

check_PROGRAMS += tests/unit/test_cli
tests_unit_test_cli_SOURCES = tests/unit/test_cli.c tests/unit/unit.h
tests_unit_test_cli_LDADD = $(RUNG_ADMIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_backup
tests_unit_test_backup_SOURCES = tests/unit/test_backup.c tests/unit/store.h tests/unit/unit.h
tests_unit_test_backup_LDADD = $(RUNG_ADMIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_backup
FUZZERS += tests/fuzz/fuzz_backup
tests_fuzz_fuzz_backup_SOURCES = tests/fuzz/fuzz_backup.c
tests_fuzz_fuzz_backup_LDADD = $(RUNG_ADMIN) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_backup_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
endif
libadmin_a_SOURCES += admin/desk_fedi_messages.c
libadmin_a_SOURCES += admin/cli/cmd_fed_room.c
libadmin_a_SOURCES += admin/cli/cmd_offers.c
libadmin_a_SOURCES += admin/desk_offers.h admin/desk_coupons.c admin/desk_cards.c admin/desk_invites.c \
	admin/view_offers.h
libadmin_a_SOURCES += admin/desk_money.c
libadmin_a_SOURCES += admin/desk_money.h
libadmin_a_SOURCES += admin/desk_money_tray.c
libadmin_a_SOURCES += admin/view_money.h
libadmin_a_SOURCES += admin/cli/cmd_singles.c
libadmin_a_SOURCES += admin/desk_ledger.c
libadmin_a_SOURCES += admin/desk_income.c
libadmin_a_SOURCES += admin/cli/cmd_books.c
libadmin_a_SOURCES += admin/cli/cmd_token.c
libadmin_a_SOURCES += admin/desk_singles.c
libadmin_a_SOURCES += admin/desk_refunds.c admin/desk_refunds.h admin/view_refunds.h
libadmin_a_SOURCES += admin/desk_member.c admin/desk_member.h admin/view_member.h
libadmin_a_SOURCES += admin/desk_reconcile.c

libadmin_a_SOURCES += admin/cli/cmd_bills.c
libadmin_a_SOURCES += admin/desk_bills.h
libadmin_a_SOURCES += admin/desk_fapiao.c
libadmin_a_SOURCES += admin/desk_invoices.c
libadmin_a_SOURCES += admin/desk_tax.c
libadmin_a_SOURCES += admin/view_bills.h
libadmin_a_SOURCES += admin/desk_money_questions.c
libadmin_a_SOURCES += admin/cli/cmd_questions.c
libadmin_a_SOURCES += admin/cli/cmd_life.c
libadmin_a_SOURCES += admin/desk_paywall.c admin/desk_paywall.h admin/view_paywall.h
libadmin_a_SOURCES += admin/cli/cmd_member.c
libadmin_a_SOURCES += admin/desk_prices.c admin/desk_prices.h
libadmin_a_SOURCES += admin/view_prices.h
