"""What a provider has and no declaration can express: told by plan, listed by import, counted by doctor."""

import shutil
from importlib.metadata import EntryPoint

import pytest

from reconciler.providers import registry
from reconciler.providers.reader import ODDITIES, Oddity
from tests.cli.conftest import MAIL, House, make
from tests.oddities.odd import write

ODD = MAIL.replace("groupware: {type: sandbox", "groupware: {type: odd")
INFO = Oddity("groupware-alias-of-nothing", "alias info@example.org leads to x@example.org, which does not exist")
TWICE = Oddity(
    "groupware-address-twice",
    "ben@example.org is there twice",
    "delete one of the two",
    "mailbox",
    "ben@example.org",
    True,
)


def install(monkeypatch):
    """Pretend that the odd provider is installed."""
    entry = EntryPoint("odd", "tests.oddities.odd:OddProvider", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])


@pytest.fixture(scope="session")
def _applied_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd") / "house"
    with pytest.MonkeyPatch.context() as patch:
        install(patch)
        make(folder, ODD).run("apply", "--yes", "--allow-cost", "instance:office")
    return folder


@pytest.fixture
def house(_applied_once, tmp_path, monkeypatch):
    """The company after its first apply, at a provider that can be odd."""
    install(monkeypatch)
    shutil.copytree(_applied_once, tmp_path / "house")
    return House(tmp_path / "house")


def many(number):
    return [Oddity("groupware-not-expressible", f"mailbox u{each:02} has no limit") for each in range(number)]


def test_a_plan_warns_of_what_is_odd(house):
    """It stops nothing, names the provider, and has a page."""
    write(house.folder, INFO)
    ran = house.run("plan")
    assert "warning[groupware-alias-of-nothing]: at groupware, alias info@example.org leads to" in ran.out
    assert "Nothing to do" in ran.out
    warnings = house.run("plan", "--format", "json").json["warnings"]
    assert [each["id"] for each in warnings] == ["groupware-alias-of-nothing"]


@pytest.mark.parametrize(("number", "shown", "rest"), [(3, 3, None), (4, 3, "and 1 more"), (44, 3, "and 41 more")])
def test_many_are_summed_up(house, number, shown, rest):
    """A server that grew by hand does not drown the plan in text; a program is told all of them."""
    write(house.folder, INFO, *many(number))
    text = house.run("plan").out
    assert text.count("has no limit") == shown
    assert text.count("which does not exist") == 1
    summed = f"warning[groupware-not-expressible]: {rest}: `reconciler import` lists them"
    assert (summed in text) == (rest is not None)
    warnings = house.run("plan", "--format", "json").json["warnings"]
    assert len(warnings) == number + 1


def test_what_stops_a_plan_is_told_all_at_once(house):
    """Each is an error with its help where what it concerns is declared, and nothing is changed."""
    other = Oddity("groupware-alias-loop", "a circle", None, "alias", "info@example.org", True)
    write(house.folder, TWICE, other, INFO)
    before = house.files()
    refused = house.run("apply", "--yes", exit=1)
    assert "error[groupware-address-twice]: at groupware, ben@example.org is there twice" in refused.err
    assert "help: delete one of the two" in refused.err
    assert "error[groupware-alias-loop]" in refused.err
    assert "groupware-alias-of-nothing" not in refused.err
    assert house.files()["state/sandbox.db"] == before["state/sandbox.db"]


def test_what_a_run_of_ours_left_stops_a_plan_as_well(house):
    """The declaration is gone, and the deletion that would follow may hit the wrong row."""
    house.edit(
        ("  ben@example.org: {owner: Ben Muster, quota: 2 GB, password: {env: BEN_PASSWORD}}\n", ""),
        ("  info@example.org: ben@example.org\n", ""),
    )
    write(house.folder, TWICE)
    assert "error[groupware-address-twice]" in house.run("plan", exit=1).err


def test_what_may_go_stops_a_plan_only_while_it_is_declared(house):
    """A deletion that broke off is a mistake to declare, and is ended by not declaring it."""
    leaving = Oddity("groupware-leaving", "ben is half gone", None, "mailbox", "ben@example.org", True, True)
    write(house.folder, leaving)
    assert "error[groupware-leaving]" in house.run("plan", exit=1).err
    house.edit(
        ("  ben@example.org: {owner: Ben Muster, quota: 2 GB, password: {env: BEN_PASSWORD}}\n", ""),
        ("  info@example.org: ben@example.org\n", ""),
    )
    ran = house.run("plan", exit=2).out
    assert "warning[groupware-leaving]" in ran
    assert "delete mailbox ben@example.org" in ran


@pytest.mark.parametrize(
    "oddity",
    [
        Oddity("groupware-address-twice", "x", None, "mailbox", "carl@example.org", True),
        Oddity("groupware-address-twice", "x", None, "alias", "ben@example.org", True),
        Oddity("groupware-address-twice", "x", None, None, "", True),
        Oddity("groupware-address-twice", "x", None, "mailbox", "ben@example.org", False),
    ],
    ids=["nobody's", "of another kind", "of nothing", "harmless"],
)
def test_what_is_not_ours_stops_nothing(house, oddity):
    """Nor does what is ours, where it does no harm."""
    write(house.folder, oddity)
    assert "warning[groupware-address-twice]" in house.run("plan").out


def test_what_is_at_another_provider_stops_nothing(house):
    """An address may be odd at a provider that it was never managed at."""
    house.edit(("  zones:", "  other: {type: odd, path: state/other.db}\n  zones:"))
    house.edit(("groupware: {type: odd", "groupware: {type: sandbox"))
    write(house.folder, TWICE)
    assert "warning[groupware-address-twice]: at other, ben@example.org" in house.run("plan").out


def test_import_lists_all_of_them(house):
    """Each is a warning that says what is left out; a program finds them in the result."""
    write(house.folder, INFO, *many(9))
    ran = house.run("import")
    assert ran.err.count("warning[import-left-out]") == 10
    assert "u08 has no limit (groupware-not-expressible)" in ran.err
    told = house.run("import", "--format", "json").json
    assert len(told["left_out"]) == 10
    assert told["proven"] is True
    house.edit(("  zones:", "  other: {type: sandbox, path: state/other.db}\n  zones:"))
    assert house.run("import", "--provider", "other", "--format", "json").json["left_out"] == []


@pytest.mark.parametrize(("provider", "written"), [("groupware", False), ("other", True)])
def test_import_leaves_out_what_is_odd(house, provider, written):
    """A resource that can not be declared as it is does not stop the others, which can; who has it is told apart."""
    house.edit(("  info@example.org: ben@example.org\n", ""))
    house.edit(("  zones:", f"  other: {{type: {'odd' if written else 'sandbox'}, path: state/other.db}}\n  zones:"))
    if written:
        house.edit(("groupware: {type: odd", "groupware: {type: sandbox"))
    write(house.folder, Oddity("groupware-alias-of-nothing", "leads nowhere", None, "alias", "info@example.org"))
    ran = house.run("import")
    assert ran.err.count(f"at {provider}, leads nowhere") == 1
    assert ("info@example.org:" in ran.out) == written


def test_doctor_counts_them(house):
    """Their number stands at the provider; none is not told."""
    assert "can not be declared" not in house.run("doctor").out
    write(house.folder, INFO, *many(2))
    said = " ".join(house.run("doctor").out.split())
    assert "3 things in it can not be declared: `reconciler import` lists them" in said


def test_doctor_tells_what_waits_for_somebody(house):
    """A deletion that was broken off, or a right that is lacking, is told with its way out, and all is not well."""
    leaving = Oddity("groupware-leaving", "the deletion of mailbox u@example.org has begun", "let it go on: apply")
    write(house.folder, INFO, leaving)
    said = " ".join(house.run("doctor").out.split())
    assert "1 thing in it can not be declared" in said
    assert "warning[groupware-leaving]: at groupware, the deletion of mailbox u@example.org has begun" in said
    assert "let it go on: apply" in said
    assert "All is well" not in said


def test_destroy_is_told_as_well(house):
    """What would be deleted is held to the same."""
    write(house.folder, TWICE)
    assert "error[groupware-address-twice]" in house.run("destroy", "--yes", exit=1).err


@pytest.mark.parametrize("identity", sorted(ODDITIES))
def test_each_id_has_a_page(house, identity):
    """`explain` says what it is, and more than a title."""
    assert len(house.run("explain", identity).out.splitlines()) > 4
