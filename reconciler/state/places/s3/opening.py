"""From the configuration's `state: {s3: …}` to a state; nothing is connected or looked up yet."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from reconciler.model.desired import StateBlock
from reconciler.model.secrets import SecretRef
from reconciler.model.source import Origin, Span, pack
from reconciler.state.places.register import RegisterState
from reconciler.state.places.s3 import problems

if TYPE_CHECKING:
    from reconciler.state.places.s3.client import Keys
    from reconciler.state.places.s3.settings import S3Settings


def open_s3(block: StateBlock) -> RegisterState:
    """Return the state a block names.

    Raises:
        Problem: If a setting is not right, or boto3 is not installed.
    """
    settings = _settings(block)
    try:
        from reconciler.state.places.s3.client import Place, connected
        from reconciler.state.places.s3.register import S3Register
    except ImportError:
        raise problems.no_client(block.span) from None
    place = Place(
        bucket=settings.bucket,
        key=settings.key,
        endpoint=settings.endpoint,
        region=settings.region,
        timeout=settings.timeout,
        addressing=settings.addressing or ("path" if settings.endpoint else "auto"),
    )
    keys = _keys(settings, block, place.where)
    return RegisterState(S3Register(place, lambda: connected(place, keys())))


def _settings(block: StateBlock) -> "S3Settings":
    from reconciler.model.reading import read_model
    from reconciler.state.places.s3.settings import S3Settings

    given = block.settings if isinstance(block.settings, Mapping) else {}
    return read_model(S3Settings, given, block.origin or _around(block.span), "`state: s3`")


def _around(span: Span | None) -> Origin:
    span = span or Span("", 1, 1)
    return Origin(span.file, pack(span.line - 1, span.column - 1, span.length))


def _keys(settings: "S3Settings", block: StateBlock, where: str) -> "Callable[[], Keys | None]":
    from reconciler.state.places.s3.client import Keys

    if settings.access_key is None or settings.secret_key is None:
        return lambda: None
    access, secret = settings.access_key.ref(block.base), settings.secret_key.ref(block.base)
    return lambda: Keys(_looked_up(access, where), _looked_up(secret, where))


def _looked_up(reference: SecretRef, where: str) -> str:
    from reconciler.secrets import SecretError, look_up

    try:
        return look_up(reference).reveal()
    except SecretError as error:
        raise problems.no_keys(where, str(error)) from None
