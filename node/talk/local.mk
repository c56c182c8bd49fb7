# sources of node/talk
libdomain_a_SOURCES += \
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
	node/talk/reaction.c node/talk/reaction.h \
	node/talk/timeline.c node/talk/timeline.h

SQL_DOMAIN += \
	node/talk/attachment.sql \
	node/talk/comment.sql \
	node/talk/mention.sql \
	node/talk/post.sql \
	node/talk/post_body.sql \
	node/talk/public_view.sql \
	node/talk/reaction.sql
