"""Stores and buckets, and states in them."""

import functools
from collections.abc import Iterator

import pytest
from botocore import loaders

from reconciler.state.places.register import RegisterState
from tests.s3.places import Bucket
from tests.servers.s3 import Store, moto_bucket, moto_store, s3_bucket, s3_store  # noqa: F401

_create_loader = functools.cache(loaders.create_loader)


@pytest.fixture(autouse=True)
def _no_cloud(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """No credentials but those a test gives, and no machine is asked for its role."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # each state has a client of its own, and reading what S3 is takes each a fifth of a second
    monkeypatch.setattr(loaders, "create_loader", _create_loader)


@pytest.fixture
def bucket(s3_store: Store, s3_bucket: str) -> Iterator[Bucket]:  # noqa: F811
    """An empty bucket of every kind of store."""
    with Bucket(s3_store, s3_bucket) as place:
        yield place


@pytest.fixture
def moto(moto_store: Store, moto_bucket: str) -> Iterator[Bucket]:  # noqa: F811
    """An empty bucket of the store that is always there."""
    with Bucket(moto_store, moto_bucket) as place:
        yield place


@pytest.fixture
def state(bucket: Bucket) -> RegisterState:
    """A state where there is none yet."""
    return bucket.state()
