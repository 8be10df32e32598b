"""What is nonsense on any platform is refused in words, with a code and without effect."""

import pytest

from reconciler.model.kinds import Action, Kind
from reconciler.model.resources import Alias, Domain, Instance, Mailbox, Member, Record, Team, with_fields
from reconciler.model.secrets import Secret
from reconciler.providers.sandbox import accounts, billing, content
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.policy import Seed
from reconciler.providers.writer import Failed, Write

GB = 10**9
ANNA, BEN, CARLA = "anna@mailbox.org", "ben@mailbox.org", "carla@mailbox.org"


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        (Instance("office", GB), "exists"),
        (Instance("bare", None), "storage"),
        (Domain("example.net", None), "not-found"),
        (Domain("example.net", "nowhere"), "not-found"),
        (Mailbox("jürgen@example.org", "Jürgen", GB), "bad-address"),
        (Mailbox("eva@example.org", "Eva\r\nBcc: x", GB), "owner"),
        (Mailbox("eva@example.org", "Eva", GB, login=False), "login"),
        (Mailbox("eva@example.org", "Eva", GB, login=True), "login"),
        (Alias("hello@example.org", ("anna@example.org",), ()), "send-as"),
        (Alias("hello@example.org", ("anna@example.org",), ("anna@example.org",)), "send-as"),
        (Alias("*@example.org", ("anna@example.org",)), "catch-all"),
        (Team("family", CARLA, "separate", "standard"), "exists"),
        (Team("second", None, "separate", "standard"), "not-found"),
        (Team("second", CARLA, "separate", "golden"), "no-plan"),
        (Member("dora@mailbox.org", None, "Dora"), "not-found"),
        (Member("dora@mailbox.org", "family", None), "owner"),
        (Member(BEN, "family", "Ben again"), "address-taken"),
        (Member(CARLA, "family", "Carla"), "address-taken"),
    ],
    ids=str,
)
def test_a_create_that_makes_no_sense_is_refused(make_world, resource, code):
    """Each create is refused with its code, and nothing is made."""
    world = make_world(accounts=(Seed(ANNA, "Anna", balance=1200), Seed(CARLA, "Carla", balance=1200)))
    world.office()
    world.family()
    before = world.platform.read()
    outcome = world.try_create(resource)
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.certain, outcome.retryable) == (code, True, False)
    assert world.platform.read() == before


@pytest.mark.parametrize("action", [Action.UPDATE, Action.DELETE])
@pytest.mark.parametrize(
    "resource",
    [
        Instance("x", GB),
        Domain("x.example", "office"),
        Mailbox("x@example.org", "X", GB),
        Alias("x@example.org", ("anna@example.org",)),
        Team("x", ANNA, "separate", "standard"),
        Member(ANNA, "family", "Anna", "standard"),
    ],
    ids=lambda resource: str(resource.kind),
)
def test_what_is_not_there_is_neither_changed_nor_deleted(world, action, resource):
    """The refusal names it; a team's master is not its member."""
    world.office()
    world.family()
    after = resource if action is Action.UPDATE else None
    outcome = world.write(Write(action, resource.kind, resource.key, None, after, frozenset(resource.fields())))
    assert isinstance(outcome, Failed)
    assert outcome.code == "not-found"
    assert resource.key in outcome.message


def _change(world, kind, key, name, value):
    live = world.get(kind, key)
    after = live.resource if name == "label" else with_fields(live.resource, {name: value})
    return world.write(Write(Action.UPDATE, kind, key, live, after, frozenset({name}), Secret("x")))


@pytest.mark.parametrize(
    ("edit", "rule"),
    [
        ((Kind.INSTANCE, "office", "label", "bureau"), None),
        ((Kind.TEAM, "family", "master", BEN), "mailbox-org/M4"),
        ((Kind.TEAM, "family", "plan", "golden"), None),
        ((Kind.MEMBER, BEN, "team", None), "mailbox-org/M13"),
    ],
)
def test_what_has_no_edit_is_not_edited(world, edit, rule):
    """A field that can not be changed is refused, and stays."""
    world.office()
    world.family()
    world.reopen(own_password={BEN: "first secret"}.get)
    before = world.platform.read()
    outcome = _change(world, *edit)
    assert isinstance(outcome, Failed)
    assert (outcome.rule, outcome.certain) == (rule, True)
    assert world.platform.read() == before


@pytest.mark.parametrize(
    ("what", "arguments"),
    [
        (billing.pay, (BEN, 0)),
        (billing.pay, ("nobody@mailbox.org", 100)),
        (billing.charge, ("nobody@mailbox.org",)),
        (accounts.leave, ("nobody@mailbox.org",)),
        (content.deliver, ("bob@example.org", 2 * GB + 1)),
        (content.verify_password, ("nobody@example.org", "x")),
    ],
    ids=lambda value: getattr(value, "__name__", "with"),
)
def test_the_outside_world_is_refused_nonsense(world, what, arguments):
    """No payment of nothing, no mail into a full mailbox, nothing for unknown accounts; nothing is changed."""
    world.office()
    world.family()
    before = [(live, dict(live.facts)) for live in world.platform.read()]
    with pytest.raises(Refused):
        world.platform.act(what, *arguments)
    assert [(live, dict(live.facts)) for live in world.platform.read()] == before


def test_an_account_outside_a_team_has_a_known_plan(world):
    """A plan that is not in the catalogue is refused outside teams, too."""
    world.family()
    world.platform.act(accounts.leave, BEN)
    with pytest.raises(Refused, match="no plan 'golden'"):
        world.platform.act(accounts.change_plan, BEN, "golden")


def test_a_kind_it_does_not_host_is_refused(world):
    """DNS records are another provider's."""
    outcome = world.try_create(Record("example.org", "MX", zone="example.org", ttl=60, values=("10 mx.example.",)))
    assert isinstance(outcome, Failed)
    assert outcome.code == "unknown-call"
