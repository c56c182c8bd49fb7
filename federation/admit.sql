-- :name doors_find :maybe
-- :in planet_id int
-- :out comments text, approves_followers int
SELECT comments, approves_followers FROM fedi_planet WHERE planet_id = :planet_id;

-- :name doors_put :exec
-- :in planet_id int, comments text, approves int
INSERT INTO fedi_planet (planet_id, comments, approves_followers)
VALUES (:planet_id, :comments, :approves)
ON CONFLICT (planet_id) DO UPDATE SET comments = excluded.comments,
    approves_followers = excluded.approves_followers;

-- :name admit_planet :one
-- :in post_id int
-- :out planet_id int
SELECT planet_id FROM post WHERE id = :post_id;

-- Did a comment of theirs ever stand on this planet for all to see?
-- :name admit_is_known :one
-- :in actor_id int, planet_id int
-- :out n int
SELECT COUNT(*) FROM (
    SELECT 1 FROM comment c JOIN post p ON p.id = c.post_id
     WHERE c.actor_id = :actor_id AND p.planet_id = :planet_id AND c.state = 'shown' LIMIT 1) AS known;

-- :name admit_neighbour :maybe
-- :in host text
-- :out actor_id int
SELECT f.actor_id FROM follow f JOIN actor a ON a.id = f.actor_id
 WHERE a.host = :host AND f.state = 'accepted' LIMIT 1;
