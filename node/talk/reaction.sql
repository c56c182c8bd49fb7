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

-- :name emoji_insert :exec
-- :in id int, post_id int, comment_id int, actor_id int, emoji text, icon_url text?,
--   activity_uri text, aside int, created_at int
INSERT INTO emoji_reaction (id, post_id, comment_id, actor_id, emoji, icon_url, activity_uri, aside,
                            created_at)
VALUES (:id, :post_id, :comment_id, :actor_id, :emoji, :icon_url, :activity_uri, :aside, :created_at)
ON CONFLICT DO NOTHING;

-- :name emoji_count :one
-- :in post_id int, comment_id int, actor_id int
-- :out n int
SELECT COUNT(*) FROM emoji_reaction
 WHERE post_id = :post_id AND comment_id = :comment_id AND actor_id = :actor_id;

-- :name emoji_delete :exec
-- :in post_id int, comment_id int, actor_id int, emoji text?
DELETE FROM emoji_reaction
 WHERE post_id = :post_id AND comment_id = :comment_id AND actor_id = :actor_id
   AND (emoji = :emoji OR :emoji IS NULL);

-- :name emoji_by_uri :many
-- :in activity_uri text, actor_id int
-- :out post_id int
SELECT DISTINCT post_id FROM emoji_reaction
 WHERE activity_uri = :activity_uri AND actor_id = :actor_id;

-- :name emoji_delete_uri :exec
-- :in activity_uri text, actor_id int
DELETE FROM emoji_reaction WHERE activity_uri = :activity_uri AND actor_id = :actor_id;

-- :name emoji_groups :many
-- :public
-- :in post_id int, max_rows int
-- :out comment_id int, n int, emoji text, icon_url text?, host text
SELECT e.comment_id, COUNT(*) AS n, e.emoji, e.icon_url, MIN(x.host)
  FROM emoji_reaction e JOIN actor x ON x.id = e.actor_id
 WHERE e.post_id = :post_id AND e.aside = 0
 GROUP BY e.comment_id, e.emoji, e.icon_url
 ORDER BY n DESC, e.emoji, e.comment_id LIMIT :max_rows;
