-- What a member has and wishes, beyond grants.
-- :name renewing_get :maybe
-- :in planet_id int
-- :out grace_days int
SELECT grace_days FROM planet_renewing WHERE planet_id = :planet_id;

-- :name renewing_put :exec
-- :in planet_id int, grace_days int
INSERT INTO planet_renewing (planet_id, grace_days, zone_minutes) VALUES (:planet_id, :grace_days, 0)
ON CONFLICT (planet_id) DO UPDATE SET grace_days = :grace_days;

-- :name renewal_wish_get :maybe
-- :in planet_id int, account_id int
-- :out off_at int?, next_price_id int?
SELECT off_at, next_price_id FROM renewal_wish WHERE planet_id = :planet_id AND account_id = :account_id;

-- :name renewal_wish_put :exec
-- :in planet_id int, account_id int, off_at int?, next_price_id int?, at int
INSERT INTO renewal_wish (planet_id, account_id, off_at, next_price_id, at)
VALUES (:planet_id, :account_id, :off_at, :next_price_id, :at)
ON CONFLICT (planet_id, account_id) DO UPDATE SET off_at = :off_at, next_price_id = :next_price_id, at = :at;

-- The price of the last term that was bought and not taken back.
-- :name renewal_last_price :maybe
-- :in planet_id int, account_id int
-- :out price_id int, ends_at int?
SELECT price_id, COALESCE(grace_from, live_ends_at) FROM member_grant
 WHERE planet_id = :planet_id AND account_id = :account_id AND kind = 'paid' AND price_id IS NOT NULL
   AND live_state <> 'revoked'
 ORDER BY live_ends_at IS NULL DESC, live_ends_at DESC, id DESC LIMIT 1;

-- Where a price leads by now, and where it will. A later announcement replaces an earlier one.
-- :name price_move_of :maybe
-- :in from_price_id int
-- :out id int, to_price_id int, effective_at int
SELECT id, to_price_id, effective_at FROM price_move
 WHERE from_price_id = :from_price_id AND stopped_at IS NULL ORDER BY id DESC LIMIT 1;

-- :name price_is_offered :one
-- :in id int
-- :out n int
SELECT COUNT(*) FROM price WHERE id = :id AND retired_at IS NULL;

-- The term that a subscription of an account renews: the last one of its tier that this rail was paid for.
-- :name life_grant_of_rail :maybe
-- :in planet_id int, account_id int, rail text
-- :out id int, ends_at int?
SELECT g.id, COALESCE(g.grace_from, g.live_ends_at) FROM member_grant g JOIN purchase_order o ON o.id = g.order_id
 WHERE g.planet_id = :planet_id AND g.account_id = :account_id AND g.live_state = 'live' AND o.rail = :rail
   AND g.kind IN ('paid', 'trial')
 ORDER BY g.live_ends_at IS NULL DESC, g.live_ends_at DESC, g.id DESC LIMIT 1;

-- :name life_in_grace :many
-- :in planet_id int, account_id int
-- :out id int
SELECT id FROM member_grant WHERE planet_id = :planet_id AND account_id = :account_id AND grace_from IS NOT NULL;

