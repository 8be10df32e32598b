"""The block of a provider of type `rfc2136`."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from reconciler.model.scalars import DomainName, Duration, Strict, Text
from reconciler.secrets.settings import SecretSetting

_PORT = 53

#: Every HMAC that dnspython can sign with; those with two numbers are cut off (RFC 8945 §6, RFC 4868).
ALGORITHMS: dict[str, str] = {
    "hmac-md5": "hmac-md5.sig-alg.reg.int",
    "hmac-sha1": "hmac-sha1",
    "hmac-sha224": "hmac-sha224",
    "hmac-sha256": "hmac-sha256",
    "hmac-sha256-128": "hmac-sha256-128",
    "hmac-sha384": "hmac-sha384",
    "hmac-sha384-192": "hmac-sha384-192",
    "hmac-sha512": "hmac-sha512",
    "hmac-sha512-256": "hmac-sha512-256",
}


def _algorithm(value: Any) -> Any:
    if isinstance(value, str):
        plain = value.lower().rstrip(".").removesuffix(".sig-alg.reg.int")
        if plain not in ALGORITHMS:
            raise ValueError(f"'{value}' is not an algorithm; write one of: {', '.join(ALGORITHMS)}")
        return plain
    return value


def _choice(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value not in ("true", "false", "auto"):
        raise ValueError(f"'{value}' is not a choice here; write true, false or auto")
    return value


def _host_port(value: Any) -> Any:
    if isinstance(value, str):
        split_address(value)
    return value


def split_address(text: str) -> tuple[str, int]:
    """Return host and port of `host`, `host:port`, `[IPv6]:port` or a bare IPv6 address; the port is 53 if not given.

    Raises:
        ValueError: If it is none of these.
    """
    host, colon, port = text.rpartition(":")
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        colon, port = rest[:1], rest[1:]
        if not closed or (rest and colon != ":"):
            raise ValueError(f"'{text}' is not host:port; write one such as [2001:db8::53]:53")
    elif not colon or ":" in host:
        host, colon, port = text, "", ""
    if not host or (colon and not (port.isdecimal() and 0 < int(port) < 1 << 16)):
        raise ValueError(f"'{text}' is not host:port; write one such as ns1.example.org:53")
    return host, int(port) if colon else _PORT


Algorithm = Annotated[str, BeforeValidator(_algorithm), WithJsonSchema({"enum": sorted(ALGORITHMS)})]
Address = Annotated[Text, BeforeValidator(_host_port)]
Choice = Annotated[
    Literal["true", "false", "auto"],
    BeforeValidator(_choice),
    WithJsonSchema({"enum": [True, False, "true", "false", "auto"]}),
]


class KeySettings(Strict):
    """A TSIG key (RFC 8945), as the name server has it."""

    name: Text = Field(description="Name of the key, exactly as the server has it.")
    secret: SecretSetting = Field(description="Where its secret comes from; base64, as `tsig-keygen` prints it.")
    algorithm: Algorithm = Field(default="hmac-sha256", description="Algorithm of the key.")


class Rfc2136Settings(Strict):
    """The block of a provider of type `rfc2136`."""

    server: Address = Field(description="The zones' primary name server, host or host:port; over TCP.")
    zones: tuple[DomainName, ...] = Field(
        min_length=1, description="The zones it hosts: the protocol has no way to list them."
    )
    key: KeySettings | None = Field(
        default=None, description="Key that signs; without one the server must go by this host's address."
    )
    servers: tuple[Address, ...] = Field(
        default=(), description="The zones' other authoritative servers, host or host:port, that are verified as well."
    )
    timeout: Duration = Field(
        default=10.0, gt=0, description="Seconds to wait for a connection, and for each message; `10 s`."
    )
    transfer: Choice = Field(
        default="auto",
        description="Whether zones are read by transfer (AXFR): true, false (by questions, name by name), or auto: by "
        "transfer where it is allowed.",
    )
