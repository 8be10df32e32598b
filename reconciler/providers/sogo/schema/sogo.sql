GRANT USAGE ON SCHEMA {ext} TO {sogo};
GRANT SELECT ON {ext}.sogo_users TO {sogo};
