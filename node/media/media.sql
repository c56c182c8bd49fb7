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

-- What an address of a picture is made of; it says nothing of who may open it.
-- :name media_picture :maybe
-- :public
-- :in id int
-- :out mime text
SELECT mime FROM media WHERE id = :id AND kind = 'image';

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

-- Bringing and removing (media_store.h): holder 0 removes, any other brings.

-- :name media_going :one
-- :in hash text, now int
-- :out n int
SELECT COUNT(*) FROM media_hold WHERE hash = :hash AND holder = 0 AND ends_at > :now;

-- :name media_held :one
-- :in hash text, now int
-- :out n int
SELECT COUNT(*) FROM media_hold WHERE hash = :hash AND holder <> 0 AND ends_at > :now;

-- :name media_hold_add :exec
-- :in hash text, holder int, ends_at int
INSERT INTO media_hold (hash, holder, ends_at) VALUES (:hash, :holder, :ends_at)
ON CONFLICT (hash, holder) DO NOTHING;

-- :name media_hold_remove :exec
-- :in holder int
DELETE FROM media_hold WHERE holder = :holder;

-- :name media_going_set :exec
-- :in hash text, ends_at int
INSERT INTO media_hold (hash, holder, ends_at) VALUES (:hash, 0, :ends_at)
ON CONFLICT (hash, holder) DO UPDATE SET ends_at = excluded.ends_at;

-- :name media_going_end :exec
-- :in hash text
DELETE FROM media_hold WHERE hash = :hash AND holder = 0;

-- :name media_hold_old :many
-- :in now int, max int
-- :out hash text
SELECT DISTINCT hash FROM media_hold WHERE ends_at <= :now ORDER BY hash LIMIT :max;

-- :name media_hold_forget :exec
-- :in hash text, now int
DELETE FROM media_hold WHERE hash = :hash AND ends_at <= :now;

-- :name media_mime_of :maybe
-- :in hash text
-- :out mime text
SELECT mime FROM media WHERE hash = :hash
UNION ALL SELECT mime FROM media WHERE small_hash = :hash LIMIT 1;

-- :name media_hashes :many
-- :in after int, max int
-- :out id int, hash text, small_hash text?
SELECT id, hash, small_hash FROM media WHERE id > :after ORDER BY id LIMIT :max;
