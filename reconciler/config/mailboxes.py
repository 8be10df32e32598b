"""Mailboxes and aliases: the two kinds of which there are many.

Most mailboxes are plain: an owner, a quota, perhaps a password from the environment. Those are read here directly, at a
third of the cost of their model; anything unusual goes through the model, which speaks the errors. A test holds the two
to each other.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from reconciler.config.blocks import Defaults
from reconciler.config.entries import (
    Context,
    Part,
    clear_password,
    not_a_block,
    secret,
    section_map,
    twice,
    validated,
)
from reconciler.config.hosting import Hosting, bad_name
from reconciler.config.nodes import Map, Node, Seq, new_map, overlay
from reconciler.config.passwords import in_the_clear
from reconciler.config.schema import AliasBlock, MailboxBlock
from reconciler.model.desired import NOTHING_REMEMBERED, Declaration, Remembered
from reconciler.model.names import BadName, address_key, domain_of
from reconciler.model.resources import Alias, Mailbox
from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.model.sizes import parse_size
from reconciler.model.source import Origin, Span

_PLAIN_FIELDS: Final = frozenset({"owner", "quota", "password"})
_read_quota = lru_cache(maxsize=1024)(parse_size)


class Fields(NamedTuple):
    """What a mailbox's block says."""

    owner: str | None
    quota: int | None
    password: SecretRef | None
    remember: Remembered


@lru_cache(maxsize=4096)
def _names(names: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
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
        if name.__class__ is not str or not (name.isascii() and name.isidentifier()):  # type: ignore[union-attr]
            return None
        reference = SecretRef(SecretSource.ENV, (name,), base)  # type: ignore[arg-type]
    return Fields(owner, size, reference, NOTHING_REMEMBERED)  # type: ignore[arg-type]


class MailboxReader:
    """Reads blocks of mailboxes under the defaults of a configuration."""

    def __init__(self, defaults: Defaults, context: Context) -> None:
        """Prepare the defaults: where they are plain, they are read once."""
        self.under = defaults.of("mailbox")
        self.under_base = defaults.base
        self.context = context
        plain = _PLAIN_FIELDS.issuperset(self.under)
        self.filler = plain_fields(self.under, str(defaults.base)) if plain else None

    def fields(self, part: Part, base: str, name: str, node: Map, key: int, *, plain: bool) -> Fields | None:
        """The fields of a block with the defaults filled in; None where it has mistakes, which are noted."""
        filler = self.filler
        if plain and filler is not None:
            own = plain_fields(node, base)
            if own is not None:
                if not self.under:
                    return own
                return Fields(
                    filler.owner if own.owner is None else own.owner,
                    filler.quota if own.quota is None else own.quota,
                    filler.password if own.password is None else own.password,
                    own.remember,
                )
        return self.by_model(part, name, node, key)

    def by_model(self, part: Part, name: str, node: Map, key: int) -> Fields | None:
        """The same through the model."""
        if clear_password(node):
            self.context.problems.append(in_the_clear(part, f"mailbox '{name}'", node, key))
            return None
        filled = overlay(node, self.under)
        block = validated(MailboxBlock, part, filled, key, f"mailbox '{name}'", self.context)
        if block is None:
            return None
        base = part.base if "password" in node else self.under_base
        remember = Remembered(block.protect, block.password_version)
        if remember == NOTHING_REMEMBERED:
            remember = NOTHING_REMEMBERED
        return Fields(block.owner, block.quota, secret(block.password, base), remember)


def read_mailboxes(
    parts: Sequence[Part], defaults: Defaults, hosting: Hosting, context: Context
) -> dict[str, Declaration]:
    """Read the section `mailboxes:`; domains come first."""
    found: dict[str, Declaration] = {}
    reader = MailboxReader(defaults, context)
    providers = {key: declaration.provider for key, declaration in hosting.domains.items()}
    for part in parts:
        node = section_map(part, context)
        file, base = part.file, str(part.base)
        numbers = iter(node.places)
        for (name, block), key_place, place in zip(node.items(), numbers, numbers, strict=True):
            try:
                address = address_key(name)
            except BadName as error:
                context.problems.append(bad_name("mailbox", name, str(error), part.at(key_place)))
                continue
            if address in found:
                _note_twice("mailbox", name, part.at(key_place), found[address], context)
                continue
            if block.__class__ is not Map:
                if block is not None:
                    context.problems.append(not_a_block(part, "mailbox", name, block, place))
                    continue
                block = new_map(key_place)  # noqa: PLW2901 - nothing is a block without fields
            names, plain = _names(tuple(block))  # type: ignore[arg-type]
            fields = reader.fields(part, base, name, block, key_place, plain=plain)  # type: ignore[arg-type]
            owner, quota, password, remember = fields or _BROKEN
            found[address] = Declaration(
                Mailbox(address, owner, quota),
                providers.get(domain_of(address), ""),
                Origin(file, key_place, names, tuple(block.places)),  # type: ignore[union-attr]
                remember,
                password,
            )
    return found


_BROKEN: Final = Fields(None, None, None, NOTHING_REMEMBERED)  # mistakes are noted, so nothing is done with it


def _note_twice(what: str, name: str, again: Span, first: Declaration, context: Context) -> None:
    """Say so that a reader sees why two names that look different are one."""
    context.problems.append(twice(what, name, first.origin.span(), again, same=name == first.resource.key))


def read_aliases(
    parts: Sequence[Part], defaults: Defaults, hosting: Hosting, context: Context
) -> dict[str, Declaration]:
    """Read the section `aliases:`: `info@…: anna@…`, a list of targets, or a block with `to`."""
    found: dict[str, Declaration] = {}
    under = defaults.of("alias")
    providers = {key: declaration.provider for key, declaration in hosting.domains.items()}
    for part in parts:
        node = section_map(part, context)
        numbers = iter(node.places)
        for (name, value), key_place, place in zip(node.items(), numbers, numbers, strict=True):
            try:
                address = address_key(name)
            except BadName as error:
                context.problems.append(bad_name("alias", name, str(error), part.at(key_place)))
                continue
            if address in found:
                _note_twice("alias", name, part.at(key_place), found[address], context)
                continue
            to, remember = _alias_fields(part, name, value, under, key_place, place, context)
            names, places = _alias_origin(value, key_place, place)
            found[address] = Declaration(
                Alias(address, to),
                providers.get(domain_of(address), ""),
                Origin(part.file, key_place, names, places),
                remember,
            )
    return found


_TO: Final = ("to",)


def _alias_fields(
    part: Part, name: str, value: Node, under: Map, key: int, place: int, context: Context
) -> tuple[tuple[str, ...], Remembered]:
    if isinstance(value, str) and not under:
        try:
            return (address_key(value),), NOTHING_REMEMBERED
        except BadName:
            pass  # the model says what is wrong
    if isinstance(value, Map):
        block = value
    else:
        block = new_map(key)
        if value is not None:
            block["to"] = value
            block.places += (key, place)
    made = validated(AliasBlock, part, overlay(block, under), key, f"alias '{name}'", context)
    if made is None:
        return (), NOTHING_REMEMBERED
    return tuple(sorted(set(made.to))), Remembered(True) if made.protect else NOTHING_REMEMBERED


def _alias_origin(value: Node, key: int, place: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Places of an alias's targets: `to` for all of them, `to.0` and on for each of a list."""
    if isinstance(value, Map):
        names, places = list(value), list(value.places)
        to = value.get("to")
    else:
        names, places, to = ["to"], [key, place], value
        if not isinstance(to, Seq):
            return _TO, (key, place)
    if isinstance(to, Seq):
        for index, each in enumerate(to.places):
            names.append(f"to.{index}")
            places += (each, each)
    return tuple(names), tuple(places)
