"""The block of a provider of type `octodns`."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.model.scalars import DomainName, Strict, Text
from reconciler.secrets.settings import SecretSetting

#: What an argument can be: where a secret is, a text, or a list of texts.
Option = SecretSetting | Text | tuple[Text, ...]

_SOUNDS_SECRET = re.compile(r"(?:password|passwd|secret|token|api_?key|(?:secret|private)_(?:access_)?key)\Z")


def _options(options: dict[str, Any]) -> dict[str, Any]:
    if "id" in options:
        raise ValueError("`id` is the name under which this provider is configured; remove it")
    for name, value in options.items():
        if _SOUNDS_SECRET.search(name.lower()) and not isinstance(value, SecretSetting):
            # not repeated: it is one, most likely
            raise ValueError(
                f"`{name}` is a secret, and a secret is never written in a file that is shared and kept for ever; "
                "write where it comes from, such as {env: NAME}, {file: PATH} or {command: [WORD]}"
            )
    return options


class OctoDnsSettings(Strict):
    """A provider of octoDNS and its arguments."""

    class_path: Annotated[
        Text,
        Field(
            alias="class",
            pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$",
            description="octoDNS's provider, module and class, such as octodns_hetzner.HetznerProvider.",
        ),
    ]
    options: Annotated[
        dict[Text, Option],
        AfterValidator(_options),
        Field(description="Its arguments, as octoDNS's own configuration has them; secrets by where they are."),
    ] = {}  # noqa: RUF012 - pydantic copies it, and the model is frozen
    zones: Annotated[tuple[DomainName, ...], Field(min_length=1, description="The zones it hosts.")]
    servers: Annotated[
        tuple[Text, ...],
        Field(description="Authoritative servers, host:port, where they are not to be found by delegation."),
    ] = ()
