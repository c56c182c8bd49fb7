-- What of ours may be quoted.

-- :name quoted_post :one
-- :in id int
-- :out planet_id int
SELECT planet_id FROM post WHERE id = :id;

-- A comment of ours that went to other servers.
-- :name quoted_comment :maybe
-- :in id int
-- :out planet_id int, account_id int
SELECT p.planet_id, c.account_id FROM comment c JOIN post p ON p.id = c.post_id
 WHERE c.id = :id AND c.account_id IS NOT NULL AND c.abroad = 1 AND c.state = 'shown';

-- What became of a quote: the job looks when the comment changed.
-- :name quote_state :maybe
-- :in comment_id int
-- :out object_uri text, state text
SELECT object_uri, state FROM comment
 WHERE id = :comment_id AND kind = 'quote' AND object_uri IS NOT NULL;
