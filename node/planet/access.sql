-- All that decides what an account may read in a planet, in one query of three indexed parts:
-- 0: who it is (a: state, b: role); 1: its grants (a: kind, b: live_state); 2: the posts that it
-- bought, among those asked for.
-- :name access_facts :many
-- :in account_id int, planet_id int, first_post int, last_post int
-- :out what int, a text?, b text?, id int, rank int, starts_at int, ends_at int?, window_days int?,
--      files int
SELECT CAST(0 AS BIGINT), a.state, r.role, a.id, 0, 0, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0
  FROM account a LEFT JOIN role r ON r.account_id = a.id AND r.planet_id = :planet_id
 WHERE a.id = :account_id
UNION ALL
SELECT 1, kind, live_state, id, rank, starts_at, live_ends_at, window_days, with_files
  FROM member_grant
 WHERE account_id = :account_id AND planet_id = :planet_id
UNION ALL
SELECT 2, CAST(NULL AS TEXT), CAST(NULL AS TEXT), post_id, 0, 0, CAST(NULL AS BIGINT),
       CAST(NULL AS BIGINT), 0
  FROM post_right
 WHERE account_id = :account_id AND post_id >= :first_post AND post_id <= :last_post
   AND revoked_at IS NULL;
