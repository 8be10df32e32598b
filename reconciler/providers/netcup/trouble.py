"""What goes wrong at netcup, once, and said to readers and to writers."""

from collections.abc import Iterable

from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Failed

_SHORTEST = 4  # characters of a secret that is looked for in messages; hiding fewer would eat words


class Trouble(Exception):
    """A request that did not go well; the message is one lower-case sentence without secrets.

    Attributes:
        help: What to do about it.
        code: The provider's code, or ours.
        retryable: Trying the same again may work.
        certain: Whether it surely had no effect.
        retry_after: Seconds to wait first.
    """

    def __init__(
        self,
        message: str,
        *,
        help: str | None = None,  # noqa: A002 - as ProviderError has it
        code: str = "",
        retryable: bool = False,
        certain: bool = True,
        retry_after: float | None = None,
    ) -> None:
        """Say what is wrong."""
        super().__init__(message)
        self.help = help
        self.code = code
        self.retryable = retryable
        self.certain = certain
        self.retry_after = retry_after

    def failed(self) -> Failed:
        """The same as a writer's answer; what to do stands behind the sentence, as it has no other place."""
        said = f"{self}; {self.help}" if self.help else str(self)
        return Failed(said, self.code, self.retryable, self.certain, self.retry_after)

    def error(self) -> ProviderError:
        """The same as a reader's error."""
        return ProviderError(str(self), help=self.help, transient=self.retryable or not self.certain)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return what a server said without any secret it may have repeated, in one line."""
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, "…")
    return " ".join(text.split())
