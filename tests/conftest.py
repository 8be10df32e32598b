"""What holds for every test: a law fails because it is broken, never because the machine is busy."""

import os

from hypothesis import HealthCheck, settings

# In CI Hypothesis brings a profile of its own, without deadlines and with the same examples in every run.
if "CI" not in os.environ:
    settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("house")
