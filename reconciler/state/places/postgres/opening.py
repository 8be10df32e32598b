"""From the configuration's `state: {postgres: …}` to a state; nothing is connected yet."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from reconciler.model.desired import StateBlock
from reconciler.model.secrets import SecretRef
from reconciler.model.source import Origin, Span, pack
from reconciler.state.backend import StateWriter
from reconciler.state.places.postgres import problems

if TYPE_CHECKING:
    from reconciler.state.places.postgres.settings import PostgresSettings


def open_postgres(block: StateBlock) -> StateWriter:
    """Return the state a block names.

    Raises:
        Problem: If a setting is not right, the DSN holds a password, or psycopg is not installed.
    """
    try:
        from reconciler.state.places.postgres.state import PostgresState
    except ImportError:
        raise problems.no_driver(block.span) from None
    settings = _settings(block)
    where = f"postgres:{settings.schema_}/{settings.name}"
    return PostgresState(
        _dsn(settings, block, where), name=settings.name, schema=settings.schema_, timeout=settings.timeout
    )


def _settings(block: StateBlock) -> "PostgresSettings":
    from reconciler.model.reading import read_model
    from reconciler.state.places.postgres.settings import PostgresSettings

    given = block.settings if isinstance(block.settings, Mapping) else {}
    span = block.span or Span("", 1, 1)
    origin = Origin(span.file, pack(span.line - 1, span.column - 1, span.length))
    return read_model(PostgresSettings, given, origin, "`state: postgres`")


def _dsn(settings: "PostgresSettings", block: StateBlock, where: str) -> Callable[[], str]:
    if not isinstance(settings.dsn, str):
        reference = settings.dsn.ref(block.base)
        return lambda: _looked_up(reference, where)
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    dsn = settings.dsn
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise problems.bad_dsn(where, block.span) from None
    if "password" in given or "sslpassword" in given:
        raise problems.password_in_clear(where, block.span)
    return lambda: dsn


def _looked_up(reference: SecretRef, where: str) -> str:
    from reconciler.secrets import SecretError, look_up

    try:
        return look_up(reference).reveal()
    except SecretError as error:
        raise problems.no_dsn(where, str(error)) from None
