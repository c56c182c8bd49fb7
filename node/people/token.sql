-- Tokens of programs. Only the hash of what they hold is kept.
-- :row token_row id int, account_id int, planet_id int?, name text, scopes text, hint text, created_at int,
--      expires_at int?, used_at int?, revoked_at int?

-- :name token_insert :exec
-- :in id int, account_id int, planet_id int?, name text, scopes text, token_hash blob, hint text,
--     created_at int, expires_at int?
INSERT INTO api_token (id, account_id, planet_id, name, scopes, token_hash, hint, created_at, expires_at)
VALUES (:id, :account_id, :planet_id, :name, :scopes, :token_hash, :hint, :created_at, :expires_at);

-- :name token_of_account :many
-- :in account_id int
-- :out token_row
SELECT id, account_id, planet_id, name, scopes, hint, created_at, expires_at, used_at, revoked_at
  FROM api_token WHERE account_id = :account_id AND revoked_at IS NULL ORDER BY id DESC;

-- :name token_count :one
-- :in account_id int, now int
-- :out n int
SELECT COUNT(*) FROM api_token
 WHERE account_id = :account_id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now);

-- :name token_by_hash :one
-- :in token_hash blob, now int
-- :out token_row
SELECT t.id, t.account_id, t.planet_id, t.name, t.scopes, t.hint, t.created_at, t.expires_at, t.used_at,
       t.revoked_at
  FROM api_token t JOIN account a ON a.id = t.account_id
 WHERE t.token_hash = :token_hash AND t.revoked_at IS NULL AND a.state = 'active'
   AND (t.expires_at IS NULL OR t.expires_at > :now);

-- :name token_touch :exec
-- :in id int, used_at int
UPDATE api_token SET used_at = :used_at WHERE id = :id;

-- :name token_end :exec
-- :in account_id int, id int, revoked_at int
UPDATE api_token SET revoked_at = :revoked_at
 WHERE account_id = :account_id AND id = :id AND revoked_at IS NULL;
