libstore_a_SOURCES += \
	node/text/excerpt.c node/text/excerpt.h \
	node/text/html_text.c \
	node/text/link.c node/text/link.h \
	node/text/markdown.c node/text/markdown.h \
	node/text/markdown_tree.c node/text/markdown_tree.h \
	node/text/sanitize.c node/text/sanitize.h \
	node/text/scan.c node/text/scan.h
