/* How often other servers may make us work (federation.md 3.9, 5.7). Counted only when a signature
 * stands behind the request, so that nobody uses up somebody else's share; in memory, forgotten at a
 * restart. On false, cx->retry_after_s says when to come again. Without limits in --dev, where all
 * servers are one machine. */
#ifndef FEDERATION_RATES_H
#define FEDERATION_RATES_H

#include "node/cx.h"

/* Anything verified from this host: 300 in five minutes, 60 at once. */
bool fed_rate_inbox(struct cx *cx, struct str host);
/* A Create of this actor: 30 in ten minutes. */
bool fed_rate_creates(struct cx *cx, struct str actor_uri);
/* A report (Flag) from this house: 20 at once, then one in two minutes. */
bool fed_rate_flags(struct cx *cx, struct str house);
/* An actor that we don't know, of a host where nobody follows us: 10 a minute. This one comes before
 * any signature is checked: the key is what is to be fetched. */
bool fed_rate_discovery(struct cx *cx, struct str host);
/* A thread that somebody of this host makes us follow upward: 20 in ten minutes. */
bool fed_rate_climbs(struct cx *cx, struct str host);
/* Our own fetches from this host: ten a second. */
bool fed_rate_fetches(struct cx *cx, struct str host);

#endif
