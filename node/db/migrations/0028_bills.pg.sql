-- What was issued stays as it was issued.
CREATE FUNCTION bills_are_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'invoices are never changed';
END $$;
CREATE TRIGGER bill_stays BEFORE UPDATE OR DELETE ON bill FOR EACH ROW EXECUTE FUNCTION bills_are_never_changed();
CREATE TRIGGER bill_line_stays BEFORE UPDATE OR DELETE ON bill_line FOR EACH ROW EXECUTE FUNCTION bills_are_never_changed();
CREATE TRIGGER bill_is_not_emptied BEFORE TRUNCATE ON bill EXECUTE FUNCTION bills_are_never_changed();
CREATE TRIGGER bill_line_is_not_emptied BEFORE TRUNCATE ON bill_line EXECUTE FUNCTION bills_are_never_changed();
