"""Mailboxes and aliases: the two kinds of which there are many.

Most mailboxes are plain: an owner, a quota, perhaps a password from the environment or a file. Those are read here
directly, at a tenth of the cost of their model; anything unusual goes through the model, which speaks the errors. A
test holds the two to each other.
"""

import re
from collections.abc import Container, Sequence
from functools import lru_cache
from pathlib import Path
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

_read_quota = lru_cache(maxsize=1024)(parse_size)
#: Relative paths that are already as pathlib would write them.
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*\Z")


#: What a mailbox's block says: owner, quota, login, password, and what state keeps. A tuple, as there are so many.
Fields: TypeAlias = tuple[str | None, int | None, bool | None, SecretRef | None, Remembered]


@lru_cache(maxsize=4096)
def _interned(names: tuple[str, ...]) -> tuple[str, ...]:
    """One tuple for all blocks with the same fields."""
    return names


#: Fields that nothing fills.
_OPEN: Final[Fields] = (None, None, None, None, NOTHING_REMEMBERED)


def plain_fields(node: Map, base: str, under: Fields = _OPEN) -> Fields | None:
    """Read a block of plain fields; None where it needs its model, for its meaning or for its mistakes.

    Args:
        node: The block.
        base: The folder its relative paths start at, absolute.
        under: What fills the gaps.
    """
    owner, quota, login, password, remember = under
    for name, value in node.items():
        if value.__class__ is not str:
            password = _plain_password(value, base) if name == "password" else None
            if password is None:
                return None
        elif name == "owner":
            if not value or not value.isprintable():
                return None
            owner = value
        elif name == "quota":
            try:
                quota = _read_quota(value)
            except ValueError:
                return None
        else:
            return None
    return owner, quota, login, password, remember


def _plain_password(node: Node, base: str) -> SecretRef | None:
    if not isinstance(node, Map) or len(node) != 1:
        return None
    ((source, text),) = node.items()
    if text.__class__ is not str:
        return None
    if source == "env":
        return SecretRef(SecretSource.ENV, (text,), base) if text.isascii() and text.isidentifier() else None
    if source == "file" and _PLAIN_PATH.match(text) and base != "/":
        return SecretRef(SecretSource.FILE, (f"{base}/{text}",), base)
    return None


class MailboxReader:
    """Reads blocks of mailboxes under the defaults of a configuration."""

    def __init__(self, defaults: Defaults, context: Context) -> None:
        """Read the defaults once: no field of a mailbox depends on another, so they can be filled in as values."""
        self.under = defaults.of("mailbox")
        self.under_base = defaults.base
        self.context = context
        self.filler = _meaning(MailboxBlock.model_validate(self.under), defaults.base)

    def fields(self, part: Part, base: str, name: str, node: Map, key: int) -> Fields:
        """The fields of a block with the defaults filled in; of one with mistakes none, and the mistakes are noted.

        Args:
            part: The section it stands in.
            base: The folder its relative paths start at.
            name: Its address, as written.
            node: What was written for it.
            key: Packed place of the address.
        """
        return plain_fields(node, base, self.filler) or self.by_model(part, name, node, key)

    def by_model(self, part: Part, name: str, node: Map, key: int) -> Fields:
        """The same through the model."""
        if clear_password(node):
            self.context.problems.append(in_the_clear(part, f"mailbox '{name}'", node, key))
            return _OPEN
        filled = overlay(node, self.under)
        block = validated(MailboxBlock, part, filled, key, f"mailbox '{name}'", self.context)
        if block is None:
            return _OPEN
        return _meaning(block, part.base if "password" in node else self.under_base)


def _meaning(block: MailboxBlock, base: Path) -> Fields:
    remember = Remembered(block.protect, block.password_version)
    if remember == NOTHING_REMEMBERED:
        remember = NOTHING_REMEMBERED
    return block.owner, block.quota, block.login, secret(block.password, base), remember


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
            owner, quota, login, password, remember = read_fields(part, base, name, block, key)
            origin = Origin(file, key, _interned(tuple(block)), tuple(block.places))
            found[address] = Declaration(Mailbox(address, owner, quota, login), provider, origin, remember, password)
    hosting.mailbox_domains |= addresses.domains
    return found


def _note_twice(what: str, name: str, again: Span, first: Declaration, context: Context) -> None:
    """Say so that a reader sees why two names that look different are one."""
    context.problems.append(twice(what, name, first.origin.span(), again, same=name == first.resource.key))


def read_aliases(
    parts: Sequence[Part],
    defaults: Defaults,
    hosting: Hosting,
    mailboxes: Container[str],
    context: Context,
) -> dict[str, Declaration]:
    """Read the section `aliases:`: `info@…: anna@…`, a list of targets, or a block with `to`.

    Most targets are keys of `mailboxes` as they are written. `*@example.org` is a domain's catch-all.
    """
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
                    alias = Alias(address, (value if value in mailboxes else read_address(value)[0],))
                except BadName:
                    pass  # the model says what is wrong
                else:
                    found[address] = Declaration(alias, provider, Origin(file, key, _TO, (key, place)))
                    continue
            entry = Entry(part, name, _alias_block(value, key, place), key)
            alias, remember = _alias_by_model(entry, address, under, context)
            names, places = _alias_origin(value, key, place)
            found[address] = Declaration(alias, provider, Origin(file, key, names, places), remember)
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


def _alias_by_model(entry: Entry, address: str, under: Map, context: Context) -> tuple[Alias, Remembered]:
    filled = overlay(entry.node, under)
    made = validated(AliasBlock, entry.part, filled, entry.key, f"alias '{entry.name}'", context)
    if made is None:
        return Alias(address), NOTHING_REMEMBERED
    senders = None if made.send_as is None else tuple(sorted(set(made.send_as)))
    alias = Alias(address, tuple(sorted(set(made.to))), senders)
    return alias, Remembered(protect=True) if made.protect else NOTHING_REMEMBERED


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
