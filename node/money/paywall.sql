-- From free to paid and back.

-- Members of a tier by a price of nothing, and running.
-- :name paywall_free_grants :many
-- :in tier_id int, now int, at int, n int
-- :out id int, account_id int, starts_at int
SELECT g.id, g.account_id, g.starts_at FROM member_grant g JOIN price p ON p.id = g.price_id
 WHERE g.tier_id = :tier_id AND g.live_state = 'live' AND g.kind = 'paid' AND p.amount = 0
   AND g.created_at <= :at AND (g.live_ends_at IS NULL OR g.live_ends_at > :now)
 ORDER BY g.id LIMIT :n;

-- :name paywall_count_free :one
-- :in tier_id int, now int
-- :out n int
SELECT COUNT(DISTINCT g.account_id) FROM member_grant g JOIN price p ON p.id = g.price_id
 WHERE g.tier_id = :tier_id AND g.live_state = 'live' AND g.kind = 'paid' AND p.amount = 0
   AND (g.live_ends_at IS NULL OR g.live_ends_at > :now);

-- :name paywall_count_paying :one
-- :in tier_id int, now int
-- :out n int
SELECT COUNT(DISTINCT g.account_id) FROM member_grant g JOIN purchase_order o ON o.id = g.order_id
 WHERE g.tier_id = :tier_id AND g.live_state = 'live' AND g.kind = 'paid' AND o.total > 0
   AND (g.live_ends_at IS NULL OR g.live_ends_at > :now);

-- :name paywall_count_members :one
-- :in tier_id int, now int
-- :out n int
SELECT COUNT(DISTINCT account_id) FROM member_grant
 WHERE tier_id = :tier_id AND live_state = 'live' AND (live_ends_at IS NULL OR live_ends_at > :now);

-- A planet's subscriptions that go on, a part at a time; mine: they are of this tier.
-- :name paywall_subs :many
-- :in planet_id int, tier_id int, after int, n int
-- :out id int, mine int
SELECT s.id, CASE WHEN o.tier_id = :tier_id THEN 1 ELSE 0 END
  FROM rail_subscription s JOIN purchase_order o ON o.id = s.order_id
 WHERE s.planet_id = :planet_id AND s.id > :after AND s.state <> 'ended'
   AND COALESCE((SELECT CASE WHEN c.state IN ('new', 'calling') THEN CASE c.step WHEN 'cancel' THEN 1 ELSE 0 END END
                   FROM pay_outbox c WHERE c.subscription_id = s.id AND c.step IN ('cancel', 'resume')
                  ORDER BY c.id DESC LIMIT 1), s.ends_with_term) = 0
 ORDER BY s.id LIMIT :n;

-- :name paywall_count_subs :one
-- :in planet_id int, tier_id int
-- :out n int
SELECT COUNT(*) FROM rail_subscription s JOIN purchase_order o ON o.id = s.order_id
 WHERE s.planet_id = :planet_id AND o.tier_id = :tier_id AND s.state <> 'ended'
   AND COALESCE((SELECT CASE WHEN c.state IN ('new', 'calling') THEN CASE c.step WHEN 'cancel' THEN 1 ELSE 0 END END
                   FROM pay_outbox c WHERE c.subscription_id = s.id AND c.step IN ('cancel', 'resume')
                  ORDER BY c.id DESC LIMIT 1), s.ends_with_term) = 0;

-- :name paywall_subs_told :exec
-- :in id int, sub_after int
UPDATE paywall_switch SET sub_after = :sub_after WHERE id = :id;

-- :name paywall_posts :one
-- :in planet_id int
-- :out locked int, open int
SELECT CAST(COALESCE(SUM(CASE WHEN access <> 'public' THEN 1 ELSE 0 END), 0) AS BIGINT),
       CAST(COALESCE(SUM(CASE WHEN access = 'public' THEN 1 ELSE 0 END), 0) AS BIGINT)
  FROM post WHERE planet_id = :planet_id AND state = 'published';

-- Members of a tier that became free who have no free membership of it yet.
-- :name paywall_members :many
-- :in tier_id int, now int, price_id int, n int
-- :out account_id int
SELECT DISTINCT g.account_id FROM member_grant g
 WHERE g.tier_id = :tier_id AND g.live_state = 'live' AND g.kind NOT IN ('trial', 'trial_card')
   AND (g.live_ends_at IS NULL OR g.live_ends_at > :now)
   AND NOT EXISTS (SELECT 1 FROM member_grant f
                    WHERE f.account_id = g.account_id AND f.planet_id = g.planet_id AND f.price_id = :price_id)
 ORDER BY g.account_id LIMIT :n;

-- :name paywall_insert :exec
-- :in id int, planet_id int, tier_id int, direction text, choice text, until_at int?, price_id int?, now int,
--     by_account int?
INSERT INTO paywall_switch (id, planet_id, tier_id, direction, choice, until_at, price_id, at, by_account, n_done)
VALUES (:id, :planet_id, :tier_id, :direction, :choice, :until_at, :price_id, :now, :by_account, 0);

-- :name paywall_get :one
-- :in id int
-- :out id int, planet_id int, tier_id int, direction text, choice text, until_at int?, price_id int?, at int,
--      n_done int, done_at int?, sub_after int
SELECT id, planet_id, tier_id, direction, choice, until_at, price_id, at, n_done, done_at, sub_after
  FROM paywall_switch WHERE id = :id;

-- :name paywall_of_planet :many
-- :in planet_id int
-- :out id int, tier_id int, direction text, choice text, until_at int?, at int, n_done int, done_at int?,
--      tier_name text
SELECT s.id, s.tier_id, s.direction, s.choice, s.until_at, s.at, s.n_done, s.done_at, t.name
  FROM paywall_switch s JOIN tier t ON t.id = s.tier_id
 WHERE s.planet_id = :planet_id ORDER BY s.id DESC LIMIT 50;

-- :name paywall_under_way :one
-- :in tier_id int
-- :out n int
SELECT COUNT(*) FROM paywall_switch WHERE tier_id = :tier_id AND done_at IS NULL;

-- :name paywall_progress :exec
-- :in id int, n int, done_at int?
UPDATE paywall_switch SET n_done = paywall_switch.n_done + :n, done_at = :done_at WHERE id = :id;

-- :name paywall_rest_rows :many
-- :in tier_id int, now int
-- :out grant_id int, account_id int, name text, order_id int, number text, total int, refunded int, currency text,
--      starts_at int, ends_at int, live_ends_at int, n_open int
SELECT g.id, g.account_id, a.name, o.id, o.number, o.total, o.refunded, o.currency, g.starts_at, g.ends_at,
       g.live_ends_at,
       (SELECT COUNT(*) FROM refund r WHERE r.order_id = o.id AND r.state IN ('requested', 'sent', 'failed'))
  FROM member_grant g JOIN purchase_order o ON o.id = g.order_id JOIN account a ON a.id = g.account_id
 WHERE g.tier_id = :tier_id AND g.live_state = 'live' AND g.kind = 'paid' AND o.total > o.refunded
   AND o.state IN ('paid', 'part_refunded') AND g.ends_at IS NOT NULL AND g.live_ends_at > :now
 ORDER BY g.id;
