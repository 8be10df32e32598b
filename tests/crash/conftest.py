"""Every place that state can be kept in."""

from tests.backends.stage import place
from tests.servers.fixtures import postgres_server
from tests.servers.s3 import moto_store

__all__ = ["moto_store", "place", "postgres_server"]


def pytest_terminal_summary(terminalreporter):
    """Say at how many points what was made to fail."""
    for report in terminalreporter.stats.get("passed", ()):
        for name, value in report.user_properties:
            if name == "points":
                terminalreporter.write_line(value)
