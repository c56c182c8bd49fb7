# sources of node/talk
libdomain_a_SOURCES += \
	node/talk/aside.c node/talk/aside.h \
	node/talk/attachment.c node/talk/attachment.h \
	node/talk/comment.c node/talk/comment.h \
	node/talk/comment_list.c node/talk/comment_row.h \
	node/talk/comment_remote.c \
	node/talk/mention.c node/talk/mention.h \
	node/talk/post.c node/talk/post_draft.c node/talk/post.h \
	node/talk/post_body.c node/talk/post_body.h \
	node/talk/post_face.c node/talk/post_face.h \
	node/talk/post_row.c node/talk/post_row.h \
	node/talk/post_save.c \
	node/talk/public_view.c node/talk/public_view.h \
	node/talk/quote.c node/talk/quote.h \
	node/talk/reaction.c node/talk/reaction.h node/talk/reaction_emoji.c \
	node/talk/report.c node/talk/report.h \
	node/talk/thread.c node/talk/thread.h \
	node/talk/timeline.c node/talk/timeline.h

SQL_DOMAIN += \
	node/talk/aside.sql \
	node/talk/thread.sql \
	node/talk/attachment.sql \
	node/talk/comment.sql \
	node/talk/mention.sql \
	node/talk/post.sql \
	node/talk/post_body.sql \
	node/talk/public_view.sql \
	node/talk/reaction.sql \
	node/talk/report.sql \
	node/talk/quote.sql

TALK_TEST_LIBS = $(RUNG_DOMAIN) $(CMOCKA_LIBS) $(EXTERNAL_LIBS)
TALK_WORLD = tests/unit/talk_world.h tests/unit/store.h tests/unit/unit.h
check_PROGRAMS += tests/unit/test_talk_post tests/unit/test_talk_comment \
	tests/unit/test_talk_reaction tests/unit/test_talk_attachment
tests_unit_test_talk_post_SOURCES = tests/unit/test_talk_post.c $(TALK_WORLD)
nodist_tests_unit_test_talk_post_SOURCES = tests/unit/talk_world_sql.c
tests_unit_test_talk_post_LDADD = $(TALK_TEST_LIBS)
tests_unit_test_talk_comment_SOURCES = tests/unit/test_talk_comment.c $(TALK_WORLD)
nodist_tests_unit_test_talk_comment_SOURCES = tests/unit/talk_world_sql.c
tests_unit_test_talk_comment_LDADD = $(TALK_TEST_LIBS)
tests_unit_test_talk_reaction_SOURCES = tests/unit/test_talk_reaction.c $(TALK_WORLD)
nodist_tests_unit_test_talk_reaction_SOURCES = tests/unit/talk_world_sql.c
tests_unit_test_talk_reaction_LDADD = $(TALK_TEST_LIBS)
tests_unit_test_talk_attachment_SOURCES = tests/unit/test_talk_attachment.c $(TALK_WORLD)
nodist_tests_unit_test_talk_attachment_SOURCES = tests/unit/talk_world_sql.c
tests_unit_test_talk_attachment_LDADD = $(TALK_TEST_LIBS)
BUILT_SOURCES += tests/unit/talk_world_sql.h
CLEANFILES += tests/unit/talk_world_sql.h tests/unit/talk_world_sql.c
EXTRA_DIST += tests/unit/talk_world.sql
tests/unit/test_talk_post.$(OBJEXT) tests/unit/test_talk_comment.$(OBJEXT) \
tests/unit/test_talk_reaction.$(OBJEXT) tests/unit/test_talk_attachment.$(OBJEXT): | \
	tests/unit/talk_world_sql.h
# A planet's mailbox.
SQL_DOMAIN += node/talk/direct.sql
libdomain_a_SOURCES += node/talk/direct.c node/talk/direct.h
SQL_DOMAIN += node/talk/answer.sql
libdomain_a_SOURCES += node/talk/answer.c
libdomain_a_SOURCES += node/talk/answer.h
