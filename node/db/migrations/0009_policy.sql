-- Who may speak with the node. A name covers what lies below it; the longest that fits counts.
CREATE TABLE domain_rule (
    host TEXT NOT NULL,                 -- lower case, punycode; with a port: that port alone
    kind TEXT NOT NULL CHECK (kind IN ('allow', 'block')),
    level TEXT NOT NULL CHECK (level IN ('none', 'silence', 'suspend')), -- of a block; 'none': its flags alone
    reject_media BIGINT NOT NULL,
    reject_reports BIGINT NOT NULL,
    obfuscate BIGINT NOT NULL,          -- lists that are given away show the name with stars
    public_comment TEXT NOT NULL,
    private_comment TEXT NOT NULL,
    created_by BIGINT,                  -- account; NULL: the command line
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (host, kind)
);

-- At most one row; none: 'block', version 1. Each change of domain_rule or of the mode counts version up,
-- so that who remembers the rules sees that they changed.
CREATE TABLE domain_mode (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    mode TEXT NOT NULL CHECK (mode IN ('block', 'allow')), -- who has no rule is let in, or not
    version BIGINT NOT NULL
);

-- People elsewhere that a planet (or, planet 0, the whole node) wants to hear less of.
CREATE TABLE actor_rule (
    actor_id BIGINT NOT NULL REFERENCES actor (id),
    planet_id BIGINT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('mute', 'block')),
    note TEXT NOT NULL,
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (actor_id, planet_id)
);
CREATE INDEX actor_rule_planet ON actor_rule (planet_id, created_at, actor_id);

-- What a rule took from sight, put back when it is lifted.
CREATE TABLE aside_comment (
    comment_id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL,
    was TEXT NOT NULL,                  -- its state before
    became TEXT NOT NULL                -- if that changed since, a moderator decided
);
CREATE INDEX aside_comment_actor ON aside_comment (actor_id);
CREATE TABLE aside_reaction (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    post_id BIGINT NOT NULL,
    comment_id BIGINT NOT NULL,
    actor_id BIGINT NOT NULL,
    activity_uri TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (kind, post_id, comment_id, actor_id)
);
CREATE INDEX aside_reaction_actor ON aside_reaction (actor_id);
CREATE TABLE aside_follow (
    id BIGINT PRIMARY KEY,
    actor_id BIGINT NOT NULL,
    target_id BIGINT NOT NULL,
    activity_uri TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (actor_id, target_id)
);
