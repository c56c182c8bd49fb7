#include "node/people/same.h"

#include "node/base/buf.h"
#include "node/people/account.h"

struct str same_mail(struct arena *a, struct str mail)
{
    struct str low = str_lower(a, str_trim(mail));
    size_t at = str_find_char(low, '@', 0);
    struct buf b;
    if (at == SIZE_MAX)
        return low;
    struct str local = str_sub(low, 0, at), host = str_sub(low, at + 1, low.n);
    bool gmail = str_eq_c(host, "gmail.com") || str_eq_c(host, "googlemail.com");
    size_t plus = str_find_char(local, '+', 0);
    if (plus != SIZE_MAX && plus > 0)
        local = str_sub(local, 0, plus);
    buf_init_arena(&b, a, 512);
    for (size_t i = 0; i < local.n; i++)
        if (!gmail || local.p[i] != '.')
            buf_put_char(&b, local.p[i]);
    buf_put_char(&b, '@');
    buf_put(&b, gmail ? STR("gmail.com") : host);
    return buf_str(&b);
}

enum err same_person(struct cx *cx, int64_t a, int64_t b, bool *ret)
{
    struct account one, two;
    *ret = a == b;
    if (a == b)
        return OK;
    TRY(account_by_id(cx, a, &one));
    TRY(account_by_id(cx, b, &two));
    *ret = one.mail.n > 0 && str_eq(same_mail(cx->arena, one.mail), same_mail(cx->arena, two.mail));
    return OK;
}
