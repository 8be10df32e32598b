"""Real clusters, the same for all tests of this worker; their logs stand beside a failure."""

from tests.servers.cluster.reporting import pytest_runtest_makereport  # noqa: F401
from tests.servers.fixtures import cluster, postfixadmin_cluster  # noqa: F401
