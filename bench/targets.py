"""The numbers to reach, for two shared cores: `must` first, then the stretch."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Seconds, or megabytes for `peak`."""

    must: float
    stretch: float


#: Stage → mailboxes → target.
TARGETS: dict[str, dict[int, Target]] = {
    "load + validate": {1_000: Target(0.20, 0.06), 10_000: Target(0.6, 0.15), 100_000: Target(3.5, 1.0)},
    "first plan": {1_000: Target(0.25, 0.08), 10_000: Target(0.8, 0.2), 100_000: Target(5, 1.5)},
    "apply": {1_000: Target(0.6, 0.2), 10_000: Target(2, 0.6), 100_000: Target(13, 5.5)},
    "plan, nothing to do": {1_000: Target(0.25, 0.08), 10_000: Target(0.8, 0.2), 100_000: Target(5, 1.5)},
    "plan, 1 % changed": {1_000: Target(0.25, 0.08), 10_000: Target(0.8, 0.2), 100_000: Target(5, 1.5)},
}
PEAK: dict[int, Target] = {1_000: Target(80, 40), 10_000: Target(150, 80), 100_000: Target(700, 350)}  # megabytes

GROWTH = 12.0  # t(100,000) / t(10,000) at most
EVENTS = 3.0  # load and validate, in passes of libyaml's bare events
HELP = Target(0.090, 0.050)  # seconds for `reconciler --help`
IN_FLIGHT = 0.9  # of concurrency / latency
STATE_BYTES = 2048  # written for an operation
STATE_GROWTH = 1.2  # bytes written for an operation in a state of 100,000, over those in one of 1,000

#: Records of a hundred to a zone on a real name server → stage → wall time as a share of what octoDNS takes.
BESIDE_OCTODNS: dict[int, dict[str, float]] = {10_000: {"plan, nothing to do": 0.15}}
#: The same, in seconds.
RECORDS: dict[int, dict[str, Target]] = {
    10_000: {"first plan": Target(0.8, 0.2), "apply": Target(2, 0.6), "plan, nothing to do": Target(0.8, 0.2)}
}
LARGEST_DNS = 10_000  # records; beyond, octoDNS takes minutes
