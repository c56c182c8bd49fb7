#include "federation/rates.h"

#include "node/node.h"

static bool take(struct cx *cx, const char *what, struct str who, int burst, double per_second)
{
    if (cx->node->dev)
        return true;
    return node_rate_take(cx, str_fmt(cx->arena, "fed %s " STR_FMT, what, STR_ARG(who)), burst,
                          per_second);
}

bool fed_rate_inbox(struct cx *cx, struct str host)
{
    return take(cx, "inbox", host, 60, 1);
}

bool fed_rate_creates(struct cx *cx, struct str actor_uri)
{
    return take(cx, "create", actor_uri, 30, 30.0 / 600);
}

bool fed_rate_flags(struct cx *cx, struct str house)
{
    return take(cx, "flag", house, 20, 1.0 / 120);
}

bool fed_rate_discovery(struct cx *cx, struct str host)
{
    return take(cx, "new", host, 10, 10.0 / 60);
}

bool fed_rate_climbs(struct cx *cx, struct str host)
{
    return take(cx, "climb", host, 20, 20.0 / 600);
}

bool fed_rate_fetches(struct cx *cx, struct str host)
{
    return take(cx, "fetch", host, 10, 10);
}
