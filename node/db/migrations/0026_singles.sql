-- P35, P36: what is bought singly. The orders stand in purchase_order; here is what they are for.

-- How single things are sold in a planet; no row: as the defaults of the code say.
CREATE TABLE single_rule (
    planet_id BIGINT PRIMARY KEY REFERENCES planet (id),
    count_days BIGINT NOT NULL          -- a post counts toward a membership for so long; 0: it does not
);

-- What was paid for a post made a membership cheaper: for as long as that order stands.
CREATE TABLE post_counted (
    order_id BIGINT NOT NULL REFERENCES purchase_order (id),      -- of the membership
    post_order_id BIGINT NOT NULL REFERENCES purchase_order (id),
    amount BIGINT NOT NULL,
    PRIMARY KEY (order_id, post_order_id)
);
CREATE INDEX post_counted_post ON post_counted (post_order_id);
CREATE INDEX purchase_order_post ON purchase_order (post_id, kind) WHERE post_id IS NOT NULL;
