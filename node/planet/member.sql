-- Grants and what became of them.
-- :row grant_row id int, account_id int, planet_id int, tier_id int, rank int, kind text,
--      starts_at int, first_ends_at int?, anchor_day int, window_days int?, order_id int?,
--      price_id int?, created_at int, ends_at int?, state text, grace_from int?, tier_name text

-- :name grant_by_id :one
-- :in id int
-- :out grant_row
SELECT g.id, g.account_id, g.planet_id, g.tier_id, g.rank, g.kind, g.starts_at, g.ends_at,
       g.anchor_day, g.window_days, g.order_id, g.price_id, g.created_at, g.live_ends_at,
       g.live_state, g.grace_from, t.name
  FROM member_grant g JOIN tier t ON t.id = g.tier_id WHERE g.id = :id;

-- :name grant_of_account :many
-- :in planet_id int, account_id int
-- :out grant_row
SELECT g.id, g.account_id, g.planet_id, g.tier_id, g.rank, g.kind, g.starts_at, g.ends_at,
       g.anchor_day, g.window_days, g.order_id, g.price_id, g.created_at, g.live_ends_at,
       g.live_state, g.grace_from, t.name
  FROM member_grant g JOIN tier t ON t.id = g.tier_id
 WHERE g.account_id = :account_id AND g.planet_id = :planet_id ORDER BY g.id DESC;

-- :name grant_of_order :many
-- :in order_id int
-- :out grant_row
SELECT g.id, g.account_id, g.planet_id, g.tier_id, g.rank, g.kind, g.starts_at, g.ends_at,
       g.anchor_day, g.window_days, g.order_id, g.price_id, g.created_at, g.live_ends_at,
       g.live_state, g.grace_from, t.name
  FROM member_grant g JOIN tier t ON t.id = g.tier_id WHERE g.order_id = :order_id ORDER BY g.id;

-- :name grant_of_accounts :many
-- :in planet_id int, first_account int, last_account int
-- :out grant_row
SELECT g.id, g.account_id, g.planet_id, g.tier_id, g.rank, g.kind, g.starts_at, g.ends_at,
       g.anchor_day, g.window_days, g.order_id, g.price_id, g.created_at, g.live_ends_at,
       g.live_state, g.grace_from, t.name
  FROM member_grant g JOIN tier t ON t.id = g.tier_id
 WHERE g.planet_id = :planet_id AND g.account_id >= :first_account AND g.account_id <= :last_account
 ORDER BY g.account_id, g.id DESC;

-- :name grant_page :many
-- :in planet_id int, after_id int, n int
-- :out grant_row
SELECT g.id, g.account_id, g.planet_id, g.tier_id, g.rank, g.kind, g.starts_at, g.ends_at,
       g.anchor_day, g.window_days, g.order_id, g.price_id, g.created_at, g.live_ends_at,
       g.live_state, g.grace_from, t.name
  FROM member_grant g JOIN tier t ON t.id = g.tier_id
 WHERE g.planet_id = :planet_id AND g.id > :after_id ORDER BY g.id LIMIT :n;

-- :name grant_insert :exec
-- :in id int, account_id int, planet_id int, tier_id int, rank int, kind text, starts_at int,
--     ends_at int?, anchor_day int, window_days int?, order_id int?, price_id int?, with_files int,
--     created_at int
INSERT INTO member_grant (id, account_id, planet_id, tier_id, rank, kind, starts_at, ends_at, anchor_day,
       window_days, order_id, price_id, with_files, created_at, live_ends_at, live_state)
VALUES (:id, :account_id, :planet_id, :tier_id, :rank, :kind, :starts_at, :ends_at, :anchor_day,
       :window_days, :order_id, :price_id, :with_files, :created_at, :ends_at, 'live');

-- :name grant_set_live :exec
-- :in id int, live_ends_at int?, live_state text, grace_from int?
UPDATE member_grant SET live_ends_at = :live_ends_at, live_state = :live_state, grace_from = :grace_from
 WHERE id = :id;

-- :name grant_event_insert :exec
-- :in id int, grant_id int, at int, kind text, ends_at int?, reason text, actor_account_id int?
INSERT INTO grant_event (id, grant_id, at, kind, ends_at, reason, actor_account_id)
VALUES (:id, :grant_id, :at, :kind, :ends_at, :reason, :actor_account_id);

-- In the order in which they were written: by id. Grace: ends_at NULL when it is over.
-- :name grant_events :many
-- :in grant_id int
-- :out id int, at int, kind text, ends_at int?, reason text, actor_account_id int?
SELECT id, at, kind, ends_at, reason, actor_account_id FROM grant_event WHERE grant_id = :grant_id
UNION ALL
SELECT id, at, 'grace', until, reason, CAST(NULL AS BIGINT) FROM grant_grace WHERE grant_id = :grant_id
 ORDER BY 1;

-- :name grant_grace_insert :exec
-- :in id int, grant_id int, at int, until int?, reason text
INSERT INTO grant_grace (id, grant_id, at, until, reason) VALUES (:id, :grant_id, :at, :until, :reason);

-- :name grant_order_number :maybe
-- :in order_id int
-- :out number text
SELECT number FROM purchase_order WHERE id = :order_id;

-- :name member_page :many
-- :in planet_id int, after_id int, n int
-- :out id int, username text, name text, mail text, role text?
SELECT a.id, a.username, a.name, a.mail, r.role
  FROM account a LEFT JOIN role r ON r.account_id = a.id AND r.planet_id = :planet_id
 WHERE a.id > :after_id AND a.state <> 'deleted'
   AND (r.role IS NOT NULL
        OR EXISTS (SELECT 1 FROM member_grant g WHERE g.account_id = a.id AND g.planet_id = :planet_id))
 ORDER BY a.id LIMIT :n;

-- :name member_planets :many
-- :in account_id int
-- :out planet_id int
SELECT planet_id FROM member_grant WHERE account_id = :account_id
 GROUP BY planet_id ORDER BY MAX(id) DESC;
