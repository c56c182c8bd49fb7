# sources of federation

libfed_a_SOURCES += \
	federation/httpsig.c federation/httpsig.h federation/httpsig_int.h \
	federation/httpsig_9421.c federation/httpsig_draft.c federation/httpsig_sign.c
