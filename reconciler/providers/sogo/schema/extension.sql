-- What PostfixAdmin has no place for. No table here may have the name of one of PostfixAdmin's: its upgrade looks for
-- tables by their bare names, in every schema there is.

-- Booked storage (netcup/N1, N2). The number is what support would ask for.
CREATE TABLE {ext}.instance (
    number  integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    label   text        NOT NULL UNIQUE,
    storage bigint      NOT NULL CHECK (storage > 0),  -- bytes
    ordered timestamptz NOT NULL DEFAULT now()
);

-- A domain is in one instance (netcup/N5). It goes with its domain, so that PostfixAdmin can delete that.
CREATE TABLE {ext}.domain_instance (
    domain   varchar(255) PRIMARY KEY REFERENCES {domain} ({domain_domain}) ON DELETE CASCADE ON UPDATE CASCADE,
    instance integer      NOT NULL REFERENCES {ext}.instance (number)
);
CREATE INDEX ON {ext}.domain_instance (instance);

-- Where a mailbox's files are, one row for each life of a mailbox: a path is never given twice, so an address that is
-- made again starts empty. The row outlives the mailbox, and tells that files are left.
CREATE TABLE {ext}.storage (
    id       uuid         PRIMARY KEY DEFAULT gen_random_uuid(),
    path     text         NOT NULL,
    username varchar(255) NOT NULL,
    created  timestamptz  NOT NULL DEFAULT now(),
    released timestamptz
);
CREATE UNIQUE INDEX ON {ext}.storage (username) WHERE released IS NULL;

-- Who may send as an alias (netcup/N16). A right that was given by name is `apart` from where mail goes; any other ends
-- when the alias leads elsewhere. Never of a catch-all: Postfix asks for it at every address that has no row of its own.
CREATE TABLE {ext}.send_as (
    address  varchar(255) NOT NULL REFERENCES {alias} ({alias_address}) ON DELETE CASCADE ON UPDATE CASCADE,
    username varchar(255) NOT NULL REFERENCES {mailbox} ({mailbox_username}) ON DELETE CASCADE ON UPDATE CASCADE,
    apart    boolean      NOT NULL DEFAULT false,
    PRIMARY KEY (address, username),
    CHECK (address NOT LIKE '@%')
);
CREATE INDEX ON {ext}.send_as (username);

-- What is used, written by Dovecot's quota_clone.
CREATE TABLE {ext}.usage (
    username varchar(255) PRIMARY KEY,
    bytes    bigint NOT NULL DEFAULT 0,
    messages bigint NOT NULL DEFAULT 0
);

-- A mailbox whose deletion has begun, until its last file is gone. `ended`: its rows are gone by our hand, after all that
-- was to be saved had been; where they are gone and it is not set, somebody else has removed them.
CREATE TABLE {ext}.leaving (
    storage  uuid         PRIMARY KEY,
    username varchar(255) NOT NULL,
    name     text         NOT NULL,
    quota    bigint       NOT NULL,
    login    boolean      NOT NULL,
    path     text         NOT NULL,
    ended    boolean      NOT NULL DEFAULT false,
    began    timestamptz  NOT NULL DEFAULT now()
);

-- Users of whom SOGo and Dovecot may still hold what was true before a change. `kick`: end their sessions too.
CREATE TABLE {ext}.stale (
    username varchar(255) PRIMARY KEY,
    kick     boolean      NOT NULL DEFAULT false,
    since    timestamptz  NOT NULL DEFAULT now()
);

-- Every mailbox gets files of its own, also one that is made in PostfixAdmin, whose role has no right here.
CREATE FUNCTION {ext}.mailbox_life() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {ext}, pg_temp AS $$
DECLARE
    made uuid := gen_random_uuid();
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO storage (id, path, username) VALUES (made, made::text, NEW.{mailbox_username});
    ELSIF TG_OP = 'UPDATE' THEN
        UPDATE storage SET username = NEW.{mailbox_username}
            WHERE username = OLD.{mailbox_username} AND released IS NULL;
    ELSE
        UPDATE storage SET released = now() WHERE username = OLD.{mailbox_username} AND released IS NULL;
        DELETE FROM usage WHERE username = OLD.{mailbox_username};
    END IF;
    RETURN NULL;
END $$;
-- Who may run this could have a table of their own tell it of other people's mailboxes. Triggers need no such right.
REVOKE ALL ON FUNCTION {ext}.mailbox_life() FROM PUBLIC;
CREATE TRIGGER groupware_mailbox_life AFTER INSERT OR DELETE OR UPDATE OF {mailbox_username} ON {mailbox}
    FOR EACH ROW EXECUTE FUNCTION {ext}.mailbox_life();

-- Where the right to send follows the mail, it follows also when somebody else leads the alias elsewhere.
CREATE FUNCTION {ext}.alias_led() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {ext}, pg_temp AS $$
DECLARE
    readers text[] := string_to_array(replace(lower(NEW.{alias_goto}), ' ', ''), ',');
BEGIN
    IF EXISTS (SELECT FROM send_as r WHERE r.address = NEW.{alias_address} AND NOT r.apart) THEN
        DELETE FROM send_as r WHERE r.address = NEW.{alias_address} AND NOT r.apart AND r.username <> ALL (readers);
        INSERT INTO send_as (address, username)
            SELECT NEW.{alias_address}, m.{mailbox_username} FROM {mailbox} m WHERE m.{mailbox_username} = ANY (readers)
            ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION {ext}.alias_led() FROM PUBLIC;
CREATE TRIGGER groupware_alias_led AFTER UPDATE OF {alias_goto} ON {alias}
    FOR EACH ROW EXECUTE FUNCTION {ext}.alias_led();

-- Mailboxes that were there before keep their files where they are.
INSERT INTO {ext}.storage (path, username)
    SELECT {old_path}, m.{mailbox_username} FROM {mailbox} m;

COMMENT ON SCHEMA {ext} IS 'reconciler 1';
