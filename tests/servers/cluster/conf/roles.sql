-- Who may do what: four roles and two databases. Run as the superuser, in any database.

-- PostfixAdmin: owns its tables
CREATE ROLE postfixadmin LOGIN PASSWORD '@postfixadmin_password@';
-- reconciler
CREATE ROLE mailadmin LOGIN PASSWORD '@mailadmin_password@';
-- Postfix and Dovecot
CREATE ROLE mailread LOGIN PASSWORD '@mailread_password@';
-- SOGo: a database of its own, and one view of the other
CREATE ROLE sogo LOGIN PASSWORD '@sogo_password@';

CREATE DATABASE mail OWNER postfixadmin TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';
CREATE DATABASE sogo OWNER sogo TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';

-- reconciler makes a schema of its own, `groupware`, beside PostfixAdmin's tables
GRANT CREATE ON DATABASE mail TO mailadmin;
