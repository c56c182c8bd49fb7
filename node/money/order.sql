-- Orders and what was asked of them.
-- :row order_row id int, number text, account_id int, planet_id int, kind text, price_id int?,
--      tier_id int?, term_unit text?, term_count int?, post_id int?, quantity int, list_amount int,
--      discount int, credit int, tax int, total int, currency text, rail text, rail_ref text?,
--      rail_at int?, state text, refunded int, created_at int, expires_at int?, paid_at int?,
--      seen_at int?

-- :name order_by_number :one
-- :in number text
-- :out order_row
SELECT id, number, account_id, planet_id, kind, price_id, tier_id, term_unit, term_count, post_id,
       quantity, list_amount, discount, credit, tax, total, currency, rail, rail_ref, rail_at, state,
       refunded, created_at, expires_at, paid_at, seen_at
  FROM purchase_order WHERE number = :number;

-- :name order_by_id :one
-- :in id int
-- :out order_row
SELECT id, number, account_id, planet_id, kind, price_id, tier_id, term_unit, term_count, post_id,
       quantity, list_amount, discount, credit, tax, total, currency, rail, rail_ref, rail_at, state,
       refunded, created_at, expires_at, paid_at, seen_at
  FROM purchase_order WHERE id = :id;

-- :name order_of_account :many
-- :in account_id int, before_id int, n int
-- :out order_row
SELECT id, number, account_id, planet_id, kind, price_id, tier_id, term_unit, term_count, post_id,
       quantity, list_amount, discount, credit, tax, total, currency, rail, rail_ref, rail_at, state,
       refunded, created_at, expires_at, paid_at, seen_at
  FROM purchase_order WHERE account_id = :account_id AND id < :before_id ORDER BY id DESC LIMIT :n;

-- :name order_of_planet :many
-- :in planet_id int, before_id int, n int
-- :out order_row
SELECT id, number, account_id, planet_id, kind, price_id, tier_id, term_unit, term_count, post_id,
       quantity, list_amount, discount, credit, tax, total, currency, rail, rail_ref, rail_at, state,
       refunded, created_at, expires_at, paid_at, seen_at
  FROM purchase_order WHERE planet_id = :planet_id AND id < :before_id ORDER BY id DESC LIMIT :n;

-- :name order_due :many
-- :in now int
-- :out number text
SELECT number FROM purchase_order
 WHERE state IN ('new', 'pending') AND expires_at <= :now ORDER BY expires_at, id LIMIT 500;

-- :name order_insert :exec
-- :in id int, number text, account_id int, planet_id int, kind text, price_id int?, tier_id int?,
--     term_unit text?, term_count int?, post_id int?, list_amount int, discount int, credit int,
--     tax int, total int, currency text, rail text, created_at int, expires_at int?
INSERT INTO purchase_order (id, number, account_id, planet_id, kind, price_id, tier_id, term_unit, term_count,
       post_id, quantity, list_amount, discount, credit, tax, total, currency, rail, state,
       refunded, created_at, expires_at)
VALUES (:id, :number, :account_id, :planet_id, :kind, :price_id, :tier_id, :term_unit, :term_count,
       :post_id, 1, :list_amount, :discount, :credit, :tax, :total, :currency, :rail, 'new', 0, :created_at, :expires_at);

-- :name order_change :exec
-- :in id int, state text, refunded int, rail_ref text?, rail_at int?, paid_at int?
UPDATE purchase_order SET state = :state, refunded = :refunded, rail_ref = :rail_ref, rail_at = :rail_at,
       paid_at = :paid_at
 WHERE id = :id;

-- :name order_seen :exec
-- :in number text, now int
UPDATE purchase_order SET seen_at = :now WHERE number = :number AND seen_at IS NULL;

-- :name order_event_insert :exec
-- :in id int, order_id int, at int, event text, from_state text, to_state text?, detail text?
INSERT INTO order_event (id, order_id, at, event, from_state, to_state, detail)
VALUES (:id, :order_id, :at, :event, :from_state, :to_state, :detail);

-- Seats of a tier that others than this account hold or have reserved; a gift holds one for whoever
-- will redeem it, and a membership that renews itself keeps its own until it is told.
-- :name seats_taken :one
-- :in tier_id int, account_id int, now int, kept int
-- :out n int
SELECT COUNT(DISTINCT who) FROM (
    SELECT g.account_id AS who FROM member_grant g
     WHERE g.tier_id = :tier_id AND g.live_state <> 'revoked' AND g.account_id <> :account_id
       AND (g.live_ends_at IS NULL OR g.live_ends_at > :now OR (g.live_ends_at > :kept AND EXISTS (
            SELECT 1 FROM rail_subscription s WHERE s.account_id = g.account_id AND s.planet_id = g.planet_id
               AND s.state IN ('active', 'past_due') AND s.ends_with_term = 0)))
    UNION ALL
    SELECT CASE WHEN kind = 'gift' THEN -id ELSE account_id END AS who FROM purchase_order
     WHERE tier_id = :tier_id AND state IN ('new', 'pending') AND expires_at > :now
       AND (kind = 'gift' OR account_id <> :account_id)
    UNION ALL
    SELECT -g.order_id AS who FROM gift g JOIN purchase_order o ON o.id = g.order_id
     WHERE g.tier_id = :tier_id AND g.redeemed_at IS NULL AND g.redeem_until > :now
       AND o.state IN ('paid', 'part_refunded', 'disputed')) AS taken;

-- The same of one account, without what it only ordered.
-- :name seats_of :one
-- :in tier_id int, account_id int, now int, kept int
-- :out n int
SELECT COUNT(*) FROM member_grant g
 WHERE +g.tier_id = :tier_id AND g.live_state <> 'revoked' AND g.account_id = :account_id
   AND (g.live_ends_at IS NULL OR g.live_ends_at > :now OR (g.live_ends_at > :kept AND EXISTS (
        SELECT 1 FROM rail_subscription s WHERE s.account_id = g.account_id AND s.planet_id = g.planet_id
           AND s.state IN ('active', 'past_due') AND s.ends_with_term = 0)));

-- When the clock alone sets a seat free next.
-- :name seats_next :one
-- :in tier_id int, now int, kept int
-- :out at int?
SELECT MIN(at) FROM (
    SELECT CASE WHEN live_ends_at > :now THEN live_ends_at ELSE live_ends_at + (:now - :kept) END AS at FROM member_grant
     WHERE tier_id = :tier_id AND live_state <> 'revoked' AND live_ends_at > :kept
    UNION ALL
    SELECT expires_at AS at FROM purchase_order
     WHERE tier_id = :tier_id AND state IN ('new', 'pending') AND expires_at > :now
    UNION ALL
    SELECT redeem_until AS at FROM gift WHERE tier_id = :tier_id AND redeemed_at IS NULL AND redeem_until > :now) AS moments;

-- :name order_open_gifts :one
-- :in account_id int, planet_id int, now int
-- :out n int
SELECT COUNT(*) FROM purchase_order
 WHERE account_id = :account_id AND planet_id = :planet_id AND kind = 'gift' AND state IN ('new', 'pending')
   AND expires_at > :now;

-- :name trial_had :one
-- :in planet_id int, account_id int
-- :out n int
SELECT COUNT(*) FROM member_grant
 WHERE planet_id = :planet_id AND account_id = :account_id AND kind IN ('trial', 'paid');

-- :name post_right_had :one
-- :in account_id int, post_id int
-- :out n int
SELECT COUNT(*) FROM post_right
 WHERE account_id = :account_id AND post_id = :post_id AND revoked_at IS NULL;

-- :name post_right_put :exec
-- :in account_id int, post_id int, order_id int, created_at int
INSERT INTO post_right (account_id, post_id, order_id, created_at)
VALUES (:account_id, :post_id, :order_id, :created_at)
ON CONFLICT (account_id, post_id, order_id) DO UPDATE SET revoked_at = NULL;

-- :name post_right_revoke :exec
-- :in order_id int, now int
UPDATE post_right SET revoked_at = :now WHERE order_id = :order_id AND revoked_at IS NULL;

-- :name post_right_restore :exec
-- :in order_id int
UPDATE post_right SET revoked_at = NULL WHERE order_id = :order_id;

-- Open orders of an account that hold a coupon, credit, or what was paid for posts.
-- :name order_holding :many
-- :in account_id int, planet_id int
-- :out number text
SELECT o.number FROM purchase_order o
 WHERE o.account_id = :account_id AND o.planet_id = :planet_id AND o.state IN ('new', 'pending')
   AND (EXISTS (SELECT 1 FROM coupon_use u WHERE u.order_id = o.id)
        OR EXISTS (SELECT 1 FROM credit_use c WHERE c.order_id = o.id)
        OR EXISTS (SELECT 1 FROM post_counted p WHERE p.order_id = o.id));
