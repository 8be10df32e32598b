"""The conformance kit: tests that authors of providers run against their own, inherited as classes.

`MailProviderConformance` is for providers of mail, `ZoneProviderConformance` for those of DNS zones. Either is
imported when it is asked for, so that an author of one needs nothing of the other.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.providers.conformance.mail import MailProviderConformance
    from reconciler.providers.conformance.zone import ZoneProviderConformance

__all__ = ["MailProviderConformance", "ZoneProviderConformance"]

_HOMES = {"MailProviderConformance": "mail", "ZoneProviderConformance": "zone"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
