-- Our registration at other servers.
-- :row link_app_row host text, issuer text, authorize_url text, token_url text, revoke_url text?,
--      userinfo_url text?, iss_needed int, scope text, client_id text, client_secret blob?,
--      created_at int, checked_at int

-- :name link_app_find :maybe
-- :in host text
-- :out link_app_row
SELECT host, issuer, authorize_url, token_url, revoke_url, userinfo_url, iss_needed, scope, client_id,
       client_secret, created_at, checked_at FROM link_app WHERE host = :host;

-- :name link_app_put :exec
-- :in host text, issuer text, authorize_url text, token_url text, revoke_url text?,
--     userinfo_url text?, iss_needed int, scope text, client_id text, client_secret blob?,
--     created_at int, checked_at int
INSERT INTO link_app (host, issuer, authorize_url, token_url, revoke_url, userinfo_url, iss_needed,
                      scope, client_id, client_secret, created_at, checked_at)
VALUES (:host, :issuer, :authorize_url, :token_url, :revoke_url, :userinfo_url, :iss_needed, :scope,
        :client_id, :client_secret, :created_at, :checked_at)
ON CONFLICT (host) DO UPDATE SET issuer = excluded.issuer, authorize_url = excluded.authorize_url,
    token_url = excluded.token_url, revoke_url = excluded.revoke_url,
    userinfo_url = excluded.userinfo_url, iss_needed = excluded.iss_needed,
    scope = excluded.scope, client_id = excluded.client_id,
    client_secret = excluded.client_secret, created_at = excluded.created_at,
    checked_at = excluded.checked_at;

-- :name link_app_forget :exec
-- :in host text
DELETE FROM link_app WHERE host = :host;

-- :name link_app_expire :exec
-- :in before int
DELETE FROM link_app WHERE checked_at < :before;

-- Proofs that were begun.
-- :row link_try_row id int, way text, account_id int?, browser_hash blob, secret blob?, host text,
--      actor_uri text?, planet_id int?, next text?, created_at int, expires_at int, spent_at int?,
--      actor_id int?, note_uri text?, used_at int?

-- :name link_try_put :exec
-- :in id int, way text, account_id int?, browser_hash blob, key_hash blob, secret blob?, host text,
--     actor_uri text?, planet_id int?, next text?, now int, expires_at int
INSERT INTO link_try (id, way, account_id, browser_hash, key_hash, secret, host, actor_uri, planet_id,
                      next, created_at, expires_at)
VALUES (:id, :way, :account_id, :browser_hash, :key_hash, :secret, :host, :actor_uri, :planet_id,
        :next, :now, :expires_at);

-- :name link_try_by_key :maybe
-- :in key_hash blob
-- :out link_try_row
SELECT id, way, account_id, browser_hash, secret, host, actor_uri, planet_id, next, created_at,
       expires_at, spent_at, actor_id, note_uri, used_at FROM link_try WHERE key_hash = :key_hash;

-- :name link_try_by_id :maybe
-- :in id int
-- :out link_try_row
SELECT id, way, account_id, browser_hash, secret, host, actor_uri, planet_id, next, created_at,
       expires_at, spent_at, actor_id, note_uri, used_at FROM link_try WHERE id = :id;

-- Codes that this actor may send now.
-- :name link_try_codes :many
-- :in actor_uri text, now int
-- :out id int, key_hash blob, planet_id int?
SELECT id, key_hash, planet_id FROM link_try
 WHERE actor_uri = :actor_uri AND way = 'note' AND actor_id IS NULL AND expires_at > :now
 ORDER BY id DESC LIMIT 20;

-- :name link_try_spend :exec
-- :in id int, now int
UPDATE link_try SET spent_at = :now WHERE id = :id AND spent_at IS NULL;

-- :name link_try_prove :exec
-- :in id int, actor_id int, note_uri text?, expires_at int
UPDATE link_try SET actor_id = :actor_id, note_uri = :note_uri, expires_at = :expires_at
 WHERE id = :id AND actor_id IS NULL;

-- :name link_try_use :exec
-- :in id int, now int
UPDATE link_try SET used_at = :now WHERE id = :id AND used_at IS NULL AND actor_id IS NOT NULL;

-- Went there and never came back: perhaps their server has forgotten us.
-- :name link_try_lost :maybe
-- :in browser_hash blob, host text, since int
-- :out id int
SELECT id FROM link_try
 WHERE browser_hash = :browser_hash AND host = :host AND way = 'oauth' AND spent_at IS NULL
   AND created_at > :since LIMIT 1;

-- :name link_try_forget :exec
-- :in before int
DELETE FROM link_try WHERE expires_at < :before;

-- A digest that is to come.
-- :name digest_waits :maybe
-- :in planet_id int
-- :out id int
SELECT id FROM job WHERE kind = 'fed.digest' AND subject = :planet_id
   AND state IN ('ready', 'waiting') LIMIT 1;

-- :name digest_posts :many
-- :in planet_id int, since int, now int, n int
-- :out id int
SELECT id FROM post WHERE planet_id = :planet_id AND state = 'published'
   AND published_at > :since AND published_at <= :now ORDER BY published_at, id LIMIT :n;
