-- The durable queue. 'ready' rows run at run_at; 'waiting' ones wait for an older row of their
-- order_key, whose end promotes the next; so claiming never looks at a blocked row.

-- :row job_claimed id int, kind text, subject int, payload text?, order_key text?, attempts int,
--      run_at int, created_at int
-- :row job_listed id int, kind text, state text, subject int, run_at int, attempts int,
--      created_at int, order_key text?, last_error text?

-- :name job_insert :exec
-- :in id int, kind text, subject int, payload text?, order_key text?, run_at int, created_at int
INSERT INTO job (id, kind, subject, payload, order_key, state, run_at, attempts, created_at)
VALUES (:id, :kind, :subject, :payload, :order_key,
        CASE WHEN EXISTS (SELECT 1 FROM job o WHERE o.order_key = :order_key
                             AND o.state IN ('ready', 'waiting', 'leased'))
             THEN 'waiting' ELSE 'ready' END,
        :run_at, 0, :created_at);

-- When the next of each kind is due, by one jump through the index a kind.
-- :name job_due :many
-- :out kind text, run_at int
WITH RECURSIVE k (kind) AS (
    SELECT MIN(kind) FROM job WHERE state = 'ready'
    UNION ALL
    SELECT (SELECT MIN(j.kind) FROM job j WHERE j.state = 'ready' AND j.kind > k.kind)
      FROM k WHERE k.kind IS NOT NULL)
SELECT k.kind, (SELECT MIN(j.run_at) FROM job j WHERE j.state = 'ready' AND j.kind = k.kind)
  FROM k WHERE k.kind IS NOT NULL;

-- :name job_claim :many
-- :in owner text, until int, kind text, now int, max int
-- :out job_claimed
WITH picked AS (
    SELECT id FROM job WHERE state = 'ready' AND kind = :kind AND run_at <= :now
     ORDER BY run_at, id LIMIT :max {pg: FOR UPDATE SKIP LOCKED})
UPDATE job SET state = 'leased', lease_owner = :owner, lease_until = :until
 WHERE id IN (SELECT id FROM picked)
RETURNING id, kind, subject, payload, order_key, attempts, run_at, created_at;

-- :name job_forget :exec
-- :in id int
DELETE FROM job WHERE id = :id;

-- Lists come as JSON texts: [1, 2], ["a", "b"].

-- Whose lease was taken away has no say any more.
-- :name job_forget_all :exec
-- :in owner text, ids text
DELETE FROM job WHERE lease_owner = :owner
   AND id {sqlite: IN (SELECT value FROM json_each(:ids))}
          {pg: = ANY (translate(:ids, '[]', '{}')::bigint[])};

-- :name job_end_turn :exec
-- :in id int, owner text, state text, run_at int, error text?
UPDATE job SET state = :state, run_at = :run_at, attempts = attempts + 1, last_error = :error,
               lease_owner = NULL, lease_until = NULL
 WHERE id = :id AND lease_owner = :owner;

-- :name job_give_back :exec
-- :in id int, owner text
UPDATE job SET state = 'ready', lease_owner = NULL, lease_until = NULL
 WHERE id = :id AND lease_owner = :owner;

-- :name job_promote :exec
-- :in order_key text
UPDATE job SET state = 'ready'
 WHERE id = (SELECT MIN(id) FROM job WHERE order_key = :order_key AND state = 'waiting')
   AND NOT EXISTS (SELECT 1 FROM job o WHERE o.order_key = :order_key
                      AND o.state IN ('ready', 'leased'));

-- :name job_promote_all :exec
-- :in keys text
UPDATE job SET state = 'ready'
 WHERE id IN (SELECT (SELECT MIN(w.id) FROM job w WHERE w.order_key = k.value AND w.state = 'waiting')
                FROM {pg: jsonb_array_elements_text(:keys::jsonb) AS k (value)} {sqlite: json_each(:keys) AS k}
               WHERE NOT EXISTS (SELECT 1 FROM job o WHERE o.order_key = k.value
                                    AND o.state IN ('ready', 'leased')));

-- The run that held the lease had begun, so it counts.
-- :name job_reset_leases :exec
UPDATE job SET state = 'ready', attempts = attempts + 1, lease_owner = NULL, lease_until = NULL
 WHERE state = 'leased';

-- :name job_reset_of :exec
-- :in owner text
UPDATE job SET state = 'ready', attempts = attempts + 1, lease_owner = NULL, lease_until = NULL
 WHERE state = 'leased' AND lease_owner = :owner;

-- No run of these had begun.
-- :name job_reset_unknown :exec
-- :in owner text, ids text
UPDATE job SET state = 'ready', lease_owner = NULL, lease_until = NULL
 WHERE state = 'leased' AND lease_owner = :owner
   AND {sqlite: id NOT IN (SELECT value FROM json_each(:ids))}
       {pg: id <> ALL (translate(:ids, '[]', '{}')::bigint[])};

-- :name job_reset_others :exec
-- :in owner text
UPDATE job SET state = 'ready', attempts = attempts + 1, lease_owner = NULL, lease_until = NULL
 WHERE state = 'leased' AND lease_owner <> :owner;

-- :name job_reset_expired :exec
-- :in now int
UPDATE job SET state = 'ready', attempts = attempts + 1, lease_owner = NULL,
               lease_until = NULL
 WHERE state = 'leased' AND lease_until < :now;

-- :name job_keep_leases :exec
-- :in owner text, ids text, until int
UPDATE job SET lease_until = :until WHERE lease_owner = :owner
   AND id {sqlite: IN (SELECT value FROM json_each(:ids))}
          {pg: = ANY (translate(:ids, '[]', '{}')::bigint[])};

-- :name job_other_owners :many
-- :in owner text
-- :out owner text
SELECT DISTINCT lease_owner FROM job
 WHERE state = 'leased' AND lease_owner IS NOT NULL AND lease_owner <> :owner;

-- Does the process of that name live (node/db/db.h, db_listener_owner)? SQLite does not know.
-- :name job_owner_lives :one
-- :in owner text
-- :out lives int
SELECT CASE WHEN {pg: pg_try_advisory_xact_lock(hashtextextended('orrery owner ' || :owner, 0))}
                 {sqlite: :owner IS NULL}
            THEN 0 ELSE 1 END;

-- :name job_next_expiry :one
-- :out lease_until int?
SELECT MIN(lease_until) FROM job WHERE state = 'leased';

-- :name job_kind_is_alive :one
-- :in kind text
-- :out n int
SELECT COUNT(*) FROM (SELECT 1 FROM job WHERE kind = :kind AND state IN ('ready', 'waiting', 'leased')
                       LIMIT 1) AS alive;

-- :name job_list_state :many
-- :in state text, after_id int, max int
-- :out job_listed
SELECT id, kind, state, subject, run_at, attempts, created_at, order_key, last_error
  FROM job WHERE state = :state AND id > :after_id ORDER BY id LIMIT :max;

-- :name job_list_all :many
-- :in after_id int, max int
-- :out job_listed
SELECT id, kind, state, subject, run_at, attempts, created_at, order_key, last_error
  FROM job WHERE id > :after_id ORDER BY id LIMIT :max;

-- :name job_counts :many
-- :out state text, n int
SELECT state, COUNT(*) FROM job GROUP BY state;

-- :name job_resting :one
-- :in max int
-- :out n int
SELECT COUNT(*) FROM (SELECT 1 FROM job WHERE state = 'resting' LIMIT :max) AS a_few;

-- :name job_find :maybe
-- :in id int
-- :out job_listed
SELECT id, kind, state, subject, run_at, attempts, created_at, order_key, last_error
  FROM job WHERE id = :id;

-- Only what no run has touched: what was tried may have arrived.
-- :name job_cancel :exec
-- :in kind text, subject int, payload text, order_key text
DELETE FROM job WHERE order_key = :order_key AND state IN ('ready', 'waiting') AND kind = :kind
   AND subject = :subject AND payload = :payload AND attempts = 0;

-- :name job_again :exec
-- :in id int, now int
UPDATE job
   SET state = CASE WHEN state = 'resting'
                     AND EXISTS (SELECT 1 FROM job o WHERE o.order_key = job.order_key
                                    AND o.state IN ('ready', 'leased'))
                    THEN 'waiting' WHEN state = 'resting' THEN 'ready' ELSE state END,
       run_at = :now, attempts = 0
 WHERE id = :id;
