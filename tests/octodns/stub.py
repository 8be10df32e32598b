"""A provider of octoDNS for what no real server does when asked: its zones stand in memory, and it fails as told."""

from logging import getLogger
from typing import ClassVar

from octodns.provider.base import BaseProvider
from octodns.record import Record

ZONE = "stub.example"


class StubProvider(BaseProvider):
    """Zones in memory."""

    SUPPORTS_GEO = False
    SUPPORTS: ClassVar[set[str]] = {"A", "CNAME", "MX", "NS", "PTR", "TXT", "Stub/OWN"}
    MIN_TTL = 120
    zones: ClassVar[dict[str, dict[tuple[str, str], dict[str, object]]]] = {}
    made: ClassVar[list["StubProvider"]] = []
    trouble: ClassVar[Exception | None] = None
    after: ClassVar[int] = 0  # changes that are made before the trouble

    def __init__(self, id, token, *, retries=3, strict=False, delay=0.5, names=None, **kwargs):  # noqa: A002
        self.log = getLogger(f"StubProvider[{id}]")
        self.log.error("token=%s", token)
        super().__init__(id, **kwargs)
        self.token, self.retries, self.strict, self.delay, self.names = token, retries, strict, delay, names
        if token == "refused":
            raise ValueError(f"the token {token} is refused")
        self.made.append(self)

    def populate(self, zone, target=False, lenient=False):
        self.log.error("populate %s with %s", zone.name, self.token)
        for (name, _), data in self.zones.get(zone.name, {}).items():
            zone.add_record(Record.new(zone, name, data, source=self, lenient=lenient), lenient=lenient)
        return zone.name in self.zones

    def _apply(self, plan):
        assert plan.exists, "some providers make a zone that is said not to exist"
        for number, change in enumerate(plan.changes):
            if self.trouble is not None and number == self.after:
                raise self.trouble
            zone, record = self.zones[plan.desired.name], change.record
            zone.pop((record.name, record._type), None)
            if change.new is not None:
                zone[record.name, record._type] = {**change.new.data, "type": record._type}
        if self.trouble is not None:
            raise self.trouble


class RewritingProvider(StubProvider):
    """Hands its host the whole zone, made of what octoDNS knows."""

    def _apply(self, plan):
        self.zones[plan.desired.name] = {(each.name, each._type): each.data for each in plan.desired.records}


class MuteProvider(StubProvider):
    """Does not tell whether a zone exists, and logs under a name of its own."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.log = getLogger("mute")

    def populate(self, zone, target=False, lenient=False):
        super().populate(zone, target=target, lenient=lenient)


class Timeout(Exception):
    """What libraries call a time-out."""
