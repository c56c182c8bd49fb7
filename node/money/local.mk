# sources of node/money; amounts change their type only where the code says so
node/money/%.$(OBJEXT): AM_CFLAGS += -Wconversion
node/money/rails/%.$(OBJEXT): AM_CFLAGS += -Wconversion
SQL_DOMAIN += node/money/ledger.sql node/money/order.sql node/money/rail.sql node/money/redeem.sql
SQL_DOMAIN += \
	node/money/coupon.sql node/money/credit.sql node/money/gift.sql node/money/invite.sql node/money/trial.sql
SQL_DOMAIN += node/money/rail_account.sql node/money/rail_call.sql node/money/rail_refunds.sql node/money/subscription.sql
libdomain_a_SOURCES += \
	node/money/code_text.c node/money/code_text.h \
	node/money/ledger.c node/money/ledger.h \
	node/money/membership.c \
	node/money/money.c node/money/money.h \
	node/money/order.c node/money/order.h node/money/order_row.h \
	node/money/order_apply.c \
	node/money/rail.c node/money/rail.h node/money/rail_adapters.h \
	node/money/rails/alipay.c \
	node/money/rails/alipay_bill.c \
	node/money/rails/alipay_cert.c node/money/rails/alipay_cert.h \
	node/money/rails/alipay_setup.c \
	node/money/rails/alipay_sign.c node/money/rails/alipay_sign.h \
	node/money/rails/alipay_talk.c node/money/rails/alipay_talk.h \
	node/money/rails/cn.c node/money/rails/cn.h \
	node/money/rails/cn_bill.c node/money/rails/cn_bill.h \
	node/money/rails/cn_setup.c node/money/rails/cn_setup.h \
	node/money/rails/key.c node/money/rails/key.h \
	node/money/rail_refunds.c node/money/rail_refunds.h \
	node/money/rails/wechat.c node/money/rails/wechat.h node/money/rails/wechat_parts.h \
	node/money/rails/wechat_bill.c \
	node/money/rails/wechat_setup.c \
	node/money/rails/wechat_sign.c node/money/rails/wechat_sign.h \
	node/money/rails/wechat_talk.c node/money/rails/wechat_talk.h \
	node/money/rail_account.c node/money/rail_account.h \
	node/money/rail_call.c node/money/rail_call.h \
	node/money/rail_sub_call.c node/money/rail_sub_call.h \
	node/money/rail_catch_up.c \
	node/money/rails/fake.c \
	node/money/rail_http.c node/money/rail_http.h \
	node/money/rail_receive.c \
	node/money/rails/stripe.c node/money/rails/stripe.h \
	node/money/rails/stripe_call.c node/money/rails/stripe_event.c \
	node/money/rails/stripe_setup.c node/money/rails/stripe_sign.c \
	node/money/subscription.c node/money/subscription.h \
	node/money/redeem.c node/money/redeem.h

libdomain_a_SOURCES += node/money/percent.c
libdomain_a_SOURCES += node/money/percent.h

libdomain_a_SOURCES += node/money/redeem_int.h \
	node/money/coupon.c node/money/coupon.h \
	node/money/credit.c node/money/credit.h \
	node/money/gift.c node/money/gift.h \
	node/money/invite.c node/money/invite.h \
	node/money/order_place.c \
	node/money/quote.c node/money/quote.h node/money/quote_tax.c \
	node/money/referral.c \
	node/money/trial.c node/money/trial.h

SQL_DOMAIN += node/money/forget.sql
libdomain_a_SOURCES += node/money/forget.c
libdomain_a_SOURCES += node/money/forget.h
check_PROGRAMS += tests/unit/test_forget
tests_unit_test_forget_SOURCES = tests/unit/test_forget.c $(DOMAIN_FIXTURE)
tests_unit_test_forget_LDADD = $(DOMAIN_TEST_LIBS)

SQL_DOMAIN += node/money/transfer.sql
libdomain_a_SOURCES += node/money/transfer.c node/money/transfer.h
libdomain_a_SOURCES += node/money/transfer_decide.c node/money/transfer_int.h
libdomain_a_SOURCES += node/money/rails/transfer.c
libdomain_a_SOURCES += node/money/rails/btcpay.c node/money/rails/btcpay.h
libdomain_a_SOURCES += node/money/rails/btcpay_event.c node/money/rails/btcpay_setup.c

check_PROGRAMS += tests/unit/test_ledger tests/unit/test_orders tests/unit/test_redeem
tests_unit_test_ledger_SOURCES = tests/unit/test_ledger.c $(DOMAIN_FIXTURE)
tests_unit_test_ledger_LDADD = $(DOMAIN_TEST_LIBS)
tests_unit_test_orders_SOURCES = tests/unit/test_orders.c $(DOMAIN_FIXTURE)
tests_unit_test_orders_LDADD = $(DOMAIN_TEST_LIBS)
tests_unit_test_redeem_SOURCES = tests/unit/test_redeem.c $(DOMAIN_FIXTURE)
tests_unit_test_redeem_LDADD = $(DOMAIN_TEST_LIBS)

check_PROGRAMS += tests/unit/test_alipay_sign tests/unit/test_rail_keys tests/unit/test_wechat_sign
tests_unit_test_alipay_sign_SOURCES = tests/unit/test_alipay_sign.c tests/unit/china_vectors.h tests/unit/unit.h
tests_unit_test_alipay_sign_LDADD = $(RUNG_DOMAIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_rail_keys_SOURCES = tests/unit/test_rail_keys.c tests/unit/china_vectors.h tests/unit/unit.h
tests_unit_test_rail_keys_LDADD = $(RUNG_DOMAIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_wechat_sign_SOURCES = tests/unit/test_wechat_sign.c tests/unit/china_vectors.h tests/unit/unit.h
tests_unit_test_wechat_sign_LDADD = $(RUNG_DOMAIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_rail_alipay tests/unit/test_rail_wechat
tests_unit_test_rail_alipay_SOURCES = tests/unit/test_rail_alipay.c tests/unit/china_vectors.h tests/unit/loopback.h \
	$(DOMAIN_FIXTURE)
tests_unit_test_rail_alipay_LDADD = $(DOMAIN_TEST_LIBS)
tests_unit_test_rail_wechat_SOURCES = tests/unit/test_rail_wechat.c tests/unit/china_vectors.h tests/unit/loopback.h \
	tests/unit/rail_world.h $(DOMAIN_FIXTURE)
tests_unit_test_rail_wechat_LDADD = $(DOMAIN_TEST_LIBS)

# ./check runs these with the seeds in tests/corpus/NAME.
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_stripe
FUZZERS += tests/fuzz/fuzz_stripe
tests_fuzz_fuzz_stripe_SOURCES = tests/fuzz/fuzz_stripe.c
tests_fuzz_fuzz_stripe_LDADD = $(RUNG_DOMAIN) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_stripe_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
noinst_PROGRAMS += tests/fuzz/fuzz_alipay tests/fuzz/fuzz_rail_key tests/fuzz/fuzz_wechat
FUZZERS += tests/fuzz/fuzz_alipay tests/fuzz/fuzz_rail_key tests/fuzz/fuzz_wechat
tests_fuzz_fuzz_alipay_SOURCES = tests/fuzz/fuzz_alipay.c
tests_fuzz_fuzz_alipay_LDADD = $(RUNG_DOMAIN) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_alipay_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_rail_key_SOURCES = tests/fuzz/fuzz_rail_key.c
tests_fuzz_fuzz_rail_key_LDADD = $(RUNG_DOMAIN) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_rail_key_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_wechat_SOURCES = tests/fuzz/fuzz_wechat.c
tests_fuzz_fuzz_wechat_LDADD = $(RUNG_DOMAIN) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_wechat_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
noinst_PROGRAMS += tests/fuzz/fuzz_btcpay
FUZZERS += tests/fuzz/fuzz_btcpay
tests_fuzz_fuzz_btcpay_SOURCES = tests/fuzz/fuzz_btcpay.c
tests_fuzz_fuzz_btcpay_LDADD = $(RUNG_DOMAIN) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_btcpay_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
endif

check_PROGRAMS += tests/unit/test_offers
tests_unit_test_offers_SOURCES = tests/unit/test_offers.c $(DOMAIN_FIXTURE)
tests_unit_test_offers_LDADD = $(DOMAIN_TEST_LIBS)
check_PROGRAMS += tests/unit/test_rails
tests_unit_test_rails_SOURCES = tests/unit/test_rails.c tests/unit/stripe_world.h $(DOMAIN_FIXTURE)
tests_unit_test_rails_LDADD = $(DOMAIN_TEST_LIBS)
check_PROGRAMS += tests/unit/test_rail_http
tests_unit_test_rail_http_SOURCES = tests/unit/test_rail_http.c tests/unit/loopback.h $(DOMAIN_FIXTURE)
tests_unit_test_rail_http_LDADD = $(DOMAIN_TEST_LIBS)
libdomain_a_SOURCES += node/money/words.c
libdomain_a_SOURCES += node/money/words.h
SQL_DOMAIN += node/money/post_sale.sql
libdomain_a_SOURCES += node/money/single.c
libdomain_a_SOURCES += node/money/single.h
libdomain_a_SOURCES += node/money/post_sale.c
libdomain_a_SOURCES += node/money/post_sale.h
check_PROGRAMS += tests/unit/test_singles
tests_unit_test_singles_SOURCES = tests/unit/test_singles.c $(DOMAIN_FIXTURE)
tests_unit_test_singles_LDADD = $(DOMAIN_TEST_LIBS)
SQL_DOMAIN += node/money/refund.sql
libdomain_a_SOURCES += node/money/refund.c node/money/refund.h node/money/refund_int.h
libdomain_a_SOURCES += node/money/refund_send.c
libdomain_a_SOURCES += node/money/refund_tell.c
check_PROGRAMS += tests/unit/test_refund
tests_unit_test_refund_SOURCES = tests/unit/test_refund.c tests/unit/refund_fixture.h $(DOMAIN_FIXTURE)
tests_unit_test_refund_LDADD = $(DOMAIN_TEST_LIBS)
check_PROGRAMS += tests/unit/test_refund_rests
tests_unit_test_refund_rests_SOURCES = tests/unit/test_refund_rests.c tests/unit/refund_fixture.h $(DOMAIN_FIXTURE)
tests_unit_test_refund_rests_LDADD = $(DOMAIN_TEST_LIBS)
libdomain_a_SOURCES += node/money/ledger_books.c
libdomain_a_SOURCES += node/money/ledger_grants.c
libdomain_a_SOURCES += node/money/ledger_int.h
libdomain_a_SOURCES += node/money/ledger_read.c
check_PROGRAMS += tests/unit/test_transfer
tests_unit_test_transfer_SOURCES = tests/unit/test_transfer.c $(DOMAIN_FIXTURE)
tests_unit_test_transfer_LDADD = $(DOMAIN_TEST_LIBS)
tests/unit/test_transfer.$(OBJEXT): | orrery-media$(EXEEXT)
# A membership through its life.
SQL_DOMAIN += node/money/life.sql
SQL_DOMAIN += node/money/price_move.sql
SQL_DOMAIN += node/money/upgrade.sql
libdomain_a_SOURCES += node/money/price_move.c node/money/price_move.h
libdomain_a_SOURCES += node/money/upgrade.c node/money/upgrade.h
libdomain_a_SOURCES += node/money/life.c node/money/life.h
SQL_DOMAIN += node/money/tip.sql
libdomain_a_SOURCES += node/money/tip.c
libdomain_a_SOURCES += node/money/tip.h

SQL_DOMAIN += node/money/rail_plan.sql
SQL_DOMAIN += node/money/payer.sql
libdomain_a_SOURCES += node/money/payer.c
libdomain_a_SOURCES += node/money/payer.h
libdomain_a_SOURCES += node/money/trial_int.h
libdomain_a_SOURCES += node/money/trial_order.c
libdomain_a_SOURCES += node/money/trial_order.h
libdomain_a_SOURCES += node/money/rails/paypal.c
libdomain_a_SOURCES += node/money/rails/paypal.h
libdomain_a_SOURCES += node/money/rails/paypal_event.c
libdomain_a_SOURCES += node/money/rails/paypal_look.c
libdomain_a_SOURCES += node/money/rails/paypal_plan.c
libdomain_a_SOURCES += node/money/rails/paypal_setup.c
libdomain_a_SOURCES += node/money/rails/paypal_sign.c
libdomain_a_SOURCES += node/money/rails/paypal_talk.c
check_PROGRAMS += tests/unit/test_rail_paypal
PAYPAL_FIXTURE = tests/unit/loopback.h \
	tests/unit/paypal_fixture.h \
	tests/unit/paypal_world.h \
	tests/unit/rail_world.h
tests_unit_test_rail_paypal_SOURCES = tests/unit/test_rail_paypal.c $(PAYPAL_FIXTURE) $(DOMAIN_FIXTURE)
tests_unit_test_rail_paypal_LDADD = $(DOMAIN_TEST_LIBS)
check_PROGRAMS += tests/unit/test_paypal_subs
tests_unit_test_paypal_subs_SOURCES = tests/unit/test_paypal_subs.c $(PAYPAL_FIXTURE) $(DOMAIN_FIXTURE)
tests_unit_test_paypal_subs_LDADD = $(DOMAIN_TEST_LIBS)
if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_paypal
FUZZERS += tests/fuzz/fuzz_paypal
tests_fuzz_fuzz_paypal_SOURCES = tests/fuzz/fuzz_paypal.c
tests_fuzz_fuzz_paypal_LDADD = $(RUNG_DOMAIN) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_paypal_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
endif
SQL_DOMAIN += node/money/tray.sql
libdomain_a_SOURCES += node/money/tray.c
libdomain_a_SOURCES += node/money/tray.h
libdomain_a_SOURCES += node/money/tax.c node/money/tax.h
libdomain_a_SOURCES += node/money/tax_id.c
SQL_DOMAIN += node/money/tax.sql
libdomain_a_SOURCES += node/money/bill.c node/money/bill.h node/money/bill_int.h
libdomain_a_SOURCES += node/money/bill_list.c
SQL_DOMAIN += node/money/bill.sql
libdomain_a_SOURCES += node/money/csv.c node/money/csv.h
libdomain_a_SOURCES += node/money/fapiao.c node/money/fapiao.h
SQL_DOMAIN += node/money/fapiao.sql

check_PROGRAMS += tests/unit/test_bills
tests_unit_test_bills_SOURCES = tests/unit/test_bills.c $(DOMAIN_FIXTURE)
tests_unit_test_bills_LDADD = $(DOMAIN_TEST_LIBS)
SQL_DOMAIN += node/money/member_file.sql
libdomain_a_SOURCES += node/money/member_file.c node/money/member_file.h
libdomain_a_SOURCES += node/money/dispute.c node/money/dispute.h
check_PROGRAMS += tests/unit/test_member_file
tests_unit_test_member_file_SOURCES = tests/unit/test_member_file.c $(DOMAIN_FIXTURE)
tests_unit_test_member_file_LDADD = $(DOMAIN_TEST_LIBS)

check_PROGRAMS += tests/unit/test_till_subs
tests_unit_test_till_subs_SOURCES = tests/unit/test_till_subs.c
tests_unit_test_till_subs_SOURCES += tests/unit/till.h
tests_unit_test_till_subs_SOURCES += tests/unit/till_death.h
tests_unit_test_till_subs_SOURCES += tests/unit/till_subs.h
tests_unit_test_till_subs_SOURCES += tests/unit/till_subs_stripe.h
tests_unit_test_till_subs_SOURCES += tests/unit/till_subs_paypal.h
tests_unit_test_till_subs_SOURCES += tests/unit/till_stripe.h
tests_unit_test_till_subs_SOURCES += tests/unit/till_paypal.h
tests_unit_test_till_subs_SOURCES += tests/unit/paypal_world.h
tests_unit_test_till_subs_SOURCES += tests/unit/loopback.h
tests_unit_test_till_subs_SOURCES += $(DOMAIN_FIXTURE)
tests_unit_test_till_subs_LDADD = $(DOMAIN_TEST_LIBS)
tests_unit_test_till_subs_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=tx_commit -Wl,--wrap=rail_http

check_PROGRAMS += tests/unit/test_subs
tests_unit_test_subs_SOURCES = tests/unit/test_subs.c tests/unit/stripe_world.h $(DOMAIN_FIXTURE)
tests_unit_test_subs_LDADD = $(DOMAIN_TEST_LIBS)

check_PROGRAMS += tests/unit/test_tills
tests_unit_test_tills_SOURCES = tests/unit/test_tills.c
tests_unit_test_tills_SOURCES += tests/unit/till.h tests/unit/till_death.h tests/unit/till_stripe.h tests/unit/till_wechat.h tests/unit/till_alipay.h
tests_unit_test_tills_SOURCES += tests/unit/till_paypal.h tests/unit/till_btcpay.h tests/unit/till_fake.h tests/unit/till_transfer.h tests/unit/paypal_world.h
tests_unit_test_tills_SOURCES += tests/unit/china_vectors.h tests/unit/loopback.h tests/unit/rail_world.h $(DOMAIN_FIXTURE)
tests_unit_test_tills_LDADD = $(DOMAIN_TEST_LIBS)
tests_unit_test_tills_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=tx_commit -Wl,--wrap=rail_http
SQL_DOMAIN += node/money/reconcile.sql
libdomain_a_SOURCES += node/money/reconcile.c
libdomain_a_SOURCES += node/money/reconcile.h
SQL_DOMAIN += node/money/question.sql
libdomain_a_SOURCES += node/money/question.c
libdomain_a_SOURCES += node/money/question.h
libdomain_a_SOURCES += node/money/question_int.h
libdomain_a_SOURCES += node/money/question_state.c
check_PROGRAMS += tests/unit/test_questions
tests_unit_test_questions_SOURCES = tests/unit/test_questions.c $(DOMAIN_FIXTURE)
tests_unit_test_questions_LDADD = $(DOMAIN_TEST_LIBS)
check_PROGRAMS += tests/unit/test_rail_btcpay
tests_unit_test_rail_btcpay_SOURCES = tests/unit/test_rail_btcpay.c tests/unit/loopback.h $(DOMAIN_FIXTURE)
tests_unit_test_rail_btcpay_LDADD = $(DOMAIN_TEST_LIBS)
libdomain_a_SOURCES += node/money/life_letter.c node/money/life_letter.h
libdomain_a_SOURCES += node/money/life_remind.c
libdomain_a_SOURCES += node/money/renew_link.c node/money/renew_link.h
check_PROGRAMS += tests/unit/test_life
tests_unit_test_life_SOURCES = tests/unit/test_life.c $(DOMAIN_FIXTURE)
tests_unit_test_life_LDADD = $(DOMAIN_TEST_LIBS)
check_PROGRAMS += tests/unit/test_books
tests_unit_test_books_SOURCES = tests/unit/test_books.c $(DOMAIN_FIXTURE)
tests_unit_test_books_LDADD = $(DOMAIN_TEST_LIBS)
SQL_DOMAIN += node/money/paywall.sql
libdomain_a_SOURCES += node/money/paywall.c node/money/paywall.h
check_PROGRAMS += tests/unit/test_paywall
tests_unit_test_paywall_SOURCES = tests/unit/test_paywall.c $(DOMAIN_FIXTURE)
tests_unit_test_paywall_LDADD = $(DOMAIN_TEST_LIBS)

if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_tax_id
FUZZERS += tests/fuzz/fuzz_tax_id
tests_fuzz_fuzz_tax_id_SOURCES = tests/fuzz/fuzz_tax_id.c
tests_fuzz_fuzz_tax_id_LDADD = $(RUNG_DOMAIN) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_tax_id_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
endif
check_PROGRAMS += tests/unit/test_alipay_bill
tests_unit_test_alipay_bill_SOURCES = tests/unit/test_alipay_bill.c
tests_unit_test_alipay_bill_SOURCES += $(DOMAIN_FIXTURE)
tests_unit_test_alipay_bill_LDADD = $(DOMAIN_TEST_LIBS)
check_PROGRAMS += tests/unit/test_alipay_cert
tests_unit_test_alipay_cert_SOURCES = tests/unit/test_alipay_cert.c
tests_unit_test_alipay_cert_SOURCES += tests/unit/alipay_cert_vectors.h
tests_unit_test_alipay_cert_SOURCES += $(DOMAIN_FIXTURE)
tests_unit_test_alipay_cert_LDADD = $(DOMAIN_TEST_LIBS)
