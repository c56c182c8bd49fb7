-- What the owner entered, who buys, and how the tax of an order came about.
-- :name tax_rule_one :maybe
-- :in planet_id int
-- :out mode text, seller_name text, seller_address text, seller_country text, seller_tax_id text, note text,
--      prefix text, fapiao int
SELECT mode, seller_name, seller_address, seller_country, seller_tax_id, note, prefix, fapiao
  FROM tax_rule WHERE planet_id = :planet_id;

-- :name tax_rule_put :exec
-- :in planet_id int, mode text, seller_name text, seller_address text, seller_country text,
--     seller_tax_id text, note text, prefix text, fapiao int, now int
INSERT INTO tax_rule (planet_id, mode, seller_name, seller_address, seller_country, seller_tax_id, note, prefix,
       fapiao, updated_at)
VALUES (:planet_id, :mode, :seller_name, :seller_address, :seller_country, :seller_tax_id, :note, :prefix,
       :fapiao, :now)
ON CONFLICT (planet_id) DO UPDATE SET mode = :mode, seller_name = :seller_name, seller_address = :seller_address,
       seller_country = :seller_country, seller_tax_id = :seller_tax_id, note = :note, prefix = :prefix,
       fapiao = :fapiao, updated_at = :now;

-- :name tax_rates :many
-- :in planet_id int
-- :out country text, name text, ppm int, reverse int
SELECT country, name, ppm, reverse FROM tax_rate WHERE planet_id = :planet_id ORDER BY country;

-- :name tax_rate_set :exec
-- :in planet_id int, country text, name text, ppm int, reverse int
INSERT INTO tax_rate (planet_id, country, name, ppm, reverse) VALUES (:planet_id, :country, :name, :ppm, :reverse)
ON CONFLICT (planet_id, country) DO UPDATE SET name = :name, ppm = :ppm, reverse = :reverse;

-- :name tax_rate_delete :exec
-- :in planet_id int, country text
DELETE FROM tax_rate WHERE planet_id = :planet_id AND country = :country;

-- :name buyer_one :maybe
-- :in account_id int
-- :out name text, address text, country text, tax_id text
SELECT name, address, country, tax_id FROM buyer WHERE account_id = :account_id;

-- :name buyer_put :exec
-- :in account_id int, name text, address text, country text, tax_id text, now int
INSERT INTO buyer (account_id, name, address, country, tax_id, updated_at)
VALUES (:account_id, :name, :address, :country, :tax_id, :now)
ON CONFLICT (account_id) DO UPDATE SET name = :name, address = :address, country = :country, tax_id = :tax_id,
       updated_at = :now;

-- :row order_tax_row mode text, country text, name text, ppm int, contained int, reverse int, buyer_name text,
--      buyer_address text, buyer_tax_id text, said_country text, ip_country text, rail_country text

-- :name order_tax_insert :exec
-- :in order_id int, mode text, country text, name text, ppm int, contained int, reverse int, buyer_name text,
--     buyer_address text, buyer_tax_id text, said_country text, ip_country text
INSERT INTO order_tax (order_id, mode, country, name, ppm, contained, reverse, buyer_name, buyer_address,
       buyer_tax_id, said_country, ip_country, rail_country)
VALUES (:order_id, :mode, :country, :name, :ppm, :contained, :reverse, :buyer_name, :buyer_address,
       :buyer_tax_id, :said_country, :ip_country, '');

-- :name order_tax_one :one
-- :in order_id int
-- :out order_tax_row
SELECT mode, country, name, ppm, contained, reverse, buyer_name, buyer_address, buyer_tax_id, said_country,
       ip_country, rail_country FROM order_tax WHERE order_id = :order_id;

-- :name order_tax_rail_country :exec
-- :in order_id int, country text
UPDATE order_tax SET rail_country = :country WHERE order_id = :order_id;

-- What the provider worked out; not after it stands in the books.
-- :name order_tax_amount :exec
-- :in order_id int, tax int
UPDATE purchase_order SET tax = :tax WHERE id = :order_id AND paid_at IS NULL;

-- Two pieces of evidence agree with whose rate was taken, or it is not sure.
-- :name tax_unsure :many
-- :in planet_id int, n int
-- :out order_id int, paid_at int, number text, total int, currency text, mode text, country text, name text,
--      ppm int, contained int, reverse int, buyer_name text, buyer_address text, buyer_tax_id text,
--      said_country text, ip_country text, rail_country text
SELECT o.id, o.paid_at, o.number, o.total, o.currency, t.mode, t.country, t.name, t.ppm, t.contained, t.reverse,
       t.buyer_name, t.buyer_address, t.buyer_tax_id, t.said_country, t.ip_country, t.rail_country
  FROM purchase_order o JOIN order_tax t ON t.order_id = o.id
 WHERE o.planet_id = :planet_id AND o.paid_at IS NOT NULL AND o.total > 0 AND t.mode IN ('inclusive', 'exclusive')
   AND CASE WHEN t.said_country = t.country THEN 1 ELSE 0 END + CASE WHEN t.ip_country = t.country THEN 1 ELSE 0 END
       + CASE WHEN t.rail_country = t.country THEN 1 ELSE 0 END < 2
 ORDER BY o.id DESC LIMIT :n;
