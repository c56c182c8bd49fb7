-- :name seen_put :exec
-- :in uri text, now int
INSERT INTO seen_activity (uri, seen_at) VALUES (:uri, :now) ON CONFLICT DO NOTHING;

-- :name seen_find :maybe
-- :in uri text
-- :out seen_at int
SELECT seen_at FROM seen_activity WHERE uri = :uri;

-- :name seen_expire :exec
-- :in before int
DELETE FROM seen_activity WHERE seen_at < :before;

-- Only what others deleted: our own ids stay burnt for ever.
-- :name tombstone_expire :exec
-- :in before int, ours text
DELETE FROM tombstone WHERE deleted_at < :before AND substr(object_uri, 1, length(:ours)) <> :ours;
