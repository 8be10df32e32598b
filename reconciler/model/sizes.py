"""Amounts of storage and of time, as people write them."""

import re

_SIZE_UNITS = {
    "b": 1,
    "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
_BINARY = ("TiB", "GiB", "MiB", "KiB")
_TIME_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*\Z")


class BadAmount(ValueError):
    """A size or a duration that can not be read; the message says how to write one."""


def parse_size(text: str) -> int:
    """Return bytes for `2 GB` (2·10⁹), `2 GiB` (2·2³⁰) or a bare number of bytes.

    Raises:
        BadAmount: If the text is not a size, or is a fraction of a byte.
    """
    match = _AMOUNT.match(text)
    unit = _SIZE_UNITS.get((match[2] or "b").lower()) if match else None
    if match is None or unit is None:
        raise BadAmount(f"'{text}' is not a size; write one such as 5 GB or 5 GiB")
    whole, _, fraction = match[1].partition(".")
    scale: int = 10 ** len(fraction)
    size, rest = divmod((int(whole) * scale + int(fraction or 0)) * unit, scale)
    if rest:
        raise BadAmount(f"'{text}' is not a whole number of bytes")
    return size


def format_size(size: int) -> str:
    """Return the shortest exact or one-decimal form of a number of bytes, such as `5 GB` or `1.5 GiB`."""
    return _decimal(size, 1_000) or _binary(size, 10_000) or _decimal(size, 100_000) or _nearly(size)


def _decimal(size: int, below: int) -> str:
    """A size in tenths of a decimal unit and less than `below` of it; empty where no unit tells it so."""
    for unit in ("tb", "gb", "mb", "kb"):
        scale = _SIZE_UNITS[unit]
        if scale <= size < below * scale and size % (scale // 10) == 0:
            return f"{size / scale:g} {unit.upper()}"
    return ""


def _binary(size: int, below: int) -> str:
    """A size in wholes of a binary unit and less than `below` of it; empty where no unit tells it so."""
    for unit in _BINARY:
        scale = _SIZE_UNITS[unit.lower()]
        if scale <= size < below * scale and size % scale == 0:
            return f"{size // scale} {unit}"
    return ""


def _nearly(size: int) -> str:
    for unit in _BINARY:
        scale = _SIZE_UNITS[unit.lower()]
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} B"


def exact_size(size: int) -> str:
    """Return a number of bytes in a form that reads back as the same number: `5 GB`, but `5000000001 B`."""
    text = format_size(size)
    try:
        same = parse_size(text) == size
    except BadAmount:
        same = False
    return text if same else f"{size} B"


def parse_duration(text: str) -> float:
    """Return seconds for `20 ms`, `2 s`, `5 min`, `1 h`, `30 d` or a bare number of seconds.

    Raises:
        BadAmount: If the text is not a duration.
    """
    match = _AMOUNT.match(text)
    unit = _TIME_UNITS.get((match[2] or "s").lower()) if match else None
    if match is None or unit is None:
        raise BadAmount(f"'{text}' is not a duration; write one such as 20 ms, 5 s or 10 min")
    return float(match[1]) * unit
