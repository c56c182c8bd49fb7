-- Who is told of what was written.

-- :name mention_account :maybe
-- :in username text
-- :out id int
SELECT id FROM account WHERE username = :username AND state = 'active';

-- :name mention_from_account :one
-- :in id int
-- :out name text, username text
SELECT name, username FROM account WHERE id = :id;

-- :name mention_from_actor :one
-- :in id int
-- :out name text, username text, url text
SELECT name, username, COALESCE(url, uri) FROM actor WHERE id = :id;

-- Did the planet or the node mute or block them?
-- :name mention_unheard :one
-- :in actor_id int, post_id int
-- :out n int
SELECT COUNT(*) FROM actor_rule WHERE actor_id = :actor_id
   AND (planet_id = 0 OR planet_id = (SELECT p.planet_id FROM post p WHERE p.id = :post_id));
