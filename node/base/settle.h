/* Give back what only the start of the process needed. */
#ifndef NODE_BASE_SETTLE_H
#define NODE_BASE_SETTLE_H

/* Once, when everything runs: free heap returns to the system, and the read-only pages of the
 * program and its libraries leave the process's memory; those that are used come back from the page
 * cache at their next use, one small fault for sixteen of them. Any thread. */
void settle_memory(void);

#endif
