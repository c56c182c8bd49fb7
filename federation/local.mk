# sources of federation

libfed_a_SOURCES += \
	federation/httpsig.c federation/httpsig.h federation/httpsig_int.h \
	federation/httpsig_9421.c federation/httpsig_draft.c federation/httpsig_sign.c \
	federation/backfill.c federation/backfill.h \
	federation/finger.c federation/finger.h \
	federation/flag.c federation/flag.h \
	federation/followers.c federation/forward.c \
	federation/rates.c federation/rates.h \
	federation/replay.c federation/replay.h \
	federation/bodies.c federation/bodies.h \
	federation/deliver.c federation/deliver.h \
	federation/docs.c federation/docs.h federation/docs_list.c federation/docs_quote.c \
	federation/docs.c federation/docs.h federation/docs_list.c \
	federation/far_media.c \
	federation/fanout.c federation/fanout.h \
	federation/docs_replies.c \
	federation/fan_comment.c federation/fan_pin.c federation/fanout.c federation/fanout.h \
	federation/fed.c federation/fed.h federation/federation.h \
	federation/gate.c federation/gate.h \
	federation/home.c federation/home.h \
	federation/hosts.c federation/hosts.h \
	federation/ids.c federation/ids.h \
	federation/in_announce.c federation/in_create.c federation/in_delete.c federation/in_flag.c \
	federation/in_follow.c federation/in_like.c federation/in_move.c federation/in_undo.c federation/in_update.c \
	federation/inbox.c federation/inbox.h \
	federation/jobs.c \
	federation/key_fetch.c \
	federation/keys.c federation/keys.h \
	federation/leave.c \
	federation/expected.c federation/export.c federation/export.h federation/move.c federation/move.h federation/move_job.c \
	federation/nearby.c federation/nearby.h federation/nearby_look.c \
	federation/nearby_read.c federation/nearby_read.h \
	federation/nodeinfo.c \
	federation/note_read.c federation/note_read.h \
	federation/out.h federation/out_activity.c federation/out_actor.c \
	federation/out_collection.c federation/out_load.c federation/out_markup.c federation/out_names.c \
	federation/out_note.c federation/out_quote.c \
	federation/peer_key.c federation/peer_key.h federation/peer_key_int.h \
	federation/policy.c federation/policy.h \
	federation/proof.c federation/proof.h \
	federation/quote.c federation/quote.h \
	federation/actor_rules.c federation/actor_rules.h \
	federation/domain_import.c federation/domain_import.h \
	federation/domain_list.c federation/domain_list.h \
	federation/domains.c federation/domains.h federation/domains_effect.c \
	federation/policy.c federation/policy.h federation/policy_int.h \
	federation/policy_apply.c federation/policy_apply.h \
	federation/receive.c federation/receive.h \
	federation/remote.c federation/remote.h \
	federation/rotate.c federation/rotate.h \
	federation/routes.c \
	federation/spam.c federation/spam.h \
	federation/say.c federation/say.h \
	federation/webfinger.c

# the owner's room
libfed_a_SOURCES += federation/admit.c federation/admit.h federation/followers.h \
	federation/delivery.c federation/delivery.h federation/delivery_hosts.c federation/delivery_int.h \
	federation/room.c federation/room.h
SQL_FED += federation/admit.sql federation/delivery.sql federation/followers.sql federation/room.sql

SQL_FED += federation/actor.sql
SQL_FED += federation/fanout.sql
SQL_FED += federation/hosts.sql
SQL_FED += federation/inbox.sql
SQL_FED += federation/keys.sql
SQL_FED += federation/leave.sql
SQL_FED += federation/move.sql
SQL_FED += federation/nearby.sql
SQL_FED += federation/out.sql
SQL_FED += federation/policy.sql
SQL_FED += federation/quote.sql
SQL_FED += federation/receive.sql
SQL_FED += federation/rotate.sql
SQL_FED += federation/spam.sql

check_PROGRAMS += tests/unit/test_httpsig
tests_unit_test_httpsig_SOURCES = tests/unit/test_httpsig.c tests/unit/httpsig_vectors.h \
	tests/unit/unit.h
tests_unit_test_httpsig_LDADD = libfed.a $(RUNG_BASE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_proof
tests_unit_test_proof_SOURCES = tests/unit/test_proof.c tests/unit/unit.h
tests_unit_test_proof_LDADD = libfed.a $(RUNG_BASE) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)

check_PROGRAMS += tests/unit/test_fed_out
tests_unit_test_fed_out_SOURCES = tests/unit/test_fed_out.c tests/unit/unit.h
tests_unit_test_fed_out_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
EXTRA_DIST += tests/golden

if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_domain_list tests/fuzz/fuzz_handle tests/fuzz/fuzz_nearby
FUZZERS += tests/fuzz/fuzz_domain_list tests/fuzz/fuzz_handle tests/fuzz/fuzz_nearby
tests_fuzz_fuzz_nearby_SOURCES = tests/fuzz/fuzz_nearby.c
tests_fuzz_fuzz_nearby_LDADD = $(RUNG_FED) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_nearby_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_handle_SOURCES = tests/fuzz/fuzz_handle.c
tests_fuzz_fuzz_handle_LDADD = $(RUNG_FED) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_handle_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_domain_list_SOURCES = tests/fuzz/fuzz_domain_list.c
tests_fuzz_fuzz_domain_list_LDADD = $(RUNG_FED) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_domain_list_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
noinst_PROGRAMS += tests/fuzz/fuzz_httpsig tests/fuzz/fuzz_proof tests/fuzz/fuzz_note
FUZZERS += tests/fuzz/fuzz_httpsig tests/fuzz/fuzz_proof tests/fuzz/fuzz_note
tests_fuzz_fuzz_note_SOURCES = tests/fuzz/fuzz_note.c
tests_fuzz_fuzz_note_LDADD = $(RUNG_FED) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_note_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_proof_SOURCES = tests/fuzz/fuzz_proof.c
tests_fuzz_fuzz_proof_LDADD = libfed.a $(RUNG_BASE) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_proof_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_httpsig_SOURCES = tests/fuzz/fuzz_httpsig.c
tests_fuzz_fuzz_httpsig_LDADD = libfed.a $(RUNG_BASE) $(EXTERNAL_LIBS)
tests_fuzz_fuzz_httpsig_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
endif
FED_WORLD = tests/unit/fed_world.h tests/unit/talk_world.h tests/unit/store.h tests/unit/unit.h
FED_WORLD_SQL = tests/unit/fed_world_sql.c tests/unit/talk_world_sql.c
check_PROGRAMS += tests/unit/test_fed_move
tests_unit_test_fed_move_SOURCES = tests/unit/test_fed_move.c $(FED_WORLD)
nodist_tests_unit_test_fed_move_SOURCES = $(FED_WORLD_SQL)
tests_unit_test_fed_move_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests/unit/test_fed_move.$(OBJEXT): | tests/unit/fed_world_sql.h tests/unit/talk_world_sql.h
check_PROGRAMS += tests/unit/test_fed_report
tests_unit_test_fed_report_SOURCES = tests/unit/test_fed_report.c $(FED_WORLD)
nodist_tests_unit_test_fed_report_SOURCES = $(FED_WORLD_SQL)
tests_unit_test_fed_report_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests/unit/test_fed_report.$(OBJEXT): | tests/unit/fed_world_sql.h tests/unit/talk_world_sql.h
check_PROGRAMS += tests/unit/test_domain_list
tests_unit_test_domain_list_SOURCES = tests/unit/test_domain_list.c $(FED_WORLD)
nodist_tests_unit_test_domain_list_SOURCES = $(FED_WORLD_SQL)
tests_unit_test_domain_list_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests/unit/test_domain_list.$(OBJEXT): | tests/unit/fed_world_sql.h tests/unit/talk_world_sql.h
check_PROGRAMS += tests/unit/test_fed_policy
tests_unit_test_fed_policy_SOURCES = tests/unit/test_fed_policy.c $(FED_WORLD)
nodist_tests_unit_test_fed_policy_SOURCES = $(FED_WORLD_SQL)
tests_unit_test_fed_policy_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests/unit/test_fed_policy.$(OBJEXT): | tests/unit/fed_world_sql.h tests/unit/talk_world_sql.h
check_PROGRAMS += tests/unit/test_fed_receive tests/unit/test_fed_speak tests/unit/test_fed_live \
	tests/unit/test_fed_queue tests/unit/test_fed_far tests/unit/test_fed_shared \
	tests/unit/test_fed_quote
tests_unit_test_fed_quote_SOURCES = tests/unit/test_fed_quote.c $(FED_WORLD)
nodist_tests_unit_test_fed_quote_SOURCES = $(FED_WORLD_SQL)
tests_unit_test_fed_quote_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_fed_receive_SOURCES = tests/unit/test_fed_receive.c $(FED_WORLD)
nodist_tests_unit_test_fed_receive_SOURCES = $(FED_WORLD_SQL)
tests_unit_test_fed_receive_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
check_PROGRAMS += tests/unit/test_fed_keys
tests_unit_test_fed_keys_SOURCES = tests/unit/test_fed_keys.c $(FED_WORLD)
nodist_tests_unit_test_fed_keys_SOURCES = $(FED_WORLD_SQL)
tests_unit_test_fed_keys_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_fed_speak_SOURCES = tests/unit/test_fed_speak.c $(FED_WORLD)
nodist_tests_unit_test_fed_speak_SOURCES = $(FED_WORLD_SQL)
tests_unit_test_fed_speak_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_fed_live_SOURCES = tests/unit/test_fed_live.c $(FED_WORLD)
nodist_tests_unit_test_fed_live_SOURCES = $(FED_WORLD_SQL)
tests_unit_test_fed_live_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_fed_queue_SOURCES = tests/unit/test_fed_queue.c $(FED_WORLD)
nodist_tests_unit_test_fed_queue_SOURCES = $(FED_WORLD_SQL)
tests_unit_test_fed_queue_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_fed_far_SOURCES = tests/unit/test_fed_far.c tests/unit/loopback.h $(FED_WORLD)
nodist_tests_unit_test_fed_far_SOURCES = $(FED_WORLD_SQL)
tests_unit_test_fed_far_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests_unit_test_fed_shared_SOURCES = tests/unit/test_fed_shared.c $(FED_WORLD)
nodist_tests_unit_test_fed_shared_SOURCES = $(FED_WORLD_SQL)
tests_unit_test_fed_shared_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
BUILT_SOURCES += tests/unit/fed_world_sql.h
CLEANFILES += tests/unit/fed_world_sql.h tests/unit/fed_world_sql.c
EXTRA_DIST += tests/unit/fed_world.sql
tests/unit/test_fed_keys.$(OBJEXT) tests/unit/test_fed_receive.$(OBJEXT) tests/unit/test_fed_speak.$(OBJEXT) \
	tests/unit/test_fed_live.$(OBJEXT) tests/unit/test_fed_queue.$(OBJEXT) \
	tests/unit/test_fed_far.$(OBJEXT) tests/unit/test_fed_shared.$(OBJEXT) \
	tests/unit/test_fed_quote.$(OBJEXT): | tests/unit/fed_world_sql.h tests/unit/talk_world_sql.h

# Accounts elsewhere as a way in.
libfed_a_SOURCES += \
	federation/link.c federation/link.h federation/link_int.h \
	federation/link_app.c federation/link_call.c federation/link_call.h federation/link_find.c \
	federation/link_mi.c federation/link_oauth.c federation/link_try.c
SQL_FED += federation/link.sql
libfed_a_SOURCES += federation/direct.h federation/in_direct.c federation/notices.c federation/out_direct.c

# The owner's room, tested.
check_PROGRAMS += tests/unit/test_fed_room
tests_unit_test_fed_room_SOURCES = tests/unit/test_fed_room.c $(FED_WORLD)
nodist_tests_unit_test_fed_room_SOURCES = $(FED_WORLD_SQL)
tests_unit_test_fed_room_LDADD = $(RUNG_FED) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
tests/unit/test_fed_room.$(OBJEXT): | tests/unit/fed_world_sql.h tests/unit/talk_world_sql.h
