-- What was written in the books stays as it was written.
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only';
END $$;
CREATE FUNCTION grant_events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'grant events are append-only';
END $$;
CREATE TRIGGER txn_stays BEFORE UPDATE OR DELETE ON txn
    FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE ON entry
    FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER grant_event_stays BEFORE UPDATE OR DELETE ON grant_event
    FOR EACH ROW EXECUTE FUNCTION grant_events_are_append_only();
CREATE TRIGGER txn_is_not_emptied BEFORE TRUNCATE ON txn EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER entry_is_not_emptied BEFORE TRUNCATE ON entry EXECUTE FUNCTION ledger_is_append_only();
CREATE TRIGGER grant_event_is_not_emptied BEFORE TRUNCATE ON grant_event
    EXECUTE FUNCTION grant_events_are_append_only();
