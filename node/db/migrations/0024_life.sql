-- How a planet renews: no row means seven days of grace, and UTC.
CREATE TABLE planet_renewing (
    planet_id BIGINT PRIMARY KEY REFERENCES planet (id),
    grace_days BIGINT NOT NULL,         -- 0 to 30: access after a renewal that failed
    zone_minutes BIGINT NOT NULL        -- east of UTC: when it is nine in the morning there
);

-- P13: while a provider tries to take the money for a renewal, the grant goes on. Append-only: the last
-- row of a grant counts.
CREATE TABLE grant_grace (
    id BIGINT PRIMARY KEY,
    grant_id BIGINT NOT NULL REFERENCES member_grant (id),
    at BIGINT NOT NULL,
    until BIGINT,                       -- NULL: over
    reason TEXT NOT NULL
);
CREATE INDEX grant_grace_grant ON grant_grace (grant_id, id);
-- Derived, like live_ends_at, which holds the end of the grace then: where the term itself ended.
ALTER TABLE member_grant ADD COLUMN grace_from BIGINT;

ALTER TABLE rail_subscription ADD COLUMN price_id BIGINT; -- of further terms; NULL: that of its first order

-- P28, P29: what a member wants to happen when the term ends. No row: that it goes on as it is.
CREATE TABLE renewal_wish (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    off_at BIGINT,                      -- no further term since then; NULL: it goes on
    next_price_id BIGINT,               -- a lower tier from the next term on; NULL: as it is
    at BIGINT NOT NULL,
    PRIMARY KEY (planet_id, account_id)
);

-- P29: what an order of kind upgrade takes into account.
CREATE TABLE upgrade (
    order_id BIGINT PRIMARY KEY REFERENCES purchase_order (id),
    unused BIGINT NOT NULL,             -- what was left of the old terms, even beyond the new price
    nominal_ms BIGINT NOT NULL,         -- length of the term that the new price buys; 0: for life
    extra_ms BIGINT NOT NULL            -- what the rest of the credit buys at the new price
);
CREATE TABLE upgrade_from (
    order_id BIGINT NOT NULL REFERENCES purchase_order (id),
    grant_id BIGINT NOT NULL REFERENCES member_grant (id),
    ends_at BIGINT,                     -- as it stood when the credit was worked out
    PRIMARY KEY (order_id, grant_id)
);

-- P33: who pays the old price is asked for the new one from this moment on, at the next renewal.
CREATE TABLE price_move (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    from_price_id BIGINT NOT NULL REFERENCES price (id),
    to_price_id BIGINT NOT NULL REFERENCES price (id),
    effective_at BIGINT NOT NULL,
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    stopped_at BIGINT
);
CREATE INDEX member_grant_price ON member_grant (price_id, account_id);
CREATE INDEX member_grant_page ON member_grant (planet_id, id);
CREATE INDEX price_move_from ON price_move (from_price_id);
CREATE INDEX price_move_planet ON price_move (planet_id, id);
