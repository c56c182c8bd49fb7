-- Whose money a term rests on is asked from either side.
CREATE INDEX upgrade_from_grant ON upgrade_from (grant_id);
