-- Redeem codes: only their keyed hashes.
-- :row code_batch_row id int, planet_id int, tier_id int, tier_name text, name text, unit text,
--      count int, uses int, expires_at int?, created_by int?, created_at int, n_codes int,
--      n_used int, n_revoked int

-- :name code_batch_of_planet :many
-- :in planet_id int, before_id int, n int
-- :out code_batch_row
SELECT b.id, b.planet_id, b.tier_id, t.name, b.name, b.unit, b.count, b.uses, b.expires_at,
       b.created_by, b.created_at, COUNT(c.id), CAST(COALESCE(SUM(c.used), 0) AS BIGINT),
       COUNT(c.revoked_at)
  FROM (SELECT * FROM code_batch WHERE planet_id = :planet_id AND id < :before_id ORDER BY id DESC LIMIT :n) b
  JOIN tier t ON t.id = b.tier_id LEFT JOIN code c ON c.batch_id = b.id
 GROUP BY b.id, b.planet_id, b.tier_id, t.name, b.name, b.unit, b.count, b.uses, b.expires_at,
       b.created_by, b.created_at
 ORDER BY b.id DESC;

-- :name code_used :one
-- :in planet_id int
-- :out n int
SELECT CAST(COALESCE(SUM(c.used), 0) AS BIGINT) FROM code_batch b JOIN code c ON c.batch_id = b.id
 WHERE b.planet_id = :planet_id;

-- :name code_batch_get :one
-- :in id int
-- :out code_batch_row
SELECT b.id, b.planet_id, b.tier_id, t.name, b.name, b.unit, b.count, b.uses, b.expires_at,
       b.created_by, b.created_at, COUNT(c.id), CAST(COALESCE(SUM(c.used), 0) AS BIGINT),
       COUNT(c.revoked_at)
  FROM code_batch b JOIN tier t ON t.id = b.tier_id LEFT JOIN code c ON c.batch_id = b.id
 WHERE b.id = :id
 GROUP BY b.id, b.planet_id, b.tier_id, t.name, b.name, b.unit, b.count, b.uses, b.expires_at,
       b.created_by, b.created_at;

-- :name code_batch_insert :exec
-- :in id int, planet_id int, tier_id int, name text, unit text, count int, uses int,
--     expires_at int?, created_by int?, created_at int
INSERT INTO code_batch (id, planet_id, tier_id, name, unit, count, uses, expires_at, created_by, created_at)
VALUES (:id, :planet_id, :tier_id, :name, :unit, :count, :uses, :expires_at, :created_by, :created_at);

-- :name code_insert :exec
-- :in id int, batch_id int, hash blob, hint text
INSERT INTO code (id, batch_id, hash, hint, used) VALUES (:id, :batch_id, :hash, :hint, 0);

-- :name code_of_batch :many
-- :in batch_id int
-- :out id int, hint text, used int, revoked_at int?
SELECT id, hint, used, revoked_at FROM code WHERE batch_id = :batch_id ORDER BY id;

-- :name code_by_hash :maybe
-- :in hash blob
-- :out id int, batch_id int, used int, revoked_at int?
SELECT id, batch_id, used, revoked_at FROM code WHERE hash = :hash;

-- :name code_used_by :one
-- :in code_id int, account_id int
-- :out n int
SELECT COUNT(*) FROM code_use WHERE code_id = :code_id AND account_id = :account_id;

-- One use more; no row when there is none left: of two at once one wins.
-- :name code_take :exec
-- :in id int, uses int
UPDATE code SET used = used + 1 WHERE id = :id AND used < :uses AND revoked_at IS NULL;

-- :name code_use_insert :exec
-- :in code_id int, account_id int, order_id int, at int
INSERT INTO code_use (code_id, account_id, order_id, at) VALUES (:code_id, :account_id, :order_id, :at);

-- :name code_revoke_one :exec
-- :in batch_id int, id int, now int
UPDATE code SET revoked_at = :now WHERE batch_id = :batch_id AND id = :id AND revoked_at IS NULL;

-- :name code_revoke_all :exec
-- :in batch_id int, now int
UPDATE code SET revoked_at = :now WHERE batch_id = :batch_id AND revoked_at IS NULL;
