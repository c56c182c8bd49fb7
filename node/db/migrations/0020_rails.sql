-- The owner's account at a provider: what a planet needs to take money there.
CREATE TABLE rail_account (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    rail TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'on', 'off')),
    live BIGINT NOT NULL,               -- 0: test money
    merchant TEXT,                      -- the provider's name of the account; NULL: not known yet
    settings TEXT NOT NULL,             -- JSON object of texts that anybody may see who sees the desk
    hints TEXT NOT NULL,                -- JSON object: the last four characters of each secret
    secrets BYTEA,                      -- JSON object of texts, sealed with the node's key
    rights TEXT,                        -- JSON: what the last test found
    last_error TEXT,
    checked_at BIGINT,
    caught_up_at BIGINT,                -- events of the provider up to here have been asked for
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (planet_id, rail)
);

-- Whatever a provider calls something that belongs to an order of ours.
CREATE TABLE rail_object (
    rail TEXT NOT NULL,
    planet_id BIGINT NOT NULL,
    ref TEXT NOT NULL,
    order_id BIGINT NOT NULL REFERENCES purchase_order (id),
    PRIMARY KEY (planet_id, rail, ref)
);
CREATE INDEX rail_object_order ON rail_object (order_id);

-- P22: a call that changes something at a provider is written down before it is made.
CREATE TABLE pay_outbox (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    rail TEXT NOT NULL,
    order_id BIGINT REFERENCES purchase_order (id),
    subscription_id BIGINT,
    step TEXT NOT NULL,                 -- checkout, refund, cancel, resume
    idem_key TEXT NOT NULL UNIQUE,      -- the same however often it is tried
    amount BIGINT,
    request TEXT NOT NULL,              -- JSON, what else the call needs
    state TEXT NOT NULL CHECK (state IN ('new', 'calling', 'done', 'failed')),
    answer TEXT,                        -- JSON
    last_error TEXT,
    tries BIGINT NOT NULL,
    lease_until BIGINT,                 -- somebody is calling until then
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX pay_outbox_order ON pay_outbox (order_id, id);
CREATE INDEX pay_outbox_step ON pay_outbox (planet_id, rail, step, created_at);

-- A membership that the provider renews by itself, as it tells us.
CREATE TABLE rail_subscription (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    rail TEXT NOT NULL,
    ref TEXT NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id),
    order_id BIGINT NOT NULL REFERENCES purchase_order (id), -- the one that began it
    customer TEXT,
    state TEXT NOT NULL CHECK (state IN ('active', 'past_due', 'paused', 'ended')),
    ends_with_term BIGINT NOT NULL,     -- 1: cancelled, runs to the end of what is paid
    period_end BIGINT,
    since BIGINT NOT NULL,              -- in this state
    rail_at BIGINT NOT NULL,            -- the rail's clock of what was told last
    UNIQUE (planet_id, rail, ref)
);
CREATE INDEX rail_subscription_account ON rail_subscription (account_id, planet_id);
CREATE INDEX rail_subscription_order ON rail_subscription (order_id);
-- Orders of one person in one planet: planets have many orders, and so may people.
CREATE INDEX purchase_order_who ON purchase_order (account_id, planet_id, id);
