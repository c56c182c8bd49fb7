# sources of node/people
SQL_DOMAIN += node/people/account.sql node/people/audit.sql node/people/login.sql node/people/notice.sql \
	node/people/rate.sql node/people/session.sql
libdomain_a_SOURCES += \
	node/people/account.c node/people/account.h \
	node/people/audit.c node/people/audit.h \
	node/people/login.c \
	node/people/login_mail.c node/people/login_mail.h node/people/login_seal.h \
	node/people/notice.c node/people/notice.h \
	node/people/password.c node/people/password.h \
	node/people/rate.c node/people/rate.h \
	node/people/session.c node/people/session.h

check_PROGRAMS += tests/unit/test_people
tests_unit_test_people_SOURCES = tests/unit/test_people.c $(DOMAIN_FIXTURE)
tests_unit_test_people_LDADD = $(DOMAIN_TEST_LIBS)
# Linked actors.
SQL_DOMAIN += node/people/identity.sql
libdomain_a_SOURCES += node/people/identity.c node/people/identity.h
libdomain_a_SOURCES += node/people/same.c node/people/same.h
# Mail.
SQL_DOMAIN += node/people/letter.sql
libdomain_a_SOURCES += node/people/letter.c node/people/letter.h
libdomain_a_SOURCES += node/people/mail_frame.c node/people/mail_frame.h
check_PROGRAMS += tests/unit/test_letter
tests_unit_test_letter_SOURCES = tests/unit/test_letter.c $(DOMAIN_FIXTURE)
tests_unit_test_letter_LDADD = $(DOMAIN_TEST_LIBS)
# Tokens of programs.
SQL_DOMAIN += node/people/token.sql
libdomain_a_SOURCES += node/people/token.c
libdomain_a_SOURCES += node/people/token.h
check_PROGRAMS += tests/unit/test_token
tests_unit_test_token_SOURCES = tests/unit/test_token.c $(DOMAIN_FIXTURE)
tests_unit_test_token_LDADD = $(DOMAIN_TEST_LIBS)
