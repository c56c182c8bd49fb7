-- What rails told us, once each.
-- :name rail_event_insert :exec
-- :in id int, rail text, planet_id int, event_id text, body blob, received_at int
INSERT INTO rail_event (id, rail, planet_id, event_id, body, received_at, verdict)
VALUES (:id, :rail, :planet_id, :event_id, :body, :received_at, 'recorded')
ON CONFLICT (rail, planet_id, event_id) DO NOTHING;

-- :name rail_event_verdict :exec
-- :in id int, verdict text
UPDATE rail_event SET verdict = :verdict WHERE id = :id;
