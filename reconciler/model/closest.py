"""Did you mean: the known word nearest to one that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

_MANY = 5000  # comparing with more words than that would take longer than a reader waits


def closest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known word most like a given one, or None where none is like it.

    Args:
        word: What was written.
        known: What could have been meant; only the first 5,000 are looked at.
        cutoff: Likeness from 0 to 1 below which a word does not count.
    """
    found = get_close_matches(word, islice(known, _MANY), n=1, cutoff=cutoff)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    """Return the help sentence that names the nearest known word, or another where there is none."""
    near = closest(word, known)
    return otherwise if near is None else f"did you mean `{near}`?"
