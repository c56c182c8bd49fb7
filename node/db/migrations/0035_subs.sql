-- What further terms of a subscription may cost: each price that its provider was asked to charge. A charge may be told
-- long after the next change, or before the provider's answer to one.
CREATE TABLE subscription_price (
    subscription_id BIGINT NOT NULL REFERENCES rail_subscription (id),
    price_id BIGINT NOT NULL REFERENCES price (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (subscription_id, price_id)
);

-- Carrying a planet's subscriptions over, some at a time.
ALTER TABLE paywall_switch ADD COLUMN sub_after BIGINT NOT NULL DEFAULT 0; -- the last one that was told
CREATE INDEX rail_subscription_planet ON rail_subscription (planet_id, id);

-- Is a call overtaken by a newer one?
CREATE INDEX pay_outbox_subscription ON pay_outbox (subscription_id, id) WHERE subscription_id IS NOT NULL;
