-- Bearer tokens of the JSON API.
-- :row api_token_row id int, account_id int, name text, scopes text, created_at int, expires_at int?,
--      last_used_at int?

-- :name token_insert :exec
-- :in id int, token_hash blob, account_id int, name text, scopes text, created_at int, expires_at int?
INSERT INTO api_token (id, token_hash, account_id, name, scopes, created_at, expires_at)
VALUES (:id, :token_hash, :account_id, :name, :scopes, :created_at, :expires_at);

-- :name token_by_hash :one
-- :in token_hash blob, now int
-- :out api_token_row
SELECT id, account_id, name, scopes, created_at, expires_at, last_used_at FROM api_token
 WHERE token_hash = :token_hash AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now);

-- :name token_of_account :many
-- :in account_id int, now int
-- :out api_token_row
SELECT id, account_id, name, scopes, created_at, expires_at, last_used_at FROM api_token
 WHERE account_id = :account_id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
 ORDER BY id DESC;

-- :name token_touch :exec
-- :in id int, now int
UPDATE api_token SET last_used_at = :now WHERE id = :id;

-- :name token_revoke :exec
-- :in id int, account_id int, now int
UPDATE api_token SET revoked_at = :now
 WHERE id = :id AND account_id = :account_id AND revoked_at IS NULL;
