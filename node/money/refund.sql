-- Money on its way back.
-- :row refund_row id int, planet_id int, order_id int, account_id int, kind text, state text, amount int,
--      ends int, by_hand int, call_id int?, ref text?, asked text, said text, why text, decided_by int?,
--      created_at int, sent_at int?, ended_at int?, number text, order_kind text, rail text, currency text,
--      name text, username text

-- :name refund_by_id :one
-- :in id int
-- :out refund_row
SELECT r.id, r.planet_id, r.order_id, r.account_id, r.kind, r.state, r.amount, r.ends, r.by_hand, r.call_id, r.ref,
       r.asked, r.said, r.why, r.decided_by, r.created_at, r.sent_at, r.ended_at, o.number, o.kind, o.rail, o.currency,
       a.name, a.username
  FROM refund r JOIN purchase_order o ON o.id = r.order_id JOIN account a ON a.id = r.account_id WHERE r.id = :id;

-- :name refund_by_call :maybe
-- :in call_id int
-- :out refund_row
SELECT r.id, r.planet_id, r.order_id, r.account_id, r.kind, r.state, r.amount, r.ends, r.by_hand, r.call_id, r.ref,
       r.asked, r.said, r.why, r.decided_by, r.created_at, r.sent_at, r.ended_at, o.number, o.kind, o.rail, o.currency,
       a.name, a.username
  FROM refund r JOIN purchase_order o ON o.id = r.order_id JOIN account a ON a.id = r.account_id
 WHERE r.call_id = :call_id;

-- :name refund_by_key :maybe
-- :in planet_id int, idem_key text
-- :out refund_row
SELECT r.id, r.planet_id, r.order_id, r.account_id, r.kind, r.state, r.amount, r.ends, r.by_hand, r.call_id, r.ref,
       r.asked, r.said, r.why, r.decided_by, r.created_at, r.sent_at, r.ended_at, o.number, o.kind, o.rail, o.currency,
       a.name, a.username
  FROM pay_outbox c JOIN refund r ON r.call_id = c.id JOIN purchase_order o ON o.id = r.order_id
  JOIN account a ON a.id = r.account_id
 WHERE c.idem_key = :idem_key AND r.planet_id = :planet_id;

-- :name refund_by_ref :maybe
-- :in planet_id int, ref text
-- :out refund_row
SELECT r.id, r.planet_id, r.order_id, r.account_id, r.kind, r.state, r.amount, r.ends, r.by_hand, r.call_id, r.ref,
       r.asked, r.said, r.why, r.decided_by, r.created_at, r.sent_at, r.ended_at, o.number, o.kind, o.rail, o.currency,
       a.name, a.username
  FROM refund r JOIN purchase_order o ON o.id = r.order_id JOIN account a ON a.id = r.account_id
 WHERE r.ref = :ref AND r.planet_id = :planet_id ORDER BY r.id DESC LIMIT 1;

-- :name refund_of_order :many
-- :in order_id int
-- :out refund_row
SELECT r.id, r.planet_id, r.order_id, r.account_id, r.kind, r.state, r.amount, r.ends, r.by_hand, r.call_id, r.ref,
       r.asked, r.said, r.why, r.decided_by, r.created_at, r.sent_at, r.ended_at, o.number, o.kind, o.rail, o.currency,
       a.name, a.username
  FROM refund r JOIN purchase_order o ON o.id = r.order_id JOIN account a ON a.id = r.account_id
 WHERE r.order_id = :order_id ORDER BY r.id;

-- :name refund_page :many
-- :in planet_id int, before_id int, n int
-- :out refund_row
SELECT r.id, r.planet_id, r.order_id, r.account_id, r.kind, r.state, r.amount, r.ends, r.by_hand, r.call_id, r.ref,
       r.asked, r.said, r.why, r.decided_by, r.created_at, r.sent_at, r.ended_at, o.number, o.kind, o.rail, o.currency,
       a.name, a.username
  FROM refund r JOIN purchase_order o ON o.id = r.order_id JOIN account a ON a.id = r.account_id
 WHERE r.planet_id = :planet_id AND r.id < :before_id ORDER BY r.id DESC LIMIT :n;

-- :name refund_open :many
-- :in planet_id int, n int
-- :out refund_row
SELECT r.id, r.planet_id, r.order_id, r.account_id, r.kind, r.state, r.amount, r.ends, r.by_hand, r.call_id, r.ref,
       r.asked, r.said, r.why, r.decided_by, r.created_at, r.sent_at, r.ended_at, o.number, o.kind, o.rail, o.currency,
       a.name, a.username
  FROM refund r JOIN purchase_order o ON o.id = r.order_id JOIN account a ON a.id = r.account_id
 WHERE r.planet_id = :planet_id AND r.state IN ('requested', 'failed', 'sent')
 ORDER BY CASE r.state WHEN 'failed' THEN 0 WHEN 'requested' THEN 1 ELSE 2 END, r.id LIMIT :n;

-- :name refund_waiting :one
-- :in planet_id int
-- :out n int
SELECT COUNT(*) FROM refund WHERE planet_id = :planet_id AND state IN ('requested', 'failed');

-- :name refund_insert :exec
-- :in id int, planet_id int, order_id int, account_id int, kind text, state text, amount int, ends int,
--     asked text, now int
INSERT INTO refund (id, planet_id, order_id, account_id, kind, state, amount, ends, by_hand, asked, said, why,
       created_at)
VALUES (:id, :planet_id, :order_id, :account_id, :kind, :state, :amount, :ends, 0, :asked, '', '', :now);

-- :name refund_set_sent :exec
-- :in id int, amount int, ends int, by_hand int, call_id int?, said text, decided_by int?, now int
UPDATE refund SET state = 'sent', amount = :amount, ends = :ends, by_hand = :by_hand, call_id = :call_id, ref = NULL,
       said = :said, why = '', decided_by = :decided_by, sent_at = :now, ended_at = NULL
 WHERE id = :id;

-- :name refund_set_ref :exec
-- :in id int, ref text?
UPDATE refund SET ref = :ref WHERE id = :id;

-- :name refund_end :exec
-- :in id int, state text, why text, now int
UPDATE refund SET state = :state, why = :why, ended_at = :now WHERE id = :id;

-- :name refund_decide :exec
-- :in id int, state text, said text, decided_by int?, now int
UPDATE refund SET state = :state, said = :said, decided_by = :decided_by, ended_at = :now WHERE id = :id;

-- What has arrived of an order, as the rows say.
-- :name refund_sum :one
-- :in order_id int
-- :out amount int
SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM refund WHERE order_id = :order_id AND state = 'succeeded';

-- Earlier payments of an account for membership in a planet: of money, or of credit.
-- :name refund_earlier :one
-- :in account_id int, planet_id int, order_id int
-- :out n int
SELECT COUNT(*) FROM purchase_order o JOIN purchase_order mine ON mine.id = :order_id
 WHERE o.account_id = :account_id AND o.planet_id = :planet_id
   AND (o.paid_at < mine.paid_at OR (o.paid_at = mine.paid_at AND o.id < mine.id))
   AND o.kind IN ('membership', 'renewal', 'upgrade')
   AND (o.total > 0 OR EXISTS (SELECT 1 FROM credit_use c WHERE c.order_id = o.id));

-- :name refund_had :one
-- :in planet_id int, by_account blob, by_mail blob
-- :out n int
SELECT COUNT(*) FROM refund_had
 WHERE planet_id = :planet_id AND (fingerprint = :by_account OR fingerprint = :by_mail);

-- :name refund_had_put :exec
-- :in planet_id int, fingerprint blob, now int
INSERT INTO refund_had (planet_id, fingerprint, at) VALUES (:planet_id, :fingerprint, :now)
ON CONFLICT (planet_id, fingerprint) DO NOTHING;

-- :name refund_had_since :one
-- :in account_id int, since int
-- :out n int
SELECT COUNT(*) FROM refund WHERE account_id = :account_id AND kind = 'button' AND created_at > :since;

-- :name refund_post_opened :one
-- :in order_id int
-- :out n int
SELECT COUNT(*) FROM post_right WHERE order_id = :order_id AND opened_at IS NOT NULL;

-- :name refund_subscriptions :many
-- :in account_id int, planet_id int, rail text
-- :out id int
SELECT s.id FROM rail_subscription s
 WHERE s.account_id = :account_id AND s.planet_id = :planet_id AND s.rail = :rail AND s.state <> 'ended'
   AND COALESCE((SELECT CASE WHEN c.state IN ('new', 'calling') THEN CASE c.step WHEN 'cancel' THEN 1 ELSE 0 END END
                   FROM pay_outbox c WHERE c.subscription_id = s.id AND c.step IN ('cancel', 'resume')
                  ORDER BY c.id DESC LIMIT 1), s.ends_with_term) = 0
 ORDER BY s.id;

-- :name refund_rule_get :maybe
-- :in planet_id int
-- :out post_hours int
SELECT post_hours FROM refund_rule WHERE planet_id = :planet_id;

-- :name refund_rule_put :exec
-- :in planet_id int, post_hours int
INSERT INTO refund_rule (planet_id, post_hours) VALUES (:planet_id, :post_hours)
ON CONFLICT (planet_id) DO UPDATE SET post_hours = excluded.post_hours;

-- What the provider kept of an order, as far as its books were read.
-- :name refund_fee :one
-- :in order_id int, account text, currency text
-- :out amount int
SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT)
  FROM txn t JOIN entry e ON e.txn_id = t.id
 WHERE t.order_id = :order_id AND e.account = :account AND e.currency = :currency;
