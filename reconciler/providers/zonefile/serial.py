"""SOA serials: the next one in the zone's own style."""

from datetime import date

_MODULUS = 2**32
_PER_DAY = 100
_EARLIEST, _LATEST = 19700101, 21061231  # days a serial of ten digits is taken to mean


def raised(serial: int, today: date) -> int:
    """Return a serial that every secondary takes for newer (RFC 1982).

    A serial of the form YYYYMMDDnn stays one: today's first, or one more where that is not ahead. Any other is raised
    by one; zero is left out, because some software takes it for no serial at all.
    """
    following: int = (serial + 1) % _MODULUS or 1
    if not _dated(serial):
        return following
    first: int = int(today.strftime("%Y%m%d")) * _PER_DAY + 1
    return first if first > serial and first < _MODULUS else following


def _dated(serial: int) -> bool:
    day = serial // _PER_DAY
    if not _EARLIEST <= day <= _LATEST:
        return False
    try:
        date(day // 10000, day // 100 % 100, day % 100)
    except ValueError:
        return False
    return True
