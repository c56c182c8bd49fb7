-- Who may speak with the node.

-- :row domain_rule_row host text, kind text, level text, reject_media int, reject_reports int,
--     obfuscate int, public_comment text, private_comment text, created_at int, changed_at int

-- :name domain_mode :one
-- :out mode text, version int
SELECT mode, version FROM domain_mode WHERE id = 1;

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
