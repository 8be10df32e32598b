"""Each check: what it finds, where it points, and what it lets pass."""

from dataclasses import replace

import pytest

from reconciler.config import load
from reconciler.model.kinds import Kind
from reconciler.model.resources import Alias, Domain, Instance, Mailbox, Member, Team
from reconciler.plan.check import check, check_changes
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
    Scene,
    changed,
    line_of,
    settled,
)

GONE = settled(OFFICE, DOMAIN, ANNA)


def offline(scene: Scene) -> list[str]:
    """Ids of what `validate` finds."""
    return [each.id for each in check(scene.desired(), scene.able)]


def test_a_company_and_a_family_pass():
    """What the platforms allow is not complained about, neither before nor after its creation."""
    everything = (*COMPANY, FAMILY, BEN)
    assert offline(Scene(everything)) == []
    assert Scene(everything).problems() == []
    assert settled(*everything).problems() == []


def test_a_kind_is_declared_where_it_is_hosted():
    """An instance at a folder of zone files is refused once, not again for all that is in it."""
    scene = Scene(COMPANY, at={each.key: "zones" for each in COMPANY})
    found = scene.problem()
    assert (found.id, found.help, line_of(found)) == ("kind-not-hosted", "use provider: groupware", 0)


def test_records_are_at_a_provider_with_zones(tmp_path):
    """A mail provider is no DNS provider; the place of its name in the `dns` block is shown."""
    (tmp_path / "mail.yaml").write_text(
        "version: 1\n"
        "providers: {groupware: {type: sandbox, path: p.db}}\n"
        "instances: {office: {provider: groupware, storage: 1 GB}}\n"
        "domains: {example.org: {instance: office, dns: {provider: groupware}}}\n"
    )
    found = check(load([tmp_path], tmp_path).desired, ABLE)
    assert [(each.id, each.help) for each in found] == [("kind-not-hosted", "use provider: zones")]
    assert found[0].primary is not None
    assert found[0].primary.span.line == 4


def test_a_platform_without_a_team_policy_hosts_no_teams():
    """The kind alone is not enough: limits and plans must be known."""
    able = {**ABLE, "mailorg": replace(MAILORG, team=None)}
    assert offline(Scene((FAMILY, BEN), able=able)) == ["kind-not-hosted"]


def test_a_provider_without_a_table_is_not_judged():
    """Another room says that a provider is unknown; the checks stay silent about it."""
    assert check(Scene(COMPANY).desired(), {}) == []
    assert check_changes(Scene(COMPANY).desired(), Scene().actual(), Scene().applied(), {}) == []


def test_a_domain_of_another_account_is_refused_with_the_near_name():
    """A slip of the pen in an owned domain is met with the right one."""
    able = {**ABLE, "groupware": replace(GROUPWARE, owned_domains=frozenset({"example.org", "other.example"}))}
    slip = Domain("exmaple.org", "office")
    found = Scene((OFFICE, slip), able=able).problem()
    assert (found.id, found.rule, found.help) == ("domain-not-owned", "netcup/N5", "did you mean `example.org`?")
    assert Scene((OFFICE, DOMAIN), able=able).problems() == []


def test_letters_before_the_at_sign_need_smtputf8():
    """A platform that offers it takes them, another does not; domains in A-label form never matter."""
    mueller = Mailbox("müller@example.org", "Eva Müller", GB)
    scene = Scene((OFFICE, DOMAIN, mueller, Domain("xn--mller-kva.example", "office")))
    assert scene.problem().id == "local-part-not-ascii"
    alias = Alias("büro@example.org", (ANNA.key,))
    assert Scene((*COMPANY, alias)).problem().id == "local-part-not-ascii"
    able = {**ABLE, "groupware": replace(GROUPWARE, smtputf8=True)}
    assert scene.with_(able=able).problems() == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (("anna@example.org", "bob@example.org"), "alias-targets"),
        (("me@elsewhere.example",), "alias-target-outside"),
        (("info@example.org",), "alias-of-alias"),
    ],
)
def test_an_alias_leads_to_one_mailbox_here(target, expected):
    """Whatever else it leads to is refused where it is written, citing netcup/N16."""
    found = Scene((*COMPANY, Alias("hello@example.org", target))).problem()
    assert (found.id, found.rule, line_of(found)) == (expected, "netcup/N16", len(COMPANY))


def test_platforms_with_more_freedom_get_it():
    """Lists, outside targets, aliases of aliases and neighbours are a matter of the table."""
    free = replace(GROUPWARE, max_alias_targets=None, external_alias_targets=True, alias_of_alias=True)
    hello = Alias("hello@example.org", ("anna@example.org", "info@example.org", "me@elsewhere.example"))
    assert offline(Scene((*COMPANY, hello), able={**ABLE, "groupware": free})) == []


def test_an_alias_and_its_mailbox_are_in_one_instance():
    """Both domains are shown with their instances."""
    other = Domain("example.net", "shop")
    crossing = Alias("info@example.net", (ANNA.address,))
    found = Scene((*COMPANY, SHOP, other, crossing)).problem()
    assert (found.id, found.rule) == ("alias-crosses-instances", "netcup/N17")
    assert [label.text for label in found.secondary] == [
        "example.net is in instance shop of groupware",
        "example.org is in instance office of groupware",
    ]


def test_two_domains_of_one_instance_share_mailboxes():
    """An alias in the neighbour domain is what N17 allows."""
    assert Scene((*COMPANY, Domain("example.net", "office"), Alias("a@example.net", (ANNA.key,)))).problems() == []


def test_the_overbooked_sum_and_the_biggest_share_are_named():
    """The sum, what is booked, and where to look first."""
    found = Scene((Instance("office", 3 * GB), DOMAIN, ANNA, replace(BOB, quota=int(1.5 * GB)))).problem()
    assert (found.id, found.rule) == ("storage-overbooked", "netcup/N10")
    assert found.message == "the quotas in instance office add up to 3.5 GB, but 3 GB are booked"
    assert found.secondary[0].text == "the biggest, anna@example.org: 2 GB"


def test_what_fits_to_the_byte_fits():
    """A full instance is no error."""
    assert Scene((Instance("office", 4 * GB), DOMAIN, ANNA, BOB)).problems() == []


def test_a_platform_that_overbooks_may():
    """Where quotas need not fit, they are not summed."""
    able = {**ABLE, "groupware": replace(GROUPWARE, storage_limited=False)}
    assert offline(Scene((Instance("office", GB), DOMAIN, ANNA, BOB), able=able)) == []


@pytest.mark.parametrize(
    ("plan", "expected"),
    [("light", "plan-excluded"), ("mini", "plan-too-small"), ("standart", "plan-unknown")],
)
def test_every_account_of_a_team_needs_a_fitting_plan(plan, expected):
    """The master's plan is held to the same table as a member's."""
    member = Scene((FAMILY, replace(BEN, plan=plan))).problem()
    master = Scene((replace(FAMILY, plan=plan), BEN)).problem()
    assert (member.id, line_of(member)) == (expected, 1)
    assert (master.id, line_of(master)) == (expected, 0)
    assert member.rule == master.rule == "mailbox-org/M2"


def test_a_misspelt_plan_is_met_with_the_near_one():
    """The help can be typed."""
    assert Scene((FAMILY, replace(BEN, plan="standart"))).problem().help == "did you mean `standard`?"


def test_a_member_lives_at_the_team_platform():
    """An address of a domain hosted here would be two mailboxes."""
    stray = Member("ben@example.org", "family", "Ben", "standard")
    found = Scene((OFFICE, DOMAIN, FAMILY, stray)).problem()
    assert (found.id, found.secondary[0].span.line) == ("member-in-own-domain", 2)


def test_a_domain_of_another_platform_is_not_taken_over():
    """What another provider has and nobody manages stays, and is named with its number."""
    able = {**ABLE, "old": GROUPWARE}
    scene = Scene(
        (OFFICE, DOMAIN),
        (OFFICE, Instance("legacy", GB), Domain("example.org", "legacy")),
        past=(OFFICE,),
        able=able,
        live_at={"legacy": "old", "example.org": "old"},
        facts={"legacy": {"number": "4711"}},
    )
    found = scene.problem()
    assert found.id == "domain-taken"
    assert "instance legacy (#4711) of old" in found.message


def test_an_unmanaged_mailbox_keeps_its_address_from_an_alias():
    """Nothing unmanaged is deleted to make room; the way out is adoption."""
    scene = Scene((OFFICE, DOMAIN, ANNA, Alias(BOB.address, (ANNA.address,))), (OFFICE, DOMAIN, ANNA, BOB))
    found = scene.with_(past=(OFFICE, DOMAIN, ANNA)).problem()
    assert (found.id, found.rule) == ("address-taken", "netcup/N14")
    assert "declare bob@example.org under mailboxes" in (found.help or "")


def test_an_unmanaged_alias_keeps_its_address_from_a_mailbox():
    """The same the other way round."""
    scene = Scene((OFFICE, DOMAIN, ANNA, BOB), (OFFICE, DOMAIN, ANNA, Alias(BOB.address, (ANNA.address,))))
    assert scene.with_(past=(OFFICE, DOMAIN, ANNA)).problem().id == "address-taken"


@pytest.mark.parametrize(
    ("resource", "missing"),
    [
        (Mailbox("new@example.org", "New", None), "quota"),
        (Mailbox("new@example.org", None, None), "owner and quota"),
        (Instance("new"), "storage"),
        (Member("new@mailbox.org", "family", None, None), "owner"),
        (Team("new", "new@mailbox.org", None, "standard"), "billing"),
    ],
)
def test_a_creation_has_what_the_platform_asks_for(resource, missing):
    """What is missing is named, where the thing is declared."""
    start = (OFFICE, DOMAIN, FAMILY)
    found = changed(start, (*start, resource)).problem()
    assert found.id == "create-incomplete"
    assert found.message.endswith(f"has no {missing}")
    assert line_of(found) == len(start)


def test_a_new_user_needs_a_password():
    """Mailbox and member alike; what is there already needs none."""
    nothing = frozenset({ANNA.key, BEN.key})
    start = (OFFICE, DOMAIN, FAMILY)
    found = changed(start, (*start, ANNA, BEN)).with_(without_password=nothing).problems()
    assert [each.rule for each in found] == ["netcup/N14", "mailbox-org/M3"]
    assert settled(*start, ANNA, BEN).with_(without_password=nothing).problems() == []


def test_open_fields_of_what_is_there_stay_open():
    """Only creation asks for everything; an adopted mailbox may leave owner and quota to the platform."""
    scene = changed((OFFICE, DOMAIN, ANNA), (OFFICE, DOMAIN, Mailbox(ANNA.address)))
    assert scene.problems() == []
    assert scene.ids() == []


def test_a_mailbox_that_moves_with_its_domain_needs_a_password():
    """It is created again in the other instance, and nobody can read the old password."""
    start = (OFFICE, SHOP, DOMAIN, ANNA)
    scene = changed(start, (OFFICE, SHOP, replace(DOMAIN, instance="shop"), ANNA))
    assert scene.problems() == []
    found = scene.with_(without_password=frozenset({ANNA.key})).problem()
    assert (found.id, line_of(found)) == ("create-incomplete", 3)


def test_a_quota_is_not_set_below_what_is_used():
    """The usage is named; a quota that stays, or still suffices, is no matter."""
    full = settled(OFFICE, DOMAIN, ANNA).with_(facts={ANNA.key: {"used": int(1.5 * GB)}})
    found = full.with_(files=(OFFICE, DOMAIN, replace(ANNA, quota=GB))).problem()
    assert found.id == "quota-below-usage"
    assert "holds 1.5 GB, more than its quota of 1 GB" in found.message
    assert full.with_(files=(OFFICE, DOMAIN, replace(ANNA, quota=int(1.5 * GB)))).problems() == []


def test_mailbox_and_alias_do_not_trade_places():
    """The cycle and the temporary address are named, and both places shown."""
    start = (OFFICE, DOMAIN, ANNA, Alias("a.smith@example.org", (ANNA.address,)))
    swapped = (
        OFFICE,
        DOMAIN,
        replace(ANNA, address="a.smith@example.org"),
        Alias(ANNA.address, ("a.smith@example.org",)),
    )
    found = changed(start, swapped).problem()
    assert found.id == "address-swap"
    assert "anna@example.org → a.smith@example.org → anna@example.org" in found.message
    assert "a.smith-new@example.org" in (found.help or "")
    assert (line_of(found), found.secondary[0].span.line) == (3, 3)


def test_a_mailbox_that_becomes_an_alias_of_a_third_is_no_swap():
    """A hand-over has no cycle."""
    assert changed((OFFICE, DOMAIN, ANNA, BOB), (OFFICE, DOMAIN, ANNA, Alias(BOB.key, (ANNA.key,)))).problems() == []


def test_exchanged_owners_are_a_warning():
    """One for the pair: mail stays with the addresses."""
    swapped = (OFFICE, DOMAIN, replace(ANNA, owner="Bob"), replace(BOB, owner="Anna"), INFO)
    warnings = changed(COMPANY, swapped).plan().warnings
    assert [each.id for each in warnings] == ["owner-swap"]
    assert "their mail stays with the addresses" in warnings[0].message


def test_one_new_owner_is_no_exchange():
    """A person who follows another is what the field is for."""
    assert changed(COMPANY, (OFFICE, DOMAIN, replace(ANNA, owner="Bob"), BOB, INFO)).plan().warnings == ()


def test_an_account_of_one_team_is_not_declared_in_another():
    """Its team is named, with the rule on leaving."""
    club = Team("club", "cleo@mailbox.org", "separate", "standard")
    scene = changed((FAMILY, club, BEN), (FAMILY, club, replace(BEN, team="club")))
    found = scene.problem()
    assert (found.id, found.rule) == ("member-of-another-team", "mailbox-org/M13")


def test_a_master_is_an_account_that_exists():
    """Where the platform's accounts are known, another master is refused, unless it is live by now."""
    able = {**ABLE, "mailorg": replace(MAILORG, team=replace(POLICY, accounts=frozenset({"zoe@mailbox.org"})))}
    assert Scene((FAMILY,), able=able).problem().id == "master-unknown"
    assert Scene((replace(FAMILY, master="zoe@mailbox.org"),), able=able).problems() == []
    assert Scene((FAMILY, BEN), (FAMILY,), able=able).problems() == []


def test_a_members_password_is_given_once():
    """A raised version of a member is refused; a mailbox gets its new password."""
    scene = settled(OFFICE, DOMAIN, ANNA, FAMILY, BEN).with_(versions={ANNA.key: 2, BEN.key: 2})
    found = scene.problem()
    assert (found.id, found.rule) == ("password-create-only", "mailbox-org/M5")


def test_a_mailbox_keeps_its_password_where_the_platform_can_not_set_it():
    """The table says it, not the kind."""
    fixed = replace(GROUPWARE, updatable={Kind.MAILBOX: frozenset({"owner", "quota"})})
    scene = settled(OFFICE, DOMAIN, ANNA).with_(versions={ANNA.key: 2}, able={**ABLE, "groupware": fixed})
    found = scene.problem()
    assert (found.id, found.help) == ("password-create-only", "put back password_version: 1")
    assert scene.with_(able=ABLE).problems() == []


def test_everything_wrong_is_told_at_once():
    """Four slips in one configuration are four diagnostics, each with a rule or a reason."""
    wrong = Scene(
        (
            Instance("office", GB),
            DOMAIN,
            ANNA,
            Mailbox("müller@example.org", "Eva", GB),
            Alias("a@example.org", ("me@elsewhere.example",)),
            FAMILY,
            replace(BEN, plan="light"),
        )
    ).problems()
    assert sorted(each.id for each in wrong) == [
        "alias-target-outside",
        "local-part-not-ascii",
        "plan-excluded",
        "storage-overbooked",
    ]
    assert all(each.help and (each.rule or each.why) for each in wrong)


def test_checks_stay_linear():
    """Ten times the mailboxes, far less than a hundred times the work, counted in mailboxes looked at."""
    looked = []

    class Counting(dict):
        def items(self):
            for item in super().items():
                looked.append(item[0])
                yield item

    for count in (100, 1000):
        looked.clear()
        boxes = [Mailbox(f"u{n}@example.org", "U", 1) for n in range(count)]
        desired = Scene((OFFICE, DOMAIN, *boxes)).desired()
        counting = replace(desired, declarations={kind: Counting(each) for kind, each in desired.declarations.items()})
        scene = Scene()
        assert check(counting, ABLE) == []
        assert check_changes(counting, scene.actual(), scene.applied(), ABLE) == []
        assert len([key for key in looked if "@" in key]) <= 10 * count
    assert Kind.MAILBOX in desired.declarations
