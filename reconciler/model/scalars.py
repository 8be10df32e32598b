"""Pydantic types that read a text scalar by what the schema says it is, not by what YAML 1.1 guesses.

Every model at an edge (configuration, provider settings, backends) is built from these. YAML scalars arrive as text;
JSON and Python callers may hand over the real type. Only `true` and `false` are flags: `no` stays a word.
"""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from reconciler.model.names import BadName, address_key, domain_key
from reconciler.model.sizes import BadAmount, parse_duration, parse_size

_WHOLE = re.compile(r"0|[1-9][0-9]*\Z")


class Strict(BaseModel):
    """Base of every model of user input: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _text(value: Any) -> Any:
    if isinstance(value, str) and value == "":
        raise ValueError("a text is expected here, not an empty one")
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        if not _WHOLE.match(value):
            raise ValueError(f"'{value}' is not a whole number")
        return int(value)
    return value


def _flag(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        raise ValueError(f"'{value}' is neither true nor false")
    return value == "true"


def _size(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return parse_size(value)
        except BadAmount as error:
            raise ValueError(str(error)) from None
    return value


def _duration(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except BadAmount as error:
            raise ValueError(str(error)) from None
    return value


def _day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"'{value}' is not a date; write one such as 2026-10-31") from None
    return value


def _domain(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return domain_key(value)
        except BadName as error:
            raise ValueError(str(error)) from None
    return value


def _address(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return address_key(value)
        except BadName as error:
            raise ValueError(str(error)) from None
    return value


Text = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": ["string", "number", "boolean"], "minLength": 1})]
Whole = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": "integer", "minimum": 0})]
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
#: Bytes; written `5 GB`, `5 GiB` or a bare number.
Size = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*([kKmMgGtT]i?)?[bB]\s*$|^\d+$"},
            ]
        }
    ),
]
#: Seconds; written `20 ms`, `5 s`, `10 min` or a bare number.
Duration = Annotated[
    float,
    BeforeValidator(_duration),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m|min|h|d)?\s*$"},
            ]
        }
    ),
]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
#: A domain name, as its key.
DomainName = Annotated[str, BeforeValidator(_domain), WithJsonSchema({"type": "string", "minLength": 3})]
#: A mail address, as its key.
AddressName = Annotated[
    str, BeforeValidator(_address), WithJsonSchema({"type": "string", "minLength": 3, "pattern": "@"})
]
