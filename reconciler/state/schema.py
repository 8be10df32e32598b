"""The JSON Schema of the snapshot, `reconciler.state/2`, from the resources' own fields."""

from dataclasses import fields
from typing import get_args, get_type_hints

from reconciler.model.desired import Remembered
from reconciler.model.kinds import Kind
from reconciler.model.resources import FieldValue, field_names, make
from reconciler.state.snapshot import FORMAT

_TYPES = {str: "string", int: "integer", bool: "boolean", type(None): "null"}


def state_schema() -> dict[str, object]:
    """Return the JSON Schema of a snapshot, in plain text or sealed."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "reconciler state",
        "description": "What the last runs left: resources, their fields, the providers' ids. It holds no secret.",
        "type": "object",
        "properties": {
            "format": {"const": FORMAT},
            "lineage": {"type": "string", "description": "Identity of this state since its first write"},
            "serial": {"type": "integer", "minimum": 0, "description": "Raised by every run that writes"},
            "fence": {"type": "integer", "minimum": 0, "description": "The highest fencing serial that has written"},
            "moved_to": {"type": "string", "description": "Where `state migrate` moved it; what stands here is old"},
        },
        "required": ["format", "lineage", "serial", "fence", "resources"],
        "oneOf": [_plain(), _sealed()],
        "unevaluatedProperties": False,
    }


def _plain() -> dict[str, object]:
    return {
        "properties": {
            "acknowledged": {
                "type": "object",
                "description": "Operator operations a person said are done, with the note given",
                "additionalProperties": {"type": "string"},
            },
            "in_flight": {
                "type": "array",
                "description": "Writes that began and whose end is not known, as journal entries",
                "items": {"type": "object", "required": ["begin", "kind", "key", "provider", "fields", "precondition"]},
            },
            "resources": {"type": "array", "items": {"oneOf": [_resource(kind) for kind in Kind]}},
        },
        "required": ["acknowledged", "in_flight"],
    }


def _sealed() -> dict[str, object]:
    sealed = {"type": "string", "contentEncoding": "base64", "description": "An age file"}
    return {
        "properties": {
            "keys": {"type": "object", "description": "The state's own age identity, wrapped for who may read it"},
            "pages": {"type": "integer", "minimum": 1, "description": "How many pages the resources are spread over"},
            "sealed": {**sealed, "description": "An age file of acknowledgements and writes in flight"},
            "resources": {"type": "array", "items": {**sealed, "description": "An age file of one page of resources"}},
        },
        "required": ["keys", "pages", "sealed"],
    }


def _resource(kind: Kind) -> dict[str, object]:
    always = make(kind, "key", {}).fields()
    return {
        "type": "object",
        "properties": {
            "kind": {"const": str(kind)},
            "key": {"type": "string"},
            "provider": {"type": "string", "description": "As configured"},
            "fields": {
                "type": "object",
                "properties": dict.fromkeys(field_names(kind), _VALUE),
                "required": list(always),
                "additionalProperties": False,
            },
            "id": {"type": "string", "description": "The provider's own"},
            "remember": _remember(),
            "left": {**_NAMES, "description": "Providers that had it before and still have a copy"},
            **(_TIMES if kind is Kind.RECORD else {}),
        },
        "required": ["kind", "key", "provider", "fields"],
        "additionalProperties": False,
    }


_NAMES: dict[str, object] = {"type": "array", "items": {"type": "string"}}
_TIMES: dict[str, object] = {
    "changed_at": {"type": "integer", "description": "When a run last changed its values, seconds since the epoch"},
    "stale_until": {"type": "integer", "description": "Until when others may hold the former, seconds since the epoch"},
}


def _value() -> dict[str, object]:
    plain = [_TYPES[each] for each in get_args(FieldValue) if each in _TYPES]
    return {"anyOf": [{"type": plain}, {"type": "array", "items": {"type": "string"}}]}


_VALUE = _value()


def _remember() -> dict[str, object]:
    hints = get_type_hints(Remembered)
    types = {each.name: get_args(hints[each.name]) or (hints[each.name],) for each in fields(Remembered)}
    return {
        "type": "object",
        "description": "What no provider can tell",
        "properties": {
            name: {"type": [_TYPES[each] for each in given if each is not type(None)]} for name, given in types.items()
        },
        "additionalProperties": False,
    }
