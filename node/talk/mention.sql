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
