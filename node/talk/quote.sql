-- Who may quote a planet, and what was granted.

-- :name quote_rule :one
-- :public
-- :in planet_id int
-- :out quotes text
SELECT quotes FROM planet WHERE id = :planet_id;

-- :name quote_rule_change :exec
-- :in planet_id int, quotes text
UPDATE planet SET quotes = :quotes WHERE id = :planet_id;

-- :row quote_grant_row id int, post_id int, actor_id int, local_actor_id int, target_uri text,
--   quote_uri text, revoked_at int?

-- :name quote_grant_get :one
-- :in id int
-- :out quote_grant_row
SELECT id, post_id, actor_id, local_actor_id, target_uri, quote_uri, revoked_at
  FROM quote_grant WHERE id = :id;

-- :name quote_grant_by_uris :maybe
-- :in quote_uri text, target_uri text
-- :out quote_grant_row
SELECT id, post_id, actor_id, local_actor_id, target_uri, quote_uri, revoked_at
  FROM quote_grant WHERE quote_uri = :quote_uri AND target_uri = :target_uri;

-- :name quote_grant_insert :exec
-- :in id int, post_id int, actor_id int, local_actor_id int, target_uri text, quote_uri text,
--   now int
INSERT INTO quote_grant (id, post_id, actor_id, local_actor_id, target_uri, quote_uri, granted_at)
VALUES (:id, :post_id, :actor_id, :local_actor_id, :target_uri, :quote_uri, :now)
ON CONFLICT DO NOTHING;

-- :name quote_grants_note :many
-- :in quote_uri text
-- :out quote_grant_row
SELECT id, post_id, actor_id, local_actor_id, target_uri, quote_uri, revoked_at
  FROM quote_grant WHERE quote_uri = :quote_uri AND revoked_at IS NULL ORDER BY id;

-- :name quote_grants_actor :many
-- :in actor_id int
-- :out quote_grant_row
SELECT id, post_id, actor_id, local_actor_id, target_uri, quote_uri, revoked_at
  FROM quote_grant WHERE actor_id = :actor_id AND revoked_at IS NULL ORDER BY id LIMIT 1000;

-- :name quote_grant_end :exec
-- :in id int, now int
UPDATE quote_grant SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL;

-- :name quote_grants_actor_end :exec
-- :in actor_id int, now int
UPDATE quote_grant SET revoked_at = :now WHERE actor_id = :actor_id AND revoked_at IS NULL;
