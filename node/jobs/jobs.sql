-- The durable queue.
-- :name job_insert exec
-- :in id int, kind text, subject int, payload text?, order_key text?, run_at int, created_at int
INSERT INTO job (id, kind, subject, payload, order_key, state, run_at, attempts, created_at)
VALUES (:id, :kind, :subject, :payload, :order_key, 'ready', :run_at, 0, :created_at);
