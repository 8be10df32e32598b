"""What is said to the server, for one schema."""

from dataclasses import dataclass, fields

from reconciler.state.places.postgres.schema import quoted

BEGIN_WRITING = b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
BEGIN_READING = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
COMMIT = b"COMMIT"
ROLLBACK = b"ROLLBACK"

_VERSION = b"(SELECT coalesce(max(version), 0) FROM {}.migration)"


@dataclass(frozen=True, slots=True)
class Statements:
    """Statements with `{}` for the schema; `in_schema` fills it in.

    The upsert and the removal answer with the number and the bytes of the rows that were there before.
    """

    ensure: bytes = b"INSERT INTO {}.state (name) VALUES (%s) ON CONFLICT (name) DO NOTHING"
    hold: bytes = (
        b"SELECT id, lock, identity, generation, journal_bytes, row_count, row_bytes, " + _VERSION + b""
        b" FROM {}.state WHERE name = %s FOR UPDATE OF state"
    )
    look: bytes = (
        b"SELECT id, identity, head, generation, journal_bytes, row_count, row_bytes, " + _VERSION + b""
        b" FROM {}.state WHERE name = %s"
    )
    mark: bytes = b"SELECT identity, journal_bytes FROM {}.state WHERE name = %s"
    rows: bytes = (
        b"DECLARE rows NO SCROLL CURSOR FOR SELECT content FROM {}.snapshot WHERE state = %s ORDER BY state, name"
    )
    journal: bytes = (
        b"SELECT start, content FROM {}.journal WHERE state = %s AND generation = %s ORDER BY state, generation, start"
    )
    append: bytes = (
        b"WITH entry AS (INSERT INTO {}.journal (state, generation, start, content) VALUES (%s, %s, %s, %b))"
        b" UPDATE {}.state SET journal_bytes = %s WHERE id = %s"
    )
    follow: bytes = (
        b"WITH held AS (UPDATE {}.state SET journal_bytes = %s WHERE id = %s AND generation = %s AND journal_bytes = %s"
        b" AND lock IS NOT DISTINCT FROM %b AND identity IS NOT DISTINCT FROM %b AND " + _VERSION + b" = %s"
        b" RETURNING id)"
        b" INSERT INTO {}.journal (state, generation, start, content) SELECT id, %s, %s, %b FROM held RETURNING true"
    )
    cut_rows: bytes = b"DELETE FROM {}.journal WHERE state = %s AND generation = %s AND start >= %s"
    cut_row: bytes = (
        b"UPDATE {}.journal SET content = substring(content FOR (%s - start)::integer)"
        b" WHERE state = %s AND generation = %s AND start < %s AND start + octet_length(content) > %s"
    )
    journal_size: bytes = b"UPDATE {}.state SET journal_bytes = %s WHERE id = %s"
    fold: bytes = b"UPDATE {}.state SET generation = generation + 1, journal_bytes = 0 WHERE id = %s"
    clear: bytes = b"DELETE FROM {}.snapshot WHERE state = %s"
    remove: bytes = (
        b"WITH gone AS (DELETE FROM {}.snapshot WHERE state = %s AND name = ANY(%b::bytea[]) RETURNING content)"
        b" SELECT count(*), coalesce(sum(octet_length(content)), 0)::bigint FROM gone"
    )
    put: bytes = (
        b"WITH given AS (SELECT * FROM unnest(%b::bytea[], %b::bytea[]) AS given (name, content)),"
        b" put AS (INSERT INTO {}.snapshot (state, name, content) SELECT %s, name, content FROM given"
        b" ON CONFLICT (state, name) DO UPDATE SET content = EXCLUDED.content)"
        b" SELECT count(*), coalesce(sum(octet_length(old.content)), 0)::bigint"
        b" FROM given JOIN {}.snapshot AS old ON old.state = %s AND old.name = given.name"
    )
    head: bytes = b"UPDATE {}.state SET identity = %b, head = %b, row_count = %s, row_bytes = %s WHERE id = %s"
    lock: bytes = b"SELECT lock FROM {}.state WHERE name = %s"
    take: bytes = (
        b"INSERT INTO {}.state AS held (name, lock) VALUES (%s, %b)"
        b" ON CONFLICT (name) DO UPDATE SET lock = EXCLUDED.lock WHERE held.lock IS NULL RETURNING true"
    )
    swap: bytes = b"UPDATE {}.state SET lock = %b WHERE name = %s AND lock = %b RETURNING true"
    generations: bytes = (
        b"SELECT DISTINCT j.generation FROM {}.journal AS j JOIN {}.state AS s ON s.id = j.state"
        b" WHERE s.name = %s AND j.generation < s.generation ORDER BY j.generation"
    )
    folded: bytes = (
        b"SELECT j.start, j.content FROM {}.journal AS j JOIN {}.state AS s ON s.id = j.state"
        b" WHERE s.name = %s AND j.generation = %s ORDER BY j.start"
    )
    forget: bytes = b"DELETE FROM {}.journal WHERE state = %s AND generation = %s"
    keep: bytes = b"INSERT INTO {}.journal (state, generation, start, content) VALUES (%s, %s, 0, %b)"


def in_schema(schema: str) -> Statements:
    """Return the statements for a schema."""
    template = Statements()
    name = quoted(schema)
    return Statements(**{each.name: getattr(template, each.name).replace(b"{}", name) for each in fields(template)})
