# sources of admin

ADMIN_TEMPLATES = $(sort $(wildcard $(top_srcdir)/admin/html/*.html))
nodist_libadmin_a_SOURCES += admin/html.c admin/html.h
BUILT_SOURCES += admin/html.h
CLEANFILES += admin/html.c admin/html.h
EXTRA_DIST += admin/html

admin/html.c admin/html.h &: $(ADMIN_TEMPLATES) node/tools/tmplc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) admin && node/tools/tmplc$(EXEEXT) -o admin/html -i admin/view.h $(ADMIN_TEMPLATES)

$(libadmin_a_OBJECTS): | web/html.h admin/html.h
