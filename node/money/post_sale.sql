-- Single posts that were sold, and what of it counts toward memberships.
-- :name single_rule_get :maybe
-- :in planet_id int
-- :out count_days int
SELECT count_days FROM single_rule WHERE planet_id = :planet_id;

-- :name single_rule_put :exec
-- :in planet_id int, count_days int
INSERT INTO single_rule (planet_id, count_days) VALUES (:planet_id, :count_days)
ON CONFLICT (planet_id) DO UPDATE SET count_days = excluded.count_days;

-- What is left of each order of a post, oldest first. Taken is what orders hold that were paid and stand.
-- :name post_count_left :many
-- :in planet_id int, account_id int, currency text, since int
-- :out id int, amount int
SELECT o.id, (CASE WHEN o.total < o.list_amount THEN o.total ELSE o.list_amount END) - COALESCE((
         SELECT SUM(c.amount) FROM post_counted c JOIN purchase_order m ON m.id = c.order_id
          WHERE c.post_order_id = o.id AND m.state IN ('paid', 'part_refunded', 'disputed')), 0)
  FROM purchase_order o
 WHERE o.account_id = :account_id AND o.planet_id = :planet_id AND o.kind = 'post' AND o.state = 'paid'
   AND o.currency = :currency AND o.paid_at > :since
 ORDER BY o.id;

-- :name post_counted_insert :exec
-- :in order_id int, post_order_id int, amount int
INSERT INTO post_counted (order_id, post_order_id, amount) VALUES (:order_id, :post_order_id, :amount);

-- :name post_counted_by :one
-- :in post_order_id int
-- :out n int
SELECT COUNT(*) FROM post_counted c JOIN purchase_order m ON m.id = c.order_id
 WHERE c.post_order_id = :post_order_id AND m.state IN ('paid', 'part_refunded', 'disputed');

-- What an order counts on and is no more: money that went or goes back, or that others took.
-- :name post_counted_gone :one
-- :in order_id int
-- :out n int
SELECT COUNT(*) FROM post_counted c JOIN purchase_order o ON o.id = c.post_order_id
 WHERE c.order_id = :order_id
   AND (o.state <> 'paid'
        OR EXISTS (SELECT 1 FROM refund r WHERE r.order_id = o.id AND r.state = 'sent')
        OR c.amount > (CASE WHEN o.total < o.list_amount THEN o.total ELSE o.list_amount END) - COALESCE((
             SELECT SUM(x.amount) FROM post_counted x JOIN purchase_order m ON m.id = x.order_id
              WHERE x.post_order_id = o.id AND x.order_id <> c.order_id
                AND m.state IN ('paid', 'part_refunded', 'disputed')), 0));

-- :name post_sold :many
-- :in planet_id int
-- :out post_id int, n int, amount int, currency text, title text, slug text
SELECT p.id, COUNT(*), SUM(o.total - o.refunded), o.currency, p.title, p.slug
  FROM purchase_order o JOIN post p ON p.id = o.post_id
 WHERE o.planet_id = :planet_id AND o.kind = 'post' AND o.state IN ('paid', 'part_refunded')
 GROUP BY p.id, o.currency, p.title, p.slug
 ORDER BY COUNT(*) DESC, p.id DESC LIMIT 200;
