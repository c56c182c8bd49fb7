-- Invitations and the rewards for them.
-- :row referral_row order_id int, planet_id int, referrer_id int, account_id int, state text,
--      reason text, due_at int?, days int, amount int, currency text, grant_id int?, txn_id int?,
--      created_at int, referrer_name text, name text

-- :name invite_get :maybe
-- :in planet_id int, account_id int
-- :out code text
SELECT code FROM invite WHERE planet_id = :planet_id AND account_id = :account_id;

-- :name invite_insert :exec
-- :in planet_id int, account_id int, code text, created_at int
INSERT INTO invite (planet_id, account_id, code, created_at)
VALUES (:planet_id, :account_id, :code, :created_at)
ON CONFLICT (planet_id, account_id) DO NOTHING;

-- :name invite_find :maybe
-- :in code text
-- :out planet_id int, account_id int, name text, username text
SELECT i.planet_id, i.account_id, a.name, a.username
  FROM invite i JOIN account a ON a.id = i.account_id
 WHERE i.code = :code AND a.state = 'active';

-- :name referral_rule_get :maybe
-- :in planet_id int
-- :out reward text, days int, wait_days int
SELECT reward, days, wait_days FROM referral_rule WHERE planet_id = :planet_id;

-- :name referral_rule_put :exec
-- :in planet_id int, reward text, days int, wait_days int
INSERT INTO referral_rule (planet_id, reward, days, wait_days)
VALUES (:planet_id, :reward, :days, :wait_days)
ON CONFLICT (planet_id) DO UPDATE
   SET reward = excluded.reward, days = excluded.days, wait_days = excluded.wait_days;

-- :name referral_amounts :many
-- :in planet_id int
-- :out currency text, amount int
SELECT currency, amount FROM referral_amount WHERE planet_id = :planet_id ORDER BY currency;

-- :name referral_amounts_drop :exec
-- :in planet_id int
DELETE FROM referral_amount WHERE planet_id = :planet_id;

-- :name referral_amount_put :exec
-- :in planet_id int, currency text, amount int
INSERT INTO referral_amount (planet_id, currency, amount) VALUES (:planet_id, :currency, :amount);

-- :name referral_insert :exec
-- :in order_id int, planet_id int, referrer_id int, account_id int, created_at int
INSERT INTO referral (order_id, planet_id, referrer_id, account_id, state, reason, days, amount, currency,
       created_at)
VALUES (:order_id, :planet_id, :referrer_id, :account_id, 'ordered', '', 0, 0, 'XXX', :created_at);

-- :name referral_get :maybe
-- :in order_id int
-- :out referral_row
SELECT r.order_id, r.planet_id, r.referrer_id, r.account_id, r.state, r.reason, r.due_at, r.days, r.amount,
       r.currency, r.grant_id, r.txn_id, r.created_at, b.name, a.name
  FROM referral r JOIN account b ON b.id = r.referrer_id JOIN account a ON a.id = r.account_id
 WHERE r.order_id = :order_id;

-- :name referral_of_referrer :many
-- :in planet_id int, account_id int
-- :out referral_row
SELECT r.order_id, r.planet_id, r.referrer_id, r.account_id, r.state, r.reason, r.due_at, r.days, r.amount,
       r.currency, r.grant_id, r.txn_id, r.created_at, b.name, a.name
  FROM referral r JOIN account b ON b.id = r.referrer_id JOIN account a ON a.id = r.account_id
 WHERE r.referrer_id = :account_id AND r.planet_id = :planet_id AND r.state <> 'ordered'
 ORDER BY r.order_id DESC LIMIT 200;

-- :name referral_of_planet :many
-- :in planet_id int, before_id int, n int
-- :out referral_row
SELECT r.order_id, r.planet_id, r.referrer_id, r.account_id, r.state, r.reason, r.due_at, r.days, r.amount,
       r.currency, r.grant_id, r.txn_id, r.created_at, b.name, a.name
  FROM referral r JOIN account b ON b.id = r.referrer_id JOIN account a ON a.id = r.account_id
 WHERE r.planet_id = :planet_id AND r.order_id < :before_id AND r.state <> 'ordered' ORDER BY r.order_id DESC LIMIT :n;

-- Has this account paid here before, by another order?
-- :name referral_paid_before :one
-- :in planet_id int, account_id int, order_id int
-- :out n int
SELECT COUNT(*) FROM purchase_order
 WHERE account_id = :account_id AND planet_id = :planet_id AND id <> :order_id AND total > 0
   AND paid_at IS NOT NULL AND tier_id IS NOT NULL AND kind <> 'gift';

-- :name referral_set_pending :exec
-- :in order_id int, due_at int, days int, amount int, currency text
UPDATE referral SET state = 'pending', due_at = :due_at, days = :days, amount = :amount,
       currency = :currency
 WHERE order_id = :order_id AND state = 'ordered';

-- :name referral_set_given :exec
-- :in order_id int, grant_id int?, txn_id int?
UPDATE referral SET state = 'given', grant_id = :grant_id, txn_id = :txn_id
 WHERE order_id = :order_id AND state = 'pending';

-- :name referral_set_state :exec
-- :in order_id int, state text, reason text
UPDATE referral SET state = :state, reason = :reason WHERE order_id = :order_id;

-- :name referral_order_state :one
-- :in order_id int
-- :out state text
SELECT state FROM purchase_order WHERE id = :order_id;
