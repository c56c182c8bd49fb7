-- Was anything of theirs ever shown on this planet, or do they follow something here?
-- :name spam_is_known :one
-- :in actor_id int, post_id int
-- :out n int
SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM comment c JOIN post p ON p.id = c.post_id
          WHERE c.actor_id = :actor_id AND c.state = 'shown'
            AND p.planet_id = (SELECT q.planet_id FROM post q WHERE q.id = :post_id) LIMIT 1) AS spoke)
     + (SELECT COUNT(*) FROM (SELECT 1 FROM follow f
          WHERE f.actor_id = :actor_id AND f.state = 'accepted' LIMIT 1) AS follows);
