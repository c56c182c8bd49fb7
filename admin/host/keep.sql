-- Plans, usage, tokens, requests that may come twice, spares.

-- :row host_plan_row name text, members int, storage int, posts_a_day int, mails_a_day int, nodes int

-- :name host_plan_list :many
-- :out host_plan_row
SELECT p.name, p.members, p.storage, p.posts_a_day, p.mails_a_day,
       (SELECT COUNT(*) FROM host_node n WHERE n.plan = p.name AND n.state <> 'deleted')
  FROM host_plan p ORDER BY p.name;

-- :name host_plan_read :maybe
-- :in name text
-- :out host_plan_row
SELECT p.name, p.members, p.storage, p.posts_a_day, p.mails_a_day,
       (SELECT COUNT(*) FROM host_node n WHERE n.plan = p.name AND n.state <> 'deleted')
  FROM host_plan p WHERE p.name = :name;

-- :name host_plan_put :exec
-- :in name text, members int, storage int, posts_a_day int, mails_a_day int, now int
INSERT INTO host_plan (name, members, storage, posts_a_day, mails_a_day, created_at, changed_at)
VALUES (:name, :members, :storage, :posts_a_day, :mails_a_day, :now, :now)
ON CONFLICT (name) DO UPDATE SET members = EXCLUDED.members, storage = EXCLUDED.storage,
       posts_a_day = EXCLUDED.posts_a_day, mails_a_day = EXCLUDED.mails_a_day,
       changed_at = EXCLUDED.changed_at;

-- :name host_plan_drop :exec
-- :in name text
DELETE FROM host_plan WHERE name = :name;

-- :name host_usage_add :exec
-- :in node_id int, day text, requests int, bytes int, deliveries int, mails int, job_cpu_us int
INSERT INTO host_usage (node_id, day, requests, bytes, deliveries, mails, job_cpu_us, storage, members)
VALUES (:node_id, :day, :requests, :bytes, :deliveries, :mails, :job_cpu_us,
        (SELECT n.storage FROM host_node n WHERE n.id = :node_id),
        (SELECT n.members FROM host_node n WHERE n.id = :node_id))
ON CONFLICT (node_id, day) DO UPDATE SET requests = host_usage.requests + EXCLUDED.requests,
       bytes = host_usage.bytes + EXCLUDED.bytes,
       deliveries = host_usage.deliveries + EXCLUDED.deliveries,
       mails = host_usage.mails + EXCLUDED.mails,
       job_cpu_us = host_usage.job_cpu_us + EXCLUDED.job_cpu_us,
       storage = EXCLUDED.storage, members = EXCLUDED.members;

-- node_id 0: of all. Paged by day and node.
-- :name host_usage_page :many
-- :in node_id int, from_day text, to_day text, after_day text, after_node int, n int
-- :out node_id int, name text, host text, day text, requests int, bytes int, deliveries int,
--      mails int, job_cpu_us int, storage int?, members int?
SELECT u.node_id, n.name, n.host, u.day, u.requests, u.bytes, u.deliveries, u.mails, u.job_cpu_us,
       u.storage, u.members
  FROM host_usage u JOIN host_node n ON n.id = u.node_id
 WHERE (:node_id = 0 OR u.node_id = :node_id) AND u.day >= :from_day AND u.day <= :to_day
   AND (u.day > :after_day OR (u.day = :after_day AND u.node_id > :after_node))
 ORDER BY u.day, u.node_id LIMIT :n;

-- :name host_token_insert :exec
-- :in id int, name text, hash blob, now int
INSERT INTO host_token (id, name, hash, created_at) VALUES (:id, :name, :hash, :now);

-- :name host_token_list :many
-- :out id int, name text, created_at int, used_at int?, revoked_at int?
SELECT id, name, created_at, used_at, revoked_at FROM host_token ORDER BY id;

-- :name host_token_find :maybe
-- :in hash blob
-- :out id int, used_at int?
SELECT id, used_at FROM host_token WHERE hash = :hash AND revoked_at IS NULL;

-- :name host_token_used :exec
-- :in id int, now int
UPDATE host_token SET used_at = :now WHERE id = :id;

-- :name host_token_revoke :exec
-- :in name text, now int
UPDATE host_token SET revoked_at = :now WHERE name = :name AND revoked_at IS NULL;

-- One that is still being answered after so long was left by a process that died, and begins again.
-- :name host_request_begin :exec
-- :in token_id int, key text, request_hash blob, expires int, left_before int
INSERT INTO host_request (token_id, key, request_hash, status, expires_at)
VALUES (:token_id, :key, :request_hash, 0, :expires)
ON CONFLICT (token_id, key) DO UPDATE SET expires_at = EXCLUDED.expires_at
 WHERE host_request.status = 0 AND host_request.request_hash = EXCLUDED.request_hash
   AND host_request.expires_at < :left_before;

-- :name host_request_read :maybe
-- :in token_id int, key text
-- :out request_hash blob, status int, answer blob?
SELECT request_hash, status, answer FROM host_request WHERE token_id = :token_id AND key = :key;

-- :name host_request_end :exec
-- :in token_id int, key text, status int, answer blob
UPDATE host_request SET status = :status, answer = :answer
 WHERE token_id = :token_id AND key = :key;

-- :name host_request_forget :exec
-- :in token_id int, key text
DELETE FROM host_request WHERE token_id = :token_id AND key = :key;

-- :name host_request_expire :exec
-- :in now int
DELETE FROM host_request WHERE expires_at < :now;

-- What was being answered when the process ended can be asked again.
-- :name host_request_reset :exec
DELETE FROM host_request WHERE status = 0;

-- :name host_spare_put :exec
-- :in id int, kind text, value blob
INSERT INTO host_spare (id, kind, value) VALUES (:id, :kind, :value);

-- :name host_spare_count :one
-- :in kind text
-- :out n int
SELECT COUNT(*) FROM host_spare WHERE kind = :kind;

-- :name host_spare_list :many
-- :in kind text, n int
-- :out id int, value blob
SELECT id, value FROM host_spare WHERE kind = :kind ORDER BY id LIMIT :n;

-- :name host_spare_become :exec
-- :in id int, kind text
UPDATE host_spare SET kind = :kind WHERE id = :id;

-- :name host_spare_drop :exec
-- :in id int
DELETE FROM host_spare WHERE id = :id;
