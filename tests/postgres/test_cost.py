"""What is written does not grow with what is there."""

import time

from tests.postgres.images import Image, allow, mailbox


def versions(database, server):
    """Of how many rows a transaction other than the oldest is the author."""
    with server.connect(database.name) as connection:
        author = "xmin::text::bigint"
        oldest = f"(SELECT min({author}) FROM reconciler.snapshot)"
        return connection.execute(f"SELECT count(*) FROM reconciler.snapshot WHERE {author} > {oldest}").fetchone()[0]


def test_of_a_hundred_thousand_only_the_changed_rows_are_written(state, database, postgres_server, open_state):
    """One mailbox more, one changed, one gone: two rows have a new author, and the whole is what the image says."""
    before = dict(mailbox(number) for number in range(100_000))
    state.replace(Image(1, before), 0, allow)
    assert versions(database, postgres_server) == 0
    after = {**before, **dict([mailbox(100_000), mailbox(500, quota=9)])}
    del after[mailbox(700)[0]]
    image = Image(2, after, before=before)
    state.replace(image, 0, allow)
    assert versions(database, postgres_server) == 2
    fresh = open_state()
    fresh.read_lock()
    started = time.perf_counter()
    assert fresh.read().snapshot == image.whole()
    assert time.perf_counter() - started < 3  # seconds; a tenth of one on a quiet machine


def test_an_append_writes_no_more_when_the_state_is_large(state, open_state, database, postgres_server):
    """The bytes that one append adds to the server's log are the same beside one row and beside ten thousand."""

    def logged(name, rows):
        there = open_state(name)
        there.replace(Image(1, dict(mailbox(number) for number in range(rows))), 0, allow)
        there.append(b"x" * 100, 0, allow)
        there.append(b"x" * 100, 100, allow)
        with postgres_server.connect(database.name) as connection:
            connection.execute("CHECKPOINT")
            # the first change of a page after a checkpoint writes the whole page
            there.append(b"x" * 100, 200, allow)
            before = connection.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0]
            for number in range(20):
                there.append(b"x" * 100, 300 + number * 100, allow)
            return connection.execute("SELECT pg_current_wal_insert_lsn() - %s::pg_lsn", (before,)).fetchone()[0]

    small, large = logged("small", 1), logged("large", 10_000)
    assert large < 2 * small
    assert large < 20 * 2000
