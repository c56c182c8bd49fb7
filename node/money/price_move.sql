-- Who pays which price, and where it leads.
-- Accounts that may have this price as theirs.
-- :name price_payer_page :many
-- :in price_id int, since int, after_account int, n int
-- :out account_id int, planet_id int
SELECT DISTINCT account_id, planet_id FROM member_grant
 WHERE price_id = :price_id AND kind = 'paid' AND live_state <> 'revoked' AND live_ends_at > :since
   AND account_id > :after_account
 ORDER BY account_id LIMIT :n;

-- :name price_move_insert :exec
-- :in id int, planet_id int, from_price_id int, to_price_id int, effective_at int, created_by int?, created_at int
INSERT INTO price_move (id, planet_id, from_price_id, to_price_id, effective_at, created_by, created_at)
VALUES (:id, :planet_id, :from_price_id, :to_price_id, :effective_at, :created_by, :created_at);

-- :row price_move_row id int, planet_id int, from_price_id int, to_price_id int, effective_at int, created_at int,
--      stopped_at int?

-- :name price_move_by_id :one
-- :in id int
-- :out price_move_row
SELECT id, planet_id, from_price_id, to_price_id, effective_at, created_at, stopped_at FROM price_move WHERE id = :id;

-- :name price_move_of_planet :many
-- :in planet_id int
-- :out price_move_row
SELECT id, planet_id, from_price_id, to_price_id, effective_at, created_at, stopped_at
  FROM price_move WHERE planet_id = :planet_id ORDER BY id DESC;

-- :name price_move_halt :exec
-- :in id int, now int
UPDATE price_move SET stopped_at = :now WHERE id = :id AND stopped_at IS NULL AND effective_at > :now;

-- A planet's subscriptions that go on, a part at a time; mine: their further terms cost this price.
-- :name price_move_subs :many
-- :in planet_id int, price_id int, after int, n int
-- :out id int, mine int
SELECT s.id, CASE WHEN COALESCE(s.price_id, o.price_id) = :price_id THEN 1 ELSE 0 END
  FROM rail_subscription s JOIN purchase_order o ON o.id = s.order_id
 WHERE s.planet_id = :planet_id AND s.id > :after AND s.state <> 'ended' AND s.ends_with_term = 0
 ORDER BY s.id LIMIT :n;

-- Retired prices that somebody may still pay.
-- :name price_old_of_planet :many
-- :in planet_id int, since int
-- :out id int
SELECT p.id FROM price p JOIN tier t ON t.id = p.tier_id
 WHERE t.planet_id = :planet_id AND p.retired_at IS NOT NULL
   AND EXISTS (SELECT 1 FROM member_grant g WHERE g.price_id = p.id AND g.kind = 'paid' AND g.live_state <> 'revoked'
                  AND g.live_ends_at > :since)
 ORDER BY p.id;
