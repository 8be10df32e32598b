-- The three tables that daemons and reconciler need, with PostfixAdmin's columns: made only where there are none.
CREATE TABLE {domain} (
    domain          varchar(255) PRIMARY KEY,
    description     varchar(255) NOT NULL DEFAULT '',
    aliases         integer      NOT NULL DEFAULT 0,
    mailboxes       integer      NOT NULL DEFAULT 0,
    maxquota        bigint       NOT NULL DEFAULT 0,
    quota           bigint       NOT NULL DEFAULT 0,
    transport       varchar(255),
    backupmx        boolean      NOT NULL DEFAULT false,
    created         timestamptz  DEFAULT now(),
    modified        timestamptz  DEFAULT now(),
    active          boolean      NOT NULL DEFAULT true,
    password_expiry integer      DEFAULT 0
);

CREATE TABLE {mailbox} (
    username        varchar(255) PRIMARY KEY,
    password        varchar(255) NOT NULL DEFAULT '',
    name            varchar(255) NOT NULL DEFAULT '',
    maildir         varchar(255) NOT NULL DEFAULT '',
    quota           bigint       NOT NULL DEFAULT 0,
    created         timestamptz  DEFAULT now(),
    modified        timestamptz  DEFAULT now(),
    active          boolean      NOT NULL DEFAULT true,
    domain          varchar(255) REFERENCES {domain} (domain),
    local_part      varchar(255) NOT NULL,
    phone           varchar(30)  NOT NULL DEFAULT '',
    email_other     varchar(255) NOT NULL DEFAULT '',
    token           varchar(255) NOT NULL DEFAULT '',
    token_validity  timestamptz  DEFAULT '2000-01-01 00:00:00+00',
    password_expiry timestamptz  DEFAULT '2000-01-01 00:00:00+00'
);
CREATE INDEX ON {mailbox} (domain);

CREATE TABLE {alias} (
    address  varchar(255) PRIMARY KEY,
    goto     text         NOT NULL,
    domain   varchar(255) NOT NULL REFERENCES {domain} (domain),
    created  timestamptz  DEFAULT now(),
    modified timestamptz  DEFAULT now(),
    active   boolean      NOT NULL DEFAULT true
);
CREATE INDEX ON {alias} (domain);
