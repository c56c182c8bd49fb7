# sources of node/net
libstore_a_SOURCES += \
	node/net/fetch.c node/net/fetch.h node/net/fetch_int.h \
	node/net/fetch_easy.c node/net/fetch_loop.c \
	node/net/mail_compose.c node/net/smtp.c node/net/smtp.h
