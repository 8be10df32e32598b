"""Dynamic updates (`type: rfc2136`): any name server that takes signed updates, such as BIND, Knot or NSD's primary."""

from reconciler.providers.rfc2136.provider import Rfc2136Provider
from reconciler.providers.rfc2136.settings import Rfc2136Settings

__all__ = ["Rfc2136Provider", "Rfc2136Settings"]
