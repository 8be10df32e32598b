"""The sections of the root file: providers, state, guards and defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reconciler.config.dns_models import ResolverBlock
from reconciler.config.entries import Context, Part, clear_password, entries, not_a_block, section_map, validated
from reconciler.config.models import Encryption, GuardsBlock, StateChoice
from reconciler.config.nodes import Map, flat_origin, new_map, plain, plain_map
from reconciler.config.partial import PARTIAL
from reconciler.config.passwords import in_the_clear
from reconciler.model.closest import did_you_mean
from reconciler.model.desired import EncryptionBlock, GuardSettings, ProviderBlock, ResolverSettings, StateBlock
from reconciler.model.diagnostic import problem

DEFAULT_STATE: Final = "state/mail.json"


def read_providers(parts: Sequence[Part], context: Context) -> dict[str, ProviderBlock]:
    """The configured providers; their settings are left for their own models."""
    blocks: dict[str, ProviderBlock] = {}
    for part in parts:
        for entry in entries(part, context, "provider"):
            kind = entry.node.get("type")
            if not isinstance(kind, str) or not kind:
                context.problems.append(
                    problem(
                        "missing-field",
                        f"provider '{entry.name}' needs 'type'",
                        at=entry.span,
                        help="add a line: `type: sandbox`",
                    )
                )
                kind = ""
            settings = plain_map(entry.node)
            settings.pop("type", None)
            origin = flat_origin(part.file, entry.key, entry.node)
            blocks[entry.name] = ProviderBlock(entry.name, kind, settings, origin, part.base)
    return blocks


def read_state(parts: Sequence[Part], root: Path, context: Context) -> StateBlock:
    """Where state is kept; beside the root file if nothing is said."""
    default = StateBlock("local", DEFAULT_STATE, root)
    if not parts:
        return default
    part = parts[0]
    node = section_map(part, context)
    if not isinstance(part.node, Map):
        return default
    choice = validated(StateChoice, part, node, part.key, "the section 'state'", context)
    if choice is None:
        return default
    ((backend, settings, key, place),) = (entry for entry in node.entries() if entry[0] != "encryption")
    encryption = None if choice.encryption is None else _encryption(choice.encryption, part, node)
    origin = flat_origin(part.file, key, settings)
    return StateBlock(backend, plain(settings), part.base, part.at(place), encryption, origin)


def _encryption(model: Encryption, part: Part, node: Map) -> EncryptionBlock:
    return EncryptionBlock(
        tuple(dict.fromkeys(model.recipients)),
        tuple(each.ref(part.base) for each in model.identity),
        tuple(each.ref(part.base) for each in model.passphrase),
        part.at(node.place("encryption", of_key=True)),
    )


def read_guards(parts: Sequence[Part], context: Context) -> GuardSettings:
    """The limits of the guards."""
    if not parts:
        return GuardSettings()
    part = parts[0]
    block = validated(GuardsBlock, part, section_map(part, context), part.key, "the section 'guards'", context)
    return GuardSettings() if block is None else GuardSettings(block.volume.count, block.volume.percent)


def read_resolver(parts: Sequence[Part], context: Context) -> ResolverSettings | None:
    """Whom to ask what the DNS says; None where the files do not speak of it."""
    if not parts:
        return None
    part = parts[0]
    block = validated(ResolverBlock, part, section_map(part, context), part.key, "the section 'resolver'", context)
    return None if block is None else ResolverSettings(block.servers, block.authoritative, block.timeout, block.off)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What `defaults:` holds for each kind, valid on its own."""

    blocks: Mapping[str, Map] = field(default_factory=dict)
    base: Path = Path()

    def of(self, kind: str) -> Map:
        """The fields that fill the gaps of one kind."""
        return self.blocks.get(kind) or new_map()


def read_defaults(parts: Sequence[Part], context: Context) -> Defaults:
    """What fills the gaps; a kind with mistakes fills none."""
    blocks: dict[str, Map] = {}
    if not parts:
        return Defaults()
    part = parts[0]
    for kind, node, key, place in section_map(part, context).entries():
        model = PARTIAL.get(kind)
        if model is None:
            context.problems.append(
                problem(
                    "unknown-field",
                    f"there are no defaults for '{kind}'",
                    at=part.at(key),
                    help=did_you_mean(kind, PARTIAL, "known here: " + ", ".join(PARTIAL)),
                )
            )
        elif not isinstance(node, Map):
            if node is not None:
                context.problems.append(not_a_block(part, "the default of", kind, node, place))
        elif clear_password(node):
            context.problems.append(in_the_clear(part, f"the default of '{kind}'", node, key))
        elif validated(model, part, node, key, f"the default of '{kind}'", context) is not None:
            blocks[kind] = node
    return Defaults(blocks, part.base)
