/* Results of every call that can fail. 0 is OK; about a dozen codes serve the whole program.
 *
 * The code is translated in exactly three places: HTTP status (node/http/reply.c), retry verdict
 * (each job's run function), exit status (admin/cli/cli.c). Details travel beside it, in the cx
 * (node/cx.h: cx_fail for the log, cx_tell for the person). */
#ifndef NODE_BASE_ERR_H
#define NODE_BASE_ERR_H

enum err {
    OK = 0,
    ERR_INVALID,          /* what was asked makes no sense; asking again the same way won't help */
    ERR_UNAUTHENTICATED,  /* who are you? */
    ERR_FORBIDDEN,        /* we know who you are, and no */
    ERR_PAYMENT_REQUIRED, /* a membership or purchase opens this */
    ERR_NOT_FOUND,
    ERR_GONE,             /* was here, deleted on purpose */
    ERR_CONFLICT,         /* taken, already done, changed meanwhile */
    ERR_TOO_LARGE,
    ERR_UNSUPPORTED,      /* media type or method we don't speak */
    ERR_RATE_LIMITED,
    ERR_MISDIRECTED,      /* a Host that isn't ours */
    ERR_UPSTREAM,         /* another server failed us; worth trying again */
    ERR_TIMEOUT,
    ERR_BUSY,             /* no room right now; try again */
    ERR_STORAGE,          /* disk full or store unavailable */
    ERR_INTERNAL,         /* our bug */
    ERR_COUNT
};

const char *err_name(enum err e);

#define MUST_USE __attribute__((warn_unused_result))

/* Propagate a failure to the caller, unchanged. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum err try_e_ = (call);                                                                  \
        if (try_e_ != OK)                                                                          \
            return try_e_;                                                                         \
    } while (0)

#endif
