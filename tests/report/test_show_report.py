"""One thing at a time: shown, resolved, logged into, remembered."""

import json
from dataclasses import replace

from reconciler.model.desired import Remembered
from reconciler.model.kinds import Kind
from reconciler.model.live import Applied, AppliedState
from reconciler.model.resources import Alias, Mailbox, Record
from reconciler.plan.delivery import Flow
from reconciler.plan.document import Plan
from reconciler.providers.reader import Booking, Endpoint
from reconciler.report.credentials_text import credentials_json, credentials_text
from reconciler.report.drift_json import drift_json
from reconciler.report.drift_text import drift_text
from reconciler.report.resolve_text import Moment, resolve_json, resolve_text
from reconciler.report.show_text import (
    show_address_text,
    show_domain_text,
    show_instance_text,
    show_json,
    show_team_text,
)
from reconciler.report.sides_text import Sides, sides_json, sides_text
from reconciler.report.state_text import (
    state_list_json,
    state_list_text,
    state_show_json,
    state_show_text,
)
from reconciler.report.style import Style
from reconciler.report.views import AccountView, AddressView, DomainView, InstanceView, TeamView

GB = 10**9
INSTANCE = InstanceView(
    "office", "groupware", "4711", False, 50 * GB, 38 * GB, 12 * GB, ("example.org", "xn--mller-kva.example"), 1200, 7,
    declared_at="mail.yaml:7:3",
)  # fmt: skip
DOMAIN = DomainView(
    "xn--mller-kva.example", "groupware", "office", "4711", tuple(f"u{n}@xn--mller-kva.example" for n in range(20)),
    ("info@xn--mller-kva.example",), "zones", ("xn--mller-kva.example MX", "_dmarc.xn--mller-kva.example TXT dmarc"),
)  # fmt: skip
ADDRESS = AddressView(
    "anna@example.org", "mailbox", "groupware", owner="Anna\x1b[0m Beispiel", quota=5 * GB, used=4 * GB, messages=81234,
    aliases=("info@example.org",), protect=True, password_version=2, managed=False,
)  # fmt: skip
TEAM = TeamView(
    "family", "mailorg", "shared",
    (AccountView("anna@mailbox.org", "master", "standard", "active", -150, "Anna"),
     AccountView("ben@mailbox.org", "member", "premium", "trial")),
    (Booking("2026-10-01", "plan standard", "ben@mailbox.org", -300),
     Booking("2026-10-02", "payment", "anna@mailbox.org", 1205)),
    declared_at="team.yaml:2:3",
)  # fmt: skip
NOW = Flow(
    ["anna@example.org", "bob@example.org"],
    {"info@example.org": ("bob@example.org",), "*@example.org": ("anna@example.org",)},
    ["example.org"],
)
LATER = Flow(["anna@example.org"], {"info@example.org": ("anna@example.org", "x@elsewhere.example")}, ["example.org"])
NEVER = Flow(["anna@example.org"], {}, ["example.org"])
STATE = AppliedState(
    "f00d",
    7,
    {
        (Kind.ALIAS, "info@example.org"): Applied(
            Alias("info@example.org", ("anna@example.org",)), "groupware", "a-1"
        ),
        (Kind.MAILBOX, "anna@example.org"): Applied(
            Mailbox("anna@example.org", "Anna", 5 * GB), "groupware", "m-1",
            Remembered(protect=True, password_version=3),
        ),
        (Kind.RECORD, "example.org TXT spf"): Applied(
            Record("example.org", "TXT", "spf", "example.org", 3600, ('"v=spf1 a -all"',)), "zones",
            remember=Remembered(contribution="v=spf1 a -all"),
        ),
    },
    {"operator member carl@mailbox.org": "ticket 812"},
)  # fmt: skip
ENDPOINTS = (
    Endpoint("imap", "imap.example.net", 993, "tls"),
    Endpoint("submission", "smtp.example.net", 587, "starttls"),
    Endpoint("caldav", "dav.example.net", 443, "tls", "/SOGo/dav"),
)


def _moment(flow: Flow, address: str) -> Moment:
    return Moment(flow.receives(address), flow.may_send_as(address))


def test_things_look_as_they_should(golden, dressed: tuple[str, Style]) -> None:
    """An instance, a domain, an address and a team with its statement, in each dress."""
    ending, style = dressed
    golden(f"show-instance.{ending}", show_instance_text(INSTANCE, style))
    golden(f"show-domain.{ending}", show_domain_text(DOMAIN, style))
    golden(f"show-address.{ending}", show_address_text(ADDRESS, style))
    golden(f"show-team.{ending}", show_team_text(TEAM, style))


def words(text: str) -> str:
    """A text without the blanks that make its columns."""
    return " ".join(text.split())


def test_an_address_tells_who_can_not_log_in_and_who_sends(plain: Style) -> None:
    """A login that is off and senders apart from receivers are told, as text and for programs; else no word of them."""
    closed = replace(ADDRESS, login=False)
    assert "login switched off; mail goes on arriving" in words(show_address_text(closed, plain))
    sender = replace(ADDRESS, sends_as=("news@example.org",))
    assert "sends as news@example.org" in words(show_address_text(sender, plain))
    alias = AddressView("news@example.org", "alias", "groupware", to=("bob@example.org",), send_as=())
    assert "may send nobody" in words(show_address_text(alias, plain))
    assert [show_json(each).get("login") for each in (closed, ADDRESS)] == [False, None]
    assert {"login", "send_as", "sends_as"}.isdisjoint(show_json(ADDRESS))
    assert show_json(alias)["send_as"] == ()


def test_things_as_json(golden) -> None:
    """The same for programs."""
    golden("show.json", [json.loads(json.dumps(show_json(view))) for view in (INSTANCE, DOMAIN, ADDRESS, TEAM)])


def test_sides_look_as_they_should(golden, plain: Style) -> None:
    """Where declared, live and last applied differ, all three stand side by side; where they agree, nothing does."""
    anna = Mailbox("anna@example.org", "Anna", 5 * GB)
    sides = Sides(Mailbox("anna@example.org", None, 9 * GB), anna, None)
    golden("sides.txt", sides_text(sides, plain))
    golden("sides.json", sides_json(sides))
    assert sides_text(Sides(Mailbox("anna@example.org", None, 5 * GB), anna, anna), plain) == ""


def test_instance_speaks_of_its_number_and_storage(plain: Style) -> None:
    """What support asks for and what the overview shows (netcup/N2, N3)."""
    text = show_instance_text(INSTANCE, plain)
    assert all(part in text for part in ("4711", "50 GB", "38 GB", "12 GB", "12 GB", "1,200", "2: example.org"))


def test_instance_without_a_domain_says_that_it_is_not_usable(plain: Style) -> None:
    """netcup/N4: an instance needs a domain first; one given out too much says so."""
    text = show_instance_text(InstanceView("office", "groupware", booked=GB, allocated=2 * GB), plain)
    assert "not usable yet (netcup/N4)" in text
    assert "-1 GB: too much" in text


def test_team_without_bookings(plain: Style) -> None:
    """An empty statement is said, one that was not asked for is not."""
    assert "no bookings yet" in show_team_text(TeamView("t", "p", statement=()), plain)
    assert "Statement" not in show_team_text(TeamView("t", "p"), plain)


def test_resolve_looks_as_it_should(golden, dressed: tuple[str, Style]) -> None:
    """Who receives and who may send, now and after the plan, with what is shadowed."""
    ending, style = dressed
    now, later = _moment(NOW, "info@example.org"), _moment(LATER, "info@example.org")
    golden(f"resolve.{ending}", resolve_text(now, later, style))


def test_resolve_as_json(golden) -> None:
    """The same for programs."""
    golden("resolve.json", resolve_json(_moment(NOW, "info@example.org"), _moment(LATER, "info@example.org")))


def test_resolve_says_when_mail_begins_to_bounce(plain: Style) -> None:
    """An address that loses its last recipient ends in a sentence that says so."""
    text = resolve_text(_moment(NOW, "info@example.org"), _moment(NEVER, "info@example.org"), plain)
    assert text.splitlines()[-1] == "After the plan, mail to it bounces."


def test_resolve_tells_one_moment_where_nothing_changes(plain: Style) -> None:
    """The same answer twice is told once."""
    now = _moment(NOW, "bob+list@example.org")
    text = resolve_text(now, now, plain)
    assert text.count("received by") == 1
    assert "The plan changes nothing of this." in text
    assert "plan" not in resolve_text(now, None, plain)
    assert resolve_json(now, now)["changes"] is False
    assert resolve_json(now, None)["after"] is None


def test_resolve_tells_a_domain_to_come_from_one_of_others(plain: Style) -> None:
    """A declared domain that is not hosted yet is told apart from one that is nobody's here."""
    delivery = Flow((), {}, ()).receives("anna@new.example")
    assert "new.example is declared, but not hosted here yet" in resolve_text(
        Moment(delivery, (), ("new.example",)), None, plain
    )
    assert "anna@new.example (outside)" in resolve_text(Moment(delivery), None, plain)


def test_credentials_look_as_they_should(golden, dressed: tuple[str, Style]) -> None:
    """Servers, ports and user name, never a password (netcup/N11)."""
    ending, style = dressed
    golden(f"credentials.{ending}", credentials_text("anna@xn--mller-kva.example", ENDPOINTS, style))


def test_credentials_as_json(golden) -> None:
    """The same for programs."""
    golden("credentials.json", credentials_json("anna@example.org", ENDPOINTS))


def test_credentials_without_servers(plain: Style) -> None:
    """A provider that publishes nothing is said to."""
    assert "publishes no servers" in credentials_text("anna@example.org", (), plain)


def test_state_looks_as_it_should(golden, dressed: tuple[str, Style]) -> None:
    """The list, one resource of it, and the lock."""
    ending, style = dressed
    golden(f"state-list.{ending}", state_list_text(STATE, style))
    shown = [state_show_text(each, style) for each in STATE.resources.values()]
    golden(f"state-show.{ending}", "\n".join(shown))


def test_state_as_json(golden) -> None:
    """The same for programs."""
    golden("state.json", state_list_json(STATE))
    assert state_show_json(STATE.resources[Kind.ALIAS, "info@example.org"])["fields"] == {"to": "anna@example.org"}


def test_empty_state_says_that_nothing_was_applied(plain: Style) -> None:
    """Before the first run there is neither lineage nor resource."""
    assert state_list_text(AppliedState(), plain) == "0 resources, serial 0; nothing was ever applied\n"


def test_drift_looks_as_it_should(golden, dressed: tuple[str, Style], plan: Plan) -> None:
    """What moved, what the plan does about it, and what is unmanaged."""
    ending, style = dressed
    golden(f"drift.{ending}", drift_text(plan.drift, plan.unmanaged, style))


def test_drift_as_json(golden, plan: Plan) -> None:
    """The same for programs."""
    golden("drift.json", drift_json(plan.drift, plan.unmanaged))


def test_no_drift_says_so(plain: Style) -> None:
    """Nothing moved: one line."""
    assert drift_text((), (), plain) == "No drift: what is managed is as the last run left it.\n"
