-- Sign-in links.
-- :row login_row id int, mail text, account_id int?, browser_hash blob?, code_hash blob?, next text?,
--      created_at int, expires_at int, used_at int?, tries int

-- :name login_insert :exec
-- :in id int, token_hash blob, mail text, account_id int?, browser_hash blob?, next text?,
--     created_at int, expires_at int
INSERT INTO login_token (id, token_hash, mail, account_id, browser_hash, next, created_at, expires_at, tries)
VALUES (:id, :token_hash, :mail, :account_id, :browser_hash, :next, :created_at, :expires_at, 0);

-- :name login_by_hash :one
-- :in token_hash blob
-- :out login_row
SELECT id, mail, account_id, browser_hash, code_hash, next, created_at, expires_at, used_at, tries
  FROM login_token WHERE token_hash = :token_hash;

-- :name login_by_id :one
-- :in id int
-- :out login_row
SELECT id, mail, account_id, browser_hash, code_hash, next, created_at, expires_at, used_at, tries
  FROM login_token WHERE id = :id;

-- The link that this browser asked for and that was opened elsewhere.
-- :name login_by_browser :one
-- :in browser_hash blob, now int
-- :out login_row
SELECT id, mail, account_id, browser_hash, code_hash, next, created_at, expires_at, used_at, tries
  FROM login_token
 WHERE browser_hash = :browser_hash AND used_at IS NULL AND expires_at > :now
   AND code_hash IS NOT NULL
 ORDER BY id DESC LIMIT 1;

-- :name login_set_code :exec
-- :in id int, code_hash blob
UPDATE login_token SET code_hash = :code_hash WHERE id = :id;

-- One try more; no row when there were too many.
-- :name login_try :exec
-- :in id int, max_tries int
UPDATE login_token SET tries = tries + 1 WHERE id = :id AND tries < :max_tries;

-- :name login_use :exec
-- :in id int, now int
UPDATE login_token SET used_at = :now WHERE id = :id AND used_at IS NULL;

-- :name login_forget_old :exec
-- :in before int
DELETE FROM login_token WHERE expires_at < :before;

-- Mails that found no way out (node/jobs).
-- :name login_resting :many
-- :in now int
-- :out job_id int, payload text?, mail text, created_at int, expires_at int
SELECT j.id, j.payload, l.mail, l.created_at, l.expires_at
  FROM job j JOIN login_token l ON l.id = j.subject
 WHERE j.kind = 'mail.login' AND l.used_at IS NULL AND l.expires_at > :now
 ORDER BY j.id DESC LIMIT 100;
