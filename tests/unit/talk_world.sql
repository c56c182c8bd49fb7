-- A small world for the tests of node/talk, put together without the verbs of other modules.

-- :name world_account :exec
-- :in id int, username text, now int
INSERT INTO account (id, mail, mail_key, username, name, is_owner, state, created_at)
VALUES (:id, :username || '@t.example', :username || '@t.example', :username, :username, 0, 'active',
        :now);

-- :name world_planet :exec
-- :in id int, handle text, now int
INSERT INTO planet (id, handle, name, tagline, about, about_html, lang, joining, grants_version,
                    created_at)
VALUES (:id, :handle, 'Tea', 'Leaves', '', '', 'en', 'open', 0, :now);

-- :name world_role :exec
-- :in planet_id int, account_id int, role text
INSERT INTO role (planet_id, account_id, role, created_at)
VALUES (:planet_id, :account_id, :role, 0);

-- :name world_tier :exec
-- :in id int, planet_id int, slug text, rank int
INSERT INTO tier (id, planet_id, slug, name, about, rank, visible, created_at)
VALUES (:id, :planet_id, :slug, :slug, '', :rank, 1, 0);

-- :name world_grant :exec
-- :in id int, account_id int, planet_id int, tier_id int, rank int, kind text, now int, ends_at int?
INSERT INTO member_grant (id, account_id, planet_id, tier_id, rank, kind, starts_at, ends_at,
                          anchor_day, created_at, live_ends_at, live_state)
VALUES (:id, :account_id, :planet_id, :tier_id, :rank, :kind, :now - 1000, :ends_at, 1, :now - 1000,
        :ends_at, 'live');

-- :name world_actor :exec
-- :in id int, uri text, username text
INSERT INTO actor (id, uri, kind, host, username, name, url, fetched_at)
VALUES (:id, :uri, 'Person', 'far.example', :username, :username, :uri, 0);

-- :name world_media :exec
-- :in id int, account_id int, planet_id int?, kind text, mime text
INSERT INTO media (id, account_id, planet_id, kind, mime, filename, size, hash, width, height,
                   small_hash, alt, is_public, created_at)
VALUES (:id, :account_id, :planet_id, :kind, :mime, 'f', 10, 'abcdef', 20, 10, 'fedcba', 'an alt', 0,
        0);

-- :name world_media_public :one
-- :in id int
-- :out is_public int
SELECT is_public FROM media WHERE id = :id;

-- :name world_avatar :exec
-- :in account_id int, media_id int
UPDATE account SET avatar_media_id = :media_id WHERE id = :account_id;

-- :name world_jobs :many
-- :out kind text, subject int, payload text?
SELECT kind, subject, payload FROM job ORDER BY id;

-- :name world_jobs_clear :exec
DELETE FROM job;

-- :name world_notices :many
-- :in account_id int
-- :out kind text, from_name text, comment_id int?
SELECT kind, from_name, comment_id FROM notice WHERE account_id = :account_id ORDER BY id;

-- :name world_comment :one
-- :in id int
-- :out state text, markdown text?, html text
SELECT state, markdown, html FROM comment WHERE id = :id;

-- Everything that a stored post says outside of its text.
-- :name world_post_text :one
-- :in id int
-- :out all_text text
SELECT slug || ' ' || title || ' ' || teaser || ' ' || teaser_html || ' ' || summary || ' ' || tags
  FROM post WHERE id = :id;
