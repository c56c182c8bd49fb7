# The node itself, and the program, which stands above everything and ties the tables together.
SQL_STORE += node/settings.sql
libstore_a_SOURCES += \
	node/cx.h node/event.h node/server.h \
	node/lock.c node/lock.h \
	node/node.c node/node.h \
	node/settings.c node/settings.h

bin_PROGRAMS += orrery
orrery_SOURCES = node/main.c node/serve.c node/serve.h node/wiring.c node/wiring.h
orrery_LDADD = $(RUNG_ADMIN) $(EXTERNAL_LIBS)
