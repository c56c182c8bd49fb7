/* Row by row from one store into another, of the same or the other engine.
 *
 * The list of tables comes from the engines' own catalogues, which must agree because both were made
 * by the same migrations. The source is read in one snapshot; at the target all happens in one
 * transaction (a file: under another name), so that a copy that was cut off is none. Before it is
 * committed every table is read again and compared: the number of rows, and a SHA-256 over all values
 * in the order of the primary key. */
#ifndef NODE_DB_COPY_H
#define NODE_DB_COPY_H

#include "node/cx.h"

struct db_copy_table {
    struct str name;
    int64_t rows;
    char sha256[65];
};
struct db_copy_report {
    struct db_copy_table *tables; /* in the order of copying */
    size_t n_tables;
    int64_t rows;
    const char *left_as; /* the schema's new name; NULL: it was not left, or is a file */
};

/* from, to: as db_open's where. to is made and migrated; a file must not be there yet, a schema
 * must hold no rows. leave: the source is given up for the target. Then writers of the source wait
 * meanwhile, and a schema gets another name when the target is committed, so that no server that still
 * has it open, on whatever machine, writes what nobody will read; *ret says which (a file is the
 * caller's to move). Fails CONFLICT (target in use; source of another version of the program),
 * STORAGE, BUSY; the person is told. cx is for words and memory only. */
MUST_USE enum err db_copy(struct cx *cx, const char *from, const char *to, bool leave,
                          struct db_copy_report *ret);

#endif
