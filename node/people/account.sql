-- Accounts. Deleted ones keep their row, since the ledger names them; nobody finds them.
-- :row account_row id int, mail text, username text, name text, bio text?, locale text?,
--      avatar_media_id int?, is_owner int, has_password int, state text, created_at int

-- :name account_by_id :one
-- :in id int
-- :out account_row
SELECT id, mail, username, name, bio, locale, avatar_media_id, is_owner,
       CAST(CASE WHEN password IS NULL THEN 0 ELSE 1 END AS BIGINT), state, created_at
  FROM account WHERE id = :id AND state <> 'deleted';

-- :name account_by_mail :one
-- :in mail_key text
-- :out account_row
SELECT id, mail, username, name, bio, locale, avatar_media_id, is_owner,
       CAST(CASE WHEN password IS NULL THEN 0 ELSE 1 END AS BIGINT), state, created_at
  FROM account WHERE mail_key = :mail_key AND state <> 'deleted';

-- :name account_by_username :one
-- :in username text
-- :out account_row
SELECT id, mail, username, name, bio, locale, avatar_media_id, is_owner,
       CAST(CASE WHEN password IS NULL THEN 0 ELSE 1 END AS BIGINT), state, created_at
  FROM account WHERE username = :username AND state <> 'deleted';

-- :name account_owner :one
-- :out account_row
SELECT id, mail, username, name, bio, locale, avatar_media_id, is_owner,
       CAST(CASE WHEN password IS NULL THEN 0 ELSE 1 END AS BIGINT), state, created_at
  FROM account WHERE is_owner = 1 AND state = 'active' ORDER BY id LIMIT 1;

-- :name account_list :many
-- :in after_id int, n int
-- :out account_row
SELECT id, mail, username, name, bio, locale, avatar_media_id, is_owner,
       CAST(CASE WHEN password IS NULL THEN 0 ELSE 1 END AS BIGINT), state, created_at
  FROM account WHERE id > :after_id AND state <> 'deleted' ORDER BY id LIMIT :n;

-- Accounts and planets share one space of names: both are found as @name@host.
-- :name account_name_taken :one
-- :in username text
-- :out n int
SELECT (SELECT COUNT(*) FROM account WHERE username = :username)
     + (SELECT COUNT(*) FROM planet WHERE LOWER(handle) = :username);

-- :name account_mail_taken :one
-- :in mail_key text
-- :out n int
SELECT COUNT(*) FROM account WHERE mail_key = :mail_key;

-- :name account_insert :exec
-- :in id int, mail text, mail_key text, username text, name text, locale text?, is_owner int,
--     created_at int
INSERT INTO account (id, mail, mail_key, username, name, locale, is_owner, state, created_at)
VALUES (:id, :mail, :mail_key, :username, :name, :locale, :is_owner, 'active', :created_at);

-- What stands for the address of an account that has none: no address folds to it.
-- :name account_add_mail :exec
-- :in id int, mail text, mail_key text
UPDATE account SET mail = :mail, mail_key = :mail_key
 WHERE id = :id AND mail = '' AND state <> 'deleted';

-- :name account_set_profile :exec
-- :in id int, name text, bio text?, avatar_media_id int?
UPDATE account SET name = :name, bio = :bio, avatar_media_id = :avatar_media_id
 WHERE id = :id AND state <> 'deleted';

-- :name account_set_locale :exec
-- :in id int, locale text
UPDATE account SET locale = :locale WHERE id = :id AND state <> 'deleted';

-- :name account_set_state :exec
-- :in id int, state text
UPDATE account SET state = :state WHERE id = :id AND state <> 'deleted';

-- :name account_password :one
-- :in id int
-- :out password text?
SELECT password FROM account WHERE id = :id AND state <> 'deleted';

-- :name account_set_password :exec
-- :in id int, password text
UPDATE account SET password = :password WHERE id = :id AND state <> 'deleted';
