-- A planet's mailbox.
-- :name direct_insert :exec
-- :in id int, planet_id int, actor_id int, account_id int?, uri text, html text, created_at int,
--     read_at int?
INSERT INTO direct_note (id, planet_id, actor_id, account_id, object_uri, html, created_at, read_at)
VALUES (:id, :planet_id, :actor_id, :account_id, :uri, :html, :created_at, :read_at)
ON CONFLICT (object_uri) DO NOTHING;

-- :name direct_known :one
-- :in uri text
-- :out n int
SELECT COUNT(*) FROM direct_note WHERE object_uri = :uri;

-- The ids of the newest that came, which say when they came; created_at is what their writer says.
-- :name direct_latest :many
-- :in actor_id int, n int
-- :out id int
SELECT id FROM direct_note WHERE actor_id = :actor_id AND account_id IS NULL
 ORDER BY id DESC LIMIT :n;

-- :name direct_unread :one
-- :in planet_id int
-- :out n int
SELECT COUNT(*) FROM direct_note
 WHERE planet_id = :planet_id AND account_id IS NULL AND read_at IS NULL;

-- Only so many of one person are kept.
-- :name direct_trim :exec
-- :in planet_id int, actor_id int, n int
DELETE FROM direct_note WHERE planet_id = :planet_id AND actor_id = :actor_id AND id < COALESCE((
    SELECT MIN(k.id) FROM (SELECT d.id FROM direct_note d WHERE d.planet_id = :planet_id
                              AND d.actor_id = :actor_id ORDER BY d.id DESC LIMIT :n) AS k), 0);

-- :name direct_retract :exec
-- :in actor_id int, uri text
DELETE FROM direct_note WHERE object_uri = :uri AND actor_id = :actor_id AND account_id IS NULL;

-- :name direct_change :exec
-- :in actor_id int, uri text, html text
UPDATE direct_note SET html = :html
 WHERE object_uri = :uri AND actor_id = :actor_id AND account_id IS NULL;

-- :name direct_actor_gone :exec
-- :in actor_id int
DELETE FROM direct_note WHERE actor_id = :actor_id;

-- :row direct_talk_row actor_id int, last_id int, created_at int, account_id int?, html text,
--      n_unread int, name text, username text, host text, url text?, icon_url text?

-- :name direct_talk_list :many
-- :in planet_id int, before int, n int
-- :out direct_talk_row
SELECT d.actor_id, d.id, d.created_at, d.account_id, d.html,
       (SELECT COUNT(*) FROM direct_note u WHERE u.planet_id = d.planet_id
           AND u.actor_id = d.actor_id AND u.account_id IS NULL AND u.read_at IS NULL),
       a.name, a.username, a.host, a.url, a.icon_url
  FROM direct_note d JOIN actor a ON a.id = d.actor_id
 WHERE d.planet_id = :planet_id AND d.id < :before
   AND d.id = (SELECT MAX(l.id) FROM direct_note l WHERE l.planet_id = d.planet_id
                  AND l.actor_id = d.actor_id)
 ORDER BY d.id DESC LIMIT :n;

-- :name direct_talk_one :one
-- :in planet_id int, actor_id int
-- :out direct_talk_row
SELECT d.actor_id, d.id, d.created_at, d.account_id, d.html,
       (SELECT COUNT(*) FROM direct_note u WHERE u.planet_id = d.planet_id
           AND u.actor_id = d.actor_id AND u.account_id IS NULL AND u.read_at IS NULL),
       a.name, a.username, a.host, a.url, a.icon_url
  FROM direct_note d JOIN actor a ON a.id = d.actor_id
 WHERE d.planet_id = :planet_id AND d.actor_id = :actor_id
 ORDER BY d.id DESC LIMIT 1;

-- :name direct_note_list :many
-- :in planet_id int, actor_id int, before int, n int
-- :out id int, account_id int?, uri text, html text, created_at int, read_at int?, author text?
SELECT d.id, d.account_id, d.object_uri, d.html, d.created_at, d.read_at, c.name
  FROM direct_note d LEFT JOIN account c ON c.id = d.account_id
 WHERE d.planet_id = :planet_id AND d.actor_id = :actor_id AND d.id < :before
 ORDER BY d.id DESC LIMIT :n;

-- :name direct_read :exec
-- :in planet_id int, actor_id int, now int
UPDATE direct_note SET read_at = :now
 WHERE planet_id = :planet_id AND actor_id = :actor_id AND read_at IS NULL;

-- :name direct_forget :exec
-- :in planet_id int, actor_id int
DELETE FROM direct_note WHERE planet_id = :planet_id AND actor_id = :actor_id;

-- :name direct_last :maybe
-- :in planet_id int, actor_id int
-- :out uri text
SELECT object_uri FROM direct_note
 WHERE planet_id = :planet_id AND actor_id = :actor_id AND account_id IS NULL
 ORDER BY id DESC LIMIT 1;

-- Owner and partners.
-- :name direct_readers :many
-- :in planet_id int
-- :out account_id int
SELECT account_id FROM role WHERE planet_id = :planet_id AND role IN ('owner', 'partner')
 ORDER BY account_id;
