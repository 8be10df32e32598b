"""Secrets: every one a plan needs is looked up before its first write, so that a missing one changes nothing."""

import asyncio
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.apply.steps import sets_version
from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, Problem, problem, warning
from reconciler.model.kinds import Action, Kind
from reconciler.model.names import address_label
from reconciler.model.secrets import Secret, SecretRef, SecretSource
from reconciler.plan.document import Operation, Plan
from reconciler.secrets import SecretError, look_up

_COMMANDS = 8  # at once
_STRENGTH = 24  # random bytes of a generated password: 192 bits, 32 characters


@dataclass(slots=True)
class Secrets:
    """The secrets of one run. None of them is ever written anywhere but into the file it is generated to.

    Attributes:
        references: By position in the plan, where the password is that an operation sets.
        warnings: What to know about where they were read from.
    """

    references: dict[int, SecretRef] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    _found: dict[SecretRef, Secret] = field(default_factory=dict, repr=False)

    async def get(self, position: int) -> Secret | None:
        """Return the password of an operation, or None where it sets none.

        One that is to be generated is in its file, durably, before this returns.

        Raises:
            SecretError: If it can not be generated.
        """
        reference = self.references.get(position)
        if reference is None:
            return None
        secret = self._found.get(reference)
        if secret is None:
            secret = await asyncio.to_thread(_generate, reference)
            self._found[reference] = secret
        return secret


async def prepare(plan: Plan, declaration: Callable[[Kind, str], Declaration | None], timeout: float) -> Secrets:  # noqa: ASYNC109
    """Look up every secret a plan needs, once each.

    Args:
        plan: The plan.
        declaration: The declaration of a resource, whose password it is.
        timeout: Seconds a command may run.

    Raises:
        Problem: With every secret that can not be had.
    """
    references = {
        position: reference
        for position, operation in enumerate(plan.operations)
        if (reference := _reference(operation, declaration)) is not None
    }
    users: dict[SecretRef, list[str]] = {}
    for position, reference in references.items():
        operation = plan.operations[position]
        users.setdefault(reference, []).append(f"{operation.kind} {address_label(operation.key)}")
    distinct = list(users)
    gate = asyncio.Semaphore(_COMMANDS)
    answers = await asyncio.gather(*(_look(reference, users[reference], gate, timeout) for reference in distinct))
    errors = [answer for answer in answers if isinstance(answer, Diagnostic)]
    if errors:
        raise Problem(errors)
    found = {
        reference: answer for reference, answer in zip(distinct, answers, strict=True) if isinstance(answer, Secret)
    }
    return Secrets(references, tuple(_open_files(distinct)), found)


def _reference(operation: Operation, declaration: Callable[[Kind, str], Declaration | None]) -> SecretRef | None:
    if operation.action is not Action.CREATE and not sets_version(operation):
        return None
    declared = declaration(operation.kind, operation.key)
    return None if declared is None else declared.password


async def _look(
    reference: SecretRef, users: Sequence[str], gate: asyncio.Semaphore, seconds: float
) -> Secret | Diagnostic | None:
    """Return a secret, why it can not be had, or None where it is yet to be generated."""
    try:
        if reference.source is SecretSource.GENERATE:
            return _generated(reference)
        if reference.source is SecretSource.COMMAND:
            async with gate:
                return await asyncio.to_thread(look_up, reference, seconds=seconds)
        return look_up(reference)
    except SecretError as error:
        others = f" and of {len(users) - 1:,} more" if len(users) > 1 else ""
        whose = f"it is the password of {users[0]}{others}"
        return problem("secret-missing", str(error), why=whose, help=_HELP[reference.source])


_HELP = {
    SecretSource.ENV: "export the variable in the shell or pipeline that runs apply",
    SecretSource.FILE: "write the password into that file, and let only its owner read it (chmod 600)",
    SecretSource.COMMAND: "run the command by hand in the folder of the file that names it; it must print the password",
    SecretSource.GENERATE: "let this user write there, or name another place",
}


def _generated(reference: SecretRef) -> Secret | None:
    """Return what an earlier run generated; None where there is none yet and it can be."""
    path = Path(reference.argument[0])
    try:
        if path.stat().st_size:
            return look_up(reference)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise SecretError(f"the password file {path} can not be read: {error.strerror}") from None
    folder = next(each for each in path.parents if each.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise SecretError(f"no password can be generated into {path}: {folder} is not a folder this user can write to")
    return None


def _generate(reference: SecretRef) -> Secret:
    """Write a new password, readable by its owner alone; what stands there already is used, never overwritten."""
    path = Path(reference.argument[0])
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_durably(temporary, secrets.token_urlsafe(_STRENGTH) + "\n")
        try:
            os.link(temporary, path)
        except FileExistsError:
            if not path.stat().st_size:
                temporary.replace(path)
        temporary.unlink(missing_ok=True)
        _sync(path.parent)
        _sync(path.parent.parent)
    except OSError as error:
        raise SecretError(f"no password can be generated into {path}: {error.strerror}") from None
    return look_up(reference)


def _write_durably(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open_files(references: Iterable[SecretRef]) -> Iterable[Diagnostic]:
    """Yield a warning for each password file that others than its owner may read."""
    for reference in references:
        path = Path(reference.argument[0]) if reference.source in (SecretSource.FILE, SecretSource.GENERATE) else None
        if path is not None and path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield warning("secret-file-open", f"others can read the password file {path}", help=f"chmod 600 {path}")
