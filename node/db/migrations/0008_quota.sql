-- What a hosting provider's plan is measured by (node/quota.h).
CREATE INDEX member_grant_live ON member_grant (live_state, account_id, live_ends_at);
CREATE INDEX media_size ON media (size);

-- Mails that were queued, by hours since 1970; a day of them is kept.
CREATE TABLE quota_mail (
    hour BIGINT PRIMARY KEY,
    n BIGINT NOT NULL
);
