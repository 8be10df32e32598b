"""The cluster's writer holds each rule by itself, whatever was planned: no daemon and no database knows them."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.model.resources import Alias, Domain, FieldValue, Instance, Mailbox, Resource, with_fields
from reconciler.model.rules import RULES
from reconciler.providers.sogo.ground import Booked, Box, Ground, Lead
from reconciler.providers.sogo.judge import Effect, Policy, Refused, judge, may_leave
from reconciler.providers.sogo.provider import SogoProvider
from reconciler.providers.sogo.settings import SogoSettings
from reconciler.providers.writer import Write

GB = 10**9
FREE = Policy()
HASH = "{BLF-CRYPT}made-up"
ANNA, BEN = "anna@one.example", "ben@one.example"


def company(**more: object) -> Ground:
    """Two instances; in `office` the domain one.example with Anna and Ben, and info@ that leads to Anna."""
    ground = Ground(
        instances={"main": Booked(0, None), "office": Booked(1, 10 * GB, 4 * GB), "spare": Booked(2, 5 * GB)},
        homes={"one.example": "office", "two.example": "spare"},
        boxes={ANNA: Box(2 * GB, True, used=GB), BEN: Box(2 * GB, True), "eve@two.example": Box(GB, True)},
        leads={"info@one.example": Lead((ANNA,), active=True)},
    )
    for name, value in more.items():
        setattr(ground, name, value)
    return ground


def make(resource: Resource) -> Write:
    """A create."""
    return Write(Action.CREATE, resource.kind, resource.key, None, resource)


def change(resource: Resource, **fields: FieldValue) -> Write:
    """An update of some fields."""
    after = with_fields(resource, fields)
    return Write(Action.UPDATE, resource.kind, resource.key, Live(resource), after, frozenset(fields))


def end(resource: Resource) -> Write:
    """A delete."""
    return Write(Action.DELETE, resource.kind, resource.key, Live(resource))


def refused(write: Write, ground: Ground | None = None, policy: Policy = FREE, password: str | None = HASH) -> str:
    """The rule that a write is refused by; it must be surely refused, and not to be tried again."""
    with pytest.raises(Refused) as caught:
        judge(write, ground or company(), policy, password)
    failed = caught.value.failed
    assert failed.certain
    assert not failed.retryable
    assert failed.message[0].islower() or failed.message.startswith(write.key)
    return failed.rule or failed.code


def statements(effect: Effect) -> str:
    """All that an effect does, as text."""
    return " ".join(statement.text for statement in effect.statements)


def capabilities(**more: object):
    """What a configured cluster says that it can do."""
    block = {
        "database": {"env": "DSN"},
        "doveadm": {"url": "http://127.0.0.1:8080", "key": {"env": "KEY"}},
        "memcached": "127.0.0.1",
        "host": {"storage": "/var/vmail"},
        "published": {"mx": "10 mail.example.org"},
        **more,
    }
    return SogoProvider("groupware", SogoSettings.model_validate(block), Path()).capabilities


def test_n1_n19_what_is_booked_costs_money_until_the_configuration_says_otherwise():
    """Ordering and cancelling ask for consent to the cost; a cluster nobody is billed for says so."""
    assert Kind.INSTANCE in capabilities().costs_money
    assert Kind.INSTANCE in capabilities().loses_data
    assert not capabilities(billed="false").costs_money


def test_n2_an_instance_is_there_once():
    """A label is a number's, and not given to another."""
    assert refused(make(Instance("office", GB))) == "netcup/N2"
    judge(make(Instance("branch", GB)), company(), Policy())


def test_n4_n17_an_address_needs_a_domain_that_is_hosted():
    """No address is made in a domain that is not there, or switched off."""
    assert refused(make(Mailbox("a@three.example", "A", GB))) == "netcup/N17"
    assert refused(make(Alias("a@three.example", (ANNA,)))) == "netcup/N17"
    off = company(closed={"three.example"})
    assert refused(make(Mailbox("a@three.example", "A", GB)), off) == "netcup/N17"


def test_n5_a_domain_is_in_one_instance_and_owned():
    """Another instance's domain is refused, one that moves, one that is not ours to host, and an unknown instance."""
    assert refused(make(Domain("one.example", "spare"))) == "netcup/N5"
    assert refused(change(Domain("one.example", "office"), instance="spare")) == "netcup/N5"
    assert refused(make(Domain("new.example", "nowhere"))) == "netcup/N5"
    assert (
        refused(make(Domain("new.example", "office")), policy=Policy(domains=frozenset({"one.example"}))) == "netcup/N5"
    )
    assert capabilities(domains=["One.Example"]).owned_domains == {"one.example"}


def test_n7_a_domain_goes_when_nothing_is_in_it():
    """A mailbox, an alias or a domain tied to it keeps it; without, it goes."""
    domain = end(Domain("one.example", "office"))
    assert refused(domain, company(inside={"one.example": [ANNA]})) == "netcup/N7"
    assert refused(domain, company(related={"one.example": ["one.example → two.example"]})) == "netcup/N7"
    judge(domain, company(), Policy())


def test_n9_quota_owner_password_and_login_are_edited_and_nothing_else():
    """No other field, and no quota below what is used: the next message would be refused."""
    anna = Mailbox(ANNA, "Anna", 2 * GB, True)
    judge(change(anna, owner="Anna Neu", quota=3 * GB, login=False), company(), Policy())
    strange = Write(Action.UPDATE, Kind.MAILBOX, ANNA, Live(anna), anna, frozenset({"address"}))
    assert refused(strange) == "netcup/N9"
    assert refused(change(anna, quota=GB - 1)) == "netcup/N9"


def test_n10_no_more_is_given_out_than_is_booked_at_any_moment_of_a_batch():
    """Each write of a batch finds what the ones before it have left; a quota of nothing would be no limit at all."""
    ground = company()
    judge(make(Mailbox("c@one.example", "C", 6 * GB)), ground, Policy(), HASH)
    assert refused(make(Mailbox("d@one.example", "D", 1)), ground) == "netcup/N10"
    assert refused(change(Mailbox(ANNA, "Anna", 2 * GB, True), quota=2 * GB + 1), ground) == "netcup/N10"
    judge(change(Mailbox(BEN, "Ben", 2 * GB, True), quota=GB), ground, Policy())
    judge(make(Mailbox("d@one.example", "D", GB)), ground, Policy(), HASH)
    assert refused(change(Instance("office", 10 * GB), storage=9 * GB), ground) == "netcup/N10"
    assert refused(make(Mailbox("e@two.example", "E", 0))) == "netcup/N10"
    assert refused(make(Instance("none", None))) == "netcup/N10"


def test_n10_what_nobody_booked_is_not_limited():
    """Domains that nobody assigned share an instance without a limit, until storage is booked for it."""
    ground = company(homes={"old.example": "main"})
    judge(make(Mailbox("a@old.example", "A", 10**15)), ground, Policy(), HASH)
    assert refused(make(Instance("main", GB)), ground) == "netcup/N10"


def test_n12_a_mailbox_goes_when_no_alias_leads_to_it():
    """The alias has to go, or to lead elsewhere, before it."""
    ground = company(leading={ANNA: ["info@one.example"]})
    with pytest.raises(Refused) as caught:
        may_leave(ANNA, ground)
    assert caught.value.failed.rule == "netcup/N12"
    judge(end(Alias("info@one.example", (ANNA,))), ground, Policy())
    may_leave(ANNA, ground)


@pytest.mark.parametrize("address", [ANNA, "info@one.example"])
def test_n14_an_address_is_claimed_once(address):
    """What is a mailbox or an alias already is neither made again; once an alias is gone, its address is free."""
    assert refused(make(Mailbox(address, "Thief", GB))) == "netcup/N14"
    assert refused(make(Alias(address, (BEN,)))) == "netcup/N14"
    ground = company()
    judge(end(Alias("info@one.example", (ANNA,))), ground, Policy())
    judge(make(Mailbox("info@one.example", "Info", GB)), ground, Policy(), HASH)
    assert refused(make(Alias("info@one.example", (BEN,))), ground) == "netcup/N14"


def test_n14_a_mailbox_is_given_owner_and_password():
    """Nothing is made of a mailbox that nobody could log in to, or that has no name to send with."""
    assert refused(make(Mailbox("c@one.example", None, GB))) == "netcup/N14"
    assert refused(make(Mailbox("c@one.example", "two\nlines", GB))) == "netcup/N14"
    assert refused(make(Mailbox("c@one.example", "C", GB)), password=None) == "netcup/N14"


def test_n15_a_new_owner_is_told_to_sogo():
    """The name is what mail is sent with: SOGo has to forget the old one, and nobody is logged out for it."""
    effect = judge(change(Mailbox(ANNA, "Anna", 2 * GB, True), owner="Anna Neu"), company(), Policy())
    assert (effect.stale, effect.kick) == ({ANNA}, frozenset())


def test_n16_an_alias_leads_to_mailboxes_that_are_there():
    """Not to nobody, to an alias, to itself, to another host, or to more than is allowed."""
    for target in ("nobody@one.example", "info@one.example", "new@one.example", "a@elsewhere.example"):
        assert refused(make(Alias("new@one.example", (target,)))) == "netcup/N16"
    assert refused(make(Alias("new@one.example", ()))) == "netcup/N16"
    two = make(Alias("new@one.example", (ANNA, BEN)))
    assert refused(two, policy=Policy(alias_targets=1)) == "netcup/N16"
    judge(two, company(), Policy())
    judge(make(Alias("new@one.example", ("a@elsewhere.example",))), company(), Policy(external_targets=True))


def test_n16_the_right_to_send_follows_the_alias_unless_somebody_is_named():
    """Who gets the mail may send; who is named may, too; with a catch-all nobody may, as that is every address."""
    follows = judge(make(Alias("new@one.example", (ANNA, BEN))), company(), Policy()).statements[-1].values
    assert (follows["users"], follows["apart"]) == ([ANNA, BEN], [False, False])
    named = judge(make(Alias("new@one.example", (ANNA,), (BEN,))), company(), Policy()).statements[-1].values
    assert (named["users"], named["apart"]) == ([BEN], [True])
    assert refused(make(Alias("*@one.example", (ANNA,), (ANNA,)))) == "netcup/N16"
    assert "send_as" not in statements(judge(make(Alias("*@one.example", (ANNA,))), company(), Policy()))


def test_n17_alias_mailbox_and_sender_are_in_one_instance():
    """A mailbox of another tenant neither gets the mail nor sends as the alias."""
    assert refused(make(Alias("new@one.example", ("eve@two.example",)))) == "netcup/N17"
    assert refused(make(Alias("new@one.example", (ANNA,), ("eve@two.example",)))) == "netcup/N17"


def test_n18_an_alias_is_led_elsewhere_in_one_step_if_it_is_as_it_was_read():
    """What somebody else has changed in between is a conflict, and nothing is written over it."""
    info = Alias("info@one.example", (ANNA,))
    effect = judge(change(info, to=BEN), company(), Policy())
    assert effect.stale == {ANNA, BEN}
    moved = company(leads={"info@one.example": Lead((BEN,), active=True)})
    assert refused(change(info, to="carla@one.example"), moved) == "conflict"


def test_n20_an_instance_is_cancelled_when_no_domain_is_in_it():
    """The refusal names the domains."""
    assert refused(end(Instance("office", 10 * GB)), company(assigned={"office": ["one.example"]})) == "netcup/N20"
    judge(end(Instance("spare", 5 * GB)), company(), Policy())


def test_a_login_that_is_switched_off_keeps_its_password_and_ends_its_sessions():
    """The hash gets a sign in front that no password fits; a new password of a login that is off gets it too."""
    anna = Mailbox(ANNA, "Anna", 2 * GB, True)
    ground = company()
    assert judge(change(anna, login=False), ground, Policy()).kick == {ANNA}
    changed = judge(
        Write(Action.UPDATE, Kind.MAILBOX, ANNA, Live(anna), anna, frozenset({"password"})), ground, Policy(), HASH
    )
    assert changed.statements[0].values["password"] == "!" + HASH
    closed = judge(make(Mailbox("c@one.example", "C", GB, False)), ground, Policy(), HASH)
    assert closed.statements[0].values["password"] == "!" + HASH


def told(rules: Iterable[str]) -> set[str]:
    """Numbers of the rules of this platform."""
    return {rule.removeprefix("netcup/") for rule in rules if rule.startswith("netcup/")}


def test_every_rule_is_looked_after():
    """Each rule of the platform is held here, or is one of those that say what is shown or planned."""
    from reconciler.providers.sogo import judge as module

    text = "".join(path.read_text(encoding="utf-8") for path in Path(module.__file__).parent.glob("*.py"))
    held = {rule for rule in told(RULES) if f"netcup/{rule}" in text or f", {rule}" in text}
    shown_or_planned = {"N3", "N4", "N6", "N11", "N13"}
    assert told(RULES) - held == shown_or_planned
