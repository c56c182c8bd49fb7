CREATE TABLE planet_field (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (planet_id, position)
);
