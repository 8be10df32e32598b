"""Pydantic types that read a text scalar by what the schema says it is, not by what YAML 1.1 guesses.

Every model at an edge (configuration, provider settings, backends) is built from these. YAML scalars arrive as text;
JSON and Python callers may hand over the real type. Only `true` and `false` are flags: `no` stays a word.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from reconciler.model.names import BadName, address_key, domain_key
from reconciler.model.sizes import BadAmount, parse_duration, parse_size

_WHOLE = re.compile(r"(?:0|[1-9][0-9]{0,17})\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_DAY_PATTERN = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$(?!\n)"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PROSE_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NO_CONTROL_PATTERN = r"^[^\u0000-\u001f\u007f]+$(?!\n)"
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_WORD = r"[^@\s:;,<>()\[\]\\\"]+"
#: What every address looks like to an editor; the rest is checked on reading.
ADDRESS_PATTERN = rf"^{_WORD}@{_WORD}[.\u3002\uff0e\uff61]{_WORD}$"
DOMAIN_PATTERN = rf"^{_WORD}[.\u3002\uff0e\uff61]{_WORD}$"
MAX_TTL = 2**31 - 1  # seconds, RFC 2181 §8


class Strict(BaseModel):
    """Base of every model of user input: unknown keys are errors, values are frozen.

    A model is built when it is first used: a run meets few of all blocks there are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


def _text(value: Any) -> Any:
    if isinstance(value, str):
        if value == "":
            raise ValueError("a text is expected here, not an empty one")
        if _CONTROL.search(value):
            raise ValueError("the text holds a line break, a tab or another control character; write it on one line")
    return value


def _prose(value: Any) -> Any:
    if isinstance(value, str):
        if value == "":
            raise ValueError("a text is expected here, not an empty one")
        if _PROSE_CONTROL.search(value):
            raise ValueError("the text holds a control character")
    return value


def _env_name(value: Any) -> Any:
    if isinstance(value, str) and not _ENV_NAME.match(value):
        raise ValueError(f"'{value}' can not be the name of an environment variable; write one such as ANNA_PASSWORD")
    return value


def _seconds(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        seconds = parse_duration(value)
    except BadAmount as error:
        raise ValueError(str(error)) from None
    if seconds > MAX_TTL:
        raise ValueError(f"'{value}' is longer than {MAX_TTL} seconds; write one such as 1 h")
    if seconds != int(seconds):
        raise ValueError(f"'{value}' is not a whole number of seconds; write one such as 3600 or 1 h")
    return int(seconds)


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
        raise ValueError(f"'{value}' is neither true nor false; write true or false")
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
            if not _DAY.match(value):
                raise ValueError  # noqa: TRY301 - the forms of ISO 8601 that nobody reads
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


#: A text on one line. A YAML parser may see a number or a flag in it, so an editor must accept those.
Text = Annotated[
    str,
    BeforeValidator(_text),
    WithJsonSchema({"type": ["string", "number", "boolean"], "minLength": 1, "pattern": _NO_CONTROL_PATTERN}),
]
#: A text that may have lines.
Prose = Annotated[
    str, BeforeValidator(_prose), WithJsonSchema({"type": ["string", "number", "boolean"], "minLength": 1})
]
#: The name of an environment variable.
EnvName = Annotated[
    str, BeforeValidator(_env_name), WithJsonSchema({"type": "string", "pattern": r"^[A-Za-z_][A-Za-z0-9_]*$(?!\n)"})
]
Whole = Annotated[
    int,
    BeforeValidator(_whole),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
                {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,17})$(?!\n)"},
            ]
        }
    ),
]
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"enum": [True, False, "true", "false"]})]
#: Bytes; written `5 GB`, `5 GiB` or a bare number.
Size = Annotated[
    int,
    BeforeValidator(_size),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*([kKmMgGtT][iI]?)?[bB]\s*$|^\s*[0-9]+\s*$"},
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
#: Whole seconds, as DNS counts them; written `3600` or `1 h`.
Seconds = Annotated[
    int,
    BeforeValidator(_seconds),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": MAX_TTL},
                {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|m|min|h|d)?\s*$"},
            ]
        }
    ),
]
Day = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date", "pattern": _DAY_PATTERN})
]
#: A domain name, as its key.
DomainName = Annotated[
    str, BeforeValidator(_domain), WithJsonSchema({"type": "string", "minLength": 3, "pattern": DOMAIN_PATTERN})
]
#: A mail address, as its key.
AddressName = Annotated[
    str,
    BeforeValidator(_address),
    WithJsonSchema({"type": "string", "minLength": 5, "pattern": ADDRESS_PATTERN}),
]

Item = TypeVar("Item")


class _OrAlone:
    """Lets one item stand for the list of it."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        many = handler(schema)
        return {"anyOf": [many["items"], many]}


def _alone(value: Any) -> Any:
    return [value] if isinstance(value, (str, Mapping)) else value


#: A list that may be written as its only item.
OneOrMany = Annotated[tuple[Item, ...], BeforeValidator(_alone), _OrAlone()]
#: The same with at least one item.
OneOrMore = Annotated[tuple[Item, ...], Field(min_length=1), BeforeValidator(_alone), _OrAlone()]
