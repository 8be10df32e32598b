"""The tables of the embedded platform's file.

What an instance has given out, uses and counts is kept by triggers with every change, so that a create costs the same
in an instance of ten mailboxes and in one of a million, and an edit behind everyone's back is counted, too. Ids are
never given twice.
"""

APPLICATION_ID = 0x52434D42  # "RCMB", in the SQLite header: tells this platform's files from any other
VERSION = 1
FIRST_INSTANCE = 20001

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE instances (
    number INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL UNIQUE, booked INTEGER NOT NULL,
    ordered_at REAL NOT NULL, ready_at REAL NOT NULL,
    allocated INTEGER NOT NULL DEFAULT 0, used INTEGER NOT NULL DEFAULT 0,
    domains INTEGER NOT NULL DEFAULT 0, mailboxes INTEGER NOT NULL DEFAULT 0, aliases INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE domains (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
    instance INTEGER NOT NULL REFERENCES instances (number)
) STRICT;
CREATE INDEX domains_instance ON domains (instance);
CREATE TABLE mailboxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL UNIQUE,
    domain INTEGER NOT NULL REFERENCES domains (id), instance INTEGER NOT NULL,
    owner TEXT NOT NULL, quota INTEGER NOT NULL, password BLOB NOT NULL,
    used INTEGER NOT NULL DEFAULT 0, messages INTEGER NOT NULL DEFAULT 0,
    contacts INTEGER NOT NULL DEFAULT 0, events INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX mailboxes_domain ON mailboxes (domain);
CREATE TABLE aliases (
    id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL UNIQUE,
    domain INTEGER NOT NULL REFERENCES domains (id), instance INTEGER NOT NULL
) STRICT;
CREATE INDEX aliases_domain ON aliases (domain);
CREATE TABLE targets (
    alias INTEGER NOT NULL REFERENCES aliases (id), mailbox INTEGER NOT NULL REFERENCES mailboxes (id),
    PRIMARY KEY (alias, mailbox)
) STRICT, WITHOUT ROWID;
CREATE INDEX targets_mailbox ON targets (mailbox);
CREATE TABLE teams (
    id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL UNIQUE,
    master INTEGER NOT NULL REFERENCES accounts (id), billing TEXT NOT NULL
) STRICT;
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
    plan TEXT NOT NULL, balance INTEGER NOT NULL DEFAULT 0, team INTEGER REFERENCES teams (id),
    opened_at REAL NOT NULL, due_at REAL NOT NULL, paid INTEGER NOT NULL DEFAULT 0, suspended_at REAL,
    password BLOB, handed_over INTEGER NOT NULL DEFAULT 0,
    used INTEGER NOT NULL DEFAULT 0, messages INTEGER NOT NULL DEFAULT 0,
    contacts INTEGER NOT NULL DEFAULT 0, events INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX accounts_team ON accounts (team);
CREATE TABLE bookings (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, account INTEGER, instance INTEGER,
    address TEXT NOT NULL DEFAULT '', text TEXT NOT NULL, cents INTEGER NOT NULL
) STRICT;
CREATE INDEX bookings_account ON bookings (account);
CREATE TABLE stale (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, until REAL NOT NULL, view TEXT
) STRICT;
CREATE TRIGGER domain_added AFTER INSERT ON domains BEGIN
    UPDATE instances SET domains = domains + 1 WHERE number = new.instance;
END;
CREATE TRIGGER domain_removed AFTER DELETE ON domains BEGIN
    UPDATE instances SET domains = domains - 1 WHERE number = old.instance;
END;
CREATE TRIGGER mailbox_made AFTER INSERT ON mailboxes BEGIN
    UPDATE instances SET allocated = allocated + new.quota, used = used + new.used, mailboxes = mailboxes + 1
    WHERE number = new.instance;
END;
CREATE TRIGGER mailbox_changed AFTER UPDATE OF quota, used ON mailboxes BEGIN
    UPDATE instances SET allocated = allocated + new.quota - old.quota, used = used + new.used - old.used
    WHERE number = new.instance;
END;
CREATE TRIGGER mailbox_deleted AFTER DELETE ON mailboxes BEGIN
    UPDATE instances SET allocated = allocated - old.quota, used = used - old.used, mailboxes = mailboxes - 1
    WHERE number = old.instance;
END;
CREATE TRIGGER alias_made AFTER INSERT ON aliases BEGIN
    UPDATE instances SET aliases = aliases + 1 WHERE number = new.instance;
END;
CREATE TRIGGER alias_deleted AFTER DELETE ON aliases BEGIN
    UPDATE instances SET aliases = aliases - 1 WHERE number = old.instance;
END;
"""
