-- Planets and who has which role in them.
-- :row planet_row id int, handle text, name text, tagline text, about text, about_html text,
--      lang text, joining text, join_question text, accent text?, icon_media_id int?,
--      cover_media_id int?, created_at int, zone text

-- :name planet_by_id :one
-- :in id int
-- :out planet_row
SELECT id, handle, name, tagline, about, about_html, lang,
       CASE WHEN joining = 'open' THEN admission ELSE joining END, join_question,
       accent, icon_media_id, cover_media_id, created_at, zone FROM planet WHERE id = :id;

-- :name planet_by_handle :one
-- :public
-- :in handle text
-- :out planet_row
SELECT id, handle, name, tagline, about, about_html, lang,
       CASE WHEN joining = 'open' THEN admission ELSE joining END, join_question,
       accent, icon_media_id, cover_media_id, created_at, zone FROM planet WHERE LOWER(handle) = :handle;

-- :name planet_all :many
-- :out planet_row
SELECT id, handle, name, tagline, about, about_html, lang,
       CASE WHEN joining = 'open' THEN admission ELSE joining END, join_question,
       accent, icon_media_id, cover_media_id, created_at, zone FROM planet ORDER BY id;

-- :name planet_of_author :many
-- :in account_id int
-- :out planet_row
SELECT p.id, p.handle, p.name, p.tagline, p.about, p.about_html, p.lang,
       CASE WHEN p.joining = 'open' THEN p.admission ELSE p.joining END, p.join_question,
       p.accent, p.icon_media_id, p.cover_media_id, p.created_at, p.zone
  FROM role r JOIN planet p ON p.id = r.planet_id
 WHERE r.account_id = :account_id AND r.role IN ('owner', 'partner', 'guest') ORDER BY p.id;

-- :name planet_handle_taken :one
-- :in handle text
-- :out n int
SELECT (SELECT COUNT(*) FROM planet WHERE LOWER(handle) = :handle)
     + (SELECT COUNT(*) FROM account WHERE username = :handle);

-- :name planet_insert :exec
-- :in id int, handle text, name text, lang text, created_at int
INSERT INTO planet (id, handle, name, tagline, about, about_html, lang, joining, grants_version, created_at)
VALUES (:id, :handle, :name, '', '', '', :lang, 'open', 0, :created_at);

-- :name planet_change :exec
-- :in id int, name text, tagline text, about text, about_html text, lang text, joining text,
--     admission text, join_question text, accent text?, icon_media_id int?, cover_media_id int?, zone text
UPDATE planet SET name = :name, tagline = :tagline, about = :about, about_html = :about_html,
       lang = :lang, joining = :joining, admission = :admission, join_question = :join_question,
       accent = :accent, icon_media_id = :icon_media_id,
       cover_media_id = :cover_media_id, zone = :zone
 WHERE id = :id;

-- :name planet_zone :one
-- :in id int
-- :out zone text
SELECT zone FROM planet WHERE id = :id;

-- Taken first by whatever changes rights or books of a planet: who comes second waits.
-- :name planet_lock :exec
-- :in id int
UPDATE planet SET grants_version = grants_version + 1 WHERE id = :id;

-- :name role_get :maybe
-- :in planet_id int, account_id int
-- :out role text
SELECT role FROM role WHERE planet_id = :planet_id AND account_id = :account_id;

-- :name role_put :exec
-- :in planet_id int, account_id int, role text, created_at int
INSERT INTO role (planet_id, account_id, role, created_at)
VALUES (:planet_id, :account_id, :role, :created_at)
ON CONFLICT (planet_id, account_id) DO UPDATE SET role = excluded.role;

-- :name role_drop :exec
-- :in planet_id int, account_id int
DELETE FROM role WHERE planet_id = :planet_id AND account_id = :account_id;

-- :name role_owners :one
-- :in planet_id int
-- :out n int
SELECT COUNT(*) FROM role WHERE planet_id = :planet_id AND role = 'owner';

-- :name role_of_planet :many
-- :public
-- :in planet_id int
-- :out account_id int, role text, username text, name text
SELECT r.account_id, r.role, a.username, a.name
  FROM role r JOIN account a ON a.id = r.account_id
 WHERE r.planet_id = :planet_id AND a.state <> 'deleted' ORDER BY r.created_at, r.account_id;
