"""`dns`: the records of domains, before they change and as they are. Each command stands in a module of its own."""

from reconciler.cli.command import group
from reconciler.cli.commands.dns.check import check
from reconciler.cli.commands.dns.mta_sts import mta_sts
from reconciler.cli.commands.dns.preview import preview
from reconciler.cli.commands.dns.records import records


@group(
    "dns",
    examples=[
        ("reconciler dns preview example.org", "what the plan does to its DNS, record by record, with a verdict"),
        ("reconciler dns check example.org", "the verdict on what is published now"),
        ("reconciler dns records example.org", "the records it needs, ready to paste into a zone"),
        ("reconciler dns mta-sts example.org", "the MTA-STS policy to serve for it"),
    ],
)
def command() -> None:
    """Mail flow breaks in DNS: these commands look, and change nothing.

    Authoritative servers are asked and nobody else, so that no resolver remembers that a name is not there yet.
    """


for _each in (preview, check, records, mta_sts):
    command.add_command(_each)
