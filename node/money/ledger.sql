-- The ledger. Nothing here changes a row: triggers would refuse it.
-- :row txn_row id int, planet_id int, seq int, at int, kind text, order_id int?, grant_id int?,
--      rail_event_id int?, reverses int?, memo text, prev_hash blob, hash blob

-- :name txn_head :maybe
-- :in planet_id int
-- :out seq int, hash blob
SELECT seq, hash FROM txn WHERE planet_id = :planet_id ORDER BY seq DESC LIMIT 1;

-- :name txn_insert :exec
-- :in id int, planet_id int, seq int, at int, kind text, order_id int?, grant_id int?,
--     rail_event_id int?, reverses int?, memo text, prev_hash blob, hash blob
INSERT INTO txn (id, planet_id, seq, at, kind, order_id, grant_id, rail_event_id, reverses, memo, prev_hash, hash)
VALUES (:id, :planet_id, :seq, :at, :kind, :order_id, :grant_id, :rail_event_id, :reverses, :memo,
       :prev_hash, :hash);

-- :name entry_insert :exec
-- :in id int, txn_id int, account text, currency text, amount int
INSERT INTO entry (id, txn_id, account, currency, amount)
VALUES (:id, :txn_id, :account, :currency, :amount);

-- :name txn_page :many
-- :in planet_id int, after_seq int, n int
-- :out txn_row
SELECT id, planet_id, seq, at, kind, order_id, grant_id, rail_event_id, reverses, memo, prev_hash, hash
  FROM txn WHERE planet_id = :planet_id AND seq > :after_seq ORDER BY seq LIMIT :n;

-- :name entry_range :many
-- :in planet_id int, first_seq int, last_seq int
-- :out txn_id int, account text, currency text, amount int
SELECT e.txn_id, e.account, e.currency, e.amount
  FROM txn t JOIN entry e ON e.txn_id = t.id
 WHERE t.planet_id = :planet_id AND t.seq >= :first_seq AND t.seq <= :last_seq
 ORDER BY t.seq, e.id;

-- :name ledger_balance :many
-- :in planet_id int
-- :out account text, currency text, amount int
SELECT e.account, e.currency, CAST(SUM(e.amount) AS BIGINT)
  FROM txn t JOIN entry e ON e.txn_id = t.id
 WHERE t.planet_id = :planet_id GROUP BY e.account, e.currency ORDER BY e.account, e.currency;

-- The latest txn of a kind about an order: what a reversal names.
-- :name txn_of_order :maybe
-- :in order_id int, kind text
-- :out id int
SELECT id FROM txn WHERE order_id = :order_id AND kind = :kind ORDER BY seq DESC LIMIT 1;
