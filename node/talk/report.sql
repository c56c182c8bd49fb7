-- Reports. Of what is reported only ids stand here: its text is asked for by who may read it.
-- :row report_row id int, planet_id int, uri text?, by_account_id int?, by_host text?,
--   about_account_id int?, about_actor_id int?, reason text, body text, state text, note text,
--   created_at int, resolved_at int?, sent_at int?, planet_handle text?, by_name text?,
--   account_name text?, account_username text?, actor_name text?, actor_username text?,
--   actor_host text?, actor_local text?, decider text?

-- :name report_get :maybe
-- :in id int
-- :out report_row
SELECT r.id, r.planet_id, r.uri, r.by_account_id, r.by_host, r.about_account_id, r.about_actor_id,
       r.reason, r.text, r.state, r.note, r.created_at, r.resolved_at, r.sent_at, g.handle, b.name,
       a.name, a.username, x.name, x.username, x.host, x.local_kind, d.name
  FROM report r
  LEFT JOIN planet g ON g.id = r.planet_id
  LEFT JOIN account b ON b.id = r.by_account_id
  LEFT JOIN account a ON a.id = r.about_account_id
  LEFT JOIN actor x ON x.id = r.about_actor_id
  LEFT JOIN account d ON d.id = r.resolved_by
 WHERE r.id = :id;

-- :name report_page :many
-- :in planet_id int, state text, before_id int, n int
-- :out report_row
SELECT r.id, r.planet_id, r.uri, r.by_account_id, r.by_host, r.about_account_id, r.about_actor_id,
       r.reason, r.text, r.state, r.note, r.created_at, r.resolved_at, r.sent_at, g.handle, b.name,
       a.name, a.username, x.name, x.username, x.host, x.local_kind, d.name
  FROM report r
  LEFT JOIN planet g ON g.id = r.planet_id
  LEFT JOIN account b ON b.id = r.by_account_id
  LEFT JOIN account a ON a.id = r.about_account_id
  LEFT JOIN actor x ON x.id = r.about_actor_id
  LEFT JOIN account d ON d.id = r.resolved_by
 WHERE r.state = :state AND r.id < :before_id AND (r.planet_id = :planet_id OR :planet_id = 0)
 ORDER BY r.id DESC LIMIT :n;

-- :name report_items_of :many
-- :in report_id int
-- :out post_id int, comment_id int
SELECT post_id, comment_id FROM report_item WHERE report_id = :report_id
 ORDER BY post_id, comment_id;

-- :name report_open :one
-- :in planet_id int
-- :out n int
SELECT COUNT(*) FROM report
 WHERE state = 'open' AND (planet_id = :planet_id OR :planet_id = 0);

-- What a house elsewhere has reported here and nobody has settled yet.
-- :name report_open_of_house :one
-- :in planet_id int, house text, below text, max int
-- :out n int
SELECT COUNT(*) FROM (
    SELECT 1 FROM report WHERE planet_id = :planet_id AND state = 'open' AND by_account_id IS NULL
       AND (by_host = :house OR by_host LIKE :below) LIMIT :max) AS few;

-- :name report_insert :maybe
-- :in id int, uri text?, planet_id int, by_account_id int?, by_actor_id int?, by_host text?,
--   about_account_id int?, about_actor_id int?, reason text, body text, now int
-- :out id int
INSERT INTO report (id, uri, planet_id, by_account_id, by_actor_id, by_host, about_account_id,
                    about_actor_id, reason, text, state, note, created_at)
VALUES (:id, :uri, :planet_id, :by_account_id, :by_actor_id, :by_host, :about_account_id,
        :about_actor_id, :reason, :body, 'open', '', :now)
ON CONFLICT (uri, planet_id) DO NOTHING RETURNING id;

-- :name report_item_insert :exec
-- :in report_id int, post_id int, comment_id int
INSERT INTO report_item (report_id, post_id, comment_id) VALUES (:report_id, :post_id, :comment_id)
ON CONFLICT DO NOTHING;

-- :name report_twin :maybe
-- :in account_id int, post_id int, comment_id int
-- :out id int
SELECT r.id FROM report r JOIN report_item i ON i.report_id = r.id
 WHERE r.by_account_id = :account_id AND r.state = 'open' AND i.post_id = :post_id
   AND i.comment_id = :comment_id LIMIT 1;

-- :name report_set_state :exec
-- :in id int, state text, note text, resolved_at int?, resolved_by int?
UPDATE report SET state = :state, note = :note, resolved_at = :resolved_at,
       resolved_by = :resolved_by WHERE id = :id;

-- :name report_set_note :exec
-- :in id int, note text
UPDATE report SET note = :note WHERE id = :id;

-- :name report_set_sent :exec
-- :in id int, now int
UPDATE report SET sent_at = :now WHERE id = :id;

-- :name report_planet_of_post :maybe
-- :in post_id int
-- :out planet_id int, author_id int
SELECT planet_id, author_id FROM post WHERE id = :post_id;

-- :name report_writer :maybe
-- :in comment_id int
-- :out account_id int?, actor_id int?
SELECT account_id, actor_id FROM comment WHERE id = :comment_id;

-- Who decides about a planet (0: about the node).
-- :name report_deciders :many
-- :in planet_id int
-- :out id int
SELECT a.id FROM account a
 WHERE a.state = 'active'
   AND ((:planet_id = 0 AND a.is_owner = 1)
        OR a.id IN (SELECT r.account_id FROM role r
                     WHERE r.planet_id = :planet_id AND r.role IN ('owner', 'partner', 'moderator')))
 ORDER BY a.id LIMIT 50;
