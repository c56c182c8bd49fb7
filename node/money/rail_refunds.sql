-- Refunds among the calls to providers.
-- :row rail_refund_row id int, idem_key text, order_id int, number text, amount int,
--      ref text?, state text?

-- :name rail_refund_call :maybe
-- :in planet_id int, rail text, idem_key text
-- :out rail_refund_row
SELECT c.id, c.idem_key, o.id, o.number, c.amount, r.ref, r.state
  FROM pay_outbox c JOIN purchase_order o ON o.id = c.order_id LEFT JOIN refund r ON r.call_id = c.id
 WHERE c.idem_key = :idem_key AND c.planet_id = :planet_id AND c.rail = :rail AND c.step = 'refund';

-- :name rail_refund_calls :many
-- :in planet_id int, rail text, since int
-- :out rail_refund_row
SELECT c.id, c.idem_key, o.id, o.number, c.amount, r.ref, r.state
  FROM pay_outbox c JOIN purchase_order o ON o.id = c.order_id LEFT JOIN refund r ON r.call_id = c.id
 WHERE c.planet_id = :planet_id AND c.rail = :rail AND c.step = 'refund' AND c.state = 'done'
   AND c.created_at >= :since
   AND NOT EXISTS (SELECT 1 FROM rail_back b WHERE b.planet_id = c.planet_id AND b.rail = c.rail AND b.ref = c.idem_key)
 ORDER BY c.id LIMIT 1000;
