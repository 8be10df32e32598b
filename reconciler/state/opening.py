"""From the configuration's `state:` to a state: the backend is imported only when it is the one."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model.closest import did_you_mean
from reconciler.model.desired import StateBlock
from reconciler.model.diagnostic import Problem, problem
from reconciler.state import kept
from reconciler.state.backend import StateWriter
from reconciler.state.places.local import LocalFiles
from reconciler.state.store import StateStore

if TYPE_CHECKING:
    from pydantic import BaseModel

#: Where local state is kept when the configuration does not say.
DEFAULT_NAME = "state/mail.json"


def open_state(block: StateBlock) -> StateStore:
    """Return the state a configuration names; nothing is opened yet.

    Raises:
        Problem: If the backend is not one this version has, or its settings are not what it reads.
    """
    factory = _BACKENDS.get(block.backend)
    if factory is None:
        raise Problem(
            problem(
                "state-backend-unknown",
                f"state can not be kept in '{block.backend}'",
                at=block.span,
                help=did_you_mean(block.backend, list(_BACKENDS)) or "write `state: {local: PATH}`",
            )
        )
    folders = kept.places(Path(block.base))
    return StateStore(factory(block), encryption=block.encryption, folders=folders)


def settings_models() -> Mapping[str, type["BaseModel"]]:
    """Return the model of each place's settings, for the configuration's schema; `local` has a path and no more."""
    from reconciler.state.places.http.settings import HttpSettings
    from reconciler.state.places.postgres.settings import PostgresSettings
    from reconciler.state.places.s3.settings import S3Settings

    return {"postgres": PostgresSettings, "s3": S3Settings, "http": HttpSettings}


def _local(block: StateBlock) -> StateWriter:
    settings = block.settings
    if settings is not None and not isinstance(settings, str):
        raise Problem(
            problem(
                "state-path", "the place of local state is a path", at=block.span, help="write `state: {local: PATH}`"
            )
        )
    return LocalFiles(Path(block.base) / (settings or DEFAULT_NAME))


def _postgres(block: StateBlock) -> StateWriter:
    from reconciler.state.places.postgres import open_postgres

    return open_postgres(block)


def _s3(block: StateBlock) -> StateWriter:
    from reconciler.state.places.s3 import open_s3

    return open_s3(block)


def _http(block: StateBlock) -> StateWriter:
    from reconciler.state.places.http import open_http
    from reconciler.state.places.register import RegisterState

    return RegisterState(open_http(block))


_BACKENDS: dict[str, Callable[[StateBlock], StateWriter]] = {
    "local": _local,
    "postgres": _postgres,
    "s3": _s3,
    "http": _http,
}
