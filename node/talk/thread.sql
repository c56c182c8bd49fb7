-- :name thread_closed_get :one
-- :public
-- :in post_id int
-- :out n int
SELECT COUNT(*) FROM thread_closed WHERE post_id = :post_id;

-- :name thread_closed_put :exec
-- :in post_id int, closed_by int?, now int
INSERT INTO thread_closed (post_id, closed_by, closed_at) VALUES (:post_id, :closed_by, :now)
ON CONFLICT DO NOTHING;

-- :name thread_closed_drop :exec
-- :in post_id int
DELETE FROM thread_closed WHERE post_id = :post_id;
