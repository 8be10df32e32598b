"""A preview as a person and as a program read it."""

import re
from dataclasses import replace

import pytest

from reconciler.dns.checks.base import ASK_OTHERS, Finding, Grade
from reconciler.dns.preview import Held, Moment, RecordRow
from reconciler.report.held_text import when
from reconciler.report.layout import text_width
from reconciler.report.preview_json import moment_json, previews_json
from reconciler.report.preview_rows import middle
from reconciler.report.preview_text import check_text, preview_lines, preview_text
from reconciler.report.preview_views import duration, happening, preview_view
from reconciler.report.style import Style
from tests.preview.conftest import GOLDEN, KEY, calm

PLAIN = Style(colour=False, unicode=True, width=80)


def test_each_page_is_as_it_was_agreed_upon(switch, golden, dressed):
    """A preview with one of everything looks as its golden file on a narrow, a wide, a coloured, an ASCII terminal."""
    ending, style = dressed
    golden(f"preview.{ending}", preview_text([switch, calm("calm.example")], style))


def test_the_section_of_a_plan_is_as_it_was_agreed_upon(switch, golden, dressed):
    """A plan tells of each domain in a few lines, and counts those that nothing is said of."""
    ending, style = dressed
    previews = [switch, *(calm(f"calm{number}.example") for number in range(5))]
    golden(f"plan.{ending}", "\n".join(preview_lines(previews, style)) + "\n")


def test_a_verdict_alone_is_as_it_was_agreed_upon(switch, golden, dressed):
    """A live verdict has the mail flow and the findings of one moment."""
    ending, style = dressed
    golden(f"check.{ending}", check_text([("example.org", switch.after), ("xn--mller-kva.example", Moment())], style))


def test_data_is_as_it_was_agreed_upon(switch, golden):
    """JSON holds every value as a whole."""
    golden("preview.json", previews_json([switch]))
    assert KEY in str(previews_json([switch]))


def test_verbose_shows_every_value_as_a_whole(switch):
    """With --verbose a key is printed in full, over as many lines as it needs, and notes are told."""
    text = preview_text([switch], PLAIN, full=True)
    assert KEY[1:-1].replace(" ", "") in re.sub(r"\s", "", re.sub(r"\d+ +1 h", "", text))
    assert "note[dmarc-removed-tags]" in text


@pytest.mark.parametrize("width", [60, 80, 100, 119, 120, 200])
@pytest.mark.parametrize("full", [False, True])
def test_no_line_is_wider_than_the_terminal(switch, width, full):
    """Every line fits, however narrow: names fold, values are cut in the middle or fold."""
    for text in (preview_text([switch], Style(width=width), full=full), *preview_lines([switch], Style(width=width))):
        assert max(map(text_width, text.splitlines())) <= width


def test_ascii_means_ascii(switch):
    """Where symbols can not be printed none is, in the values' arrows neither."""
    style = Style(unicode=False, width=80)
    assert preview_text([switch], style).isascii()
    assert "\n".join(preview_lines([switch], style)).isascii()


def test_what_a_server_says_can_not_steer_the_terminal(switch):
    """A record with an escape sequence is printed with the sequence made visible."""
    row = RecordRow("example.org TXT spf", (), ('"v=spf1 \\027[2J -all"',), None, 3600)
    evil = calm("example.org")
    preview = type(evil)("example.org", "example.org", "zones", None, (row,), evil.before, evil.after)
    assert "\x1b" not in preview_text([preview], PLAIN)
    assert "\\x1b[2J" in preview_text([preview], PLAIN)


def test_a_blocker_comes_before_everything_else(switch):
    """Findings stand worst first, and what was so before the plan is told apart."""
    view = preview_view(switch)
    assert [str(each.finding.grade) for each in view.findings] == ["blocker", "warning", "note"]
    assert [each.today for each in view.findings] == [False, True, False]
    assert view.cleared == ("spf-void",)
    assert [each.check for each in view.unknown] == ["dkim-key-weak", "tlsa-stale"]


def test_a_check_that_still_finds_something_is_not_mended(switch):
    """Where one of two keys is put right, the other is told, and the check is not called mended."""
    one, two = (Finding("dkim-selector-published", Grade.WARNING, f"key{n} is missing", record=f"key{n}") for n in "12")
    half = replace(switch, before=Moment(findings=(one, two)), after=Moment(findings=(two,)), changes=())
    assert preview_view(half).cleared == ()
    assert preview_view(replace(half, after=Moment())).cleared == ("dkim-selector-published",)


def test_what_could_not_be_looked_up_is_not_called_empty():
    """Where no server answered, a domain is neither said to receive nothing nor to let anybody send."""
    dark = Moment(unknown=("receives", "senders", "dmarc"))
    lines = check_text([("example.org", dark)], PLAIN).splitlines()
    assert [line.split()[-2:] for line in lines[1:4]] == [["not", "known"]] * 3
    told = moment_json(dark)
    assert (told["receives"], told["senders"], told["dmarc"]) == (None, None, None)
    half = replace(calm("example.org"), before=dark)
    assert happening(half) == "1 record changed"
    assert "receives  not known → 10 mx.example" in preview_text([half], PLAIN)


def test_a_policy_from_above_that_is_not_known_is_no_policy_that_is_missing():
    """A domain without a DMARC record of its own may inherit one."""
    text = check_text([("example.org", Moment(unknown=("inherited",)))], PLAIN)
    assert "DMARC     none of its own\n" in text
    assert moment_json(Moment(unknown=("inherited",)))["dmarc"] is None


def test_what_is_not_known_is_told_with_its_reason(switch):
    """A plan says once why, a preview for each domain, and each question with `--verbose`."""
    gap = Finding("spf-lookups", Grade.UNKNOWN, "x.example TXT could not be looked up: nobody was asked", ASK_OTHERS)
    lone = replace(calm("example.org"), changes=(gap, replace(gap, check="tlsa-stale")))
    told = preview_text([lone], PLAIN)
    assert "  not known: spf-lookups, tlsa-stale\n    x.example TXT could not be looked up: nobody was asked\n" in told
    assert told.endswith(f"    help: {ASK_OTHERS}\n")
    assert preview_text([lone], PLAIN, full=True).count("unknown[") == 2
    plan = list(preview_lines([lone, lone], PLAIN))
    assert plan.count(f"    help: {ASK_OTHERS}") == 1
    failed = replace(lone, changes=(gap, replace(gap, message="the resolver does not answer", help="try again")))
    assert "  Not all is known of 1 domain: the resolver does not answer" in preview_lines([failed], PLAIN)


def test_a_plan_tells_at_most_some_lines_of_a_domain(switch):
    """However many findings a domain has, the plan shows three and counts the rest."""
    many = tuple(Finding(f"check-{number}", Grade.WARNING, "something is odd") for number in range(20))
    loud = type(switch)("example.org", "example.org", "zones", None, switch.rows, switch.before, Moment(findings=many))
    lines = list(preview_lines([loud], PLAIN))
    assert sum("something is odd" in line for line in lines) == 3
    assert any("and 17 more findings" in line for line in lines)
    assert sum("something is odd" in line for line in preview_lines([loud], PLAIN, full=True)) == 20


def test_a_plan_of_many_domains_tells_of_some_and_counts_the_rest(switch):
    """Ten domains at most are told of, those that block first; those that begin to receive mail are counted."""
    begins = [replace(calm(f"new{n}.example"), after=Moment(("10 mx.example",)), before=Moment()) for n in range(40)]
    moves = [replace(switch, domain=f"d{n}.example", changes=(), held=()) for n in range(14)]
    lines = list(preview_lines([*begins, *moves, switch], PLAIN))
    assert sum(line.startswith("  d") for line in lines) == 9
    assert lines[1].startswith("  example.org")
    assert any(line.startswith("  5 more domains with a blocker") for line in lines)
    assert any(line.startswith("  40 more domains, without") for line in lines)
    whole = list(preview_lines([*begins, *moves], PLAIN, full=True))
    assert sum(line.startswith(("  d", "  new")) for line in whole) == 54


def test_a_plan_without_record_changes_has_no_section(switch):
    """Domains whose records stay and for which nothing waits are not mentioned."""
    still = type(switch)("example.org", "example.org", "zones", None, (), switch.before, switch.before)
    assert list(preview_lines([still], PLAIN)) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (("10 a.example",), ("10 b.example",), "MX switch: a.example → b.example"),
        ((), ("10 b.example",), "mail begins to arrive at b.example"),
        (("10 a.example",), (), "nobody receives its mail any more, a.example did"),
        (("10 a.example", "20 b.example", "30 c.example"), ("10 d.example",),
         "MX switch: a.example, b.example and 1 more → d.example"),
        (("10 a.example",), ("10 a.example",), "1 record changed"),
    ],
)  # fmt: skip
def test_the_headline_says_what_becomes_of_mail(before, after, told):
    """The way of the mail stands above the count of records."""
    base = calm("example.org")
    preview = type(base)("example.org", "", "", None, base.rows, Moment(before), Moment(after))
    assert happening(preview) == told


def test_the_headline_names_a_switch_that_is_on_its_way():
    """Phases that come before the MX moves are told as what they are, and what comes after it is not."""
    switch, contract = (
        Held("example.org", phase, "MX", None, 60, "why", "flow/F7") for phase in ("switch", "contract")
    )
    base = calm("example.org")
    assert happening(replace(base, held=(switch, contract))) == "on the way to an MX switch: 1 record changed"
    assert happening(replace(base, rows=(), held=(switch,))) == "waits for an MX switch"
    assert happening(replace(base, held=(contract,))) == "1 record changed"


def test_a_wait_names_its_moment_to_the_minute_and_never_too_early():
    """A change that may be made at 06:00:01 is told as 06:01; one that hangs on another names the time after it."""
    held = Held("example.org", "switch", "MX", 1795413601, None, "why", "flow/F7")
    assert when(held) == "not before 2026-11-23 06:01 UTC"
    assert when(Held("d", "p", "c", None, 86400, "why", "r")) == "24 h after the step before it"
    assert when(Held("d", "p", "c", None, None, "why", "r")) == "after the step before it"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(300, "5 min"), (3600, "1 h"), (5400, "90 min"), (86400, "24 h"), (5 * 86400, "5 days"), (61, "61 s"), (0, "0 s")],
)
def test_a_ttl_is_told_in_the_largest_unit_it_is_a_whole_number_of(seconds, told):
    """A TTL reads as an administrator says it."""
    assert duration(seconds) == told


def test_a_key_is_cut_in_its_middle():
    """Both ends of a long value stay, as they are what is compared by eye."""
    assert middle("v=DKIM1; p=ABCDEFGHIJ", 12) == "v=DKIM1;…HIJ"
    assert middle("short", 12) == "short"


def test_every_golden_file_is_asked_for():
    """A file that no test compares with would promise what nobody checks."""
    endings = ("txt", "wide.txt", "colour.txt", "ascii.txt")
    wanted = {f"{page}.{ending}" for page in ("preview", "plan", "check") for ending in endings} | {"preview.json"}
    assert {path.name for path in GOLDEN.iterdir()} == wanted
