-- Likes and boosts.

-- :name reaction_insert :exec
-- :in id int, kind text, post_id int, comment_id int, account_id int, actor_id int,
--   activity_uri text?, created_at int
INSERT INTO reaction (id, kind, post_id, comment_id, account_id, actor_id, activity_uri, created_at)
VALUES (:id, :kind, :post_id, :comment_id, :account_id, :actor_id, :activity_uri, :created_at)
ON CONFLICT DO NOTHING;

-- :name reaction_delete :exec
-- :in kind text, post_id int, comment_id int, account_id int, actor_id int
DELETE FROM reaction
 WHERE kind = :kind AND post_id = :post_id AND comment_id = :comment_id
   AND account_id = :account_id AND actor_id = :actor_id;

-- :name reaction_by_activity :maybe
-- :in activity_uri text, actor_id int
-- :out kind text, post_id int, comment_id int
SELECT kind, post_id, comment_id FROM reaction
 WHERE activity_uri = :activity_uri AND actor_id = :actor_id AND actor_id <> 0;

-- :name reaction_has :one
-- :in post_id int, comment_id int, account_id int
-- :out n int
SELECT COUNT(*) FROM reaction
 WHERE kind = 'like' AND post_id = :post_id AND comment_id = :comment_id
   AND account_id = :account_id AND actor_id = 0;

-- :name reaction_count_post :exec
-- :in post_id int, likes int, remote_likes int, announces int
UPDATE post SET n_likes = n_likes + :likes, n_remote_likes = n_remote_likes + :remote_likes,
                n_announces = n_announces + :announces
 WHERE id = :post_id;

-- :name reaction_count_comment :exec
-- :in comment_id int, likes int
UPDATE comment SET n_likes = n_likes + :likes WHERE id = :comment_id;

-- :name reaction_list :many
-- :in post_id int, max_rows int
-- :out kind text, name text, username text, host text, url text, icon_url text?, created_at int
SELECT r.kind, x.name, x.username, x.host, COALESCE(x.url, x.uri), x.icon_url, r.created_at
  FROM reaction r JOIN actor x ON x.id = r.actor_id
 WHERE r.post_id = :post_id AND r.comment_id = 0 AND r.actor_id <> 0
 ORDER BY r.id DESC LIMIT :max_rows;

-- :name reaction_comment :maybe
-- :in comment_id int
-- :out post_id int, audience text, state text, account_id int?
SELECT post_id, audience, state, account_id FROM comment WHERE id = :comment_id;
