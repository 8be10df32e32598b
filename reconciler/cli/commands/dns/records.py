"""`dns records`: the records domains need, in zone-file form."""

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.commands.dns.common import domains_argument
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, config_paths
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.cli.session import Scene, Session
    from reconciler.model.resources import Record
    from reconciler.report.zone_text import DomainRecords


@make(
    "records",
    summary="print the records domains need, in zone-file form",
    examples=[
        ("reconciler dns records example.org", "ready to paste into a zone, whoever hosts it"),
        ("reconciler dns records --format json example.org", "the same for a program"),
    ],
)
@domains_argument
@config_option
def records(domains: tuple[str, ...], config: tuple[str, ...]) -> Exit:
    """All records that should stand there now, whether or not they do, the SPF record merged with what is there.

    A domain without a `dns:` block gets those that its mail host publishes.
    """
    from reconciler.report.zone_text import zone_json, zone_text

    app = current()
    found = run_async(_records(app, config_paths(config), domains))
    if app.json:
        app.envelope("dns-records", domains=zone_json(found))
    else:
        app.out(zone_text(found))
    return Exit.DONE


async def _records(app: App, paths: list[Path], domains: tuple[str, ...]) -> "list[DomainRecords]":
    from reconciler.cli.previewing import declared, remarks
    from reconciler.cli.session import open_session, read_scene
    from reconciler.cli.speak import tell_warnings

    async with open_session(app, paths) as session:
        declared(domains, session.desired)
        scene = await read_scene(session)
        tell_warnings(remarks(session, scene.world.warnings, domains), app)
        return [_of(domain, session, scene) for domain in dict.fromkeys(domains)]


def _of(domain: str, session: "Session", scene: "Scene") -> "DomainRecords":
    from reconciler.dns.previewing import home
    from reconciler.model.resources import Record
    from reconciler.report.zone_text import DomainRecords

    settings = session.desired.dns.get(domain)
    if settings is None:
        return DomainRecords(domain, domain, "", tuple(_published(domain, session)))
    declared = (each for each in scene.inputs.records.values() if each.provider == settings.provider)
    mine = [
        each.resource
        for each in declared
        if isinstance(each.resource, Record) and home(each.resource.name, session.desired.dns) == domain
    ]
    zone = next((each.zone for each in mine if each.zone), domain)
    held = tuple(each for each in scene.inputs.held if each.domain == domain)
    return DomainRecords(domain, zone, settings.provider, _in_order(mine, domain), held)


def _published(domain: str, session: "Session") -> "tuple[Record, ...]":
    """What the mail host of a domain publishes, where nothing is said of its DNS."""
    from reconciler.dns.mail import mail_drafts
    from reconciler.model.desired import DnsSettings
    from reconciler.model.kinds import Kind
    from reconciler.model.resources import Record
    from reconciler.plan.gather import mail_settings

    settings = DnsSettings("", session.desired.of(Kind.DOMAIN)[domain].origin)
    drafts = mail_drafts(domain, settings, mail_settings(session.desired, session.readers, domain))
    return _in_order(
        [Record(each.name, each.type, each.value_class, domain, settings.ttl, each.values) for each in drafts], domain
    )


def _in_order(records: "list[Record]", domain: str) -> "tuple[Record, ...]":
    from reconciler.dns.previewing import reading_order

    return tuple(sorted(records, key=lambda record: reading_order(record.key, domain)))
