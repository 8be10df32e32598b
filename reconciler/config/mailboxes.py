"""Mailboxes and aliases: the two kinds of which there are many.

Most mailboxes are plain: an owner, a quota, perhaps a password from the environment. Those are read here directly, at a
third of the cost of their model; anything unusual goes through the model, which speaks the errors. A test holds the two
to each other.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from reconciler.config.blocks import Defaults
from reconciler.config.entries import (
    Context,
    Entry,
    Part,
    clear_password,
    not_a_block,
    secret,
    section_map,
    twice,
    validated,
)
from reconciler.config.hosting import AddressReader, Hosting, bad_name
from reconciler.config.models import AliasBlock, MailboxBlock
from reconciler.config.nodes import Map, Node, Seq, new_map, overlay
from reconciler.config.passwords import in_the_clear
from reconciler.model.desired import NOTHING_REMEMBERED, Declaration, Remembered
from reconciler.model.names import BadName
from reconciler.model.resources import Alias, Mailbox
from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.model.sizes import parse_size
from reconciler.model.source import Origin, Span

_PLAIN_FIELDS: Final = frozenset({"owner", "quota", "password"})
_read_quota = lru_cache(maxsize=1024)(parse_size)


#: What a mailbox's block says: owner, quota, password, and what state keeps. A tuple, since there are so many.
Fields: TypeAlias = tuple[str | None, int | None, SecretRef | None, Remembered]


@lru_cache(maxsize=4096)
def _interned(names: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """One tuple for all blocks with the same fields, and whether they are the plain ones."""
    return names, _PLAIN_FIELDS.issuperset(names)


def plain_fields(node: Map, base: str) -> Fields | None:
    """Read a block of plain fields; None where it needs its model, for its meaning or for its mistakes."""
    owner = node.get("owner")
    if owner is None:
        if "owner" in node:
            return None
    elif owner.__class__ is not str or not owner or not owner.isprintable():
        return None
    quota = node.get("quota")
    size = None
    if quota is not None or "quota" in node:
        try:
            size = _read_quota(quota)  # type: ignore[arg-type]  # anything but a text raises
        except (ValueError, TypeError):
            return None
    password = node.get("password")
    reference = None
    if password is not None or "password" in node:
        if not isinstance(password, Map) or len(password) != 1:
            return None
        name = password.get("env")
        if name.__class__ is not str or not (name.isascii() and name.isidentifier()):
            return None
        reference = SecretRef(SecretSource.ENV, (name,), base)
    return (owner, size, reference, NOTHING_REMEMBERED)


class MailboxReader:
    """Reads blocks of mailboxes under the defaults of a configuration."""

    def __init__(self, defaults: Defaults, context: Context) -> None:
        """Prepare the defaults: where they are plain, they are read once."""
        self.under = defaults.of("mailbox")
        self.under_base = defaults.base
        self.context = context
        plain = _PLAIN_FIELDS.issuperset(self.under)
        self.filler = plain_fields(self.under, str(defaults.base)) if plain else None

    def fields(self, part: Part, base: str, name: str, node: Map, key: int) -> Fields:
        """The fields of a block with the defaults filled in; of one with mistakes none, and the mistakes are noted."""
        if self.filler is not None and _interned(tuple(node))[1]:
            own = plain_fields(node, base)
            if own is not None:
                return _filled(own, self.filler) if self.under else own
        return self.by_model(part, name, node, key)

    def by_model(self, part: Part, name: str, node: Map, key: int) -> Fields:
        """The same through the model."""
        if clear_password(node):
            self.context.problems.append(in_the_clear(part, f"mailbox '{name}'", node, key))
            return _BROKEN
        filled = overlay(node, self.under)
        block = validated(MailboxBlock, part, filled, key, f"mailbox '{name}'", self.context)
        if block is None:
            return _BROKEN
        base = part.base if "password" in node else self.under_base
        remember = Remembered(block.protect, block.password_version)
        if remember == NOTHING_REMEMBERED:
            remember = NOTHING_REMEMBERED
        return block.owner, block.quota, secret(block.password, base), remember


_BROKEN: Final = (None, None, None, NOTHING_REMEMBERED)


def _filled(own: Fields, under: Fields) -> Fields:
    owner, quota, password, remember = own
    return (
        under[0] if owner is None else owner,
        under[1] if quota is None else quota,
        under[2] if password is None else password,
        remember,
    )


def read_mailboxes(
    parts: Sequence[Part], defaults: Defaults, hosting: Hosting, context: Context
) -> dict[str, Declaration]:
    """Read the section `mailboxes:`; domains come first."""
    found: dict[str, Declaration] = {}
    read_fields = MailboxReader(defaults, context).fields
    addresses = AddressReader(hosting)
    read_address = addresses.read
    for part in parts:
        node = section_map(part, context)
        file, base = part.file, str(part.base)
        numbers = iter(node.places)
        for (name, block), key, place in zip(node.items(), numbers, numbers, strict=True):
            try:
                address, provider = read_address(name)
            except BadName as error:
                context.problems.append(bad_name("mailbox", name, str(error), part.at(key)))
                continue
            if address in found:
                _note_twice("mailbox", name, part.at(key), found[address], context)
                continue
            if not isinstance(block, Map):
                if block is not None:
                    context.problems.append(not_a_block(part, "mailbox", name, block, place))
                block = new_map(key)  # noqa: PLW2901 - nothing is a block without fields
            owner, quota, password, remember = read_fields(part, base, name, block, key)
            origin = Origin(file, key, _interned(tuple(block))[0], tuple(block.places))
            found[address] = Declaration(Mailbox(address, owner, quota), provider, origin, remember, password)
    hosting.mailbox_domains |= addresses.domains
    return found


def _note_twice(what: str, name: str, again: Span, first: Declaration, context: Context) -> None:
    """Say so that a reader sees why two names that look different are one."""
    context.problems.append(twice(what, name, first.origin.span(), again, same=name == first.resource.key))


def read_aliases(
    parts: Sequence[Part], defaults: Defaults, hosting: Hosting, context: Context
) -> dict[str, Declaration]:
    """Read the section `aliases:`: `info@…: anna@…`, a list of targets, or a block with `to`."""
    found: dict[str, Declaration] = {}
    under = defaults.of("alias")
    read_address = AddressReader(hosting).read
    for part in parts:
        node = section_map(part, context)
        file = part.file
        numbers = iter(node.places)
        for (name, value), key, place in zip(node.items(), numbers, numbers, strict=True):
            try:
                address, provider = read_address(name)
            except BadName as error:
                context.problems.append(bad_name("alias", name, str(error), part.at(key)))
                continue
            if address in found:
                _note_twice("alias", name, part.at(key), found[address], context)
                continue
            if value.__class__ is str and not under:
                try:
                    alias = Alias(address, (read_address(value)[0],))
                except BadName:
                    pass  # the model says what is wrong
                else:
                    found[address] = Declaration(alias, provider, Origin(file, key, _TO, (key, place)))
                    continue
            to, remember = _alias_by_model(Entry(part, name, _alias_block(value, key, place), key), under, context)
            names, places = _alias_origin(value, key, place)
            found[address] = Declaration(Alias(address, to), provider, Origin(file, key, names, places), remember)
    return found


_TO: Final = ("to",)


def _alias_block(value: Node, key: int, place: int) -> Map:
    """The long form of an alias."""
    if isinstance(value, Map):
        return value
    block = new_map(key)
    if value is not None:
        block["to"] = value
        block.places += (key, place)
    return block


def _alias_by_model(entry: Entry, under: Map, context: Context) -> tuple[tuple[str, ...], Remembered]:
    filled = overlay(entry.node, under)
    made = validated(AliasBlock, entry.part, filled, entry.key, f"alias '{entry.name}'", context)
    if made is None:
        return (), NOTHING_REMEMBERED
    return tuple(sorted(set(made.to))), Remembered(protect=True) if made.protect else NOTHING_REMEMBERED


def _alias_origin(value: Node, key: int, place: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Places of an alias's targets: `to` for all of them, `to.0` and on for each of a list."""
    if isinstance(value, Map):
        names, places = list(value), list(value.places)
        to = value.get("to")
    else:
        names, places, to = ["to"], [key, place], value
    if isinstance(to, Seq):
        for index, each in enumerate(to.places):
            names.append(f"to.{index}")
            places += (each, each)
    return tuple(names), tuple(places)
