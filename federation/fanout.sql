-- :name activity_put :exec
-- :in id int, uri text, actor_id int, type text, object_uri text, in_outbox int, audience text,
--     fanned_to text?, body text, now int
INSERT INTO activity (id, uri, actor_id, type, object_uri, in_outbox, audience, fanned_to, body,
                      created_at)
VALUES (:id, :uri, :actor_id, :type, :object_uri, :in_outbox, :audience, :fanned_to, :body, :now);

-- :name activity_of_object :maybe
-- :in object_uri text, type text
-- :out id int, created_at int
SELECT id, created_at FROM activity WHERE object_uri = :object_uri AND type = :type
 ORDER BY id LIMIT 1;

-- :name update_before :maybe
-- :in object_uri text, before int
-- :out id int
SELECT id FROM activity WHERE object_uri = :object_uri AND type = 'Update' AND id < :before
 ORDER BY id DESC LIMIT 1;

-- :name activity_rewrite :exec
-- :in id int, body text
UPDATE activity SET body = :body WHERE id = :id;

-- :name activity_leave_outbox :exec
-- :in object_uri text
UPDATE activity SET in_outbox = 0 WHERE object_uri = :object_uri AND in_outbox = 1;

-- :name activity_fanned :exec
-- :in id int, fanned_to text?, n_hosts int
UPDATE activity SET fanned_to = :fanned_to, n_hosts = n_hosts + :n_hosts WHERE id = :id;

-- :name activity_spread :exec
-- :in id int, n_hosts int
UPDATE activity SET n_hosts = n_hosts + :n_hosts WHERE id = :id;

-- :name activity_lost :exec
-- :in id int, n int
UPDATE activity SET n_lost = n_lost + :n WHERE id = :id;

-- Before what rests for too long is forgotten.
-- :name activities_lost :exec
-- :in before int
UPDATE activity SET n_lost = n_lost + (
    SELECT COUNT(DISTINCT j.order_key) FROM job j
     WHERE j.kind = 'fed.deliver' AND j.subject = activity.id AND j.state = 'resting'
       AND j.created_at < :before)
 WHERE id IN (SELECT j.subject FROM job j WHERE j.state = 'resting' AND j.kind = 'fed.deliver'
                 AND j.created_at < :before);

-- What nobody can ask for any more: answers, and what is said about dead objects.
-- :name activity_expire :exec
-- :in before int
DELETE FROM activity WHERE created_at < :before AND in_outbox = 0 AND (type <> 'Create' OR audience = 'direct')
   AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'fed.deliver' AND j.subject = activity.id);

-- The next inboxes of an actor's followers, each once, in the order of their names; dead hosts left
-- out (4.6).
-- :name follower_inboxes :many
-- :in target_id int, after text, n int
-- :out inbox text
SELECT DISTINCT COALESCE(a.shared_inbox, a.inbox) AS to_inbox
  FROM follow f JOIN actor a ON a.id = f.actor_id
 WHERE f.target_id = :target_id AND f.state = 'accepted' AND a.deleted_at IS NULL
   AND a.inbox IS NOT NULL AND COALESCE(a.shared_inbox, a.inbox) > :after
   AND NOT EXISTS (SELECT 1 FROM host h WHERE h.host = a.host AND h.fail_days >= 7)
 ORDER BY to_inbox LIMIT :n;

-- Who answered, liked or boosted it, beside the followers: they are told when it goes.
-- :name involved_inboxes :many
-- :in post_id int, target_id int
-- :out inbox text
SELECT COALESCE(a.shared_inbox, a.inbox) AS to_inbox
  FROM actor a
 WHERE a.local_kind IS NULL AND a.deleted_at IS NULL AND a.inbox IS NOT NULL
   AND (a.id IN (SELECT c.actor_id FROM comment c WHERE c.post_id = :post_id)
        OR a.id IN (SELECT r.actor_id FROM reaction r WHERE r.post_id = :post_id))
EXCEPT
SELECT COALESCE(b.shared_inbox, b.inbox) FROM follow f JOIN actor b ON b.id = f.actor_id
 WHERE f.target_id = :target_id AND f.state = 'accepted'
 ORDER BY to_inbox LIMIT 500;

-- Do followers get it there anyway?
-- :name inbox_follows :maybe
-- :in target_id int, inbox text
-- :out id int
SELECT f.id FROM follow f JOIN actor a ON a.id = f.actor_id
 WHERE f.target_id = :target_id AND f.state = 'accepted'
   AND COALESCE(a.shared_inbox, a.inbox) = :inbox LIMIT 1;

-- :name actors_of_inbox :many
-- :in inbox text
-- :out id int
SELECT id FROM actor WHERE (inbox = :inbox OR shared_inbox = :inbox) AND local_kind IS NULL
   AND deleted_at IS NULL ORDER BY fetched_at LIMIT 20;

-- :name delivery_unsent :maybe
-- :in activity_id int, inbox text, order_key text
-- :out id int
SELECT id FROM job WHERE order_key = :order_key AND state IN ('ready', 'waiting')
   AND kind = 'fed.deliver' AND subject = :activity_id AND payload = :inbox AND attempts = 0 LIMIT 1;

-- :name tombstone_mark :exec
-- :in object_uri text, former_type text, now int
INSERT INTO tombstone (object_uri, former_type, deleted_at)
VALUES (:object_uri, :former_type, :now) ON CONFLICT DO NOTHING;

-- :name jobs_resting_drop :exec
-- :in before int
DELETE FROM job WHERE kind IN ('fed.deliver', 'fed.receive') AND state = 'resting'
   AND created_at < :before;

-- A comment of ours that its writer let go to other servers, whatever became of it.
-- :name comment_scope :maybe
-- :in id int
-- :out post_id int, root_id int, account_id int
SELECT post_id, root_id, account_id FROM comment
 WHERE id = :id AND account_id IS NOT NULL AND abroad = 1 AND audience = 'public';

-- :name comments_abroad :many
-- :in post_id int
-- :out id int
SELECT id FROM comment
 WHERE post_id = :post_id AND abroad = 1 AND account_id IS NOT NULL ORDER BY id;

-- The servers of those elsewhere who take part: in a thread, or (root_id 0) under the post. What is
-- taken back is told to those whose words are not shown any more, too.
-- :name thread_inboxes :many
-- :in post_id int, root_id int, all_states int, n int
-- :out inbox text
SELECT DISTINCT COALESCE(a.shared_inbox, a.inbox) AS to_inbox
  FROM comment c JOIN actor a ON a.id = c.actor_id
 WHERE c.post_id = :post_id AND (:root_id = 0 OR c.root_id = :root_id)
   AND c.kind = 'reply' AND c.audience = 'public' AND (c.state = 'shown' OR :all_states = 1)
   AND a.local_kind IS NULL AND a.deleted_at IS NULL AND a.inbox IS NOT NULL
 ORDER BY to_inbox LIMIT :n;

-- :name delivery_pending :maybe
-- :in order_key text
-- :out id int
SELECT id FROM job WHERE order_key = :order_key AND state IN ('ready', 'waiting', 'leased') LIMIT 1;
