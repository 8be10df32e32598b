"""The traps of YAML: each ends in a diagnostic that says what to quote, or does what was meant."""

import codecs

import pytest

from reconciler.config.events import read_tree
from reconciler.config.nodes import Map, Seq


def tree(text):
    document = read_tree(text.encode(), text, "f")
    assert document.diagnostics == []
    return document.root


@pytest.mark.parametrize(
    ("line", "id_", "place", "help_"),
    [
        ("catch_all: @example.org", "yaml-sign", (1, 12), "'@example.org'"),
        ("to: *@example.org", "yaml-sign", (1, 5), "'*@example.org'"),
        ("to: *anna@example.org", "yaml-sign", (1, 5), "'*anna@example.org'"),
        ("to: *anna", "undefined-alias", (1, 5), "'*anna'"),
        ("to: `anna", "yaml-sign", (1, 5), "'`anna'"),
        ("to: %anna", "yaml-sign", (1, 5), "'%anna'"),
        ("to: &anna@example.org", "yaml-sign", (1, 5), "'&anna@example.org'"),
        ("owner: Müller: Bob", "yaml-colon", (1, 14), "'Müller: Bob'"),
        ("a:\n\tb: 1", "yaml-tab", (2, 1), "expand"),
        ("\ta: 1", "yaml-tab", (1, 1), "expand"),
        ("a: !ref b", "unknown-tag", (1, 4), "remove the tag"),
        ("a: !!python/object:os.system b", "unknown-tag", (1, 4), "!!python/object:os.system"),
        ("a: 1\na: 2", "duplicate-key", (2, 1), "delete one"),
        ("a: &x [*x]", "recursive-alias", (1, 8), "write out"),
        ("a: 1\n---\nb: 2", "many-documents", (2, 1), "---"),
        ("a: {{ name }}", "key-not-text", (1, 5), "'{{ name }}'"),
        ("? [a]\n: b", "key-not-text", (1, 3), "quote"),
        ("~: b", "key-not-text", (1, 1), "'null'"),
        ("a: 'it's'", "yaml-indent", (1, 8), "'it''s'"),
        ('a: "C:\\q"', "yaml-quote", (1, 7), "single quotes"),
        ("a: 'open", "yaml-quote", (1, 9), "close the quote"),
        ("a: [1, 2\nb: 3", "yaml-bracket", (2, 2), "bracket"),
        ("a:\n  b: 1\n c: 2", "yaml-indent", (3, 2), "align"),
        ("a: - b", "yaml-indent", (1, 4), "line of its own"),
        ("a: \x01", "control-character", (1, 4), "delete it"),
        ("<<: 5\na: 1", "bad-merge", (1, 5), "'<<'"),
        ("%foo\n---\na: 1", "yaml-sign", (1, 1), "'%foo'"),
    ],
)
def test_a_trap_is_named_at_its_place_with_a_way_out(line, id_, place, help_):
    """An unquoted sign, a tab, a second colon and their kin are errors that say what to type."""
    document = read_tree(line.encode(), line, "f")
    first = document.diagnostics[0]
    assert (first.id, (first.primary.span.line, first.primary.span.column)) == (id_, place)
    assert help_ in first.help


def test_two_equal_keys_show_both_places():
    """Other loaders keep the last of two equal keys without a word; here the first place is shown as well."""
    document = read_tree(b"a: 1\nb:\n  c: 1\n  c: 2\na: 3\n", "", "f")
    inner, outer = document.diagnostics
    assert [(each.primary.span.line, each.secondary[0].span.line) for each in (inner, outer)] == [(4, 3), (5, 1)]
    assert document.root == {"a": "1", "b": {"c": "1"}}


@pytest.mark.parametrize(
    "word", ["no", "on", "yes", "12:30:00", "007", "5_000", "0x1F", "1e3", "2026-10-31", ".inf", "True", "0o7"]
)
def test_a_word_stays_the_word_that_was_written(word):
    """YAML 1.1 guesses numbers, times and flags; here a scalar is text until the schema reads it."""
    assert tree(f"a: {word}") == {"a": word}


def test_such_a_word_reaches_the_owner_of_a_mailbox(room):
    """`no`, `12:30:00` and `007` are names where a name is meant."""
    words = ["no", "on", "12:30:00", "007", "true", "1.50"]
    text = "mailboxes:\n" + "".join(f"  u{i}@example.org: {{owner: {word}}}\n" for i, word in enumerate(words))
    loaded = room.load(text)
    assert [each.resource.owner for each in loaded.desired.of("mailbox").values()] == words


@pytest.mark.parametrize("word", ["no", "on", "yes", "True", "1"])
def test_only_true_and_false_are_flags(room, word):
    """A flag written as `no` or `on` is an error, not a guess."""
    found = room.problem(f"mailboxes:\n  anna@example.org: {{protect: {word}}}\n")
    assert found.id == "bad-value"
    assert "neither true nor false" in found.message


@pytest.mark.parametrize("nothing", ["", " ~", " null", " Null", " NULL"])
def test_an_unquoted_nothing_is_no_value(room, nothing):
    """A field without a value is an error at the field; the quoted word is a word."""
    found = room.problem(f"mailboxes:\n  anna@example.org:\n    owner:{nothing}\n")
    assert (found.id, found.primary.span.line, found.primary.span.column) == ("empty-value", 11, 5)
    assert tree("a: 'null'\nb: \"\"") == {"a": "null", "b": ""}


def test_nesting_ends_in_a_diagnostic():
    """A thousand levels, in either style, exhaust nothing."""
    for text in ("[" * 1000, "- " * 1000 + "a", "a: " + "{a: " * 1000, "? " * 1000):
        document = read_tree(text.encode(), text, "f")
        assert document.diagnostics[-1].id == "nesting-too-deep"
        assert document.broken


def test_aliases_may_not_deepen_nesting():
    """Nesting that only aliases make is nesting too."""
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 100)]
    text = "\n".join(lines)
    assert [each.id for each in read_tree(text.encode(), text, "f").diagnostics] == ["nesting-too-deep"]


def test_a_billion_laughs_are_refused():
    """Aliases of aliases are counted by what they stand for, and end at a limit."""
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    text = "\n".join(lines)
    assert [each.id for each in read_tree(text.encode(), text, "f").diagnostics] == ["expansion-too-large"]
    merges = "a0: &a0 {" + ", ".join(f"k{i}: v" for i in range(2000)) + "}\nb:\n" + "  - {<<: *a0}\n" * 500
    assert [each.id for each in read_tree(merges.encode(), merges, "f").diagnostics] == ["expansion-too-large"]


def test_many_uses_of_a_small_anchor_are_fine():
    """A block that 20,000 entries share is what anchors are for."""
    text = "a: &a {quota: 5 GB}\nb:\n" + "".join(f"  k{i}: {{<<: *a, owner: Anna Beispiel}}\n" for i in range(20000))
    assert tree(text)["b"]["k19999"] == {"owner": "Anna Beispiel", "quota": "5 GB"}


def test_merge_keys_fill_in_what_is_not_written():
    """Own entries win whatever their order; of several sources the first wins; a quoted << is a name."""
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {y: 3, <<: [*b, *a]}\nd: {'<<': 4}\ne: {<<: *a, <<: *b}"
    found = tree(text)
    assert found["c"] == {"y": "3", "z": "2", "x": "1"}
    assert found["d"] == {"<<": "4"}
    assert found["e"] == {"x": "1", "y": "1", "z": "2"}
    assert len(found["c"].places) == 6


def test_an_alias_can_be_a_key_and_a_scalar():
    """Scalars can be shared too, and a shared key is still held to be written once."""
    assert tree("a: &a x\n*a : 1\nb: [*a]") == {"a": "x", "x": "1", "b": ["x"]}
    document = read_tree(b"a: &a x\nx: 1\n*a : 2", "", "f")
    assert [each.id for each in document.diagnostics] == ["duplicate-key"]


def test_core_tags_mean_what_the_schema_means():
    """`!!str` and its kin are harmless, and change nothing but that a tagged nothing is a text."""
    assert tree("a: !!str 5\nb: !!int 5\nc: ! x\nd: !!str\ne: !!map {a: b}\nf: !!seq [a]") == {
        "a": "5", "b": "5", "c": "x", "d": "", "e": {"a": "b"}, "f": ["a"],
    }  # fmt: skip


def test_every_part_has_its_place():
    """Places count lines and characters from zero, and underline what stands on one line."""
    found = tree("ä: [x, 'y z']\nb: >\n  long\n  text\nc: {d: e}")
    assert isinstance(found, Map)
    assert isinstance(found["ä"], Seq)
    unpacked = [(place >> 40, place >> 20 & 0xFFFFF, place & 0xFFFFF) for place in found.places]
    assert unpacked == [(0, 0, 1), (0, 3, 0), (1, 0, 1), (1, 3, 0), (4, 0, 1), (4, 3, 0)]
    assert [(place >> 20 & 0xFFFFF, place & 0xFFFFF) for place in found["ä"].places] == [(4, 1), (7, 5)]


def test_a_very_long_line_keeps_its_line_number():
    """A column too large to pack must not reach into the line."""
    document = read_tree(("a: 1\nb: ['" + "x" * 1100000 + "', y]").encode(), "", "f")
    assert [place >> 40 for place in document.root["b"].places] == [1, 1]


def test_a_byte_order_mark_is_skipped(room):
    """Editors of one platform write it; it is no part of the first key."""
    loaded = room.load(codecs.BOM_UTF8 + b"version: 1\nmailboxes:\n")
    assert loaded.desired.files == ("mail.yaml",)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"version: 1\nx-a: M\xfcller\n", (2, 7)),
        ("x-ä: ".encode() + b"\xff", (1, 6)),
        (b"a: \xc3", (1, 4)),
        (b"\xef\xbb\xbfa: \xc3\x28", (1, 4)),
    ],
)
def test_bytes_that_are_not_utf_8_are_placed(room, data, place):
    """The line and the character of the first bad byte are named."""
    found = room.problem(data)
    assert (found.id, (found.primary.span.line, found.primary.span.column)) == ("not-utf-8", place)
    assert "iconv" in found.help


def test_utf_16_is_named(room):
    """A file in UTF-16 is told apart from a broken one."""
    assert "UTF-16" in room.problem("version: 1\n".encode("utf-16")).message


@pytest.mark.parametrize("content", ["", "\n", "# only a comment\n", "---\n", "---\n...\n", "--- ~\n"])
def test_an_empty_file_is_a_warning(room, content):
    """A file that says nothing is pointed out and changes nothing."""
    loaded = room.load({"empty.yaml": content, "main.yaml": "version: 1\n"})
    assert [(each.id, each.primary.span.file) for each in loaded.warnings] == [("empty-file", "empty.yaml")]
    assert room.problem({"main.yaml": ""}).id == "version-missing"


def test_a_trailing_document_marker_is_no_second_document(room):
    """`---` at the end holds nothing."""
    assert room.load(b"version: 1\n---\n").warnings == ()


@pytest.mark.parametrize(("content", "shape"), [("- a\n", "a list"), ("mailboxes\n", "a text")])
def test_a_file_is_a_mapping(room, content, shape):
    """A list or a text in the place of sections is named."""
    found = room.problem({"a.yaml": content, "main.yaml": "version: 1\n"})
    assert found.id == "not-a-mapping"
    assert shape in found.message


@pytest.mark.parametrize(
    ("values", "warned"),
    [
        ("[v=spf1 mx -all; # x\n      ]", True),
        ("v=DMARC1; p=none # x", True),
        ("\n        - v=DKIM1; k=rsa #p=abc", True),
        ("'v=DMARC1; p=none' # x", False),
        ("[v=DMARC1; p=none] # x", False),
        ("['a # b']", False),
        ("v=DMARC1;#x", False),
    ],
)
def test_a_value_cut_off_by_a_comment_is_a_warning(room, values, warned):
    """A blank and a # end a DNS value without a word, so a word is said."""
    loaded = room.load(
        {
            "mail.yaml": "version: 1\nproviders: {g: {type: sandbox}}\ninstances: {o: {provider: g}}\ndomains:\n"
            "  example.org:\n    instance: o\n    dns:\n      provider: g\n      records:\n"
            f"      - name: t\n        type: TXT\n        values: {values}\n"
        }
    )
    assert [each.id for each in loaded.warnings] == (["comment-in-value"] if warned else [])
