-- Tiers and their prices.
-- :row tier_row id int, planet_id int, slug text, name text, about text, rank int, seats int?,
--      visible int
-- :row price_row id int, tier_id int, currency text, amount int, unit text, count int, trial_days int,
--      retired_at int?

-- :name tier_of_planet :many
-- :public
-- :in planet_id int
-- :out tier_row
SELECT id, planet_id, slug, name, about, rank, seats, visible FROM tier
 WHERE planet_id = :planet_id ORDER BY rank;

-- :name tier_by_id :one
-- :in id int
-- :out tier_row
SELECT id, planet_id, slug, name, about, rank, seats, visible FROM tier WHERE id = :id;

-- :name tier_by_slug :one
-- :in planet_id int, slug text
-- :out tier_row
SELECT id, planet_id, slug, name, about, rank, seats, visible FROM tier
 WHERE planet_id = :planet_id AND slug = :slug;

-- :name tier_clash :one
-- :in planet_id int, slug text, rank int
-- :out n int
SELECT COUNT(*) FROM tier WHERE planet_id = :planet_id AND (slug = :slug OR rank = :rank);

-- :name tier_insert :exec
-- :in id int, planet_id int, slug text, name text, about text, rank int, seats int?, created_at int
INSERT INTO tier (id, planet_id, slug, name, about, rank, seats, visible, created_at)
VALUES (:id, :planet_id, :slug, :name, :about, :rank, :seats, 1, :created_at);

-- :name tier_change :exec
-- :in id int, name text, about text, seats int?, visible int
UPDATE tier SET name = :name, about = :about, seats = :seats, visible = :visible WHERE id = :id;

-- :name tier_member_count :one
-- :public
-- :in tier_id int, now int
-- :out n int
SELECT COUNT(DISTINCT account_id) FROM member_grant
 WHERE tier_id = :tier_id AND live_state = 'live' AND (live_ends_at IS NULL OR live_ends_at > :now);

-- :name price_of_planet :many
-- :public
-- :in planet_id int
-- :out price_row
SELECT p.id, p.tier_id, p.currency, p.amount, p.unit, p.count, p.trial_days, p.retired_at
  FROM price p JOIN tier t ON t.id = p.tier_id
 WHERE t.planet_id = :planet_id AND p.retired_at IS NULL ORDER BY p.tier_id, p.id;

-- :name price_by_id :one
-- :in id int
-- :out price_row
SELECT id, tier_id, currency, amount, unit, count, trial_days, retired_at FROM price WHERE id = :id;

-- :name price_insert :exec
-- :in id int, tier_id int, currency text, amount int, unit text, count int, trial_days int,
--     created_at int
INSERT INTO price (id, tier_id, currency, amount, unit, count, trial_days, created_at)
VALUES (:id, :tier_id, :currency, :amount, :unit, :count, :trial_days, :created_at);

-- :name price_retire :exec
-- :in id int, now int
UPDATE price SET retired_at = :now WHERE id = :id AND retired_at IS NULL;
