-- :row notice_row id int, account_id int, kind text, post_id int?, comment_id int?, from_name text,
--      from_url text?, created_at int, read_at int?

-- :name notice_insert :exec
-- :in id int, account_id int, kind text, post_id int?, comment_id int?, from_name text,
--     from_url text?, created_at int
INSERT INTO notice (id, account_id, kind, post_id, comment_id, from_name, from_url, created_at)
VALUES (:id, :account_id, :kind, :post_id, :comment_id, :from_name, :from_url, :created_at);

-- :name notice_same_unread :one
-- :in account_id int, kind text, post_id int, comment_id int, from_name text, from_url text, since int
-- :out n int
SELECT COUNT(*) FROM notice
 WHERE account_id = :account_id AND kind = :kind AND COALESCE(post_id, 0) = :post_id
   AND COALESCE(comment_id, 0) = :comment_id AND from_name = :from_name
   AND COALESCE(from_url, '') = :from_url AND read_at IS NULL AND created_at > :since;

-- :name notice_same_ever :one
-- :in account_id int, kind text, post_id int, comment_id int, from_name text, from_url text, since int
-- :out n int
SELECT COUNT(*) FROM notice
 WHERE account_id = :account_id AND kind = :kind AND COALESCE(post_id, 0) = :post_id
   AND COALESCE(comment_id, 0) = :comment_id AND from_name = :from_name
   AND COALESCE(from_url, '') = :from_url AND created_at > :since;

-- :name notice_page :many
-- :in account_id int, before_id int, n int
-- :out notice_row
SELECT id, account_id, kind, post_id, comment_id, from_name, from_url, created_at, read_at
  FROM notice WHERE account_id = :account_id AND id < :before_id ORDER BY id DESC LIMIT :n;

-- Every page of a member asks: beyond :max the number says nothing. Likes of one thing are one.
-- :name notice_unread :one
-- :in account_id int, max int
-- :out n int
SELECT COUNT(*) FROM (
    SELECT DISTINCT kind, COALESCE(post_id, 0), COALESCE(comment_id, 0),
           CASE WHEN kind IN ('like', 'boost', 'quote', 'follow') THEN 0 ELSE id END
      FROM (SELECT id, kind, post_id, comment_id FROM notice
             WHERE account_id = :account_id AND read_at IS NULL LIMIT :max) AS newest) AS unread;

-- :name notice_read :exec
-- :in account_id int, up_to_id int, now int
UPDATE notice SET read_at = :now
 WHERE account_id = :account_id AND id <= :up_to_id AND read_at IS NULL;
