"""What goes wrong at the database and the daemons: a sentence for people, and the answer of a writer."""

from collections.abc import Sequence

from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Failed


class Trouble(ProviderError):
    """A question or an order that did not do what it was to do.

    Attributes:
        code: A short name, or the server's own code.
        id: Of its page.
        certain: Whether it surely had no effect.
    """

    def __init__(
        self,
        message: str,
        code: str,
        *,
        id: str = "provider-failed",  # noqa: A002
        help: str | None = None,  # noqa: A002
        transient: bool = False,
        certain: bool = True,
    ) -> None:
        """Say what is wrong in one lower-case sentence that names the thing."""
        super().__init__(message, help=help, transient=transient)
        self.code, self.certain, self.id = code, certain, id

    @property
    def failed(self) -> Failed:
        """The same as a writer's answer."""
        return Failed(str(self), self.code, retryable=self.transient, certain=self.certain)


def together(troubles: Sequence[Trouble]) -> Trouble:
    """Return the first of several, which names the others."""
    first, *others = troubles
    first.also = tuple(others)
    return first
