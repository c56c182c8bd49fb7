-- What anybody may see. A body is joined only where access = 'public' and state = 'published'.
-- :row public_row id int, planet_id int, author_id int, state text, object_uri text?, handle text,
--   slug text, title text, lang text, access text, html text, summary text, published_at int?,
--   face_at int?, n_public_comments int, n_likes int, n_remote_likes int, n_announces int

-- :name public_by_id :one
-- :in id int
-- :out public_row
SELECT p.id, p.planet_id, p.author_id, p.state, p.object_uri, g.handle, p.slug, p.title, p.lang,
       p.access, CASE WHEN p.access = 'public' THEN COALESCE(b.html, '') ELSE p.teaser_html END,
       p.summary, p.published_at, p.face_at, p.n_public_comments, p.n_likes, p.n_remote_likes,
       p.n_announces
  FROM post p
  JOIN planet g ON g.id = p.planet_id
  LEFT JOIN post_body b ON b.post_id = p.id AND p.access = 'public' AND p.state = 'published'
 WHERE p.id = :id;

-- :name public_by_uri :maybe
-- :in object_uri text
-- :out id int
SELECT id FROM post WHERE object_uri = :object_uri;

-- :name public_was_there :one
-- :in object_uri text
-- :out n int
SELECT COUNT(*) FROM tombstone WHERE object_uri = :object_uri;

-- :name public_media :many
-- :in post_id int
-- :out id int, mime text, hash text, small_hash text?, alt text, blurhash text?, width int?,
--   height int?
SELECT m.id, m.mime, m.hash, m.small_hash, m.alt, m.blurhash, m.width, m.height
  FROM post p
  JOIN post_media pm ON pm.post_id = p.id
  JOIN media m ON m.id = pm.media_id
 WHERE p.id = :post_id AND p.state = 'published' AND m.kind = 'image' AND m.is_public = 1
   AND (p.access = 'public' OR pm.place = 'teaser')
 ORDER BY pm.position;

-- Lists. The view behind them is where it says which bodies can come along (0006_talk.sql).
-- :row card_row id int, planet_id int, author_id int, slug text, title text, lang text, kind text,
--   state text, access text, tier_rank int, price_amount int?, price_currency text?,
--   not_in_trial int, pinned int, version int, teaser_html text, summary text, tags text,
--   n_comments int, n_likes int, n_announces int, n_public_comments int, n_remote_likes int,
--   created_at int, published_at int?, edited_at int?, face_at int?, note_html text?,
--   planet_handle text, planet_name text, author_name text, author_username text, avatar_id int?,
--   avatar_mime text?, avatar_hash text?, avatar_small_hash text?, n_pictures int, picture_id int?,
--   picture_mime text?, picture_hash text?, picture_small_hash text?, picture_width int?,
--   picture_height int?, picture_blurhash text?, picture_alt text?

-- :name card_planet :many
-- :public
-- :in planet_id int, before_at int, before_id int, max_rows int
-- :out card_row
SELECT c.* FROM post_public_card c
 WHERE c.planet_id = :planet_id AND c.state = 'published'
   AND (c.published_at, c.id) < (:before_at, :before_id)
 ORDER BY c.published_at DESC, c.id DESC LIMIT :max_rows;

-- :name card_all :many
-- :public
-- :in before_at int, before_id int, max_rows int
-- :out card_row
SELECT c.* FROM post_public_card c
 WHERE c.state = 'published' AND (c.published_at, c.id) < (:before_at, :before_id)
 ORDER BY c.published_at DESC, c.id DESC LIMIT :max_rows;

-- :name card_tag :many
-- :public
-- :in planet_id int, tag_key text, before_at int, before_id int, max_rows int
-- :out card_row
SELECT c.* FROM post_public_card c
  JOIN post_tag t ON t.post_id = c.id
 WHERE t.tag_key = :tag_key AND (:planet_id = 0 OR c.planet_id = :planet_id)
   AND (c.published_at, c.id) < (:before_at, :before_id)
 ORDER BY c.published_at DESC, c.id DESC LIMIT :max_rows;

-- :name card_author :many
-- :public
-- :in author_id int, before_at int, before_id int, max_rows int
-- :out card_row
SELECT c.* FROM post_public_card c
 WHERE c.author_id = :author_id AND c.state = 'published'
   AND (c.published_at, c.id) < (:before_at, :before_id)
 ORDER BY c.published_at DESC, c.id DESC LIMIT :max_rows;

-- :name card_pinned :many
-- :public
-- :in planet_id int
-- :out card_row
SELECT c.* FROM post_public_card c
 WHERE c.planet_id = :planet_id AND c.state = 'published' AND c.pinned = 1
 ORDER BY c.published_at DESC, c.id DESC LIMIT 20;

-- What is warned of in a list.
-- :name card_warnings :many
-- :public
-- :in oldest int, newest int
-- :out post_id int, warning text
SELECT post_id, warning FROM post_warning WHERE post_id >= :oldest AND post_id <= :newest;

-- Which of the posts of a list the viewer likes; apart, so that the list is the same for everybody.
-- :name card_liked :many
-- :in viewer int, oldest int, newest int
-- :out post_id int
SELECT post_id FROM reaction
 WHERE account_id = :viewer AND account_id <> 0 AND actor_id = 0 AND kind = 'like'
   AND comment_id = 0 AND post_id >= :oldest AND post_id <= :newest;
