"""Saved plans: told apart from configuration on the command line, written and read, in the clear or encrypted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.app import App

if TYPE_CHECKING:
    from reconciler.model.desired import EncryptionBlock
    from reconciler.plan.document import Plan

SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class SealedPlan:
    """A saved plan that is encrypted: what it says is known once the configuration's keys are.

    Attributes:
        name: Its file's name, for messages.
        data: An age file.
    """

    name: str
    data: bytes

    def open(self, encryption: "EncryptionBlock | None") -> "Plan":
        """Return the plan.

        Raises:
            Problem: If no configured key opens it, or it is no plan, of another version, or was changed.
        """
        from reconciler.plan.wire import decode
        from reconciler.state.sealing import open_document

        return decode(open_document(self.data, encryption, self.name), self.name)


def saved_plan(app: App, paths: tuple[str, ...]) -> Path | None:
    """The saved plan that the arguments name: one alone that ends in `.json` and is no folder."""
    if len(paths) != 1 or not paths[0].endswith(SUFFIX) or app.path(paths[0]).is_dir():
        return None
    return app.path(paths[0])


def read_saved(path: Path) -> "Plan | SealedPlan":
    """Read a saved plan, as far as can be done without a key.

    Raises:
        OSError: If it can not be read.
        Problem: If it is no plan, of another version, or was changed after it was made.
    """
    from reconciler.plan.wire import decode

    data = path.read_bytes()
    return SealedPlan(path.name, data) if _is_sealed(data) else decode(data, path.name)


def read_plan(app: App, path: Path, configuration: Sequence[Path]) -> "Plan":
    """Read a saved plan; the configuration is read as well where the plan is encrypted.

    Raises:
        OSError: If it can not be read.
        Problem: If no configured key opens it, or it is no plan, of another version, or was changed.
    """
    from reconciler.config import load

    saved = read_saved(path)
    if isinstance(saved, SealedPlan):
        return saved.open(load(configuration, app.cwd).desired.state.encryption)
    return saved


def encryption_of_plan(configured: "EncryptionBlock | None", wanted: bool | None) -> "EncryptionBlock | None":
    """Return whom a plan is to be encrypted for, None for plain text; as the state is where nothing is wanted.

    Raises:
        Problem: If it is to be encrypted and nobody is configured.
    """
    from reconciler.model.diagnostic import Problem, problem

    if wanted and configured is None:
        raise Problem(
            problem(
                "encryption-not-configured",
                "the plan can not be encrypted: the configuration does not say for whom",
                help="add to `state:` a line such as `encryption: {recipients: [age1…], identity: {file: PATH}}`",
            )
        )
    return None if wanted is False else configured


def write_plan(path: Path, made: "Plan", encryption: "EncryptionBlock | None") -> None:
    """Write a plan to a file.

    Raises:
        OSError: If it can not be written.
        Problem: If it is to be encrypted with a passphrase that can not be had.
    """
    from reconciler.plan.wire import encode

    data = encode(made)
    if encryption is not None:
        from reconciler.state.sealing import seal_document

        data = seal_document(data, encryption)
    path.write_bytes(data)


def refuse_to_overwrite(path: Path, name: str, encryption: "EncryptionBlock | None") -> None:
    """Let a plan be written where nothing is, or another plan; anything else may be somebody's state.

    What is encrypted there is a plan if the configured keys say so.

    Raises:
        Problem: If something else is there.
        OSError: If what is there can not be read.
    """
    from reconciler.model.diagnostic import Problem, problem
    from reconciler.plan.wire import is_plan

    data = path.read_bytes() if path.exists() else b""
    what, why = "is no plan", None
    if _is_sealed(data):
        from reconciler.state.sealing import open_document

        try:
            data = open_document(data, encryption, name)
        except Problem as error:
            what, why = "may be no plan", str(error)
    if not is_plan(data):
        raise Problem(
            problem(
                "plan-file-taken",
                f"'{name}' is there already and {what}, so it is not written over",
                why=why,
                help="name another file: reconciler plan --out plan.json",
            )
        )


def _is_sealed(data: bytes) -> bool:
    # where nothing is, or JSON begins, no library is needed to tell
    if data[:1] in (b"", b"{"):
        return False
    from reconciler.state.sealing import is_sealed

    return is_sealed(data)
