"""What is configured under `state: {http: …}`, and the register made of it."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field

from reconciler.model.desired import StateBlock
from reconciler.model.reading import read_model
from reconciler.model.scalars import Duration, Strict, Text
from reconciler.model.secrets import SecretRef
from reconciler.model.source import Origin, Span
from reconciler.secrets import SecretError, look_up
from reconciler.secrets.settings import SecretSetting
from reconciler.state.places.http import problems
from reconciler.state.places.http.client import Client, Credentials, basic
from reconciler.state.places.http.places import Places
from reconciler.state.places.http.register import HttpRegister

_METHOD = r"^[A-Z]+$"


class HttpSettings(Strict):
    """The settings of the backend `http`; they are named as those of Terraform's."""

    address: Annotated[Text, Field(description="Address of the state.")]
    lock_address: Annotated[Text | None, Field(description="Where it is locked; default: the address.")] = None
    unlock_address: Annotated[Text | None, Field(description="Where it is unlocked; default: where it is locked.")] = (
        None
    )
    update_method: Annotated[Text, Field(pattern=_METHOD, description="Method that writes.")] = "POST"
    lock_method: Annotated[Text, Field(pattern=_METHOD, description="Method that locks.")] = "LOCK"
    unlock_method: Annotated[Text, Field(pattern=_METHOD, description="Method that unlocks.")] = "UNLOCK"
    username: Annotated[Text | None, Field(description="User of HTTP basic authentication.")] = None
    password: Annotated[SecretSetting | None, Field(description="Where that user's password or token is.")] = None
    headers: Annotated[
        Mapping[Text, SecretSetting], Field(description="Further headers, such as PRIVATE-TOKEN, by where they are.")
    ] = {}
    ca: Annotated[Text | None, Field(description="File of the certificates to trust instead of the system's.")] = None
    timeout: Annotated[Duration, Field(gt=0, le=3600, description="Time to wait for an answer.")] = 10.0


def open_http(block: StateBlock) -> HttpRegister:
    """Return the register that a configuration names; nothing is connected or looked up yet.

    Raises:
        Problem: If the settings are not what is read here.
    """
    tree = block.settings if isinstance(block.settings, Mapping) else {"address": block.settings}
    span = block.span
    origin = Origin("", 0) if span is None else Origin(span.file, _packed(span))
    settings = read_model(HttpSettings, tree, origin, "the section 'state.http'")
    lock = settings.lock_address or settings.address
    places = Places(
        _address("address", settings.address, span),
        _address("lock_address", lock, span),
        _address("unlock_address", settings.unlock_address or lock, span),
        settings.update_method,
        settings.lock_method,
        settings.unlock_method,
    )
    allowed = _credentials(settings, block.base, places.where)
    return HttpRegister(Client(places.where, allowed, settings.timeout, _trust(settings, block.base, span)), places)


def _packed(span: Span) -> int:
    from reconciler.model.source import pack

    return pack(span.line - 1, span.column - 1, span.length)


def _address(name: str, text: str, at: Span | None) -> str:
    """Return an address that can be asked.

    Raises:
        Problem: If it can not, or holds a credential.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise problems.address(name, f"is no address: {error}", at) from None
    if parts.username is not None or parts.password is not None:
        raise problems.address(name, "holds a user or a password, and addresses end up in logs", at)
    if parts.scheme not in ("http", "https") or not host:
        raise problems.address(name, "does not begin with http:// or https:// and a host", at)
    if parts.fragment or not text.isascii() or " " in text:
        raise problems.address(name, "holds a fragment, a blank or another character to be written as %XX", at)
    return text


def _credentials(settings: HttpSettings, base: Path, where: str) -> Credentials:
    refs = {name: ref.ref(base) for name, ref in settings.headers.items()}
    password = None if settings.password is None else settings.password.ref(base)

    def find(ref: SecretRef) -> str:
        try:
            return look_up(ref).reveal()
        except SecretError as error:
            raise problems.secret(where, str(error)) from None

    def credentials() -> Mapping[str, str]:
        found = {name: find(ref) for name, ref in refs.items()}
        if settings.username is not None:
            found["Authorization"] = basic(settings.username, "" if password is None else find(password))
        return found

    return credentials


def _trust(settings: HttpSettings, base: Path, at: Span | None) -> ssl.SSLContext | None:
    """Return what certificates are trusted, None for those the system trusts.

    Raises:
        Problem: If the file named is of no use.
    """
    if settings.ca is None:
        return None
    path = base / Path(settings.ca).expanduser()
    try:
        return ssl.create_default_context(cafile=path)
    except ssl.SSLError as error:
        raise problems.authority(str(path), error.reason or "no certificate", at) from None
    except OSError as error:
        raise problems.authority(str(path), error.strerror or str(error), at) from None
