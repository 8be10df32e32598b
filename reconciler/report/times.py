"""Moments and lengths of time, as a person reads them. Moments are seconds since the epoch, and are told in UTC."""

from datetime import UTC, datetime

from reconciler.report.layout import count

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def moment(seconds: float) -> str:
    """Return `2026-11-22 03:17:14 UTC`, or nothing certain where the number is no moment a calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{seconds:g} seconds since 1970"


def iso(seconds: float) -> str:
    """Return a moment for programs, as RFC 3339 has it: `2026-11-22T03:17:14+00:00`."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return ""


def length(seconds: float) -> str:
    """Return how long in the one unit that fits: `41 s`, `4 min`, `3 h`, `12 days`."""
    whole = round(abs(seconds))
    if whole < 2 * _MINUTE:
        return f"{whole} s"
    if whole < 2 * _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < 2 * _DAY:
        return f"{whole // _HOUR} h"
    return count(whole // _DAY, "day")


def distance(seconds: float, now: float) -> str:
    """Return `4 min ago` or `in 41 s`."""
    return f"{length(now - seconds)} ago" if seconds <= now else f"in {length(seconds - now)}"
