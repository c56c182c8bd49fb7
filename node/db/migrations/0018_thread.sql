-- Posts under which nobody may write any more but those who look after the planet; others have no row.
CREATE TABLE thread_closed (
    post_id BIGINT PRIMARY KEY REFERENCES post (id),
    closed_by BIGINT,
    closed_at BIGINT NOT NULL
);
