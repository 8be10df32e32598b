"""`dns mta-sts`: the policy that a web server has to serve."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.complete import complete_domain
from reconciler.cli.exits import Exit
from reconciler.cli.options import DOMAIN, config_option, config_paths
from reconciler.cli.running import run_async

if TYPE_CHECKING:
    from reconciler.cli.session import Scene, Session


@make(
    "mta-sts",
    summary="print the MTA-STS policy to serve for a domain",
    examples=[
        ("reconciler dns mta-sts example.org", "the text, with its line ends"),
        ("reconciler dns mta-sts example.org --out mta-sts.txt", "the file to put on the web server"),
    ],
)
@click.argument("domain", type=DOMAIN, shell_complete=complete_domain)
@config_option
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="Write it to this file instead.")
def mta_sts(domain: str, config: tuple[str, ...], out: str | None) -> Exit:
    """Served at https://mta-sts.DOMAIN/.well-known/mta-sts.txt, before the record that announces it is published.

    The id in that record changes with this text and only with it. While the domain moves between two mail hosts, the
    policy names the exchangers of both.
    """
    from reconciler.dns.policies import mta_sts_record

    app = current()
    policy = run_async(_policy(app, config_paths(config), domain))
    url = f"https://mta-sts.{domain}/.well-known/mta-sts.txt"
    if out is not None:
        app.path(out).write_bytes(policy.encode())
        app.say(f"wrote {out}; serve it at {url}")
    if app.json:
        app.envelope("dns-mta-sts", domain=domain, url=url, policy=policy, record=mta_sts_record(policy))
    elif out is None:
        app.out(policy)
    return Exit.DONE


async def _policy(app: App, paths: list[Path], domain: str) -> str:
    from reconciler.cli.previewing import declared
    from reconciler.cli.session import open_session, read_scene

    async with open_session(app, paths) as session:
        declared([domain], session.desired)
        return _policy_of(domain, session, await read_scene(session))


def _policy_of(domain: str, session: "Session", scene: "Scene") -> str:
    from reconciler.dns.policies import announced_policy
    from reconciler.model.diagnostic import Problem, problem
    from reconciler.model.presentation import text_of
    from reconciler.model.resources import Record
    from reconciler.plan.gather import mail_settings

    settings = session.desired.dns.get(domain)
    published = mail_settings(session.desired, session.readers, domain)
    declaration = scene.inputs.records.get(f"_mta-sts.{domain} TXT mta-sts")
    record = None if declaration is None else declaration.resource
    if settings is None or settings.mta_sts_mode is None or published is None or not isinstance(record, Record):
        raise Problem(
            problem(
                "mta-sts-not-declared",
                f"no MTA-STS policy is declared for {domain}",
                at=None if settings is None else settings.origin.span(),
                help="add to its `dns:` block: mta_sts: {mode: testing}",
            )
        )
    hosts = [host for _, host in published.mx]
    others = _beside(domain, settings.provider, session, scene)
    return announced_policy(text_of(record.values[0]), settings.mta_sts_mode, settings.mta_sts_max_age, hosts, others)


def _beside(domain: str, provider: str, session: "Session", scene: "Scene") -> list[list[str]]:
    """Exchangers that a policy may name while the domain moves: those of now, and those of hosts that have a copy."""
    from reconciler.model.kinds import Kind
    from reconciler.model.resources import Record

    live = scene.world.actual.get(provider, Kind.RECORD, f"{domain} MX")
    now = live.resource.values if live is not None and isinstance(live.resource, Record) else ()
    found = [[value.partition(" ")[2] for value in now if not value.endswith(" .")]]
    for name, reader in session.readers.mail.items():
        if scene.world.actual.get(name, Kind.DOMAIN, domain) is not None:
            found.append([host for _, host in reader.mail_settings(domain).mx])
    return found
