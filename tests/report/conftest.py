"""Values to report, and the comparison with golden files."""

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reconciler.model.diagnostic import Diagnostic, Label, problem, warning
from reconciler.model.kinds import Action, Kind
from reconciler.model.source import Span
from reconciler.plan.document import (
    Backup,
    Change,
    Dependency,
    Drift,
    LedgerLine,
    Operation,
    Plan,
    PlanWarning,
    Refusal,
    Unmanaged,
)
from reconciler.report.excerpt import ReadLine
from reconciler.report.style import Style
from reconciler.report.views import OutcomeView, RunView, Status

GOLDEN = Path(__file__).parent / "golden"
GB = 10**9

Golden = Callable[[str, object], None]


@pytest.fixture
def golden() -> Golden:
    """Compare a text, or JSON data, with a golden file; UPDATE_GOLDEN=1 writes it instead."""

    def compare(name: str, found: object) -> None:
        text = found if isinstance(found, str) else json.dumps(found, indent=2, ensure_ascii=False) + "\n"
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(text, "utf-8", newline="")
        assert text == path.read_bytes().decode(), f"{path} differs; see tests/report/README.md"

    return compare


PLAIN = Style(colour=False, unicode=True, width=100)
COLOUR = Style(colour=True, unicode=True, width=100)
ASCII = Style(colour=False, unicode=False, width=60)


@pytest.fixture
def plain() -> Style:
    """No colour, 100 columns."""
    return PLAIN


@pytest.fixture(params=[("txt", PLAIN), ("colour.txt", COLOUR), ("ascii.txt", ASCII)], ids=["plain", "colour", "ascii"])
def dressed(request: pytest.FixtureRequest) -> tuple[str, Style]:
    """Each way a text may look: the ending of its golden file, and the style."""
    return request.param


@pytest.fixture
def uncoloured() -> Callable[[str], str]:
    """Take the escape sequences out of a text."""
    return lambda text: re.sub(r"\x1b\[[0-9;]*m", "", text)


def _step(action: Action, kind: Kind, key: str, provider: str = "groupware", **rest: object) -> Operation:
    return Operation(f"{action} {kind} {key}", action, kind, key, provider, **rest)  # type: ignore[arg-type]


RETARGET = (
    _step(
        Action.DELETE,
        Kind.ALIAS,
        "info@example.org",
        fields={"to": Change("bob@example.org", None)},
        replaces="create alias info@example.org",
        notes=("mail to info@example.org bounces until the next step is done (netcup/N18)",),
    ),
    _step(
        Action.CREATE,
        Kind.ALIAS,
        "info@example.org",
        after=(
            Dependency("delete alias info@example.org", "netcup/N18", "an address is released before it is claimed"),
        ),
        fields={"to": Change(None, "anna@xn--mller-kva.example")},
        replaces="delete alias info@example.org",
    ),
)
BOB = _step(
    Action.DELETE,
    Kind.MAILBOX,
    "bob@example.org",
    after=(
        Dependency(
            "delete alias info@example.org", "netcup/N12", "a mailbox is deleted only when no alias for it exists"
        ),
    ),
    fields={"owner": Change("Bob", None), "quota": Change(2 * GB, None)},
    loses_data=True,
    notes=("all its mail, contacts and appointments are lost: 4.1 GB, 812 messages (netcup/N13)",),
    backup=Backup("archive/bob"),
)
CARL = _step(
    Action.OPERATOR,
    Kind.MEMBER,
    "carl@mailbox.org",
    "mailorg",
    steps=("open a support ticket and ask that carl@mailbox.org leave the team", "wait for the provider's answer"),
)
OPERATIONS = (
    *RETARGET,
    BOB,
    _step(
        Action.UPDATE,
        Kind.MAILBOX,
        "anna@xn--mller-kva.example",
        fields={"quota": Change(5 * GB, 10 * GB), "owner": Change("Anna", "Anna\x1b]0;Müller")},
        notes=("outgoing mail will carry the sender name 'Anna\x1b]0;Müller' (netcup/N15)",),
    ),
    _step(
        Action.CREATE,
        Kind.INSTANCE,
        "büro",
        fields={"storage": Change(None, 50 * GB)},
        costs_money=True,
        notes=("a binding order; it is set up in the background (netcup/N1)",),
    ),
    _step(
        Action.UPDATE,
        Kind.RECORD,
        "example.org MX",
        "zones",
        fields={"values": Change(("10 mx.old.example.", "20 mx2.example."), ("10 mx.new.example.", "20 mx2.example."))},
        changes_routing=True,
    ),
    _step(
        Action.UPDATE,
        Kind.RECORD,
        "example.org TXT spf",
        "zones",
        fields={
            "values": Change(
                ('"v=spf1 include:_spf.a.example include:_spf.b.example ~all"',),
                ('"v=spf1 include:_spf.a.example ip4:192.0.2.1 ~all"',),
            )
        },
    ),
    _step(
        Action.CREATE,
        Kind.RECORD,
        "_dmarc.xn--mller-kva.example TXT dmarc",
        "zones",
        fields={
            "zone": Change(None, "xn--mller-kva.example"),
            "ttl": Change(None, 3600),
            "values": Change(None, ('"v=DMARC1"',)),
        },
    ),
    _step(Action.ADOPT, Kind.DOMAIN, "example.org", notes=("already there",)),
    _step(Action.FORGET, Kind.ALIAS, "old@example.org"),
    CARL,
)


@pytest.fixture
def plan() -> Plan:
    """One of everything a plan can hold."""
    return Plan(
        config_digest="sha256:0",
        lineage="lineage",
        serial=7,
        operations=OPERATIONS,
        refusals=(
            Refusal(
                "data-loss",
                ("delete mailbox bob@example.org",),
                ("--allow-destroy mailbox:bob@example.org",),
                BOB.notes[0],
            ),
            Refusal(
                "mail-routing",
                ("update record example.org MX",),
                ("--allow-routing example.org",),
                "mail for example.org arrives elsewhere from then on",
            ),
            Refusal("money", ("create instance büro",), ("--allow-cost instance:büro",)),
        ),
        drift=(
            Drift(Kind.MAILBOX, "dora@example.org", "groupware", {"quota": Change(5 * GB, 7 * GB)}, False, "restore"),
            Drift(Kind.ALIAS, "gone@example.org", "groupware", {}, True, "recreate"),
        ),
        unmanaged=tuple(Unmanaged(Kind.MAILBOX, f"u{number}@example.org", "groupware") for number in range(7)),
        ledger=(LedgerLine("büro", 50 * GB, 38 * GB, 43 * GB, 40 * GB), LedgerLine("full", GB, GB, 2 * GB, 2 * GB)),
        warnings=(PlanWarning("instance-without-domain", "instance 'full' has no domain", "mail.yaml:3:1"),),
    )


FILES: Mapping[tuple[str, int], str] = {
    ("mail/example.org.yaml", 18): "  - info@example.org",
    ("mail/team.yaml", 7): "  info@example.org:",
    ("mail/wide.yaml", 5): "anna:\t{owner: 王小明, qouta: 5 GB}",
    ("mail/long.yaml", 120): "x: " + "a" * 300 + " bad " + "b" * 300,
}


@pytest.fixture
def read_line() -> ReadLine:
    """Lines of files that are not there."""
    return lambda file, line: FILES.get((file, line))


@pytest.fixture
def diagnostics() -> tuple[Diagnostic, ...]:
    """One of each form."""
    return (
        problem(
            "address-in-use",
            '"info@example.org" is declared twice',
            at=Span("mail/example.org.yaml", 18, 5, 16),
            label="alias of ann@example.org",
            also=[Label(Span("mail/team.yaml", 7, 3, 16), "first declared here as a mailbox")],
            rule="netcup/N14",
            why="netcup gives each address to exactly one mailbox or alias",
            help="delete one of the two, or make ann@ receive it: `reconciler resolve info@example.org`",
        ),
        problem(
            "unknown-key", "unknown key 'qouta'", at=Span("mail/wide.yaml", 5, 20, 5), label="did you mean 'quota'?"
        ),
        warning("long-line", "100 % of this,\nis: long", at=Span("mail/long.yaml", 120, 305, 3)),
        problem("file-failed", "no file 'gone.yaml'", at=Span("gone.yaml", 1, 1), label="named here"),
        problem("provider-failed", "provider 'groupware' does not answer", help="try again later"),
    )


@pytest.fixture
def run() -> RunView:
    """A run that ended in every way there is."""
    delete, create = RETARGET
    return RunView(
        (
            OutcomeView(delete, Status.DONE),
            OutcomeView(create, Status.FAILED, "the address is taken", "netcup/N14"),
            OutcomeView(BOB, Status.SKIPPED, "delete alias b@example.org failed"),
            OutcomeView(OPERATIONS[3], Status.MOVED, "quota is 7 GB now"),
            OutcomeView(CARL, Status.WAITING),
            OutcomeView(OPERATIONS[4], Status.WAITING, "being set up in the background"),
            OutcomeView(OPERATIONS[6], Status.NOT_STARTED),
        )
    )
