# sources of node/planet
SQL_DOMAIN += node/planet/access.sql node/planet/member.sql node/planet/planet.sql \
	node/planet/tier.sql
libdomain_a_SOURCES += \
	node/planet/access.c node/planet/access.h \
	node/planet/grant.c node/planet/grant.h \
	node/planet/member.c \
	node/planet/planet.c node/planet/planet.h \
	node/planet/role.c \
	node/planet/tier.c
