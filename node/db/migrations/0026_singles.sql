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

-- Tips: within which amounts, in which currencies; no row: the planet takes none.
CREATE TABLE tip_rule (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    currency TEXT NOT NULL,
    least BIGINT NOT NULL,
    most BIGINT NOT NULL,
    PRIMARY KEY (planet_id, currency)
);
-- A tip's money and state are its order's.
CREATE TABLE tip (
    order_id BIGINT PRIMARY KEY REFERENCES purchase_order (id),
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    post_id BIGINT NOT NULL REFERENCES post (id),
    comment_id BIGINT NOT NULL,         -- 0: for the post itself
    account_id BIGINT NOT NULL REFERENCES account (id),
    to_account_id BIGINT NOT NULL REFERENCES account (id), -- who wrote that
    words TEXT NOT NULL,
    named BIGINT NOT NULL,              -- 1: the giver's name and words may stand below it
    hidden BIGINT NOT NULL              -- 1: by who looks after the planet
);
CREATE INDEX tip_post ON tip (post_id, order_id);
CREATE INDEX tip_planet ON tip (planet_id, order_id);
