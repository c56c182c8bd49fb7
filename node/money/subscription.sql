-- Memberships that a provider renews.
-- :row subscription_row id int, planet_id int, rail text, ref text, account_id int, order_id int, customer text?,
--      state text, ends_with_term int, period_end int?, since int, rail_at int, price_id int?

-- :name subscription_by_id :one
-- :in id int
-- :out subscription_row
SELECT id, planet_id, rail, ref, account_id, order_id, customer, state, ends_with_term, period_end, since, rail_at,
       price_id
  FROM rail_subscription WHERE id = :id;

-- :name subscription_by_ref :one
-- :in planet_id int, rail text, ref text
-- :out subscription_row
SELECT id, planet_id, rail, ref, account_id, order_id, customer, state, ends_with_term, period_end, since, rail_at,
       price_id
  FROM rail_subscription WHERE planet_id = :planet_id AND rail = :rail AND ref = :ref;

-- :name subscription_of_account :one
-- :in planet_id int, account_id int
-- :out subscription_row
SELECT id, planet_id, rail, ref, account_id, order_id, customer, state, ends_with_term, period_end, since, rail_at,
       price_id
  FROM rail_subscription WHERE account_id = :account_id AND planet_id = :planet_id AND state <> 'ended'
 ORDER BY id DESC LIMIT 1;

-- :name subscription_of_order :one
-- :in order_id int
-- :out subscription_row
SELECT id, planet_id, rail, ref, account_id, order_id, customer, state, ends_with_term, period_end, since, rail_at,
       price_id
  FROM rail_subscription WHERE order_id = :order_id ORDER BY id DESC LIMIT 1;

-- :name subscription_insert :exec
-- :in id int, planet_id int, rail text, ref text, account_id int, order_id int, customer text?, state text,
--     ends_with_term int, period_end int?, since int, rail_at int
INSERT INTO rail_subscription (id, planet_id, rail, ref, account_id, order_id, customer, state, ends_with_term,
       period_end, since, rail_at)
VALUES (:id, :planet_id, :rail, :ref, :account_id, :order_id, :customer, :state, :ends_with_term, :period_end,
       :since, :rail_at)
ON CONFLICT (planet_id, rail, ref) DO NOTHING;

-- :name subscription_change :exec
-- :in id int, customer text?, state text, ends_with_term int, period_end int?, since int, rail_at int
UPDATE rail_subscription SET customer = :customer, state = :state, ends_with_term = :ends_with_term,
       period_end = :period_end, since = :since, rail_at = :rail_at
 WHERE id = :id;

-- The provider has taken our word for it; its own message may come later, or before.
-- :name subscription_ends :exec
-- :in id int, ends_with_term int
UPDATE rail_subscription SET ends_with_term = :ends_with_term WHERE id = :id AND state <> 'ended';

-- :name subscription_price :exec
-- :in id int, price_id int
UPDATE rail_subscription SET price_id = :price_id WHERE id = :id;

-- Will it end with its term, once the provider has heard all that is written down? The last word that it is to hear
-- counts (pay_outbox), else its own. Whoever has to know which ones go on asks the same: refund.sql, paywall.sql.
-- :name subscription_will_end :one
-- :in id int
-- :out n int
SELECT COALESCE((SELECT CASE WHEN c.state IN ('new', 'calling') THEN CASE c.step WHEN 'cancel' THEN 1 ELSE 0 END END
                 FROM pay_outbox c WHERE c.subscription_id = s.id AND c.step IN ('cancel', 'resume')
                 ORDER BY c.id DESC LIMIT 1), s.ends_with_term)
  FROM rail_subscription s WHERE s.id = :id;

-- Those that will charge for a further term, and were not told to stop; but for the one that an order began.
-- :name subscription_charging :many
-- :in planet_id int, account_id int, but_order int
-- :out id int
SELECT s.id FROM rail_subscription s
 WHERE s.planet_id = :planet_id AND s.account_id = :account_id AND s.order_id <> :but_order AND s.state <> 'ended'
   AND COALESCE((SELECT CASE WHEN c.state IN ('new', 'calling') THEN CASE c.step WHEN 'cancel' THEN 1 ELSE 0 END END
                   FROM pay_outbox c WHERE c.subscription_id = s.id AND c.step IN ('cancel', 'resume')
                  ORDER BY c.id DESC LIMIT 1), s.ends_with_term) = 0
 ORDER BY s.id;

-- A price that the provider is asked to charge from now on.
-- :name subscription_ask :exec
-- :in subscription_id int, price_id int, at int
INSERT INTO subscription_price (subscription_id, price_id, at) VALUES (:subscription_id, :price_id, :at)
ON CONFLICT (subscription_id, price_id) DO UPDATE SET at = :at;

-- The last one.
-- :name subscription_asked :maybe
-- :in subscription_id int
-- :out price_id int
SELECT price_id FROM subscription_price WHERE subscription_id = :subscription_id ORDER BY at DESC, price_id DESC LIMIT 1;

-- All of them, the last one first.
-- :name subscription_prices :many
-- :in subscription_id int
-- :out price_id int
SELECT price_id FROM subscription_price WHERE subscription_id = :subscription_id ORDER BY at DESC, price_id DESC;
