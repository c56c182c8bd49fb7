# The node itself, and the program, which stands above everything and ties the tables together.
SQL_STORE += node/quota.sql node/settings.sql
libstore_a_SOURCES += \
	node/cx.h node/event.h node/server.h \
	node/handover.c node/handover.h \
	node/handover_spawn.c \
	node/handover_wire.c node/handover_wire.h \
	node/listen.c node/listen.h \
	node/lock.c node/lock.h \
	node/node.c node/node.h \
	node/nodes.c node/nodes.h node/nodes_list.c node/nodes_private.h \
	node/quota.c node/quota.h \
	node/s3_keep.c \
	node/nodes.c node/nodes.h node/nodes_list.c node/nodes_private.h node/nodes_watch.c \
	node/settings.c node/settings.h \
	node/where.c node/where.h

bin_PROGRAMS += orrery
orrery_SOURCES = node/engines.c node/engines.h node/main.c node/serve.c node/serve.h node/serve_host.c \
	node/wiring.c node/wiring.h
orrery_LDADD = $(RUNG_ADMIN) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_node
tests_unit_test_node_SOURCES = tests/unit/test_node.c tests/unit/unit.h
tests_unit_test_node_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_handover
tests_unit_test_handover_SOURCES = tests/unit/test_handover.c tests/unit/unit.h
tests_unit_test_handover_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
check_PROGRAMS += tests/unit/test_nodes
tests_unit_test_nodes_SOURCES = tests/unit/test_nodes.c tests/unit/node_dirs.h tests/unit/unit.h
tests_unit_test_nodes_LDADD = $(RUNG_STORE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_quota
tests_unit_test_quota_SOURCES = tests/unit/test_quota.c tests/unit/domain_fixture.h tests/unit/store.h \
	tests/unit/unit.h
tests_unit_test_quota_LDADD = $(RUNG_DOMAIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
