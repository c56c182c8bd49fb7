/* Values in PostgreSQL's binary format: integers and floats most significant byte first, text and
 * bytes as they are, sums as "numeric" (digits of base 10,000). */
#include <endian.h>
#include <string.h>

#include "node/base/arena.h"
#include "node/db/pg_private.h"

enum {
    TYPE_BOOL = 16, TYPE_NAME = 19, TYPE_INT2 = 21, TYPE_INT4 = 23, TYPE_OID = 26,
    TYPE_FLOAT4 = 700, TYPE_UNKNOWN = 705, TYPE_BPCHAR = 1042, TYPE_VARCHAR = 1043,
    TYPE_NUMERIC = 1700,
};

unsigned pg_type_of(char letter)
{
    switch (letter) {
    case 'i': case 'I': return PG_INT8;
    case 'r': return PG_FLOAT8;
    case 't': case 'T': return PG_TEXT;
    default: return PG_BYTEA;
    }
}

bool pg_type_fits(unsigned type, char letter)
{
    switch (type) {
    case TYPE_BOOL: case TYPE_OID: return letter == 'i' || letter == 'I';
    case PG_INT8: case TYPE_INT2: case TYPE_INT4: case TYPE_NUMERIC:
        return letter == 'i' || letter == 'I' || letter == 'r';
    case PG_FLOAT8: case TYPE_FLOAT4: return letter == 'r';
    case PG_BYTEA: return letter == 'b' || letter == 'B';
    case PG_TEXT: case TYPE_NAME: case TYPE_UNKNOWN: case TYPE_BPCHAR: case TYPE_VARCHAR:
        return letter == 't' || letter == 'T';
    default: return false;
    }
}

int pg_params_fill(struct pg_params *p, const char *letters, const union db_value *in)
{
    for (int i = 0; letters[i] != '\0'; i++) {
        char letter = letters[i];
        p->formats[i] = 1;
        if (letter == 'i' || letter == 'I' || letter == 'r') {
            uint64_t bits = (uint64_t)in[i].i;
            if (letter == 'r')
                memcpy(&bits, &in[i].r, sizeof bits);
            else if (in[i].i == DB_NULL && letter == 'i')
                return i;
            p->numbers[i] = htobe64(bits);
            bool null = letter == 'I' && in[i].i == DB_NULL;
            p->values[i] = null ? NULL : (const char *)&p->numbers[i];
            p->lengths[i] = sizeof bits;
        } else {
            bool null = in[i].s.p == NULL && (letter == 'T' || letter == 'B');
            p->values[i] = null ? NULL : in[i].s.p == NULL ? "" : in[i].s.p;
            p->lengths[i] = (int)in[i].s.n;
        }
    }
    return -1;
}

/* ---- what comes back ----------------------------------------------------------------------- */

static uint64_t read_be(const char *p, int n)
{
    uint64_t v = 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

/* Header: digits, weight of the first, sign, digits shown; then the digits, two bytes each. */
static bool read_numeric(const char *p, int n, int64_t *ret_i, double *ret_r)
{
    if (n < 8)
        return false;
    int digits = (int)read_be(p, 2), weight = (int16_t)read_be(p + 2, 2);
    bool negative = read_be(p + 4, 2) == 0x4000, whole = read_be(p + 4, 2) <= 0x4000;
    int64_t v = 0;
    double r = 0;
    for (int k = 0; k <= weight || k < digits; k++) {
        int64_t digit = k < digits && 8 + 2 * k + 2 <= n ? (int64_t)read_be(p + 8 + 2 * k, 2) : 0;
        if (k <= weight) {
            r = r * 10000 + (double)digit;
            whole = whole && !__builtin_mul_overflow(v, 10000, &v) &&
                    !__builtin_sub_overflow(v, digit, &v); /* downwards, for the smallest */
        } else {
            double part = (double)digit;
            for (int down = weight; down < k; down++)
                part /= 10000;
            r += part;
            whole = whole && digit == 0;
        }
    }
    *ret_r = negative ? -r : r;
    if (whole && !negative && __builtin_sub_overflow(0, v, &v))
        whole = false;
    *ret_i = v;
    return whole;
}

static bool read_int(unsigned type, const char *p, int n, int64_t *ret)
{
    double r;
    switch (type) {
    case TYPE_BOOL: *ret = p[0] != 0; return true;
    case TYPE_INT2: *ret = (int16_t)read_be(p, 2); return true;
    case TYPE_INT4: *ret = (int32_t)read_be(p, 4); return true;
    case TYPE_OID: *ret = (int64_t)read_be(p, 4); return true;
    case PG_INT8: *ret = (int64_t)read_be(p, 8); return true;
    default: return read_numeric(p, n, ret, &r);
    }
}

static double read_real(unsigned type, const char *p, int n)
{
    int64_t i = 0;
    double r = 0;
    if (type == PG_FLOAT8) {
        uint64_t bits = read_be(p, 8);
        memcpy(&r, &bits, sizeof r);
    } else if (type == TYPE_FLOAT4) {
        uint32_t bits = (uint32_t)read_be(p, 4);
        float f;
        memcpy(&f, &bits, sizeof f);
        r = (double)f;
    } else if (type == TYPE_NUMERIC) {
        (void)read_numeric(p, n, &i, &r);
    } else {
        (void)read_int(type, p, n, &i);
        r = (double)i;
    }
    return r;
}

static enum err read_row(struct cx *cx, const PGresult *res, int row, const struct db_query *q,
                         union db_value *columns)
{
    for (int i = 0; q->out[i] != '\0'; i++) {
        char letter = q->out[i];
        bool null = PQgetisnull(res, row, i);
        const char *p = PQgetvalue(res, row, i);
        int n = PQgetlength(res, row, i);
        if (null && letter >= 'a')
            return cx_fail(cx, ERR_INTERNAL, "query %s: column %d is NULL; say so with '?'", q->name,
                           i + 1);
        if (letter == 'i' || letter == 'I') {
            columns[i].i = DB_NULL;
            if (!null && !read_int(PQftype(res, i), p, n, &columns[i].i))
                return cx_fail(cx, ERR_INTERNAL, "query %s: column %d is no whole number of 64 bits",
                               q->name, i + 1);
        } else if (letter == 'r') {
            columns[i].r = read_real(PQftype(res, i), p, n);
        } else if (null) {
            columns[i].s = STR_NULL;
        } else {
            columns[i].s = (struct str){arena_copy(cx->arena, p, (size_t)n), (size_t)n};
        }
    }
    return OK;
}

enum err pg_rows_read(struct cx *cx, const PGresult *res, const struct db_call *call)
{
    const struct db_query *q = call->q;
    union db_value columns[DB_MAX_COLUMNS];
    int n = PQntuples(res), width = PQnfields(res);
    if (width != (int)strlen(q->out))
        return cx_fail(cx, ERR_INTERNAL, "query %s gives %d columns; described are %zu", q->name,
                       width, strlen(q->out));
    for (int i = 0; i < width; i++)
        if (!pg_type_fits(PQftype(res, i), q->out[i]))
            return cx_fail(cx, ERR_INTERNAL, "query %s: column %d is of type %u, not '%c'", q->name,
                           i + 1, PQftype(res, i), q->out[i]);
    for (int row = 0; row < n && call->row != NULL; row++) {
        TRY(read_row(cx, res, row, q, columns));
        call->row(call->arg, columns);
    }
    return OK;
}
