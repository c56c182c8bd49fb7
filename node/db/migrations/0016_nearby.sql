-- Planets nearby (D6). What an owner recommends, what we know of those and of theirs, and who shows it.

CREATE TABLE endorsement (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    asked TEXT NOT NULL,                -- as it was typed: a handle or an address
    uri TEXT,                           -- the actor's id; NULL until it is found
    state TEXT NOT NULL CHECK (state IN ('asked', 'found', 'unknown')),
    tries BIGINT NOT NULL,
    next_at BIGINT NOT NULL,            -- while asked: when it is looked for
    created_at BIGINT NOT NULL,
    UNIQUE (planet_id, uri)
);
CREATE INDEX endorsement_uri ON endorsement (uri);

-- An actor of ours or elsewhere, as visitors are shown it. All texts are plain.
CREATE TABLE nearby (
    uri TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    handle TEXT NOT NULL,
    name TEXT NOT NULL,
    line TEXT NOT NULL,                 -- one line about it
    url TEXT NOT NULL,
    icon_url TEXT,
    teaser TEXT,                        -- its newest public words
    teaser_url TEXT,
    teaser_at BIGINT,
    state TEXT NOT NULL CHECK (state IN ('new', 'known', 'refused', 'gone')),
    tries BIGINT NOT NULL,              -- in vain, one after the other
    seen_at BIGINT NOT NULL,            -- 0: never
    next_at BIGINT NOT NULL
);
CREATE INDEX nearby_next ON nearby (next_at);

-- The second step: whom those that somebody here recommends recommend themselves.
CREATE TABLE nearby_link (
    from_uri TEXT NOT NULL,
    to_uri TEXT NOT NULL,
    PRIMARY KEY (from_uri, to_uri)
);
CREATE INDEX nearby_link_to ON nearby_link (to_uri);

-- Planets whose pages show them, and what their owners took off.
CREATE TABLE nearby_planet (
    planet_id BIGINT PRIMARY KEY REFERENCES planet (id)
);
CREATE TABLE nearby_hidden (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    uri TEXT NOT NULL,
    PRIMARY KEY (planet_id, uri)
);
