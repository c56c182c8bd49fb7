-- Mails about something that happened.
-- :row letter_row id int, account_id int?, planet_id int?, kind text, sealed blob?, state text, created_at int

-- :name letter_insert :exec
-- :in id int, once_key text, account_id int?, planet_id int?, kind text, sealed blob, created_at int
INSERT INTO letter (id, once_key, account_id, planet_id, kind, sealed, state, created_at)
VALUES (:id, :once_key, :account_id, :planet_id, :kind, :sealed, 'waiting', :created_at)
ON CONFLICT (once_key) DO NOTHING;

-- :name letter_by_id :maybe
-- :in id int
-- :out letter_row
SELECT id, account_id, planet_id, kind, sealed, state, created_at FROM letter WHERE id = :id;

-- :name letter_waiting :many
-- :in account_id int
-- :out once_key text, planet_id int?, kind text, sealed blob
SELECT once_key, planet_id, kind, sealed FROM letter
 WHERE COALESCE(account_id, 0) = :account_id AND state = 'waiting' ORDER BY id;

-- :name letter_end :exec
-- :in id int, state text, now int
UPDATE letter SET state = :state, sealed = NULL, ended_at = :now WHERE id = :id;

-- :name letter_put_already :one
-- :in once_key text
-- :out n int
SELECT COUNT(*) FROM letter WHERE once_key = :once_key;

-- :name letter_planet :maybe
-- :in id int
-- :out name text, lang text, zone text
SELECT name, lang, zone FROM planet WHERE id = :id;

-- :name letter_owners :many
-- :in planet_id int
-- :out account_id int
SELECT account_id FROM role WHERE planet_id = :planet_id AND role = 'owner' ORDER BY account_id;
