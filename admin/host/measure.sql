-- What a node holds, for the provider's books. This one runs on the node's own store. Members as a plan
-- counts them (node/quota.sql); the store with its indexes, as the engine says it.
-- :name host_measure :one
-- :in now int
-- :out members int, media int, store int
SELECT (SELECT COUNT(DISTINCT g.account_id) FROM member_grant g
         WHERE g.live_state = 'live' AND (g.live_ends_at IS NULL OR g.live_ends_at > :now)),
       (SELECT CAST(COALESCE(SUM(m.size), 0) AS BIGINT) FROM media m),
       {sqlite: (SELECT c.page_count * s.page_size FROM pragma_page_count() c, pragma_page_size() s)}
       {pg: (SELECT CAST(COALESCE(SUM(pg_total_relation_size(c.oid)), 0) AS BIGINT)
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = current_schema() AND c.relkind = 'r')};
