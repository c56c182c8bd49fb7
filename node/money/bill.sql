-- Invoices and credit notes: written once.
-- :row bill_row id int, planet_id int, kind text, year int, seq int, number text, order_id int,
--      order_number text, account_id int, corrects int?, corrects_number text, issued_at int, supply_from int?,
--      supply_to int?, seller_name text, seller_address text, seller_country text, seller_tax_id text,
--      buyer_name text, buyer_address text, buyer_country text, buyer_tax_id text, currency text, net int,
--      tax int, total int, by_credit int, tax_name text, tax_ppm int?, tax_country text, contained int,
--      reverse int, rail text, rail_ref text, note text, lang text, zone text

-- :name bill_next :one
-- :in planet_id int, kind text, year int
-- :out seq int
SELECT COALESCE(MAX(seq), 0) + 1 FROM bill WHERE planet_id = :planet_id AND kind = :kind AND year = :year;

-- :name bill_insert :exec
-- :in id int, planet_id int, kind text, year int, seq int, number text, order_id int,
--     order_number text, account_id int, corrects int?, corrects_number text, issued_at int, supply_from int?,
--     supply_to int?, seller_name text, seller_address text, seller_country text, seller_tax_id text,
--     buyer_name text, buyer_address text, buyer_country text, buyer_tax_id text, currency text, net int,
--     tax int, total int, by_credit int, tax_name text, tax_ppm int?, tax_country text, contained int,
--     reverse int, rail text, rail_ref text, note text, lang text, zone text
INSERT INTO bill (id, planet_id, kind, year, seq, number, order_id, order_number, account_id, corrects,
       corrects_number, issued_at, supply_from, supply_to, seller_name, seller_address, seller_country,
       seller_tax_id, buyer_name, buyer_address, buyer_country, buyer_tax_id, currency, net, tax, total,
       by_credit, tax_name, tax_ppm, tax_country, contained, reverse, rail, rail_ref, note, lang, zone)
VALUES (:id, :planet_id, :kind, :year, :seq, :number, :order_id, :order_number, :account_id, :corrects,
       :corrects_number, :issued_at, :supply_from, :supply_to, :seller_name, :seller_address, :seller_country,
       :seller_tax_id, :buyer_name, :buyer_address, :buyer_country, :buyer_tax_id, :currency, :net, :tax, :total,
       :by_credit, :tax_name, :tax_ppm, :tax_country, :contained, :reverse, :rail, :rail_ref, :note, :lang, :zone);

-- :name bill_line_insert :exec
-- :in bill_id int, pos int, label text, amount int
INSERT INTO bill_line (bill_id, pos, label, amount) VALUES (:bill_id, :pos, :label, :amount);

-- :name bill_one :one
-- :in id int
-- :out bill_row
SELECT id, planet_id, kind, year, seq, number, order_id, order_number, account_id, corrects,
       corrects_number, issued_at, supply_from, supply_to, seller_name, seller_address, seller_country,
       seller_tax_id, buyer_name, buyer_address, buyer_country, buyer_tax_id, currency, net, tax, total,
       by_credit, tax_name, tax_ppm, tax_country, contained, reverse, rail, rail_ref, note, lang, zone
  FROM bill WHERE id = :id;

-- :name bill_numbered :one
-- :in planet_id int, number text
-- :out bill_row
SELECT id, planet_id, kind, year, seq, number, order_id, order_number, account_id, corrects,
       corrects_number, issued_at, supply_from, supply_to, seller_name, seller_address, seller_country,
       seller_tax_id, buyer_name, buyer_address, buyer_country, buyer_tax_id, currency, net, tax, total,
       by_credit, tax_name, tax_ppm, tax_country, contained, reverse, rail, rail_ref, note, lang, zone
  FROM bill WHERE planet_id = :planet_id AND number = :number;

-- The invoice of an order is its first row.
-- :name bills_of_order :many
-- :in order_id int
-- :out bill_row
SELECT id, planet_id, kind, year, seq, number, order_id, order_number, account_id, corrects,
       corrects_number, issued_at, supply_from, supply_to, seller_name, seller_address, seller_country,
       seller_tax_id, buyer_name, buyer_address, buyer_country, buyer_tax_id, currency, net, tax, total,
       by_credit, tax_name, tax_ppm, tax_country, contained, reverse, rail, rail_ref, note, lang, zone
  FROM bill
 WHERE account_id = (SELECT account_id FROM purchase_order WHERE id = :order_id) AND order_id = :order_id
 ORDER BY id;

-- :name bills_of_account :many
-- :in account_id int, before_id int, n int
-- :out bill_row
SELECT id, planet_id, kind, year, seq, number, order_id, order_number, account_id, corrects,
       corrects_number, issued_at, supply_from, supply_to, seller_name, seller_address, seller_country,
       seller_tax_id, buyer_name, buyer_address, buyer_country, buyer_tax_id, currency, net, tax, total,
       by_credit, tax_name, tax_ppm, tax_country, contained, reverse, rail, rail_ref, note, lang, zone
  FROM bill WHERE account_id = :account_id AND id < :before_id ORDER BY id DESC LIMIT :n;

-- :name bills_of_planet :many
-- :in planet_id int, span_from int, span_to int, before_id int, n int
-- :out bill_row
SELECT id, planet_id, kind, year, seq, number, order_id, order_number, account_id, corrects,
       corrects_number, issued_at, supply_from, supply_to, seller_name, seller_address, seller_country,
       seller_tax_id, buyer_name, buyer_address, buyer_country, buyer_tax_id, currency, net, tax, total,
       by_credit, tax_name, tax_ppm, tax_country, contained, reverse, rail, rail_ref, note, lang, zone
  FROM bill WHERE planet_id = :planet_id AND issued_at >= :span_from AND issued_at < :span_to AND id < :before_id
 ORDER BY id DESC LIMIT :n;

-- :name bills_after :many
-- :in planet_id int, span_from int, span_to int, after_id int, n int
-- :out bill_row
SELECT id, planet_id, kind, year, seq, number, order_id, order_number, account_id, corrects,
       corrects_number, issued_at, supply_from, supply_to, seller_name, seller_address, seller_country,
       seller_tax_id, buyer_name, buyer_address, buyer_country, buyer_tax_id, currency, net, tax, total,
       by_credit, tax_name, tax_ppm, tax_country, contained, reverse, rail, rail_ref, note, lang, zone
  FROM bill WHERE planet_id = :planet_id AND issued_at >= :span_from AND issued_at < :span_to AND id > :after_id
 ORDER BY id LIMIT :n;

-- :name bill_lines :many
-- :in bill_id int
-- :out label text, amount int
SELECT label, amount FROM bill_line WHERE bill_id = :bill_id ORDER BY pos;

-- :name bill_sums :many
-- :in planet_id int, span_from int, span_to int
-- :out currency text, country text, name text, ppm int, reverse int, net int, tax int, total int, n int
SELECT currency, tax_country, tax_name, COALESCE(tax_ppm, -1), reverse, SUM(net), SUM(tax), SUM(total), COUNT(*)
  FROM bill WHERE planet_id = :planet_id AND issued_at >= :span_from AND issued_at < :span_to
 GROUP BY currency, tax_country, tax_name, COALESCE(tax_ppm, -1), reverse
 ORDER BY currency, tax_country, tax_name, COALESCE(tax_ppm, -1), reverse;
