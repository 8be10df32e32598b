"""What can be wrong with the structure of a YAML file, beside what libyaml refuses itself."""

from typing import Final

from reconciler.model.diagnostic import Diagnostic, Label, problem
from reconciler.model.source import Span

MAX_DEPTH: Final = 64  # levels of nesting; the deepest form of the schema has eight


def unknown_tag(shown: str, at: Span) -> Diagnostic:
    """A tag that we do not carry out; none but those of plain data are known."""
    return problem(
        "unknown-tag",
        f"the tag '{shown}' means nothing here",
        at=at,
        why="an unquoted `!` begins a YAML tag, and tags can make a loader run code, so none is carried out",
        help=f"remove the tag, or quote the value if the text begins with an exclamation mark: '{shown} …'",
    )


def key_missing(at: Span) -> Diagnostic:
    """An entry whose key is nothing at all."""
    return problem(
        "key-not-text",
        "an entry of this mapping has no name",
        at=at,
        help="write a name before the colon; quote it if it is the word null: 'null'",
    )


def key_not_text(at: Span) -> Diagnostic:
    """An entry whose key is a list or a mapping."""
    return problem(
        "key-not-text",
        "a list or a mapping can not be a name",
        at=at,
        why="an unquoted { or [ begins a YAML mapping or list; a template like {{ name }} does so",
        help="quote the text: '{{ name }}'",
    )


def duplicate_key(key: str, first: Span, again: Span) -> Diagnostic:
    """A key that stands in a mapping twice."""
    return problem(
        "duplicate-key",
        f"'{key}' is written twice in the same mapping",
        at=again,
        label="written again here",
        also=(Label(first, "first written here"),),
        why="YAML loaders silently keep the last one, which would lose the first",
        help="delete one of the two, or merge them",
    )


def bad_merge(at: Span) -> Diagnostic:
    """A merge key whose value has no entries to fill in."""
    return problem(
        "bad-merge",
        "the merge key `<<` needs a mapping, or a list of mappings",
        at=at,
        help="name the anchor of a mapping: `<<: *name`; quote the key if the two signs are meant: '<<'",
    )


def undefined_alias(name: str, at: Span) -> Diagnostic:
    """An alias before, or without, its anchor."""
    return problem(
        "undefined-alias",
        f"*{name} names an anchor that does not exist",
        at=at,
        why="an unquoted * begins a YAML alias",
        help=f"quote the text: '*{name}'; or define the anchor before it: &{name}",
    )


def recursive_alias(name: str, defined: Span, at: Span) -> Diagnostic:
    """An alias inside its own anchor."""
    return problem(
        "recursive-alias",
        f"the alias *{name} stands inside the value it names",
        at=at,
        also=(Label(defined, "the value begins here"),),
        why="a value that contains itself has no end",
        help="write out what is meant, or name another anchor",
    )


def expansion_too_large(values: int, at: Span) -> Diagnostic:
    """Aliases that stand for more than their file could hold: `values`, so far."""
    return problem(
        "expansion-too-large",
        "the aliases of this file stand for more than the file could hold",
        at=at,
        why=f"aliases of aliases grow without limit; this file has reached {values:,} values".replace(",", " "),
        help="write out the values, or use `defaults:` for what all resources share",
    )


def nesting_too_deep(at: Span) -> Diagnostic:
    """More levels than `MAX_DEPTH`."""
    return problem(
        "nesting-too-deep",
        f"values are nested more than {MAX_DEPTH} levels deep",
        at=at,
        why="no form of the configuration needs more than eight levels",
        help="look for brackets that are opened and never closed",
    )


def many_documents(at: Span) -> Diagnostic:
    """A second document that is not empty."""
    return problem(
        "many-documents",
        "this file holds more than one YAML document",
        at=at,
        why="a second document looks like part of the first but is read apart",
        help="put each document into a file of its own, or remove the `---` between them",
    )
