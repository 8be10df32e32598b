"""A bucket for a test: states in it as the configuration opens them, and looks behind their back."""

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Self

from reconciler.model.desired import StateBlock
from reconciler.state.places.register import RegisterState
from reconciler.state.places.s3 import open_s3
from tests.servers.s3 import Store

KEY = "teams/mail.json"


def block(store: Store, bucket: str, /, **settings: object) -> StateBlock:
    """A `state:` block, whose keys stand in files beside it."""
    folder = Path(store.daemon.log).parent
    for name in ("access_key", "secret_key"):
        folder.joinpath(name).write_text(getattr(store, name) + "\n")
    given = {
        "bucket": bucket,
        "key": KEY,
        "endpoint": store.endpoint,
        "access_key": {"file": "access_key"},
        "secret_key": {"file": "secret_key"},
        "timeout": "5",
    }
    return StateBlock("s3", {name: value for name, value in (given | settings).items() if value is not None}, folder)


class Bucket:
    """A bucket in a store."""

    def __init__(self, store: Store, name: str) -> None:
        self.store = store
        self.name = name
        self.client = store.client()
        self._ends = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()
        self.client.close()

    def state(self, **settings: object) -> RegisterState:
        """A state as a configuration opens it; another process has another."""
        opened = open_s3(block(self.store, self.name, **settings))
        self._ends.callback(opened.close)
        return opened

    def through(self, port: int, **settings: object) -> RegisterState:
        """A state reached through another port of this machine."""
        return self.state(endpoint=f"http://127.0.0.1:{port}", **settings)

    def listed(self) -> list[str]:
        """Every key there is."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]

    def read(self, key: str = KEY) -> bytes:
        with self.client.get_object(Bucket=self.name, Key=key)["Body"] as body:
            return body.read()

    def write(self, data: bytes, key: str = KEY, **more: str) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=data, **more)

    def elsewhere(self, **changed: str) -> "Bucket":
        """The same bucket for somebody with other credentials or another address."""
        other = Bucket(replace(self.store, **changed), self.name)
        self._ends.enter_context(other)
        return other
