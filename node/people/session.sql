-- Sessions of browsers. Only the hash of what the cookie holds is kept.
-- :row session_row id int, account_id int, csrf text, user_agent text?, ip text?, created_at int,
--      seen_at int, expires_at int

-- :name session_insert :exec
-- :in id int, token_hash blob, account_id int, csrf text, user_agent text?, ip text?,
--     created_at int, expires_at int
INSERT INTO session (id, token_hash, account_id, csrf, user_agent, ip, created_at, seen_at, expires_at)
VALUES (:id, :token_hash, :account_id, :csrf, :user_agent, :ip, :created_at, :created_at, :expires_at);

-- :name session_by_hash :one
-- :in token_hash blob, now int
-- :out session_row
SELECT id, account_id, csrf, user_agent, ip, created_at, seen_at, expires_at
  FROM session WHERE token_hash = :token_hash AND expires_at > :now;

-- :name session_of_account :many
-- :in account_id int, now int
-- :out session_row
SELECT id, account_id, csrf, user_agent, ip, created_at, seen_at, expires_at
  FROM session WHERE account_id = :account_id AND expires_at > :now ORDER BY seen_at DESC, id DESC;

-- :name session_slide :exec
-- :in id int, seen_at int, expires_at int
UPDATE session SET seen_at = :seen_at, expires_at = :expires_at WHERE id = :id;

-- :name session_delete :exec
-- :in account_id int, id int
DELETE FROM session WHERE account_id = :account_id AND id = :id;

-- :name session_delete_others :exec
-- :in account_id int, keep_id int
DELETE FROM session WHERE account_id = :account_id AND id <> :keep_id;

-- :name session_delete_expired :exec
-- :in account_id int, now int
DELETE FROM session WHERE account_id = :account_id AND expires_at <= :now;
