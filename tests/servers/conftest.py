"""The mail hosts of these tests."""

from tests.servers.cluster.reporting import pytest_runtest_makereport  # noqa: F401
from tests.servers.fixtures import cluster, postfixadmin_cluster  # noqa: F401
