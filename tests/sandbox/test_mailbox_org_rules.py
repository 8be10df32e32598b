"""The team platform enforces each of its rules by itself, whatever the tool planned."""

import pytest

from reconciler.model.kinds import Kind
from reconciler.model.resources import Member, Team
from reconciler.providers.sandbox import accounts, billing, content
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.policy import Seed
from reconciler.providers.writer import Failed

ANNA, BEN, CARLA = "anna@mailbox.org", "ben@mailbox.org", "carla@mailbox.org"


def _member(address: str, plan: str = "standard") -> Member:
    return Member(address, "family", "Someone", plan)


def test_m1_a_team_has_ten_accounts_at_most(world, says):
    """The master and nine members fit, a tenth member does not."""
    world.create(Team("family", ANNA, "separate", "standard"))
    world.create(*(_member(f"m{i}@mailbox.org") for i in range(9)))
    says.refused(world.try_create(_member("m9@mailbox.org")), "mailbox-org/M1")


def test_m2_the_smallest_plan_can_not_found_a_team(make_world, says):
    """A master needs a plan with at least 5 GB of mail storage."""
    world = make_world(accounts=(Seed(ANNA, "Anna", "light", 1200),))
    says.refused(world.try_create(Team("family", ANNA, "separate", "light")), "mailbox-org/M2")
    world.create(Team("family", ANNA, "separate", "standard"))
    assert world.get(Kind.TEAM, "family").resource.plan == "standard"


def test_m3_a_new_account_is_made_from_an_existing_one(world, says):
    """Without the master's account there is no team, without the team no member."""
    says.refused(world.try_create(Team("family", "nobody@mailbox.org", "separate", "standard")), "mailbox-org/M3")
    says.refused(world.try_create(_member(BEN)), None)
    world.family()
    assert world.get(Kind.MEMBER, BEN).resource.team == "family"


def test_m3_a_new_account_starts_on_the_5_gb_plan(world):
    """Whatever plan is asked for, the platform opens the account on its own."""
    world.family()
    world.create(_member(CARLA, "premium"))
    assert world.get(Kind.MEMBER, CARLA).resource.plan == "standard"


def test_m3_a_team_whose_accounts_are_not_listed_has_its_master(make_world):
    """Where no accounts are configured the named master exists."""
    world = make_world(accounts=None)
    world.family()
    assert world.get(Kind.TEAM, "family").resource.master == ANNA


def test_m3_an_account_outside_the_team_opens_none_in_it(make_world, says):
    """The account that logs in must be of the team."""
    world = make_world(accounts=(Seed(ANNA, "Anna", balance=1200), Seed(CARLA, "Carla")), login=CARLA)
    world.create(Team("family", ANNA, "separate", "standard"))
    says.refused(world.try_create(_member(BEN)), "mailbox-org/M3")


def test_m4_a_member_is_its_own_customer(world, says):
    """The origin changes neither plan nor owner of a member."""
    world.family()
    says.refused(world.try_update(Kind.MEMBER, BEN, plan="premium"), "mailbox-org/M4")
    says.refused(world.try_update(Kind.MEMBER, BEN, owner="Benjamin"), "mailbox-org/M4")


def test_m4_a_member_is_changed_with_its_own_password(world, says):
    """The member's own password opens the way; a wrong one does not."""
    world.family()
    world.reopen(own_password={BEN: "wrong"}.get)
    says.refused(world.try_update(Kind.MEMBER, BEN, plan="premium"), "mailbox-org/M4")
    world.reopen(own_password={BEN: "first secret"}.get)
    world.update(Kind.MEMBER, BEN, plan="premium", owner="Benjamin")
    assert world.get(Kind.MEMBER, BEN).resource == Member(BEN, "family", "Benjamin", "premium")


def test_m4_a_member_has_no_rights_over_the_master(world, says):
    """Who logs in as a member can not change the master's plan."""
    world.family()
    world.reopen(login=BEN)
    says.refused(world.try_update(Kind.TEAM, "family", plan="premium"), "mailbox-org/M4")


def test_m5_the_first_password_is_given_and_then_changed_by_its_owner(world, says):
    """An account needs a first password, which counts as handed over once the owner has changed it."""
    world.family()
    says.refused(world.try_create(_member(CARLA), password=None), "mailbox-org/M5")
    assert world.fact(Kind.MEMBER, BEN, "handed_over") is False
    world.reopen(own_password={BEN: "first secret"}.get)
    says.refused(world.try_update(Kind.MEMBER, BEN, "reset"), "mailbox-org/M5")
    world.platform.act(accounts.change_password, BEN, "my own")
    assert world.fact(Kind.MEMBER, BEN, "handed_over") is True
    assert world.platform.act(content.verify_password, BEN, "my own")


def test_m6_a_new_account_is_on_trial_until_money_arrives(world):
    """Thirty days of trial; a payment makes it active."""
    world.family()
    assert world.fact(Kind.MEMBER, BEN, "standing") == "trial"
    assert world.fact(Kind.MEMBER, BEN, "trial_until") == "2023-12-14"
    world.platform.act(billing.pay, BEN, 100)
    assert world.fact(Kind.MEMBER, BEN, "standing") == "active"


def test_m6_a_trial_without_money_ends(world):
    """After the trial the account is suspended, and a month later deleted."""
    world.family()
    world.platform.advance(30)
    assert world.fact(Kind.MEMBER, BEN, "standing") == "suspended"
    world.platform.advance(30)
    assert world.fact(Kind.MEMBER, BEN, "standing") == "deleted"


def test_m7_shared_billing_is_the_master_s(world):
    """Payments and debits of members go to the master's balance."""
    world.family("shared")
    world.platform.act(billing.pay, BEN, 500)
    assert world.fact(Kind.TEAM, "family", "balance") == world.fact(Kind.MEMBER, BEN, "balance") == 1700
    world.platform.act(billing.charge, BEN)
    assert world.fact(Kind.TEAM, "family", "balance") == 1400


def test_m7_members_of_a_shared_team_create_none(world, says):
    """With shared billing only the master opens accounts."""
    world.family("shared")
    world.reopen(login=BEN)
    says.refused(world.try_create(_member(CARLA)), "mailbox-org/M7")
    world.reopen(login=ANNA)
    world.create(_member(CARLA))


def test_m8_with_separate_billing_each_pays_for_itself(world):
    """A member's payment and debit leave the master's balance alone."""
    world.family()
    world.platform.act(billing.pay, BEN, 500)
    world.platform.act(billing.charge, BEN)
    assert world.fact(Kind.MEMBER, BEN, "balance") == 200
    assert world.fact(Kind.TEAM, "family", "balance") == 1200


def test_m8_members_of_a_separate_team_create_members(world):
    """With separate billing a member opens accounts, too."""
    world.family()
    world.reopen(login=BEN)
    world.create(_member(CARLA))
    assert world.get(Kind.MEMBER, CARLA) is not None


def test_m9_billing_is_chosen_once(world, says):
    """Neither an edit nor a second team changes the billing method; nonsense is none."""
    says.refused(world.try_create(Team("family", ANNA, "monthly", "standard")), "mailbox-org/M9")
    world.family()
    says.refused(world.try_update(Kind.TEAM, "family", billing="shared"), "mailbox-org/M9")
    says.refused(world.try_create(Team("second", ANNA, "shared", "standard")), "mailbox-org/M9")


def test_m10_a_shared_team_falls_with_its_master(world, says):
    """When the master can not pay all are suspended, changes are refused, and later all are deleted."""
    world.family("shared")
    for _ in range(4):
        assert world.platform.act(billing.charge, ANNA)
    assert world.platform.act(billing.charge, BEN) is False
    assert world.fact(Kind.TEAM, "family", "standing") == world.fact(Kind.MEMBER, BEN, "standing") == "suspended"
    says.refused(world.try_create(_member(CARLA)), "mailbox-org/M10")
    says.refused(world.try_update(Kind.TEAM, "family", plan="premium"), "mailbox-org/M10")
    world.platform.advance(31)
    assert world.fact(Kind.MEMBER, BEN, "standing") == "deleted"


def test_m10_in_a_separate_team_each_falls_alone(world):
    """A member that can not pay takes no one with it."""
    world.family()
    assert world.platform.act(billing.charge, BEN) is False
    assert world.fact(Kind.MEMBER, BEN, "standing") == "suspended"
    assert world.fact(Kind.TEAM, "family", "standing") == "active"


@pytest.mark.parametrize("days", [0, 40], ids=["suspended", "deleted"])
def test_m11_any_payment_brings_all_back(world, days):
    """One cent of any member reactivates the whole shared team."""
    world.family("shared")
    for _ in range(5):
        world.platform.act(billing.charge, ANNA)
    world.platform.advance(days)
    world.platform.act(billing.pay, BEN, 1)
    assert world.fact(Kind.TEAM, "family", "standing") == world.fact(Kind.MEMBER, BEN, "standing") == "active"


def test_m12_no_account_of_a_team_moves_to_the_smallest_plan(world, says):
    """Refused while in the team, also for the master; possible after leaving."""
    world.family()
    says.refused(world.try_update(Kind.TEAM, "family", plan="light"), "mailbox-org/M12")
    with pytest.raises(Refused) as no:
        world.platform.act(accounts.change_plan, BEN, "light")
    assert no.value.rule == "mailbox-org/M12"
    world.platform.act(accounts.leave, BEN)
    world.platform.act(accounts.change_plan, BEN, "light")


def test_m13_leaving_is_done_by_support_and_loses_data(world, says):
    """No call removes a member or a team; support does, and the account is empty afterwards."""
    world.family()
    says.refused(world.try_delete(Kind.MEMBER, BEN), "mailbox-org/M13")
    says.refused(world.try_delete(Kind.TEAM, "family"), "mailbox-org/M13")
    with pytest.raises(Refused, match="leave first"):
        world.platform.act(accounts.leave, ANNA)
    world.platform.act(lambda session: session.db.execute("UPDATE accounts SET messages = 7, used = 70"))
    world.platform.act(accounts.leave, BEN)
    assert world.get(Kind.MEMBER, BEN) is None
    kept = world.platform.act(
        lambda session: session.db.execute("SELECT messages, used FROM accounts WHERE address = ?", (BEN,)).fetchone()
    )
    assert kept == (0, 0)
    world.platform.act(accounts.leave, ANNA)
    assert world.get(Kind.TEAM, "family") is None


def test_m14_the_list_of_members_shows_plan_and_standing(world):
    """Each account of a team is read with its plan, standing and balance."""
    world.family()
    lives = {live.resource.key: live for live in world.platform.read()}
    assert set(lives) == {"family", BEN}
    assert lives["family"].resource == Team("family", ANNA, "separate", "standard")
    assert lives[BEN].resource == Member(BEN, "family", "Ben Beispiel", "standard")
    assert (lives["family"].facts["standing"], lives["family"].facts["balance"]) == ("active", 1200)


def test_m15_the_statement_of_a_shared_team_is_the_master_s(world):
    """Every account sees the master's bookings, each with the address that caused it."""
    world.family("shared")
    world.platform.act(billing.pay, BEN, 500)
    world.platform.act(billing.charge, BEN)
    seen = world.platform.statement("family")
    assert seen == [("2023-11-14", "payment", BEN, 500), ("2023-11-14", "one month standard", BEN, -300)]
    assert world.platform.act(billing.statement, BEN) == seen


def test_m15_the_statement_of_a_separate_team_is_each_one_s_own(world):
    """A member's bookings are not on the master's statement."""
    world.family()
    world.platform.act(billing.pay, BEN, 500)
    assert world.platform.statement("family") == []
    assert len(world.platform.act(billing.statement, BEN)) == 1


def test_m16_an_old_family_is_a_team_with_separate_billing(make_world):
    """Accounts of an old family are read as a team, also before any file is made."""
    world = make_world(accounts=(Seed(ANNA, "Anna", family="smith"), Seed(BEN, "Ben", family="smith")))
    team, member = world.platform.read()
    assert team.resource == Team("smith", ANNA, "separate", "standard")
    assert member.resource == Member(BEN, "smith", "Ben", "standard")
    assert not world.path.exists()
    assert isinstance(world.try_delete(Kind.MEMBER, BEN), Failed)
    assert [live.resource for live in world.platform.read()] == [team.resource, member.resource]
