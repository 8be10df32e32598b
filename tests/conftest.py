"""What holds for every test: a law fails because it is broken, never because the machine is busy.

What a test counts, such as the points at which it made something fail, it records as a property named `counted`; all of
that is printed at the end of the run.
"""

import os

from hypothesis import HealthCheck, settings

# In CI Hypothesis brings a profile of its own, without deadlines and with the same examples in every run.
if "CI" not in os.environ:
    settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("house")


def pytest_terminal_summary(terminalreporter):
    """Print what tests have counted."""
    for report in terminalreporter.stats.get("passed", ()):
        for name, value in report.user_properties:
            if name == "counted":
                terminalreporter.write_line(value)
