-- The end of a node: everybody who knows an actor of ours hears that it is gone.

-- Actors that others follow or look at; the instance's own goes with its documents.
-- :name leaving_actors :many
-- :out id int, uri text
SELECT id, uri FROM actor WHERE local_kind IN ('planet', 'account') AND deleted_at IS NULL
 ORDER BY id;

-- Every inbox that we know, each once; hosts that have been silent for a week left out.
-- :name known_inboxes :many
-- :in after text, n int
-- :out inbox text
SELECT DISTINCT COALESCE(a.shared_inbox, a.inbox) AS to_inbox
  FROM actor a
 WHERE a.local_kind IS NULL AND a.deleted_at IS NULL AND a.inbox IS NOT NULL
   AND COALESCE(a.shared_inbox, a.inbox) > :after
   AND NOT EXISTS (SELECT 1 FROM host h WHERE h.host = a.host AND h.fail_days >= 7)
 ORDER BY to_inbox LIMIT :n;

-- :name leaving_pending :one
-- :out n int
SELECT COUNT(*) FROM job WHERE kind = 'fed.deliver' AND state <> 'resting';
