-- Do free days want a way of paying first? No row: they don't.
CREATE TABLE trial_rule (
    planet_id BIGINT PRIMARY KEY REFERENCES planet (id),
    card_first BIGINT NOT NULL
);
