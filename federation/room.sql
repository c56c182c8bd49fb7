-- What came from elsewhere, newest first. Only what everybody may see of a post is named here.
-- :row came_row id int, kind text, state text, post_id int, comment_id int, slug text, title text,
--     summary text, html text, warning text?, actor_id int, name text, username text, host text,
--     url text?, icon_url text?

-- :name came_comments :many
-- :in planet_id int, state text, before int, n int
-- :out came_row
SELECT c.id, c.kind, c.state, c.post_id, c.id, p.slug, p.title, p.summary, c.html, c.warning, a.id,
       a.name, a.username, a.host, a.url, a.icon_url
  FROM comment c JOIN post p ON p.id = c.post_id JOIN actor a ON a.id = c.actor_id
 WHERE c.state = :state AND c.actor_id IS NOT NULL AND c.id < :before
   AND p.planet_id = :planet_id AND p.state = 'published'
 ORDER BY c.id DESC LIMIT :n;

-- :name came_reactions :many
-- :in planet_id int, before int, n int
-- :out came_row
SELECT r.id, r.kind, '', r.post_id, r.comment_id, p.slug, p.title, p.summary, '', '', a.id, a.name,
       a.username, a.host, a.url, a.icon_url
  FROM reaction r JOIN post p ON p.id = r.post_id JOIN actor a ON a.id = r.actor_id
 WHERE r.actor_id <> 0 AND r.id < :before AND p.planet_id = :planet_id AND p.state = 'published'
 ORDER BY r.id DESC LIMIT :n;

-- :name came_follows :many
-- :in target_id int, n int
-- :out came_row
SELECT f.id, 'follow', f.state, 0, 0, '', '', '', '', '', a.id, a.name, a.username, a.host, a.url,
       a.icon_url
  FROM follow f JOIN actor a ON a.id = f.actor_id
 WHERE f.target_id = :target_id AND f.state = 'accepted' ORDER BY f.id DESC LIMIT :n;

-- :name came_waiting :one
-- :in planet_id int, max int
-- :out n int
SELECT COUNT(*) FROM (
    SELECT 1 FROM comment c JOIN post p ON p.id = c.post_id
     WHERE c.state = 'held' AND c.actor_id IS NOT NULL AND p.planet_id = :planet_id
       AND p.state = 'published' LIMIT :max) AS few;

-- :name came_writer :maybe
-- :in planet_id int, comment_id int
-- :out actor_id int
SELECT c.actor_id FROM comment c JOIN post p ON p.id = c.post_id
 WHERE c.id = :comment_id AND c.actor_id IS NOT NULL AND p.planet_id = :planet_id;

-- :name sent_posts :many
-- :in planet_id int, n int
-- :out id int, published_at int, slug text, title text, summary text, object_uri text
SELECT id, published_at, slug, title, summary, object_uri FROM post
 WHERE planet_id = :planet_id AND state = 'published' AND object_uri IS NOT NULL
   AND published_at IS NOT NULL
 ORDER BY published_at DESC, id DESC LIMIT :n;
