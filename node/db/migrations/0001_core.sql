-- The node itself: settings, queue, what arrived already.
CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE job (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject BIGINT NOT NULL,
    payload TEXT,
    order_key TEXT,
    state TEXT NOT NULL CHECK (state IN ('ready', 'waiting', 'leased', 'resting')), -- waiting: for an older one of its order_key
    run_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX job_due ON job (state, kind, run_at, id);
CREATE INDEX job_order ON job (order_key, state, id);

-- Attempts that must be limited across restarts (codes, sign-in): one row a key and window.
CREATE TABLE rate_window (
    key TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    hits BIGINT NOT NULL,
    PRIMARY KEY (key, window_start)
);
CREATE INDEX rate_window_start ON rate_window (window_start);

CREATE TABLE audit (
    id BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    account_id BIGINT,
    what TEXT NOT NULL,
    subject BIGINT,
    detail TEXT
);
