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
CREATE INDEX post_right_post ON post_right (post_id);
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

-- Paid questions: the owner's rule, who answers, the questions. No rule: as the defaults of the code say.
CREATE TABLE question_rule (
    planet_id BIGINT PRIMARY KEY REFERENCES planet (id),
    days BIGINT NOT NULL,               -- to answer in; then the money goes back
    members_only BIGINT NOT NULL,
    share TEXT NOT NULL CHECK (share IN ('none', 'days', 'credit')), -- the asker's, of who listens in
    share_days BIGINT NOT NULL,
    share_bp BIGINT NOT NULL            -- hundredths of a percent of what they pay
);
CREATE TABLE answerer (
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,
    listen_amount BIGINT NOT NULL,      -- 0: nobody listens in
    about TEXT NOT NULL,
    is_open BIGINT NOT NULL,
    PRIMARY KEY (planet_id, account_id)
);
CREATE TABLE question (
    id BIGINT PRIMARY KEY,
    planet_id BIGINT NOT NULL REFERENCES planet (id),
    order_id BIGINT NOT NULL UNIQUE REFERENCES purchase_order (id),
    asker_id BIGINT NOT NULL REFERENCES account (id),
    answerer_id BIGINT NOT NULL REFERENCES account (id),
    text TEXT NOT NULL,
    anonymous BIGINT NOT NULL,
    listen_amount BIGINT NOT NULL,      -- 0: the answer is the asker's alone
    currency TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'held', 'answered', 'released', 'declined', 'expired', 'refunded')),
    why TEXT NOT NULL,                  -- of who declined
    hidden BIGINT NOT NULL,             -- 1: off the list, by who looks after the planet
    share TEXT NOT NULL,                -- as the rule stood
    share_days BIGINT NOT NULL,
    share_bp BIGINT NOT NULL,
    days BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    paid_at BIGINT,
    due_at BIGINT,
    answered_at BIGINT,
    ended_at BIGINT
);
CREATE INDEX question_planet ON question (planet_id, id);
CREATE INDEX question_asker ON question (asker_id, id);
CREATE INDEX question_answerer ON question (answerer_id, id);

-- As locked as the text of a post: named by node/talk/answer.sql alone, where a pass is asked for.
CREATE TABLE answer_body (
    question_id BIGINT PRIMARY KEY REFERENCES question (id),
    markdown TEXT NOT NULL,
    html TEXT NOT NULL,
    edited_at BIGINT
);

-- What the asker got because somebody listens in.
CREATE TABLE question_share (
    order_id BIGINT PRIMARY KEY REFERENCES purchase_order (id), -- of who listens in
    question_id BIGINT NOT NULL REFERENCES question (id),
    account_id BIGINT NOT NULL REFERENCES account (id),
    grant_id BIGINT,
    txn_id BIGINT,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    taken_back_at BIGINT
);
CREATE INDEX question_share_question ON question_share (question_id);

-- A question with what its lists show.
CREATE VIEW question_seen AS
SELECT q.id, q.planet_id, q.order_id, q.asker_id, q.answerer_id, q.text, q.anonymous, q.listen_amount, q.currency,
       q.state, q.why, q.hidden, q.share, q.share_days, q.share_bp, q.days, q.created_at, q.paid_at, q.due_at,
       q.answered_at, q.ended_at, o.number, o.total, o.state AS order_state, a.name AS asker_name,
       w.name AS answerer_name, w.username AS answerer_username,
       (SELECT COUNT(*) FROM post_right r WHERE r.post_id = q.id AND r.order_id <> q.order_id AND r.revoked_at IS NULL) AS n_listen
  FROM question q JOIN purchase_order o ON o.id = q.order_id JOIN account a ON a.id = q.asker_id
  JOIN account w ON w.id = q.answerer_id;
