/* What PostgreSQL's errors are called here, and what of them may be told. */
#include <string.h>

#include "node/base/log.h"
#include "node/db/pg_private.h"

static bool is_class(const char *sqlstate, const char *class)
{
    return strncmp(sqlstate, class, 2) == 0;
}

bool pg_is_end(const char *sqlstate)
{
    static const char *const all[] = {"57P01", "57P02", "57P03", "57P05", "25006", "25P03"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(sqlstate, all[i]) == 0)
            return true;
    return is_class(sqlstate, "08");
}

enum err pg_code(const char *s)
{
    static const struct {
        const char *state;
        enum err code;
    } exact[] = {
        {"23505", ERR_CONFLICT}, {"23P01", ERR_CONFLICT}, {"40001", ERR_BUSY},
        {"40P01", ERR_BUSY},     {"55P03", ERR_BUSY},     {"57014", ERR_BUSY},
        {"53100", ERR_STORAGE},  {"58030", ERR_STORAGE},  {"P0001", ERR_INVALID},
        {"54000", ERR_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        if (strcmp(s, exact[i].state) == 0)
            return exact[i].code;
    if (pg_is_end(s) || is_class(s, "53"))
        return ERR_BUSY;
    if (is_class(s, "23") || is_class(s, "22"))
        return ERR_INVALID;
    if (is_class(s, "XX"))
        return ERR_STORAGE;
    return ERR_INTERNAL;
}

void pg_fault_set(char fault[PG_FAULT], const char *message, const struct pg_address *a)
{
    size_t n = 0;
    if (a != NULL && a->password != NULL && strstr(message, a->password) != NULL)
        message = "the server refuses us, in words that repeat the password";
    for (; message[n] != '\0' && n < PG_FAULT - 1; n++)
        fault[n] = message[n] == '\n' || message[n] == '\t' ? ' ' : message[n];
    while (n > 0 && fault[n - 1] == ' ')
        n--;
    fault[n] = '\0';
}

/* The primary message names tables and constraints; those of class 22 repeat values, as the details
 * do, which are never looked at. */
void pg_fault_of(const PGresult *res, char fault[PG_FAULT])
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    if (state == NULL || message == NULL)
        message = PQresultErrorMessage(res);
    else if (is_class(state, "22"))
        message = "a value that PostgreSQL cannot take";
    pg_fault_set(fault, message, NULL);
    size_t n = strlen(fault);
    if (state != NULL && n + 10 < PG_FAULT) {
        memcpy(fault + n, " [", 2);
        memcpy(fault + n + 2, state, 5);
        memcpy(fault + n + 7, "]", 2);
    }
}

enum err pg_fail(struct cx *cx, const struct pg_conn *c, enum err e, const char *what)
{
    if (e == ERR_BUSY)
        cx->retry_after_s = c->bad ? DB_OUTAGE_RETRY_S : 1;
    return cx_fail(cx, e, "%s: %s", what, c->fault);
}
