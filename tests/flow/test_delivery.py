"""Where mail to one address ends, and who may send as it."""

import pytest

from reconciler.model.live import Inventory, Live
from reconciler.model.resources import Alias, Domain, Mailbox
from reconciler.plan.flow import By, Flow

DOMAIN = ("example.org",)


def flow(mailboxes=(), aliases=None, members=()) -> Flow:
    """A flow at example.org; each alias's targets are one address or several."""
    targets = {key: (to,) if isinstance(to, str) else tuple(to) for key, to in (aliases or {}).items()}
    return Flow(mailboxes, targets, DOMAIN, members)


def test_a_mailbox_receives_its_own_mail():
    """Mail to a mailbox ends there, in one step."""
    delivery = flow(["anna@example.org"]).receives("anna@example.org")
    assert delivery.recipients == ("anna@example.org",)
    assert [hop.by for hop in delivery.path] == [By.MAILBOX]
    assert not delivery.shadowings


def test_mail_to_nobody_bounces():
    """An address of a hosted domain that nothing takes has no recipients."""
    delivery = flow(["anna@example.org"]).receives("bob@example.org")
    assert delivery.bounces
    assert delivery.path[0].by is By.NOTHING


def test_an_unknown_address_elsewhere_is_its_own_recipient():
    """Mail to a domain that is not hosted here leaves."""
    delivery = flow().receives("me@elsewhere.example")
    assert (delivery.recipients, delivery.outside) == (("me@elsewhere.example",), ("me@elsewhere.example",))


def test_aliases_are_followed_to_the_end_and_the_way_is_told():
    """A list that holds an alias reaches every mailbox once; each step stands in the path."""
    here = flow(
        ["anna@example.org", "ben@example.org"],
        {"all@example.org": ["anna@example.org", "info@example.org"], "info@example.org": "ben@example.org"},
    )
    delivery = here.receives("all@example.org")
    assert delivery.recipients == ("anna@example.org", "ben@example.org")
    assert [hop.address for hop in delivery.path] == [
        "all@example.org",
        "anna@example.org",
        "info@example.org",
        "ben@example.org",
    ]


def test_an_alias_shadows_the_mailbox_of_its_address():
    """Where both exist the alias wins, and that is said: the mailbox gets nothing any more."""
    delivery = flow(["anna@example.org", "ben@example.org"], {"anna@example.org": "ben@example.org"}).receives(
        "anna@example.org"
    )
    assert delivery.recipients == ("ben@example.org",)
    assert delivery.shadowings == ("the alias anna@example.org shadows the mailbox of the same address",)


def test_notes_are_in_the_letters_that_people_write():
    """A domain is told in its own letters, not in its A-label form."""
    here = Flow(["a@xn--mller-kva.example"], {"*@xn--mller-kva.example": ("a@xn--mller-kva.example",)}, DOMAIN)
    assert here.receives("a@xn--mller-kva.example").shadowings == (
        "the mailbox a@müller.example shadows the catch-all *@müller.example",
    )


def test_an_alias_that_names_itself_keeps_a_copy():
    """An alias to itself and another delivers to both: that is no loop."""
    delivery = flow(
        ["anna@example.org", "ben@example.org"], {"anna@example.org": ["anna@example.org", "ben@example.org"]}
    ).receives("anna@example.org")
    assert delivery.recipients == ("anna@example.org", "ben@example.org")
    assert not any("back to itself" in each for each in delivery.shadowings)


@pytest.mark.parametrize("key", ["*@example.org", "@example.org"])
def test_a_catch_all_takes_the_rest_and_is_shadowed_by_names(key):
    """Unknown addresses go to the catch-all; a mailbox of that name keeps its own mail and is said to shadow it."""
    here = flow(["anna@example.org", "ben@example.org"], {key: "anna@example.org"})
    assert here.receives("whoever@example.org").recipients == ("anna@example.org",)
    ben = here.receives("ben@example.org")
    assert ben.recipients == ("ben@example.org",)
    assert ben.shadowings == (f"the mailbox ben@example.org shadows the catch-all {key}",)


def test_a_plus_address_is_delivered_to_its_base():
    """What stands after the plus sign does not matter, unless an address is really named so."""
    here = flow(["anna@example.org", "anna+shop@example.org"])
    assert here.receives("anna+news@example.org").recipients == ("anna@example.org",)
    assert here.receives("anna+shop@example.org").recipients == ("anna+shop@example.org",)
    assert here.receives("anna+shop@example.org").shadowings == (
        "the mailbox anna+shop@example.org shadows the plus addressing of anna@example.org",
    )


def test_a_plus_address_goes_before_the_catch_all():
    """A tagged address of somebody is not mail for nobody."""
    here = flow(["anna@example.org", "ben@example.org"], {"*@example.org": "ben@example.org"})
    assert here.receives("anna+x@example.org").recipients == ("anna@example.org",)


def test_a_loop_bounces_and_is_named():
    """Aliases that lead to each other end nowhere, and both are told."""
    delivery = flow((), {"a@example.org": "b@example.org", "b@example.org": "a@example.org"}).receives("a@example.org")
    assert delivery.bounces
    assert delivery.shadowings == (
        "the alias a@example.org leads back to itself",
        "the alias b@example.org leads back to itself",
    )


def test_a_loop_with_a_way_out_delivers_there():
    """One mailbox on the way is enough for mail to arrive."""
    here = flow(
        ["anna@example.org"],
        {"a@example.org": ["b@example.org", "anna@example.org"], "b@example.org": "a@example.org"},
    )
    assert here.recipients("b@example.org") == ("anna@example.org",)


def test_a_dead_target_is_named():
    """A list with one stale entry still delivers, and says which part bounces."""
    delivery = flow(["anna@example.org"], {"all@example.org": ["anna@example.org", "bob@example.org"]}).receives(
        "all@example.org"
    )
    assert delivery.recipients == ("anna@example.org",)
    assert delivery.shadowings == ("bob@example.org takes no mail: nothing of that name is there",)


def test_team_accounts_receive_at_the_platform():
    """Members keep mail at a domain that is nobody's here (mailbox-org/M4)."""
    here = flow(members=["ben@mailbox.org"])
    assert here.receives("ben@mailbox.org").outside == ()
    assert here.may_send_as("ben@mailbox.org") == ("ben@mailbox.org",)


def test_netcup_n16_the_right_to_send_follows_the_alias():
    """A mailbox sends as itself and its aliases; nobody sends as a catch-all or as nothing."""
    here = flow(
        ["anna@example.org", "ben@example.org"],
        {"info@example.org": "anna@example.org", "*@example.org": "anna@example.org"},
    )
    assert here.may_send_as("info@example.org") == ("anna@example.org",)
    assert here.may_send_as("anna+x@example.org") == ("anna@example.org",)
    assert here.may_send_as("whoever@example.org") == ()
    assert here.sends_as("anna@example.org") == ("anna@example.org", "info@example.org")
    assert here.sends_as("ben@example.org") == ("ben@example.org",)
    assert here.sends_as("info@example.org") == ()


def test_who_is_named_sends_and_who_receives_does_not():
    """Where an alias names its senders, they alone send as it, also as its plus addresses; nobody may be named."""
    here = Flow(
        ["anna@example.org", "ben@example.org"],
        {"info@example.org": ("anna@example.org",), "news@example.org": ("anna@example.org",)},
        DOMAIN,
        named={"info@example.org": ("ben@example.org",), "news@example.org": ()},
    )
    assert here.recipients("info@example.org") == ("anna@example.org",)
    assert here.may_send_as("info@example.org") == ("ben@example.org",)
    assert here.may_send_as("info+x@example.org") == ("ben@example.org",)
    assert here.may_send_as("news@example.org") == ()
    assert here.sends_as("anna@example.org") == ("anna@example.org",)
    assert here.sends_as("ben@example.org") == ("ben@example.org", "info@example.org")
    assert here.aliases_of("anna@example.org") == ("info@example.org", "news@example.org")
    assert here.aliases_of("ben@example.org") == ()


def test_who_can_not_log_in_receives_and_does_not_send():
    """A mailbox without a login takes its mail and that of its aliases, sends as nothing, and it is said."""
    aliases = {"info@example.org": ("anna@example.org", "ben@example.org")}
    here = Flow(["anna@example.org", "ben@example.org"], aliases, DOMAIN, closed=["anna@example.org"])
    assert here.recipients("info@example.org") == ("anna@example.org", "ben@example.org")
    assert here.may_send_as("info@example.org") == ("ben@example.org",)
    assert here.may_send_as("anna@example.org") == ()
    assert here.sends_as("anna@example.org") == ()
    assert here.aliases_of("anna@example.org") == ("info@example.org",)
    assert here.receives("info@example.org").shadowings == (
        "anna@example.org can not log in: mail to it arrives, and it can not send",
    )


def test_what_providers_tell_of_logins_and_senders_counts():
    """A flow of what is there knows who is locked out and who is named; what is left open is as usual."""
    here = Flow.of(
        Inventory(
            [
                ("groupware", map(Live, [
                    Mailbox("anna@example.org", login=False),
                    Mailbox("ben@example.org", login=True),
                    Mailbox("carla@example.org"),
                    Alias("info@example.org", ("anna@example.org", "carla@example.org")),
                    Alias("sales@example.org", ("anna@example.org",), ("ben@example.org",)),
                    Alias("*@example.org", ("ben@example.org",)),
                    Domain("example.org"),
                ])),
            ]
        )
    )  # fmt: skip
    assert here.may_send_as("info@example.org") == ("carla@example.org",)
    assert here.may_send_as("sales@example.org") == ("ben@example.org",)
    assert here.recipients("whoever@example.org") == ("ben@example.org",)
    assert here.may_send_as("whoever@example.org") == ()


def test_a_chain_longer_than_pythons_stack_is_followed():
    """Fifty thousand aliases in a row end in the mailbox behind the last."""
    count = 50_000
    aliases = {f"a{n}@example.org": f"a{n + 1}@example.org" for n in range(count)}
    here = flow([f"a{count}@example.org"], aliases)
    assert here.recipients("a0@example.org") == (f"a{count}@example.org",)
