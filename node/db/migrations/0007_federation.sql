CREATE TABLE actor_key (
    key_id TEXT PRIMARY KEY,
    actor_id BIGINT NOT NULL REFERENCES actor (id),
    pem TEXT NOT NULL,                  -- SPKI PEM or z… multibase
    fetched_at BIGINT NOT NULL
);
CREATE INDEX actor_key_actor ON actor_key (actor_id);

CREATE TABLE follow (
    id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL REFERENCES actor (id),       -- who follows
    target_id BIGINT NOT NULL REFERENCES actor (id),      -- one of ours
    activity_uri TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'accepted')),
    created_at BIGINT NOT NULL,
    UNIQUE (actor_id, target_id)
);
CREATE INDEX follow_target ON follow (target_id, state, id);

CREATE TABLE seen_activity (
    uri TEXT PRIMARY KEY,
    seen_at BIGINT NOT NULL
);
CREATE INDEX seen_activity_at ON seen_activity (seen_at);

-- What we say: serialised once, these bytes are digested, signed and sent.
CREATE TABLE activity (
    id BIGINT PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    actor_id BIGINT NOT NULL REFERENCES actor (id),
    type TEXT NOT NULL,
    object_uri TEXT NOT NULL,
    in_outbox BIGINT NOT NULL,
    fanned_to TEXT,                     -- the last inbox that a delivery was queued for; NULL: all
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX activity_outbox ON activity (actor_id, in_outbox, id);
CREATE INDEX activity_object ON activity (object_uri);

-- What we know of a host as a place to deliver to.
CREATE TABLE host (
    host TEXT PRIMARY KEY,
    scheme TEXT,                        -- signature that it took: 'draft', 'rfc9421'
    scheme_at BIGINT,
    failures BIGINT NOT NULL,
    open_until BIGINT NOT NULL,
    last_success_at BIGINT,
    last_failure_at BIGINT,
    fail_days BIGINT NOT NULL,          -- days with failures and no success since (4.6)
    fail_day BIGINT NOT NULL,           -- the last of them, days since 1970
    last_error TEXT
);
