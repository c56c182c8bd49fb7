# sources of node/money; amounts change their type only where the code says so
node/money/%.$(OBJEXT): AM_CFLAGS += -Wconversion
SQL_DOMAIN += node/money/ledger.sql node/money/order.sql node/money/rail.sql node/money/redeem.sql
libdomain_a_SOURCES += \
	node/money/code_text.c node/money/code_text.h \
	node/money/ledger.c node/money/ledger.h \
	node/money/membership.c \
	node/money/money.c node/money/money.h \
	node/money/order.c node/money/order.h node/money/order_row.h \
	node/money/order_apply.c \
	node/money/rail.c node/money/rail.h node/money/rail_adapters.h \
	node/money/rail_fake.c \
	node/money/redeem.c node/money/redeem.h

check_PROGRAMS += tests/unit/test_ledger tests/unit/test_orders tests/unit/test_redeem
tests_unit_test_ledger_SOURCES = tests/unit/test_ledger.c $(DOMAIN_FIXTURE)
tests_unit_test_ledger_LDADD = $(DOMAIN_TEST_LIBS)
tests_unit_test_orders_SOURCES = tests/unit/test_orders.c $(DOMAIN_FIXTURE)
tests_unit_test_orders_LDADD = $(DOMAIN_TEST_LIBS)
tests_unit_test_redeem_SOURCES = tests/unit/test_redeem.c $(DOMAIN_FIXTURE)
tests_unit_test_redeem_LDADD = $(DOMAIN_TEST_LIBS)
