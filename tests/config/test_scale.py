"""Many mailboxes: the short way reads what the model reads, and time grows with their number."""

import textwrap
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.config import load
from reconciler.config.blocks import Defaults, read_defaults
from reconciler.config.entries import Context, Part
from reconciler.config.events import read_tree
from reconciler.config.files import Source
from reconciler.config.hosting import AddressReader, Hosting
from reconciler.config.mailboxes import MailboxReader, plain_fields
from reconciler.config.nodes import new_map
from reconciler.model.diagnostic import Problem
from reconciler.model.names import BadName, address_key
from tests.growth import LINEAR, growth

VALUES = {
    "owner": [
        "Anna",
        "Jürgen Ä",
        "null",
        "'null'",
        "",
        "''",
        "'a\tb'",
        '"a\\nb"',
        "[a]",
        "{a: b}",
        "007",
        "\u00a0",
        "' '",
    ],
    "quota": ["1 GB", "1.5 GiB", "5", "1 XB", "", "[1]", "0.1 B", "'1 GB'", "9" * 5000, "\u0661 GB"],
    "password": [
        "{env: A_1}",
        "{env: a b}",
        "{env: Ä}",
        "{file: x}",
        "{}",
        "{env: A, file: x}",
        "x",
        "",
        "{env: }",
        "{file: a/b.txt}",
        "{file: ../x}",
        "{file: ~/x}",
        "{file: /x}",
        "{file: a//b}",
        "{generate: {to: g}}",
        "{command: [pass, x]}",
    ],
}
VALUES |= {"login": ["true", "false", "no", "", "[true]"]}
FILLERS = VALUES | {"password_version": ["0", "7"], "protect": ["true", "false"]}
BLOCKS = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})

UNDER = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in FILLERS.items()})


def node(block):
    text = "".join(f"{name}: {value}\n" for name, value in block.items()) or "{}"
    return read_tree(text.encode(), text, "f").root


@settings(max_examples=300, deadline=None)
@given(own=BLOCKS, under=UNDER)
def test_the_short_way_agrees_with_the_model(own, under):
    """Where the short way answers, the model gives the same answer, with and without defaults."""
    block = node(own)
    part = Part(Source(Path("/conf/f"), "f", block, b""), block, 0, 0)
    short = plain_fields(block, "/conf")
    context = Context()
    full = MailboxReader(Defaults(), context).by_model(part, "a", block, 0)
    if short is not None:
        assert context.problems == []
        assert short == full
    fillers = Context()
    written = "\n".join(f"{name}: {value}" for name, value in under.items())
    text = "mailbox: {}" if not under else "mailbox:\n" + textwrap.indent(written, "  ")
    root = read_tree(text.encode(), text, "f").root
    defaults = read_defaults([Part(Source(Path("/root/f"), "f", root, b""), root, 0, 0)], fillers)
    if not fillers.problems:
        reader = MailboxReader(defaults, Context())
        assert reader.fields(part, "/conf", "a", block, 0) == reader.by_model(part, "a", block, 0)


@given(
    local=st.text(alphabet="abAB09._+-ßÄ'\" \u0130", min_size=0, max_size=70),
    domain=st.sampled_from(
        ["example.org", "Example.ORG", "münster.example", "xn--mnster-3ya.example", "b", "b..c", ""]
    ),
)
def test_addresses_read_the_short_way_are_keys(local, domain):
    """The reader of addresses gives what `address_key` gives, also the second time it meets a domain."""
    reader = AddressReader(Hosting())
    text = f"{local}@{domain}"

    def key(read):
        try:
            return read()
        except BadName as error:
            return str(error)

    expected = key(lambda: address_key(text))
    assert key(lambda: reader.read(text)[0]) == expected
    key(lambda: reader.read(f"x@{domain}"))
    assert key(lambda: reader.read(text)[0]) == expected


def mail(number):
    lines = ["version: 1", "providers: {g: {type: sandbox}}", "instances: {o: {provider: g}}", "domains:"]
    domains = max(1, number // 100)
    lines += [f"  d{i}.example: {{instance: o}}" for i in range(domains)]
    lines.append("mailboxes:")
    lines += [f"  u{i}@d{i % domains}.example:\n    owner: Anna {i}\n    quota: 1 GB" for i in range(number)]
    lines.append("aliases:")
    lines += [f"  a{i}@d{i % domains}.example: u{i}@d{i % domains}.example" for i in range(number // 2)]
    return "\n".join(lines)


def test_time_grows_with_the_number_of_mailboxes(tmp_path):
    """Twice the mailboxes take about twice the time."""

    def seconds(number):
        path = tmp_path / f"{number}.yaml"
        if not path.exists():
            path.write_text(mail(number))
        start = time.process_time()
        load([path], tmp_path)
        return time.process_time() - start

    assert growth(seconds, 24000) < LINEAR


def test_many_mistakes_stay_quick(tmp_path):
    """A wrong target in each of many aliases does not compare every name with every other."""
    text = mail(8000).replace(": u", ": v")
    (tmp_path / "m.yaml").write_text(text)
    start = time.process_time()
    with pytest.raises(Problem) as caught:
        load([tmp_path], tmp_path)
    assert len(caught.value.diagnostics) > 3999
    assert time.process_time() - start < 5


def test_the_tree_agrees_with_another_loader():
    """For a plain document the tree is what PyYAML composes, with every scalar as text."""
    text = mail(50)
    assert read_tree(text.encode(), text, "f").root == yaml.load(text, yaml.BaseLoader)
    assert new_map() == {}


PLAIN = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc<&*: #", min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(PLAIN.filter(lambda value: isinstance(value, (dict, list))), st.booleans())
def test_what_a_dumper_writes_is_read_back(value, flow):
    """Any tree of text written by PyYAML comes back as it was."""
    text = yaml.dump(value, default_flow_style=flow, allow_unicode=True)
    document = read_tree(text.encode(), text, "f")
    assert document.diagnostics == []
    assert document.root == value
