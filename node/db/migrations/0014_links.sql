-- Who somebody of ours is on the fediverse. What is bound is the actor, by its id: names change hands.
CREATE TABLE identity (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    actor_id BIGINT NOT NULL UNIQUE REFERENCES actor (id),
    way TEXT NOT NULL CHECK (way IN ('oauth', 'miauth', 'note', 'profile')), -- how it was proven last
    created_at BIGINT NOT NULL,
    verified_at BIGINT NOT NULL
);
CREATE INDEX identity_account ON identity (account_id);

-- What an identity hears of a planet.
CREATE TABLE identity_planet (
    identity_id BIGINT NOT NULL REFERENCES identity (id),
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    wanted BIGINT NOT NULL,             -- 1: tell of new posts
    reply_uri TEXT,                     -- their last direct note to this planet; NULL: none
    told_to BIGINT NOT NULL,            -- posts published up to then were told, or came before
    sent_at BIGINT,                     -- the last notice
    PRIMARY KEY (identity_id, planet_id)
);
CREATE INDEX identity_planet_wanted ON identity_planet (planet_id, wanted, identity_id);

-- How a session was begun: mail, password, fediverse; NULL: before this was written down.
ALTER TABLE session ADD COLUMN how TEXT;
ALTER TABLE session ADD COLUMN identity_id BIGINT;

-- What we are at another server: registered once, secret sealed.
CREATE TABLE link_app (
    host TEXT PRIMARY KEY,
    issuer TEXT NOT NULL,
    authorize_url TEXT NOT NULL,
    token_url TEXT NOT NULL,
    revoke_url TEXT,
    userinfo_url TEXT,                  -- NULL: verify_credentials
    iss_needed BIGINT NOT NULL,
    scope TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client_secret BYTEA,                -- sealed
    created_at BIGINT NOT NULL,
    checked_at BIGINT NOT NULL          -- when its metadata were read
);

-- A proof that was begun. The browser that began it ends it.
CREATE TABLE link_try (
    id BIGINT PRIMARY KEY,
    way TEXT NOT NULL CHECK (way IN ('oauth', 'miauth', 'note', 'profile')),
    account_id BIGINT,                  -- who links; NULL: somebody signs in
    browser_hash BYTEA NOT NULL,
    key_hash BYTEA NOT NULL UNIQUE,     -- of the state, the session, the code, the address
    secret BYTEA,                       -- sealed: PKCE verifier; what is shown again
    host TEXT NOT NULL,                 -- who is asked
    actor_uri TEXT,                     -- who it shall be; NULL: only the host was named
    planet_id BIGINT,                   -- note: who it is sent to
    next TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at BIGINT,                    -- state and session: came back
    actor_id BIGINT,                    -- who it was; NULL: not proven
    note_uri TEXT,                      -- note: what they sent
    used_at BIGINT
);
CREATE INDEX link_try_actor ON link_try (actor_uri, way);
CREATE INDEX link_try_browser ON link_try (browser_hash);
CREATE INDEX link_try_expires ON link_try (expires_at);

-- Private messages between a planet and people elsewhere.
CREATE TABLE direct_note (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    actor_id BIGINT NOT NULL REFERENCES actor (id), -- the other side
    account_id BIGINT,                  -- who of us wrote it; NULL: they did
    object_uri TEXT NOT NULL UNIQUE,
    html TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    read_at BIGINT
);
CREATE INDEX direct_note_with ON direct_note (planet_id, actor_id, id);
CREATE INDEX direct_note_actor ON direct_note (actor_id, id);
