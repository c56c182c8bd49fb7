-- The text behind the pass: the statements that post_body.c runs once it has looked at one.

-- :name post_body_html :one
-- :in post_id int
-- :out html text
SELECT html FROM post_body WHERE post_id = :post_id;

-- :name post_body_markdown :one
-- :in post_id int
-- :out markdown text
SELECT markdown FROM post_body WHERE post_id = :post_id;

-- The same new draft, saved a moment ago for the same readers: a form that was sent twice.
-- :name post_body_twin :maybe
-- :in planet_id int, author_id int, title text, teaser text, access text, tier_rank int,
--     markdown text, since int
-- :out id int
SELECT p.id FROM post p JOIN post_body b ON b.post_id = p.id
 WHERE p.planet_id = :planet_id AND p.author_id = :author_id AND p.state = 'draft'
   AND p.title = :title AND p.teaser = :teaser AND p.access = :access
   AND p.tier_rank = :tier_rank AND b.markdown = :markdown
   AND p.created_at > :since
 LIMIT 1;

-- :name post_body_put :exec
-- :in post_id int, markdown text, html text, chars int
INSERT INTO post_body (post_id, markdown, html, chars) VALUES (:post_id, :markdown, :html, :chars)
ON CONFLICT (post_id) DO UPDATE
   SET markdown = excluded.markdown, html = excluded.html, chars = excluded.chars;

-- :name post_body_erase :exec
-- :in post_id int
DELETE FROM post_body WHERE post_id = :post_id;
