"""What doctor found, as it is told."""

from reconciler.model.diagnostic import problem, warning
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.model.resources import Mailbox
from reconciler.report.diagnostics_text import diagnostics_text
from reconciler.report.doctor_text import Check, Examination, Flying, doctor_json, doctor_text
from reconciler.report.style import Style
from reconciler.state.resolve import Verdict
from reconciler.state.values import Intent

GB = 10**9
ANNA = Mailbox("anna@example.org", "Anna", 5 * GB)
CREATE = Intent(Action.CREATE, Kind.MAILBOX, ANNA.key, "groupware", ANNA.fields(), password=True)
UPDATE = Intent(Action.UPDATE, Kind.MAILBOX, "ben@example.org", "groupware", {"quota": 7 * GB})
DELETE = Intent(Action.DELETE, Kind.ALIAS, "info@example.org", "groupware")
ELSEWHERE = Intent(Action.CREATE, Kind.MAILBOX, "carl@example.org", "elsewhere", {"quota": GB})
KEPT = "state/kept-0a1b2c3d4e5f.journal"
FOUND = Examination(
    (
        Check("configuration", "15 resources declared, 2 providers"),
        Check("state", "state/mail.json: serial 7, 42 resources, encrypted, and its key is at hand"),
        Check(
            "lock", "left by ben@ci-3 (process 77, apply)", (warning("state-lock-left", "it was left", help="wait"),)
        ),
        Check("journal", "4 writes in flight", (problem("in-flight-unknown", "not known", help="put it back"),)),
        Check("provider zones", "not looked at", skipped=True),
    ),
    (
        Flying(CREATE, Live(ANNA, "7"), Verdict.DONE),
        Flying(UPDATE, Live(Mailbox("ben@example.org", "Ben", 3 * GB), "8"), Verdict.OTHER),
        Flying(DELETE, kept=KEPT),
        Flying(ELSEWHERE, unread="provider 'elsewhere' can not be asked"),
    ),
)


def test_examination_looks_as_it_should(golden, dressed: tuple[str, Style]) -> None:
    """A line for each thing, each write taken apart, the diagnostics, and the verdict."""
    ending, style = dressed
    told = diagnostics_text(FOUND.findings, lambda *_: None, style)
    golden(f"doctor.{ending}", doctor_text(FOUND, told, style))


def test_examination_as_json(golden) -> None:
    """The same for programs."""
    golden("doctor.json", doctor_json(FOUND))


def test_what_settles_itself_needs_nobody(plain: Style) -> None:
    """A warning alone leaves doctor well, and says what to type."""
    found = Examination(FOUND.checks[:3], ())
    assert found.well
    assert doctor_text(found, "", plain).endswith(
        "Nothing needs a person: the next apply settles what is left.\nNext: reconciler apply\n"
    )
