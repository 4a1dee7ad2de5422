"""What all tests share: the same examples on every run of the checks, new ones on request.

A check that draws other examples each time fails on somebody else's change. `make fuzz`
draws new ones, more of them; what it finds becomes a test of its own.
"""

from hypothesis import HealthCheck, settings

settings.register_profile("check", derandomize=True, database=None, print_blob=True)
settings.register_profile(
    "fuzz", database=None, print_blob=True, suppress_health_check=list(HealthCheck)
)
settings.load_profile("check")
