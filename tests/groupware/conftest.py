"""A real cluster, the same for all tests of this worker; its logs stand beside a failure."""

import pytest

from tests.groupware.company import Company
from tests.servers.cluster.reporting import pytest_runtest_makereport  # noqa: F401
from tests.servers.fixtures import cluster, postfixadmin_cluster  # noqa: F401


@pytest.fixture
def found(cluster, tmp_path):  # noqa: F811
    """Founds a company by its name, which no other test uses: nothing is applied yet."""

    def founded(name: str, **more: object) -> Company:
        folder = tmp_path / name
        folder.mkdir()
        return Company(cluster, folder, name, **more)

    return founded
