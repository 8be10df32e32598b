"""A failed test of a cluster shows what the daemons have said: put the line into the folder's `conftest.py`.

from tests.servers.cluster.reporting import pytest_runtest_makereport  # noqa: F401
"""

from collections.abc import Generator, Iterator

import pytest

from tests.servers.cluster.cluster import Cluster


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the end of each log to the report of a failure."""
    report = yield
    if report.failed:
        for cluster in _clusters(item):
            report.sections += [(f"{name} said", said) for name, said in cluster.logs().items() if said]
    return report


def _clusters(item: pytest.Item) -> Iterator[Cluster]:
    for value in getattr(item, "funcargs", {}).values():
        if isinstance(value, Cluster):
            yield value
