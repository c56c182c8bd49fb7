-- Programs that act for an account: their tokens, and the answers that they may ask for again.

-- planet_id NULL: all that the account may. scopes: words with a space between, in the order of the table
-- in node/people/token.c. What the program holds has its SHA-256 here only.
CREATE TABLE api_token (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    planet_id BIGINT REFERENCES planet (id),
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    used_at BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_token_account ON api_token (account_id, id);

-- Requests that came with an Idempotency-Key, for a day. status NULL: not answered (yet). The answer is sealed:
-- it may hold what is shown only once.
CREATE TABLE api_once (
    token_id BIGINT NOT NULL REFERENCES api_token (id),
    key_hash BYTEA NOT NULL,
    request_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    status BIGINT,
    answer BYTEA,
    PRIMARY KEY (token_id, key_hash)
);
CREATE INDEX api_once_age ON api_once (created_at);
