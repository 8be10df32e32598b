"""Who reads while the tables are being made for the first time."""

import pytest

from reconciler.state.places.postgres import schema


@pytest.mark.parametrize(
    ("look", "found"),
    [
        (lambda state: state.read_lock(), b"theirs"),
        (lambda state: state.read().journal, b""),
        (lambda state: list(state.history()), []),
    ],
    ids=["lock", "content", "history"],
)
def test_tables_that_come_between_two_questions_are_read(open_state, monkeypatch, look, found):
    """A reader finds no table, and when it asks why, another has just made them: what is there is read."""
    version = schema.version

    def meanwhile(talk, name):
        monkeypatch.undo()
        assert open_state().write_lock(None, b"theirs")
        return version(talk, name)

    reader = open_state()
    monkeypatch.setattr(schema, "version", meanwhile)
    assert look(reader) == found
    assert schema.version is version  # it was asked
