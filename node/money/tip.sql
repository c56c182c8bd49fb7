-- Tips; their money and state stand in the order.
-- :row tip_row order_id int, post_id int, comment_id int, account_id int, words text, named int, hidden int,
--      number text, state text, total int, refunded int, currency text, paid_at int?, name text, title text,
--      slug text

-- :name tip_rule_list :many
-- :public
-- :in planet_id int
-- :out currency text, least int, most int
SELECT currency, least, most FROM tip_rule WHERE planet_id = :planet_id ORDER BY currency;

-- :name tip_rule_clear :exec
-- :in planet_id int
DELETE FROM tip_rule WHERE planet_id = :planet_id;

-- :name tip_rule_put :exec
-- :in planet_id int, currency text, least int, most int
INSERT INTO tip_rule (planet_id, currency, least, most) VALUES (:planet_id, :currency, :least, :most);

-- :name tip_insert :exec
-- :in order_id int, planet_id int, post_id int, comment_id int, account_id int, to_account_id int, words text, named int
INSERT INTO tip (order_id, planet_id, post_id, comment_id, account_id, to_account_id, words, named, hidden)
VALUES (:order_id, :planet_id, :post_id, :comment_id, :account_id, :to_account_id, :words, :named, 0);

-- :name tip_get :maybe
-- :in order_id int
-- :out order_id int, planet_id int, post_id int, comment_id int, account_id int, to_account_id int, named int
SELECT order_id, planet_id, post_id, comment_id, account_id, to_account_id, named FROM tip WHERE order_id = :order_id;

-- :name tip_of_post :many
-- :in post_id int, n int
-- :out tip_row
SELECT t.order_id, t.post_id, t.comment_id, t.account_id, t.words, t.named, t.hidden, o.number, o.state, o.total,
       o.refunded, o.currency, o.paid_at, a.name, p.title, p.slug
  FROM tip t JOIN purchase_order o ON o.id = t.order_id JOIN account a ON a.id = t.account_id
  JOIN post p ON p.id = t.post_id
 WHERE t.post_id = :post_id AND t.named = 1 AND t.hidden = 0 AND o.state IN ('paid', 'part_refunded')
   AND a.state = 'active'
 ORDER BY t.order_id DESC LIMIT :n;

-- :name tip_of_planet :many
-- :in planet_id int, before_id int, n int
-- :out tip_row
SELECT t.order_id, t.post_id, t.comment_id, t.account_id, t.words, t.named, t.hidden, o.number, o.state, o.total,
       o.refunded, o.currency, o.paid_at, a.name, p.title, p.slug
  FROM tip t JOIN purchase_order o ON o.id = t.order_id JOIN account a ON a.id = t.account_id
  JOIN post p ON p.id = t.post_id
 WHERE t.planet_id = :planet_id AND t.order_id < :before_id AND o.paid_at IS NOT NULL
 ORDER BY t.order_id DESC LIMIT :n;

-- :name tip_set_hidden :exec
-- :in planet_id int, order_id int, hidden int
UPDATE tip SET hidden = :hidden WHERE order_id = :order_id AND planet_id = :planet_id;
