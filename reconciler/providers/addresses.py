"""Addresses of web interfaces in settings: what one can be, and that no secret stands in it."""

from urllib.parse import urlsplit


def web_address(text: str, example: str) -> str:
    """Return an address without a slash at its end.

    Args:
        text: As written.
        example: One that would do, for the message.

    Raises:
        ValueError: As pydantic gathers it.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"it is no address; write one such as {example}") from None
    if parts.username is not None or parts.password is not None:
        # not repeated: it is a secret
        raise ValueError("it holds a user or a password, and addresses end up in logs; the key belongs beside it")
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"it does not begin with http:// or https:// and a host; write one such as {example}")
    if parts.query or parts.fragment or not text.isascii() or " " in text:
        raise ValueError(f"it holds a query, a fragment or a blank; write one such as {example}")
    return text.rstrip("/")
