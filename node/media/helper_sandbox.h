/* The walls around orrery-media. Called once each, before any byte of the picture is looked at. */
#ifndef NODE_MEDIA_HELPER_SANDBOX_H
#define NODE_MEDIA_HELPER_SANDBOX_H

#include <stdbool.h>

/* First thing in main: limits on memory, CPU time, files; no new privileges; dies with its parent. */
bool sandbox_limits(void);
/* When libraries are loaded and the input is read: from here on the process may compute, use
 * memory, make threads of its own and write to what it holds open, and nothing else. A system call
 * that decoders try and can do without is answered with an error; any other one kills. */
bool sandbox_close(void);

#endif
