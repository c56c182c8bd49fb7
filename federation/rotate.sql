-- :row key_change_row actor_id int, uri text, local_kind text, username text, state text, since int,
--     serial int, other_serial int

-- :name key_changes :many
-- :out key_change_row
SELECT a.id, a.uri, a.local_kind, a.username, COALESCE(k.state, 'steady'), COALESCE(k.since, 0),
       COALESCE(k.serial, 1), COALESCE(k.other_serial, 0)
  FROM actor a LEFT JOIN key_change k ON k.actor_id = a.id
 WHERE a.local_kind IS NOT NULL AND a.deleted_at IS NULL AND a.rsa_private IS NOT NULL
 ORDER BY a.id;

-- :name key_change_of :one
-- :in actor_id int
-- :out key_change_row
SELECT a.id, a.uri, a.local_kind, a.username, COALESCE(k.state, 'steady'), COALESCE(k.since, 0),
       COALESCE(k.serial, 1), COALESCE(k.other_serial, 0)
  FROM actor a LEFT JOIN key_change k ON k.actor_id = a.id
 WHERE a.id = :actor_id AND a.local_kind IS NOT NULL AND a.deleted_at IS NULL
   AND a.rsa_private IS NOT NULL;

-- The next pair is there.
-- :name key_announce :exec
-- :in actor_id int, now int, serial int, other_serial int, rsa blob, ed25519 blob
INSERT INTO key_change (actor_id, state, since, serial, other_serial, other_rsa, other_ed25519)
VALUES (:actor_id, 'announced', :now, :serial, :other_serial, :rsa, :ed25519)
ON CONFLICT (actor_id) DO UPDATE SET state = excluded.state, since = excluded.since,
    serial = excluded.serial, other_serial = excluded.other_serial,
    other_rsa = excluded.other_rsa, other_ed25519 = excluded.other_ed25519;

-- The pair of actor and the other one change places: first here, then there, by what was read before.
-- :name key_pairs :one
-- :in actor_id int
-- :out rsa blob, ed25519 blob, other_rsa blob, other_ed25519 blob
SELECT a.rsa_private, a.ed25519_private, k.other_rsa, k.other_ed25519
  FROM actor a JOIN key_change k ON k.actor_id = a.id
 WHERE a.id = :actor_id AND k.other_rsa IS NOT NULL AND k.other_ed25519 IS NOT NULL;

-- :name key_switch :exec
-- :in actor_id int, now int, rsa blob, ed25519 blob
UPDATE key_change SET state = 'switched', since = :now, serial = other_serial, other_serial = serial,
       other_rsa = :rsa, other_ed25519 = :ed25519
 WHERE actor_id = :actor_id AND state = 'announced';

-- :name key_use :exec
-- :in actor_id int, rsa blob, ed25519 blob
UPDATE actor SET rsa_private = :rsa, ed25519_private = :ed25519
 WHERE id = :actor_id AND local_kind IS NOT NULL;

-- One pair is left.
-- :name key_settle :exec
-- :in actor_id int, now int, serial int
INSERT INTO key_change (actor_id, state, since, serial, other_serial)
VALUES (:actor_id, 'steady', :now, :serial, 0)
ON CONFLICT (actor_id) DO UPDATE SET state = 'steady', since = excluded.since,
    serial = excluded.serial, other_serial = 0, other_rsa = NULL, other_ed25519 = NULL;

-- :name activity_sign_with :exec
-- :in id int, serial int
UPDATE activity SET key_serial = :serial WHERE id = :id;
