-- What rules took from sight, and back.

-- :name aside_planets_of :many
-- :in actor_id int
-- :out planet_id int
SELECT p.planet_id FROM comment c JOIN post p ON p.id = c.post_id WHERE c.actor_id = :actor_id
UNION SELECT p.planet_id FROM reaction r JOIN post p ON p.id = r.post_id
       WHERE r.actor_id = :actor_id AND r.actor_id <> 0
UNION SELECT p.planet_id FROM aside_reaction x JOIN post p ON p.id = x.post_id
       WHERE x.actor_id = :actor_id
UNION SELECT p.planet_id FROM emoji_reaction e JOIN post p ON p.id = e.post_id
       WHERE e.actor_id = :actor_id;

-- :name aside_posts_of :many
-- :in actor_id int, planet_id int
-- :out post_id int
SELECT p.id FROM comment c JOIN post p ON p.id = c.post_id
 WHERE c.actor_id = :actor_id AND p.planet_id = :planet_id
UNION SELECT p.id FROM reaction r JOIN post p ON p.id = r.post_id
       WHERE r.actor_id = :actor_id AND r.actor_id <> 0 AND p.planet_id = :planet_id
UNION SELECT p.id FROM aside_reaction x JOIN post p ON p.id = x.post_id
       WHERE x.actor_id = :actor_id AND p.planet_id = :planet_id
UNION SELECT p.id FROM emoji_reaction e JOIN post p ON p.id = e.post_id
       WHERE e.actor_id = :actor_id AND p.planet_id = :planet_id;

-- :name aside_comments_of :many
-- :in actor_id int, planet_id int
-- :out id int, state text, was text?, became text?, kind text
SELECT c.id, c.state, x.was, x.became, c.kind
  FROM comment c JOIN post p ON p.id = c.post_id
  LEFT JOIN aside_comment x ON x.comment_id = c.id
 WHERE c.actor_id = :actor_id AND p.planet_id = :planet_id
   AND (c.state IN ('shown', 'held') OR x.comment_id IS NOT NULL)
 ORDER BY c.id;

-- :name aside_emoji :exec
-- :in actor_id int, planet_id int, aside int
UPDATE emoji_reaction SET aside = :aside
 WHERE actor_id = :actor_id
   AND post_id IN (SELECT p.id FROM post p WHERE p.planet_id = :planet_id);

-- :name aside_comment_put :exec
-- :in comment_id int, actor_id int, was text, became text
INSERT INTO aside_comment (comment_id, actor_id, was, became)
VALUES (:comment_id, :actor_id, :was, :became)
ON CONFLICT (comment_id) DO UPDATE SET was = excluded.was, became = excluded.became;

-- :name aside_comment_drop :exec
-- :in comment_id int
DELETE FROM aside_comment WHERE comment_id = :comment_id;

-- :name aside_reactions_take :exec
-- :in actor_id int, planet_id int
INSERT INTO aside_reaction (id, kind, post_id, comment_id, actor_id, activity_uri, created_at)
SELECT r.id, r.kind, r.post_id, r.comment_id, r.actor_id, r.activity_uri, r.created_at
  FROM reaction r JOIN post p ON p.id = r.post_id
 WHERE r.actor_id = :actor_id AND r.actor_id <> 0 AND p.planet_id = :planet_id
ON CONFLICT DO NOTHING;

-- :name aside_reactions_took :exec
-- :in actor_id int, planet_id int
DELETE FROM reaction WHERE actor_id = :actor_id AND actor_id <> 0
   AND post_id IN (SELECT p.id FROM post p WHERE p.planet_id = :planet_id);

-- :name aside_reactions_give :exec
-- :in actor_id int, planet_id int
INSERT INTO reaction (id, kind, post_id, comment_id, account_id, actor_id, activity_uri, created_at)
SELECT x.id, x.kind, x.post_id, x.comment_id, 0, x.actor_id, x.activity_uri, x.created_at
  FROM aside_reaction x JOIN post p ON p.id = x.post_id
 WHERE x.actor_id = :actor_id AND p.planet_id = :planet_id AND p.state = 'published'
   AND (x.comment_id = 0 OR EXISTS (
        SELECT 1 FROM comment c WHERE c.id = x.comment_id AND c.state <> 'deleted'))
ON CONFLICT DO NOTHING;

-- :name aside_reactions_gave :exec
-- :in actor_id int, planet_id int
DELETE FROM aside_reaction WHERE actor_id = :actor_id
   AND post_id IN (SELECT p.id FROM post p WHERE p.planet_id = :planet_id);

-- :name aside_reaction_put :exec
-- :in id int, kind text, post_id int, comment_id int, actor_id int, activity_uri text?, now int
INSERT INTO aside_reaction (id, kind, post_id, comment_id, actor_id, activity_uri, created_at)
VALUES (:id, :kind, :post_id, :comment_id, :actor_id, :activity_uri, :now)
ON CONFLICT DO NOTHING;

-- :name aside_reaction_undo :exec
-- :in kind text, post_id int, comment_id int, actor_id int
DELETE FROM aside_reaction WHERE kind = :kind AND post_id = :post_id
   AND comment_id = :comment_id AND actor_id = :actor_id;

-- :name aside_reaction_undo_uri :exec
-- :in activity_uri text, actor_id int
DELETE FROM aside_reaction WHERE activity_uri = :activity_uri AND actor_id = :actor_id;

-- :name aside_comments_forget :exec
-- :in actor_id int
DELETE FROM aside_comment WHERE actor_id = :actor_id;

-- :name aside_reactions_forget :exec
-- :in actor_id int
DELETE FROM aside_reaction WHERE actor_id = :actor_id;

-- Ids of comments and reactions come from one sequence, so one cursor serves both. The host is
-- named as in the rule: it covers what lies below it.
-- :name aside_items :many
-- :in host text, below text, port text, below_port text, after int, n int
-- :out id int, what text, actor_uri text, uri text?, post_uri text?, was text
SELECT c.id AS item_id, 'comment' AS what, a.uri AS actor_uri, c.object_uri AS uri,
       p.object_uri AS post_uri, x.was AS was
  FROM aside_comment x JOIN comment c ON c.id = x.comment_id JOIN actor a ON a.id = x.actor_id
  JOIN post p ON p.id = c.post_id
 WHERE c.id > :after AND c.state <> 'deleted'
   AND (a.host = :host OR a.host LIKE :below OR a.host LIKE :port OR a.host LIKE :below_port)
UNION ALL
SELECT r.id, r.kind, a.uri, r.activity_uri, p.object_uri, 'shown'
  FROM aside_reaction r JOIN actor a ON a.id = r.actor_id JOIN post p ON p.id = r.post_id
 WHERE r.id > :after
   AND (a.host = :host OR a.host LIKE :below OR a.host LIKE :port OR a.host LIKE :below_port)
 ORDER BY item_id LIMIT :n;
