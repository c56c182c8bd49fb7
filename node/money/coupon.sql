-- Coupons and their uses. A use counts as taken once its order was paid, whatever became of it later;
-- as reserved while the order is open.
-- :row coupon_row id int, planet_id int, code text, note text, percent_bp int?, periods int?,
--      total_max int?, account_max int, expires_at int?, ended_at int?, created_by int?, created_at int

-- :name coupon_insert :exec
-- :in id int, planet_id int, code text, note text, percent_bp int?, periods int?, total_max int?,
--     account_max int, expires_at int?, created_by int?, created_at int
INSERT INTO coupon (id, planet_id, code, note, percent_bp, periods, total_max, account_max, expires_at,
       created_by, created_at)
VALUES (:id, :planet_id, :code, :note, :percent_bp, :periods, :total_max, :account_max, :expires_at,
       :created_by, :created_at);

-- :name coupon_amount_insert :exec
-- :in coupon_id int, currency text, amount int, min_total int
INSERT INTO coupon_amount (coupon_id, currency, amount, min_total)
VALUES (:coupon_id, :currency, :amount, :min_total);

-- :name coupon_tier_insert :exec
-- :in coupon_id int, tier_id int
INSERT INTO coupon_tier (coupon_id, tier_id) VALUES (:coupon_id, :tier_id);

-- :name coupon_by_code :maybe
-- :in planet_id int, code text
-- :out coupon_row
SELECT id, planet_id, code, note, percent_bp, periods, total_max, account_max, expires_at, ended_at,
       created_by, created_at FROM coupon WHERE planet_id = :planet_id AND code = :code;

-- :name coupon_get :maybe
-- :in id int
-- :out coupon_row
SELECT id, planet_id, code, note, percent_bp, periods, total_max, account_max, expires_at, ended_at,
       created_by, created_at FROM coupon WHERE id = :id;

-- :name coupon_of_planet :many
-- :in planet_id int, before_id int, n int
-- :out coupon_row
SELECT id, planet_id, code, note, percent_bp, periods, total_max, account_max, expires_at, ended_at,
       created_by, created_at FROM coupon
 WHERE planet_id = :planet_id AND id < :before_id ORDER BY id DESC LIMIT :n;

-- :name coupon_amounts :many
-- :in coupon_id int
-- :out currency text, amount int, min_total int
SELECT currency, amount, min_total FROM coupon_amount WHERE coupon_id = :coupon_id ORDER BY currency;

-- :name coupon_tiers :many
-- :in coupon_id int
-- :out tier_id int
SELECT tier_id FROM coupon_tier WHERE coupon_id = :coupon_id ORDER BY tier_id;

-- :name coupon_end :exec
-- :in id int, now int
UPDATE coupon SET ended_at = :now WHERE id = :id AND ended_at IS NULL;

-- Uses that count against total_max: taken ones, and reserved ones of others than this account and order.
-- :name coupon_counts :one
-- :in coupon_id int, account_id int, order_id int, now int
-- :out taken int, open int
SELECT COUNT(CASE WHEN o.paid_at IS NOT NULL THEN 1 END),
       COUNT(CASE WHEN o.state IN ('new', 'pending') AND o.expires_at > :now
                   AND u.account_id <> :account_id AND u.order_id <> :order_id THEN 1 END)
  FROM coupon_use u JOIN purchase_order o ON o.id = u.order_id
 WHERE u.coupon_id = :coupon_id AND u.is_first = 1;

-- :name coupon_of_account :one
-- :in coupon_id int, account_id int
-- :out firsts int, terms int
SELECT COUNT(CASE WHEN u.is_first = 1 THEN 1 END), COUNT(*)
  FROM coupon_use u JOIN purchase_order o ON o.id = u.order_id
 WHERE u.coupon_id = :coupon_id AND u.account_id = :account_id AND o.paid_at IS NOT NULL;

-- Coupons that this account brought to a membership of the tier, the latest first.
-- :name coupon_brought :many
-- :in planet_id int, tier_id int, account_id int
-- :out coupon_id int
SELECT u.coupon_id
  FROM coupon_use u JOIN purchase_order o ON o.id = u.order_id
 WHERE u.account_id = :account_id AND u.is_first = 1 AND +o.planet_id = :planet_id
   AND o.tier_id = :tier_id AND o.kind <> 'gift' AND o.state IN ('paid', 'part_refunded')
 ORDER BY o.id DESC LIMIT 5;

-- :name coupon_use_insert :exec
-- :in order_id int, coupon_id int, account_id int, is_first int
INSERT INTO coupon_use (order_id, coupon_id, account_id, is_first)
VALUES (:order_id, :coupon_id, :account_id, :is_first);

-- :name coupon_of_order :maybe
-- :in order_id int
-- :out coupon_id int, account_id int, is_first int, discount int
SELECT u.coupon_id, u.account_id, u.is_first, o.discount
  FROM coupon_use u JOIN purchase_order o ON o.id = u.order_id WHERE u.order_id = :order_id;
