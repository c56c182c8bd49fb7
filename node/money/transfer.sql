-- Payments that their owner confirms by hand.
-- :row transfer_row order_id int, planet_id int, account_id int, memo text, amount int, currency text,
--      extra int, state text, said_at int?, says int, payer text?, bank_ref text?, media_id int?,
--      picture text?, provisional_grant_id int?, decided_at int?, decided_by int?, reason text?,
--      created_at int, number text, order_state text, total int, refunded int, expires_at int?,
--      tier_id int?, post_id int?, kind text, username text, name text

-- :name transfer_by_order :maybe
-- :in order_id int
-- :out transfer_row
SELECT t.order_id, t.planet_id, t.account_id, t.memo, t.amount, t.currency, t.extra, t.state, t.said_at, t.says,
       t.payer, t.bank_ref, t.media_id, t.picture, t.provisional_grant_id, t.decided_at, t.decided_by, t.reason,
       t.created_at, o.number, o.state AS order_state, o.total, o.refunded, o.expires_at, o.tier_id, o.post_id, o.kind,
       a.username, a.name
  FROM transfer t JOIN purchase_order o ON o.id = t.order_id JOIN account a ON a.id = t.account_id
 WHERE t.order_id = :order_id;

-- Of a planet, in one of two states, oldest word first.
-- :name transfer_page :many
-- :in planet_id int, state text, state_too text, after_at int, after_id int, n int
-- :out transfer_row
SELECT t.order_id, t.planet_id, t.account_id, t.memo, t.amount, t.currency, t.extra, t.state, t.said_at, t.says,
       t.payer, t.bank_ref, t.media_id, t.picture, t.provisional_grant_id, t.decided_at, t.decided_by, t.reason,
       t.created_at, o.number, o.state AS order_state, o.total, o.refunded, o.expires_at, o.tier_id, o.post_id, o.kind,
       a.username, a.name
  FROM transfer t JOIN purchase_order o ON o.id = t.order_id JOIN account a ON a.id = t.account_id
 WHERE t.planet_id = :planet_id AND (t.state = :state OR t.state = :state_too)
   AND (t.created_at > :after_at OR (t.created_at = :after_at AND t.order_id > :after_id))
 ORDER BY t.created_at, t.order_id LIMIT :n;

-- Decided ones, newest first.
-- :name transfer_page_done :many
-- :in planet_id int, before_at int, before_id int, n int
-- :out transfer_row
SELECT t.order_id, t.planet_id, t.account_id, t.memo, t.amount, t.currency, t.extra, t.state, t.said_at, t.says,
       t.payer, t.bank_ref, t.media_id, t.picture, t.provisional_grant_id, t.decided_at, t.decided_by, t.reason,
       t.created_at, o.number, o.state AS order_state, o.total, o.refunded, o.expires_at, o.tier_id, o.post_id, o.kind,
       a.username, a.name
  FROM transfer t JOIN purchase_order o ON o.id = t.order_id JOIN account a ON a.id = t.account_id
 WHERE t.planet_id = :planet_id AND t.decided_at IS NOT NULL
   AND (t.decided_at < :before_at OR (t.decided_at = :before_at AND t.order_id < :before_id))
 ORDER BY t.decided_at DESC, t.order_id DESC LIMIT :n;

-- By what stands on a bank statement: memo, order number, reference, or an amount (of those not decided yet).
-- :name transfer_find :many
-- :in planet_id int, memo text, number text, bank_ref text, amount int, n int
-- :out transfer_row
SELECT t.order_id, t.planet_id, t.account_id, t.memo, t.amount, t.currency, t.extra, t.state, t.said_at, t.says,
       t.payer, t.bank_ref, t.media_id, t.picture, t.provisional_grant_id, t.decided_at, t.decided_by, t.reason,
       t.created_at, o.number, o.state AS order_state, o.total, o.refunded, o.expires_at, o.tier_id, o.post_id, o.kind,
       a.username, a.name
  FROM transfer t JOIN purchase_order o ON o.id = t.order_id JOIN account a ON a.id = t.account_id
 WHERE t.planet_id = :planet_id
   AND (t.memo = :memo OR o.number = :number OR t.bank_ref = :bank_ref
        OR (t.amount = :amount AND t.state IN ('waiting', 'sent')))
 ORDER BY t.created_at DESC, t.order_id DESC LIMIT :n;

-- :name transfer_count :one
-- :in planet_id int, state text
-- :out n int
SELECT COUNT(*) FROM transfer WHERE planet_id = :planet_id AND state = :state;

-- :name transfer_insert :exec
-- :in order_id int, planet_id int, account_id int, memo text, amount int, currency text, extra int, now int
INSERT INTO transfer (order_id, planet_id, account_id, memo, amount, currency, extra, state, says, created_at)
VALUES (:order_id, :planet_id, :account_id, :memo, :amount, :currency, :extra, 'waiting', 0, :now);

-- :name transfer_memo_taken :one
-- :in planet_id int, memo text
-- :out n int
SELECT COUNT(*) FROM transfer WHERE planet_id = :planet_id AND memo = :memo;

-- Amounts between these two that somebody may still send.
-- :name transfer_amounts :many
-- :in planet_id int, currency text, low int, high int
-- :out amount int
SELECT t.amount FROM transfer t JOIN purchase_order o ON o.id = t.order_id
 WHERE t.planet_id = :planet_id AND t.currency = :currency AND t.amount >= :low AND t.amount <= :high
   AND (t.state = 'sent' OR (t.state = 'waiting' AND o.state IN ('new', 'pending')));

-- :name transfer_said :exec
-- :in order_id int, now int, payer text?, bank_ref text?, media_id int?, picture text?
UPDATE transfer SET state = 'sent', said_at = :now, says = says + 1, payer = :payer, bank_ref = :bank_ref,
       media_id = :media_id, picture = :picture, decided_at = NULL, decided_by = NULL, reason = NULL
 WHERE order_id = :order_id;

-- :name transfer_decided :exec
-- :in order_id int, state text, now int, decided_by int?, reason text?, bank_ref text?
UPDATE transfer SET state = :state, decided_at = :now, decided_by = :decided_by, reason = :reason, bank_ref = :bank_ref
 WHERE order_id = :order_id;

-- :name transfer_provisional :exec
-- :in order_id int, grant_id int?
UPDATE transfer SET provisional_grant_id = :grant_id WHERE order_id = :order_id;

-- Had access before it was paid, and was not confirmed: not given a second time.
-- :name transfer_provisional_had :one
-- :in account_id int, planet_id int
-- :out n int
SELECT COUNT(*) FROM transfer
 WHERE account_id = :account_id AND planet_id = :planet_id AND state <> 'confirmed'
   AND (provisional_grant_id IS NOT NULL OR state = 'rejected');

-- :name transfer_picture_gone :exec
-- :in order_id int
UPDATE transfer SET media_id = NULL WHERE order_id = :order_id;

-- Another order with the same picture or reference; confirmed ones first.
-- :name transfer_same_picture :maybe
-- :in planet_id int, order_id int, picture text
-- :out number text, state text
SELECT o.number, t.state FROM transfer t JOIN purchase_order o ON o.id = t.order_id
 WHERE t.planet_id = :planet_id AND t.picture = :picture AND t.order_id <> :order_id
 ORDER BY CASE WHEN t.state = 'confirmed' THEN 0 ELSE 1 END, t.order_id LIMIT 1;

-- :name transfer_same_ref :maybe
-- :in planet_id int, order_id int, bank_ref text
-- :out number text, state text
SELECT o.number, t.state FROM transfer t JOIN purchase_order o ON o.id = t.order_id
 WHERE t.planet_id = :planet_id AND t.bank_ref = :bank_ref AND t.order_id <> :order_id
 ORDER BY CASE WHEN t.state = 'confirmed' THEN 0 ELSE 1 END, t.order_id LIMIT 1;

-- An order that waits longer: its buyer has paid, or says so.
-- :name order_wait_until :exec
-- :in id int, expires_at int
UPDATE purchase_order SET expires_at = :expires_at
 WHERE id = :id AND state IN ('new', 'pending') AND expires_at < :expires_at;
