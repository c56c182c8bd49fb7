-- Money that fits no order.
-- :row unmatched_row id int, planet_id int, rail_event_id int, reason text, amount int?, currency text?,
--      order_number text?, created_at int, rail text?, rail_ref text?, state text, note text?, booked int,
--      settled_at int?, order_id int?, txn_id int?, refunded int

-- :name unmatched_insert :exec
-- :in id int, planet_id int, rail_event_id int, reason text, amount int?, currency text?,
--     order_number text?, created_at int, rail text?, rail_ref text?, booked int, txn_id int?
INSERT INTO unmatched (id, planet_id, rail_event_id, reason, amount, currency, order_number, created_at, rail, rail_ref,
       booked, txn_id)
VALUES (:id, :planet_id, :rail_event_id, :reason, :amount, :currency, :order_number, :created_at, :rail, :rail_ref,
       :booked, :txn_id);

-- :name unmatched_same :one
-- :in planet_id int, rail text, rail_ref text, reason text, amount int, currency text
-- :out n int
SELECT COUNT(*) FROM unmatched
 WHERE planet_id = :planet_id AND rail = :rail AND rail_ref = :rail_ref AND reason = :reason AND amount = :amount
   AND currency = :currency;

-- :name unmatched_open :many
-- :in planet_id int, after_id int, n int
-- :out unmatched_row
SELECT id, planet_id, rail_event_id, reason, amount, currency, order_number, created_at, rail, rail_ref, state, note,
       booked, settled_at, order_id, txn_id, refunded
  FROM unmatched WHERE planet_id = :planet_id AND state IN ('open', 'refunding') AND id > :after_id
 ORDER BY id LIMIT :n;

-- :name unmatched_waiting :one
-- :in planet_id int
-- :out n int
SELECT COUNT(*) FROM unmatched WHERE planet_id = :planet_id AND state IN ('open', 'refunding');

-- :name unmatched_decided :many
-- :in planet_id int, n int
-- :out unmatched_row
SELECT id, planet_id, rail_event_id, reason, amount, currency, order_number, created_at, rail, rail_ref, state, note,
       booked, settled_at, order_id, txn_id, refunded
  FROM unmatched WHERE planet_id = :planet_id AND settled_at IS NOT NULL ORDER BY settled_at DESC, id DESC LIMIT :n;

-- :name unmatched_by_id :one
-- :in id int
-- :out unmatched_row
SELECT id, planet_id, rail_event_id, reason, amount, currency, order_number, created_at, rail, rail_ref, state, note,
       booked, settled_at, order_id, txn_id, refunded
  FROM unmatched WHERE id = :id;

-- The money of a payment: what was booked last, if the same came with several faults.
-- :name unmatched_by_ref :maybe
-- :in planet_id int, rail text, rail_ref text
-- :out unmatched_row
SELECT id, planet_id, rail_event_id, reason, amount, currency, order_number, created_at, rail, rail_ref, state, note,
       booked, settled_at, order_id, txn_id, refunded
  FROM unmatched WHERE planet_id = :planet_id AND rail = :rail AND rail_ref = :rail_ref AND booked = 1
 ORDER BY id DESC LIMIT 1;

-- :name unmatched_decide :exec
-- :in id int, state text, order_id int?, settled_at int?, decided_by int?, note text?, refunded int
UPDATE unmatched SET state = :state, order_id = :order_id, settled_at = :settled_at, decided_by = :decided_by,
       note = :note, refunded = :refunded
 WHERE id = :id;
