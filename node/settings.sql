-- :name setting_read :one
-- :public
-- :in key text
-- :out value text
SELECT value FROM setting WHERE key = :key;

-- :name setting_write :exec
-- :in key text, value text
INSERT INTO setting (key, value) VALUES (:key, :value)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- :name setting_erase :exec
-- :in key text
DELETE FROM setting WHERE key = :key;
