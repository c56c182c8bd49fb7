-- Pictures of other servers, kept for a while.
-- :row far_row mime text?, size int, fetched_at int, used_at int, tries int, retry_at int

-- :name far_get :maybe
-- :in name text
-- :out far_row
SELECT mime, size, fetched_at, used_at, tries, retry_at FROM far_media WHERE name = :name;

-- :name far_touch :exec
-- :in name text, now int
UPDATE far_media SET used_at = :now WHERE name = :name;

-- :name far_put :exec
-- :in name text, host text, owner text, mime text?, size int, now int, tries int, retry_at int
INSERT INTO far_media (name, host, owner, mime, size, fetched_at, used_at, tries, retry_at)
VALUES (:name, :host, :owner, :mime, :size, :now, :now, :tries, :retry_at)
ON CONFLICT (name) DO UPDATE SET mime = excluded.mime, size = excluded.size,
    fetched_at = excluded.fetched_at, tries = excluded.tries, retry_at = excluded.retry_at;

-- What we have is good for a while longer.
-- :name far_keep :exec
-- :in name text, now int
UPDATE far_media SET fetched_at = :now WHERE name = :name;

-- :name far_size :maybe
-- :in name text
-- :out size int
SELECT size FROM far_media WHERE name = :name;

-- :name far_remove :exec
-- :in name text
DELETE FROM far_media WHERE name = :name;

-- :name far_total_add :exec
-- :in bytes int
INSERT INTO far_total (id, bytes) VALUES (1, :bytes)
ON CONFLICT (id) DO UPDATE SET bytes = far_total.bytes + excluded.bytes;

-- :name far_total_count :exec
INSERT INTO far_total (id, bytes) SELECT 1, COALESCE(SUM(m.size), 0) FROM far_media m WHERE m.size >= 0
ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes;

-- :name far_total_get :one
-- :out bytes int
SELECT COALESCE(MAX(bytes), 0) FROM far_total;

-- :name far_count :one
-- :out kept int, vain int
SELECT COALESCE(SUM(CASE WHEN mime IS NULL THEN 0 ELSE 1 END), 0),
       COALESCE(SUM(CASE WHEN mime IS NULL THEN 1 ELSE 0 END), 0) FROM far_media;

-- Nobody has asked for them since.
-- :name far_unused :many
-- :in before int, vain_before int, max_rows int
-- :out name text, size int
SELECT name, size FROM far_media
 WHERE used_at < :before OR (mime IS NULL AND retry_at < :vain_before) ORDER BY used_at, name LIMIT :max_rows;

-- :name far_oldest :many
-- :in max_rows int
-- :out name text, size int
SELECT name, size FROM far_media WHERE mime IS NOT NULL ORDER BY used_at, name LIMIT :max_rows;

-- :name far_of_host :many
-- :in host text, max_rows int
-- :out name text, size int
SELECT name, size FROM far_media WHERE host = :host OR owner = :host ORDER BY name LIMIT :max_rows;
