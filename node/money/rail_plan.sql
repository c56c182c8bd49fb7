-- What was made once at a provider for prices: products, plans, coupons.
-- :name rail_plan_get :maybe
-- :in planet_id int, rail text, merchant text, what text
-- :out ref text
SELECT ref FROM rail_plan WHERE planet_id = :planet_id AND rail = :rail AND merchant = :merchant AND what = :what;

-- :name rail_plan_put :exec
-- :in planet_id int, rail text, merchant text, what text, ref text, now int
INSERT INTO rail_plan (planet_id, rail, merchant, what, ref, created_at)
VALUES (:planet_id, :rail, :merchant, :what, :ref, :now)
ON CONFLICT (planet_id, rail, merchant, what) DO NOTHING;

-- :name rail_plan_forget :exec
-- :in planet_id int, rail text
DELETE FROM rail_plan WHERE planet_id = :planet_id AND rail = :rail;
