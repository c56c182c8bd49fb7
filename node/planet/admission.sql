-- Who asked to join.
-- :row join_request_row id int, planet_id int, account_id int, answer text, state text,
--      created_at int, decided_at int?, username text, name text, mail text

-- :name join_request_get :maybe
-- :in planet_id int, account_id int
-- :out join_request_row
SELECT r.id, r.planet_id, r.account_id, r.answer, r.state, r.created_at, r.decided_at, a.username,
       a.name, a.mail
  FROM join_request r JOIN account a ON a.id = r.account_id
 WHERE r.planet_id = :planet_id AND r.account_id = :account_id;

-- :name join_request_waiting :many
-- :in planet_id int, after_id int, n int
-- :out join_request_row
SELECT r.id, r.planet_id, r.account_id, r.answer, r.state, r.created_at, r.decided_at, a.username,
       a.name, a.mail
  FROM join_request r JOIN account a ON a.id = r.account_id
 WHERE r.planet_id = :planet_id AND r.state = 'waiting' AND r.id > :after_id AND a.state <> 'deleted'
 ORDER BY r.id LIMIT :n;

-- Declined before: asks anew.
-- :name join_request_put :exec
-- :in id int, planet_id int, account_id int, answer text, now int
INSERT INTO join_request (id, planet_id, account_id, answer, state, created_at)
VALUES (:id, :planet_id, :account_id, :answer, 'waiting', :now)
ON CONFLICT (planet_id, account_id) DO UPDATE
   SET answer = excluded.answer, state = 'waiting', created_at = excluded.created_at,
       decided_at = NULL, decided_by = NULL
 WHERE join_request.state = 'declined';

-- :name join_request_by_id :maybe
-- :in planet_id int, id int
-- :out account_id int
SELECT account_id FROM join_request WHERE planet_id = :planet_id AND id = :id AND state = 'waiting';

-- :name join_request_set :exec
-- :in id int, state text, decided_at int, decided_by int?
UPDATE join_request SET state = :state, decided_at = :decided_at, decided_by = :decided_by
 WHERE id = :id AND state = 'waiting';
