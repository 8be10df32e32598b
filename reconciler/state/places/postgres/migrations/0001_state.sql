-- One row for each state; everything that is written at all is written while this row is locked.
CREATE TABLE state (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL UNIQUE,
    lock          bytea,
    identity      bytea,                                            -- the snapshot's first line; null: no snapshot
    head          bytea,                                            -- the rest of its head
    row_count     bigint NOT NULL DEFAULT 0 CHECK (row_count >= 0), -- of the snapshot, to notice when one is missing
    row_bytes     bigint NOT NULL DEFAULT 0 CHECK (row_bytes >= 0),
    generation    bigint NOT NULL DEFAULT 0,                        -- of the journal; lower ones are history
    journal_bytes bigint NOT NULL DEFAULT 0 CHECK (journal_bytes >= 0)
) WITH (fillfactor = 50);                                           -- each append changes the row in place

-- The snapshot by rows. Names are bytes, so that any encoding of the database will do, in the order of their bytes.
CREATE TABLE snapshot (
    state   bigint NOT NULL REFERENCES state,
    name    bytea NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (state, name)
);

-- One row for each commit, at the byte of the journal where it starts.
CREATE TABLE journal (
    state      bigint NOT NULL REFERENCES state,
    generation bigint NOT NULL,
    start      bigint NOT NULL,
    content    bytea NOT NULL CHECK (octet_length(content) > 0),
    written    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (state, generation, start)
);
