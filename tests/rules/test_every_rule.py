"""Every rule of `model.rules`, seen from the engine: in checks, plans, orders, guards and what is shown.

Its counterpart is `tests/sandbox`, where the embedded platform enforces the same rules with code of its own.
"""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.config import load
from reconciler.model.kinds import Action, Kind
from reconciler.model.resources import Alias, Domain, Instance, Record
from reconciler.model.rules import RULES
from reconciler.plan import wire
from reconciler.plan.flow import Flow, after
from reconciler.providers.reader import Booking, Endpoint
from reconciler.report.credentials_text import credentials_text
from reconciler.report.show_text import show_instance_text, show_team_text
from reconciler.report.style import Style
from reconciler.report.views import AccountView, InstanceView, TeamView
from tests.phases.story import moved_in
from tests.rules.scene import (
    ABLE,
    ANNA,
    BEN,
    BOB,
    COMPANY,
    DOMAIN,
    FAMILY,
    GB,
    GROUPWARE,
    INFO,
    MAILORG,
    OFFICE,
    POLICY,
    SHOP,
    TODAY,
    Scene,
    between,
    changed,
    reason,
    settled,
    tombstone,
)

PLAIN = Style(colour=False)
MX = Record("example.org", "MX", "", "example.org", 3600, ("10 mail.example.net.",))
SPF = Record("example.org", "TXT", "spf", "example.org", 3600, ('"v=spf1 mx ~all"',))
DKIM = Record("key1._domainkey.example.org", "CNAME", "", "example.org", 3600, ("key1._domainkey.host.example.",))
TEN = (FAMILY, *(replace(BEN, address=f"m{number}@mailbox.org") for number in range(1, 10)))


# -- netcup


def test_netcup_n1_an_order_costs_money_and_comes_before_its_domain():
    """Ordering asks for a consent of its own, and a domain waits until the instance is set up."""
    scene = Scene((OFFICE, DOMAIN))
    refusal = scene.plan().refusals[0]
    assert (refusal.guard, refusal.consent) == ("money", ("--allow-cost instance:office",))
    assert reason(scene, "create domain example.org", "netcup/N1") == "create instance office"


def test_netcup_n2_an_error_about_an_instance_names_its_number():
    """What a person has to tell the support stands in the message."""
    scene = Scene(
        (OFFICE, SHOP, DOMAIN),
        (OFFICE, SHOP, replace(DOMAIN, instance="shop")),
        past=(OFFICE, SHOP),
        facts={"shop": {"number": "4711"}},
    )
    assert "instance shop (#4711)" in scene.problem().message


def test_netcup_n3_an_instance_is_shown_with_the_resources_in_use():
    """Booked, given out and used are shown; the ledger of a plan tells booked and given out as well."""
    shown = show_instance_text(InstanceView("office", "groupware", "1", True, 50 * GB, 4 * GB, GB), PLAIN)
    assert re.search(r"booked\s+50 GB", shown)
    assert re.search(r"used\s+1 GB", shown)
    line = settled(*COMPANY).plan().ledger[0]
    assert (line.instance, line.booked, line.start, line.end) == ("office", 50 * GB, 4 * GB, 4 * GB)


def test_netcup_n4_an_instance_without_a_domain_is_a_warning(tmp_path):
    """It can not be used yet; a mailbox waits for its domain."""
    (tmp_path / "mail.yaml").write_text(
        "version: 1\nproviders: {p: {type: sandbox, path: p.db}}\ninstances: {office: {provider: p, storage: 1 GB}}\n"
    )
    warned = load([tmp_path], tmp_path).warnings
    assert [(each.id, each.rule) for each in warned] == [("instance-without-domain", "netcup/N4")]
    scene = Scene((OFFICE, DOMAIN, ANNA))
    assert reason(scene, "create mailbox anna@example.org", "netcup/N4") == "create domain example.org"


def test_netcup_n5_a_domain_of_another_instance_or_account_is_an_error():
    """Nobody's plan takes a domain from an instance that is not its own to change."""
    taken = Scene((OFFICE, SHOP, DOMAIN), (OFFICE, SHOP, replace(DOMAIN, instance="shop")), past=(OFFICE, SHOP))
    assert (taken.problem().id, taken.problem().rule) == ("domain-taken", "netcup/N5")
    able = {**ABLE, "groupware": replace(GROUPWARE, owned_domains=frozenset())}
    assert Scene((OFFICE, DOMAIN), able=able).problem().rule == "netcup/N5"


def test_netcup_n5_a_domain_that_moves_leaves_before_it_comes():
    """A managed domain may move: its mailboxes go first, and that asks for consent to lose their mail."""
    before = (OFFICE, SHOP, DOMAIN, ANNA)
    scene = changed(before, (OFFICE, SHOP, replace(DOMAIN, instance="shop"), ANNA))
    assert scene.ids() == [
        "delete mailbox anna@example.org",
        "delete domain example.org",
        "create domain example.org",
        "create mailbox anna@example.org",
    ]
    assert reason(scene, "create domain example.org", "netcup/N5") == "delete domain example.org"
    assert "data-loss" in scene.guards_met()


def test_netcup_n6_a_change_of_where_mail_goes_needs_consent():
    """Only where mail arrives already: the first MX of a domain passes."""
    moved = replace(MX, values=("10 mail.other.example.",))
    scene = changed((OFFICE, DOMAIN, MX), (OFFICE, DOMAIN, moved))
    refusal = scene.plan().refusals[0]
    assert (refusal.guard, refusal.consent) == ("mail-routing", ("--allow-routing example.org",))
    assert changed((OFFICE, DOMAIN), (OFFICE, DOMAIN, MX)).guards_met() == []


def test_netcup_n7_addresses_go_before_their_domain():
    """All mailboxes and aliases of a domain are deleted first; unmanaged ones stop the plan."""
    scene = changed(COMPANY, (OFFICE,))
    order = scene.ids()
    for first in ("delete mailbox bob@example.org", "delete alias info@example.org"):
        assert between(order, first, "delete domain example.org")
    assert reason(scene, "delete domain example.org", "netcup/N7") is not None
    stranger = Scene((OFFICE,), (OFFICE, DOMAIN, BOB), past=(OFFICE, DOMAIN)).problem()
    assert (stranger.id, stranger.rule) == ("domain-not-empty", "netcup/N7")


def test_netcup_n8_a_mailbox_is_created_with_a_password_and_its_address_as_the_user():
    """Without a password nobody could log in; the user name shown is the address."""
    scene = Scene((OFFICE, DOMAIN, ANNA), without_password=frozenset({ANNA.key}))
    assert "password" in scene.problem().message
    shown = credentials_text(ANNA.address, [Endpoint("imap", "mail.example", 993, "tls")], PLAIN)
    assert re.search(r"User name\s+anna@example.org", shown)


def test_netcup_n9_owner_quota_and_password_change_in_place_and_the_address_does_not():
    """Three fields are one update; another address is another mailbox, and the old one's mail is lost."""
    scene = changed((OFFICE, DOMAIN, ANNA, BOB), (OFFICE, DOMAIN, replace(ANNA, owner="A", quota=GB), BOB))
    step = scene.with_(versions={ANNA.key: 2}).step("update mailbox anna@example.org")
    assert set(step.fields) == {"owner", "quota", "password_version"}
    renamed = changed((OFFICE, DOMAIN, ANNA, BOB), (OFFICE, DOMAIN, replace(ANNA, address="a@example.org"), BOB))
    assert sorted(renamed.ids()) == ["create mailbox a@example.org", "delete mailbox anna@example.org"]
    assert renamed.guards_met() == ["data-loss"]


def test_netcup_n10_no_moment_gives_out_more_than_is_booked():
    """One mailbox shrinks before the other grows; what never fits is refused."""
    tight = Instance("office", 4 * GB)
    scene = changed((tight, DOMAIN, ANNA, BOB), (tight, DOMAIN, replace(ANNA, quota=3 * GB), replace(BOB, quota=GB)))
    assert scene.ids() == ["update mailbox bob@example.org", "update mailbox anna@example.org"]
    assert reason(scene, "update mailbox anna@example.org", "netcup/N10") == "update mailbox bob@example.org"
    assert scene.plan().ledger[0].peak == 4 * GB
    assert Scene((tight, DOMAIN, ANNA, replace(BOB, quota=3 * GB))).problem().rule == "netcup/N10"


def test_netcup_n11_no_password_is_in_a_plan_or_among_credentials():
    """A plan holds neither the secret nor where it comes from; credentials say that they hold none."""
    plan = wire.encode(Scene((OFFICE, DOMAIN, ANNA)).plan()).decode()
    assert "THE_PASSWORD_VARIABLE" not in plan
    assert "netcup/N11" in credentials_text(ANNA.address, [], PLAIN)


def test_netcup_n12_an_alias_goes_before_its_mailbox():
    """The alias is deleted first, with the rule as its reason; an unmanaged alias stops the plan."""
    scene = changed(COMPANY, (OFFICE, DOMAIN, BOB))
    assert scene.ids() == ["delete alias info@example.org", "delete mailbox anna@example.org"]
    assert reason(scene, "delete mailbox anna@example.org", "netcup/N12") == "delete alias info@example.org"
    stranger = scene.with_(past=(OFFICE, DOMAIN, ANNA, BOB)).problem()
    assert (stranger.id, stranger.rule) == ("mailbox-has-aliases", "netcup/N12")


def test_netcup_n13_a_deletion_needs_consent_and_names_all_three_losses():
    """Mail, contacts and appointments are named, with amounts where the platform tells them."""
    scene = changed((OFFICE, DOMAIN, ANNA, BOB), (OFFICE, DOMAIN, ANNA))
    refusal = scene.plan().refusals[0]
    assert (refusal.guard, refusal.consent) == ("data-loss", ("--allow-destroy mailbox:bob@example.org",))
    facts = {BOB.key: {"used": GB, "messages": 12, "contacts": 3, "events": 4}}
    note = scene.with_(facts=facts).step("delete mailbox bob@example.org").notes[0]
    for word in ("mail", "contacts", "appointments", "1 GB", "12", "3", "4"):
        assert word in note
    assert scene.with_(removed=(tombstone(BOB),)).guards_met() == []


def test_netcup_n14_an_address_is_released_before_it_is_claimed():
    """A mailbox that becomes an alias: the deletion first, the creation right after it."""
    scene = changed((OFFICE, DOMAIN, ANNA, BOB), (OFFICE, DOMAIN, ANNA, Alias(BOB.key, (ANNA.key,))))
    assert scene.ids() == ["delete mailbox bob@example.org", "create alias bob@example.org"]
    assert reason(scene, "create alias bob@example.org", "netcup/N14") == "delete mailbox bob@example.org"
    unmanaged = scene.with_(past=(OFFICE, DOMAIN, ANNA)).problem()
    assert (unmanaged.id, unmanaged.rule) == ("address-taken", "netcup/N14")


def test_netcup_n15_a_change_of_owner_tells_the_new_sender_name():
    """The name on outgoing mail changes, and the plan says it; exchanged owners are warned of."""
    scene = changed((OFFICE, DOMAIN, ANNA), (OFFICE, DOMAIN, replace(ANNA, owner="Anna Neu")))
    assert "sender name 'Anna Neu'" in scene.step("update mailbox anna@example.org").notes[0]
    swapped = (OFFICE, DOMAIN, replace(ANNA, owner="Bob"), replace(BOB, owner="Anna"))
    assert [each.id for each in changed((OFFICE, DOMAIN, ANNA, BOB), swapped).plan().warnings] == ["owner-swap"]


def test_netcup_n16_an_alias_has_one_mailbox_which_exists_first_and_sends_as_it():
    """One target, created before; the right to send follows."""
    scene = Scene(COMPANY)
    assert reason(scene, "create alias info@example.org", "netcup/N16") == "create mailbox anna@example.org"
    two = Scene((*COMPANY[:-1], replace(INFO, to=(ANNA.key, BOB.key))))
    assert (two.problem().id, two.problem().rule) == ("alias-targets", "netcup/N16")
    end = after(scene.actual(), scene.plan().operations)
    assert Flow.of(end).may_send_as(INFO.address) == (ANNA.address,)


def test_netcup_n17_an_alias_is_in_the_instance_of_its_mailbox():
    """Its domain is there first; a mailbox of another instance is refused."""
    other = Domain("example.net", "office")
    scene = changed(COMPANY, (*COMPANY, other, Alias("info@example.net", (ANNA.key,))))
    assert reason(scene, "create alias info@example.net", "netcup/N17") == "create domain example.net"
    crossing = Scene((*COMPANY, SHOP, replace(other, instance="shop"), Alias("info@example.net", (ANNA.key,))))
    assert crossing.problem().rule == "netcup/N17"


def test_netcup_n18_another_target_is_a_delete_and_a_create_side_by_side():
    """The two halves name each other and the time in which mail bounces; where aliases can be edited, one update."""
    scene = changed(COMPANY, (*COMPANY[:-1], replace(INFO, to=(BOB.key,))))
    gone, come = scene.plan().operations
    assert (gone.id, come.id) == ("delete alias info@example.org", "create alias info@example.org")
    assert (gone.replaces, come.replaces) == (come.id, gone.id)
    assert "bounces" in gone.notes[0]
    able = {**ABLE, "groupware": replace(GROUPWARE, updatable={**GROUPWARE.updatable, Kind.ALIAS: frozenset({"to"})})}
    assert scene.with_(able=able).ids() == ["update alias info@example.org"]


def test_netcup_n19_cancelling_needs_both_consents_and_tells_what_is_forfeited():
    """Data and money are two consents; a tombstone is only the first."""
    scene = changed((OFFICE, SHOP), (OFFICE,))
    assert sorted(scene.guards_met()) == ["data-loss", "money"]
    assert scene.with_(removed=(tombstone(SHOP),)).guards_met() == ["money"]
    assert "forfeited" in scene.step("delete instance shop").notes[0]


def test_netcup_n20_an_instance_is_cancelled_after_its_domains():
    """Domains go first; one that nobody manages stops the plan and is named."""
    scene = changed((OFFICE, DOMAIN), ())
    assert reason(scene, "delete instance office", "netcup/N20") == "delete domain example.org"
    stranger = Scene((), (OFFICE, DOMAIN), past=(OFFICE,)).problem()
    assert stranger.rule == "netcup/N20"
    assert "example.org" in stranger.message


# -- mailbox.org


def test_mailbox_org_m1_ten_accounts_are_a_team_and_eleven_are_not():
    """Declared, or declared and unmanaged together; the master counts."""
    eleventh = replace(BEN, address="m10@mailbox.org")
    assert Scene(TEN).problems() == []
    assert (Scene((*TEN, eleventh)).problem().id, Scene((*TEN, eleventh)).problem().rule) == (
        "team-too-large",
        "mailbox-org/M1",
    )
    crowded = Scene(TEN, (*TEN[:-1], eleventh), past=TEN[:-1]).problem()
    assert crowded.rule == "mailbox-org/M1"
    assert "m10@mailbox.org" in crowded.message


def test_mailbox_org_m1_a_seat_is_free_only_when_its_account_has_left():
    """Leaving takes a ticket, so the newcomer of a full team waits for another apply."""
    eleventh = replace(BEN, address="m10@mailbox.org")
    found = changed(TEN, (*TEN[:-1], eleventh)).problem()
    assert (found.id, found.rule) == ("team-too-large", "mailbox-org/M1")
    assert "let m9@mailbox.org leave in an apply of its own" in (found.help or "")
    assert changed(TEN, TEN[:-1]).problems() == []


def test_mailbox_org_m1_a_full_team_is_not_complained_about_when_nobody_joins():
    """What the platform has accepted is not for a plan to refuse."""
    extra = replace(BEN, address="m10@mailbox.org")
    assert Scene(TEN, (*TEN, extra), past=TEN).problems() == []


@pytest.mark.parametrize("plan", ["light", "mini", "unheard"])
def test_mailbox_org_m2_every_account_has_a_plan_of_at_least_5_gb(plan):
    """Excluded, too small or unknown: also for the master."""
    assert Scene((FAMILY, replace(BEN, plan=plan))).problem().rule == "mailbox-org/M2"
    assert Scene((replace(FAMILY, plan=plan),)).problem().rule == "mailbox-org/M2"


def test_mailbox_org_m3_a_new_account_starts_on_the_5_gb_plan_and_moves_afterwards():
    """Another declared plan is a step of its own, after the creation; the team comes first of all."""
    scene = Scene((FAMILY, replace(BEN, plan="premium")))
    assert scene.ids() == ["create team family", "create member ben@mailbox.org", "operator member ben@mailbox.org"]
    assert scene.step("create member ben@mailbox.org").fields["plan"].after == "standard"
    assert scene.step("operator member ben@mailbox.org").fields["plan"].after == "premium"


def test_mailbox_org_m3_a_master_must_exist():
    """Nothing creates the first account."""
    able = {**ABLE, "mailorg": replace(MAILORG, team=replace(POLICY, accounts=frozenset()))}
    assert (Scene((FAMILY,), able=able).problem().id, Scene((FAMILY,), able=able).problem().rule) == (
        "master-unknown",
        "mailbox-org/M3",
    )


def test_mailbox_org_m4_a_change_to_a_member_is_its_owners_step():
    """Nobody else has rights over the account, unless its own credentials are configured."""
    scene = changed((FAMILY, BEN), (FAMILY, replace(BEN, plan="premium")))
    step = scene.step("operator member ben@mailbox.org")
    assert step.action is Action.OPERATOR
    assert step.steps
    own = replace(MAILORG, team=replace(POLICY, credentials=frozenset({BEN.key})))
    assert scene.with_(able={**ABLE, "mailorg": own}).ids() == ["update member ben@mailbox.org"]


def test_mailbox_org_m5_the_first_password_is_handed_over_and_never_set_again():
    """The plan prints the hand-over; a raised version is refused."""
    scene = changed((FAMILY,), (FAMILY, BEN))
    assert any("change it at once" in note for note in scene.step("create member ben@mailbox.org").notes)
    assert settled(FAMILY, BEN).with_(versions={BEN.key: 2}).problem().rule == "mailbox-org/M5"


def test_mailbox_org_m6_a_new_account_is_said_to_be_on_trial():
    """The plan says it before; an account on trial can be changed as any other."""
    scene = changed((FAMILY,), (FAMILY, BEN))
    assert any("trial" in note for note in scene.step("create member ben@mailbox.org").notes)
    assert scene.with_(facts={FAMILY.key: {"standing": "trial"}}).guards_met() == []


def test_mailbox_org_m7_members_of_a_shared_team_create_nobody():
    """Logged in as a member, a new member is refused; nothing new is no matter."""
    able = {**ABLE, "mailorg": replace(MAILORG, team=replace(POLICY, acts_as=BEN.key))}
    shared = replace(FAMILY, billing="shared")
    new = replace(BEN, address="cleo@mailbox.org")
    found = changed((shared, BEN), (shared, BEN, new)).with_(able=able).problem()
    assert (found.id, found.rule) == ("creator-not-allowed", "mailbox-org/M7")
    assert settled(shared, BEN).with_(able=able).problems() == []


def test_mailbox_org_m8_members_of_a_separate_team_create_others():
    """A member may, a stranger may not."""
    able = {**ABLE, "mailorg": replace(MAILORG, team=replace(POLICY, acts_as=BEN.key))}
    new = replace(BEN, address="cleo@mailbox.org")
    assert changed((FAMILY, BEN), (FAMILY, BEN, new)).with_(able=able).problems() == []
    stranger = changed((FAMILY,), (FAMILY, new)).with_(able=able).problem()
    assert (stranger.id, stranger.rule) == ("creator-not-allowed", "mailbox-org/M8")


def test_mailbox_org_m9_the_billing_method_is_never_changed():
    """An error that says so, and no replacement of the team."""
    found = changed((FAMILY, BEN), (replace(FAMILY, billing="shared"), BEN)).problem()
    assert (found.id, found.rule) == ("billing-immutable", "mailbox-org/M9")
    assert "can never be changed" in found.message


def test_mailbox_org_m10_a_suspended_team_is_not_changed():
    """Each step is refused without any consent that could be given, with the reason."""
    scene = changed((FAMILY, BEN), (FAMILY, BEN, replace(BEN, address="cleo@mailbox.org")))
    refusal = scene.with_(facts={FAMILY.key: {"standing": "suspended"}}).plan().refusals[0]
    assert (refusal.guard, refusal.consent) == ("standing", ())
    assert "mailbox-org/M10" in refusal.reason


def test_mailbox_org_m11_a_payment_brings_the_team_back():
    """Standing is read anew for each plan: the same change passes once somebody paid."""
    scene = changed((FAMILY, BEN), (FAMILY, BEN, replace(BEN, address="cleo@mailbox.org")))
    assert scene.with_(facts={FAMILY.key: {"standing": "suspended"}}).guards_met() == ["standing"]
    assert scene.with_(facts={FAMILY.key: {"standing": "active"}}).guards_met() == []


def test_mailbox_org_m12_a_member_does_not_move_to_the_smallest_plan():
    """The downgrade of a member that is there is refused, and the reason names the rule."""
    found = changed((FAMILY, BEN), (FAMILY, replace(BEN, plan="light"))).problem()
    assert found.id == "plan-excluded"
    assert "mailbox-org/M12" in (found.why or "")


def test_mailbox_org_m13_leaving_is_a_persons_step_that_loses_data():
    """The ticket is spelled out, `ack` is named, and it takes consent to lose data."""
    scene = changed((FAMILY, BEN), (FAMILY,))
    step = scene.step("operator member ben@mailbox.org")
    assert any("ticket" in line for line in step.steps)
    assert any("reconciler ack" in line for line in step.steps)
    assert scene.guards_met() == ["data-loss"]
    assert scene.with_(removed=(tombstone(BEN),)).guards_met() == []


def test_mailbox_org_m14_a_team_is_shown_with_everybodys_plan():
    """Each account has a line with its plan and standing."""
    accounts = [
        AccountView("anna@mailbox.org", "master", "standard", "active"),
        AccountView(BEN.key, "member", "premium"),
    ]
    shown = show_team_text(TeamView("family", "mailorg", "shared", accounts), PLAIN)
    assert re.search(r"anna@mailbox.org\s+master\s+standard\s+active", shown)
    assert re.search(r"ben@mailbox.org\s+member\s+premium", shown)


def test_mailbox_org_m15_each_booking_names_the_address_that_caused_it():
    """In brackets, behind the text, as the platform prints it."""
    bookings = [Booking("2026-11-01", "standard, one month", BEN.key, -300)]
    shown = show_team_text(TeamView("family", "mailorg", "shared", statement=bookings), PLAIN)
    assert "standard, one month (ben@mailbox.org)" in shown
    assert "-3.00" in shown


def test_mailbox_org_m16_an_old_family_is_adopted_with_separate_billing():
    """Declared as it is, it is taken over without a change; with shared billing it is refused."""
    found = Scene((FAMILY, BEN), (FAMILY, BEN), past=())
    assert {each.action for each in found.plan().operations} == {Action.ADOPT}
    assert found.with_(files=(replace(FAMILY, billing="shared"), BEN)).problem().id == "billing-immutable"


# -- mail flow


def test_flow_f1_recipients_exist_before_the_mx_points_at_them():
    """No mail for a new mailbox arrives before it is there."""
    scene = Scene((*COMPANY, MX))
    order = scene.ids()
    for first in ("create domain example.org", "create mailbox anna@example.org", "create alias info@example.org"):
        assert between(order, first, "create record example.org MX")
    assert reason(scene, "create record example.org MX", "flow/F1") is not None


def test_flow_f2_spf_and_dkim_are_published_before_the_mx_moves():
    """The first message that leaves can be checked."""
    scene = Scene((OFFICE, DOMAIN, MX, SPF, DKIM))
    order = scene.ids()
    assert between(order, "create record example.org TXT spf", "create record example.org MX")
    assert between(order, "create record key1._domainkey.example.org CNAME", "create record example.org MX")
    assert reason(scene, "create record example.org MX", "flow/F2") is not None


def test_flow_f3_the_mx_is_withdrawn_before_the_domain_is_removed():
    """Nobody is told to deliver where mail is refused."""
    scene = changed((OFFICE, DOMAIN, MX), (OFFICE,))
    assert reason(scene, "delete domain example.org", "flow/F3") == "delete record example.org MX"


def test_flow_f4_records_follow_their_domain():
    """What a provider asks for a domain is published once it has the domain."""
    scene = Scene((OFFICE, DOMAIN, SPF))
    assert reason(scene, "create record example.org TXT spf", "flow/F4") == "create domain example.org"


def test_flow_f5_a_host_has_its_addresses_before_it_is_named():
    """A record that leads to a host comes after the host; a CNAME waits until its name is free."""
    host = Record("mail.example.org", "A", "", "example.org", 3600, ("192.0.2.1",))
    here = replace(MX, values=("10 mail.example.org.",))
    scene = Scene((OFFICE, DOMAIN, here, host))
    assert reason(scene, "create record example.org MX", "flow/F5") == "create record mail.example.org A"
    alias = Record("mail.example.org", "CNAME", "", "example.org", 3600, ("host.example.",))
    turned = changed((OFFICE, DOMAIN, host), (OFFICE, DOMAIN, alias))
    assert turned.ids() == ["delete record mail.example.org A", "create record mail.example.org CNAME"]


def test_flow_f6_what_is_there_is_adopted_before_it_is_changed():
    """First the state learns of it, then it is changed."""
    scene = Scene((OFFICE, DOMAIN, replace(ANNA, owner="Anna Neu")), (OFFICE, DOMAIN, ANNA), past=(OFFICE, DOMAIN))
    assert scene.ids() == ["adopt mailbox anna@example.org", "update mailbox anna@example.org"]
    assert reason(scene, "update mailbox anna@example.org", "flow/F6") == "adopt mailbox anna@example.org"


def test_flow_f7_an_mx_moves_only_when_nobody_holds_an_older_answer(tmp_path):
    """A run that comes before the old TTL is over leaves the MX where it is, and says when it can move."""
    story = moved_in(tmp_path, 86400)
    first = story.run()
    assert next((each.phase, each.seconds, each.rule) for each in first.held) == ("switch", 86400, "flow/F7")
    lowered = story.now
    story.now += 86399
    assert story.run().held[0].not_before == lowered + 86400
    story.now += 1
    assert "update record example.org MX" in [step.id for step in story.run().operations]


def test_flow_f8_what_the_old_host_needs_stays_a_while(tmp_path):
    """Its SPF terms and its DKIM key outlive the switch, and are told to wait."""
    story = moved_in(tmp_path, 300)
    story.run()
    for _ in range(2):
        story.now += 86400
        plan = story.run()
    kept = [each for each in plan.held if each.rule == "flow/F8"]
    assert {each.phase for each in kept} == {"contract"}
    assert [each.change.partition(":")[0] for each in kept] == ["SPF", "DKIM"]


def test_flow_f9_a_host_that_is_left_keeps_the_mail(tmp_path):
    """What moves to another provider is made there, and nothing is deleted where it was."""
    story = moved_in(tmp_path, 300)
    ids = [step.id for step in story.run().operations]
    assert "create mailbox ann@example.org" in ids
    assert not [each for each in ids if each.startswith("delete")]
    assert story.applied.get(Kind.MAILBOX, "ann@example.org").left == ("old",)


# -- the table itself


def named(folder: Path) -> set[str]:
    """The names of all tests in a folder."""
    return {
        name
        for file in folder.glob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE)
    }


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_test_of_the_engine(rule):
    """A rule is done when a test named after it fails without it."""
    platform, _, number = rule.replace("-", "_").partition("/")
    prefix = f"test_{platform}_{number.lower()}_"
    assert any(name.startswith(prefix) for name in named(Path(__file__).parent)), f"no test is named {prefix}…"


@pytest.mark.parametrize("rule", [rule for rule in RULES if not rule.startswith("flow/")])
def test_every_rule_has_a_test_of_the_embedded_platform(rule):
    """The platform that everything is tried on enforces each rule as well, with code of its own."""
    prefix = f"test_{rule.partition('/')[2].lower()}_"
    names = named(Path(__file__).parents[1] / "sandbox")
    assert any(name.startswith(prefix) for name in names), f"no test in tests/sandbox is named {prefix}…"


def test_a_tombstone_in_the_future_is_no_consent_yet():
    """netcup/N13 with patience: until its day, not even an option lifts the refusal."""
    scene = changed((OFFICE, DOMAIN, ANNA, BOB), (OFFICE, DOMAIN, ANNA))
    waiting = scene.with_(removed=(tombstone(BOB, not_before=TODAY + timedelta(days=1)),)).plan().refusals[0]
    assert (waiting.guard, waiting.consent) == ("data-loss", ())
    assert scene.with_(removed=(tombstone(BOB, not_before=TODAY),)).guards_met() == []


def test_a_misspelt_tombstone_is_pointed_at():
    """A tombstone that fits nothing, and nearly fits what goes, is named in the refusal; one of another is not."""
    scene = changed((OFFICE, DOMAIN, ANNA, BOB), (OFFICE, DOMAIN, ANNA))

    def reason_with(address):
        return scene.with_(removed=(tombstone(replace(BOB, address=address)),)).plan().refusals[0].reason

    for typo in ("bobb@example.org", "bob@exmaple.org"):
        assert f"mail.yaml:99:1 is of mailbox '{typo}'" in reason_with(typo)
    assert "tombstone" not in reason_with("alexandra@example.org")
