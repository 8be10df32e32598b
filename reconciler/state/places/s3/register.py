"""The register in a bucket: the head under its key, the parts below `KEY.parts/`, all written on condition.

`If-None-Match: *` writes what must not be there yet, `If-Match: ETAG` replaces what was read. A store that does not
know these headers ignores them, and would let one run overwrite another's: so a run tries them out before its first
write.
"""

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from reconciler.state.backend import BackendError
from reconciler.state.places.register import Held, Moved
from reconciler.state.places.s3 import failures, problems
from reconciler.state.places.s3.client import Answer, Client, Place

_NO_ETAG = "0" * 32
_CONTENT = "application/json"


class S3Register:
    """A head and parts in a bucket."""

    def __init__(self, place: Place, connect: Callable[[], Client]) -> None:
        """Keep state at a place.

        Args:
            place: Where.
            connect: Returns a client; it is called once, when the first request is made.
        """
        self._place = place
        self._connect = connect
        self._client: Client | None = None
        self._connecting = threading.Lock()
        self._quote: str | None = None  # what stands around an ETag in If-Match, once that is known

    @property
    def where(self) -> str:
        """`s3://BUCKET/KEY`."""
        return self._place.where

    def get(self) -> Held | None:
        """Return the head; its token is its ETag, without quotes."""
        with self._failing():
            try:
                answer = self._use().get_object(Bucket=self._place.bucket, Key=self._place.key)
            except ClientError as error:
                if failures.missing(error):
                    return None
                raise
            with contextlib.closing(answer["Body"]) as body:
                return Held(body.read(), self._etag(answer))

    def put(self, data: bytes, token: str | None, lock_before: bytes | None, lock_after: bytes | None) -> str:  # noqa: ARG002
        """Replace the head on condition; the lock in it needs nothing more here.

        Raises:
            Moved: If another head stands there.
        """
        with self._failing():
            if self._quote is None:
                self._quote = self._tried()
            etag = self._written(self._place.key, data, token)
        if etag is None:
            raise Moved
        return etag

    def read_part(self, name: str) -> bytes | None:
        """Return a part, None where there is none."""
        with self._failing():
            try:
                answer = self._use().get_object(Bucket=self._place.bucket, Key=self._at(name))
            except ClientError as error:
                if failures.missing(error):
                    return None
                raise
            with contextlib.closing(answer["Body"]) as body:
                data: bytes = body.read()
                return data

    def write_part(self, name: str, data: bytes) -> None:
        """Write a part; one that stands there already was written by the same call, whose answer was lost."""
        with self._failing():
            self._written(self._at(name), data, None)

    def drop_part(self, name: str) -> None:
        """Remove a part."""
        with self._failing():
            self._use().delete_object(Bucket=self._place.bucket, Key=self._at(name))

    def list_parts(self) -> Iterable[str]:
        """Return the names of all parts."""
        prefix = self._at("")
        with self._failing():
            pages = self._use().get_paginator("list_objects_v2").paginate(Bucket=self._place.bucket, Prefix=prefix)
            return [each["Key"].removeprefix(prefix) for page in pages for each in page.get("Contents", ())]

    def close(self) -> None:
        """Close connections."""
        if self._client is not None:
            self._client.close()

    def _at(self, name: str) -> str:
        return f"{self._place.key}.parts/{name}"

    def _use(self) -> Client:
        with self._connecting:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _etag(self, answer: Answer) -> str:
        """Return the ETag of an answer, without quotes; what is no store, such as a log-in page, gives none."""
        etag = str(answer.get("ETag", "")).strip('"')
        if not etag:
            raise problems.refused(self.where, "an answer without ETag")
        return etag

    def _written(self, key: str, data: bytes, token: str | None, quote: str | None = None) -> str | None:
        """Write an object on condition; return its ETag, None where the condition does not hold."""
        if token is None:
            condition = {"IfNoneMatch": "*"}
        else:
            quote = self._quote if quote is None else quote
            condition = {"IfMatch": f"{quote}{token}{quote}"}
        try:
            answer = self._use().put_object(
                Bucket=self._place.bucket, Key=key, Body=data, ContentType=_CONTENT, **condition
            )
        except ClientError as error:
            if failures.conditional(error):
                return None
            raise
        return self._etag(answer)

    def _tried(self) -> str:
        """Return what stands around an ETag, after making sure that the store refuses what it must.

        HTTP puts quotes there (RFC 9110 §8.8.3); Ceph's gateway up to version 16 compares with them and never matches.

        Raises:
            BackendError: If the store writes although a condition does not hold, or never writes on condition.
        """
        name = f"probe-{secrets.token_hex(8)}"
        key = self._at(name)
        try:
            etag = self._written(key, b"1", None)
            if etag is None or self._written(key, b"2", None) is not None:
                raise problems.unconditional(self.where, "If-None-Match")
            for quote in ('"', ""):
                if self._written(key, b"3", _NO_ETAG, quote) is not None:
                    raise problems.unconditional(self.where, "If-Match")
                if self._written(key, b"4", etag, quote) is not None:
                    return quote
            raise problems.unconditional(self.where, "If-Match")
        finally:
            # a store that keeps what can not be removed has one small object more
            with contextlib.suppress(BackendError):
                self.drop_part(name)

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise failures.refused(self.where, error) from None
        except RecursionError:
            # boto3 asks for the region of a redirected bucket, is redirected, asks for the region …
            raise problems.region(self.where, "PermanentRedirect") from None
        except BotoCoreError as error:
            raise failures.unanswered(self.where, self._place.timeout, error) from None
