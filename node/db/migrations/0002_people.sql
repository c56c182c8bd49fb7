CREATE TABLE account (
    id BIGINT PRIMARY KEY,
    mail TEXT NOT NULL,
    mail_key TEXT NOT NULL UNIQUE,      -- folded, for look-up
    username TEXT NOT NULL UNIQUE,      -- [a-z0-9_]{1,30}
    name TEXT NOT NULL,
    bio TEXT,
    password TEXT,                      -- argon2id, NULL: none set
    locale TEXT,
    avatar_media_id BIGINT,
    is_owner BIGINT NOT NULL,           -- of the node
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'deleted')),
    created_at BIGINT NOT NULL
);

CREATE TABLE session (
    id BIGINT PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,
    account_id BIGINT NOT NULL REFERENCES account (id),
    csrf TEXT NOT NULL,
    user_agent TEXT,
    ip TEXT,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account_id);

-- A mailed link or a one-time link of the command line. GET shows a button, POST consumes.
CREATE TABLE login_token (
    id BIGINT PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,
    mail TEXT NOT NULL,
    account_id BIGINT,                  -- NULL: signing up
    browser_hash BYTEA,                 -- the browser that asked; NULL: any (owner's link)
    code_hash BYTEA,                    -- 6 digits, for another browser
    next TEXT,                          -- where to go afterwards, a path of ours
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    tries BIGINT NOT NULL
);
CREATE INDEX login_token_browser ON login_token (browser_hash);
CREATE INDEX login_token_expires ON login_token (expires_at);

-- Who sits behind an ActivityPub id: somebody remote, or one of ours.
CREATE TABLE actor (
    id BIGINT PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,                 -- Person, Service, Group …
    host TEXT NOT NULL,
    username TEXT NOT NULL,
    name TEXT NOT NULL,
    url TEXT,
    icon_url TEXT,
    inbox TEXT,
    shared_inbox TEXT,
    local_kind TEXT,                    -- NULL remote; 'instance', 'planet', 'account'
    local_id BIGINT,                    -- planet or account id
    rsa_private BYTEA,                  -- sealed; local only
    ed25519_private BYTEA,
    fetched_at BIGINT NOT NULL,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX actor_local ON actor (local_kind, local_id);
CREATE INDEX actor_host ON actor (host);

CREATE TABLE notice (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES account (id),
    kind TEXT NOT NULL,                 -- mention, reply, comment, like, follow, membership
    post_id BIGINT,
    comment_id BIGINT,
    from_name TEXT NOT NULL,
    from_url TEXT,
    created_at BIGINT NOT NULL,
    read_at BIGINT
);
CREATE INDEX notice_account ON notice (account_id, id);
-- Whether somebody was told the same already, and how many are unread.
CREATE INDEX notice_unread ON notice (account_id, kind, COALESCE(post_id, 0), COALESCE(comment_id, 0), from_name)
 WHERE read_at IS NULL;
