"""The embedded platform: `type: sandbox`.

One SQLite file that behaves as a groupware platform (netcup/N1 to N20) and a team platform (mailbox-org/M1 to M16) do,
with its own code and its own words for every refusal. `platform` is the whole of it; `provider` is the thin adapter to
the protocols every provider has; `python -m reconciler.providers.sandbox FILE …` plays the outside world.
"""

from reconciler.providers.sandbox.provider import SandboxProvider

__all__ = ["SandboxProvider"]
