-- :name post_of_object :maybe
-- :in object_uri text
-- :out id int
SELECT id FROM post WHERE object_uri = :object_uri AND state = 'published';

-- A public comment, ours by its number or a remote one by its id.
-- :name public_comment :maybe
-- :in id int, object_uri text
-- :out id int, post_id int
SELECT c.id, c.post_id FROM comment c JOIN post p ON p.id = c.post_id
 WHERE (c.object_uri = :object_uri OR (c.id = :id AND c.actor_id IS NULL))
   AND c.audience = 'public' AND c.state <> 'deleted' AND c.kind = 'reply'
   AND p.state = 'published' AND p.object_uri IS NOT NULL;

-- :name comment_times :maybe
-- :in object_uri text
-- :out id int, post_id int, actor_id int?, created_at int, edited_at int?, state text
SELECT id, post_id, actor_id, created_at, edited_at, state FROM comment WHERE object_uri = :object_uri;

-- :name follow_put :one
-- :in id int, actor_id int, target_id int, uri text, now int
-- :out id int
INSERT INTO follow (id, actor_id, target_id, activity_uri, state, created_at)
VALUES (:id, :actor_id, :target_id, :uri, 'accepted', :now)
ON CONFLICT (actor_id, target_id) DO UPDATE SET activity_uri = excluded.activity_uri,
    state = 'accepted'
RETURNING id;

-- :name follow_remove :exec
-- :in actor_id int, target_id int
DELETE FROM follow WHERE actor_id = :actor_id AND target_id = :target_id;

-- :name follow_by_uri :maybe
-- :in actor_id int, uri text
-- :out target_id int
SELECT target_id FROM follow WHERE actor_id = :actor_id AND activity_uri = :uri;

-- :name follower_of_host :maybe
-- :in host text
-- :out actor_id int
SELECT f.actor_id FROM follow f JOIN actor a ON a.id = f.actor_id
 WHERE a.host = :host AND f.state = 'accepted' LIMIT 1;

-- :name followers_of_host :one
-- :in host text, target_id int
-- :out n int
SELECT COUNT(*) FROM follow f JOIN actor a ON a.id = f.actor_id
 WHERE a.host = :host AND f.target_id = :target_id AND f.state = 'accepted';

-- inbox: where posts go; own_inbox: where the Accept went.
-- :name follow_by_id :maybe
-- :in id int
-- :out id int, target_id int, created_at int, actor_uri text, own_inbox text?, inbox text?
SELECT f.id, f.target_id, f.created_at, a.uri, a.inbox, COALESCE(a.shared_inbox, a.inbox)
  FROM follow f JOIN actor a ON a.id = f.actor_id
 WHERE f.id = :id AND f.state = 'accepted' AND a.deleted_at IS NULL;

-- :name follow_find :maybe
-- :in actor_id int, target_id int
-- :out id int
SELECT id FROM follow WHERE actor_id = :actor_id AND target_id = :target_id;

-- :name follow_uri :maybe
-- :in actor_id int, target_id int
-- :out id int, activity_uri text
SELECT id, activity_uri FROM follow WHERE actor_id = :actor_id AND target_id = :target_id;

-- :name followers_page :many
-- :in target_id int, after int, n int
-- :out id int, uri text, username text, host text, created_at int
SELECT f.id, a.uri, a.username, a.host, f.created_at FROM follow f JOIN actor a ON a.id = f.actor_id
 WHERE f.target_id = :target_id AND f.state = 'accepted' AND f.id > :after ORDER BY f.id LIMIT :n;
