-- What an open planet asks before somebody joins: nothing, the owner's approval, or an invitation.
ALTER TABLE planet ADD COLUMN admission TEXT NOT NULL DEFAULT 'open'; -- open, approval, invitation
ALTER TABLE planet ADD COLUMN join_question TEXT NOT NULL DEFAULT '';

CREATE TABLE join_request (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    answer TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'declined')),
    created_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by BIGINT,
    UNIQUE (planet_id, account_id)
);
CREATE INDEX join_request_waiting ON join_request (planet_id, state, id);

-- P38. A coupon is ended, never deleted: orders name it.
CREATE TABLE coupon (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    code TEXT NOT NULL,                 -- as it is typed, upper case
    note TEXT NOT NULL,                 -- for the owner
    percent_bp BIGINT,                  -- hundredths of a percent; NULL: the amounts of coupon_amount
    periods BIGINT,                     -- how many terms it makes cheaper; NULL: all that follow
    total_max BIGINT,                   -- NULL: any number
    account_max BIGINT NOT NULL,
    expires_at BIGINT,
    ended_at BIGINT,
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (planet_id, code)
);
CREATE TABLE coupon_amount (
    coupon_id BIGINT NOT NULL REFERENCES coupon (id),
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,             -- off; 0 with percent_bp
    min_total BIGINT NOT NULL,          -- of the list price
    PRIMARY KEY (coupon_id, currency)
);
CREATE TABLE coupon_tier (              -- no row: every tier
    coupon_id BIGINT NOT NULL REFERENCES coupon (id),
    tier_id BIGINT NOT NULL REFERENCES tier (id),
    PRIMARY KEY (coupon_id, tier_id)
);
-- Reserved, consumed and released follow from the order's state: nothing is counted twice.
CREATE TABLE coupon_use (
    order_id BIGINT PRIMARY KEY REFERENCES purchase_order (id),
    coupon_id BIGINT NOT NULL REFERENCES coupon (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    is_first BIGINT NOT NULL            -- 1: takes one of total_max; 0: a further term of one taken
);
CREATE INDEX coupon_use_coupon ON coupon_use (coupon_id, account_id);
CREATE INDEX coupon_use_account ON coupon_use (account_id, order_id);

-- P25: who had a free trial, by fingerprints of account, mail and (where a rail tells it) card.
CREATE TABLE trial_had (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    fingerprint BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (planet_id, fingerprint)
);

-- P26. The link can be shown again: it is kept sealed, and found by its hash.
CREATE TABLE trial_card (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    tier_id BIGINT NOT NULL REFERENCES tier (id),
    name TEXT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE,
    token_sealed BYTEA NOT NULL,
    uses BIGINT NOT NULL,               -- how many people may use it
    used BIGINT NOT NULL,
    days BIGINT NOT NULL,
    window_days BIGINT NOT NULL,
    with_files BIGINT NOT NULL,
    expires_at BIGINT,
    ended_at BIGINT,
    created_by BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX trial_card_planet ON trial_card (planet_id, id);
CREATE TABLE trial_card_use (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    card_id BIGINT NOT NULL REFERENCES trial_card (id),
    grant_id BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (planet_id, account_id)
);
CREATE INDEX trial_card_use_card ON trial_card_use (card_id, at);
ALTER TABLE member_grant ADD COLUMN with_files BIGINT NOT NULL DEFAULT 0; -- of a trial card

-- P37. Its state is that of its order; the term begins when it is redeemed.
CREATE TABLE gift (
    id BIGINT PRIMARY KEY,
    order_id BIGINT NOT NULL UNIQUE REFERENCES purchase_order (id),
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    buyer_id BIGINT NOT NULL REFERENCES account (id),
    tier_id BIGINT NOT NULL REFERENCES tier (id),
    hash BYTEA NOT NULL UNIQUE,
    sealed BYTEA NOT NULL,              -- the code, for its buyer
    to_name TEXT NOT NULL,
    words TEXT NOT NULL,
    redeem_until BIGINT,                -- set when it is paid
    redeemed_by BIGINT,
    redeemed_at BIGINT,
    grant_id BIGINT,
    refund_asked_at BIGINT              -- by its buyer: from then on nobody redeems it
);
CREATE INDEX gift_buyer ON gift (buyer_id, id);
CREATE INDEX gift_planet ON gift (planet_id, id);
CREATE INDEX gift_tier ON gift (tier_id, redeemed_at);

-- P39: each member's invitation, the planet's rule, and who came by whom.
CREATE TABLE invite (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    code TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (planet_id, account_id)
);
CREATE TABLE referral_rule (
    planet_id BIGINT PRIMARY KEY REFERENCES planet (id),
    reward TEXT NOT NULL CHECK (reward IN ('none', 'days', 'credit')),
    days BIGINT NOT NULL,
    wait_days BIGINT NOT NULL           -- how long the payment must have stood
);
CREATE TABLE referral_amount (          -- the credit, by the currency that was paid in
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (planet_id, currency)
);
CREATE TABLE referral (
    order_id BIGINT PRIMARY KEY REFERENCES purchase_order (id),
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    referrer_id BIGINT NOT NULL REFERENCES account (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    state TEXT NOT NULL CHECK (state IN ('ordered', 'pending', 'given', 'void', 'taken_back')),
    reason TEXT NOT NULL,               -- of void, for the owner
    due_at BIGINT,
    days BIGINT NOT NULL,               -- as the rule stood when it was paid
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    grant_id BIGINT,
    txn_id BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX referral_referrer ON referral (referrer_id, planet_id);
CREATE INDEX referral_planet ON referral (planet_id, order_id);

-- What a member has to spend here: follows member_credit:<account> of the ledger.
CREATE TABLE member_credit (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,             -- below 0: taken back after it was spent
    PRIMARY KEY (planet_id, account_id, currency)
);
CREATE INDEX member_credit_account ON member_credit (account_id, planet_id, currency);
CREATE TABLE credit_use (
    order_id BIGINT PRIMARY KEY REFERENCES purchase_order (id),
    amount BIGINT NOT NULL,             -- of the order's currency
    spent_txn BIGINT,                   -- NULL: not paid yet
    returned_at BIGINT
);
