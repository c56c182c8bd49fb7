-- What rails told us, once each.
-- What most of them come to.
-- :name rail_event_insert :exec
-- :in id int, rail text, planet_id int, event_id text, body blob, received_at int
INSERT INTO rail_event (id, rail, planet_id, event_id, body, received_at, verdict)
VALUES (:id, :rail, :planet_id, :event_id, :body, :received_at, 'applied')
ON CONFLICT (rail, planet_id, event_id) DO NOTHING;

-- :name rail_event_verdict :exec
-- :in id int, verdict text
UPDATE rail_event SET verdict = :verdict WHERE id = :id;

-- :name rail_event_known :one
-- :in rail text, planet_id int, event_id text
-- :out n int
SELECT COUNT(*) FROM rail_event WHERE rail = :rail AND planet_id = :planet_id AND event_id = :event_id;

-- What a provider calls a thing that belongs to an order.
-- :name rail_object_put :exec
-- :in rail text, planet_id int, ref text, order_id int
INSERT INTO rail_object (rail, planet_id, ref, order_id) VALUES (:rail, :planet_id, :ref, :order_id)
ON CONFLICT (planet_id, rail, ref) DO NOTHING;

-- :name rail_object_order :maybe
-- :in rail text, planet_id int, ref text
-- :out number text
SELECT o.number FROM rail_object r JOIN purchase_order o ON o.id = r.order_id
 WHERE r.planet_id = :planet_id AND r.rail = :rail AND r.ref = :ref;

-- One refund, by its name.
-- :name rail_back_put :exec
-- :in planet_id int, rail text, ref text, order_id int, amount int
INSERT INTO rail_back (planet_id, rail, ref, order_id, amount) VALUES (:planet_id, :rail, :ref, :order_id, :amount)
ON CONFLICT (planet_id, rail, ref) DO NOTHING;

-- :name rail_back_sum :one
-- :in order_id int
-- :out amount int
SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM rail_back WHERE order_id = :order_id;

-- What was told of a call's refund was not so.
-- :name rail_back_drop :exec
-- :in call_id int
DELETE FROM rail_back
 WHERE planet_id = (SELECT planet_id FROM pay_outbox WHERE id = :call_id)
   AND rail = (SELECT rail FROM pay_outbox WHERE id = :call_id)
   AND ref = (SELECT idem_key FROM pay_outbox WHERE id = :call_id);
