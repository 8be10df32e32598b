"""Key pairs, and blocks that name them."""

import base64
import json
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from pyrage import x25519

from reconciler.model.desired import EncryptionBlock
from reconciler.model.diagnostic import Problem
from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.plan.wire import decode
from tests.programs import program


class Pair(NamedTuple):
    """A key pair, as text."""

    public: str
    private: str


def pair() -> Pair:
    """A new key pair."""
    made = x25519.Identity.generate()
    return Pair(str(made.to_public()), str(made))


def file_ref(path: Path, text: str) -> SecretRef:
    """A secret in a file, which is written."""
    path.write_text(text, encoding="utf-8")
    return SecretRef(SecretSource.FILE, (str(path),))


class Ring:
    """A folder of key files, and the blocks that name them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def secret(self, text: str) -> SecretRef:
        self.count += 1
        return file_ref(self.folder / f"key-{self.count}", text)

    def block(self, *recipients: Pair, identities=(), passphrases=()) -> EncryptionBlock:
        """Encryption for some, read by others."""
        return EncryptionBlock(
            tuple(each.public for each in recipients),
            tuple(self.secret(each.private if isinstance(each, Pair) else each) for each in identities),
            tuple(self.secret(each) for each in passphrases),
        )


def only_id(caught: pytest.ExceptionInfo[Problem]) -> str:
    """The id of the only diagnostic."""
    (only,) = caught.value.diagnostics
    assert only.help
    return only.id


def run_age(*words: str | Path, stdin: bytes = b"") -> bytes:
    """Run the `age` command; skip where it is not installed, unless this is CI."""
    tool = program("age", "age")
    done = subprocess.run([tool, *map(str, words)], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def words_of(plan: bytes) -> set[str]:
    """Every key, name and text of a plan that is long enough to be found by no accident."""
    decode(plan)  # it is one
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            for name, value in node.items():
                walk(name)
                walk(value)
        elif isinstance(node, list):
            for each in node:
                walk(each)
        elif isinstance(node, str):
            found.update(re.findall(r"[\w@.-]{5,}", node))

    walk(json.loads(plan))
    return found


def faces(data: bytes) -> list[bytes]:
    """Bytes as they are, and every run of base64 in them decoded, across lines as well, at each of four offsets."""
    made = [data]
    joined = data.replace(b"\n", b"").replace(b"\r", b"")
    for text in (data, joined):
        for run in re.findall(rb"[A-Za-z0-9+/]{8,}", text):
            for offset in range(4):
                part = run[offset:]
                made.append(base64.b64decode(part[: len(part) // 4 * 4]))
    return made
