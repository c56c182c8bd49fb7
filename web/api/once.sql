-- Requests with an Idempotency-Key.

-- :name once_put :exec
-- :in token_id int, key_hash blob, request_hash blob, created_at int
INSERT INTO api_once (token_id, key_hash, request_hash, created_at)
VALUES (:token_id, :key_hash, :request_hash, :created_at)
ON CONFLICT (token_id, key_hash) DO NOTHING;

-- :name once_get :maybe
-- :in token_id int, key_hash blob
-- :out request_hash blob, created_at int, status int?, answer blob?
SELECT request_hash, created_at, status, answer FROM api_once
 WHERE token_id = :token_id AND key_hash = :key_hash;

-- :name once_answer :exec
-- :in token_id int, key_hash blob, status int, answer blob
UPDATE api_once SET status = :status, answer = :answer
 WHERE token_id = :token_id AND key_hash = :key_hash;

-- :name once_forget :exec
-- :in token_id int, key_hash blob
DELETE FROM api_once WHERE token_id = :token_id AND key_hash = :key_hash;

-- :name once_expire :exec
-- :in before int
DELETE FROM api_once WHERE created_at < :before;
