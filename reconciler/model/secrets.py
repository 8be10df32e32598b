"""Secrets: a reference is what configuration holds; the text exists only between look-up and the provider's call."""

from dataclasses import dataclass
from enum import StrEnum


class SecretSource(StrEnum):
    """Where a secret comes from."""

    ENV = "env"
    FILE = "file"
    COMMAND = "command"
    GENERATE = "generate"


@dataclass(frozen=True, slots=True)
class SecretRef:
    """How to get a secret; never the secret.

    Attributes:
        source: Where it comes from.
        argument: The variable's name, the absolute path of the file to read or to generate into, or the command's
            words.
        base: Folder in which a command runs: that of the file which declared it.
    """

    source: SecretSource
    argument: tuple[str, ...]
    base: str = "."

    def __str__(self) -> str:
        return f"{self.source} {' '.join(self.argument)}"


class Secret:
    """A secret's text, which does not print itself."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hold the text."""
        self._text = text

    def reveal(self) -> str:
        """Return the text, for the one call that hands it to a provider."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is never written anywhere")
