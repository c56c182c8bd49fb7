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

-- :name test_tried :exec
UPDATE job SET attempts = 1 WHERE kind = 'fed.deliver';

-- :name test_host_dead :exec
-- :in host text, last_failure_at int
INSERT INTO host (host, failures, open_until, last_failure_at, fail_days, fail_day)
VALUES (:host, 5, 0, :last_failure_at, 7, 1)
ON CONFLICT (host) DO UPDATE SET last_failure_at = excluded.last_failure_at, fail_days = 7;

-- :name test_host_fail_days :one
-- :in host text
-- :out n int
SELECT fail_days FROM host WHERE host = :host;

-- :name test_backfills :many
-- :out id int, subject int, run_at int
SELECT id, subject, run_at FROM job WHERE kind = 'fed.backfill' ORDER BY id;

-- :name test_deliveries_to :many
-- :in inbox text
-- :out object_uri text, run_at int
SELECT a.object_uri, j.run_at FROM job j JOIN activity a ON a.id = j.subject
 WHERE j.kind = 'fed.deliver' AND j.payload = :inbox ORDER BY j.run_at, j.id;

-- :name test_domain_rule :exec
-- :in host text, level text, reject_reports int
INSERT INTO domain_rule (host, kind, level, reject_media, reject_reports, obfuscate, public_comment,
                         private_comment, created_at, changed_at)
VALUES (:host, 'block', :level, 0, :reject_reports, 0, '', '', 0, 0)
ON CONFLICT (host, kind) DO UPDATE SET level = excluded.level,
    reject_reports = excluded.reject_reports;

-- :name test_domain_change :exec
INSERT INTO domain_mode (id, mode, version) VALUES (1, 'block', 2)
ON CONFLICT (id) DO UPDATE SET version = domain_mode.version + 1;

-- :name test_notices :one
-- :in account_id int, kind text
-- :out n int
SELECT COUNT(*) FROM notice WHERE account_id = :account_id AND kind = :kind;

-- :name test_audited :one
-- :in what text, subject int
-- :out n int
SELECT COUNT(*) FROM audit WHERE what = :what AND subject = :subject;

-- :name test_make_owner :exec
-- :in id int
UPDATE account SET is_owner = 1 WHERE id = :id;

-- :name test_audits :one
-- :in what text
-- :out n int
SELECT COUNT(*) FROM audit WHERE what = :what;

-- :name test_account_state :exec
-- :in id int, state text
UPDATE account SET state = :state WHERE id = :id;

-- :name test_signed :one
-- :in uri text
-- :out body text, key_serial int
SELECT body, key_serial FROM activity WHERE type = 'Update' AND object_uri = :uri
 ORDER BY created_at DESC, id DESC;

-- :name test_delivered :exec
-- :in id int
DELETE FROM job WHERE id = :id;

-- :name test_rest_all :exec
UPDATE job SET state = 'resting', last_error = 'no answer' WHERE kind = 'fed.deliver';
