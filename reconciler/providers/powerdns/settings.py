"""The block of a provider of type `powerdns`."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from reconciler.model.scalars import DomainName, Duration, Strict, Text
from reconciler.secrets.settings import SecretSetting

_API = "/api/v1"


def _address(text: str) -> str:
    """Return the address without a slash at its end and without the path that every server has."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("it is no address; write one such as http://127.0.0.1:8081") from None
    if parts.username is not None or parts.password is not None:
        # not repeated: it is a secret
        raise ValueError("it holds a user or a password, and addresses end up in logs; the key belongs in `api_key`")
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("it does not begin with http:// or https:// and a host; write one such as https://ns1:8081")
    if parts.query or parts.fragment or not text.isascii() or " " in text:
        raise ValueError("it holds a query, a fragment or a blank; write one such as http://127.0.0.1:8081")
    return text.rstrip("/").removesuffix(_API)


class PowerDnsSettings(Strict):
    """The settings of one PowerDNS server."""

    url: Annotated[Text, AfterValidator(_address), Field(description="Where its web server listens, without /api/v1.")]
    api_key: Annotated[SecretSetting, Field(description="Where its API key is.")]
    server_id: Annotated[Text, Field(pattern=r"^[A-Za-z0-9._-]+$", description="The server behind that address.")] = (
        "localhost"
    )
    zones: Annotated[
        tuple[DomainName, ...], Field(description="The zones to see, of all it has; without it, every zone.")
    ] = ()
    servers: Annotated[
        tuple[Text, ...],
        Field(description="Authoritative servers, host:port, where they are not to be found by delegation."),
    ] = ()
    timeout: Annotated[Duration, Field(gt=0, le=3600, description="Time to wait for an answer.")] = 30.0
