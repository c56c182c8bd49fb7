-- How far what providers told was looked through, to be emptied (node/money/forget.h): every row of its table with an
-- id up to here was old enough and either is empty or stands in forget_left.
CREATE TABLE forget_mark (
    what TEXT PRIMARY KEY,
    upto BIGINT NOT NULL
);
-- Old enough, and not settled yet: looked at again each time.
CREATE TABLE forget_left (
    what TEXT NOT NULL,
    id BIGINT NOT NULL,
    PRIMARY KEY (what, id)
);
CREATE INDEX unmatched_event ON unmatched (rail_event_id);
