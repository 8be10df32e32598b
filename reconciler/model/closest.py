"""Did you mean: the known word nearest to one that is not known."""

from collections.abc import Iterable
from itertools import islice

_MANY = 5000  # comparing with more words than that would take longer than a reader waits


def nearest(word: str, known: Iterable[str], *, most: int, cutoff: float = 0.6) -> list[str]:
    """Return the known words most like a given one, the likest first.

    Args:
        word: What was written.
        known: What could have been meant; only the first 5,000 are looked at.
        most: How many are wanted.
        cutoff: Likeness from 0 to 1 below which a word does not count.
    """
    from difflib import get_close_matches  # only a mistake pays for it

    return get_close_matches(word, islice(known, _MANY), n=most, cutoff=cutoff)


def closest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known word most like a given one, or None where none is like it; arguments as for `nearest`."""
    return next(iter(nearest(word, known, most=1, cutoff=cutoff)), None)


def closest_key(key: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known key most like a given one, or None where none is like it.

    Addresses of one domain are alike in most of their letters, whoever they belong to. So the parts before the @ are
    compared within a domain, and domains only where that part is the same.

    Args:
        key: What was written, an address or any other key.
        known: Keys that could have been meant.
        cutoff: Likeness from 0 to 1 below which a key does not count.
    """
    local, at, domain = key.rpartition("@")
    if not at:
        return closest(key, known, cutoff=cutoff)
    locals_: list[str] = []
    domains: list[str] = []
    for each in known:
        other, _, place = each.rpartition("@")
        if place == domain:
            locals_.append(other)
        elif other == local:
            domains.append(place)
    meant = closest(local, locals_, cutoff=cutoff)
    if meant is not None:
        return f"{meant}@{domain}"
    elsewhere = closest(domain, domains, cutoff=cutoff)
    return None if elsewhere is None else f"{local}@{elsewhere}"


def did_you_mean(word: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    """Return the help sentence that names the nearest known word, or another where there is none."""
    near = closest(word, known)
    return otherwise if near is None else f"did you mean `{near}`?"
