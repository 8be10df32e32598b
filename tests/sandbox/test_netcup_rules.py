"""The groupware platform enforces each of its rules by itself, whatever the tool planned."""

import pytest

from reconciler.model.kinds import Kind
from reconciler.model.resources import Alias, Domain, Instance, Mailbox
from reconciler.providers.sandbox import content
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.writer import Done, Failed

GB = 10**9


def test_n1_an_ordered_instance_is_set_up_in_the_background(make_world):
    """An instance is paid at once, not ready at first, takes no domain until it is, and then does."""
    world = make_world(provisioning=60.0)
    world.create(Instance("office", 10 * GB))
    assert world.get(Kind.INSTANCE, "office").ready is False
    early = world.try_create(Domain("example.org", "office"))
    assert isinstance(early, Failed)
    assert (early.rule, early.retryable, early.certain, early.retry_after) == ("netcup/N1", True, True, 60.0)
    world.now += 60
    assert world.get(Kind.INSTANCE, "office").ready is True
    world.create(Domain("example.org", "office"))
    booked = world.platform.act(lambda session: session.db.execute("SELECT sum(cents) FROM bookings").fetchone()[0])
    assert booked < 0


def test_n2_each_instance_has_a_number_that_is_never_given_again(world):
    """The number identifies an instance for ever, and everything in it tells it."""
    world.office()
    number = world.fact(Kind.INSTANCE, "office", "number")
    assert number == world.get(Kind.INSTANCE, "office").id == world.fact(Kind.MAILBOX, "anna@example.org", "number")
    world.create(Instance("spare", GB))
    world.delete(Kind.INSTANCE, "spare")
    world.create(Instance("other", GB))
    assert int(world.fact(Kind.INSTANCE, "other", "number")) == int(number) + 2


def test_n3_an_instance_shows_the_resources_in_use(world):
    """Storage given out and used, and counts of what is inside, follow every change."""
    world.office()
    world.create(Alias("info@example.org", ("anna@example.org",)))
    world.platform.act(content.deliver, "anna@example.org", 1000)
    facts = world.get(Kind.INSTANCE, "office").facts
    shown = {name: facts[name] for name in ("allocated", "used", "domains", "mailboxes", "aliases")}
    assert shown == {"allocated": 7 * GB, "used": 1000, "domains": 1, "mailboxes": 2, "aliases": 1}
    world.delete(Kind.ALIAS, "info@example.org")
    world.delete(Kind.MAILBOX, "anna@example.org")
    facts = world.get(Kind.INSTANCE, "office").facts
    assert (facts["allocated"], facts["used"], facts["mailboxes"], facts["aliases"]) == (2 * GB, 0, 1, 0)


def test_n4_an_instance_without_a_domain_can_not_be_used(world, says):
    """No address can be made before a domain is added."""
    world.create(Instance("office", 10 * GB))
    says.refused(world.try_create(Mailbox("anna@example.org", "Anna", GB)), "netcup/N17")


def test_n5_a_domain_belongs_to_one_instance(world, says):
    """A domain that another instance has is refused, naming that instance."""
    world.office()
    world.create(Instance("lab", GB))
    no = says.refused(world.try_create(Domain("example.org", "lab")), "netcup/N5")
    assert world.fact(Kind.INSTANCE, "office", "number") in no.message


def test_n5_a_domain_must_be_of_the_customer_account(make_world, says):
    """With a list of domains every other one is foreign."""
    world = make_world(domains=frozenset({"example.org"}))
    world.create(Instance("office", 10 * GB), Domain("example.org", "office"))
    says.refused(world.try_create(Domain("example.net", "office")), "netcup/N5")


def test_n5_a_domain_is_not_moved_in_place(world, says):
    """Moving a domain to another instance is no edit."""
    world.office()
    world.create(Instance("lab", GB))
    says.refused(world.try_update(Kind.DOMAIN, "example.org", instance="lab"), "netcup/N7")


def test_n6_a_domain_has_dns_settings_of_its_own(provider):
    """The platform publishes where a domain's mail goes, by the domain's own host name."""
    settings = provider().reader().mail_settings("example.org")
    assert settings.mx == ((10, "example-org.netcup-mail.de"),)
    assert settings.spf == ("mx", "a", "include:_spf.webhosting.systems")
    assert [record.name for record in settings.dkim] == ["key1._domainkey", "key2._domainkey"]


@pytest.mark.parametrize("left", ["mailbox", "alias"])
def test_n7_a_domain_with_addresses_stays(world, says, left):
    """A domain is removed only when its mailboxes and its aliases are gone; the refusal names one."""
    world.office()
    world.create(Domain("example.net", "office"))
    address = "x@example.net"
    world.create(Mailbox(address, "X", GB) if left == "mailbox" else Alias(address, ("anna@example.org",)))
    assert address in says.refused(world.try_delete(Kind.DOMAIN, "example.net"), "netcup/N7").message
    world.delete(Kind(left), address)
    world.delete(Kind.DOMAIN, "example.net")
    assert world.get(Kind.DOMAIN, "example.net") is None


def test_n8_a_mailbox_is_a_user_with_a_password(world):
    """The address is the user name, and only its own password opens it."""
    world.office()
    assert world.platform.act(content.verify_password, "anna@example.org", "first secret")
    assert not world.platform.act(content.verify_password, "anna@example.org", "another")


def test_n9_quota_owner_and_password_are_edited_in_place(world):
    """The three fields change, the id and the content stay."""
    world.office()
    before = world.get(Kind.MAILBOX, "anna@example.org")
    world.platform.act(content.deliver, "anna@example.org", 5)
    world.update(Kind.MAILBOX, "anna@example.org", "second secret", owner="Anna Neu", quota=GB)
    after = world.get(Kind.MAILBOX, "anna@example.org")
    assert after.resource == Mailbox("anna@example.org", "Anna Neu", GB)
    assert after.id == before.id
    assert after.facts["messages"] == 1
    assert world.platform.act(content.verify_password, "anna@example.org", "second secret")


def test_n9_the_address_is_not_edited(world, says):
    """A write that changes another field than those three is refused."""
    world.office()
    from reconciler.model.kinds import Action
    from reconciler.providers.writer import Write

    live = world.get(Kind.MAILBOX, "anna@example.org")
    moved = Mailbox("eva@example.org", live.resource.owner, live.resource.quota)
    outcome = world.write(Write(Action.UPDATE, Kind.MAILBOX, "anna@example.org", live, moved, frozenset({"address"})))
    says.refused(outcome, "netcup/N9")


def test_n9_a_quota_below_what_is_used_is_refused(world, says):
    """A mailbox keeps room for the mail it has."""
    world.office()
    world.platform.act(content.deliver, "anna@example.org", 2 * GB)
    says.refused(world.try_update(Kind.MAILBOX, "anna@example.org", quota=GB), "netcup/N9")


def test_n10_no_create_gives_out_more_than_is_booked(world, says):
    """10 GB booked and 7 given out leave 3: one byte more is refused, exactly 3 GB are not."""
    world.office()
    says.refused(world.try_create(Mailbox("eva@example.org", "Eva", 3 * GB + 1)), "netcup/N10")
    world.create(Mailbox("eva@example.org", "Eva", 3 * GB))


def test_n10_no_growth_gives_out_more_than_is_booked(world, says):
    """A quota grows only into what is left, and shrinking another makes room."""
    world.office()
    says.refused(world.try_update(Kind.MAILBOX, "anna@example.org", quota=8 * GB + 1), "netcup/N10")
    world.update(Kind.MAILBOX, "bob@example.org", quota=GB)
    world.update(Kind.MAILBOX, "anna@example.org", quota=9 * GB)


def test_n10_booked_storage_stays_above_what_is_given_out(world, says):
    """Storage can be booked up, and down to what is given out."""
    world.office()
    says.refused(world.try_update(Kind.INSTANCE, "office", storage=7 * GB - 1), "netcup/N10")
    world.update(Kind.INSTANCE, "office", storage=7 * GB)
    world.update(Kind.INSTANCE, "office", storage=20 * GB)
    assert world.get(Kind.INSTANCE, "office").resource == Instance("office", 20 * GB)


def test_n11_a_password_is_never_given_back(world):
    """Neither what is read nor the file holds the password's text."""
    world.office()
    assert "first secret" not in repr(world.platform.read())
    world.platform.close()
    assert b"first secret" not in world.path.read_bytes()


def test_n12_a_mailbox_with_an_alias_stays(world, says):
    """A mailbox is deleted only when no alias for it exists; the refusal names one."""
    world.office()
    world.create(Alias("info@example.org", ("anna@example.org",)))
    no = says.refused(world.try_delete(Kind.MAILBOX, "anna@example.org"), "netcup/N12")
    assert "info@example.org" in no.message
    world.delete(Kind.ALIAS, "info@example.org")
    world.delete(Kind.MAILBOX, "anna@example.org")


def test_n13_a_deleted_mailbox_loses_everything(world):
    """A mailbox that is made again under the same address is another, and empty."""
    world.office()
    for item in content.ITEMS:
        world.platform.act(content.deliver, "anna@example.org", 10, item, 3)
    held = world.get(Kind.MAILBOX, "anna@example.org")
    assert [held.facts[name] for name in ("messages", "contacts", "events", "used")] == [3, 3, 3, 90]
    world.delete(Kind.MAILBOX, "anna@example.org")
    world.create(Mailbox("anna@example.org", "Anna", GB))
    again = world.get(Kind.MAILBOX, "anna@example.org")
    assert [again.facts[name] for name in ("messages", "contacts", "events", "used")] == [0, 0, 0, 0]
    assert again.id != held.id


@pytest.mark.parametrize("taken", ["bob@example.org", "info@example.org"])
def test_n14_an_address_is_claimed_once(world, says, taken):
    """What a mailbox or an alias has, neither a mailbox nor an alias gets."""
    world.office()
    world.create(Alias("info@example.org", ("anna@example.org",)))
    says.refused(world.try_create(Mailbox(taken, "Eva", GB)), "netcup/N14")
    says.refused(world.try_create(Alias(taken, ("anna@example.org",))), "netcup/N14")


def test_n14_owner_quota_and_password_are_given(world, says):
    """A mailbox without one of the three is refused."""
    world.office()
    says.refused(world.try_create(Mailbox("eva@example.org", None, GB)), "netcup/N14")
    says.refused(world.try_create(Mailbox("eva@example.org", "Eva", None)), "netcup/N14")
    says.refused(world.try_create(Mailbox("eva@example.org", "Eva", GB), password=None), "netcup/N14")
    assert world.get(Kind.MAILBOX, "eva@example.org") is None


def test_n15_the_owner_is_the_sender(world):
    """Outgoing mail carries the owner's name, the new one after a change."""
    world.office()
    assert world.platform.act(content.sender, "anna@example.org") == "Anna Beispiel <anna@example.org>"
    world.update(Kind.MAILBOX, "anna@example.org", owner="Anna Neu")
    assert world.platform.act(content.sender, "anna@example.org") == "Anna Neu <anna@example.org>"


def test_n16_mail_to_an_alias_is_in_its_mailbox_which_sends_as_it(world):
    """Delivery and the right to send follow the alias, and end with it."""
    world.office()
    world.create(Alias("info@example.org", ("anna@example.org",)))
    assert world.platform.act(content.deliver, "info@example.org", 10) == ["anna@example.org"]
    assert world.fact(Kind.MAILBOX, "anna@example.org", "messages") == 1
    assert "info@example.org" in world.platform.act(content.sender, "anna@example.org", "info@example.org")
    with pytest.raises(Refused, match="does not own"):
        world.platform.act(content.sender, "bob@example.org", "info@example.org")
    world.delete(Kind.ALIAS, "info@example.org")
    with pytest.raises(Refused, match="no such user"):
        world.platform.act(content.deliver, "info@example.org", 10)


@pytest.mark.parametrize(
    "to",
    [
        (),
        ("anna@example.org", "bob@example.org"),
        ("who@example.org",),
        ("x@elsewhere.example",),
        ("info@example.org",),
    ],
    ids=["none", "two", "unknown", "outside", "alias"],
)
def test_n16_an_alias_leads_to_exactly_one_mailbox(world, says, to):
    """No target, two, an unknown, an external one and an alias are all refused."""
    world.office()
    world.create(Alias("info@example.org", ("anna@example.org",)))
    says.refused(world.try_create(Alias("sales@example.org", to)), "netcup/N16")


def test_n17_an_alias_is_in_its_mailbox_s_instance(world, says):
    """An alias may be in any domain of its mailbox's instance, and in no other."""
    world.office()
    world.create(Domain("example.net", "office"), Alias("info@example.net", ("anna@example.org",)))
    world.create(Instance("lab", GB), Domain("lab.example", "lab"))
    says.refused(world.try_create(Alias("info@lab.example", ("anna@example.org",))), "netcup/N17")
    says.refused(world.try_create(Alias("info@nowhere.example", ("anna@example.org",))), "netcup/N17")


def test_n18_an_alias_is_not_edited(world, says):
    """Another target needs a delete and a create."""
    world.office()
    world.create(Alias("info@example.org", ("anna@example.org",)))
    says.refused(world.try_update(Kind.ALIAS, "info@example.org", to="bob@example.org"), "netcup/N18")
    world.delete(Kind.ALIAS, "info@example.org")
    world.create(Alias("info@example.org", ("bob@example.org",)))


def test_n18_is_policy_for_a_platform_that_can_more(make_world):
    """With `alias_edit` and several targets the platform behaves so, mail included."""
    world = make_world(alias_edit=True, alias_targets=2)
    world.office()
    world.create(Alias("info@example.org", ("anna@example.org",)))
    world.update(Kind.ALIAS, "info@example.org", to=("anna@example.org", "bob@example.org"))
    assert world.get(Kind.ALIAS, "info@example.org").resource.to == ("anna@example.org", "bob@example.org")
    assert world.platform.act(content.deliver, "info@example.org", 1) == ["anna@example.org", "bob@example.org"]


def test_n19_cancelling_is_immediate_and_forfeits_months(world):
    """The instance is gone at once, and the statement says what is lost."""
    world.create(Instance("office", 10 * GB))
    number = world.get(Kind.INSTANCE, "office").id
    world.now += 65 * 86400  # in the third of twelve months
    world.delete(Kind.INSTANCE, "office")
    assert world.get(Kind.INSTANCE, "office") is None
    last = world.platform.act(
        lambda session: session.db.execute("SELECT text, cents FROM bookings ORDER BY id DESC LIMIT 1").fetchone()
    )
    assert last == (f"instance #{number} cancelled, 9 unused months forfeited", 0)


def test_n20_an_instance_with_a_domain_stays(world, says):
    """Cancelling is refused while a domain is assigned, and the refusal names it."""
    world.create(Instance("office", 10 * GB), Domain("example.org", "office"))
    assert "example.org" in says.refused(world.try_delete(Kind.INSTANCE, "office"), "netcup/N20").message
    world.delete(Kind.DOMAIN, "example.org")
    assert isinstance(world.try_delete(Kind.INSTANCE, "office"), Done)
