# The queue and its threads; events, which put rows into it.
SQL_STORE += node/jobs/jobs.sql
libstore_a_SOURCES += \
	node/event.c node/event.h \
	node/jobs/jobs.c node/jobs/jobs.h node/jobs/jobs_private.h \
	node/jobs/queue.c \
	node/jobs/turn.c
