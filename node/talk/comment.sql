-- Comments, with who wrote them.
-- :row comment_row id int, post_id int, parent_id int?, root_id int, account_id int?, actor_id int?,
--   audience text, state text, html text, object_uri text?, object_url text?, n_likes int,
--   created_at int, edited_at int?, name text?, username text?, host text?, url text?,
--   icon_url text?, avatar_id int?, avatar_mime text?, avatar_hash text?, avatar_small_hash text?,
--   liked int, kind text, abroad int, warning text, sensitive int, emoji text, author_emoji text?

-- :name comment_get :one
-- :in id int, viewer int
-- :out comment_row
SELECT c.id, c.post_id, c.parent_id, c.root_id, c.account_id, c.actor_id, c.audience, c.state,
       c.html, c.object_uri, c.object_url, c.n_likes, c.created_at, c.edited_at,
       COALESCE(a.name, x.name), COALESCE(a.username, x.username), x.host, COALESCE(x.url, x.uri),
       x.icon_url, m.id, m.mime, m.hash, m.small_hash,
       (SELECT COUNT(*) FROM reaction r
         WHERE r.kind = 'like' AND r.post_id = c.post_id AND r.comment_id = c.id
           AND r.account_id = :viewer AND r.actor_id = 0 AND r.account_id <> 0),
       c.kind, c.abroad, c.warning, c.sensitive, c.emoji, x.emoji
  FROM comment c
  LEFT JOIN account a ON a.id = c.account_id
  LEFT JOIN actor x ON x.id = c.actor_id
  LEFT JOIN media m ON m.id = a.avatar_media_id
 WHERE c.id = :id;

-- :name comment_threads :many
-- :in post_id int, members int, viewer int, max_rows int
-- :out comment_row
SELECT c.id, c.post_id, c.parent_id, c.root_id, c.account_id, c.actor_id, c.audience, c.state,
       c.html, c.object_uri, c.object_url, c.n_likes, c.created_at, c.edited_at,
       COALESCE(a.name, x.name), COALESCE(a.username, x.username), x.host, COALESCE(x.url, x.uri),
       x.icon_url, m.id, m.mime, m.hash, m.small_hash,
       (SELECT COUNT(*) FROM reaction r
         WHERE r.kind = 'like' AND r.post_id = c.post_id AND r.comment_id = c.id
           AND r.account_id = :viewer AND r.actor_id = 0 AND r.account_id <> 0),
       c.kind, c.abroad, c.warning, c.sensitive, c.emoji, x.emoji
  FROM comment c
  LEFT JOIN account a ON a.id = c.account_id
  LEFT JOIN actor x ON x.id = c.actor_id
  LEFT JOIN media m ON m.id = a.avatar_media_id
 WHERE c.post_id = :post_id AND c.kind = 'reply' AND (c.audience = 'public' OR :members = 1)
 ORDER BY c.root_id, c.id LIMIT :max_rows;

-- :name comment_quotes :many
-- :in post_id int, viewer int, max_rows int
-- :out comment_row
SELECT c.id, c.post_id, c.parent_id, c.root_id, c.account_id, c.actor_id, c.audience, c.state,
       c.html, c.object_uri, c.object_url, c.n_likes, c.created_at, c.edited_at,
       COALESCE(a.name, x.name), COALESCE(a.username, x.username), x.host, COALESCE(x.url, x.uri),
       x.icon_url, m.id, m.mime, m.hash, m.small_hash,
       (SELECT COUNT(*) FROM reaction r
         WHERE r.kind = 'like' AND r.post_id = c.post_id AND r.comment_id = c.id
           AND r.account_id = :viewer AND r.actor_id = 0 AND r.account_id <> 0),
       c.kind, c.abroad, c.warning, c.sensitive, c.emoji, x.emoji
  FROM comment c
  LEFT JOIN account a ON a.id = c.account_id
  LEFT JOIN actor x ON x.id = c.actor_id
  LEFT JOIN media m ON m.id = a.avatar_media_id
 WHERE c.post_id = :post_id AND c.kind = 'quote' AND c.state <> 'deleted'
 ORDER BY c.id DESC LIMIT :max_rows;

-- :name comment_waiting :many
-- :in planet_id int, viewer int
-- :out comment_row
SELECT c.id, c.post_id, c.parent_id, c.root_id, c.account_id, c.actor_id, c.audience, c.state,
       c.html, c.object_uri, c.object_url, c.n_likes, c.created_at, c.edited_at,
       COALESCE(a.name, x.name), COALESCE(a.username, x.username), x.host, COALESCE(x.url, x.uri),
       x.icon_url, m.id, m.mime, m.hash, m.small_hash,
       (SELECT COUNT(*) FROM reaction r
         WHERE r.kind = 'like' AND r.post_id = c.post_id AND r.comment_id = c.id
           AND r.account_id = :viewer AND r.actor_id = 0 AND r.account_id <> 0),
       c.kind, c.abroad, c.warning, c.sensitive, c.emoji, x.emoji
  FROM comment c
  JOIN post p ON p.id = c.post_id
  LEFT JOIN account a ON a.id = c.account_id
  LEFT JOIN actor x ON x.id = c.actor_id
  LEFT JOIN media m ON m.id = a.avatar_media_id
 WHERE p.planet_id = :planet_id AND c.state = 'held' AND p.state <> 'deleted'
 ORDER BY c.id LIMIT 500;

-- :row comment_ref_row id int, post_id int, parent_id int?, root_id int, account_id int?,
--   actor_id int?, audience text, state text, edited_at int?, kind text, abroad int

-- :name comment_ref_get :maybe
-- :in id int
-- :out comment_ref_row
SELECT id, post_id, parent_id, root_id, account_id, actor_id, audience, state, edited_at, kind,
       abroad
  FROM comment WHERE id = :id;

-- :name comment_ref_uri :maybe
-- :in object_uri text
-- :out comment_ref_row
SELECT id, post_id, parent_id, root_id, account_id, actor_id, audience, state, edited_at, kind,
       abroad
  FROM comment WHERE object_uri = :object_uri;

-- :name comment_markdown :one
-- :in id int
-- :out markdown text?
SELECT markdown FROM comment WHERE id = :id;

-- What was sent with this form before.
-- :name comment_of_form :maybe
-- :in account_id int, form_id int
-- :out id int, post_id int
SELECT id, post_id FROM comment WHERE account_id = :account_id AND form_id = :form_id;

-- :name comment_insert :exec
-- :in id int, post_id int, parent_id int?, root_id int, account_id int?, actor_id int?,
--   audience text, state text, markdown text?, html text, object_uri text?, object_url text?,
--   created_at int, kind text, abroad int, form_id int?
INSERT INTO comment (id, post_id, parent_id, root_id, account_id, actor_id, audience, state,
                     markdown, html, object_uri, object_url, n_likes, created_at, edited_at, kind,
                     abroad, form_id)
VALUES (:id, :post_id, :parent_id, :root_id, :account_id, :actor_id, :audience, :state, :markdown,
        :html, :object_uri, :object_url, 0, :created_at, NULL, :kind, :abroad, :form_id)
ON CONFLICT DO NOTHING;

-- :name comment_set_text :exec
-- :in id int, markdown text?, html text, edited_at int
UPDATE comment SET markdown = :markdown, html = :html, edited_at = :edited_at WHERE id = :id;

-- :name comment_set_state :exec
-- :in id int, state text
UPDATE comment SET state = :state WHERE id = :id;

-- :name comment_erase :exec
-- :in id int
UPDATE comment SET state = 'deleted', markdown = NULL, html = '', warning = '', emoji = ''
 WHERE id = :id;

-- :name comment_set_far :exec
-- :in id int, warning text, sensitive int, emoji text
UPDATE comment SET warning = :warning, sensitive = :sensitive, emoji = :emoji WHERE id = :id;

-- :name comment_media_put :exec
-- :in comment_id int, position int, kind text, url text, mime text, alt text, width int?,
--   height int?
INSERT INTO comment_media (comment_id, position, kind, url, mime, alt, width, height)
VALUES (:comment_id, :position, :kind, :url, :mime, :alt, :width, :height);

-- :name comment_media_erase :exec
-- :in comment_id int
DELETE FROM comment_media WHERE comment_id = :comment_id;

-- :row comment_media_row comment_id int, kind text, url text, mime text, alt text, width int?,
--   height int?

-- :name comment_media_of_post :many
-- :in post_id int, kind text
-- :out comment_media_row
SELECT m.comment_id, m.kind, m.url, m.mime, m.alt, m.width, m.height
  FROM comment_media m JOIN comment c ON c.id = m.comment_id
 WHERE c.post_id = :post_id AND c.kind = :kind AND c.state <> 'deleted'
 ORDER BY m.comment_id, m.position LIMIT 4000;

-- :name comment_media_of :many
-- :in comment_id int
-- :out comment_media_row
SELECT comment_id, kind, url, mime, alt, width, height FROM comment_media
 WHERE comment_id = :comment_id ORDER BY position;

-- :name comment_count_add :exec
-- :in post_id int, n int, n_public int
UPDATE post SET n_comments = n_comments + :n, n_public_comments = n_public_comments + :n_public
 WHERE id = :post_id;

-- Everything of one remote actor, and what the counters have to follow.
-- :name actor_posts_touched :many
-- :in actor_id int
-- :out post_id int
SELECT post_id FROM comment WHERE actor_id = :actor_id
UNION SELECT post_id FROM reaction WHERE actor_id = :actor_id
UNION SELECT post_id FROM emoji_reaction WHERE actor_id = :actor_id;

-- :name actor_comments_erase :exec
-- :in actor_id int
UPDATE comment SET state = 'deleted', markdown = NULL, html = '', warning = '', emoji = ''
 WHERE actor_id = :actor_id AND state <> 'deleted';

-- :name actor_media_erase :exec
-- :in actor_id int
DELETE FROM comment_media
 WHERE comment_id IN (SELECT id FROM comment WHERE actor_id = :actor_id);

-- :name actor_emoji_erase :exec
-- :in actor_id int
DELETE FROM emoji_reaction WHERE actor_id = :actor_id;

-- :name actor_reactions_erase :exec
-- :in actor_id int
DELETE FROM reaction WHERE actor_id = :actor_id AND actor_id <> 0;

-- :name post_recount :exec
-- :in post_id int
UPDATE post
   SET n_comments = (SELECT COUNT(*) FROM comment c
                      WHERE c.post_id = :post_id AND c.state = 'shown' AND c.kind = 'reply'),
       n_public_comments = (SELECT COUNT(*) FROM comment c
                      WHERE c.post_id = :post_id AND c.state = 'shown' AND c.audience = 'public'
                        AND c.kind = 'reply'),
       n_likes = (SELECT COUNT(*) FROM reaction r
                   WHERE r.post_id = :post_id AND r.comment_id = 0 AND r.kind = 'like'),
       n_remote_likes = (SELECT COUNT(*) FROM reaction r
                   WHERE r.post_id = :post_id AND r.comment_id = 0 AND r.kind = 'like'
                     AND r.actor_id <> 0),
       n_announces = (SELECT COUNT(*) FROM reaction r
                   WHERE r.post_id = :post_id AND r.comment_id = 0 AND r.kind = 'announce')
 WHERE id = :post_id;

-- :name comments_recount :exec
-- :in post_id int
UPDATE comment
   SET n_likes = (SELECT COUNT(*) FROM reaction r
                   WHERE r.post_id = :post_id AND r.comment_id = comment.id AND r.kind = 'like')
 WHERE post_id = :post_id;

-- :name comments_of_actor :many
-- :in planet_id int, actor_id int
-- :out id int
SELECT c.id FROM comment c JOIN post p ON p.id = c.post_id
 WHERE c.actor_id = :actor_id AND p.planet_id = :planet_id AND c.state IN ('shown', 'held');
