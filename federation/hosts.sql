-- :row host_row host text, scheme text?, scheme_at int?, failures int, open_until int,
--     last_success_at int?, last_failure_at int?, fail_days int, fail_day int, last_error text?

-- :name host_find :maybe
-- :in host text
-- :out host_row
SELECT host, scheme, scheme_at, failures, open_until, last_success_at, last_failure_at, fail_days,
       fail_day, last_error FROM host WHERE host = :host;

-- :name host_put :exec
-- :in host text, scheme text?, scheme_at int?, failures int, open_until int,
--     last_success_at int?, last_failure_at int?, fail_days int, fail_day int, last_error text?
INSERT INTO host (host, scheme, scheme_at, failures, open_until, last_success_at, last_failure_at,
                  fail_days, fail_day, last_error)
VALUES (:host, :scheme, :scheme_at, :failures, :open_until, :last_success_at, :last_failure_at,
        :fail_days, :fail_day, :last_error)
ON CONFLICT (host) DO UPDATE SET scheme = excluded.scheme, scheme_at = excluded.scheme_at,
    failures = excluded.failures, open_until = excluded.open_until,
    last_success_at = excluded.last_success_at, last_failure_at = excluded.last_failure_at,
    fail_days = excluded.fail_days, fail_day = excluded.fail_day,
    last_error = excluded.last_error;

-- Those with something to forgive, when they speak to us.
-- :name hosts_ailing :many
-- :out host_row
SELECT host, scheme, scheme_at, failures, open_until, last_success_at, last_failure_at, fail_days,
       fail_day, last_error FROM host WHERE fail_days > 0
 ORDER BY COALESCE(last_failure_at, 0) DESC LIMIT 8000;

-- :name hosts_dead :many
-- :out host text, last_failure_at int
SELECT host, last_failure_at FROM host WHERE fail_days >= 7 AND last_failure_at IS NOT NULL;

-- :name follows_of_host_drop :exec
-- :in host text
DELETE FROM follow WHERE actor_id IN (
    SELECT id FROM actor WHERE host = :host AND local_kind IS NULL);

-- Nobody there follows, and nothing was heard of it since: any name under a stranger's domain is a host.
-- :name hosts_expire :exec
-- :in before int
DELETE FROM host WHERE COALESCE(scheme_at, 0) < :before AND COALESCE(last_success_at, 0) < :before
   AND COALESCE(last_failure_at, 0) < :before
   AND NOT EXISTS (SELECT 1 FROM actor a JOIN follow f ON f.actor_id = a.id WHERE a.host = host.host);
