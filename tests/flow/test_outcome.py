"""The world after a plan, and whose mail the plan moves."""

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Inventory, Live
from reconciler.model.resources import Alias, Domain, Mailbox, Member, Resource, Team
from reconciler.plan.document import Change, Operation, operation_id
from reconciler.plan.flow import Flow, RecipientChange, after, changed_recipients, lost_roles


def world(*resources: Resource) -> Inventory:
    """What the one provider has."""
    return Inventory([("p", [Live(resource) for resource in resources])])


def step(action: Action, kind: Kind, key: str, **fields: tuple) -> Operation:
    """An operation with its fields as pairs of before and after."""
    changes = {name: Change(*pair) for name, pair in fields.items()}
    return Operation(operation_id(action, kind, key), action, kind, key, "p", fields=changes)


def test_a_flow_is_read_from_everything_all_providers_have():
    """Mailboxes, aliases, members and masters receive; an alias at two platforms leads to both ends."""
    other = [Live(Team("family", "zoe@mailbox.org")), Live(Member("ben@mailbox.org", "family"))]
    twice = [Live(Alias("info@example.org", ("anna@example.org",))), Live(Domain("example.org"))]
    here = [Live(Alias("info@example.org", ("bob@example.org",))), Live(Mailbox("bob@example.org"))]
    flow = Flow.of(Inventory([("p", here), ("q", [*twice, Live(Mailbox("anna@example.org"))]), ("r", other)]))
    assert flow.recipients("info@example.org") == ("anna@example.org", "bob@example.org")
    assert flow.keeps("zoe@mailbox.org")
    assert flow.keeps("ben@mailbox.org")
    assert flow.hosts("example.org")
    assert set(flow.addresses()) == {
        "anna@example.org",
        "ben@mailbox.org",
        "bob@example.org",
        "info@example.org",
        "zoe@mailbox.org",
    }


START = world(
    Domain("example.org", "office"),
    Mailbox("anna@example.org", "Anna", 1),
    Mailbox("bob@example.org", "Bob", 1),
    Alias("b.smith@example.org", ("bob@example.org",)),
    Alias("postmaster@example.org", ("bob@example.org",)),
)

HAND_OVER = [
    step(Action.DELETE, Kind.ALIAS, "b.smith@example.org", to=("bob@example.org", None)),
    step(Action.DELETE, Kind.ALIAS, "postmaster@example.org", to=("bob@example.org", None)),
    step(Action.DELETE, Kind.MAILBOX, "bob@example.org", owner=("Bob", None), quota=(1, None)),
    step(Action.CREATE, Kind.ALIAS, "bob@example.org", to=(None, "anna@example.org")),
    step(Action.CREATE, Kind.ALIAS, "b.smith@example.org", to=(None, "anna@example.org")),
]


def test_the_world_after_a_hand_over_holds_the_alias():
    """Deletes and creates of one address leave the last form of it."""
    end = after(START, HAND_OVER)
    assert end.get("p", Kind.MAILBOX, "bob@example.org") is None
    assert end.get("p", Kind.ALIAS, "bob@example.org") == Live(Alias("bob@example.org", ("anna@example.org",)))
    assert START.get("p", Kind.MAILBOX, "bob@example.org") is not None


def test_every_address_whose_mail_moves_is_listed():
    """Also those whose own lines nobody edited: what led to Bob now leads to Anna, or nowhere."""
    changes = changed_recipients(Flow.of(START), Flow.of(after(START, HAND_OVER)))
    assert changes == (
        RecipientChange("b.smith@example.org", ("bob@example.org",), ("anna@example.org",)),
        RecipientChange("bob@example.org", ("bob@example.org",), ("anna@example.org",)),
        RecipientChange("postmaster@example.org", ("bob@example.org",), ()),
    )


def test_the_last_recipient_of_postmaster_is_missed():
    """RFC 5321 §4.5.1: somebody reads postmaster; abuse, which never had a reader, is not lost."""
    lost = lost_roles(Flow.of(START), Flow.of(after(START, HAND_OVER)), ["example.org"])
    assert lost == (RecipientChange("postmaster@example.org", ("bob@example.org",), ()),)


def test_a_domain_that_goes_loses_no_roles():
    """Whose domain is removed needs no postmaster; its addresses are told as bouncing, not as delivered outside."""
    end = after(
        START,
        [*HAND_OVER[:3], step(Action.DELETE, Kind.DOMAIN, "example.org", instance=("office", None))],
    )
    assert lost_roles(Flow.of(START), Flow.of(end), ["example.org"]) == ()
    moved = {change.address: change.after for change in changed_recipients(Flow.of(START), Flow.of(end))}
    assert moved["bob@example.org"] == ()


def test_a_catch_all_saves_postmaster():
    """A role that a catch-all takes over has a recipient still."""
    steps = [*HAND_OVER, step(Action.CREATE, Kind.ALIAS, "*@example.org", to=(None, "anna@example.org"))]
    assert lost_roles(Flow.of(START), Flow.of(after(START, steps)), ["example.org"]) == ()


def test_an_update_changes_its_fields_and_ignores_what_state_alone_keeps():
    """A new quota is there afterwards; a password version is nobody's field."""
    update = step(Action.UPDATE, Kind.MAILBOX, "anna@example.org", quota=(1, 2), password_version=(1, 2))
    end = after(START, [update])
    assert end.get("p", Kind.MAILBOX, "anna@example.org") == Live(Mailbox("anna@example.org", "Anna", 2))


def test_adopting_and_forgetting_change_no_provider():
    """Both touch the state alone."""
    steps = [
        step(Action.ADOPT, Kind.MAILBOX, "anna@example.org", quota=(1, 2)),
        step(Action.FORGET, Kind.MAILBOX, "bob@example.org"),
    ]
    assert list(after(START, steps)) == list(START)


def test_a_persons_step_ends_a_membership():
    """A member that is declared no longer is gone once its leaving was done by hand (mailbox-org/M13)."""
    team = world(Member("ben@mailbox.org", "family", "Ben", "standard"))
    leave = step(Action.OPERATOR, Kind.MEMBER, "ben@mailbox.org")
    assert len(after(team, [leave])) == 0
