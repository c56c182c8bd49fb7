-- Conversation with other servers.

-- Who elsewhere may quote what this planet says.
ALTER TABLE planet ADD COLUMN quotes TEXT NOT NULL DEFAULT 'everybody'; -- everybody, followers, nobody

-- A quote is a note of somebody elsewhere that shows one of ours: kept with the comments, since it is
-- moderated as they are, but it stands in no thread and is not counted among them.
ALTER TABLE comment ADD COLUMN kind TEXT NOT NULL DEFAULT 'reply';      -- reply, quote
ALTER TABLE comment ADD COLUMN abroad BIGINT NOT NULL DEFAULT 0;        -- of ours: its writer lets it go to other servers
ALTER TABLE comment ADD COLUMN form_id BIGINT;                          -- the form that it was sent with
ALTER TABLE comment ADD COLUMN warning TEXT NOT NULL DEFAULT '';        -- from elsewhere: what its writer warns of
ALTER TABLE comment ADD COLUMN sensitive BIGINT NOT NULL DEFAULT 0;
ALTER TABLE comment ADD COLUMN emoji TEXT NOT NULL DEFAULT '';          -- custom ones: "name address", a line each
CREATE UNIQUE INDEX comment_form ON comment (account_id, form_id) WHERE form_id IS NOT NULL;
ALTER TABLE actor ADD COLUMN emoji TEXT NOT NULL DEFAULT '';            -- of the name

-- Until now authors' public answers to people elsewhere were sent to them.
UPDATE comment SET abroad = 1
 WHERE audience = 'public' AND account_id IS NOT NULL
   AND parent_id IN (SELECT b.id FROM comment b WHERE b.actor_id IS NOT NULL)
   AND EXISTS (SELECT 1 FROM post p JOIN role r ON r.planet_id = p.planet_id
                WHERE p.id = comment.post_id AND r.account_id = comment.account_id
                  AND r.role IN ('owner', 'partner', 'guest'));

-- Pictures and other things that came with a comment from elsewhere. They stay there; these are
-- their addresses.
CREATE TABLE comment_media (
    comment_id BIGINT NOT NULL REFERENCES comment (id),
    position BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('image', 'video', 'audio', 'file')),
    url TEXT NOT NULL,
    mime TEXT NOT NULL,
    alt TEXT NOT NULL,
    width BIGINT,
    height BIGINT,
    PRIMARY KEY (comment_id, position)
);

-- That somebody elsewhere may quote one of our things: the authorization at /ap/q/<id>.
CREATE TABLE quote_grant (
    id BIGINT PRIMARY KEY,
    post_id BIGINT NOT NULL REFERENCES post (id),
    actor_id BIGINT NOT NULL REFERENCES actor (id),         -- who quotes
    local_actor_id BIGINT NOT NULL REFERENCES actor (id),   -- whose words they are
    target_uri TEXT NOT NULL,           -- ours
    quote_uri TEXT NOT NULL,            -- theirs
    granted_at BIGINT NOT NULL,
    revoked_at BIGINT,
    UNIQUE (quote_uri, target_uri)
);
CREATE INDEX quote_grant_actor ON quote_grant (actor_id);

-- Reactions by an emoji, beside the likes.
CREATE TABLE emoji_reaction (
    id BIGINT PRIMARY KEY,
    post_id BIGINT NOT NULL REFERENCES post (id),
    comment_id BIGINT NOT NULL,         -- 0: the post itself
    actor_id BIGINT NOT NULL REFERENCES actor (id),
    emoji TEXT NOT NULL,                -- the character, or :name:
    icon_url TEXT,                      -- of a custom one
    activity_uri TEXT NOT NULL,
    aside BIGINT NOT NULL DEFAULT 0,    -- out of sight by a rule about its actor
    created_at BIGINT NOT NULL,
    UNIQUE (post_id, comment_id, actor_id, emoji)
);
CREATE INDEX emoji_reaction_activity ON emoji_reaction (activity_uri);
CREATE INDEX emoji_reaction_actor ON emoji_reaction (actor_id);

-- What an author warns readers of; posts without a warning have no row.
CREATE TABLE post_warning (
    post_id BIGINT PRIMARY KEY REFERENCES post (id),
    warning TEXT NOT NULL
);
