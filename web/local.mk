# sources of web

WEB_TEMPLATES = $(sort $(wildcard $(top_srcdir)/web/html/*.html))
nodist_libweb_a_SOURCES += web/html.c web/html.h
BUILT_SOURCES += web/html.h
CLEANFILES += web/html.c web/html.h
EXTRA_DIST += web/html web/static

web/html.c web/html.h &: $(WEB_TEMPLATES) node/tools/tmplc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) web && node/tools/tmplc$(EXEEXT) -o web/html -i web/view.h $(WEB_TEMPLATES)
