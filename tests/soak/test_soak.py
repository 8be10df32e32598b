"""A few seconds of the soak on each backend; `make soak` runs it for minutes."""

import pytest

from tests.soak.run import soak, table


@pytest.mark.parametrize("backend", ["local", "postgres", "s3", "http"])
def test_applies_that_are_killed_at_random_leave_books_that_add_up(backend, record_property):
    """Eight processes apply to one state while a killer is about; history, state and platform tell one story."""
    report = soak(backend, 4, pause=(0.2, 0.7))
    record_property("counted", f"soak on {backend}: {dict(report.counted)}, exits {dict(report.exits)}")
    assert report.wrong == [], table([report])
    assert report.exits[0] >= 1
    assert report.counted["killed"] >= 1
    assert report.counted["told as done"] >= 1
