-- Calls to providers, written down before they are made.
-- :row rail_call_row id int, planet_id int, rail text, order_id int?, subscription_id int?, step text,
--      idem_key text, amount int?, request text, state text, answer text?, last_error text?, tries int,
--      created_at int, ended_at int?, unmatched_id int?

-- :name rail_call_by_id :one
-- :in id int
-- :out rail_call_row
SELECT id, planet_id, rail, order_id, subscription_id, step, idem_key, amount, request, state, answer, last_error,
       tries, created_at, ended_at, unmatched_id
  FROM pay_outbox WHERE id = :id;

-- :name rail_call_by_key :maybe
-- :in idem_key text
-- :out rail_call_row
SELECT id, planet_id, rail, order_id, subscription_id, step, idem_key, amount, request, state, answer, last_error,
       tries, created_at, ended_at, unmatched_id
  FROM pay_outbox WHERE idem_key = :idem_key;

-- :name rail_call_of_order :many
-- :in order_id int, step text
-- :out rail_call_row
SELECT id, planet_id, rail, order_id, subscription_id, step, idem_key, amount, request, state, answer, last_error,
       tries, created_at, ended_at, unmatched_id
  FROM pay_outbox WHERE order_id = :order_id AND step = :step ORDER BY id;

-- :name rail_call_insert :exec
-- :in id int, planet_id int, rail text, order_id int?, subscription_id int?, step text, idem_key text,
--     amount int?, request text, now int, unmatched_id int?
INSERT INTO pay_outbox (id, planet_id, rail, order_id, subscription_id, unmatched_id, step, idem_key, amount, request, state,
       tries, created_at)
VALUES (:id, :planet_id, :rail, :order_id, :subscription_id, :unmatched_id, :step, :idem_key, :amount, :request, 'new',
       0, :now);

-- Newer ones of the same subscription that say whether it goes on.
-- :name rail_call_newer :one
-- :in subscription_id int, id int
-- :out n int
SELECT COUNT(*) FROM pay_outbox
 WHERE subscription_id = :subscription_id AND id > :id AND step IN ('cancel', 'resume');

-- What was answered to the last change of price, as long as its payer is waited for.
-- :name rail_call_agree :maybe
-- :in subscription_id int
-- :out answer text?
SELECT r.answer FROM pay_outbox r
 WHERE r.subscription_id = :subscription_id AND r.step = 'reprice' AND r.state = 'done'
   AND NOT EXISTS (SELECT 1 FROM pay_outbox n
                    WHERE n.subscription_id = :subscription_id AND n.step = 'reprice' AND n.id > r.id)
   AND EXISTS (SELECT 1 FROM pay_outbox w
                WHERE w.subscription_id = :subscription_id AND w.step = 'agreed' AND w.id > r.id
                  AND w.state IN ('new', 'calling'));

-- Nobody else calls until the lease is over. Of what a subscription is told, one is called at a time: side by side, a
-- provider might hear the older one last.
-- :name rail_call_claim :exec
-- :in id int, now int, lease_until int
UPDATE pay_outbox SET state = 'calling', lease_until = :lease_until, tries = tries + 1
 WHERE id = :id AND (state = 'new' OR (state = 'calling' AND lease_until <= :now))
   AND NOT EXISTS (SELECT 1 FROM pay_outbox o
                    WHERE o.subscription_id = pay_outbox.subscription_id AND o.id < pay_outbox.id AND o.state = 'calling'
                      AND o.lease_until > :now AND o.step IN ('cancel', 'resume')
                      AND pay_outbox.step IN ('cancel', 'resume'));

-- :name rail_call_again :exec
-- :in id int, last_error text
UPDATE pay_outbox SET state = 'new', lease_until = NULL, last_error = :last_error
 WHERE id = :id AND state = 'calling';

-- What it asked for is not needed any more: who was at the till is forgotten.
-- :name rail_call_end :exec
-- :in id int, state text, answer text?, last_error text?, now int
UPDATE pay_outbox SET state = :state, answer = :answer, last_error = :last_error, ended_at = :now, lease_until = NULL,
       request = '{}'
 WHERE id = :id AND state IN ('new', 'calling');
