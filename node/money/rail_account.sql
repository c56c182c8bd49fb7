-- The owner's accounts at providers.
-- :row rail_account_row id int, planet_id int, rail text, state text, live int, merchant text?, settings text,
--      hints text, secrets blob?, rights text?, last_error text?, checked_at int?, caught_up_at int?

-- :name rail_account_by_id :one
-- :in id int
-- :out rail_account_row
SELECT id, planet_id, rail, state, live, merchant, settings, hints, secrets, rights, last_error, checked_at,
       caught_up_at
  FROM rail_account WHERE id = :id;

-- :name rail_account_by_rail :one
-- :in planet_id int, rail text
-- :out rail_account_row
SELECT id, planet_id, rail, state, live, merchant, settings, hints, secrets, rights, last_error, checked_at,
       caught_up_at
  FROM rail_account WHERE planet_id = :planet_id AND rail = :rail;

-- :name rail_accounts_of_planet :many
-- :in planet_id int
-- :out rail_account_row
SELECT id, planet_id, rail, state, live, merchant, settings, hints, secrets, rights, last_error, checked_at,
       caught_up_at
  FROM rail_account WHERE planet_id = :planet_id ORDER BY id;

-- :name rail_account_is_on :one
-- :in planet_id int, rail text
-- :out n int
SELECT COUNT(*) FROM rail_account WHERE planet_id = :planet_id AND rail = :rail AND state = 'on';

-- :name rail_account_insert :exec
-- :in id int, planet_id int, rail text, now int
INSERT INTO rail_account (id, planet_id, rail, state, live, settings, hints, created_at, updated_at)
VALUES (:id, :planet_id, :rail, 'draft', 0, '{}', '{}', :now, :now);

-- :name rail_account_write :exec
-- :in id int, state text, settings text, hints text, secrets blob?, now int
UPDATE rail_account SET state = :state, settings = :settings, hints = :hints, secrets = :secrets,
       updated_at = :now
 WHERE id = :id;

-- :name rail_account_tested :exec
-- :in id int, state text, live int, merchant text?, rights text, last_error text?, now int
UPDATE rail_account SET state = :state, live = :live, merchant = :merchant, rights = :rights,
       last_error = :last_error, checked_at = :now, updated_at = :now
 WHERE id = :id;

-- :name rail_account_state :exec
-- :in id int, state text, now int
UPDATE rail_account SET state = :state, updated_at = :now WHERE id = :id;

-- :name rail_account_error :exec
-- :in id int, last_error text?
UPDATE rail_account SET last_error = :last_error WHERE id = :id;

-- :name rail_account_caught_up :exec
-- :in id int, at int
UPDATE rail_account SET caught_up_at = :at WHERE id = :id;

-- :name rail_accounts_behind :many
-- :in before int
-- :out id int
SELECT id FROM rail_account WHERE state <> 'draft' AND (caught_up_at IS NULL OR caught_up_at < :before);
