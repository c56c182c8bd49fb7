-- Which media go with a post, and what that makes of them.
-- :row attachment_row id int, account_id int, planet_id int?, kind text, mime text, filename text,
--   size int, hash text, width int?, height int?, small_hash text?, small_width int?,
--   small_height int?, blurhash text?, alt text, is_public int, created_at int, place text

-- :name attachment_of_post :many
-- :in post_id int, all_places int
-- :out attachment_row
SELECT m.id, m.account_id, m.planet_id, m.kind, m.mime, m.filename, m.size, m.hash, m.width,
       m.height, m.small_hash, m.small_width, m.small_height, m.blurhash, m.alt, m.is_public,
       m.created_at, pm.place
  FROM post_media pm JOIN media m ON m.id = pm.media_id
 WHERE pm.post_id = :post_id AND (pm.place = 'teaser' OR :all_places = 1)
 ORDER BY pm.position;

-- The posts that show it, published ones and drafts: which of them opens it is for access_decide.
-- :name attachment_shown_by :many
-- :in media_id int
-- :out post_id int, place text
SELECT pm.post_id, pm.place FROM post_media pm JOIN post p ON p.id = pm.post_id
 WHERE pm.media_id = :media_id AND p.state <> 'deleted'
 ORDER BY pm.post_id DESC LIMIT 50;

-- :name attachment_owner :maybe
-- :in media_id int
-- :out account_id int, planet_id int?
SELECT account_id, planet_id FROM media WHERE id = :media_id;

-- :name attachment_ids :many
-- :in post_id int
-- :out media_id int
SELECT media_id FROM post_media WHERE post_id = :post_id;

-- :name attachment_clear :exec
-- :in post_id int
DELETE FROM post_media WHERE post_id = :post_id;

-- :name attachment_put :exec
-- :in post_id int, media_id int, place text, position int
INSERT INTO post_media (post_id, media_id, place, position)
VALUES (:post_id, :media_id, :place, :position) ON CONFLICT DO NOTHING;

-- Public as long as anything public shows it, whatever that is.
-- :name attachment_refresh_media :exec
-- :in media_id int
UPDATE media
   SET is_public = CASE WHEN EXISTS (
           SELECT 1 FROM post_media pm JOIN post p ON p.id = pm.post_id
            WHERE pm.media_id = :media_id AND p.state = 'published'
              AND (p.access = 'public' OR pm.place = 'teaser'))
        OR EXISTS (SELECT 1 FROM planet g
                    WHERE g.icon_media_id = :media_id OR g.cover_media_id = :media_id)
        OR EXISTS (SELECT 1 FROM account a WHERE a.avatar_media_id = :media_id)
       THEN 1 ELSE 0 END
 WHERE id = :media_id;

-- :name attachment_count_pictures :exec
-- :in post_id int
UPDATE post
   SET picture_id = (SELECT pm.media_id FROM post_media pm JOIN media m ON m.id = pm.media_id
                      WHERE pm.post_id = :post_id AND m.kind = 'image'
                        AND (post.access = 'public' OR pm.place = 'teaser')
                      ORDER BY pm.position LIMIT 1),
       n_pictures = (SELECT COUNT(*) FROM post_media pm JOIN media m ON m.id = pm.media_id
                      WHERE pm.post_id = :post_id AND m.kind = 'image'
                        AND (post.access = 'public' OR pm.place = 'teaser'))
 WHERE id = :post_id;
