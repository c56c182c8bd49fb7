-- Single refunds as they are known by name. Some providers tell of each and never of their sum; told in any order
-- and any number of times, the rows give the same sum.
CREATE TABLE rail_back (
    planet_id BIGINT NOT NULL,
    rail TEXT NOT NULL,
    ref TEXT NOT NULL,                  -- the key of our call, else the provider's name of it
    order_id BIGINT NOT NULL REFERENCES purchase_order (id),
    amount BIGINT NOT NULL,
    PRIMARY KEY (planet_id, rail, ref)
);
CREATE INDEX rail_back_order ON rail_back (order_id);
