-- Where there is no PostfixAdmin, reconciler makes the tables itself. Run as the superuser, in the database `mail`.
GRANT USAGE, CREATE ON SCHEMA public TO mailadmin;
