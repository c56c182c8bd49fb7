-- Who may know of an activity, and who is sent it, as in say.h. Until now there were answers to one
-- follower, and what is for all of them.
ALTER TABLE activity ADD COLUMN audience TEXT NOT NULL DEFAULT 'followers'
    CHECK (audience IN ('followers', 'known', 'named', 'direct'));
UPDATE activity SET audience = 'direct' WHERE type IN ('Accept', 'Reject');
