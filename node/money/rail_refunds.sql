-- Refunds among the calls to providers.
-- :row rail_refund_row id int, idem_key text, order_id int, number text, amount int, refunded int

-- :name rail_refund_call :maybe
-- :in planet_id int, rail text, idem_key text
-- :out rail_refund_row
SELECT c.id, c.idem_key, o.id, o.number, c.amount, o.refunded
  FROM pay_outbox c JOIN purchase_order o ON o.id = c.order_id
 WHERE c.idem_key = :idem_key AND c.planet_id = :planet_id AND c.rail = :rail AND c.step = 'refund';

-- :name rail_refund_calls :many
-- :in planet_id int, rail text, since int
-- :out rail_refund_row
SELECT c.id, c.idem_key, o.id, o.number, c.amount, o.refunded
  FROM pay_outbox c JOIN purchase_order o ON o.id = c.order_id
 WHERE c.planet_id = :planet_id AND c.rail = :rail AND c.step = 'refund' AND c.state = 'done'
   AND c.created_at >= :since
 ORDER BY c.id LIMIT 1000;

-- :name rail_refund_sum :one
-- :in order_id int, id int
-- :out amount int
SELECT CAST(COALESCE(SUM(c.amount), 0) AS BIGINT) FROM pay_outbox c
 WHERE c.order_id = :order_id AND c.step = 'refund' AND c.state <> 'failed' AND c.id <= :id
   AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.call_id = c.id AND r.state IN ('failed', 'declined'));
