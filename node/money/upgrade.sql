-- Upgrades.
-- :name upgrade_insert :exec
-- :in order_id int, unused int, nominal_ms int, extra_ms int
INSERT INTO upgrade (order_id, unused, nominal_ms, extra_ms) VALUES (:order_id, :unused, :nominal_ms, :extra_ms);

-- :name upgrade_get :maybe
-- :in order_id int
-- :out unused int, nominal_ms int, extra_ms int
SELECT unused, nominal_ms, extra_ms FROM upgrade WHERE order_id = :order_id;

-- :name upgrade_from_insert :exec
-- :in order_id int, grant_id int, ends_at int?
INSERT INTO upgrade_from (order_id, grant_id, ends_at) VALUES (:order_id, :grant_id, :ends_at);

-- The paid upgrades that took over a grant.
-- :name upgrade_of_grant :many
-- :in grant_id int
-- :out order_id int
SELECT f.order_id FROM upgrade_from f JOIN purchase_order o ON o.id = f.order_id
 WHERE f.grant_id = :grant_id AND o.paid_at IS NOT NULL ORDER BY f.order_id;

-- :name upgrade_from_list :many
-- :in order_id int
-- :out grant_id int, ends_at int?
SELECT grant_id, ends_at FROM upgrade_from WHERE order_id = :order_id ORDER BY grant_id;
