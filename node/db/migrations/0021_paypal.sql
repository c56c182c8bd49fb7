-- What was made once at a provider for a price: PayPal's products and plans, a coupon of Stripe's.
CREATE TABLE rail_plan (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    rail TEXT NOT NULL,
    merchant TEXT NOT NULL,             -- in whose account it is
    what TEXT NOT NULL,                 -- what it is for, in our words: all that tells it from others
    ref TEXT NOT NULL,                  -- the provider's name of it
    created_at BIGINT NOT NULL,
    PRIMARY KEY (planet_id, rail, merchant, what)
);

-- Who pays, as a provider knows them (its customer, a card): keyed hashes, to see that two accounts are one
-- person. Never shown, and no way back to the provider's name.
CREATE TABLE rail_payer (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    fingerprint BYTEA NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (planet_id, fingerprint, account_id)
);
CREATE INDEX rail_payer_account ON rail_payer (account_id, planet_id, fingerprint);
