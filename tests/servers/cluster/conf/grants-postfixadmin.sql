-- What reconciler may do with PostfixAdmin's tables. Run as their owner, in the database `mail`, after PostfixAdmin's
-- upgrade.php has made them. Nobody else needs a right to them: daemons read views of the schema `groupware`, which
-- reconciler makes and gives to them.
GRANT USAGE ON SCHEMA public TO mailadmin;

-- what people declare,
GRANT SELECT, INSERT, UPDATE, DELETE ON domain, mailbox, alias, alias_domain, quota2 TO mailadmin;
-- what must go with a mailbox or domain that is deleted,
GRANT SELECT, DELETE ON quota, vacation, vacation_notification, fetchmail, domain_admins TO mailadmin;
-- a line in the log that PostfixAdmin shows,
GRANT SELECT, INSERT ON log TO mailadmin;
GRANT USAGE ON SEQUENCE log_id_seq TO mailadmin;
-- and the tables of its own that refer to these, and that follow when PostfixAdmin makes or deletes a mailbox
GRANT REFERENCES, TRIGGER ON domain, mailbox, alias TO mailadmin;
