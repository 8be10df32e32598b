"""What stands under `state: {s3: …}`."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from reconciler.model.scalars import Duration, Strict, Text
from reconciler.secrets.settings import SecretSetting

_LONGEST = 900  # bytes; a store allows 1024, and the names of parts follow
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]\Z")


def _bucket(name: str) -> str:
    if not _BUCKET.match(name):
        raise ValueError(f"'{name}' can not be the name of a bucket; write it alone, such as mail-state")
    return name


def _key(key: str) -> str:
    if len(key.encode()) > _LONGEST:
        raise ValueError(f"the key has more than {_LONGEST} bytes; write a shorter one")
    if key.endswith("/"):
        raise ValueError("the key names a folder; write the name of an object, such as mail/state.json")
    return key


def _endpoint(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise ValueError("the endpoint is no address; write one such as https://s3.example.net")
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "the endpoint holds a user or a password, and addresses end up in logs; "
            "write where they are as access_key and secret_key, such as {env: NAME}"
        )
    return address


def _some(seconds: float) -> float:
    if seconds <= 0:
        raise ValueError("an answer takes some time; write one such as 10 s")
    return seconds


class S3Settings(Strict):
    """A bucket, and a key in it."""

    bucket: Annotated[Text, AfterValidator(_bucket), Field(description="Bucket; it must exist.")]
    key: Annotated[Text, AfterValidator(_key), Field(description="Key of the state; its parts stand below KEY.parts/.")]
    endpoint: Annotated[
        Text | None, AfterValidator(lambda it: it if it is None else _endpoint(it)),
        Field(description="Address of the store; default: that of AWS for the region."),
    ] = None  # fmt: skip
    region: Annotated[
        Text | None, Field(description="Region; default: AWS_REGION or the profile's, else us-east-1.")
    ] = None
    access_key: Annotated[
        SecretSetting | None, Field(description="Where the access key is; default: as AWS's tools.")
    ] = None
    secret_key: Annotated[SecretSetting | None, Field(description="Where the secret key is.")] = None
    timeout: Annotated[Duration, AfterValidator(_some), Field(description="Seconds to wait for each answer.")] = 10.0
    addressing: Annotated[
        Literal["path", "virtual"] | None,
        Field(description="Where the bucket's name stands; default: in the path where an endpoint is given."),
    ] = None

    @model_validator(mode="after")
    def _both_keys(self) -> "S3Settings":
        if (self.access_key is None) != (self.secret_key is None):
            raise ValueError("one of access_key and secret_key stands alone; write both or neither")
        return self
