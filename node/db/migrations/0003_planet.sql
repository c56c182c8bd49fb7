CREATE TABLE planet (
    id BIGINT PRIMARY KEY,
    handle TEXT NOT NULL UNIQUE,        -- [A-Za-z0-9_]{1,30}, also the actor's preferredUsername
    name TEXT NOT NULL,
    tagline TEXT NOT NULL,              -- one sentence
    about TEXT NOT NULL,                -- Markdown
    about_html TEXT NOT NULL,
    lang TEXT NOT NULL,                 -- BCP 47
    joining TEXT NOT NULL CHECK (joining IN ('open', 'closed')),
    icon_media_id BIGINT,
    cover_media_id BIGINT,
    accent TEXT,                        -- a colour of the palette
    grants_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE role (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'partner', 'guest', 'moderator', 'banned')),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (planet_id, account_id)
);

CREATE TABLE tier (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    about TEXT NOT NULL,
    rank BIGINT NOT NULL,               -- opens its own rank and all below; 1 is the lowest
    seats BIGINT,                       -- NULL: unlimited
    visible BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (planet_id, slug),
    UNIQUE (planet_id, rank)
);

-- Immutable: a new price is a new row (P3).
CREATE TABLE price (
    id BIGINT PRIMARY KEY,
    tier_id BIGINT NOT NULL REFERENCES tier (id),
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,             -- minor units
    unit TEXT NOT NULL CHECK (unit IN ('day', 'month', 'year', 'once')),
    count BIGINT NOT NULL,
    trial_days BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE INDEX price_tier ON price (tier_id);

-- P9: the facts of membership. Never updated: what happens to one is a grant_event.
-- Starts and ends are those at making; current ones follow from the events and are kept in
-- live_ends_at / dead for the access query, rebuilt from the events at will.
CREATE TABLE member_grant (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    tier_id BIGINT NOT NULL REFERENCES tier (id),
    rank BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('paid', 'trial', 'trial_card', 'gift', 'code', 'comp', 'legacy', 'bundle', 'referral')),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT,                     -- NULL: lifetime
    anchor_day BIGINT NOT NULL,         -- day of the month that the chain of terms began on (P5)
    window_days BIGINT,
    order_id BIGINT,
    price_id BIGINT,
    created_at BIGINT NOT NULL,
    live_ends_at BIGINT,                -- derived: NULL = lifetime
    live_state TEXT NOT NULL CHECK (live_state IN ('live', 'suspended', 'revoked'))
);
CREATE INDEX member_grant_who ON member_grant (account_id, planet_id);
CREATE INDEX member_grant_planet ON member_grant (planet_id, account_id);
CREATE INDEX member_grant_tier ON member_grant (tier_id, live_state);
CREATE INDEX member_grant_order ON member_grant (order_id);

CREATE TABLE grant_event (
    id BIGINT PRIMARY KEY,
    grant_id BIGINT NOT NULL REFERENCES member_grant (id),
    at BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('extend', 'shorten', 'revoke', 'suspend', 'restore')),
    ends_at BIGINT,                     -- for extend and shorten: the new end, NULL = lifetime
    reason TEXT NOT NULL,
    actor_account_id BIGINT
);
CREATE INDEX grant_event_grant ON grant_event (grant_id, id);
