-- The owner's look at the queue. Keys of deliveries are "@host|object" (deliver.h), so what is for one
-- host is a range of job_order; what is of one activity, of job_delivery; what rests, of job_due.
-- :row said_row id int, type text, object_uri text, n_hosts int, n_lost int, created_at int
-- :row delivery_row id int, activity_id int, inbox text?, order_key text?, state text,
--      last_error text?, attempts int, run_at int, created_at int, type text, object_uri text

-- :name said_of_object :many
-- :in object_uri text
-- :out said_row
SELECT id, type, object_uri, n_hosts, n_lost, created_at FROM activity
 WHERE object_uri = :object_uri ORDER BY id LIMIT 50;

-- :name said_of_actor :maybe
-- :in id int
-- :out actor_id int
SELECT actor_id FROM activity WHERE id = :id;

-- :name said_waiting :many
-- :in actor_id int, type text, look int, n int
-- :out said_row
SELECT x.id, x.type, x.object_uri, x.n_hosts, x.n_lost, x.created_at
  FROM (SELECT id, type, object_uri, n_hosts, n_lost, created_at FROM activity
         WHERE actor_id = :actor_id AND in_outbox = 0 AND type = :type
         ORDER BY id DESC LIMIT :look) AS x
 WHERE EXISTS (SELECT 1 FROM job j WHERE j.kind = 'fed.deliver' AND j.subject = x.id)
 ORDER BY x.id DESC LIMIT :n;

-- Servers that have not got it: all of them, and those that rest.
-- :name spread_waits :one
-- :in activity_id int
-- :out n int, n_resting int
SELECT COUNT(DISTINCT order_key),
       COUNT(DISTINCT CASE WHEN state = 'resting' THEN order_key ELSE NULL END)
  FROM job WHERE kind = 'fed.deliver' AND subject = :activity_id;

-- The same of all that was said of an object: a server that waits for two of them is one.
-- :name spread_waits_object :one
-- :in object_uri text
-- :out n int, n_resting int
SELECT COUNT(DISTINCT j.order_key),
       COUNT(DISTINCT CASE WHEN j.state = 'resting' THEN j.order_key ELSE NULL END)
  FROM activity x JOIN job j ON j.kind = 'fed.deliver' AND j.subject = x.id
 WHERE x.object_uri = :object_uri;

-- :name delivery_find :maybe
-- :in id int
-- :out delivery_row
SELECT j.id, j.subject, j.payload, j.order_key, j.state, j.last_error, j.attempts, j.run_at,
       j.created_at, x.type, x.object_uri
  FROM job j JOIN activity x ON x.id = j.subject
 WHERE j.id = :id AND j.kind = 'fed.deliver';

-- actor_id 0: of all.
-- :name deliveries_resting :many
-- :in actor_id int, after int, n int
-- :out delivery_row
SELECT j.id, j.subject, j.payload, j.order_key, j.state, j.last_error, j.attempts, j.run_at,
       j.created_at, x.type, x.object_uri
  FROM job j JOIN activity x ON x.id = j.subject
 WHERE j.state = 'resting' AND j.kind = 'fed.deliver' AND j.id > :after
   AND (:actor_id = 0 OR x.actor_id = :actor_id)
 ORDER BY j.id LIMIT :n;

-- :name deliveries_of_activity :many
-- :in activity_id int, resting int, after int, n int
-- :out delivery_row
SELECT j.id, j.subject, j.payload, j.order_key, j.state, j.last_error, j.attempts, j.run_at,
       j.created_at, x.type, x.object_uri
  FROM job j JOIN activity x ON x.id = j.subject
 WHERE j.kind = 'fed.deliver' AND j.subject = :activity_id AND j.id > :after
   AND (:resting = 0 OR j.state = 'resting')
 ORDER BY j.id LIMIT :n;

-- :name deliveries_of_host :many
-- :in low text, high text, resting int, after int, look int, n int
-- :out delivery_row
SELECT j.id, j.subject, j.payload, j.order_key, j.state, j.last_error, j.attempts, j.run_at,
       j.created_at, x.type, x.object_uri
  FROM job j JOIN activity x ON x.id = j.subject
 WHERE j.id IN (SELECT q.id FROM (SELECT id, state FROM job WHERE order_key > :low AND order_key < :high
                                  LIMIT :look) AS q
                 WHERE q.id > :after AND (:resting = 0 OR q.state = 'resting'))
   AND j.kind = 'fed.deliver'
 ORDER BY j.id LIMIT :n;

-- :name delivery_count_state :one
-- :in state text, max int
-- :out n int
SELECT COUNT(*) FROM (SELECT 1 FROM job WHERE state = :state AND kind = 'fed.deliver' LIMIT :max) AS few;

-- The first key behind this one.
-- :name delivery_next_key :one
-- :in after text
-- :out order_key text?
SELECT MIN(order_key) FROM job WHERE order_key > :after AND order_key < 'A';

-- :name host_queue :one
-- :in low text, high text, max int
-- :out n int, n_resting int, oldest int?
SELECT COUNT(*), COALESCE(SUM(CASE WHEN state = 'resting' THEN 1 ELSE 0 END), 0),
       MIN(CASE WHEN state = 'resting' THEN NULL ELSE id END)
  FROM (SELECT state, id FROM job WHERE order_key > :low AND order_key < :high LIMIT :max) AS few;

-- What the oldest of them said last, for a process that doesn't send.
-- :name host_queue_error :one
-- :in low text, high text
-- :out last_error text?
SELECT MAX(last_error) FROM (SELECT last_error FROM job WHERE order_key > :low AND order_key < :high
                              LIMIT 50) AS a_few;

-- :name hosts_troubled :many
-- :in after text, now int, n int
-- :out host text
SELECT host FROM host WHERE host > :after AND (fail_days > 0 OR open_until > :now)
 ORDER BY host LIMIT :n;

-- :name hosts_all :many
-- :in after text, n int
-- :out host text
SELECT host FROM host WHERE host > :after ORDER BY host LIMIT :n;

-- :name hosts_count :one
-- :in now int, dead_days int
-- :out troubled int, dead int
SELECT COALESCE(SUM(CASE WHEN fail_days > 0 OR open_until > :now THEN 1 ELSE 0 END), 0),
       COALESCE(SUM(CASE WHEN fail_days >= :dead_days THEN 1 ELSE 0 END), 0) FROM host;

-- :name host_forgive :exec
-- :in host text
UPDATE host SET failures = 0, open_until = 0 WHERE host = :host;

-- What is ready comes now; what rests is tried anew, one after the other of each key.
-- :name host_ready_now :exec
-- :in low text, high text, now int
UPDATE job SET run_at = :now WHERE order_key > :low AND order_key < :high AND state IN ('ready', 'waiting');

-- :name host_wake_resting :exec
-- :in low text, high text, now int
UPDATE job SET state = 'waiting', run_at = :now, attempts = 0
 WHERE order_key > :low AND order_key < :high AND state = 'resting';

-- The oldest of each key that has none before it.
-- :name host_promote :exec
-- :in low text, high text
UPDATE job SET state = 'ready'
 WHERE order_key > :low AND order_key < :high AND state = 'waiting'
   AND id = (SELECT MIN(w.id) FROM job w WHERE w.order_key = job.order_key AND w.state = 'waiting')
   AND NOT EXISTS (SELECT 1 FROM job o WHERE o.order_key = job.order_key
                      AND o.state IN ('ready', 'leased'));

-- :name host_lose :exec
-- :in low text, high text
UPDATE activity SET n_lost = n_lost + 1
 WHERE id IN (SELECT subject FROM job WHERE order_key > :low AND order_key < :high AND state <> 'leased');

-- :name host_forget_jobs :exec
-- :in low text, high text
DELETE FROM job WHERE order_key > :low AND order_key < :high AND state <> 'leased';
