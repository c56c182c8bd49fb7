-- What a hosting provider knows of its nodes. What is in a node stands in the node's own store.
CREATE TABLE host_setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Counts every change of a node or plan: whoever serves asks for what is newer than it knows.
CREATE TABLE host_counter (
    name TEXT PRIMARY KEY,
    n BIGINT NOT NULL
);
INSERT INTO host_counter (name, n) VALUES ('change', 1);

-- 0: any number.
CREATE TABLE host_plan (
    name TEXT PRIMARY KEY,
    members BIGINT NOT NULL,
    storage BIGINT NOT NULL,            -- bytes
    posts_a_day BIGINT NOT NULL,
    mails_a_day BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE host_node (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,                 -- label: [a-z0-9-]{1,63}
    host TEXT NOT NULL,                 -- as the Host header says it
    origin TEXT NOT NULL,
    owner TEXT NOT NULL,                -- mail address
    owner_key TEXT NOT NULL,            -- folded, to compare
    plan TEXT NOT NULL REFERENCES host_plan (name),
    state TEXT NOT NULL CHECK (state IN ('making', 'active', 'suspended', 'moving', 'leaving', 'deleted')),
    before_state TEXT,                  -- moving: what it goes back to
    dir TEXT NOT NULL,
    store TEXT NOT NULL,                -- 'sqlite', or 'postgresql'
    target_dir TEXT,                    -- moving: where to
    target_store TEXT,                  -- moving: 'sqlite' or a sealed address; NULL: as it is; making: its schema
    told BIGINT NOT NULL,               -- leaving: the Deletes are queued
    leave_until BIGINT,                 -- leaving: not waited for longer
    grace_ms BIGINT NOT NULL,           -- leaving: how long the archive will be kept; 0: none
    archive TEXT,                       -- deleted: where the data lies
    archive_until BIGINT,
    error TEXT,                         -- why a move did not succeed
    worker TEXT,                        -- the process that moves or deletes it at this moment
    awake BIGINT NOT NULL,
    wake_at BIGINT NOT NULL,            -- of a sleeping one: when a job is due; 0: not known
    members BIGINT,                     -- as measured last
    storage BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX host_node_host ON host_node (host) WHERE state <> 'deleted';
CREATE UNIQUE INDEX host_node_name ON host_node (name) WHERE state <> 'deleted';
CREATE INDEX host_node_version ON host_node (version);
CREATE INDEX host_node_state ON host_node (state, id);
CREATE INDEX host_node_plan ON host_node (plan);
CREATE INDEX host_node_awake ON host_node (awake);

CREATE TABLE host_usage (
    node_id BIGINT NOT NULL REFERENCES host_node (id),
    day TEXT NOT NULL,                  -- UTC, '2026-11-22'
    requests BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    deliveries BIGINT NOT NULL,
    mails BIGINT NOT NULL,
    job_cpu_us BIGINT NOT NULL,
    storage BIGINT,                     -- as measured last on that day, or before
    members BIGINT,
    PRIMARY KEY (node_id, day)
);
CREATE INDEX host_usage_day ON host_usage (day, node_id);

CREATE TABLE host_token (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hash BYTEA NOT NULL UNIQUE,         -- SHA-256
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
);

-- A request that may be sent twice. answer NULL: it is being answered.
CREATE TABLE host_request (
    token_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    status BIGINT NOT NULL,
    answer BYTEA,                       -- sealed: there are sign-in links in it
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (token_id, key)
);
CREATE INDEX host_request_expires ON host_request (expires_at);

-- Made ahead, since making takes long: 'rsa' keys (sealed), 'schema' (the name of an empty store),
-- 'making' (the name of one that is not whole yet).
CREATE TABLE host_spare (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    value BYTEA NOT NULL
);
CREATE INDEX host_spare_kind ON host_spare (kind, id);

-- Who serves, and up to which change.
CREATE TABLE host_process (
    id TEXT PRIMARY KEY,
    place TEXT NOT NULL,                -- machine and directory, hashed: one process at a time serves it
    version BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
