-- What an owner knows of a member.

-- :name file_orders :many
-- :in planet_id int, account_id int
-- :out at int, number text, kind text, total int, currency text
SELECT created_at, number, kind, total, currency FROM purchase_order
 WHERE account_id = :account_id AND planet_id = :planet_id ORDER BY id;

-- :name file_order_events :many
-- :in planet_id int, account_id int
-- :out at int, to_state text, event text, number text, kind text, total int, currency text
SELECT e.at, e.to_state, e.event, o.number, o.kind, o.total, o.currency
  FROM purchase_order o JOIN order_event e ON e.order_id = o.id
 WHERE o.account_id = :account_id AND o.planet_id = :planet_id AND e.to_state IS NOT NULL
   AND e.to_state <> 'pending'
 ORDER BY e.id;

-- :name file_refunds :many
-- :in planet_id int, account_id int
-- :out created_at int, sent_at int?, ended_at int?, state text, kind text, asked text, said text, why text,
--      amount int, currency text, number text, order_kind text, decided_by int?
SELECT r.created_at, r.sent_at, r.ended_at, r.state, r.kind, r.asked, r.said, r.why, r.amount, o.currency, o.number,
       o.kind, r.decided_by
  FROM refund r JOIN purchase_order o ON o.id = r.order_id
 WHERE r.account_id = :account_id AND r.planet_id = :planet_id ORDER BY r.id;

-- :name file_notes :many
-- :in planet_id int, account_id int
-- :out at int, text text, by_account int?
SELECT at, text, by_account FROM member_note
 WHERE planet_id = :planet_id AND account_id = :account_id ORDER BY id;

-- :name file_note_insert :exec
-- :in id int, planet_id int, account_id int, by_account int?, now int, text text
INSERT INTO member_note (id, planet_id, account_id, by_account, at, text)
VALUES (:id, :planet_id, :account_id, :by_account, :now, :text);

-- :name file_flags :many
-- :in planet_id int, account_id int
-- :out order_id int, why text, at int, cleared_at int?, cleared_by int?, number text
SELECT f.order_id, f.why, f.at, f.cleared_at, f.cleared_by, o.number
  FROM member_flag f JOIN purchase_order o ON o.id = f.order_id
 WHERE f.planet_id = :planet_id AND f.account_id = :account_id ORDER BY f.at, f.order_id;

-- :name file_flag_put :exec
-- :in planet_id int, account_id int, order_id int, why text, now int
INSERT INTO member_flag (planet_id, account_id, order_id, why, at)
VALUES (:planet_id, :account_id, :order_id, :why, :now)
ON CONFLICT (planet_id, account_id, order_id, why) DO NOTHING;

-- :name file_flag_clear :exec
-- :in planet_id int, account_id int, by_account int?, now int
UPDATE member_flag SET cleared_at = :now, cleared_by = :by_account
 WHERE planet_id = :planet_id AND account_id = :account_id AND cleared_at IS NULL;

-- :name file_flagged :one
-- :in planet_id int, account_id int
-- :out n int
SELECT COUNT(*) FROM member_flag
 WHERE planet_id = :planet_id AND account_id = :account_id AND cleared_at IS NULL;

-- :name file_name :maybe
-- :in id int
-- :out name text
SELECT name FROM account WHERE id = :id;

-- :name file_order_history :many
-- :in order_id int
-- :out at int, event text, from_state text, to_state text?, detail text?
SELECT at, event, from_state, to_state, detail FROM order_event WHERE order_id = :order_id ORDER BY id;
