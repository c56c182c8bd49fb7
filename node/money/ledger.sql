-- The ledger. Nothing here changes a row: triggers would refuse it.
-- :row txn_row id int, planet_id int, seq int, at int, kind text, order_id int?, grant_id int?,
--      rail_event_id int?, reverses int?, memo text, facts text?, prev_hash blob, hash blob

-- :name txn_head :maybe
-- :in planet_id int
-- :out seq int, hash blob
SELECT seq, hash FROM txn WHERE planet_id = :planet_id ORDER BY seq DESC LIMIT 1;

-- :name txn_insert :exec
-- :in id int, planet_id int, seq int, at int, kind text, order_id int?, grant_id int?,
--     rail_event_id int?, reverses int?, memo text, facts text?, prev_hash blob, hash blob
INSERT INTO txn (id, planet_id, seq, at, kind, order_id, grant_id, rail_event_id, reverses, memo, facts, prev_hash, hash)
VALUES (:id, :planet_id, :seq, :at, :kind, :order_id, :grant_id, :rail_event_id, :reverses, :memo,
       :facts, :prev_hash, :hash);

-- :name entry_insert :exec
-- :in id int, txn_id int, account text, currency text, amount int
INSERT INTO entry (id, txn_id, account, currency, amount)
VALUES (:id, :txn_id, :account, :currency, :amount);

-- :name txn_page :many
-- :in planet_id int, after_seq int, n int
-- :out txn_row
SELECT id, planet_id, seq, at, kind, order_id, grant_id, rail_event_id, reverses, memo, facts, prev_hash, hash
  FROM txn WHERE planet_id = :planet_id AND seq > :after_seq ORDER BY seq LIMIT :n;

-- :name entry_range :many
-- :in planet_id int, first_seq int, last_seq int
-- :out txn_id int, account text, currency text, amount int
SELECT e.txn_id, e.account, e.currency, e.amount
  FROM txn t JOIN entry e ON e.txn_id = t.id
 WHERE t.planet_id = :planet_id AND t.seq >= :first_seq AND t.seq <= :last_seq
 ORDER BY t.seq, e.id;

-- :name ledger_balance :many
-- :in planet_id int
-- :out account text, currency text, amount int
SELECT e.account, e.currency, CAST(SUM(e.amount) AS BIGINT)
  FROM txn t JOIN entry e ON e.txn_id = t.id
 WHERE t.planet_id = :planet_id GROUP BY e.account, e.currency ORDER BY e.account, e.currency;

-- The latest txn of a kind about an order: what a reversal names.
-- :name txn_of_order :maybe
-- :in order_id int, kind text
-- :out id int
SELECT id FROM txn WHERE order_id = :order_id AND kind = :kind ORDER BY seq DESC LIMIT 1;

-- ---- what happened when, newest first; a page goes on behind (before_at, before_seq) ----

-- :name books_page :many
-- :in planet_id int, from_at int, to_at int, before_at int, before_seq int, n int
-- :out txn_row
SELECT id, planet_id, seq, at, kind, order_id, grant_id, rail_event_id, reverses, memo, facts, prev_hash, hash
  FROM txn
 WHERE planet_id = :planet_id AND at >= :from_at AND at < :to_at AND (at, seq) < (:before_at, :before_seq)
 ORDER BY at DESC, seq DESC LIMIT :n;

-- :name books_page_of_kind :many
-- :in planet_id int, kind text, from_at int, to_at int, before_at int, before_seq int, n int
-- :out txn_row
SELECT id, planet_id, seq, at, kind, order_id, grant_id, rail_event_id, reverses, memo, facts, prev_hash, hash
  FROM txn
 WHERE planet_id = :planet_id AND kind = :kind AND at >= :from_at AND at < :to_at
   AND (at, seq) < (:before_at, :before_seq)
 ORDER BY at DESC, seq DESC LIMIT :n;

-- :name books_page_of_order :many
-- :in planet_id int, order_id int, from_at int, to_at int, before_at int, before_seq int, n int
-- :out txn_row
SELECT id, planet_id, seq, at, kind, order_id, grant_id, rail_event_id, reverses, memo, facts, prev_hash, hash
  FROM txn
 WHERE order_id = :order_id AND planet_id = :planet_id AND at >= :from_at AND at < :to_at
   AND (at, seq) < (:before_at, :before_seq)
 ORDER BY at DESC, seq DESC LIMIT :n;

-- Of a day on which that account moved: as many as there were that day are looked at.
-- :name books_page_of_account :many
-- :in planet_id int, first text, last text, kind text?, from_at int, to_at int, before_at int, before_seq int, n int
-- :out txn_row
SELECT id, planet_id, seq, at, kind, order_id, grant_id, rail_event_id, reverses, memo, facts, prev_hash, hash
  FROM txn
 WHERE planet_id = :planet_id AND at >= :from_at AND at < :to_at AND (at, seq) < (:before_at, :before_seq)
   AND (:kind IS NULL OR kind = :kind)
   AND EXISTS (SELECT 1 FROM entry e WHERE e.txn_id = txn.id AND e.account >= :first AND e.account <= :last)
 ORDER BY at DESC, seq DESC LIMIT :n;

-- :name books_days :many
-- :in planet_id int, account text, from_day int, to_day int, n int
-- :out day int
SELECT DISTINCT day FROM ledger_day
 WHERE planet_id = :planet_id AND account = :account AND day >= :from_day AND day <= :to_day
 ORDER BY day DESC LIMIT :n;

-- :name entry_of_txn :many
-- :in txn_id int
-- :out account text, currency text, amount int
SELECT account, currency, amount FROM entry WHERE txn_id = :txn_id ORDER BY id;

-- ---- sums ----

-- :name ledger_day_add :exec
-- :in planet_id int, account text, currency text, day int, debit int, credit int
INSERT INTO ledger_day (planet_id, account, currency, day, debit, credit, n)
VALUES (:planet_id, :account, :currency, :day, :debit, :credit, 1)
ON CONFLICT (planet_id, account, currency, day) DO UPDATE
   SET debit = ledger_day.debit + :debit, credit = ledger_day.credit + :credit, n = ledger_day.n + 1;

-- :name ledger_days :many
-- :in planet_id int, from_day int, to_day int
-- :out account text, currency text, day int, debit int, credit int, n int
SELECT account, currency, day, debit, credit, n FROM ledger_day
 WHERE planet_id = :planet_id AND day >= :from_day AND day <= :to_day ORDER BY account, currency, day;

-- What moved between two moments that are no midnights.
-- :name ledger_moved :many
-- :in planet_id int, from_at int, to_at int
-- :out account text, currency text, debit int, credit int, n int
SELECT e.account, e.currency, CAST(SUM(CASE WHEN e.amount > 0 THEN e.amount ELSE 0 END) AS BIGINT),
       CAST(SUM(CASE WHEN e.amount < 0 THEN -e.amount ELSE 0 END) AS BIGINT), COUNT(*)
  FROM txn t JOIN entry e ON e.txn_id = t.id
 WHERE t.planet_id = :planet_id AND t.at >= :from_at AND t.at < :to_at
 GROUP BY e.account, e.currency ORDER BY e.account, e.currency;

-- :name ledger_accounts :many
-- :in planet_id int
-- :out account text, currency text, debit int, credit int
SELECT account, currency, CAST(SUM(debit) AS BIGINT), CAST(SUM(credit) AS BIGINT) FROM ledger_day
 WHERE planet_id = :planet_id GROUP BY account, currency ORDER BY account, currency;

-- :name ledger_days_forget :exec
-- :in planet_id int
DELETE FROM ledger_day WHERE planet_id = :planet_id;

-- :name ledger_days_fill :exec
-- :in planet_id int, day_ms int
INSERT INTO ledger_day (planet_id, account, currency, day, debit, credit, n)
SELECT t.planet_id, CASE WHEN e.account LIKE 'member_credit:%' THEN 'member_credit' ELSE e.account END AS name,
       e.currency, t.at / :day_ms AS day, SUM(CASE WHEN e.amount > 0 THEN e.amount ELSE 0 END),
       SUM(CASE WHEN e.amount < 0 THEN -e.amount ELSE 0 END), COUNT(*)
  FROM txn t JOIN entry e ON e.txn_id = t.id
 WHERE t.planet_id = :planet_id
 GROUP BY 1, 2, 3, 4;

-- ---- what the books say of a grant ----

-- :name grant_facts :one
-- :in id int
-- :out account_id int, tier_id int, rank int, kind text, starts_at int, ends_at int?, anchor_day int,
--      window_days int?, order_id int?, price_id int?, with_files int, created_at int
SELECT account_id, tier_id, rank, kind, starts_at, ends_at, anchor_day, window_days, order_id, price_id,
       with_files, created_at
  FROM member_grant WHERE id = :id;

-- :name grant_planet :maybe
-- :in id int
-- :out planet_id int
SELECT planet_id FROM member_grant WHERE id = :id;

-- Only to mend a row that is not as the ledger says.
-- :name grant_mend :exec
-- :in id int, account_id int, tier_id int, rank int, kind text, starts_at int, ends_at int?, anchor_day int,
--     window_days int?, order_id int?, price_id int?, with_files int, created_at int
UPDATE member_grant SET account_id = :account_id, tier_id = :tier_id, rank = :rank, kind = :kind, starts_at = :starts_at,
       ends_at = :ends_at, anchor_day = :anchor_day, window_days = :window_days, order_id = :order_id,
       price_id = :price_id, with_files = :with_files, created_at = :created_at
 WHERE id = :id;

-- :name grant_event_by_id :maybe
-- :in id int
-- :out grant_id int, at int, kind text, ends_at int?
SELECT grant_id, at, kind, ends_at FROM grant_event WHERE id = :id
UNION ALL
SELECT grant_id, at, 'grace', until FROM grant_grace WHERE id = :id;

-- :name grants_strange :one
-- :in planet_id int
-- :out n int
SELECT COUNT(*) FROM member_grant g
 WHERE g.planet_id = :planet_id AND NOT EXISTS (SELECT 1 FROM txn t WHERE t.grant_id = g.id);

-- :name ledger_days_wrong :one
-- :in planet_id int, day_ms int
-- :out n int
SELECT (SELECT COUNT(*) FROM (
    SELECT account, currency, day, debit, credit, n FROM ledger_day WHERE planet_id = :planet_id
    EXCEPT
    SELECT CASE WHEN e.account LIKE 'member_credit:%' THEN 'member_credit' ELSE e.account END, e.currency,
           t.at / :day_ms, SUM(CASE WHEN e.amount > 0 THEN e.amount ELSE 0 END),
           SUM(CASE WHEN e.amount < 0 THEN -e.amount ELSE 0 END), COUNT(*)
      FROM txn t JOIN entry e ON e.txn_id = t.id WHERE t.planet_id = :planet_id GROUP BY 1, 2, 3) AS too_much)
  + (SELECT COUNT(*) FROM (
    SELECT CASE WHEN e.account LIKE 'member_credit:%' THEN 'member_credit' ELSE e.account END, e.currency,
           t.at / :day_ms, SUM(CASE WHEN e.amount > 0 THEN e.amount ELSE 0 END),
           SUM(CASE WHEN e.amount < 0 THEN -e.amount ELSE 0 END), COUNT(*)
      FROM txn t JOIN entry e ON e.txn_id = t.id WHERE t.planet_id = :planet_id GROUP BY 1, 2, 3
    EXCEPT
    SELECT account, currency, day, debit, credit, n FROM ledger_day WHERE planet_id = :planet_id) AS too_little);
