"""The block of a provider of type `powerdns`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from reconciler.model.scalars import DomainName, Duration, Strict, Text
from reconciler.providers.addresses import web_address
from reconciler.secrets.settings import SecretSetting

_API = "/api/v1"


def _address(text: str) -> str:
    """Return the address without the path that every server has."""
    return web_address(text, "http://127.0.0.1:8081").removesuffix(_API)


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
