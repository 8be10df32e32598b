GRANT USAGE ON SCHEMA {ext} TO {daemons};
GRANT SELECT ON {ext}.hosted, {ext}.login, {ext}.sender_login, {ext}.alias_target, {ext}.closed, {ext}.domain_alias TO {daemons};
GRANT SELECT, INSERT, UPDATE ON {ext}.usage TO {daemons};
