-- What people here or elsewhere complain about. The reporter is for those who moderate, never for
-- whom it is about.
CREATE TABLE report (
    id BIGINT PRIMARY KEY,
    uri TEXT,                           -- the Flag's id; NULL: written here
    planet_id BIGINT NOT NULL,          -- whose people decide; 0: the node's owner alone
    by_account_id BIGINT,               -- who says so: somebody here,
    by_actor_id BIGINT,                 -- or an actor elsewhere, mostly its server's own,
    by_host TEXT,                       -- of that server
    about_account_id BIGINT,            -- whom: somebody here, or
    about_actor_id BIGINT,              -- an actor, ours or remote
    reason TEXT NOT NULL CHECK (reason IN ('spam', 'abuse', 'illegal', 'other')),
    text TEXT NOT NULL,                 -- plain
    state TEXT NOT NULL CHECK (state IN ('open', 'resolved')),
    note TEXT NOT NULL,                 -- of those who decide
    created_at BIGINT NOT NULL,
    resolved_at BIGINT,
    resolved_by BIGINT,                 -- account
    sent_at BIGINT,                     -- passed on to the author's server
    UNIQUE (uri, planet_id)
);
CREATE INDEX report_planet ON report (planet_id, state, id);
CREATE INDEX report_state ON report (state, id);

CREATE TABLE report_item (
    report_id BIGINT NOT NULL REFERENCES report (id),
    post_id BIGINT NOT NULL,
    comment_id BIGINT NOT NULL,         -- 0: the post itself
    PRIMARY KEY (report_id, post_id, comment_id)
);
CREATE INDEX report_item_thing ON report_item (post_id, comment_id);

-- Moving. Of a remote actor: where its last Move led and when; of ours: where it sends its followers.
-- moved_at outlives a move that was taken back: the next one has to wait.
ALTER TABLE actor ADD COLUMN moved_to TEXT;
ALTER TABLE actor ADD COLUMN moved_at BIGINT;

-- Accounts elsewhere that may send their followers to an actor of ours (alsoKnownAs).
CREATE TABLE actor_alias (
    actor_id BIGINT NOT NULL REFERENCES actor (id),
    uri TEXT NOT NULL,
    handle TEXT NOT NULL,               -- "@old@host"
    created_at BIGINT NOT NULL,
    moved_at BIGINT,                    -- its Move reached us
    PRIMARY KEY (actor_id, uri)
);
CREATE INDEX actor_alias_uri ON actor_alias (uri);

-- Somebody named an account elsewhere, as an alias or to move to; a job looks at it.
CREATE TABLE actor_wish (
    id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL REFERENCES actor (id),
    kind TEXT NOT NULL CHECK (kind IN ('alias', 'move')),
    target TEXT NOT NULL,               -- as it was typed
    state TEXT NOT NULL CHECK (state IN ('checking', 'done', 'failed')),
    why TEXT,                           -- a word: why it failed
    account_id BIGINT NOT NULL,         -- who asked; 0: the command line
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX actor_wish_actor ON actor_wish (actor_id, kind, id);

-- Followers that an actor of ours had elsewhere, from a list: to see who has come over.
CREATE TABLE expected_follower (
    actor_id BIGINT NOT NULL REFERENCES actor (id),
    handle TEXT NOT NULL,               -- "user@host", lower case
    PRIMARY KEY (actor_id, handle)
);
