"""What octoDNS's errors mean: they have no common class, and wrap those of a hundred libraries."""

from collections.abc import Iterator, Sequence

_LIMIT = 300  # characters of a foreign message
_NETWORK = ("Timeout", "ConnectionError", "Unreachable", "ConnectionReset")


def reason(error: BaseException, secrets: Sequence[str]) -> str:
    """Return an error's message on one line, without any secret that was handed over."""
    text = " ".join(str(error).split()) or type(error).__name__
    for secret in secrets:
        text = text.replace(secret, "…")
    text = text if len(text) <= _LIMIT else f"{text[:_LIMIT]}…"
    return f"{text[:1].lower()}{text[1:]}"


def network(error: BaseException) -> bool:
    """Whether an error comes from the way to the host: then nobody knows what the host has done, and it may pass."""
    return any(_is_network(each) for each in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_network(error: BaseException) -> bool:
    if getattr(error, "response", None) is not None:
        return False  # an HTTP client's way to say that the host has answered
    names = [each.__name__ for each in type(error).__mro__]
    return isinstance(error, (TimeoutError, ConnectionError)) or any(
        name.endswith(each) for name in names for each in _NETWORK
    )
