-- What was written in the books stays as it was written.
CREATE TRIGGER txn_no_update BEFORE UPDATE ON txn BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER txn_no_delete BEFORE DELETE ON txn BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER grant_event_no_update BEFORE UPDATE ON grant_event BEGIN SELECT RAISE(ABORT, 'grant events are append-only'); END;
CREATE TRIGGER grant_event_no_delete BEFORE DELETE ON grant_event BEGIN SELECT RAISE(ABORT, 'grant events are append-only'); END;
