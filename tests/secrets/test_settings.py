"""A secret in settings: a reference of one of three kinds, and no text."""

from pathlib import Path

import pytest

from reconciler.model.diagnostic import Problem
from reconciler.model.reading import read_model
from reconciler.model.scalars import Strict
from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.model.source import Origin
from reconciler.secrets.settings import SecretSetting

BASE = Path("/etc/mail")


class Settings(Strict):
    password: SecretSetting | None = None


def read(password) -> Settings:
    return read_model(Settings, {"password": password}, Origin("mail.yaml", 0), "the state")


@pytest.mark.parametrize(
    ("tree", "reference"),
    [
        ({"env": "STATE_PASSWORD"}, SecretRef(SecretSource.ENV, ("STATE_PASSWORD",), "/etc/mail")),
        ({"file": "keys/one"}, SecretRef(SecretSource.FILE, ("/etc/mail/keys/one",), "/etc/mail")),
        ({"file": "/run/one"}, SecretRef(SecretSource.FILE, ("/run/one",), "/etc/mail")),
        ({"file": "~/one"}, SecretRef(SecretSource.FILE, ("/srv/anna/one",), "/etc/mail")),
        ({"command": ["pass", "show"]}, SecretRef(SecretSource.COMMAND, ("pass", "show"), "/etc/mail")),
    ],
)
def test_a_reference_starts_at_the_folder_of_its_file(tree, reference, monkeypatch):
    """Relative paths do, absolute ones and those of a home folder do not."""
    monkeypatch.setenv("HOME", "/srv/anna")
    setting = read(tree).password
    assert setting is not None
    assert setting.ref(BASE) == reference


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ("hunter2-s3cret", "never written"),
        ({}, "none of env, file, command"),
        ({"env": "A", "file": "b"}, "2 of env, file, command"),
        ({"env": "not a name"}, "environment variable"),
        ({"command": []}, "empty list"),
        ({"generate": {"to": "x"}}, "no field 'generate'"),
        (["a"], "is a list where a mapping is expected"),
    ],
)
def test_anything_else_is_refused_without_repeating_it(tree, said):
    """A text might be the secret itself."""
    with pytest.raises(Problem) as caught:
        read(tree)
    assert said in str(caught.value)
    assert "s3cret" not in repr(caught.value.diagnostics)
