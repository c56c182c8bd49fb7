-- What a planet says of itself in pairs.

-- :name planet_fields :many
-- :public
-- :in planet_id int
-- :out name text, value text
SELECT name, value FROM planet_field WHERE planet_id = :planet_id ORDER BY position;

-- :name planet_fields_clear :exec
-- :in planet_id int
DELETE FROM planet_field WHERE planet_id = :planet_id;

-- :name planet_field_put :exec
-- :in planet_id int, position int, name text, value text
INSERT INTO planet_field (planet_id, position, name, value)
VALUES (:planet_id, :position, :name, :value);
