-- Requests for fapiao.
-- :row fapiao_row id int, planet_id int, account_id int, order_id int, order_number text, kind text, title text,
--      taxpayer_id text, mail text, amount int, currency text, state text, answer text, asked_at int,
--      done_at int?, given_back int, paid_at int?

-- :name fapiao_insert :exec
-- :in id int, planet_id int, account_id int, order_id int, order_number text, kind text, title text,
--     taxpayer_id text, mail text, amount int, currency text, asked_at int
INSERT INTO fapiao (id, planet_id, account_id, order_id, order_number, kind, title, taxpayer_id, mail, amount,
       currency, state, answer, asked_at)
VALUES (:id, :planet_id, :account_id, :order_id, :order_number, :kind, :title, :taxpayer_id, :mail, :amount,
       :currency, 'asked', '', :asked_at);

-- :name fapiao_one :one
-- :in id int
-- :out fapiao_row
SELECT f.id, f.planet_id, f.account_id, f.order_id, f.order_number, f.kind, f.title, f.taxpayer_id, f.mail,
       f.amount, f.currency, f.state, f.answer, f.asked_at, f.done_at, o.refunded, o.paid_at
  FROM fapiao f JOIN purchase_order o ON o.id = f.order_id WHERE f.id = :id;

-- :name fapiao_by_order :many
-- :in order_id int
-- :out fapiao_row
SELECT f.id, f.planet_id, f.account_id, f.order_id, f.order_number, f.kind, f.title, f.taxpayer_id, f.mail,
       f.amount, f.currency, f.state, f.answer, f.asked_at, f.done_at, o.refunded, o.paid_at
  FROM fapiao f JOIN purchase_order o ON o.id = f.order_id WHERE f.order_id = :order_id ORDER BY f.id DESC;

-- :name fapiao_page :many
-- :in planet_id int, state text?, before_id int, n int
-- :out fapiao_row
SELECT f.id, f.planet_id, f.account_id, f.order_id, f.order_number, f.kind, f.title, f.taxpayer_id, f.mail,
       f.amount, f.currency, f.state, f.answer, f.asked_at, f.done_at, o.refunded, o.paid_at
  FROM fapiao f JOIN purchase_order o ON o.id = f.order_id
 WHERE f.planet_id = :planet_id AND (:state IS NULL OR f.state = :state) AND f.id < :before_id
 ORDER BY f.id DESC LIMIT :n;

-- :name fapiao_count :one
-- :in planet_id int
-- :out n int
SELECT COUNT(*) FROM fapiao WHERE planet_id = :planet_id AND state = 'asked';

-- :name fapiao_change :exec
-- :in id int, state text, answer text, now int, by int?
UPDATE fapiao SET state = :state, answer = :answer, done_at = :now, done_by = :by WHERE id = :id AND state = 'asked';
