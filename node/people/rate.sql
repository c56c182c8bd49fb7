-- Attempts, counted in slices of their window.
-- :name rate_sum :one
-- :in key text, since int
-- :out hits int, oldest int?
SELECT CAST(COALESCE(SUM(hits), 0) AS BIGINT), MIN(window_start) FROM rate_window
 WHERE key = :key AND window_start > :since;

-- :name rate_count :one
-- :in key text, window_start int
-- :out hits int
INSERT INTO rate_window (key, window_start, hits) VALUES (:key, :window_start, 1)
ON CONFLICT (key, window_start) DO UPDATE SET hits = rate_window.hits + 1
RETURNING hits;

-- :name rate_forget :exec
-- :in before int
DELETE FROM rate_window WHERE window_start < :before;
