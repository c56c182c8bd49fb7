-- Sessions of browsers. Only the hash of what the cookie holds is kept.
-- :row session_row id int, account_id int, csrf text, user_agent text?, ip text?, created_at int,
--      seen_at int, expires_at int, how text?, identity_id int?

-- :name session_insert :exec
-- :in id int, token_hash blob, account_id int, csrf text, user_agent text?, ip text?,
--     created_at int, expires_at int, how text?, identity_id int?
INSERT INTO session (id, token_hash, account_id, csrf, user_agent, ip, created_at, seen_at, expires_at,
                     how, identity_id)
VALUES (:id, :token_hash, :account_id, :csrf, :user_agent, :ip, :created_at, :created_at, :expires_at,
        :how, :identity_id);

-- With whose it is and how many notices wait (NOTICE_COUNT_MAX), in one query: it is the first of every request that brings a cookie.
-- :name session_by_hash :one
-- :in token_hash blob, now int
-- :out id int, csrf text, user_agent text?, ip text?, created_at int, seen_at int, expires_at int,
--      account_id int, mail text, username text, name text, bio text?, locale text?,
--      avatar_media_id int?, is_owner int, has_password int, state text, account_created_at int,
--      unread int
SELECT s.id, s.csrf, s.user_agent, s.ip, s.created_at, s.seen_at, s.expires_at,
       a.id, a.mail, a.username, a.name, a.bio, a.locale, a.avatar_media_id, a.is_owner,
       CAST(CASE WHEN a.password IS NULL THEN 0 ELSE 1 END AS BIGINT), a.state, a.created_at,
       (SELECT COUNT(*) FROM (SELECT 1 FROM notice n
                               WHERE n.account_id = a.id AND n.read_at IS NULL LIMIT 100) AS u)
  FROM session s JOIN account a ON a.id = s.account_id
 WHERE s.token_hash = :token_hash AND s.expires_at > :now AND a.state = 'active';

-- :name session_of_account :many
-- :in account_id int, now int
-- :out session_row
SELECT id, account_id, csrf, user_agent, ip, created_at, seen_at, expires_at, how, identity_id
  FROM session WHERE account_id = :account_id AND expires_at > :now ORDER BY seen_at DESC, id DESC;

-- :name session_slide :exec
-- :in id int, seen_at int, expires_at int
UPDATE session SET seen_at = :seen_at, expires_at = :expires_at WHERE id = :id;

-- :name session_delete :exec
-- :in account_id int, id int
DELETE FROM session WHERE account_id = :account_id AND id = :id;

-- :name session_delete_others :exec
-- :in account_id int, keep_id int
DELETE FROM session WHERE account_id = :account_id AND id <> :keep_id;

-- :name session_delete_expired :exec
-- :in account_id int, now int
DELETE FROM session WHERE account_id = :account_id AND expires_at <= :now;
