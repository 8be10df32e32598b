"""How the platform says no."""

from reconciler.providers.writer import Failed


class Refused(Exception):
    """A call that had no effect, in the platform's own words.

    Attributes:
        code: The platform's own word for the kind of refusal, such as `address-taken`.
        rule: The rule that speaks, where it is one of the two help pages'.
        retryable: Whether the same call may work a little later.
        retry_after: Seconds to wait first, where that is known.
    """

    def __init__(
        self,
        code: str,
        text: str,
        rule: str | None = None,
        *,
        retry_after: float | None = None,
    ) -> None:
        """Take the code, the sentence and the rule; a time to wait makes it retryable."""
        super().__init__(text)
        self.code = code
        self.rule = rule
        self.retryable = retry_after is not None
        self.retry_after = retry_after

    def outcome(self) -> Failed:
        """The same as the answer to a write."""
        return Failed(str(self), self.code, self.retryable, retry_after=self.retry_after, rule=self.rule)
