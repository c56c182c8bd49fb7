-- How a planet meets other servers. No row: comments are shown, followers are welcome.
CREATE TABLE fedi_planet (
    planet_id BIGINT PRIMARY KEY REFERENCES planet (id),
    comments TEXT NOT NULL CHECK (comments IN ('shown', 'first', 'held', 'off')),
    approves_followers BIGINT NOT NULL
);

-- Followers of an actor of ours at the end of a day (days since 1970; today: as far as it got).
CREATE TABLE follower_day (
    target_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (target_id, day)
);

-- Servers that an activity was queued for, and those that never took it. What still waits is in the
-- queue; the rest was delivered.
ALTER TABLE activity ADD COLUMN n_hosts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE activity ADD COLUMN n_lost BIGINT NOT NULL DEFAULT 0;
CREATE INDEX job_delivery ON job (subject, order_key) WHERE kind = 'fed.deliver';

-- What came from elsewhere, newest first.
CREATE INDEX comment_remote ON comment (state, id) WHERE actor_id IS NOT NULL;
CREATE INDEX reaction_remote ON reaction (id) WHERE actor_id <> 0;

-- Was somebody told the same already, read or not?
CREATE INDEX notice_again ON notice (account_id, kind, from_name, id);
