-- Gifts; their state is that of their order.
-- :row gift_row id int, order_id int, planet_id int, buyer_id int, tier_id int, paid_at int?,
--      redeem_until int?, redeemed_by int?, redeemed_at int?, grant_id int?, refund_asked_at int?, number text, state text,
--      tier_name text, unit text, count int, price_id int?, total int, to_name text, words text,
--      sealed blob

-- :name gift_insert :exec
-- :in id int, order_id int, planet_id int, buyer_id int, tier_id int, hash blob, sealed blob,
--     to_name text, words text
INSERT INTO gift (id, order_id, planet_id, buyer_id, tier_id, hash, sealed, to_name, words)
VALUES (:id, :order_id, :planet_id, :buyer_id, :tier_id, :hash, :sealed, :to_name, :words);

-- :name gift_set_paid :exec
-- :in order_id int, redeem_until int
UPDATE gift SET redeem_until = :redeem_until WHERE order_id = :order_id AND redeem_until IS NULL;

-- :name gift_by_hash :maybe
-- :in hash blob
-- :out gift_row
SELECT g.id, g.order_id, g.planet_id, g.buyer_id, g.tier_id, o.paid_at, g.redeem_until, g.redeemed_by,
       g.redeemed_at, g.grant_id, g.refund_asked_at, o.number, o.state, t.name, o.term_unit, o.term_count, o.price_id,
       o.total + COALESCE((SELECT c.amount FROM credit_use c WHERE c.order_id = o.id), 0), g.to_name, g.words, g.sealed
  FROM gift g JOIN purchase_order o ON o.id = g.order_id JOIN tier t ON t.id = g.tier_id
 WHERE g.hash = :hash;

-- :name gift_by_order :maybe
-- :in number text
-- :out gift_row
SELECT g.id, g.order_id, g.planet_id, g.buyer_id, g.tier_id, o.paid_at, g.redeem_until, g.redeemed_by,
       g.redeemed_at, g.grant_id, g.refund_asked_at, o.number, o.state, t.name, o.term_unit, o.term_count, o.price_id,
       o.total + COALESCE((SELECT c.amount FROM credit_use c WHERE c.order_id = o.id), 0), g.to_name, g.words, g.sealed
  FROM gift g JOIN purchase_order o ON o.id = g.order_id JOIN tier t ON t.id = g.tier_id
 WHERE o.number = :number;

-- :name gift_of_buyer :many
-- :in account_id int
-- :out gift_row
SELECT g.id, g.order_id, g.planet_id, g.buyer_id, g.tier_id, o.paid_at, g.redeem_until, g.redeemed_by,
       g.redeemed_at, g.grant_id, g.refund_asked_at, o.number, o.state, t.name, o.term_unit, o.term_count, o.price_id,
       o.total + COALESCE((SELECT c.amount FROM credit_use c WHERE c.order_id = o.id), 0), g.to_name, g.words, g.sealed
  FROM gift g JOIN purchase_order o ON o.id = g.order_id JOIN tier t ON t.id = g.tier_id
 WHERE g.buyer_id = :account_id AND o.paid_at IS NOT NULL ORDER BY g.id DESC LIMIT 200;

-- :name gift_of_planet :many
-- :in planet_id int, before_id int, n int
-- :out gift_row
SELECT g.id, g.order_id, g.planet_id, g.buyer_id, g.tier_id, o.paid_at, g.redeem_until, g.redeemed_by,
       g.redeemed_at, g.grant_id, g.refund_asked_at, o.number, o.state, t.name, o.term_unit, o.term_count, o.price_id,
       o.total + COALESCE((SELECT c.amount FROM credit_use c WHERE c.order_id = o.id), 0), g.to_name, g.words, g.sealed
  FROM gift g JOIN purchase_order o ON o.id = g.order_id JOIN tier t ON t.id = g.tier_id
 WHERE g.planet_id = :planet_id AND g.id < :before_id AND o.paid_at IS NOT NULL ORDER BY g.id DESC LIMIT :n;

-- Of two at once one gets it.
-- :name gift_take :exec
-- :in id int, account_id int, grant_id int, now int
UPDATE gift SET redeemed_by = :account_id, redeemed_at = :now, grant_id = :grant_id
 WHERE id = :id AND redeemed_at IS NULL AND refund_asked_at IS NULL;

-- :name gift_ask_refund :exec
-- :in id int, now int
UPDATE gift SET refund_asked_at = :now
 WHERE id = :id AND redeemed_at IS NULL AND refund_asked_at IS NULL;

-- Its money goes back: nobody redeems it any more.
-- :name gift_hold :exec
-- :in order_id int, now int
UPDATE gift SET refund_asked_at = :now
 WHERE order_id = :order_id AND redeemed_at IS NULL AND refund_asked_at IS NULL;

-- The money could not be sent back, and nobody goes on trying: it can be redeemed again.
-- :name gift_refund_over :exec
-- :in order_id int
UPDATE gift SET refund_asked_at = NULL WHERE order_id = :order_id;
