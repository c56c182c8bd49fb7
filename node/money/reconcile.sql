-- The provider's books against ours.
-- :name recon_line_put :exec
-- :in planet_id int, rail text, line text, kind text, order_id int, amount int, fee int, currency text, at int, now int
INSERT INTO recon_line (planet_id, rail, line, kind, order_id, amount, fee, currency, at, seen_at)
VALUES (:planet_id, :rail, :line, :kind, :order_id, :amount, :fee, :currency, :at, :now)
ON CONFLICT (planet_id, rail, line) DO NOTHING;

-- Orders that either side names since then, once each.
-- :name recon_orders :many
-- :in planet_id int, rail text, account text, since int, after_id int, n int
-- :out order_id int
SELECT order_id FROM (
    SELECT l.order_id AS order_id FROM recon_line l
     WHERE l.planet_id = :planet_id AND l.rail = :rail AND l.at >= :since AND l.order_id > :after_id
    UNION
    SELECT t.order_id AS order_id FROM txn t JOIN entry e ON e.txn_id = t.id
     WHERE t.planet_id = :planet_id AND t.at >= :since AND t.order_id > :after_id AND e.account = :account
) AS both_sides ORDER BY order_id LIMIT :n;

-- :name recon_theirs :many
-- :in planet_id int, rail text, order_id int
-- :out kind text, currency text, amount int, fee int, at int
SELECT kind, currency, CAST(SUM(amount) AS BIGINT), CAST(SUM(fee) AS BIGINT), MAX(at) FROM recon_line
 WHERE planet_id = :planet_id AND rail = :rail AND order_id = :order_id GROUP BY kind, currency;

-- The plus keeps planners from walking all of the planet's transactions for the order of GROUP BY.
-- :name recon_ours :many
-- :in planet_id int, order_id int, clearing text, fees text
-- :out kind text, account text, currency text, amount int, at int
SELECT t.kind, e.account, e.currency, CAST(SUM(e.amount) AS BIGINT), MAX(t.at) FROM txn t JOIN entry e ON e.txn_id = t.id
 WHERE t.order_id = :order_id AND +t.planet_id = :planet_id AND (e.account = :clearing OR e.account = :fees)
 GROUP BY t.kind, e.account, e.currency;

-- :name recon_diff_put :exec
-- :in id int, run_id int, planet_id int, rail text, what text, kind text, ref text, order_id int?, theirs int, ours int,
--     currency text, at int, now int
INSERT INTO recon_diff (id, run_id, planet_id, rail, what, kind, ref, order_id, theirs, ours, currency, at, found_at)
VALUES (:id, :run_id, :planet_id, :rail, :what, :kind, :ref, :order_id, :theirs, :ours, :currency, :at, :now)
ON CONFLICT (planet_id, rail, kind, ref) DO UPDATE SET run_id = :run_id, what = :what, theirs = :theirs, ours = :ours,
       currency = :currency, at = :at, found_at = :now, closed_at = NULL, closed_by = NULL
 WHERE recon_diff.what <> :what OR recon_diff.theirs <> :theirs OR recon_diff.ours <> :ours
    OR (recon_diff.closed_at IS NOT NULL AND recon_diff.closed_by IS NULL);

-- :name recon_diff_gone :exec
-- :in planet_id int, rail text, kind text, ref text, now int
UPDATE recon_diff SET closed_at = :now
 WHERE planet_id = :planet_id AND rail = :rail AND kind = :kind AND ref = :ref AND closed_at IS NULL;

-- :name recon_diff_close :exec
-- :in id int, planet_id int, now int, closed_by int
UPDATE recon_diff SET closed_at = :now, closed_by = :closed_by
 WHERE id = :id AND planet_id = :planet_id AND closed_at IS NULL;

-- :name recon_diffs :many
-- :in planet_id int
-- :out id int, rail text, what text, kind text, ref text, order_id int?, theirs int, ours int, currency text, at int,
--      found_at int, closed_at int?
SELECT id, rail, what, kind, ref, order_id, theirs, ours, currency, at, found_at, closed_at FROM recon_diff
 WHERE planet_id = :planet_id AND closed_at IS NULL ORDER BY id DESC LIMIT 500;

-- :name recon_open_orders :many
-- :in planet_id int, rail text
-- :out order_id int
SELECT order_id FROM recon_diff
 WHERE planet_id = :planet_id AND rail = :rail AND closed_at IS NULL AND order_id IS NOT NULL;

-- :name recon_open :one
-- :in planet_id int
-- :out n int
SELECT COUNT(*) FROM recon_diff WHERE planet_id = :planet_id AND closed_at IS NULL;

-- :name recon_run_put :exec
-- :in id int, planet_id int, rail text, from_at int, now int
INSERT INTO recon_run (id, planet_id, rail, from_at, to_at, ran_at, n_lines, n_same, n_open)
VALUES (:id, :planet_id, :rail, :from_at, :now, :now, 0, 0, 0);

-- :name recon_run_end :exec
-- :in id int, n_lines int, n_same int, n_open int, error text?
UPDATE recon_run SET n_lines = :n_lines, n_same = :n_same, n_open = :n_open, error = :error WHERE id = :id;

-- :name recon_runs :many
-- :in planet_id int, n int
-- :out id int, rail text, from_at int, to_at int, ran_at int, n_lines int, n_same int, n_open int, error text?
SELECT id, rail, from_at, to_at, ran_at, n_lines, n_same, n_open, error FROM recon_run
 WHERE planet_id = :planet_id ORDER BY id DESC LIMIT :n;

-- :name recon_lines_since :one
-- :in planet_id int, rail text, since int
-- :out n int
SELECT COUNT(*) FROM recon_line WHERE planet_id = :planet_id AND rail = :rail AND at >= :since;
