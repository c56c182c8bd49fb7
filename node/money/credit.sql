-- What members have to spend.

-- :name credit_get :maybe
-- :in planet_id int, account_id int, currency text
-- :out amount int
SELECT amount FROM member_credit
 WHERE planet_id = :planet_id AND account_id = :account_id AND currency = :currency;

-- :name credit_of_account :many
-- :in account_id int
-- :out planet_id int, currency text, amount int
SELECT planet_id, currency, amount FROM member_credit
 WHERE account_id = :account_id AND amount <> 0 ORDER BY planet_id, currency;

-- :name credit_change :exec
-- :in planet_id int, account_id int, currency text, amount int
INSERT INTO member_credit (planet_id, account_id, currency, amount)
VALUES (:planet_id, :account_id, :currency, :amount)
ON CONFLICT (planet_id, account_id, currency) DO UPDATE SET amount = member_credit.amount + excluded.amount;

-- :name credit_use_insert :exec
-- :in order_id int, amount int
INSERT INTO credit_use (order_id, amount) VALUES (:order_id, :amount);

-- :name credit_use_get :maybe
-- :in order_id int
-- :out amount int, spent_txn int?, returned_at int?
SELECT amount, spent_txn, returned_at FROM credit_use WHERE order_id = :order_id;

-- :name credit_use_spent :exec
-- :in order_id int, txn_id int
UPDATE credit_use SET spent_txn = :txn_id WHERE order_id = :order_id;

-- :name credit_use_returned :exec
-- :in order_id int, now int
UPDATE credit_use SET returned_at = :now WHERE order_id = :order_id;
