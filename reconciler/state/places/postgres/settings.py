"""What stands under `state: {postgres: …}`."""

from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag

from reconciler.model.scalars import Duration, Strict, Text
from reconciler.secrets.settings import SecretSetting

_LONGEST = 63  # bytes of an identifier; PostgreSQL cuts off what is longer, and two names would become one


def _schema(name: str) -> str:
    if len(name.encode()) > _LONGEST:
        raise ValueError(f"a schema's name has at most {_LONGEST} bytes; write a shorter one")
    if name.startswith("pg_") or name == "information_schema":
        raise ValueError(f"the schema '{name}' is the server's own; write another, such as reconciler")
    return name


def _some(seconds: float) -> float:
    if seconds <= 0:
        raise ValueError("an answer takes some time; write one such as 10 s")
    return seconds


def _shape(value: Any) -> str:
    return "text" if isinstance(value, str) else "secret"


class PostgresSettings(Strict):
    """A database, and a state in it."""

    dsn: Annotated[
        Annotated[Text, Tag("text")] | Annotated[SecretSetting, Tag("secret")],
        Discriminator(_shape),
        Field(description="Where the connection string comes from; written out only without a password."),
    ]
    name: Annotated[Text, Field(description="Of this state, among those of the schema.")]
    schema_: Annotated[
        Text, AfterValidator(_schema), Field(alias="schema", description="Schema of its own for the tables.")
    ] = "reconciler"
    timeout: Annotated[Duration, AfterValidator(_some), Field(description="Seconds to wait for each answer.")] = 10.0
