-- A payment that its owner confirms by hand: a bank transfer, or one to a personal payment code.
CREATE TABLE transfer (
    order_id BIGINT PRIMARY KEY REFERENCES purchase_order (id),
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    memo TEXT NOT NULL,                 -- eight characters that the buyer writes on it
    amount BIGINT NOT NULL,             -- what is to be sent: the order's total, and extra
    currency TEXT NOT NULL,
    extra BIGINT NOT NULL,              -- added so that the amount is unlike others
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'confirmed', 'tray', 'rejected')),
    said_at BIGINT,                     -- its buyer said that it is sent
    says BIGINT NOT NULL,               -- how often
    payer TEXT,                         -- the name that the bank shows, in the buyer's words
    bank_ref TEXT,                      -- the bank's reference; upper case, without spaces
    media_id BIGINT,                    -- a private picture; gone after 90 days
    picture TEXT,                       -- its SHA-256, which stays
    provisional_grant_id BIGINT,
    decided_at BIGINT,
    decided_by BIGINT,
    reason TEXT,                        -- of a rejection, to its buyer
    created_at BIGINT NOT NULL,
    UNIQUE (planet_id, memo)
);
CREATE INDEX transfer_state ON transfer (planet_id, state, said_at, order_id);
CREATE INDEX transfer_amount ON transfer (planet_id, currency, amount);
CREATE INDEX transfer_picture ON transfer (planet_id, picture);
CREATE INDEX transfer_bank_ref ON transfer (planet_id, bank_ref);
CREATE INDEX transfer_decided ON transfer (planet_id, decided_at, order_id);
CREATE INDEX transfer_account ON transfer (account_id, planet_id);

-- Since when its rail has seen the payment and waits to be sure of it; NULL: not seen.
ALTER TABLE purchase_order ADD COLUMN seen_at BIGINT;
