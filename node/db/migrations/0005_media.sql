-- One stored file. Bytes lie in DIR/media/<2 hex>/<hash>; access is decided by the
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
