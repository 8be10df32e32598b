"""A domain with a `dns:` block, its mail host, and zones in memory."""

import asyncio
from pathlib import Path

from reconciler.dns.adjust import Adjusted, adjust
from reconciler.dns.derive import Derived, derive
from reconciler.dns.records import RecordReader
from reconciler.dns.writing import RecordWriter
from reconciler.model.desired import Desired, DnsSettings, ExtraRecord, StateBlock
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied, AppliedState, Inventory
from reconciler.model.rrsets import RRset, ZoneContent
from reconciler.model.source import Origin, Span, pack
from reconciler.providers.capabilities import Capabilities
from reconciler.providers.reader import Endpoint, MailSettings, ProviderError, PublishedRecord
from reconciler.providers.writer import Done, Failed, Write

ORIGIN = Origin("mail.yaml", pack(4, 2, 11), ("provider", "spf"), (pack(5, 4, 8), pack(5, 14, 5)) * 2)
PUBLISHED = MailSettings(
    mx=((10, "MX1.Host.example"), (20, "mx2.host.example.")),
    spf=("mx", "include:_spf.host.example"),
    dkim=(PublishedRecord("key1._domainkey", "CNAME", ("key1._domainkey.host.example.",)),),
    endpoints=(
        Endpoint("imap", "imap.host.example", 993, "tls"),
        Endpoint("submission", "smtp.host.example", 587, "starttls"),
        Endpoint("caldav", "web.host.example", 443, "tls", "/SOGo/dav"),
        Endpoint("webmail", "web.host.example", 443, "tls", "/SOGo"),
    ),
)


def extra(name, rtype, *values, ttl=None, line=20):
    """An extra record, as the configuration hands it over."""
    return ExtraRecord(name, rtype, values, ttl, Span("mail.yaml", line, 9, 10))


def derived(zones=("example.org",), published=PUBLISHED, domain="example.org", others=None, **settings) -> Derived:
    """The records of one domain (and of others, given with their settings)."""
    dns = {domain: DnsSettings("zones", ORIGIN, **settings)}
    dns |= {name: DnsSettings("zones", ORIGIN, **each) for name, each in (others or {}).items()}
    desired = Desired({}, {}, StateBlock("local", None, Path()), Path(), "", dns=dns)
    return derive(desired, lambda _: published, {"zones": zones})


def values(result, key):
    """The values of a derived or adjusted record."""
    return result.declarations[key].resource.values


def found(result):
    """Ids of what is wrong or worth knowing."""
    return [each.id for each in result.diagnostics]


class Zones:
    """A DNS provider in memory, with one zone."""

    capabilities = Capabilities(kinds=frozenset({Kind.RECORD}))

    def __init__(self, *rrsets, zone="example.org"):
        self.zone = zone
        self.rrsets = {each.id: each for each in rrsets}
        self.calls = 0
        self.refused = set()

    async def zones(self):
        return [self.zone]

    async def read(self, zone):
        if zone != self.zone:
            raise ProviderError(f"no zone {zone}")
        return ZoneContent(zone, dict(self.rrsets))

    async def change(self, zone, changes):
        self.calls += 1
        if any(self.rrsets.get(each.id) != each.before for each in changes):
            return Failed("moved", code="conflict")
        if any(each.id in self.refused for each in changes):
            return Failed("refused", code="invalid")
        for each in changes:
            self.rrsets.pop(each.id, None)
            if each.after:
                self.rrsets[each.id] = each.after
        return Done()

    def lives(self):
        return asyncio.run(RecordReader(self).read())

    def look_up(self, *keys):
        return asyncio.run(RecordReader(self).look_up(Kind.RECORD, keys))

    def write(self, *writes):
        return asyncio.run(RecordWriter(self, self).write(writes))

    def inventory(self):
        return Inventory([("zones", self.lives())])


def txt(*texts, name="example.org", ttl=3600):
    """A TXT rrset."""
    return RRset(name, "TXT", ttl, tuple(sorted(f'"{text}"' for text in texts)))


def run(zones: Zones, wanted: Derived, state: AppliedState) -> tuple[AppliedState, Adjusted]:
    """Adjust, write what differs, let go of what is released, and remember, as a run does."""
    actual = zones.inventory()
    adjusted = adjust(wanted.declarations, actual, state)
    writes = []
    for key, each in adjusted.declarations.items():
        live = actual.get("zones", Kind.RECORD, key)
        if live is None:
            writes.append(Write(Action.CREATE, Kind.RECORD, key, None, each.resource))
        elif live.resource != each.resource:
            writes.append(Write(Action.UPDATE, Kind.RECORD, key, live, each.resource))
    for kind, key in state.resources:
        live = actual.get("zones", kind, key)
        if key not in adjusted.declarations and live is not None:
            rest = adjusted.releases.get(key)
            writes.append(Write(Action.UPDATE if rest else Action.DELETE, kind, key, live, rest))
    assert all(each == Done() for each in zones.write(*writes))
    resources = {
        (Kind.RECORD, key): Applied(each.resource, "zones", remember=each.remember)
        for key, each in adjusted.declarations.items()
    }
    return AppliedState("line", state.serial + 1, resources), adjusted
