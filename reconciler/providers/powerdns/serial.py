"""What a zone's serial tells about who changed it.

PowerDNS raises the serial with every PATCH: by one, or to the first number of a new day (`SOA-EDIT-API`, kinds DEFAULT
and INCREASE). So two looks at it tell how many changes lie between them.
"""

_PER_DAY = 100
_MODULUS = 2**32


def one_step(before: int, after: int) -> bool:
    """Whether a serial moved as one change alone moves it."""
    return after == (before + 1) % _MODULUS or (after > before and after % _PER_DAY == 1 and after > 10**9)
