-- Remote actors and their keys.
-- :row actor_row id int, uri text, kind text, host text, username text, name text, url text?,
--     icon_url text?, inbox text?, shared_inbox text?, local_kind text?, fetched_at int,
--     deleted_at int?

-- :name actor_by_id :one
-- :in id int
-- :out actor_row
SELECT id, uri, kind, host, username, name, url, icon_url, inbox, shared_inbox, local_kind,
       fetched_at, deleted_at FROM actor WHERE id = :id;

-- :name actor_by_uri :one
-- :in uri text
-- :out actor_row
SELECT id, uri, kind, host, username, name, url, icon_url, inbox, shared_inbox, local_kind,
       fetched_at, deleted_at FROM actor WHERE uri = :uri;

-- A local row is never overwritten from outside.
-- :name actor_upsert :maybe
-- :in id int, uri text, kind text, host text, username text, name text, url text?, icon_url text?,
--     inbox text?, shared_inbox text?, now int
-- :out id int
INSERT INTO actor (id, uri, kind, host, username, name, url, icon_url, inbox, shared_inbox,
                   fetched_at)
VALUES (:id, :uri, :kind, :host, :username, :name, :url, :icon_url, :inbox, :shared_inbox, :now)
ON CONFLICT (uri) DO UPDATE SET kind = excluded.kind, username = excluded.username,
    name = excluded.name, url = excluded.url, icon_url = excluded.icon_url,
    inbox = excluded.inbox, shared_inbox = excluded.shared_inbox,
    fetched_at = excluded.fetched_at, deleted_at = NULL
WHERE actor.local_kind IS NULL
RETURNING id;

-- :name actor_set_emoji :exec
-- :in id int, emoji text
UPDATE actor SET emoji = :emoji WHERE id = :id AND emoji <> :emoji;

-- :name actor_keys_clear :exec
-- :in actor_id int
DELETE FROM actor_key WHERE actor_id = :actor_id;

-- A key id belongs to one actor; the one that lists it back last has it.
-- :name actor_key_put :exec
-- :in key_id text, actor_id int, pem text, now int
INSERT INTO actor_key (key_id, actor_id, pem, fetched_at) VALUES (:key_id, :actor_id, :pem, :now)
ON CONFLICT (key_id) DO UPDATE SET actor_id = excluded.actor_id, pem = excluded.pem,
    fetched_at = excluded.fetched_at;

-- :name actor_key_find :maybe
-- :in key_id text
-- :out pem text, fetched_at int, actor_id int, uri text, host text
SELECT k.pem, k.fetched_at, k.actor_id, a.uri, a.host
  FROM actor_key k JOIN actor a ON a.id = k.actor_id
 WHERE k.key_id = :key_id AND a.deleted_at IS NULL AND a.local_kind IS NULL;

-- :name actor_mark_deleted :exec
-- :in id int, now int
UPDATE actor SET deleted_at = :now, name = '', icon_url = NULL
 WHERE id = :id AND local_kind IS NULL;

-- :name actor_follows_clear :exec
-- :in actor_id int
DELETE FROM follow WHERE actor_id = :actor_id;

-- Without relation for 30 days: forgotten (3.13).
-- :name actor_expire_keys :exec
-- :in before int
DELETE FROM actor_key WHERE actor_id IN (
    SELECT a.id FROM actor a WHERE a.local_kind IS NULL AND a.fetched_at < :before
       AND NOT EXISTS (SELECT 1 FROM follow f WHERE f.actor_id = a.id)
       AND NOT EXISTS (SELECT 1 FROM comment c WHERE c.actor_id = a.id)
       AND NOT EXISTS (SELECT 1 FROM reaction r WHERE r.actor_id = a.id)
       AND NOT EXISTS (SELECT 1 FROM emoji_reaction e WHERE e.actor_id = a.id)
       AND NOT EXISTS (SELECT 1 FROM quote_grant q WHERE q.actor_id = a.id)
       AND NOT EXISTS (SELECT 1 FROM actor_rule b WHERE b.actor_id = a.id)
       AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.actor_id = a.id)
       AND NOT EXISTS (SELECT 1 FROM direct_note d WHERE d.actor_id = a.id)
       AND NOT EXISTS (SELECT 1 FROM aside_follow w WHERE w.actor_id = a.id)
       AND NOT EXISTS (SELECT 1 FROM aside_reaction x WHERE x.actor_id = a.id));

-- :name actor_expire :exec
-- :in before int
DELETE FROM actor WHERE local_kind IS NULL AND fetched_at < :before
   AND NOT EXISTS (SELECT 1 FROM actor o WHERE o.local_kind = 'planet' AND o.moved_to = actor.uri)
   AND NOT EXISTS (SELECT 1 FROM actor_key k WHERE k.actor_id = actor.id)
   AND NOT EXISTS (SELECT 1 FROM follow f WHERE f.actor_id = actor.id)
   AND NOT EXISTS (SELECT 1 FROM comment c WHERE c.actor_id = actor.id)
   AND NOT EXISTS (SELECT 1 FROM reaction r WHERE r.actor_id = actor.id)
   AND NOT EXISTS (SELECT 1 FROM emoji_reaction e WHERE e.actor_id = actor.id)
   AND NOT EXISTS (SELECT 1 FROM quote_grant q WHERE q.actor_id = actor.id)
   AND NOT EXISTS (SELECT 1 FROM actor_rule b WHERE b.actor_id = actor.id)
   AND NOT EXISTS (SELECT 1 FROM identity i WHERE i.actor_id = actor.id)
   AND NOT EXISTS (SELECT 1 FROM direct_note d WHERE d.actor_id = actor.id)
   AND NOT EXISTS (SELECT 1 FROM aside_follow w WHERE w.actor_id = actor.id)
   AND NOT EXISTS (SELECT 1 FROM aside_reaction x WHERE x.actor_id = actor.id);

-- What its server called the document that we have; only where all of it is still here.
-- :name actor_etag :maybe
-- :in uri text
-- :out id int, etag text
SELECT a.id, a.etag FROM actor a
 WHERE a.uri = :uri AND a.local_kind IS NULL AND a.deleted_at IS NULL AND a.etag IS NOT NULL
   AND EXISTS (SELECT 1 FROM actor_key k WHERE k.actor_id = a.id);

-- :name actor_etag_set :exec
-- :in id int, etag text?
UPDATE actor SET etag = :etag WHERE id = :id;

-- It is still so.
-- :name actor_touch :exec
-- :in id int, now int
UPDATE actor SET fetched_at = :now WHERE id = :id AND local_kind IS NULL;

-- :name actor_keys_touch :exec
-- :in id int, now int
UPDATE actor_key SET fetched_at = :now WHERE actor_id = :id;
