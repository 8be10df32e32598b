"""The published JSON Schema of a configuration file, generated from the models.

It describes one file, so it requires little: another file may hold the rest, and `defaults:` may fill a field in. What
is missing in the end, loading says.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from reconciler.config.dns_models import ResolverBlock
from reconciler.config.models import AliasBlock, GuardsBlock, StateChoice, TombstoneBlock
from reconciler.config.partial import PARTIAL
from reconciler.model.scalars import ADDRESS_PATTERN, DOMAIN_PATTERN

Json: TypeAlias = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ADDRESSES: Final = {"pattern": ADDRESS_PATTERN}
_DOMAINS: Final = {"pattern": DOMAIN_PATTERN}
_NOTHING: Final = {"type": "null"}
_NO_MODELS: Final[Mapping[str, type[BaseModel]]] = {}


def config_schema(
    provider_models: Mapping[str, type[BaseModel]], place_models: Mapping[str, type[BaseModel]] = _NO_MODELS
) -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of a configuration file.

    Args:
        provider_models: By the name of a provider's type, the model of its settings. A block of any other type is
            accepted as it is, since it may come from elsewhere.
        place_models: By the name of a place that state can be kept in, the model of its settings.
    """
    named: dict[str, type[BaseModel]] = {
        **PARTIAL,
        "alias block": AliasBlock,
        "tombstone": TombstoneBlock,
        "guards": GuardsBlock,
        "resolver": ResolverBlock,
    }
    named["state"] = StateChoice
    named |= {f"provider {name}": model for name, model in provider_models.items()}
    named |= {f"state {name}": model for name, model in place_models.items()}
    refs, generated = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(named.values())], ref_template="#/$defs/{model}"
    )
    by_name: Json = {name: refs[model, "validation"] for name, model in named.items()}
    definitions: Json = tidied(generated.get("$defs", {}))
    definitions["Provider"] = _provider(provider_models, by_name, definitions)
    places = definitions[by_name["state"]["$ref"].rpartition("/")[2]]["properties"]
    for name in place_models:
        places[name] = {"description": places[name]["description"], **by_name[f"state {name}"]}
    return {
        "$schema": DIALECT,
        "title": "reconciler configuration, version 1",
        "description": "Mail hosting as code: instances, domains, mailboxes, aliases, teams and their DNS.",
        "type": ["object", "null"],
        "properties": _sections(by_name),
        "patternProperties": {"^x-": {"description": "Yours: a place for anchors. It is not read."}},
        "additionalProperties": False,
        "$defs": definitions,
    }


def _sections(by_name: Mapping[str, Json]) -> Json:
    return {
        "version": {"description": "Version of the format, in one file.", "enum": [1, "1"]},
        "state": {"description": "Where the last applied state is kept; a local file if left out.", **by_name["state"]},
        "providers": _entries("Platforms and zones by a name of yours.", {"$ref": "#/$defs/Provider"}, empty=False),
        "defaults": {
            "description": "Fields that fill the gaps of every resource of a kind.",
            "type": ["object", "null"],
            "properties": {
                kind: {"description": f"Of every {kind}.", "anyOf": [by_name[kind], _NOTHING]} for kind in PARTIAL
            },
            "additionalProperties": False,
        },
        "guards": {"description": "Limits of the guards.", "anyOf": [by_name["guards"], _NOTHING]},
        "resolver": {"description": "Whom to ask what the DNS says.", "anyOf": [by_name["resolver"], _NOTHING]},
        "instances": _entries("Groupware instances by label.", by_name["instance"]),
        "domains": _entries("Mail domains by name.", by_name["domain"], names=_DOMAINS),
        "mailboxes": _entries("Mailboxes by address.", by_name["mailbox"], names=_ADDRESSES),
        "aliases": _entries("Aliases by address.", _alias(by_name["alias block"]), names=_ADDRESSES, empty=False),
        "teams": _entries("Teams by label.", _team(by_name)),
        "removed": {
            "description": "Tombstones: consent to lose data, which a reviewer sees.",
            "type": ["array", "null"],
            "items": by_name["tombstone"],
        },
    }


def _entries(description: str, entry: Json, *, names: Json | None = None, empty: bool = True) -> Json:
    """A section: a mapping of named blocks; `empty` where a block may hold nothing."""
    section: Json = {
        "description": description,
        "type": ["object", "null"],
        "additionalProperties": {"anyOf": [entry, _NOTHING]} if empty else entry,
    }
    if names is not None:
        section["propertyNames"] = names
    return section


def _alias(block: Json) -> Json:
    address = {"type": "string", **_ADDRESSES}
    return {
        "description": "The target, a list of targets where the provider can, or a block.",
        "anyOf": [address, {"type": "array", "items": address, "minItems": 1}, block],
    }


def _team(by_name: Mapping[str, Json]) -> Json:
    """A team's own fields and its members; the block itself is closed once both are known."""
    name = by_name["team"]["$ref"].rpartition("/")[2]
    members = _entries("The other accounts by address.", by_name["member"], names=_ADDRESSES)
    fields = {field: {"$ref": f"#/$defs/{name}/properties/{field}"} for field in PARTIAL["team"].model_fields}
    return {
        "description": "A team of independent accounts around a master account.",
        "type": "object",
        "properties": {**fields, "members": members},
        "additionalProperties": False,
    }


def _provider(models: Mapping[str, type[BaseModel]], by_name: Mapping[str, Json], definitions: Json) -> Json:
    """A provider's block: `type` picks the settings that may stand beside it."""
    choices = []
    for type_ in models:
        settings = definitions[by_name[f"provider {type_}"]["$ref"].rpartition("/")[2]]
        settings.setdefault("properties", {})["type"] = {"const": type_}
        choices.append(
            {"if": {"properties": {"type": {"const": type_}}}, "then": dict(by_name[f"provider {type_}"])},
        )
    known: list[Json] = [{"enum": list(models)}] if models else []
    return {
        "description": "A provider: its type, and the settings of that type.",
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": {"description": "What it is.", "anyOf": [*known, {"type": "string", "minLength": 1}]},
        },
        **({"allOf": choices} if choices else {}),
    }


def tidied(schema: Any) -> Any:
    """Leave out what says nothing to a reader: generated titles, and null where a field can simply be left out."""
    if isinstance(schema, list):
        return [tidied(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made: Json = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            made[key] = {name: tidied(inner) for name, inner in value.items()}
        elif not (key == "title" and isinstance(value, str)) and not (key == "default" and value is None):
            made[key] = tidied(value)
    if "anyOf" in made:
        kept = [each for each in made["anyOf"] if each != _NOTHING]
        if len(kept) == 1:
            del made["anyOf"]
            return {**kept[0], **made}
        made["anyOf"] = kept
    return made
