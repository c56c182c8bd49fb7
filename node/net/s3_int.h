/* Shared by s3.c (asking) and node/s3_keep.c (what a node knows); nobody else includes it. */
#ifndef NODE_NET_S3_INT_H
#define NODE_NET_S3_INT_H

#include <curl/curl.h>

#include "node/net/s3.h"

/* Handles with their open connections, so that a picture's two uploads shake hands once. */
CURL *s3_handle_take(struct cx *cx);
void s3_handle_give(struct cx *cx, CURL *take_easy);

#endif
