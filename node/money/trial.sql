-- Trials and trial cards.
-- :row trial_card_row id int, planet_id int, tier_id int, tier_name text, name text, token_sealed blob,
--      uses int, used int, days int, window_days int, with_files int, expires_at int?, ended_at int?,
--      created_at int

-- :name trial_had_put :exec
-- :in planet_id int, fingerprint blob, at int
INSERT INTO trial_had (planet_id, fingerprint, at) VALUES (:planet_id, :fingerprint, :at)
ON CONFLICT (planet_id, fingerprint) DO NOTHING;

-- :name trial_card_insert :exec
-- :in id int, planet_id int, tier_id int, name text, token_hash blob, token_sealed blob, uses int,
--     days int, window_days int, with_files int, expires_at int?, created_by int?, created_at int
INSERT INTO trial_card (id, planet_id, tier_id, name, token_hash, token_sealed, uses, used, days,
       window_days, with_files, expires_at, created_by, created_at)
VALUES (:id, :planet_id, :tier_id, :name, :token_hash, :token_sealed, :uses, 0, :days, :window_days,
       :with_files, :expires_at, :created_by, :created_at);

-- :name trial_card_get :maybe
-- :in id int
-- :out trial_card_row
SELECT c.id, c.planet_id, c.tier_id, t.name, c.name, c.token_sealed, c.uses, c.used, c.days,
       c.window_days, c.with_files, c.expires_at, c.ended_at, c.created_at
  FROM trial_card c JOIN tier t ON t.id = c.tier_id WHERE c.id = :id;

-- :name trial_card_by_hash :maybe
-- :in token_hash blob
-- :out trial_card_row
SELECT c.id, c.planet_id, c.tier_id, t.name, c.name, c.token_sealed, c.uses, c.used, c.days,
       c.window_days, c.with_files, c.expires_at, c.ended_at, c.created_at
  FROM trial_card c JOIN tier t ON t.id = c.tier_id WHERE c.token_hash = :token_hash;

-- :name trial_card_of_planet :many
-- :in planet_id int, before_id int, n int
-- :out trial_card_row
SELECT c.id, c.planet_id, c.tier_id, t.name, c.name, c.token_sealed, c.uses, c.used, c.days,
       c.window_days, c.with_files, c.expires_at, c.ended_at, c.created_at
  FROM trial_card c JOIN tier t ON t.id = c.tier_id
 WHERE c.planet_id = :planet_id AND c.id < :before_id ORDER BY c.id DESC LIMIT :n;

-- :name trial_card_end :exec
-- :in id int, now int
UPDATE trial_card SET ended_at = :now WHERE id = :id AND ended_at IS NULL;

-- Of two who want the last one, one gets it.
-- :name trial_card_take :exec
-- :in id int
UPDATE trial_card SET used = used + 1 WHERE id = :id AND used < uses AND ended_at IS NULL;

-- :name trial_card_had :one
-- :in planet_id int, account_id int
-- :out n int
SELECT COUNT(*) FROM trial_card_use WHERE planet_id = :planet_id AND account_id = :account_id;

-- :name trial_card_use_insert :exec
-- :in planet_id int, account_id int, card_id int, grant_id int, at int
INSERT INTO trial_card_use (planet_id, account_id, card_id, grant_id, at)
VALUES (:planet_id, :account_id, :card_id, :grant_id, :at);

-- :name trial_card_users :many
-- :in card_id int, before_id int, n int
-- :out grant_id int, account_id int, at int, ends_at int?, name text, username text, paid int
SELECT u.grant_id, u.account_id, u.at, g.live_ends_at, a.name, a.username,
       (SELECT COUNT(*) FROM member_grant p
         WHERE p.account_id = u.account_id AND p.planet_id = u.planet_id AND p.kind = 'paid'
           AND p.created_at >= u.at)
  FROM trial_card_use u JOIN account a ON a.id = u.account_id JOIN member_grant g ON g.id = u.grant_id
 WHERE u.card_id = :card_id AND u.grant_id < :before_id ORDER BY u.grant_id DESC LIMIT :n;

-- :name trial_card_joined :one
-- :in card_id int
-- :out n int
SELECT COUNT(*) FROM trial_card_use u
 WHERE u.card_id = :card_id
   AND EXISTS (SELECT 1 FROM member_grant p
                WHERE p.account_id = u.account_id AND p.planet_id = u.planet_id AND p.kind = 'paid'
                  AND p.created_at >= u.at);
