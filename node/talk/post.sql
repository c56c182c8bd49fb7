-- Posts without their text (post_body.sql has that).
-- :row post_row id int, planet_id int, author_id int, slug text, title text, lang text, kind text,
--   state text, access text, tier_rank int, price_amount int?, price_currency text?, teaser text,
--   teaser_html text, not_in_trial int, pinned int, version int, object_uri text?, summary text,
--   tags text, n_comments int, n_likes int, n_announces int, n_public_comments int,
--   n_remote_likes int, created_at int, published_at int?, edited_at int?, face_at int?

-- :name post_get :one
-- :in id int
-- :out post_row
SELECT id, planet_id, author_id, slug, title, lang, kind, state, access, tier_rank, price_amount,
       price_currency, teaser, teaser_html, not_in_trial, pinned, version, object_uri, summary, tags,
       n_comments, n_likes, n_announces, n_public_comments, n_remote_likes, created_at,
       published_at, edited_at, face_at
  FROM post WHERE id = :id;

-- :name post_get_slug :one
-- :in planet_id int, slug text
-- :out post_row
SELECT id, planet_id, author_id, slug, title, lang, kind, state, access, tier_rank, price_amount,
       price_currency, teaser, teaser_html, not_in_trial, pinned, version, object_uri, summary, tags,
       n_comments, n_likes, n_announces, n_public_comments, n_remote_likes, created_at,
       published_at, edited_at, face_at
  FROM post WHERE planet_id = :planet_id AND slug = :slug;

-- :name post_list_drafts :many
-- :in planet_id int, author_id int, all_authors int
-- :out post_row
SELECT id, planet_id, author_id, slug, title, lang, kind, state, access, tier_rank, price_amount,
       price_currency, teaser, teaser_html, not_in_trial, pinned, version, object_uri, summary, tags,
       n_comments, n_likes, n_announces, n_public_comments, n_remote_likes, created_at,
       published_at, edited_at, face_at
  FROM post
 WHERE planet_id = :planet_id AND state = 'draft' AND (author_id = :author_id OR :all_authors = 1)
 ORDER BY COALESCE(edited_at, created_at) DESC, id DESC LIMIT 500;

-- :name post_list_planet :many
-- :in planet_id int, before_at int, before_id int, max_rows int
-- :out post_row
SELECT id, planet_id, author_id, slug, title, lang, kind, state, access, tier_rank, price_amount,
       price_currency, teaser, teaser_html, not_in_trial, pinned, version, object_uri, summary, tags,
       n_comments, n_likes, n_announces, n_public_comments, n_remote_likes, created_at,
       published_at, edited_at, face_at
  FROM post
 WHERE planet_id = :planet_id AND state = 'published'
   AND (published_at, id) < (:before_at, :before_id)
 ORDER BY published_at DESC, id DESC LIMIT :max_rows;

-- :name post_list_all :many
-- :in before_at int, before_id int, max_rows int
-- :out post_row
SELECT id, planet_id, author_id, slug, title, lang, kind, state, access, tier_rank, price_amount,
       price_currency, teaser, teaser_html, not_in_trial, pinned, version, object_uri, summary, tags,
       n_comments, n_likes, n_announces, n_public_comments, n_remote_likes, created_at,
       published_at, edited_at, face_at
  FROM post
 WHERE state = 'published' AND (published_at, id) < (:before_at, :before_id)
 ORDER BY published_at DESC, id DESC LIMIT :max_rows;

-- :name post_list_tag :many
-- :in planet_id int, tag_key text, before_at int, before_id int, max_rows int
-- :out post_row
SELECT p.id, p.planet_id, p.author_id, p.slug, p.title, p.lang, p.kind, p.state, p.access,
       p.tier_rank, p.price_amount, p.price_currency, p.teaser, p.teaser_html, p.not_in_trial,
       p.pinned, p.version, p.object_uri, p.summary, p.tags, p.n_comments, p.n_likes, p.n_announces,
       p.n_public_comments, p.n_remote_likes, p.created_at, p.published_at, p.edited_at, p.face_at
  FROM post_tag t JOIN post p ON p.id = t.post_id
 WHERE t.tag_key = :tag_key AND p.planet_id = :planet_id AND p.state = 'published'
   AND (p.published_at, p.id) < (:before_at, :before_id)
 ORDER BY p.published_at DESC, p.id DESC LIMIT :max_rows;

-- :name post_position :one
-- :in id int
-- :out published_at int?
SELECT published_at FROM post WHERE id = :id;

-- :name post_count_published :one
-- :public
-- :in planet_id int
-- :out n int
SELECT COUNT(*) FROM post WHERE planet_id = :planet_id AND state = 'published';

-- :name post_slug_taken :one
-- :in planet_id int, slug text, id int
-- :out n int
SELECT COUNT(*) FROM post WHERE planet_id = :planet_id AND slug = :slug AND id <> :id;

-- :name post_insert :exec
-- :in id int, planet_id int, author_id int, slug text, title text, lang text, kind text,
--   access text, tier_rank int, price_amount int?, price_currency text?, teaser text,
--   teaser_html text, not_in_trial int, summary text, tags text, created_at int
INSERT INTO post (id, planet_id, author_id, slug, title, lang, kind, state, access, tier_rank,
                  price_amount, price_currency, teaser, teaser_html, not_in_trial, pinned, version,
                  object_uri, summary, tags, picture_id, n_pictures, n_comments, n_likes,
                  n_announces, n_public_comments, n_remote_likes, face_at, created_at,
                  published_at, edited_at, deleted_at)
VALUES (:id, :planet_id, :author_id, :slug, :title, :lang, :kind, 'draft', :access, :tier_rank,
        :price_amount, :price_currency, :teaser, :teaser_html, :not_in_trial, 0, 1, NULL, :summary,
        :tags, NULL, 0, 0, 0, 0, 0, 0, NULL, :created_at, NULL, NULL, NULL);

-- :name post_update :exec
-- :in id int, version int, slug text, title text, lang text, kind text, access text, tier_rank int,
--   price_amount int?, price_currency text?, teaser text, teaser_html text, not_in_trial int,
--   summary text, tags text, edited_at int
UPDATE post
   SET slug = :slug, title = :title, lang = :lang, kind = :kind, access = :access,
       tier_rank = :tier_rank, price_amount = :price_amount, price_currency = :price_currency,
       teaser = :teaser, teaser_html = :teaser_html, not_in_trial = :not_in_trial,
       summary = :summary, tags = :tags, edited_at = :edited_at, version = version + 1
 WHERE id = :id AND version = :version AND state <> 'deleted';

-- :name post_set_published :exec
-- :in id int, object_uri text, now int
UPDATE post
   SET state = 'published', object_uri = :object_uri, face_at = NULL,
       edited_at = CASE WHEN published_at IS NULL THEN NULL ELSE edited_at END,
       published_at = COALESCE(published_at, :now)
 WHERE id = :id;

-- :name post_set_draft :exec
-- :in id int
UPDATE post SET state = 'draft', object_uri = NULL, pinned = 0, version = version + 1
 WHERE id = :id;

-- :name post_set_deleted :exec
-- :in id int, now int
UPDATE post
   SET state = 'deleted', object_uri = NULL, title = '', teaser = '', teaser_html = '',
       summary = '', tags = '', pinned = 0, version = version + 1, deleted_at = :now
 WHERE id = :id;

-- :name post_set_face_at :exec
-- :in id int, now int
UPDATE post SET face_at = :now WHERE id = :id;

-- :name post_set_pinned :exec
-- :in id int, pinned int
UPDATE post SET pinned = :pinned WHERE id = :id AND state = 'published';

-- :name post_count_pinned :one
-- :in planet_id int
-- :out n int
SELECT COUNT(*) FROM post WHERE planet_id = :planet_id AND state = 'published' AND pinned = 1;

-- :name post_warning_put :exec
-- :in post_id int, warning text
INSERT INTO post_warning (post_id, warning) VALUES (:post_id, :warning)
ON CONFLICT (post_id) DO UPDATE SET warning = excluded.warning;

-- :name post_warning_clear :exec
-- :in post_id int
DELETE FROM post_warning WHERE post_id = :post_id;

-- :name post_warning_of :maybe
-- :public
-- :in post_id int
-- :out warning text
SELECT warning FROM post_warning WHERE post_id = :post_id;

-- :name post_tags_clear :exec
-- :in post_id int
DELETE FROM post_tag WHERE post_id = :post_id;

-- :name post_tag_put :exec
-- :in post_id int, tag text, tag_key text, position int
INSERT INTO post_tag (post_id, tag, tag_key, position)
VALUES (:post_id, :tag, :tag_key, :position);

-- :name post_tag_list :many
-- :in post_id int
-- :out tag text
SELECT tag FROM post_tag WHERE post_id = :post_id ORDER BY position;

-- :name post_tag_count :many
-- :public
-- :in planet_id int, max_rows int
-- :out tag text, n int
SELECT MIN(t.tag), COUNT(*) AS n
  FROM post p JOIN post_tag t ON t.post_id = p.id
 WHERE p.planet_id = :planet_id AND p.state = 'published'
 GROUP BY t.tag_key ORDER BY n DESC, t.tag_key LIMIT :max_rows;

-- :name tombstone_put :exec
-- :in object_uri text, former_type text, now int
INSERT INTO tombstone (object_uri, former_type, deleted_at)
VALUES (:object_uri, :former_type, :now) ON CONFLICT DO NOTHING;

-- :name post_tier_known :one
-- :in planet_id int, rank int
-- :out n int
SELECT COUNT(*) FROM tier WHERE planet_id = :planet_id AND rank = :rank;

-- :name post_planet :one
-- :in id int
-- :out handle text, lang text
SELECT handle, lang FROM planet WHERE id = :id;

-- What is said and done under a post that goes is out of sight with it.
-- :name post_hide_comments :exec
-- :in post_id int
UPDATE comment SET state = 'hidden' WHERE post_id = :post_id AND state IN ('shown', 'held');
