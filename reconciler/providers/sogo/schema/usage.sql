-- PostfixAdmin shows what is used from its table quota2. Dovecot can not write there itself: a trigger of PostfixAdmin's
-- adds each figure to the one before, since it was made for a way that hands over differences. That trigger finds its
-- table by the path alone.
CREATE FUNCTION {ext}.usage_copy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {home}, pg_temp AS $$
BEGIN
    UPDATE {quota2} SET bytes = NEW.bytes, messages = NEW.messages WHERE username = NEW.username;
    IF NOT FOUND AND length(NEW.username) <= 100 THEN
        INSERT INTO {quota2} (username, bytes, messages) VALUES (NEW.username, NEW.bytes, NEW.messages);
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION {ext}.usage_copy() FROM PUBLIC;
CREATE TRIGGER usage_copy AFTER INSERT OR UPDATE ON {ext}.usage FOR EACH ROW EXECUTE FUNCTION {ext}.usage_copy();
