-- Moving: aliases, wishes that wait for a look, where actors went.

-- :name aliases_of :many
-- :in actor_id int
-- :out uri text, handle text, created_at int, moved_at int?
SELECT uri, handle, created_at, moved_at FROM actor_alias WHERE actor_id = :actor_id
 ORDER BY created_at, uri;

-- :name alias_put :exec
-- :in actor_id int, uri text, handle text, now int
INSERT INTO actor_alias (actor_id, uri, handle, created_at) VALUES (:actor_id, :uri, :handle, :now)
ON CONFLICT (actor_id, uri) DO UPDATE SET handle = excluded.handle;

-- :name alias_remove :exec
-- :in actor_id int, which text
DELETE FROM actor_alias WHERE actor_id = :actor_id AND (uri = :which OR handle = :which);

-- :name alias_moved :exec
-- :in actor_id int, uri text, now int
UPDATE actor_alias SET moved_at = :now
 WHERE actor_id = :actor_id AND uri = :uri AND moved_at IS NULL;

-- :name wish_put :exec
-- :in id int, actor_id int, kind text, target text, account_id int, now int
INSERT INTO actor_wish (id, actor_id, kind, target, state, account_id, created_at)
VALUES (:id, :actor_id, :kind, :target, 'checking', :account_id, :now);

-- :row wish_row id int, actor_id int, kind text, target text, state text, why text?,
--   account_id int, created_at int

-- :name wish_get :maybe
-- :in id int
-- :out wish_row
SELECT id, actor_id, kind, target, state, why, account_id, created_at FROM actor_wish
 WHERE id = :id;

-- :name wish_newest :maybe
-- :in actor_id int, kind text
-- :out wish_row
SELECT id, actor_id, kind, target, state, why, account_id, created_at FROM actor_wish
 WHERE actor_id = :actor_id AND kind = :kind ORDER BY id DESC LIMIT 1;

-- :name wish_end :exec
-- :in id int, state text, why text?, now int
UPDATE actor_wish SET state = :state, why = :why, ended_at = :now
 WHERE id = :id AND state = 'checking';

-- :name wish_expire :exec
-- :in before int
DELETE FROM actor_wish WHERE ended_at < :before;

-- :name actor_moved :one
-- :in id int
-- :out moved_to text?, moved_at int?
SELECT moved_to, moved_at FROM actor WHERE id = :id;

-- :name actor_set_moved :exec
-- :in id int, moved_to text, now int
UPDATE actor SET moved_to = :moved_to, moved_at = :now WHERE id = :id;

-- :name actor_unset_moved :exec
-- :in id int
UPDATE actor SET moved_to = NULL WHERE id = :id;

-- :name planet_moved_to :maybe
-- :public
-- :in planet_id int
-- :out uri text, at int, url text?, username text?, host text?
SELECT a.moved_to, a.moved_at, t.url, t.username, t.host
  FROM actor a LEFT JOIN actor t ON t.uri = a.moved_to
 WHERE a.local_kind = 'planet' AND a.local_id = :planet_id AND a.moved_to IS NOT NULL;

-- Has an actor elsewhere anything to do with us?
-- :name actor_concerns :one
-- :in id int
-- :out n int
SELECT (SELECT COUNT(*) FROM follow f WHERE f.actor_id = :id)
     + (SELECT COUNT(*) FROM comment c WHERE c.actor_id = :id)
     + (SELECT COUNT(*) FROM reaction r WHERE r.actor_id = :id)
     + (SELECT COUNT(*) FROM identity i WHERE i.actor_id = :id);

-- :name gains_by_host :many
-- :in target_id int, since int, n int
-- :out host text, n int
SELECT a.host, COUNT(*) AS n_here FROM follow f JOIN actor a ON a.id = f.actor_id
 WHERE f.target_id = :target_id AND f.state = 'accepted' AND f.created_at >= :since
 GROUP BY a.host ORDER BY n_here DESC, a.host LIMIT :n;

-- :name gains :one
-- :in target_id int, since int
-- :out n int
SELECT COUNT(*) FROM follow
 WHERE target_id = :target_id AND state = 'accepted' AND created_at >= :since;

-- :name expected_put :exec
-- :in actor_id int, handle text
INSERT INTO expected_follower (actor_id, handle) VALUES (:actor_id, :handle) ON CONFLICT DO NOTHING;

-- :name expected_drop :exec
-- :in actor_id int
DELETE FROM expected_follower WHERE actor_id = :actor_id;

-- :name expected_all :one
-- :in actor_id int
-- :out n int
SELECT COUNT(*) FROM expected_follower WHERE actor_id = :actor_id;

-- :name expected_here :one
-- :in actor_id int
-- :out n int
SELECT COUNT(DISTINCT e.handle) FROM follow f JOIN actor a ON a.id = f.actor_id
  JOIN expected_follower e
    ON e.actor_id = f.target_id AND e.handle = lower(a.username) || '@' || a.host
 WHERE f.target_id = :actor_id AND f.state = 'accepted';

-- :name expected_missing_page :many
-- :in actor_id int, after text, n int
-- :out handle text
SELECT handle FROM expected_follower
 WHERE actor_id = :actor_id AND handle > :after AND handle NOT IN (
       SELECT lower(a.username) || '@' || a.host FROM follow f JOIN actor a ON a.id = f.actor_id
        WHERE f.target_id = :actor_id AND f.state = 'accepted')
 ORDER BY handle LIMIT :n;
