"""Looking one secret up: in the environment, in a file, or in what a command prints."""

import os
from pathlib import Path

from reconciler.model.secrets import Secret, SecretRef, SecretSource


class SecretError(Exception):
    """One secret can not be had; the message says why, without any part of it."""


def look_up(ref: SecretRef, *, seconds: float = 30.0) -> Secret:
    """Return a secret; one that is to be generated must be in its file already.

    A line break at the end of a file, or of what a command prints, is not part of it.

    Args:
        ref: Where it is.
        seconds: Time a command may run.

    Raises:
        SecretError: If it can not be had, or is empty.
    """
    match ref.source:
        case SecretSource.ENV:
            return _from_env(ref.argument[0])
        case SecretSource.FILE | SecretSource.GENERATE:
            return _from_file(Path(ref.argument[0]))
        case SecretSource.COMMAND:
            return _from_command(ref, seconds)


def _secret(text: str, name: str) -> Secret:
    if not text:
        raise SecretError(f"{name} is empty, and a secret can not be")
    return Secret(text)


def _from_env(name: str) -> Secret:
    text = os.environ.get(name)
    if text is None:
        raise SecretError(f"the environment has no variable {name}")
    return _secret(text, f"the variable {name}")


def _from_file(path: Path) -> Secret:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SecretError(f"the file {path} can not be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SecretError(f"the file {path} is not UTF-8 text") from None
    return _secret(text.rstrip("\r\n"), f"the file {path}")


def _from_command(ref: SecretRef, seconds: float) -> Secret:
    import subprocess

    # no more than its name: an argument may be a secret itself
    name = f"the command '{ref.argument[0]}'"
    null = subprocess.DEVNULL
    try:
        done = subprocess.run(
            ref.argument, cwd=ref.base, stdin=null, stdout=subprocess.PIPE, stderr=null, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise SecretError(f"{name} did not end within {seconds:g} s") from None
    except (OSError, ValueError) as error:
        raise SecretError(f"{name} can not be run: {getattr(error, 'strerror', None) or error}") from None
    if done.returncode:
        raise SecretError(f"{name} ended with exit code {done.returncode}")
    try:
        return _secret(done.stdout.decode().rstrip("\r\n"), f"the output of {name}")
    except UnicodeDecodeError:
        raise SecretError(f"the output of {name} is not UTF-8 text") from None
