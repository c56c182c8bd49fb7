# sources of web
libweb_a_SOURCES += \
	web/auth.c web/auth.h \
	web/buy.c web/buy.h \
	web/away.c web/away.h \
	web/card_view.c web/card_view.h \
	web/comment.c web/comment.h \
	web/compose.c web/compose.h \
	web/compose_form.c web/compose_form.h \
	web/errors.c web/errors.h \
	web/far.c web/far.h \
	web/fedi.c web/fedi.h \
	web/far_view.c web/far_view.h \
	web/files.c web/files.h \
	web/gifts.c web/gifts.h \
	web/interact.c web/interact.h \
	web/invited.c web/invited.h \
	web/home.c \
	web/join.c web/join.h \
	web/me.c web/me.h \
	web/me_fedi.c \
	web/nearby_view.c web/nearby_view.h \
	web/page.c web/page.h \
	web/pay.c web/pay.h \
	web/planet.c web/planet.h \
	web/planet_view.c web/planet_view.h \
	web/post.c web/post.h \
	web/report.c web/report.h \
	web/routes.c web/routes.h \
	web/static.c web/static.h \
	web/thread_view.c web/thread_view.h \
	web/view.h web/view_offers.h

libweb_a_SOURCES += web/pay_transfer.c web/pay_transfer.h
WEB_TEMPLATES = $(sort $(wildcard $(top_srcdir)/web/html/*.html))
nodist_libweb_a_SOURCES += web/html.c web/html.h web/static_files.c
BUILT_SOURCES += web/html.h
CLEANFILES += web/html.c web/html.h web/static_files.c
EXTRA_DIST += web/html web/static

web/html.c web/html.h &: $(WEB_TEMPLATES) node/tools/tmplc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) web && node/tools/tmplc$(EXEEXT) -o web/html -i web/view.h $(WEB_TEMPLATES)

# Style, scripts and drawings are part of the program.
WEB_STATIC = $(sort $(wildcard $(top_srcdir)/web/static/*.*))
web/static_files.c: $(WEB_STATIC) node/tools/embed$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) web && node/tools/embed$(EXEEXT) $@ web_static \
		$(foreach f,$(WEB_STATIC),$(notdir $(f))=$(f))

$(libweb_a_OBJECTS): | web/html.h

LINTS += tests/lint/sentences.sh

check_PROGRAMS += tests/unit/test_pages
tests_unit_test_pages_SOURCES = tests/unit/test_pages.c tests/unit/unit.h
tests_unit_test_pages_LDADD = $(RUNG_WEB) $(EXTERNAL_LIBS) $(CMOCKA_LIBS)
libweb_a_SOURCES += web/singles.c
libweb_a_SOURCES += web/singles.h
libweb_a_SOURCES += web/view_singles.h

# The JSON API.
SQL_WEB += web/api/once.sql
libweb_a_SOURCES += web/api/api.c
libweb_a_SOURCES += web/api/api.h
libweb_a_SOURCES += web/api/fapiao.c
libweb_a_SOURCES += web/api/field.c
libweb_a_SOURCES += web/api/once.c
libweb_a_SOURCES += web/api/once.h
libweb_a_SOURCES += web/api/openapi.c
libweb_a_SOURCES += web/api/openapi.h
libweb_a_SOURCES += web/api/planets.c
libweb_a_SOURCES += web/api/paywall.c
libweb_a_SOURCES += web/api/prices.c
libweb_a_SOURCES += web/api/questions.c
libweb_a_SOURCES += web/api/rows.c
libweb_a_SOURCES += web/api/rows.h
libweb_a_SOURCES += web/api/tray.c
libweb_a_SOURCES += web/api/words.c
libweb_a_SOURCES += web/api/words.h
libweb_a_SOURCES += web/api/transfers.c
libweb_a_SOURCES += web/api/singles.c
libweb_a_SOURCES += web/api/life.c
libweb_a_SOURCES += web/api/bills.c
libweb_a_SOURCES += web/api/books.c
libweb_a_SOURCES += web/api/buy.c
libweb_a_SOURCES += web/api/files.c
libweb_a_SOURCES += web/api/me.c
libweb_a_SOURCES += web/api/members.c
libweb_a_SOURCES += web/api/money.c
libweb_a_SOURCES += web/api/offers.c
libweb_a_SOURCES += web/api/rails.c
EXTRA_DIST += web/api/rows.def
EXTRA_DIST += web/api/schemas.json
nodist_libweb_a_SOURCES += web/api_files.c
CLEANFILES += web/api_files.c

web/api_files.c: web/api/schemas.json node/tools/embed$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) web && node/tools/embed$(EXEEXT) $@ api_files schemas.json=$(srcdir)/web/api/schemas.json
libweb_a_SOURCES += web/membership.c web/membership.h
libweb_a_SOURCES += web/view_life.h
libweb_a_SOURCES += web/renew.c web/renew.h
libweb_a_SOURCES += web/tips.c
libweb_a_SOURCES += web/tips.h
libweb_a_SOURCES += web/orders.c
libweb_a_SOURCES += web/orders.h
libweb_a_SOURCES += web/view_orders.h
libweb_a_SOURCES += web/me_tokens.c
libweb_a_SOURCES += web/me_tokens.h
libweb_a_SOURCES += web/view_tokens.h
check_PROGRAMS += tests/unit/test_api
tests_unit_test_api_SOURCES = tests/unit/test_api.c $(DOMAIN_FIXTURE)
tests_unit_test_api_LDADD = $(RUNG_WEB) $(EXTERNAL_LIBS) $(CMOCKA_LIBS)

libweb_a_SOURCES += web/bill_view.c web/bill_view.h
libweb_a_SOURCES += web/receipts.c web/receipts.h
libweb_a_SOURCES += web/view_bills.h
libweb_a_SOURCES += web/questions.c
libweb_a_SOURCES += web/questions.h
libweb_a_SOURCES += web/export_file.c
libweb_a_SOURCES += web/export_file.h
