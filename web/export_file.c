#include "web/export_file.h"

#include "node/node.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum err export_file_open(struct cx *cx, struct export_file *ret)
{
    const char *dir = cx->node->dir == NULL ? "/tmp" : cx->node->dir;
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        fd = memfd_create("export", MFD_CLOEXEC); /* not every file system knows such files */
    ret->file = fd < 0 ? NULL : fdopen(fd, "w+");
    if (ret->file == NULL && fd >= 0)
        close(fd);
    return ret->file != NULL ? OK : cx_fail(cx, ERR_STORAGE, "no file for an export");
}

enum err export_file_put(struct export_file *f, struct str bytes)
{
    return fwrite(bytes.p, 1, bytes.n, f->file) == bytes.n ? OK : ERR_STORAGE;
}

enum err export_file_send(struct rq *rq, struct export_file *f, const char *type, struct str name)
{
    if (fflush(f->file) != 0)
        return cx_fail(rq->cx, ERR_STORAGE, "no room for an export");
    off_t size = lseek(fileno(f->file), 0, SEEK_END);
    int fd = fcntl(fileno(f->file), F_DUPFD_CLOEXEC, 0);
    if (size < 0 || fd < 0)
        return cx_fail(rq->cx, ERR_STORAGE, "an export is gone");
    struct str as = str_fmt(rq->cx->arena, "attachment; filename=\"" STR_FMT "\"", STR_ARG(name));
    return reply_file(rq, fd, size, type, STR_NULL, "no-store", as);
}

void export_file_close(void *f)
{
    struct export_file *e = f;
    if (e->file != NULL)
        fclose(e->file);
    e->file = NULL;
}
