#include "node/base/settle.h"

#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A debugger's breakpoints are written into those pages and would be lost. */
static bool is_debugged(void)
{
    char line[128];
    bool traced = false;
    FILE *f = fopen("/proc/self/status", "re");
    if (f == NULL)
        return true;
    while (!traced && fgets(line, sizeof line, f) != NULL)
        traced = strncmp(line, "TracerPid:", 10) == 0 && strcmp(line + 10, "\t0\n") != 0;
    fclose(f);
    return traced;
}

/* Segments that nobody can write are the file's own bytes: they can be dropped without loss. */
static int drop_segments(struct dl_phdr_info *info, size_t size, void *arg)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)size;
    (void)arg;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        if (h->p_type != PT_LOAD || (h->p_flags & PF_W) != 0)
            continue;
        uintptr_t from = info->dlpi_addr + h->p_vaddr, to = from + h->p_memsz;
        from &= ~(page - 1);
        (void)!madvise((void *)from, to - from, MADV_DONTNEED);
    }
    return 0;
}

void settle_memory(void)
{
    malloc_trim(0);
    if (!is_debugged())
        dl_iterate_phdr(drop_segments, NULL);
}
