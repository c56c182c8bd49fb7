-- The registry of a hosting provider. These run on its own store, not on a node's.
-- :row host_row id int, name text, host text, origin text, owner text, owner_key text, plan text,
--      state text, before_state text?, dir text, store text, target_dir text?, target_store text?,
--      told int, leave_until int?, grace_ms int, archive text?, archive_until int?, error text?,
--      awake int, wake_at int, node_members int?, node_storage int?, version int, created_at int,
--      changed_at int, members int, storage int, posts_a_day int, mails_a_day int

-- :name host_node_by_id :one
-- :in id int
-- :out host_row
SELECT n.id, n.name, n.host, n.origin, n.owner, n.owner_key, n.plan, n.state, n.before_state, n.dir,
       n.store, n.target_dir, n.target_store, n.told, n.leave_until, n.grace_ms, n.archive,
       n.archive_until, n.error, n.awake, n.wake_at, n.members AS node_members,
       n.storage AS node_storage, n.version, n.created_at, n.changed_at, p.members, p.storage,
       p.posts_a_day, p.mails_a_day
  FROM host_node n JOIN host_plan p ON p.name = n.plan WHERE n.id = :id;

-- By label or domain; of several only the one that is not deleted, else the latest of those.
-- :name host_node_find :one
-- :in name text
-- :out host_row
SELECT n.id, n.name, n.host, n.origin, n.owner, n.owner_key, n.plan, n.state, n.before_state, n.dir,
       n.store, n.target_dir, n.target_store, n.told, n.leave_until, n.grace_ms, n.archive,
       n.archive_until, n.error, n.awake, n.wake_at, n.members AS node_members,
       n.storage AS node_storage, n.version, n.created_at, n.changed_at, p.members, p.storage,
       p.posts_a_day, p.mails_a_day
  FROM host_node n JOIN host_plan p ON p.name = n.plan
 WHERE n.name = :name OR n.host = :name
 ORDER BY CASE n.state WHEN 'deleted' THEN 1 ELSE 0 END, n.id DESC LIMIT 1;

-- :name host_node_by_host :maybe
-- :in host text
-- :out host_row
SELECT n.id, n.name, n.host, n.origin, n.owner, n.owner_key, n.plan, n.state, n.before_state, n.dir,
       n.store, n.target_dir, n.target_store, n.told, n.leave_until, n.grace_ms, n.archive,
       n.archive_until, n.error, n.awake, n.wake_at, n.members AS node_members,
       n.storage AS node_storage, n.version, n.created_at, n.changed_at, p.members, p.storage,
       p.posts_a_day, p.mails_a_day
  FROM host_node n JOIN host_plan p ON p.name = n.plan
 WHERE n.host = :host AND n.state <> 'deleted';

-- :name host_node_name_taken :one
-- :in name text
-- :out n int
SELECT COUNT(*) FROM host_node WHERE name = :name AND state <> 'deleted';

-- Deleted, and its data is still kept.
-- :name host_node_buried :one
-- :in host text
-- :out n int
SELECT COUNT(*) FROM host_node
 WHERE host = :host AND state = 'deleted' AND (archive IS NOT NULL OR told < 2);

-- :name host_nodes_gone_at :many
-- :in host text
-- :out id int
SELECT id FROM host_node WHERE host = :host AND state = 'deleted';

-- state: '' for every one that is not deleted.
-- :name host_node_page :many
-- :in after text, state text, n int
-- :out host_row
SELECT n.id, n.name, n.host, n.origin, n.owner, n.owner_key, n.plan, n.state, n.before_state, n.dir,
       n.store, n.target_dir, n.target_store, n.told, n.leave_until, n.grace_ms, n.archive,
       n.archive_until, n.error, n.awake, n.wake_at, n.members AS node_members,
       n.storage AS node_storage, n.version, n.created_at, n.changed_at, p.members, p.storage,
       p.posts_a_day, p.mails_a_day
  FROM host_node n JOIN host_plan p ON p.name = n.plan
 WHERE n.name > :after AND n.state <> 'making'
   AND (n.state = :state OR (:state = '' AND n.state <> 'deleted'))
 ORDER BY n.name, n.id LIMIT :n;

-- :name host_nodes_since :many
-- :in version int
-- :out host_row
SELECT n.id, n.name, n.host, n.origin, n.owner, n.owner_key, n.plan, n.state, n.before_state, n.dir,
       n.store, n.target_dir, n.target_store, n.told, n.leave_until, n.grace_ms, n.archive,
       n.archive_until, n.error, n.awake, n.wake_at, n.members AS node_members,
       n.storage AS node_storage, n.version, n.created_at, n.changed_at, p.members, p.storage,
       p.posts_a_day, p.mails_a_day
  FROM host_node n JOIN host_plan p ON p.name = n.plan
 WHERE n.version > :version ORDER BY n.version, n.id;

-- What a serving process has to do with, in steps.
-- :name host_nodes_at_work :many
-- :in now int
-- :out id int
SELECT id FROM host_node
 WHERE state IN ('moving', 'leaving')
    OR (state = 'deleted' AND told < 2)
    OR (state = 'deleted' AND archive IS NOT NULL AND archive_until < :now)
 ORDER BY id LIMIT 100;

-- :name host_nodes_making :many
-- :out id int
SELECT id FROM host_node WHERE state = 'making' ORDER BY id;

-- :name host_change_next :one
-- :out n int
UPDATE host_counter SET n = n + 1 WHERE name = 'change' RETURNING n;

-- :name host_change_last :one
-- :out n int
SELECT n FROM host_counter WHERE name = 'change';

-- :name host_node_insert :exec
-- :in id int, name text, host text, origin text, owner text, owner_key text, plan text, dir text,
--     store text, schema text?, version int, now int
INSERT INTO host_node (id, name, host, origin, owner, owner_key, plan, state, dir, store, target_store,
                       told, grace_ms, awake, wake_at, version, created_at, changed_at)
VALUES (:id, :name, :host, :origin, :owner, :owner_key, :plan, 'making', :dir, :store, :schema, 0, 0, 0,
        0, :version, :now, :now);

-- :name host_node_erase :exec
-- :in id int
DELETE FROM host_node WHERE id = :id AND state = 'making';

-- :name host_node_set_state :exec
-- :in id int, from_state text, state text, version int, now int
UPDATE host_node SET state = :state, target_store = NULL, version = :version, changed_at = :now
 WHERE id = :id AND state = :from_state;

-- :name host_node_set_name :exec
-- :in id int, name text, version int, now int
UPDATE host_node SET name = :name, version = :version, changed_at = :now WHERE id = :id;

-- :name host_node_set_plan :exec
-- :in id int, plan text, version int, now int
UPDATE host_node SET plan = :plan, version = :version, changed_at = :now WHERE id = :id;

-- :name host_nodes_of_plan_changed :exec
-- :in plan text, version int
UPDATE host_node SET version = :version WHERE plan = :plan AND state <> 'deleted';

-- :name host_node_begin_move :exec
-- :in id int, from_state text, dir text, store text?, version int, now int
UPDATE host_node SET state = 'moving', before_state = :from_state, target_dir = :dir,
       target_store = :store, error = NULL, version = :version, changed_at = :now
 WHERE id = :id AND state = :from_state;

-- :name host_node_end_move :exec
-- :in id int, state text, dir text, store text, error text?, version int, now int
UPDATE host_node SET state = :state, before_state = NULL, dir = :dir, store = :store,
       target_dir = NULL, target_store = NULL, error = :error, worker = NULL, version = :version, changed_at = :now
 WHERE id = :id AND state = 'moving';

-- :name host_node_leave :exec
-- :in id int, from_state text, grace_ms int, leave_until int, version int, now int
UPDATE host_node SET state = 'leaving', told = 0, grace_ms = :grace_ms, leave_until = :leave_until,
       version = :version, changed_at = :now
 WHERE id = :id AND state = :from_state;

-- :name host_node_hurry :exec
-- :in id int, grace_ms int, leave_until int, version int
UPDATE host_node SET grace_ms = :grace_ms, leave_until = :leave_until, version = :version
 WHERE id = :id AND state = 'leaving';

-- :name host_node_told :exec
-- :in id int
UPDATE host_node SET told = 1 WHERE id = :id AND state = 'leaving';

-- :name host_node_bury :exec
-- :in id int, archive text?, archive_until int?, version int, now int
UPDATE host_node SET state = 'deleted', archive = :archive, archive_until = :archive_until,
       worker = NULL, awake = 0, version = :version, changed_at = :now
 WHERE id = :id AND state IN ('leaving', 'deleted');

-- Its data is where the archive says, or gone.
-- :name host_node_buried_data :exec
-- :in id int, archive text?
UPDATE host_node SET told = 2, archive = :archive WHERE id = :id AND state = 'deleted';

-- One process at a time works on it; what a dead one held is free.
-- :name host_node_claim :exec
-- :in id int, worker text, alive int
UPDATE host_node SET worker = :worker
 WHERE id = :id AND (worker IS NULL OR worker = :worker OR NOT EXISTS
       (SELECT 1 FROM host_process p WHERE p.id = host_node.worker AND p.seen_at >= :alive));

-- :name host_node_woke :exec
-- :in id int
UPDATE host_node SET awake = 1 WHERE id = :id AND awake = 0;

-- :name host_node_slept :exec
-- :in id int, wake_at int
UPDATE host_node SET awake = 0, wake_at = :wake_at WHERE id = :id;

-- :name host_node_measured :exec
-- :in id int, members int, storage int
UPDATE host_node SET members = :members, storage = :storage WHERE id = :id;

-- After an end that nobody planned: jobs of those that were awake are looked for.
-- :name host_nodes_unsure :exec
-- :in every int
UPDATE host_node SET wake_at = 0, awake = 0 WHERE awake = 1 OR :every = 1;

-- :name host_nodes_count :many
-- :out state text, n int
SELECT state, COUNT(*) FROM host_node GROUP BY state ORDER BY state;

-- :name host_setting_read :maybe
-- :in key text
-- :out value text
SELECT value FROM host_setting WHERE key = :key;

-- :name host_setting_write :exec
-- :in key text, value text
INSERT INTO host_setting (key, value) VALUES (:key, :value)
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;

-- Processes.
-- :name host_process_put :exec
-- :in id text, place text, version int, now int
INSERT INTO host_process (id, place, version, seen_at) VALUES (:id, :place, :version, :now)
ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version, seen_at = EXCLUDED.seen_at;

-- :name host_process_drop :exec
-- :in id text, before int
DELETE FROM host_process WHERE id = :id OR seen_at < :before;

-- Of one directory, whose lock somebody else holds now.
-- :name host_process_drop_of :exec
-- :in place text
DELETE FROM host_process WHERE place = :place;

-- Processes that serve, and how many of them have not seen this change yet.
-- :name host_process_count :one
-- :in version int, since int
-- :out alive int, behind int
SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN version < :version THEN 1 ELSE 0 END), 0) AS BIGINT)
  FROM host_process WHERE seen_at >= :since;
