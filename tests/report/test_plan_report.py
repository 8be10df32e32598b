"""A plan, as people and programs read it."""

import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.model.kinds import Action, Kind
from reconciler.plan.document import Change, LedgerLine, Operation, Plan, PlanWarning, Refusal, Unmanaged
from reconciler.report.changes import describe_change, describe_value, difference
from reconciler.report.ledger_text import bar
from reconciler.report.plan_json import plan_json
from reconciler.report.plan_text import counts, next_command, plan_text
from reconciler.report.style import Style

EMPTY = Plan("sha256:0", "lineage", 7)


def _mailboxes(action: Action, number: int, domains: int = 2) -> tuple[Operation, ...]:
    keys = [f"user{each}@d{each % domains}.example" for each in range(number)]
    fields = {"quota": Change(None, 10**9)}
    return tuple(
        Operation(f"{action} mailbox {key}", action, Kind.MAILBOX, key, "groupware", fields=fields) for key in keys
    )


def test_plan_looks_as_it_should(golden, dressed: tuple[str, Style], plan: Plan) -> None:
    """Every part of a plan, with its reasons, in each dress."""
    ending, style = dressed
    golden(f"plan.{ending}", plan_text(plan, style, command="reconciler apply plan.json", reasons=True))


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("login", True, False, "login yes → no"),
        ("login", None, False, "login nothing → no"),
        ("send_as", None, ("anna@xn--mller-kva.example",), "send_as who receives its mail → anna@müller.example"),
        ("send_as", ("anna@example.org", "bob@example.org"), (), "send_as anna@example.org, bob@example.org → nobody"),
    ],
)
def test_logins_and_senders_change_in_words(plain: Style, name, before, after, said) -> None:
    """Nothing and nobody are told apart, and addresses have their letters."""
    assert describe_change(name, Change(before, after), plain) == said


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        (Kind.MAILBOX, {"owner": "Anna", "login": False}, "owner Anna, can not log in"),
        (Kind.MAILBOX, {"owner": "Anna", "login": True}, "owner Anna"),
        (Kind.ALIAS, {"to": "a@example.org", "send_as": ()}, "→ a@example.org, sent as by nobody"),
        (
            Kind.ALIAS,
            {"to": "a@example.org", "send_as": ("b@example.org",)},
            "→ a@example.org, sent as by b@example.org",
        ),
    ],
)
def test_a_made_thing_tells_what_is_unusual(plain: Style, kind, values, said) -> None:
    """A login that is off and senders that are named are told; what is as usual is not worth a word."""
    assert describe_value(kind, values, plain) == said


def test_full_plan_looks_as_it_should(golden, plain: Style, plan: Plan) -> None:
    """The full form names every unmanaged resource and the fields a short line leaves out."""
    golden("plan.full.txt", plan_text(plan, plain, full=True))


def test_long_plan_looks_as_it_should(golden, plain: Style, plan: Plan) -> None:
    """A long plan tells creates by their number, and keeps its dangers."""
    long = replace(plan, operations=_mailboxes(Action.CREATE, 4000, domains=90) + plan.operations)
    golden("plan.long.txt", plan_text(long, plain))


def test_plan_json_is_the_plan_document(golden, plan: Plan) -> None:
    """The JSON of a plan is the document `reconciler.plan/1`."""
    golden("plan.json", plan_json(plan))


def test_colour_changes_nothing_but_colour(plan: Plan, uncoloured: Callable[[str], str]) -> None:
    """Without its escape sequences the coloured text is the plain one."""
    coloured = plan_text(plan, Style(colour=True), reasons=True)
    assert uncoloured(coloured) == plan_text(plan, Style(colour=False), reasons=True)
    assert coloured != uncoloured(coloured)


def test_first_line_counts_and_last_line_can_be_typed(plan: Plan, plain: Style) -> None:
    """The verdict stands first, the next command with the consents it lacks last."""
    lines = plan_text(plan, plain).splitlines()
    assert lines[0] == "Plan: 2 to create, 3 to update, 1 to replace, 1 to delete, 1 to adopt, 1 to forget, 1 by hand"
    assert lines[-1] == (
        "Next: reconciler apply --allow-destroy mailbox:bob@example.org --allow-routing example.org"
        " --allow-cost 'instance:büro'"
    )


def test_nothing_to_do_is_one_line(plain: Style) -> None:
    """An empty plan says so in one line, and no more."""
    assert plan_text(EMPTY, plain) == "Nothing to do: everything is as declared.\n"


def test_nothing_to_do_still_tells_warnings_and_strangers(plain: Style) -> None:
    """An empty plan keeps its warnings and counts what is unmanaged; the full form names it."""
    plan = replace(
        EMPTY,
        warnings=(PlanWarning("instance-without-domain", "instance 'x' has no domain"),),
        unmanaged=(Unmanaged(Kind.ALIAS, "a@example.org", "groupware"),),
    )
    text = plan_text(plan, plain)
    assert "instance 'x' has no domain" in text
    assert text.endswith("Nothing to do: everything is as declared. (1 unmanaged resource left alone)\n")
    assert "a@example.org" not in text
    assert "a@example.org" in plan_text(plan, plain, full=True)


def test_deletions_are_never_cut(plain: Style) -> None:
    """However long a plan is, each deletion has its own line."""
    gone = _mailboxes(Action.DELETE, 300)
    text = plan_text(replace(EMPTY, operations=_mailboxes(Action.CREATE, 5000) + gone), plain)
    assert all(operation.key in text for operation in gone)
    assert "2,500 mailboxes in d0.example" in text


def test_long_plans_are_written_in_full_on_demand(plain: Style) -> None:
    """With `full` every creation has its own line."""
    made = _mailboxes(Action.CREATE, 300)
    lines = plan_text(replace(EMPTY, operations=made), plain, full=True).splitlines()
    assert sum("user" in line for line in lines) == len(made)


def test_long_plans_keep_dangerous_steps_apart(plain: Style) -> None:
    """An update that moves mail is no number among updates."""
    moving = Operation(
        "update record example.org MX", Action.UPDATE, Kind.RECORD, "example.org MX", "zones", changes_routing=True
    )
    text = plan_text(replace(EMPTY, operations=(*_mailboxes(Action.CREATE, 100), moving)), plain)
    assert text.count("example.org MX") == 2


def test_given_consents_are_told_apart_from_missing_ones(plan: Plan, plain: Style) -> None:
    """A refusal that is consented to becomes a warning, and the last line keeps every consent."""
    given = ["--allow-destroy mailbox:bob@example.org"]
    text = plan_text(plan, plain, consents=given)
    assert "Data loss: with consent" in text
    assert "Mail routing: refused" in text
    assert "Refused by mail-routing, money:" in text
    assert given[0] in text.splitlines()[-1]


def test_no_refusal_is_printed_once_all_consent_is_given(plan: Plan, plain: Style) -> None:
    """With all consents there is no word of a refusal."""
    given = [consent for refusal in plan.refusals for consent in refusal.consent]
    assert "refused" not in plan_text(plan, plain, consents=given).lower()


def test_refusal_without_consent_leads_to_its_page(plain: Style) -> None:
    """Where no option helps, the last line is the page that tells the way out."""
    operation = Operation("delete mailbox a@example.org", Action.DELETE, Kind.MAILBOX, "a@example.org", "groupware")
    plan = replace(
        EMPTY, operations=(operation,), refusals=(Refusal("protect", (operation.id,), (), "it is protected"),)
    )
    text = plan_text(plan, plain)
    assert text.splitlines()[-1] == "Next: reconciler explain protect"
    assert "why: it is protected" in text


def test_many_consents_do_not_fill_the_last_line(plain: Style) -> None:
    """More than a handful of consents are counted where they would not fit, and listed above."""
    gone = tuple(each._replace(loses_data=True) for each in _mailboxes(Action.DELETE, 20))
    refusals = tuple(Refusal("data-loss", (each.id,), (f"--allow-destroy mailbox:{each.key}",)) for each in gone)
    text = plan_text(replace(EMPTY, operations=gone, refusals=refusals), plain)
    assert "20 consents above" in text.splitlines()[-1]
    assert all(f"consent: --allow-destroy mailbox:{each.key}" in text for each in gone)


def test_what_guards_refuse_fits_a_narrow_terminal(plan: Plan) -> None:
    """The sentence that names all the guards is wrapped, as every other is."""
    names = ("data-loss", "protect", "mail-routing", "money", "standing", "volume")
    text = plan_text(replace(plan, refusals=tuple(Refusal(each, (), ("--yes",)) for each in names)), Style(width=40))
    told = text[text.index("\nRefused by") :].splitlines()[1:-1]
    assert len(told) > 2
    assert all(len(line) <= 40 for line in told)


def test_data_loss_shows_the_tombstone_that_is_consent(plain: Style) -> None:
    """A refused delete shows an entry of `removed:` to paste; for what is made anew a tombstone would be no consent."""
    gone, moved = (each._replace(loses_data=True) for each in _mailboxes(Action.DELETE, 2))
    made = moved._replace(id=f"create mailbox {moved.key}", action=Action.CREATE, loses_data=False)
    refusals = tuple(
        Refusal("data-loss", (each.id,), (f"--allow-destroy mailbox:{each.key}",)) for each in (gone, moved)
    )
    refused = replace(EMPTY, operations=(gone, moved, made), refusals=refusals)
    text = plan_text(refused, plain)
    assert f"    removed:\n      - mailbox: {gone.key}\n        reason: " in text
    assert f"- mailbox: {moved.key}" not in text
    assert "removed:" not in plan_text(refused, plain, destroys=True)


def test_a_guard_over_many_names_a_few(plain: Style) -> None:
    """The volume guard does not list again what the plan lists below."""
    gone = _mailboxes(Action.DELETE, 20)
    refusal = Refusal("volume", tuple(each.id for each in gone), ("--allow-volume mailbox",), "20 of 30")
    text = plan_text(replace(EMPTY, operations=gone, refusals=(refusal,)), plain)
    assert "and 15 more, all named below" in text


def test_a_plan_that_is_carried_out_now_tells_no_next_command(plan: Plan, plain: Style) -> None:
    """Inside apply the text ends with the plan itself."""
    given = [consent for refusal in plan.refusals for consent in refusal.consent]
    text = plan_text(plan, plain, command="", consents=given)
    assert "Next:" not in text
    assert not text.endswith("\n\n")


def test_consent_with_a_blank_can_be_typed(plan: Plan) -> None:
    """A key with a blank is quoted for the shell."""
    only = replace(plan, refusals=(Refusal("data-loss", (), ("--allow-destroy record:example.org MX",)),))
    assert next_command(only, "reconciler apply") == "reconciler apply --allow-destroy 'record:example.org MX'"


def test_halves_of_a_replace_that_are_apart_name_each_other(plan: Plan, plain: Style) -> None:
    """A replace whose halves are not neighbours is two lines, each naming the other half."""
    delete, create, *rest = plan.operations
    text = plan_text(replace(plan, operations=(delete, *rest, create)), plain)
    assert "the other half of a replace: create alias info@example.org" in text
    assert "the other half of a replace: delete alias info@example.org" in text
    assert counts(replace(plan, operations=(delete, *rest, create)))["replace"] == 1


def test_no_text_of_a_provider_steers_the_terminal(plan: Plan, plain: Style) -> None:
    """Control characters in names and notes are printed as their numbers."""
    text = plan_text(plan, plain)
    assert "\x1b" not in text
    assert r"\x1b]0;" in text


def test_ascii_style_draws_with_ascii(plain: Style) -> None:
    """Where the terminal knows ASCII only, what is drawn is ASCII."""
    text = plan_text(
        replace(EMPTY, operations=_mailboxes(Action.UPDATE, 90), ledger=(LedgerLine("a", 9, 1, 5, 3),)),
        Style(unicode=False),
    )
    assert text.isascii()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_lines_keep_to_the_width(plan: Plan, width: int) -> None:
    """Prose is wrapped at the width; only single words, keys and commands may be longer."""
    notes = ("word " * 60,)
    operations = tuple(
        each._replace(notes=notes, loses_data=False, costs_money=False, changes_routing=False)
        for each in plan.operations
    )
    lines = plan_text(replace(plan, operations=operations, refusals=()), Style(width=width)).splitlines()
    assert all(len(line) <= width for line in lines if "word" in line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (LedgerLine("x", 100, 0, 50, 25), "#####+++++.........."),
        (LedgerLine("x", 100, 0, 100, 100), "#" * 20),
        (LedgerLine("x", 100, 0, 500, 300), "#" * 20),
        (LedgerLine("x", 0, 0, 0, 0), "." * 20),
    ],
)
def test_bar_is_as_long_as_the_booked_storage(line: LedgerLine, expected: str) -> None:
    """Full up to the end, half up to the peak, never longer than its twenty columns."""
    assert bar(line, Style(unicode=False)) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (("a", "b"), ("a", "c"), "values b → c (the rest stays)"),
        (("a",), ("b",), "values a → b"),
        (("a",), ("a", "b"), "values with b"),
        (("a", "b"), ("b",), "values without a"),
        (None, ("a",), "values nothing → a"),
    ],
)
def test_lists_tell_what_they_gain_and_lose(
    before: tuple[str, ...] | None, after: tuple[str, ...], expected: str, plain: Style
) -> None:
    """A changed list of values is told by its difference."""
    assert describe_change("values", Change(before, after), plain) == expected


def test_long_texts_are_compared_word_by_word(plain: Style) -> None:
    """One long value is told by the words that changed; one whose words only moved says so."""
    long = "v=spf1 include:_spf.one.example include:_spf.two.example -all"
    moved = "v=spf1 include:_spf.two.example include:_spf.one.example -all"
    added = long.replace("-all", "ip4:192.0.2.7 -all")
    one, other = '"v=DMARC1; p=reject; aspf=s"', '"v=DMARC1; p=none; rua=mailto:a@example.org"'
    told = describe_change("values", Change((one,), (other,)), plain)
    assert told == "values p=reject, aspf=s → p=none, rua=mailto:a@example.org (the rest stays)"
    assert describe_change("values", Change((long,), (added,)), plain) == "values with ip4:192.0.2.7"
    assert describe_change("values", Change((long,), (moved,)), plain) == "values in another order"


def test_password_is_never_more_than_a_fact(plain: Style) -> None:
    """A raised version says that the password is set, and shows no number that looks like one."""
    assert describe_change("password_version", Change(1, 2), plain) == "the password is set again"


def test_a_new_mailbox_is_told_in_one_line(plain: Style) -> None:
    """Owner, quota and protection are named; the password is a fact; what is open or off is not spoken of."""
    fields = {"owner": "Anna", "quota": 5 * 10**9, "protect": True, "password_version": 1}
    assert describe_value(Kind.MAILBOX, fields, plain) == "owner Anna, quota 5 GB, protected, with a password"
    assert describe_value(Kind.MAILBOX, {"owner": None, "quota": 10**9, "protect": False}, plain) == "quota 1 GB"


def test_protection_that_ends_is_told_in_words(plain: Style) -> None:
    """A flag is yes or no, and an address list has no one left in it."""
    assert describe_change("protect", Change(True, False), plain) == "protect yes → no"
    assert describe_change("to", Change("a@example.org", ()), plain) == "to a@example.org → nothing"


def test_nothing_to_do_still_tells_drift(plan: Plan, plain: Style) -> None:
    """A drift that needs no step is told all the same."""
    assert "dora@example.org" in plan_text(replace(EMPTY, drift=plan.drift), plain)


def test_a_loss_beside_one_that_is_refused_is_marked_as_consented(plan: Plan, plain: Style) -> None:
    """Of two losses, the one with a tombstone is told apart from the one without."""
    other = plan.operations[2]._replace(id="delete mailbox eve@example.org", key="eve@example.org")
    text = plan_text(replace(plan, operations=(*plan.operations, other)), plain)
    block = text[text.index("Data loss") : text.index("Mail routing")]
    assert block.index("delete mailbox eve@example.org") < block.index("consent is given")
    assert block.count("consent is given") == 1


def test_difference_keeps_the_order_of_the_lists() -> None:
    """Lost and gained items stand as the lists have them."""
    assert difference(("z", "a", "m"), ("q", "a", "b")) == (["z", "m"], ["q", "b"])


def test_a_plan_of_many_thousands_is_told_in_linear_work(plain: Style) -> None:
    """Twice the operations take twice the calls, and the text stays short."""

    def calls(number: int) -> int:
        plan = replace(EMPTY, operations=_mailboxes(Action.CREATE, number, domains=number // 100))
        seen = 0

        def note(_frame: object, event: str, _argument: object) -> None:
            nonlocal seen
            seen += event in ("call", "c_call")

        sys.setprofile(note)
        try:
            text = plan_text(plan, plain)
        finally:
            sys.setprofile(None)
        assert len(text.splitlines()) < 60
        return seen

    assert calls(8_000) < 2.1 * calls(4_000)
