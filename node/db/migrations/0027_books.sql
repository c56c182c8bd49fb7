-- What a transaction says of a membership, as JSON that is hashed with it; NULL: nothing, or an old one.
ALTER TABLE txn ADD COLUMN facts TEXT;
CREATE INDEX txn_at ON txn (planet_id, at, seq);
CREATE INDEX txn_kind ON txn (planet_id, kind, at, seq);
CREATE INDEX txn_order ON txn (order_id, seq);
CREATE INDEX txn_grant ON txn (grant_id);

-- What was moved on each account of the books on each day (UTC), derived from the entries: so that sums of
-- a year need not read them all. Accounts of members (member_credit:7) are one here.
CREATE TABLE ledger_day (
    planet_id BIGINT NOT NULL,
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    day BIGINT NOT NULL,                -- since 1970
    debit BIGINT NOT NULL,
    credit BIGINT NOT NULL,
    n BIGINT NOT NULL,                  -- how many entries
    PRIMARY KEY (planet_id, account, currency, day)
);
CREATE INDEX ledger_day_day ON ledger_day (planet_id, day);
INSERT INTO ledger_day (planet_id, account, currency, day, debit, credit, n)
SELECT t.planet_id, CASE WHEN e.account LIKE 'member_credit:%' THEN 'member_credit' ELSE e.account END AS name,
       e.currency, t.at / 86400000 AS day, SUM(CASE WHEN e.amount > 0 THEN e.amount ELSE 0 END),
       SUM(CASE WHEN e.amount < 0 THEN -e.amount ELSE 0 END), COUNT(*)
  FROM txn t JOIN entry e ON e.txn_id = t.id
 GROUP BY 1, 2, 3, 4;

-- P8: what is known of money that fits no order, and what the owner decided.
ALTER TABLE unmatched ADD COLUMN rail TEXT;
ALTER TABLE unmatched ADD COLUMN rail_ref TEXT;     -- the rail's name of the payment
ALTER TABLE unmatched ADD COLUMN booked BIGINT NOT NULL DEFAULT 0; -- 1: it lies in held:unmatched
ALTER TABLE unmatched ADD COLUMN state TEXT NOT NULL DEFAULT 'open'; -- open, assigned, refunding, refunded, kept, settled
ALTER TABLE unmatched ADD COLUMN order_id BIGINT;   -- assigned to
ALTER TABLE unmatched ADD COLUMN decided_by BIGINT;
ALTER TABLE unmatched ADD COLUMN txn_id BIGINT;     -- that put it there
ALTER TABLE unmatched ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0;
ALTER TABLE unmatched ADD COLUMN note TEXT;         -- why giving back failed
UPDATE unmatched SET state = 'settled' WHERE settled_at IS NOT NULL;
CREATE INDEX unmatched_open ON unmatched (planet_id, state, id);
CREATE INDEX unmatched_ref ON unmatched (planet_id, rail, rail_ref);
ALTER TABLE pay_outbox ADD COLUMN unmatched_id BIGINT; -- a refund of money without an order

-- P42: the nightly comparison of a provider's report with the books.
CREATE TABLE recon_run (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    rail TEXT NOT NULL,
    from_at BIGINT NOT NULL,            -- the provider's lines of [from_at, to_at) were compared
    to_at BIGINT NOT NULL,
    ran_at BIGINT NOT NULL,
    n_lines BIGINT NOT NULL,
    n_same BIGINT NOT NULL,
    n_open BIGINT NOT NULL,             -- differences found by this run
    error TEXT                          -- why the report could not be had; NULL: it could
);
CREATE INDEX recon_run_planet ON recon_run (planet_id, id);
CREATE TABLE recon_diff (
    id BIGINT PRIMARY KEY,
    run_id BIGINT NOT NULL REFERENCES recon_run (id),
    planet_id BIGINT NOT NULL,
    rail TEXT NOT NULL,
    what TEXT NOT NULL CHECK (what IN ('missing_here', 'missing_there', 'amount')),
    kind TEXT NOT NULL,                 -- payment, refund, dispute, fee
    ref TEXT NOT NULL,                  -- the provider's name, or the order's number
    order_id BIGINT,
    theirs BIGINT NOT NULL,
    ours BIGINT NOT NULL,
    currency TEXT NOT NULL,
    at BIGINT NOT NULL,
    found_at BIGINT NOT NULL,
    closed_at BIGINT,                   -- a later run found it gone, or the owner dealt with it
    closed_by BIGINT,
    UNIQUE (planet_id, rail, kind, ref)
);
CREATE INDEX recon_diff_open ON recon_diff (planet_id, closed_at, id);
-- What the provider's report says of orders of ours.
CREATE TABLE recon_line (
    planet_id BIGINT NOT NULL,
    rail TEXT NOT NULL,
    line TEXT NOT NULL,                 -- the provider's name of the line
    kind TEXT NOT NULL,                 -- payment, refund, dispute, fee (an amount that we can't compare)
    order_id BIGINT NOT NULL,
    amount BIGINT NOT NULL,             -- as it moved there: in is more than 0
    fee BIGINT NOT NULL,
    currency TEXT NOT NULL,
    at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (planet_id, rail, line)
);
CREATE INDEX recon_line_order ON recon_line (planet_id, order_id);
CREATE INDEX recon_line_at ON recon_line (planet_id, rail, at);
