-- Mails about something that happened. The row stays, so that nothing is told twice; its text goes
-- when it was handed over.
CREATE TABLE letter (
    id BIGINT PRIMARY KEY,
    once_key TEXT NOT NULL UNIQUE,
    account_id BIGINT,                  -- NULL: to a bare address, which is in the sealed part
    planet_id BIGINT,                   -- NULL: from the node
    kind TEXT NOT NULL,
    sealed BYTEA,                       -- JSON: what it says; NULL once it has ended
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'unsent', 'failed')),
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX letter_account ON letter (account_id, id);
