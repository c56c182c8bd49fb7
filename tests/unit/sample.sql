-- What node/tools/sqlc must cope with; used by test_db alone.
-- :row note_row id int, at int, account_id int?, what text,
--      detail text?

-- :name note_insert :exec
-- :in id int, account_id int?, what text, detail text?
INSERT INTO audit (id, at, account_id, what, detail) VALUES (:id, :id, :account_id, :what, :detail);

-- :name note_by_id :one
-- :in id int
-- :out note_row
SELECT id, at, account_id, what, detail FROM audit WHERE id = :id;

-- :name note_find :maybe
-- :in id int
-- :out note_row
SELECT id, at, account_id, what, detail FROM audit WHERE id = :id;

-- :name note_all :many
-- :out note_row
SELECT id, at, account_id, what, detail FROM audit ORDER BY id;

-- :name note_ids :many
-- :in what text
-- :out id int
SELECT id FROM audit WHERE what = :what ORDER BY id;

-- :name note_count :one
-- :out n int
SELECT COUNT(*) FROM audit;

-- :name note_quotes :one
-- :in x int, y text
-- :out a text, b int, c int, d real
SELECT 'it''s :x; "' AS "a:y", /* :gone ; */ :x + :x, -- :gone
       :x, CAST(0.5 AS DOUBLE PRECISION) WHERE :y = 'y';

-- :name note_spliced :one
-- :in x int
-- :out engine text, x int
SELECT {sqlite: 'sqlite'} {pg: 'pg'}, :x {pg: + :x - :x} WHERE '{' <> '}';

-- :name note_add_returning :one
-- :in id int
-- :out id int
INSERT INTO audit (id, at, what) VALUES (:id, 1, 'r') RETURNING id;

-- :name note_bad_null :one
-- :out n int
SELECT MAX(id) FROM audit WHERE id < 0;

-- :name note_sum_of_bad_kind :exec
-- :in id int
INSERT INTO audit (id, at, what) VALUES (:id, 1, NULL);

-- :name note_wrong_width :one
-- :out a int, b int
SELECT 1;

-- :name note_sum :one
-- :in id int
-- :out n int
SELECT SUM(id) FROM audit WHERE id = :id;

-- :name note_words :many
-- :out what text
SELECT what FROM audit ORDER BY what;

-- :name note_known :many
-- :public
-- :in what text, id int
-- :out note_row
SELECT id, at, account_id, what, detail FROM audit WHERE what = :what AND id > :id ORDER BY id;
