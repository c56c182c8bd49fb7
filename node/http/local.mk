libhttp_a_SOURCES += \
	node/http/http.h node/http/frame.h \
	node/http/body.c \
	node/http/cache.c node/http/cache.h \
	node/http/cookie.c \
	node/http/form.c node/http/form.h \
	node/http/guard.c \
	node/http/linger.c \
	node/http/mhd.c \
	node/http/parse.c node/http/parse.h \
	node/http/pool.c \
	node/http/reply.c \
	node/http/request.c \
	node/http/route.c node/http/route.h
