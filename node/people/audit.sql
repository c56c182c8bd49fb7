-- :name audit_insert :exec
-- :in id int, at int, account_id int?, what text, subject int?, detail text?
INSERT INTO audit (id, at, account_id, what, subject, detail)
VALUES (:id, :at, :account_id, :what, :subject, :detail);
