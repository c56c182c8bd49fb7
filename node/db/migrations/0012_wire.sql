-- Our own actors' keys while they change. The pair that signs stands in actor; here is the other one: the
-- next (announced) or the one before (switched). Who never changed has no row.
CREATE TABLE key_change (
    actor_id BIGINT PRIMARY KEY REFERENCES actor (id),
    state TEXT NOT NULL CHECK (state IN ('steady', 'announced', 'switched')),
    since BIGINT NOT NULL,
    serial BIGINT NOT NULL,             -- of the pair in actor; the first is 1
    other_serial BIGINT NOT NULL,       -- of the pair here; 0: none
    other_rsa BYTEA,                    -- sealed
    other_ed25519 BYTEA
);

-- An activity that tells of new keys is signed with the old ones. 0: with those in use when it is sent.
ALTER TABLE activity ADD COLUMN key_serial BIGINT NOT NULL DEFAULT 0;

-- What the actor's server called the state of its document (ETag).
ALTER TABLE actor ADD COLUMN etag TEXT;
