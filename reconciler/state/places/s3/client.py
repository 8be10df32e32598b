"""The client: boto3 as it is set up here, and what of it is used."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import boto3  # type: ignore[import-untyped]
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]

from reconciler.state.places.s3 import problems

#: An answer as boto3 gives it.
Answer: TypeAlias = Mapping[str, Any]


class Pages(Protocol):
    """Answers that come in pages."""

    def paginate(self, **request: str) -> Iterable[Answer]:
        """Yield each page."""
        ...


class Client(Protocol):
    """The part of boto3's S3 client that is used; its methods may be called from several threads."""

    def get_object(self, **request: str) -> Answer:
        """Read an object."""
        ...

    def put_object(self, **request: str | bytes) -> Answer:
        """Write one."""
        ...

    def delete_object(self, **request: str) -> Answer:
        """Remove one."""
        ...

    def get_paginator(self, operation: str, /) -> Pages:
        """Return the pages of an operation."""
        ...

    def close(self) -> None:
        """Close connections; the next call opens new ones."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A key in a bucket of a store.

    Attributes:
        bucket: Its name.
        key: Of the head.
        endpoint: Address of the store, None for AWS.
        region: None for what the environment or the profile says.
        timeout: Seconds to wait for a connection, and for each answer.
        addressing: Whether the bucket's name stands in the path or in the host's name: `path`, `virtual` or `auto`.
    """

    bucket: str
    key: str
    endpoint: str | None = None
    region: str | None = None
    timeout: float = 10.0
    addressing: str = "path"

    @property
    def where(self) -> str:
        """The place, as a user would write it."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """An access key and its secret; they do not print themselves."""

    access: str
    secret: str


def connected(place: Place, keys: Keys | None) -> Client:
    """Return a client; it connects when it is used.

    Args:
        place: What it is for.
        keys: None for boto3's own chain: environment, profile, role of the machine or of the pipeline.

    Raises:
        BackendError: If what the environment or the profile says is of no use.
    """
    config = Config(
        connect_timeout=place.timeout,
        read_timeout=place.timeout,
        # whether to repeat is ours to decide: a write that was answered late is found again by looking
        retries={"total_max_attempts": 1, "mode": "standard"},
        # many stores that are not AWS refuse checksums in headers and trailers; the signature covers the content
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": place.addressing},
    )
    try:
        session = boto3.session.Session()
        client = session.client(
            "s3",
            endpoint_url=place.endpoint,
            region_name=place.region or session.region_name or "us-east-1",
            aws_access_key_id=keys and keys.access,
            aws_secret_access_key=keys and keys.secret,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        raise problems.unusable(place.where, str(error)) from None
    # boto3 asks for leave before it sends a body; for a head of some kilobytes that is a round trip for nothing
    client.meta.events.register("before-sign.s3.PutObject", _at_once)
    made: Client = client
    return made


def _at_once(request: AWSRequest, **_: object) -> None:
    del request.headers["Expect"]
