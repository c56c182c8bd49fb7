-- P30, P31: money on its way back. What a provider gave back by itself stands here, too.
CREATE TABLE refund (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    order_id BIGINT NOT NULL REFERENCES purchase_order (id),
    account_id BIGINT NOT NULL REFERENCES account (id),   -- who bought
    kind TEXT NOT NULL,                 -- button, gift, asked, owner, rule, rail
    state TEXT NOT NULL CHECK (state IN ('requested', 'sent', 'succeeded', 'failed', 'declined', 'withdrawn')),
    amount BIGINT NOT NULL,             -- of the order's currency
    ends BIGINT NOT NULL,               -- 1: what the order gave ends with it
    by_hand BIGINT NOT NULL,            -- 1: the owner has paid it outside
    call_id BIGINT,                     -- of pay_outbox
    ref TEXT,                           -- the provider's name of it
    asked TEXT NOT NULL,                -- words of who asked
    said TEXT NOT NULL,                 -- words of who decided
    why TEXT NOT NULL,                  -- of failed: what the provider said
    decided_by BIGINT,                  -- NULL: a rule, or the provider
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    ended_at BIGINT
);
CREATE INDEX refund_order ON refund (order_id, id);
CREATE INDEX refund_planet ON refund (planet_id, state, id);
CREATE INDEX refund_page ON refund (planet_id, id);
CREATE INDEX refund_account ON refund (account_id, planet_id, id);
CREATE INDEX refund_call ON refund (call_id);
CREATE INDEX refund_ref ON refund (ref);

-- Who had the seven days' refund, by keyed hashes of account and mail address.
CREATE TABLE refund_had (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    fingerprint BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (planet_id, fingerprint)
);
CREATE TABLE refund_rule (
    planet_id BIGINT PRIMARY KEY REFERENCES planet (id),
    post_hours BIGINT NOT NULL          -- how long a single post that was opened can be given back; 0: not
);
ALTER TABLE post_right ADD COLUMN opened_at BIGINT; -- read for the first time
CREATE INDEX post_right_order ON post_right (order_id);

-- What the owner should know of an account: a payment was charged back (P32). Notes are the owner's own words.
CREATE TABLE member_flag (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    order_id BIGINT NOT NULL REFERENCES purchase_order (id),
    why TEXT NOT NULL,                  -- dispute_lost
    at BIGINT NOT NULL,
    cleared_at BIGINT,
    cleared_by BIGINT,
    PRIMARY KEY (planet_id, account_id, order_id, why)
);
CREATE TABLE member_note (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    by_account BIGINT,
    at BIGINT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX member_note_account ON member_note (planet_id, account_id, id);

-- P34: a planet that was free takes money from now on, or the other way round. Members are carried over one
-- by one; a row that is not done goes on where it stopped.
CREATE TABLE paywall_switch (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    tier_id BIGINT NOT NULL REFERENCES tier (id),
    direction TEXT NOT NULL CHECK (direction IN ('paid', 'free')),
    choice TEXT NOT NULL,               -- of paid: forever, until, posts; of free: empty
    until_at BIGINT,
    price_id BIGINT REFERENCES price (id), -- the new one
    at BIGINT NOT NULL,
    by_account BIGINT,
    n_done BIGINT NOT NULL,
    done_at BIGINT
);
CREATE INDEX paywall_switch_planet ON paywall_switch (planet_id, id);
