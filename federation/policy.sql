-- Who may speak with the node.

-- :row domain_rule_row host text, kind text, level text, reject_media int, reject_reports int,
--     obfuscate int, public_comment text, private_comment text, created_at int, changed_at int

-- :name domain_mode :one
-- :out mode text, version int
SELECT COALESCE(MAX(mode), 'block'), COALESCE(MAX(version), 1) FROM domain_mode;

-- :name domain_rules_all :many
-- :out domain_rule_row
SELECT host, kind, level, reject_media, reject_reports, obfuscate, public_comment,
       private_comment, created_at, changed_at FROM domain_rule ORDER BY host, kind;

-- :name domain_rules_of :many
-- :in host text
-- :out domain_rule_row
SELECT host, kind, level, reject_media, reject_reports, obfuscate, public_comment,
       private_comment, created_at, changed_at FROM domain_rule WHERE host = :host ORDER BY kind;

-- Of the node's and the planet's rule the harder one; 'block' sorts before 'mute'.
-- :name actor_rule_of :maybe
-- :in actor_id int, planet_id int
-- :out level text
SELECT level FROM actor_rule WHERE actor_id = :actor_id AND planet_id IN (0, :planet_id)
 ORDER BY level LIMIT 1;

-- :name domain_rules_page :many
-- :in pattern text, after text, n int
-- :out domain_rule_row
SELECT host, kind, level, reject_media, reject_reports, obfuscate, public_comment,
       private_comment, created_at, changed_at FROM domain_rule
 WHERE host LIKE :pattern AND host || ' ' || kind > :after ORDER BY host || ' ' || kind LIMIT :n;

-- :name domain_rule_put :exec
-- :in host text, kind text, level text, reject_media int, reject_reports int, obfuscate int,
--     public_comment text, private_comment text, created_by int?, now int
INSERT INTO domain_rule (host, kind, level, reject_media, reject_reports, obfuscate,
                         public_comment, private_comment, created_by, created_at, changed_at)
VALUES (:host, :kind, :level, :reject_media, :reject_reports, :obfuscate, :public_comment,
        :private_comment, :created_by, :now, :now)
ON CONFLICT (host, kind) DO UPDATE SET level = excluded.level,
    reject_media = excluded.reject_media, reject_reports = excluded.reject_reports,
    obfuscate = excluded.obfuscate, public_comment = excluded.public_comment,
    private_comment = excluded.private_comment, changed_at = excluded.changed_at;

-- :name domain_rule_remove :exec
-- :in host text, kind text
DELETE FROM domain_rule WHERE host = :host AND kind = :kind;

-- :name domain_version_up :exec
INSERT INTO domain_mode (id, mode, version) VALUES (1, 'block', 2)
ON CONFLICT (id) DO UPDATE SET version = domain_mode.version + 1;

-- :name domain_mode_set :exec
-- :in mode text
INSERT INTO domain_mode (id, mode, version) VALUES (1, :mode, 1)
ON CONFLICT (id) DO UPDATE SET mode = excluded.mode;

-- :name domain_rule_counts :one
-- :out blocks int, allows int
SELECT COALESCE(SUM(CASE WHEN kind = 'block' THEN 1 ELSE 0 END), 0),
       COALESCE(SUM(CASE WHEN kind = 'allow' THEN 1 ELSE 0 END), 0) FROM domain_rule;

-- What hosts have here: what a change of rules could take.
-- :name hosts_with_follows :many
-- :out host text, n int
SELECT a.host, COUNT(*) FROM follow f JOIN actor a ON a.id = f.actor_id
 WHERE a.local_kind IS NULL GROUP BY a.host;

-- :name hosts_with_comments :many
-- :out host text, n int
SELECT a.host, COUNT(*) FROM comment c JOIN actor a ON a.id = c.actor_id
 WHERE c.state IN ('shown', 'held') GROUP BY a.host;

-- :name hosts_with_aside :many
-- :out host text, n int
SELECT a.host, COUNT(*) FROM aside_follow f JOIN actor a ON a.id = f.actor_id GROUP BY a.host;

-- Whom a rule may concern: those with something here. The patterns name what lies below the host;
-- an empty host means everybody.
-- :name policy_actors :many
-- :in host text, below text, port text, below_port text, after int, n int
-- :out id int, host text
SELECT a.id, a.host FROM actor a
 WHERE a.local_kind IS NULL AND a.id > :after
   AND (:host = '' OR a.host = :host OR a.host LIKE :below OR a.host LIKE :port
        OR a.host LIKE :below_port)
   AND (EXISTS (SELECT 1 FROM follow f WHERE f.actor_id = a.id)
        OR EXISTS (SELECT 1 FROM comment c WHERE c.actor_id = a.id)
        OR EXISTS (SELECT 1 FROM reaction r WHERE r.actor_id = a.id)
        OR EXISTS (SELECT 1 FROM emoji_reaction e WHERE e.actor_id = a.id)
        OR EXISTS (SELECT 1 FROM aside_follow w WHERE w.actor_id = a.id)
        OR EXISTS (SELECT 1 FROM aside_reaction x WHERE x.actor_id = a.id))
 ORDER BY a.id LIMIT :n;

-- :name policy_actor :maybe
-- :in id int
-- :out id int, host text
SELECT id, host FROM actor WHERE id = :id AND local_kind IS NULL;

-- :name aside_follows_take :exec
-- :in actor_id int
INSERT INTO aside_follow (id, actor_id, target_id, activity_uri, state, created_at)
SELECT f.id, f.actor_id, f.target_id, f.activity_uri, f.state, f.created_at FROM follow f
 WHERE f.actor_id = :actor_id
ON CONFLICT DO NOTHING;

-- :name aside_follows_give :exec
-- :in actor_id int
INSERT INTO follow (id, actor_id, target_id, activity_uri, state, created_at)
SELECT w.id, w.actor_id, w.target_id, w.activity_uri, w.state, w.created_at
  FROM aside_follow w JOIN actor t ON t.id = w.target_id
 WHERE w.actor_id = :actor_id AND t.deleted_at IS NULL
ON CONFLICT DO NOTHING;

-- :name aside_follows_forget :exec
-- :in actor_id int
DELETE FROM aside_follow WHERE actor_id = :actor_id;

-- :name aside_follow_forget :exec
-- :in actor_id int, target_id int
DELETE FROM aside_follow WHERE actor_id = :actor_id AND target_id = :target_id;

-- :name aside_follows_page :many
-- :in host text, below text, port text, below_port text, after int, n int
-- :out id int, actor_uri text, target_uri text, activity_uri text, created_at int
SELECT w.id, a.uri, t.uri, w.activity_uri, w.created_at
  FROM aside_follow w JOIN actor a ON a.id = w.actor_id JOIN actor t ON t.id = w.target_id
 WHERE w.id > :after
   AND (a.host = :host OR a.host LIKE :below OR a.host LIKE :port OR a.host LIKE :below_port)
 ORDER BY w.id LIMIT :n;

-- People.

-- :name actor_rules_page :many
-- :in planet_id int, after int, n int
-- :out actor_id int, level text, note text, created_at int, username text, host text, name text,
--     uri text, url text?
SELECT b.actor_id, b.level, b.note, b.created_at, a.username, a.host, a.name, a.uri, a.url
  FROM actor_rule b JOIN actor a ON a.id = b.actor_id
 WHERE b.planet_id = :planet_id AND b.actor_id > :after ORDER BY b.actor_id LIMIT :n;

-- :name actor_rule_put :exec
-- :in actor_id int, planet_id int, level text, note text, created_by int?, now int
INSERT INTO actor_rule (actor_id, planet_id, level, note, created_by, created_at)
VALUES (:actor_id, :planet_id, :level, :note, :created_by, :now)
ON CONFLICT (actor_id, planet_id) DO UPDATE SET level = excluded.level, note = excluded.note;

-- :name actor_rule_remove :exec
-- :in actor_id int, planet_id int
DELETE FROM actor_rule WHERE actor_id = :actor_id AND planet_id = :planet_id;

-- :name actor_by_name :maybe
-- :in username text, host text
-- :out id int
SELECT id FROM actor WHERE LOWER(username) = :username AND host = :host AND local_kind IS NULL
 ORDER BY id LIMIT 1;

-- :name actor_by_address :maybe
-- :in url text
-- :out id int
SELECT id FROM actor WHERE (uri = :url OR url = :url) AND local_kind IS NULL ORDER BY id LIMIT 1;

-- What a block of theirs ends: on a planet, the follow of it; on the node, all.
-- :name follows_to_end :many
-- :in actor_id int, planet_id int
-- :out target_id int, activity_uri text
SELECT f.target_id, f.activity_uri FROM follow f JOIN actor t ON t.id = f.target_id
 WHERE f.actor_id = :actor_id
   AND (:planet_id = 0 OR (t.local_kind = 'planet' AND t.local_id = :planet_id));

-- :name actor_follows_end :exec
-- :in actor_id int
DELETE FROM follow WHERE actor_id = :actor_id;

-- :name planet_of_post :maybe
-- :in id int
-- :out planet_id int
SELECT planet_id FROM post WHERE id = :id;

-- :name aside_follow_end :exec
-- :in actor_id int, planet_id int
DELETE FROM aside_follow WHERE actor_id = :actor_id AND target_id IN (
    SELECT t.id FROM actor t WHERE t.local_kind = 'planet' AND t.local_id = :planet_id);

-- Members who proved that they are somebody there (table identity).
-- :name hosts_with_identities :many
-- :out host text, n int
SELECT a.host, COUNT(DISTINCT i.account_id) FROM identity i JOIN actor a ON a.id = i.actor_id
 GROUP BY a.host;

-- What was hidden of somebody: when it comes back, is it still there?
-- :name aside_hidden_uris :many
-- :in actor_id int, n int
-- :out object_uri text
SELECT c.object_uri FROM aside_comment x JOIN comment c ON c.id = x.comment_id
 WHERE x.actor_id = :actor_id AND x.became = 'hidden' AND c.state = 'hidden'
   AND c.object_uri IS NOT NULL ORDER BY c.id DESC LIMIT :n;
