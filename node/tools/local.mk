# sources of node/tools

# Build tools: C in, C out, nothing but libc.
noinst_PROGRAMS += node/tools/tmplc node/tools/embed
node_tools_tmplc_SOURCES = node/tools/tmplc.c \
	node/tools/tmplc_html.c \
	node/tools/tmplc_html.h
node_tools_embed_SOURCES = node/tools/embed.c
LINTS += tests/lint/tmplc.sh
# sqlc: .sql files beside their module become typed C functions (docs/database.md).
#
# A folder names its .sql files in the list of its rung, and that is all:
#     SQL_DOMAIN += node/talk/post.sql
# The generated node/talk/post_sql.c and .h are then built, linked, cleaned and distributed.
noinst_PROGRAMS += node/tools/sqlc
node_tools_sqlc_SOURCES = node/tools/sqlc.c \
	node/tools/sqlc.h \
	node/tools/sqlc_read.c \
	node/tools/sqlc_write.c \
	node/base/arena.c \
	node/base/buf.c \
	node/base/str.c

SQL_STORE =
SQL_DOMAIN =
SQL_FED =
SQL_WEB =
SQL_ADMIN =
# These run on a hosting provider's registry, whose schema is another one.
SQL_HOST =
SQL_FILES = $(SQL_STORE) $(SQL_DOMAIN) $(SQL_FED) $(SQL_WEB) $(SQL_ADMIN)
SQL_TO_H = $(SQL_FILES:.sql=_sql.h) $(SQL_HOST:.sql=_sql.h)

nodist_libstore_a_SOURCES += $(SQL_STORE:.sql=_sql.c)
nodist_libdomain_a_SOURCES += $(SQL_DOMAIN:.sql=_sql.c)
nodist_libfed_a_SOURCES += $(SQL_FED:.sql=_sql.c)
nodist_libweb_a_SOURCES += $(SQL_WEB:.sql=_sql.c)
nodist_libadmin_a_SOURCES += $(SQL_ADMIN:.sql=_sql.c) $(SQL_HOST:.sql=_sql.c)
nodist_libadmin_a_SOURCES += $(SQL_ADMIN:.sql=_sql.c) node/db/all_queries_sql.c

BUILT_SOURCES += $(SQL_TO_H)
CLEANFILES += $(SQL_TO_H) $(SQL_FILES:.sql=_sql.c) $(SQL_HOST:.sql=_sql.c) \
	node/db/all_queries_sql.c admin/host/all_queries_sql.c
EXTRA_DIST += $(SQL_FILES) $(SQL_HOST)

# $* holds the folder, too; sqlc writes into the build tree and reads from the source tree.
%_sql.c %_sql.h: %.sql node/tools/sqlc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./node/tools/sqlc$(EXEEXT) $< $*

# Every query of the program. In the topmost library, since it pulls in all rungs; for the doctor and a test.
node/db/all_queries_sql.c: $(SQL_FILES) node/tools/sqlc$(EXEEXT) Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./node/tools/sqlc$(EXEEXT) --all $@ \
		$(filter %.sql,$^)

admin/host/all_queries_sql.c: $(SQL_HOST) node/tools/sqlc$(EXEEXT) Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && ./node/tools/sqlc$(EXEEXT) --all $@ \
		$(filter %.sql,$^)

# So that a single library can be made without 'make all' before it.
$(libstore_a_OBJECTS) $(libdomain_a_OBJECTS) $(libfed_a_OBJECTS) $(libweb_a_OBJECTS) \
$(libadmin_a_OBJECTS): | $(SQL_TO_H)
LINTS += tests/lint/sqlc.sh
