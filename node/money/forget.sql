-- What providers and buyers told word for word, emptied when it is old and settled. Tables are walked by their
-- ids, which are in the order of time.
-- :row forget_row id int, at int

-- :name forget_upto :maybe
-- :in what text
-- :out upto int
SELECT upto FROM forget_mark WHERE what = :what;

-- :name forget_mark_put :exec
-- :in what text, upto int
INSERT INTO forget_mark (what, upto) VALUES (:what, :upto) ON CONFLICT (what) DO UPDATE SET upto = :upto;

-- Messages of providers.
-- :name forget_events :many
-- :in after int, n int
-- :out forget_row
SELECT id, received_at FROM rail_event WHERE id > :after ORDER BY id LIMIT :n;

-- :name forget_events_take :exec
-- :in after int, upto int
INSERT INTO forget_left (what, id)
SELECT 'event', id FROM rail_event WHERE id > :after AND id <= :upto AND length(body) > 0
ON CONFLICT (what, id) DO NOTHING;

-- Not what lies in the tray or was decided there of late, nor what a dispute or a refund that is under way rests on.
-- :name forget_events_empty :exec
-- :in cutoff int, nothing blob
UPDATE rail_event SET body = :nothing
 WHERE id IN (SELECT id FROM forget_left WHERE what = 'event')
   AND NOT EXISTS (SELECT 1 FROM unmatched u WHERE u.rail_event_id = rail_event.id
                      AND (u.settled_at IS NULL OR u.settled_at > :cutoff))
   AND NOT EXISTS (SELECT 1 FROM purchase_order o JOIN txn t ON t.order_id = o.id
                    WHERE o.state = 'disputed' AND t.rail_event_id = rail_event.id)
   AND NOT EXISTS (SELECT 1 FROM refund r JOIN txn t ON t.order_id = r.order_id
                    WHERE r.planet_id = rail_event.planet_id AND r.state IN ('requested', 'sent', 'failed')
                      AND t.rail_event_id = rail_event.id);

-- :name forget_events_done :exec
DELETE FROM forget_left
 WHERE what = 'event'
   AND NOT EXISTS (SELECT 1 FROM rail_event e WHERE e.id = forget_left.id AND length(e.body) > 0);

-- What providers answered. A link by which money is fetched holds no name, and stays.
-- :name forget_calls :many
-- :in after int, n int
-- :out forget_row
SELECT id, created_at FROM pay_outbox WHERE id > :after ORDER BY id LIMIT :n;

-- :name forget_calls_take :exec
-- :in after int, upto int
INSERT INTO forget_left (what, id)
SELECT 'call', id FROM pay_outbox
 WHERE id > :after AND id <= :upto
   AND (state IN ('new', 'calling') OR last_error IS NOT NULL
        OR (answer IS NOT NULL AND (step <> 'refund' OR answer NOT LIKE '%"url":%')))
ON CONFLICT (what, id) DO NOTHING;

-- :name forget_calls_empty :exec
-- :in cutoff int
UPDATE pay_outbox
   SET last_error = NULL, answer = CASE WHEN step = 'refund' AND answer LIKE '%"url":%' THEN answer END
 WHERE id IN (SELECT id FROM forget_left WHERE what = 'call')
   AND state IN ('done', 'failed') AND ended_at <= :cutoff
   AND NOT EXISTS (SELECT 1 FROM unmatched u WHERE u.id = pay_outbox.unmatched_id
                      AND (u.settled_at IS NULL OR u.settled_at > :cutoff))
   AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.call_id = pay_outbox.id AND r.state IN ('requested', 'sent', 'failed'));

-- :name forget_calls_done :exec
DELETE FROM forget_left
 WHERE what = 'call'
   AND NOT EXISTS (SELECT 1 FROM pay_outbox c WHERE c.id = forget_left.id
                      AND (c.state IN ('new', 'calling') OR c.last_error IS NOT NULL
                           OR (c.answer IS NOT NULL AND (c.step <> 'refund' OR c.answer NOT LIKE '%"url":%'))));

-- Whose account a transfer came from, in the buyer's words.
-- :name forget_payers :many
-- :in after int, n int
-- :out forget_row
SELECT order_id, created_at FROM transfer WHERE order_id > :after ORDER BY order_id LIMIT :n;

-- :name forget_payers_take :exec
-- :in after int, upto int
INSERT INTO forget_left (what, id)
SELECT 'payer', order_id FROM transfer WHERE order_id > :after AND order_id <= :upto AND payer IS NOT NULL
ON CONFLICT (what, id) DO NOTHING;

-- :name forget_payers_empty :exec
-- :in cutoff int
UPDATE transfer SET payer = NULL
 WHERE order_id IN (SELECT id FROM forget_left WHERE what = 'payer')
   AND decided_at <= :cutoff AND state IN ('confirmed', 'rejected', 'tray')
   AND NOT EXISTS (SELECT 1 FROM unmatched u JOIN purchase_order o ON o.number = u.order_number
                    WHERE u.planet_id = transfer.planet_id AND u.state IN ('open', 'refunding') AND o.id = transfer.order_id)
   AND NOT EXISTS (SELECT 1 FROM refund r WHERE r.order_id = transfer.order_id
                      AND r.state IN ('requested', 'sent', 'failed'));

-- :name forget_payers_done :exec
DELETE FROM forget_left
 WHERE what = 'payer'
   AND NOT EXISTS (SELECT 1 FROM transfer t WHERE t.order_id = forget_left.id AND t.payer IS NOT NULL);
