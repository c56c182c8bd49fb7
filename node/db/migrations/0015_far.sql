-- Pictures of other servers that we keep for a while, so that readers' browsers need not ask there. The bytes
-- lie in DIR/far/<2 hex>/<name>. A row without its file (a restored backup, another machine) is as good as none.
CREATE TABLE far_media (
    name TEXT PRIMARY KEY,              -- SHA-256, hex, of kind and address
    host TEXT NOT NULL,                 -- of the address, with the port if it says one
    owner TEXT NOT NULL,                -- of the one who shows it
    mime TEXT,                          -- NULL: it did not come
    size BIGINT NOT NULL,
    fetched_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,            -- to the day
    tries BIGINT NOT NULL,              -- in vain, one after the other
    retry_at BIGINT NOT NULL            -- not before
);
CREATE INDEX far_media_used ON far_media (used_at);
CREATE INDEX far_media_host ON far_media (host);
CREATE INDEX far_media_owner ON far_media (owner);

-- What all of them take, so that nobody need add it up at each one that comes. No row: nothing.
CREATE TABLE far_total (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    bytes BIGINT NOT NULL
);
