-- What the documents are made of. Nothing here names a locked column.

-- :name activity_by_id :maybe
-- :in id int
-- :out id int, uri text, actor_id int, type text, object_uri text, body text, audience text,
--     fanned_to text?, created_at int, key_serial int
SELECT id, uri, actor_id, type, object_uri, body, audience, fanned_to, created_at, key_serial
  FROM activity
 WHERE id = :id;

-- Newest first; before: exclusive.
-- :name outbox_page :many
-- :in actor_id int, before int, n int
-- :out id int, body text
SELECT id, body FROM activity WHERE actor_id = :actor_id AND in_outbox = 1 AND id < :before
 ORDER BY id DESC LIMIT :n;

-- :name outbox_count :one
-- :in actor_id int
-- :out n int
SELECT COUNT(*) FROM activity WHERE actor_id = :actor_id AND in_outbox = 1;

-- :name follower_count :one
-- :public
-- :in target_id int
-- :out n int
SELECT COUNT(*) FROM follow WHERE target_id = :target_id AND state = 'accepted';

-- :name featured_posts :many
-- :in planet_id int, n int
-- :out id int
SELECT id FROM post
 WHERE planet_id = :planet_id AND state = 'published' AND pinned = 1 AND object_uri IS NOT NULL
 ORDER BY published_at DESC, id DESC LIMIT :n;

-- A comment of ours that may leave: public, and its writer lets it.
-- :name comment_ours :one
-- :in id int
-- :out id int, post_id int, parent_id int?, account_id int, html text, created_at int,
--     edited_at int?, planet_handle text, slug text, lang text, post_uri text, planet_id int,
--     n_likes int, n_shares int
SELECT c.id, c.post_id, c.parent_id, c.account_id, c.html, c.created_at, c.edited_at, g.handle,
       p.slug, p.lang, p.object_uri, p.planet_id,
       (SELECT COUNT(*) FROM reaction r WHERE r.post_id = c.post_id AND r.comment_id = c.id
           AND r.kind = 'like' AND r.actor_id <> 0),
       (SELECT COUNT(*) FROM reaction r WHERE r.post_id = c.post_id AND r.comment_id = c.id
           AND r.kind = 'announce' AND r.actor_id <> 0)
  FROM comment c JOIN post p ON p.id = c.post_id JOIN planet g ON g.id = p.planet_id
  JOIN account a ON a.id = c.account_id
 WHERE c.id = :id AND c.audience = 'public' AND c.state = 'shown' AND c.abroad = 1
   AND p.state = 'published' AND p.object_uri IS NOT NULL AND a.state = 'active';

-- :name comment_parent :maybe
-- :in id int
-- :out actor_id int?, account_id int?, object_uri text?, audience text
SELECT actor_id, account_id, object_uri, audience FROM comment WHERE id = :id;

-- Public answers, by id, after exclusive: our own, as far as their writers let them go to other
-- servers, and those from elsewhere. Of a post all, so that a peer need not climb; of a comment its own.
-- :name replies_ours :many
-- :in post_id int, parent_id int?, after int, n int
-- :out id int
SELECT c.id FROM comment c JOIN account a ON a.id = c.account_id
 WHERE c.post_id = :post_id AND c.audience = 'public' AND c.state = 'shown' AND c.id > :after
   AND c.kind = 'reply' AND c.abroad = 1 AND a.state = 'active'
   AND (:parent_id IS NULL OR c.parent_id = :parent_id)
 ORDER BY c.id LIMIT :n;

-- :name replies_theirs :many
-- :in post_id int, parent_id int?, after int, n int
-- :out id int, object_uri text
SELECT c.id, c.object_uri FROM comment c
 WHERE c.post_id = :post_id AND c.audience = 'public' AND c.state = 'shown' AND c.id > :after
   AND c.kind = 'reply' AND c.actor_id IS NOT NULL AND c.object_uri IS NOT NULL
   AND (:parent_id IS NULL OR c.parent_id = :parent_id)
 ORDER BY c.id LIMIT :n;

-- Somebody elsewhere who was here before, by the name that people know.
-- :name actor_named :maybe
-- :in username text, host text
-- :out uri text, url text?, username text, inbox text?
SELECT uri, url, username, COALESCE(shared_inbox, inbox) FROM actor
 WHERE host = :host AND LOWER(username) = :username AND local_kind IS NULL AND deleted_at IS NULL
 ORDER BY id LIMIT 1;

-- :name tombstone_find :maybe
-- :in object_uri text
-- :out former_type text, deleted_at int
SELECT former_type, deleted_at FROM tombstone WHERE object_uri = :object_uri;

-- For NodeInfo. Locked posts and members are nobody's business.
-- :name nodeinfo_counts :one
-- :out planets int, posts int
SELECT (SELECT COUNT(*) FROM planet),
       (SELECT COUNT(*) FROM post WHERE state = 'published' AND access = 'public');

-- The newest Creates that were made before somebody came.
-- :name outbox_before :many
-- :in actor_id int, before int, n int
-- :out id int, object_uri text
SELECT id, object_uri FROM activity
 WHERE actor_id = :actor_id AND in_outbox = 1 AND created_at < :before
 ORDER BY id DESC LIMIT :n;
