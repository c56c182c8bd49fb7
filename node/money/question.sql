-- Paid questions. The answers stand in answer_body, which is not read here.
-- :row question_row id int, planet_id int, order_id int, asker_id int, answerer_id int, text text, anonymous int,
--      listen_amount int, currency text, state text, why text, hidden int, share text, share_days int, share_bp int,
--      days int, created_at int, paid_at int?, due_at int?, answered_at int?, ended_at int?, number text, total int,
--      order_state text, asker_name text, answerer_name text, answerer_username text, listeners int

-- :name question_rule_get :maybe
-- :in planet_id int
-- :out days int, members_only int, share text, share_days int, share_bp int
SELECT days, members_only, share, share_days, share_bp FROM question_rule WHERE planet_id = :planet_id;

-- :name question_rule_put :exec
-- :in planet_id int, days int, members_only int, share text, share_days int, share_bp int
INSERT INTO question_rule (planet_id, days, members_only, share, share_days, share_bp)
VALUES (:planet_id, :days, :members_only, :share, :share_days, :share_bp)
ON CONFLICT (planet_id) DO UPDATE SET days = excluded.days, members_only = excluded.members_only,
   share = excluded.share, share_days = excluded.share_days, share_bp = excluded.share_bp;

-- :name answerer_of_planet :many
-- :public
-- :in planet_id int
-- :out account_id int, currency text, amount int, listen_amount int, about text, is_open int, name text, username text
SELECT w.account_id, w.currency, w.amount, w.listen_amount, w.about, w.is_open, a.name, a.username
  FROM answerer w JOIN account a ON a.id = w.account_id
  JOIN role r ON r.account_id = w.account_id AND r.planet_id = w.planet_id
 WHERE w.planet_id = :planet_id AND r.role IN ('owner', 'partner', 'guest') AND a.state = 'active'
 ORDER BY CASE r.role WHEN 'owner' THEN 0 WHEN 'partner' THEN 1 ELSE 2 END, w.account_id;

-- :name answerer_put :exec
-- :in planet_id int, account_id int, currency text, amount int, listen_amount int, about text, is_open int
INSERT INTO answerer (planet_id, account_id, currency, amount, listen_amount, about, is_open)
VALUES (:planet_id, :account_id, :currency, :amount, :listen_amount, :about, :is_open)
ON CONFLICT (planet_id, account_id) DO UPDATE SET currency = excluded.currency, amount = excluded.amount,
   listen_amount = excluded.listen_amount, about = excluded.about, is_open = excluded.is_open;

-- :name question_insert :exec
-- :in id int, planet_id int, order_id int, asker_id int, answerer_id int, text text, anonymous int, listen_amount int,
--     currency text, share text, share_days int, share_bp int, days int, now int
INSERT INTO question (id, planet_id, order_id, asker_id, answerer_id, text, anonymous, listen_amount, currency, state, why,
       hidden, share, share_days, share_bp, days, created_at)
VALUES (:id, :planet_id, :order_id, :asker_id, :answerer_id, :text, :anonymous, :listen_amount, :currency, 'draft', '',
       0, :share, :share_days, :share_bp, :days, :now);

-- :name question_get :one
-- :in id int
-- :out question_row
SELECT q.* FROM question_seen q
 WHERE q.id = :id;

-- :name question_of_order :maybe
-- :in order_id int
-- :out id int
SELECT id FROM question WHERE order_id = :order_id;

-- :name question_listed :many
-- :in planet_id int, before_id int, n int
-- :out question_row
SELECT q.* FROM question_seen q
 WHERE q.planet_id = :planet_id AND q.id < :before_id AND q.state IN ('answered', 'released') AND q.listen_amount > 0
   AND q.hidden = 0
 ORDER BY q.id DESC LIMIT :n;

-- :name question_asked_by :many
-- :in account_id int, n int
-- :out question_row
SELECT q.* FROM question_seen q
 WHERE q.asker_id = :account_id AND (q.state <> 'draft' OR q.order_state IN ('new', 'pending'))
 ORDER BY q.id DESC LIMIT :n;

-- :name question_asked_of :many
-- :in account_id int, n int
-- :out question_row
SELECT q.* FROM question_seen q
 WHERE q.answerer_id = :account_id AND q.state <> 'draft'
 ORDER BY CASE q.state WHEN 'held' THEN 0 ELSE 1 END, q.id DESC LIMIT :n;

-- :name question_of_planet :many
-- :in planet_id int, before_id int, n int
-- :out question_row
SELECT q.* FROM question_seen q
 WHERE q.planet_id = :planet_id AND q.id < :before_id AND q.state <> 'draft'
 ORDER BY q.id DESC LIMIT :n;

-- Those of one asker that wait for an answer or for their payment.
-- :name question_open_of :one
-- :in planet_id int, account_id int, now int
-- :out n int
SELECT COUNT(*) FROM question q JOIN purchase_order o ON o.id = q.order_id
 WHERE q.planet_id = :planet_id AND q.asker_id = :account_id
   AND (q.state = 'held' OR (q.state = 'draft' AND o.state IN ('new', 'pending') AND o.expires_at > :now));

-- :name question_set_held :exec
-- :in id int, now int, due_at int
UPDATE question SET state = 'held', paid_at = :now, due_at = :due_at WHERE id = :id AND state = 'draft';

-- :name question_set_answered :exec
-- :in id int, now int
UPDATE question SET state = 'answered', answered_at = :now WHERE id = :id AND state = 'held';

-- :name question_set_state :exec
-- :in id int, state text, why text, now int
UPDATE question SET state = :state, why = :why, ended_at = :now WHERE id = :id;

-- :name question_set_hidden :exec
-- :in id int, hidden int
UPDATE question SET hidden = :hidden WHERE id = :id;

-- What of an order's payment is held still: below 0, as a debt is.
-- :name question_held :one
-- :in order_id int
-- :out amount int
SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM txn t JOIN entry e ON e.txn_id = t.id
 WHERE t.order_id = :order_id AND e.account = 'held:questions';

-- :name question_share_insert :exec
-- :in order_id int, question_id int, account_id int, grant_id int?, txn_id int?, amount int, currency text
INSERT INTO question_share (order_id, question_id, account_id, grant_id, txn_id, amount, currency)
VALUES (:order_id, :question_id, :account_id, :grant_id, :txn_id, :amount, :currency);

-- :name question_share_get :maybe
-- :in order_id int
-- :out account_id int, grant_id int?, txn_id int?, amount int, currency text, taken_back_at int?
SELECT account_id, grant_id, txn_id, amount, currency, taken_back_at FROM question_share WHERE order_id = :order_id;

-- :name question_share_take_back :exec
-- :in order_id int, now int
UPDATE question_share SET taken_back_at = :now WHERE order_id = :order_id;
