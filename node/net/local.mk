# sources of node/net
libstore_a_SOURCES += \
	node/net/fetch.c node/net/fetch.h node/net/fetch_int.h \
	node/net/fetch_easy.c node/net/fetch_loop.c
