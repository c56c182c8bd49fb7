CREATE TABLE post (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    author_id BIGINT NOT NULL REFERENCES account (id),
    slug TEXT NOT NULL,
    title TEXT NOT NULL,
    lang TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('note', 'article')),
    state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'deleted')),
    access TEXT NOT NULL CHECK (access IN ('public', 'members', 'tier', 'price')),
    tier_rank BIGINT NOT NULL,          -- 0 public, 1 members, n tier and above
    price_amount BIGINT,
    price_currency TEXT,
    teaser TEXT NOT NULL,               -- Markdown, the author's own words
    teaser_html TEXT NOT NULL,
    not_in_trial BIGINT NOT NULL,
    pinned BIGINT NOT NULL,
    version BIGINT NOT NULL,            -- counts edits; forms carry it, so that none is lost
    object_uri TEXT,                    -- ActivityPub id of the current public face, minted at publishing
    summary TEXT NOT NULL,              -- plain text of the public face, for lists and cards
    tags TEXT NOT NULL,                 -- as in post_tag, parted by a space, for lists
    picture_id BIGINT,                  -- the first picture that everybody may see
    n_pictures BIGINT NOT NULL,         -- how many of these there are
    n_comments BIGINT NOT NULL,
    n_likes BIGINT NOT NULL,
    n_announces BIGINT NOT NULL,
    n_public_comments BIGINT NOT NULL,  -- the part of them that everybody may know of
    n_remote_likes BIGINT NOT NULL,
    face_at BIGINT,                     -- when the public face last changed after publishing
    created_at BIGINT NOT NULL,
    published_at BIGINT,
    edited_at BIGINT,
    deleted_at BIGINT,
    UNIQUE (planet_id, slug)
);
CREATE INDEX post_timeline ON post (planet_id, state, published_at, id);
CREATE INDEX post_newest ON post (state, published_at, id);
CREATE INDEX post_author ON post (author_id, state, published_at, id);
CREATE UNIQUE INDEX post_object ON post (object_uri);

-- The locked text. Named by node/talk/post_body.sql, where a pass is asked for, and where access is
-- 'public' by public_view.sql and the view below; by nothing else (tests/lint/body.sh).
CREATE TABLE post_body (
    post_id BIGINT PRIMARY KEY REFERENCES post (id),
    markdown TEXT NOT NULL,
    html TEXT NOT NULL,
    chars BIGINT NOT NULL
);

-- A row of a list of posts: what everybody may see. The text of short public notes stands in lists
-- whole; no other body can come out of here.
CREATE VIEW post_public_card AS
SELECT p.id, p.planet_id, p.author_id, p.slug, p.title, p.lang, p.kind, p.state, p.access,
       p.tier_rank, p.price_amount, p.price_currency, p.not_in_trial, p.pinned, p.version,
       p.teaser_html, p.summary, p.tags, p.n_comments, p.n_likes, p.n_announces,
       p.n_public_comments, p.n_remote_likes, p.created_at, p.published_at, p.edited_at, p.face_at,
       b.html AS note_html, g.handle AS planet_handle, g.name AS planet_name,
       a.name AS author_name, a.username AS author_username,
       v.id AS avatar_id, v.mime AS avatar_mime, v.hash AS avatar_hash,
       v.small_hash AS avatar_small_hash,
       p.n_pictures, m.id AS picture_id, m.mime AS picture_mime, m.hash AS picture_hash,
       m.small_hash AS picture_small_hash, m.width AS picture_width, m.height AS picture_height,
       m.blurhash AS picture_blurhash, m.alt AS picture_alt
  FROM post p
  JOIN planet g ON g.id = p.planet_id
  JOIN account a ON a.id = p.author_id
  LEFT JOIN media v ON v.id = a.avatar_media_id
  LEFT JOIN media m ON m.id = p.picture_id AND m.is_public = 1
  LEFT JOIN post_body b ON b.post_id = p.id AND p.access = 'public' AND p.state = 'published'
       AND p.kind = 'note' AND b.chars <= 1000
 WHERE p.state = 'published';

CREATE TABLE post_tag (
    post_id BIGINT NOT NULL REFERENCES post (id),
    tag TEXT NOT NULL,                  -- as written, no '#'
    tag_key TEXT NOT NULL,              -- folded
    position BIGINT NOT NULL,
    PRIMARY KEY (post_id, tag_key)
);
CREATE INDEX post_tag_key ON post_tag (tag_key, post_id);

CREATE TABLE post_media (
    post_id BIGINT NOT NULL REFERENCES post (id),
    media_id BIGINT NOT NULL REFERENCES media (id),
    place TEXT NOT NULL CHECK (place IN ('body', 'teaser')), -- teaser: shown to everybody
    position BIGINT NOT NULL,
    PRIMARY KEY (post_id, media_id)
);
CREATE INDEX post_media_media ON post_media (media_id);

-- By a member (account_id) or from the fediverse (actor_id). 'members' comments are as locked as
-- the body; 'public' ones stand under the teaser.
CREATE TABLE comment (
    id BIGINT PRIMARY KEY,
    post_id BIGINT NOT NULL REFERENCES post (id),
    parent_id BIGINT,
    root_id BIGINT NOT NULL,            -- own id for a top-level one
    account_id BIGINT,
    actor_id BIGINT,
    audience TEXT NOT NULL CHECK (audience IN ('members', 'public')),
    state TEXT NOT NULL CHECK (state IN ('shown', 'held', 'hidden', 'deleted')),
    markdown TEXT,
    html TEXT NOT NULL,
    object_uri TEXT UNIQUE,             -- ActivityPub id
    object_url TEXT,
    n_likes BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    edited_at BIGINT
);
CREATE INDEX comment_post ON comment (post_id, root_id, id);
CREATE INDEX comment_actor ON comment (actor_id);

-- A like or boost, by an account or a remote actor, of a post or of a comment.
CREATE TABLE reaction (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('like', 'announce')),
    post_id BIGINT NOT NULL REFERENCES post (id),
    comment_id BIGINT NOT NULL,         -- 0: the post itself
    account_id BIGINT NOT NULL,         -- 0: remote
    actor_id BIGINT NOT NULL,           -- 0: local
    activity_uri TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (kind, post_id, comment_id, account_id, actor_id)
);
CREATE INDEX reaction_activity ON reaction (activity_uri);
CREATE INDEX reaction_post ON reaction (post_id, comment_id, id);
CREATE INDEX reaction_actor ON reaction (actor_id);
CREATE INDEX reaction_account ON reaction (account_id, post_id) WHERE account_id <> 0;

CREATE TABLE tombstone (
    object_uri TEXT PRIMARY KEY,
    former_type TEXT NOT NULL,
    deleted_at BIGINT NOT NULL
);
