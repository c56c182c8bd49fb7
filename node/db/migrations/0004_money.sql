CREATE TABLE purchase_order (
    id BIGINT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,        -- ULID, the merchant number at every rail
    account_id BIGINT NOT NULL REFERENCES account (id),
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    kind TEXT NOT NULL,                 -- membership, renewal, post …
    price_id BIGINT REFERENCES price (id),
    tier_id BIGINT REFERENCES tier (id), -- what it gives: a term of a tier,
    term_unit TEXT,                     -- as price.unit and price.count
    term_count BIGINT,
    post_id BIGINT,                     -- or the right to one post
    quantity BIGINT NOT NULL,
    list_amount BIGINT NOT NULL,
    discount BIGINT NOT NULL,
    credit BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    total BIGINT NOT NULL,
    currency TEXT NOT NULL,
    rail TEXT NOT NULL,                 -- 'fake', 'code', 'none', later the providers
    rail_ref TEXT,
    rail_at BIGINT,                     -- the rail's clock of what was applied last: older tales are only recorded
    state TEXT NOT NULL CHECK (state IN ('new', 'pending', 'paid', 'part_refunded', 'refunded', 'disputed', 'lost', 'expired', 'failed', 'cancelled')),
    refunded BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    paid_at BIGINT
);
CREATE INDEX purchase_order_account ON purchase_order (account_id, id);
CREATE INDEX purchase_order_planet ON purchase_order (planet_id, id);
CREATE INDEX purchase_order_state ON purchase_order (state, expires_at);

-- Every transition asked of an order, applied or only recorded (P7).
CREATE TABLE order_event (
    id BIGINT PRIMARY KEY,
    order_id BIGINT NOT NULL REFERENCES purchase_order (id),
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT,                      -- NULL: not applied
    detail TEXT
);
CREATE INDEX order_event_order ON order_event (order_id, id);

CREATE TABLE post_right (
    account_id BIGINT NOT NULL REFERENCES account (id),
    post_id BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (account_id, post_id, order_id)
);

-- P16: double entry, append-only, chained per planet.
CREATE TABLE txn (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    order_id BIGINT,
    grant_id BIGINT,
    rail_event_id BIGINT,
    reverses BIGINT,
    memo TEXT NOT NULL,
    prev_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    UNIQUE (planet_id, seq)
);
CREATE TABLE entry (
    id BIGINT PRIMARY KEY,
    txn_id BIGINT NOT NULL REFERENCES txn (id),
    account TEXT NOT NULL,              -- clearing:<rail>, revenue:<kind> …
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL
);
CREATE INDEX entry_txn ON entry (txn_id);

CREATE TABLE rail_event (
    id BIGINT PRIMARY KEY,
    rail TEXT NOT NULL,
    planet_id BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    body BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    verdict TEXT NOT NULL,              -- applied, recorded, unmatched
    UNIQUE (rail, planet_id, event_id)
);

-- P8: money that fits no order waits for the owner's decision.
CREATE TABLE unmatched (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL,
    rail_event_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    amount BIGINT,
    currency TEXT,
    order_number TEXT,
    created_at BIGINT NOT NULL,
    settled_at BIGINT
);

-- O1: codes are kept only as HMAC-SHA256 under the node's key.
CREATE TABLE code_batch (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    tier_id BIGINT NOT NULL REFERENCES tier (id),
    name TEXT NOT NULL,
    unit TEXT NOT NULL,                 -- the term it gives: as price.unit
    count BIGINT NOT NULL,
    uses BIGINT NOT NULL,               -- how often each code may be used
    expires_at BIGINT,
    created_by BIGINT,
    created_at BIGINT NOT NULL
);
CREATE TABLE code (
    id BIGINT PRIMARY KEY,
    batch_id BIGINT NOT NULL REFERENCES code_batch (id),
    hash BYTEA NOT NULL UNIQUE,
    hint TEXT NOT NULL,                 -- last five characters, to find it again
    used BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX code_batch_codes ON code (batch_id);
CREATE TABLE code_use (
    code_id BIGINT NOT NULL REFERENCES code (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    order_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (code_id, account_id)
);
