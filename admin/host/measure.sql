-- What a node holds, for the provider's books. This one runs on the node's own store.
-- :name host_measure :one
-- Members as a plan counts them (node/quota.sql).
-- :in now int
-- :out members int, media int
SELECT (SELECT COUNT(DISTINCT g.account_id) FROM member_grant g
         WHERE g.live_state = 'live' AND (g.live_ends_at IS NULL OR g.live_ends_at > :now)),
       (SELECT CAST(COALESCE(SUM(m.size), 0) AS BIGINT) FROM media m);
