-- Pictures and files, and the bytes that they stand on.
-- :row media_item id int, account_id int, planet_id int?, kind text, mime text, filename text,
--   size int, hash text, width int?, height int?, small_hash text?, small_width int?,
--   small_height int?, blurhash text?, alt text, is_public int, created_at int

-- :name media_insert :exec
-- :in id int, account_id int, planet_id int?, kind text, mime text, filename text, size int,
--   hash text, width int?, height int?, small_hash text?, small_width int?, small_height int?,
--   blurhash text?, alt text, created_at int
INSERT INTO media (id, account_id, planet_id, kind, mime, filename, size, hash, width, height,
                   small_hash, small_width, small_height, blurhash, alt, is_public, created_at)
VALUES (:id, :account_id, :planet_id, :kind, :mime, :filename, :size, :hash, :width, :height,
        :small_hash, :small_width, :small_height, :blurhash, :alt, 0, :created_at);

-- :name media_get :one
-- :in id int
-- :out media_item
SELECT id, account_id, planet_id, kind, mime, filename, size, hash, width, height, small_hash,
       small_width, small_height, blurhash, alt, is_public, created_at
  FROM media WHERE id = :id;

-- :name media_update_alt :exec
-- :in id int, alt text
UPDATE media SET alt = :alt WHERE id = :id;

-- :name media_update_public :exec
-- :in id int, is_public int
UPDATE media SET is_public = :is_public WHERE id = :id;

-- :name media_shown :one
-- :in id int
-- :out n int
SELECT (SELECT COUNT(*) FROM post_media WHERE media_id = :id)
     + (SELECT COUNT(*) FROM planet WHERE icon_media_id = :id OR cover_media_id = :id)
     + (SELECT COUNT(*) FROM account WHERE avatar_media_id = :id);

-- :name media_remove :exec
-- :in id int
DELETE FROM media WHERE id = :id;

-- :name media_hash_uses :one
-- :in hash text
-- :out n int
SELECT (SELECT COUNT(*) FROM media WHERE hash = :hash)
     + (SELECT COUNT(*) FROM media WHERE small_hash = :hash);
