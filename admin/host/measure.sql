-- What a node holds, for the provider's books. This one runs on the node's own store.
-- :name host_measure :one
-- :out members int, media int
SELECT (SELECT COUNT(*) FROM account a WHERE a.state <> 'deleted'),
       (SELECT CAST(COALESCE(SUM(m.size), 0) AS BIGINT) FROM media m);
