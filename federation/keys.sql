-- Local actors.
-- :row local_actor id int, uri text, local_kind text, local_id int, username text, fetched_at int

-- :name local_actor_by_id :one
-- :in id int
-- :out local_actor
SELECT id, uri, local_kind, local_id, username, fetched_at FROM actor
 WHERE id = :id AND local_kind IS NOT NULL AND deleted_at IS NULL;

-- :name local_actor_by_ref :one
-- :public
-- :in kind text, local_id int
-- :out local_actor
SELECT id, uri, local_kind, local_id, username, fetched_at FROM actor
 WHERE local_kind = :kind AND local_id = :local_id AND deleted_at IS NULL;

-- :name local_actor_by_uri :one
-- :in uri text
-- :out local_actor
SELECT id, uri, local_kind, local_id, username, fetched_at FROM actor
 WHERE uri = :uri AND local_kind IS NOT NULL AND deleted_at IS NULL;

-- :name local_actor_insert :exec
-- :in id int, uri text, kind text, host text, username text, name text, inbox text,
--     shared_inbox text, local_kind text, local_id int, rsa blob, ed25519 blob, now int
INSERT INTO actor (id, uri, kind, host, username, name, inbox, shared_inbox, local_kind, local_id,
                   rsa_private, ed25519_private, fetched_at)
VALUES (:id, :uri, :kind, :host, :username, :name, :inbox, :shared_inbox, :local_kind, :local_id,
        :rsa, :ed25519, :now)
ON CONFLICT DO NOTHING;

-- :name local_actor_keys :one
-- :in id int
-- :out uri text, rsa blob, ed25519 blob, serial int, other_serial int, since int, other_rsa blob?,
--      other_ed25519 blob?
SELECT a.uri, a.rsa_private, a.ed25519_private, COALESCE(k.serial, 1), COALESCE(k.other_serial, 0),
       COALESCE(k.since, 0), k.other_rsa, k.other_ed25519
  FROM actor a LEFT JOIN key_change k ON k.actor_id = a.id
 WHERE a.id = :id AND a.local_kind IS NOT NULL AND a.rsa_private IS NOT NULL
   AND a.ed25519_private IS NOT NULL;

-- What has no actor yet. Authors: who has a role that may write.
-- :name planets_without_actor :many
-- :out id int
SELECT p.id FROM planet p
 WHERE NOT EXISTS (SELECT 1 FROM actor a WHERE a.local_kind = 'planet' AND a.local_id = p.id);

-- :name authors_without_actor :many
-- :out account_id int
SELECT DISTINCT r.account_id FROM role r
 WHERE r.role IN ('owner', 'partner', 'guest')
   AND NOT EXISTS (SELECT 1 FROM actor a
                    WHERE a.local_kind = 'account' AND a.local_id = r.account_id);
