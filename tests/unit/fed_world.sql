-- For the tests of federation.

-- :name test_actor_inbox :exec
-- :in id int, inbox text, shared_inbox text
UPDATE actor SET inbox = :inbox, shared_inbox = :shared_inbox WHERE id = :id;

-- :name test_actor :exec
-- :in id int, uri text, host text, inbox text
INSERT INTO actor (id, uri, kind, host, username, name, url, inbox, fetched_at)
VALUES (:id, :uri, 'Person', :host, 'eve', 'Eve', :uri, :inbox, 0);

-- :name test_activities :many
-- :in type text
-- :out body text
SELECT body FROM activity WHERE type = :type ORDER BY id;

-- :name test_deliveries :one
-- :in inbox text
-- :out n int
SELECT COUNT(*) FROM job WHERE kind = 'fed.deliver' AND payload = :inbox;

-- :name test_deliveries_of :many
-- :in type text
-- :out inbox text
SELECT j.payload FROM job j JOIN activity a ON a.id = j.subject
 WHERE j.kind = 'fed.deliver' AND a.type = :type ORDER BY j.payload;

-- :name test_follow :exec
-- :in id int, actor_id int, target_id int
INSERT INTO follow (id, actor_id, target_id, activity_uri, state, created_at)
VALUES (:id, :actor_id, :target_id, 'https://far.example/f', 'accepted', 0)
ON CONFLICT DO NOTHING;

-- :name test_forget :exec
DELETE FROM job;

-- :name test_leak :one
-- :in word text
-- :out n int
SELECT (SELECT COUNT(*) FROM activity WHERE body LIKE '%' || :word || '%')
     + (SELECT COUNT(*) FROM job WHERE payload LIKE '%' || :word || '%');

-- :name test_in_outbox :one
-- :in object_uri text
-- :out n int
SELECT COUNT(*) FROM activity WHERE object_uri = :object_uri AND in_outbox = 1;

-- :name test_jobs_of :one
-- :in kind text
-- :out n int
SELECT COUNT(*) FROM job WHERE kind = :kind AND state <> 'resting';

-- :name test_received :one
-- :in pattern text
-- :out n int
SELECT COUNT(*) FROM seen_activity WHERE uri LIKE :pattern;

-- :name test_took :one
-- :out n int
SELECT COUNT(*) FROM host WHERE last_success_at IS NOT NULL;
