-- Planets nearby.
-- :row endorsed_row id int, asked text, uri text?, state text, name text?, handle text?, url text?,
--     icon_url text?, host text?, known text?
-- :row neighbour_row uri text, host text, handle text, name text, line text, url text, icon_url text?,
--     teaser text?, teaser_url text?, teaser_at int?, actor_id int?, by_name text?, by_host text?,
--     by_actor_id int?

-- :name endorsement_insert :exec
-- :in id int, planet_id int, asked text, now int
INSERT INTO endorsement (id, planet_id, asked, uri, state, tries, next_at, created_at)
VALUES (:id, :planet_id, :asked, NULL, 'asked', 0, :now, :now);

-- :name endorsement_count :one
-- :in planet_id int
-- :out n int
SELECT COUNT(*) FROM endorsement WHERE planet_id = :planet_id;

-- :name endorsement_same :maybe
-- :in planet_id int, asked text
-- :out id int, state text
SELECT id, state FROM endorsement WHERE planet_id = :planet_id AND (asked = :asked OR uri = :asked) ORDER BY id LIMIT 1;

-- :name endorsement_list :many
-- :in planet_id int
-- :out endorsed_row
SELECT e.id, e.asked, e.uri, e.state, n.name, n.handle, n.url, n.icon_url, n.host, n.state
  FROM endorsement e LEFT JOIN nearby n ON n.uri = e.uri
 WHERE e.planet_id = :planet_id ORDER BY e.id;

-- :name endorsement_uris :many
-- :in planet_id int
-- :out uri text
SELECT e.uri FROM endorsement e LEFT JOIN nearby n ON n.uri = e.uri
 WHERE e.planet_id = :planet_id AND e.state = 'found' AND COALESCE(n.state, 'new') IN ('new', 'known') ORDER BY e.id;

-- :name endorsement_get :maybe
-- :in planet_id int, id int
-- :out asked text, uri text?
SELECT asked, uri FROM endorsement WHERE planet_id = :planet_id AND id = :id;

-- :name endorsement_delete :exec
-- :in planet_id int, id int
DELETE FROM endorsement WHERE planet_id = :planet_id AND id = :id;

-- :name endorsement_again :exec
-- :in id int, now int
UPDATE endorsement SET state = 'asked', tries = 0, next_at = :now WHERE id = :id;

-- :name endorsement_due :many
-- :in now int, max_rows int
-- :out id int, planet_id int, asked text, tries int
SELECT id, planet_id, asked, tries FROM endorsement WHERE state = 'asked' AND next_at <= :now ORDER BY next_at, id LIMIT :max_rows;

-- :name endorsement_other :maybe
-- :in planet_id int, uri text, id int
-- :out id int
SELECT id FROM endorsement WHERE planet_id = :planet_id AND uri = :uri AND id <> :id;

-- :name endorsement_found :exec
-- :in id int, uri text
UPDATE endorsement SET uri = :uri, state = 'found', tries = 0 WHERE id = :id;

-- :name endorsement_missed :exec
-- :in id int, state text, tries int, next_at int
UPDATE endorsement SET state = :state, tries = :tries, next_at = :next_at WHERE id = :id;

-- Is it somebody's first step?
-- :name endorsement_of :one
-- :in uri text
-- :out n int
SELECT COUNT(*) FROM endorsement WHERE uri = :uri;

-- Looked at, with success.
-- :name nearby_put :exec
-- :in uri text, host text, handle text, name text, line text, url text, icon_url text?, teaser text?,
--     teaser_url text?, teaser_at int?, state text, now int, next_at int
INSERT INTO nearby (uri, host, handle, name, line, url, icon_url, teaser, teaser_url, teaser_at, state, tries,
                    seen_at, next_at)
VALUES (:uri, :host, :handle, :name, :line, :url, :icon_url, :teaser, :teaser_url, :teaser_at, :state, 0, :now,
        :next_at)
ON CONFLICT (uri) DO UPDATE SET host = excluded.host, handle = excluded.handle, name = excluded.name,
    line = excluded.line, url = excluded.url, icon_url = excluded.icon_url, teaser = excluded.teaser,
    teaser_url = excluded.teaser_url, teaser_at = excluded.teaser_at, state = excluded.state, tries = 0,
    seen_at = excluded.seen_at, next_at = excluded.next_at;

-- :name nearby_new :exec
-- :in uri text, host text, now int
INSERT INTO nearby (uri, host, handle, name, line, url, state, tries, seen_at, next_at)
VALUES (:uri, :host, '', '', '', :uri, 'new', 0, 0, :now)
ON CONFLICT (uri) DO NOTHING;

-- :name nearby_missed :exec
-- :in uri text, tries int, next_at int
UPDATE nearby SET tries = :tries, next_at = :next_at WHERE uri = :uri;

-- :name nearby_end :exec
-- :in uri text, state text, next_at int
UPDATE nearby SET state = :state, teaser = NULL, teaser_url = NULL, next_at = :next_at, tries = 0 WHERE uri = :uri;

-- It said that it changed.
-- :name nearby_hurry :exec
-- :in uri text, before int, now int
UPDATE nearby SET next_at = :now WHERE uri = :uri AND seen_at < :before AND next_at > :now;

-- :name nearby_count :one
-- :out n int
SELECT COUNT(*) FROM nearby;

-- :name nearby_due :many
-- :in now int, max_rows int
-- :out uri text, host text, tries int
SELECT uri, host, tries FROM nearby WHERE next_at <= :now ORDER BY next_at, uri LIMIT :max_rows;

-- :name nearby_next :one
-- :out next_at int?
SELECT MIN(x.next_at) FROM (SELECT MIN(next_at) AS next_at FROM nearby
                            UNION ALL SELECT MIN(next_at) FROM endorsement WHERE state = 'asked') x;

-- :name nearby_link_clear :exec
-- :in from_uri text
DELETE FROM nearby_link WHERE from_uri = :from_uri;

-- :name nearby_link_put :exec
-- :in from_uri text, to_uri text
INSERT INTO nearby_link (from_uri, to_uri) VALUES (:from_uri, :to_uri) ON CONFLICT (from_uri, to_uri) DO NOTHING;

-- What nobody recommends any more.
-- :name nearby_link_sweep :exec
DELETE FROM nearby_link WHERE NOT EXISTS (SELECT 1 FROM endorsement e WHERE e.uri = nearby_link.from_uri);

-- :name nearby_sweep :exec
DELETE FROM nearby WHERE NOT EXISTS (SELECT 1 FROM endorsement e WHERE e.uri = nearby.uri)
   AND NOT EXISTS (SELECT 1 FROM nearby_link l WHERE l.to_uri = nearby.uri);

-- :name nearby_hidden_sweep :exec
DELETE FROM nearby_hidden WHERE NOT EXISTS (SELECT 1 FROM nearby n WHERE n.uri = nearby_hidden.uri);

-- :name nearby_first :many
-- :in planet_id int, since int
-- :out neighbour_row
SELECT n.uri, n.host, n.handle, n.name, n.line, n.url, n.icon_url, n.teaser, n.teaser_url, n.teaser_at, a.id,
       NULL, NULL, CAST(NULL AS BIGINT)
  FROM endorsement e JOIN nearby n ON n.uri = e.uri LEFT JOIN actor a ON a.uri = n.uri
 WHERE e.planet_id = :planet_id AND n.state = 'known' AND n.seen_at > :since AND a.deleted_at IS NULL
 ORDER BY COALESCE(n.teaser_at, 0) DESC, n.uri;

-- :name nearby_second :many
-- :in planet_id int, since int, self text, max_rows int
-- :out neighbour_row
SELECT n.uri, n.host, n.handle, n.name, n.line, n.url, n.icon_url, n.teaser, n.teaser_url, n.teaser_at, a.id,
       b.name, b.host, c.id
  FROM endorsement e
  JOIN nearby_link l ON l.from_uri = e.uri
  JOIN nearby n ON n.uri = l.to_uri
  JOIN nearby b ON b.uri = l.from_uri
  LEFT JOIN actor a ON a.uri = n.uri
  LEFT JOIN actor c ON c.uri = b.uri
 WHERE e.planet_id = :planet_id AND n.state = 'known' AND n.seen_at > :since AND b.state = 'known'
   AND b.seen_at > :since AND a.deleted_at IS NULL AND c.deleted_at IS NULL AND n.uri <> :self
   AND NOT EXISTS (SELECT 1 FROM endorsement o WHERE o.planet_id = :planet_id AND o.uri = n.uri)
   AND NOT EXISTS (SELECT 1 FROM nearby_hidden h WHERE h.planet_id = :planet_id AND h.uri = n.uri)
 ORDER BY COALESCE(n.teaser_at, 0) DESC, n.uri, b.name LIMIT :max_rows;

-- :name nearby_is_shown :maybe
-- :public
-- :in planet_id int
-- :out planet_id int
SELECT planet_id FROM nearby_planet WHERE planet_id = :planet_id;

-- :name nearby_show_on :exec
-- :in planet_id int
INSERT INTO nearby_planet (planet_id) VALUES (:planet_id) ON CONFLICT (planet_id) DO NOTHING;

-- :name nearby_show_off :exec
-- :in planet_id int
DELETE FROM nearby_planet WHERE planet_id = :planet_id;

-- :name nearby_hide :exec
-- :in planet_id int, uri text
INSERT INTO nearby_hidden (planet_id, uri) VALUES (:planet_id, :uri) ON CONFLICT (planet_id, uri) DO NOTHING;

-- :name nearby_unhide :exec
-- :in planet_id int
DELETE FROM nearby_hidden WHERE planet_id = :planet_id;

-- :name nearby_n_hidden :one
-- :in planet_id int
-- :out n int
SELECT COUNT(*) FROM nearby_hidden WHERE planet_id = :planet_id;
