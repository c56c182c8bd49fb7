-- The people elsewhere who follow a planet.
-- :row follower_row id int, actor_id int, uri text, username text, host text, name text, url text?,
--     icon_url text?, created_at int, answer_id int?, answer_error text?

-- Newest first. host, words: empty, or only those; words is a pattern in lower case, '!' escapes. With
-- what still waits of our answer, and why.
-- :name followers_find :many
-- :in target_id int, state text, before int, host text, words text, n int
-- :out follower_row
SELECT f.id, f.actor_id, a.uri, a.username, a.host, a.name, a.url, a.icon_url, f.created_at,
       (SELECT MAX(j.id) FROM activity x JOIN job j ON j.kind = 'fed.deliver' AND j.subject = x.id
         WHERE x.object_uri = f.activity_uri AND x.actor_id = f.target_id),
       (SELECT MAX(j.last_error) FROM activity x
          JOIN job j ON j.kind = 'fed.deliver' AND j.subject = x.id
         WHERE x.object_uri = f.activity_uri AND x.actor_id = f.target_id)
  FROM follow f JOIN actor a ON a.id = f.actor_id
 WHERE f.target_id = :target_id AND f.state = :state AND f.id < :before
   AND (:host = '' OR a.host = :host)
   AND (:words = '' OR lower(a.username) LIKE :words ESCAPE '!' OR lower(a.name) LIKE :words ESCAPE '!'
        OR a.host LIKE :words ESCAPE '!')
 ORDER BY f.id DESC LIMIT :n;

-- :name follow_of_planet :maybe
-- :in id int, target_id int
-- :out id int, actor_id int, activity_uri text, state text
SELECT id, actor_id, activity_uri, state FROM follow WHERE id = :id AND target_id = :target_id;

-- :name follow_state_of :maybe
-- :in actor_id int, target_id int
-- :out id int, state text
SELECT id, state FROM follow WHERE actor_id = :actor_id AND target_id = :target_id;

-- :name follow_rest :one
-- :in id int, actor_id int, target_id int, uri text, now int
-- :out id int
INSERT INTO follow (id, actor_id, target_id, activity_uri, state, created_at)
VALUES (:id, :actor_id, :target_id, :uri, 'pending', :now)
ON CONFLICT (actor_id, target_id) DO UPDATE SET activity_uri = excluded.activity_uri
RETURNING id;

-- :name follow_accept :exec
-- :in id int, now int
UPDATE follow SET state = 'accepted', created_at = :now WHERE id = :id AND state = 'pending';

-- :name follow_requests :one
-- :in target_id int, max int
-- :out n int
SELECT COUNT(*) FROM (SELECT 1 FROM follow WHERE target_id = :target_id AND state = 'pending'
                       LIMIT :max) AS few;

-- :name followers_by_host :many
-- :in target_id int
-- :out host text, n int
SELECT a.host, COUNT(*) FROM follow f JOIN actor a ON a.id = f.actor_id
 WHERE f.target_id = :target_id AND f.state = 'accepted'
 GROUP BY a.host ORDER BY COUNT(*) DESC, a.host;

-- ---- by day

-- :name follower_day_add :exec
-- :in target_id int, day int, n int
UPDATE follower_day SET n = n + :n WHERE target_id = :target_id AND day = :day;

-- :name follower_day_count :exec
-- :in target_id int, day int
INSERT INTO follower_day (target_id, day, n)
SELECT :target_id, :day, COUNT(*) FROM follow WHERE target_id = :target_id AND state = 'accepted'
ON CONFLICT (target_id, day) DO UPDATE SET n = excluded.n;

-- :name follower_day_list :many
-- :in target_id int, since int
-- :out day int, n int
SELECT day, n FROM follower_day WHERE target_id = :target_id AND day >= :since ORDER BY day;

-- The last count before a day.
-- :name follower_day_before :maybe
-- :in target_id int, day int
-- :out n int
SELECT n FROM follower_day WHERE target_id = :target_id AND day < :day ORDER BY day DESC LIMIT 1;

-- :name planet_actors :many
-- :out id int
SELECT id FROM actor WHERE local_kind = 'planet' AND deleted_at IS NULL;

-- A year is kept.
-- :name follower_day_expire :exec
-- :in day int
DELETE FROM follower_day WHERE day < :day;
