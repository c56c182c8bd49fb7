/* A file that was compiled in (node/tools/embed). Tables end with name == NULL. */
#ifndef NODE_BASE_EMBED_H
#define NODE_BASE_EMBED_H

#include <stddef.h>

struct embedded {
    const char *name;
    const char *type;            /* media type, by the name's ending */
    const unsigned char *bytes;  /* a NUL stands behind them */
    size_t n;
    const char *hash;            /* twelve hex digits, changes with the bytes */
};

#endif
