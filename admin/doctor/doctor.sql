-- What the doctor counts.

-- :name doctor_sealed_keys :many
-- :out uri text, rsa blob?, ed25519 blob?
SELECT uri, rsa_private, ed25519_private FROM actor
 WHERE local_kind IS NOT NULL AND deleted_at IS NULL ORDER BY id;

-- :name doctor_jobs_stuck :one
-- :in before int
-- :out n int
SELECT COUNT(*) FROM job WHERE state = 'leased' AND lease_until < :before;

-- :name doctor_jobs_late :one
-- :in before int
-- :out n int, oldest int?
SELECT COUNT(*), MIN(run_at) FROM job WHERE state = 'ready' AND run_at < :before;

-- :name doctor_hash_uses :one
-- :in hash text
-- :out n int
SELECT (SELECT COUNT(*) FROM media WHERE hash = :hash)
     + (SELECT COUNT(*) FROM media WHERE small_hash = :hash);
