-- One stored file. Bytes lie in DIR/media/<2 hex>/<hash>, or under that name in S3; access is decided by the
-- things that show it (post_media, avatars), never by knowing its address.
CREATE TABLE media (
    id BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL,         -- who brought it
    planet_id BIGINT,
    kind TEXT NOT NULL CHECK (kind IN ('image', 'file')),
    mime TEXT NOT NULL,
    filename TEXT NOT NULL,
    size BIGINT NOT NULL,
    hash TEXT NOT NULL,                 -- SHA-256, hex, of the stored bytes (large variant for images)
    width BIGINT,
    height BIGINT,
    small_hash TEXT,                    -- the small variant's bytes
    small_width BIGINT,
    small_height BIGINT,
    blurhash TEXT,
    alt TEXT NOT NULL,
    is_public BIGINT NOT NULL,          -- avatars, covers, pictures of public posts and teasers
    created_at BIGINT NOT NULL
);
CREATE INDEX media_hash ON media (hash);
CREATE INDEX media_small_hash ON media (small_hash);

-- Bytes under way: brought (before their row is there) or removed (holder 0), so that the two exclude
-- each other without holding a transaction open. An old one was left by a crash.
CREATE TABLE media_hold (
    hash TEXT NOT NULL,
    holder BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (hash, holder)
);
CREATE INDEX media_hold_holder ON media_hold (holder);
CREATE INDEX media_hold_ends ON media_hold (ends_at);
