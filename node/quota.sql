-- What counts against a plan. Each stops, or has an index, where the limit is.

-- :name quota_members :one
-- :in now int, max int
-- :out n int
SELECT COUNT(*) FROM (
    SELECT DISTINCT account_id FROM member_grant
     WHERE live_state = 'live' AND (live_ends_at IS NULL OR live_ends_at > :now) LIMIT :max) AS members;

-- :name quota_is_member :one
-- :in account_id int, now int
-- :out n int
SELECT COUNT(*) FROM member_grant
 WHERE account_id = :account_id AND live_state = 'live' AND (live_ends_at IS NULL OR live_ends_at > :now);

-- :name quota_storage :one
-- :out bytes int
SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM media;

-- :name quota_posts :one
-- :in since int
-- :out n int, oldest int
SELECT COUNT(*), COALESCE(MIN(published_at), 0) FROM post
 WHERE state IN ('published', 'deleted') AND published_at > :since;

-- :name quota_mails :one
-- :in since_hour int
-- :out n int, oldest_hour int
SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT), COALESCE(MIN(hour), 0) FROM quota_mail WHERE hour > :since_hour;

-- :name quota_mail_add :exec
-- :in hour int
INSERT INTO quota_mail (hour, n) VALUES (:hour, 1)
ON CONFLICT (hour) DO UPDATE SET n = quota_mail.n + 1;

-- :name quota_mail_forget :exec
-- :in hour int
DELETE FROM quota_mail WHERE hour <= :hour;
