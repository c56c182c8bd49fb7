-- Linked actors.
-- :row identity_row id int, account_id int, actor_id int, way text, created_at int, verified_at int,
--      uri text, username text, host text, name text, url text?, inbox text?, icon_url text?,
--      deleted_at int?, moved_uri text?, moved_name text?, moved_host text?

-- :name identity_by_id :one
-- :in id int
-- :out identity_row
SELECT i.id, i.account_id, i.actor_id, i.way, i.created_at, i.verified_at, a.uri, a.username, a.host,
       a.name, a.url, a.inbox, a.icon_url, a.deleted_at, a.moved_to, t.username, t.host
  FROM identity i JOIN actor a ON a.id = i.actor_id
  LEFT JOIN actor t ON t.uri = a.moved_to AND t.local_kind IS NULL AND t.deleted_at IS NULL
 WHERE i.id = :id;

-- :name identity_by_actor :maybe
-- :in actor_id int
-- :out identity_row
SELECT i.id, i.account_id, i.actor_id, i.way, i.created_at, i.verified_at, a.uri, a.username, a.host,
       a.name, a.url, a.inbox, a.icon_url, a.deleted_at, a.moved_to, t.username, t.host
  FROM identity i JOIN actor a ON a.id = i.actor_id
  LEFT JOIN actor t ON t.uri = a.moved_to AND t.local_kind IS NULL AND t.deleted_at IS NULL
 WHERE i.actor_id = :actor_id;

-- :name identity_of_account :many
-- :in account_id int
-- :out identity_row
SELECT i.id, i.account_id, i.actor_id, i.way, i.created_at, i.verified_at, a.uri, a.username, a.host,
       a.name, a.url, a.inbox, a.icon_url, a.deleted_at, a.moved_to, t.username, t.host
  FROM identity i JOIN actor a ON a.id = i.actor_id
  LEFT JOIN actor t ON t.uri = a.moved_to AND t.local_kind IS NULL AND t.deleted_at IS NULL
 WHERE i.account_id = :account_id ORDER BY i.id;

-- :name identity_actor :maybe
-- :in actor_id int
-- :out username text, name text
SELECT username, name FROM actor WHERE id = :actor_id AND local_kind IS NULL AND deleted_at IS NULL;

-- :name identity_insert :exec
-- :in id int, account_id int, actor_id int, way text, now int
INSERT INTO identity (id, account_id, actor_id, way, created_at, verified_at)
VALUES (:id, :account_id, :actor_id, :way, :now, :now);

-- :name identity_verified :exec
-- :in id int, way text, now int
UPDATE identity SET way = :way, verified_at = :now WHERE id = :id;

-- :name identity_delete :exec
-- :in id int
DELETE FROM identity WHERE id = :id;

-- :name identity_planets_clear :exec
-- :in identity_id int
DELETE FROM identity_planet WHERE identity_id = :identity_id;

-- :name identity_sessions_end :exec
-- :in account_id int, identity_id int, keep_id int
DELETE FROM session WHERE account_id = :account_id AND identity_id = :identity_id AND id <> :keep_id;

-- Planets that the account may read: a live grant, or a role that is not a ban.
-- :name identity_planet_list :many
-- :in account_id int, identity_id int, now int
-- :out id int, handle text, name text, wanted int, reply_uri text?
SELECT p.id, p.handle, p.name, COALESCE(w.wanted, 0), w.reply_uri
  FROM planet p LEFT JOIN identity_planet w ON w.planet_id = p.id AND w.identity_id = :identity_id
 WHERE NOT EXISTS (SELECT 1 FROM role b WHERE b.planet_id = p.id AND b.account_id = :account_id
                      AND b.role = 'banned')
   AND (EXISTS (SELECT 1 FROM role r WHERE r.planet_id = p.id AND r.account_id = :account_id)
        OR EXISTS (SELECT 1 FROM member_grant g WHERE g.planet_id = p.id
                      AND g.account_id = :account_id AND g.live_state = 'live'
                      AND g.starts_at <= :now
                      AND (g.live_ends_at IS NULL OR g.live_ends_at > :now)))
 ORDER BY p.id;

-- :name identity_planet_access :one
-- :in account_id int, planet_id int, now int
-- :out n int
SELECT COUNT(*) FROM planet p
 WHERE p.id = :planet_id
   AND NOT EXISTS (SELECT 1 FROM role b WHERE b.planet_id = p.id AND b.account_id = :account_id
                      AND b.role = 'banned')
   AND (EXISTS (SELECT 1 FROM role r WHERE r.planet_id = p.id AND r.account_id = :account_id)
        OR EXISTS (SELECT 1 FROM member_grant g WHERE g.planet_id = p.id
                      AND g.account_id = :account_id AND g.live_state = 'live'
                      AND g.starts_at <= :now
                      AND (g.live_ends_at IS NULL OR g.live_ends_at > :now)));

-- :name identity_want :exec
-- :in identity_id int, planet_id int, wanted int, now int
INSERT INTO identity_planet (identity_id, planet_id, wanted, told_to)
VALUES (:identity_id, :planet_id, :wanted, :now)
ON CONFLICT (identity_id, planet_id) DO UPDATE SET wanted = excluded.wanted,
    told_to = excluded.told_to;

-- :name identity_stop :exec
-- :in actor_id int, planet_id int
UPDATE identity_planet SET wanted = 0
 WHERE identity_id IN (SELECT id FROM identity WHERE actor_id = :actor_id)
   AND (planet_id = :planet_id OR :planet_id = 0) AND wanted = 1;

-- :name identity_wrote :exec
-- :in identity_id int, planet_id int, uri text, now int
INSERT INTO identity_planet (identity_id, planet_id, wanted, reply_uri, told_to)
VALUES (:identity_id, :planet_id, 0, :uri, :now)
ON CONFLICT (identity_id, planet_id) DO UPDATE SET reply_uri = excluded.reply_uri;

-- :name identity_told :many
-- :in planet_id int, after_id int, n int
-- :out id int, account_id int, actor_id int, told_to int, locale text?, reply_uri text?
SELECT i.id, i.account_id, i.actor_id, w.told_to, c.locale, w.reply_uri
  FROM identity_planet w JOIN identity i ON i.id = w.identity_id
  JOIN account c ON c.id = i.account_id
 WHERE w.planet_id = :planet_id AND w.wanted = 1 AND w.identity_id > :after_id
   AND c.state = 'active'
 ORDER BY w.identity_id LIMIT :n;

-- :name identity_last_told :one
-- :in planet_id int
-- :out at int
SELECT COALESCE(MAX(sent_at), 0) FROM identity_planet WHERE planet_id = :planet_id;

-- :name identity_set_told :exec
-- :in identity_id int, planet_id int, told_to int, sent_at int?
UPDATE identity_planet SET told_to = :told_to, sent_at = COALESCE(:sent_at, sent_at)
 WHERE identity_id = :identity_id AND planet_id = :planet_id;
