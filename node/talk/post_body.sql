-- The text behind the pass: the statements that post_body.c runs once it has looked at one.

-- :name post_body_html :one
-- :in post_id int
-- :out html text
SELECT html FROM post_body WHERE post_id = :post_id;

-- :name post_body_markdown :one
-- :in post_id int
-- :out markdown text
SELECT markdown FROM post_body WHERE post_id = :post_id;

-- :name post_body_put :exec
-- :in post_id int, markdown text, html text, chars int
INSERT INTO post_body (post_id, markdown, html, chars) VALUES (:post_id, :markdown, :html, :chars)
ON CONFLICT (post_id) DO UPDATE
   SET markdown = excluded.markdown, html = excluded.html, chars = excluded.chars;

-- :name post_body_erase :exec
-- :in post_id int
DELETE FROM post_body WHERE post_id = :post_id;

-- :name post_right_unopened :one
-- :in account_id int, post_id int
-- :out n int
SELECT COUNT(*) FROM post_right
 WHERE account_id = :account_id AND post_id = :post_id AND revoked_at IS NULL AND opened_at IS NULL;

-- :name post_right_open :exec
-- :in account_id int, post_id int, now int
UPDATE post_right SET opened_at = :now
 WHERE account_id = :account_id AND post_id = :post_id AND revoked_at IS NULL AND opened_at IS NULL;
