"""Zone files (`type: zonefile`): the embedded DNS. Foreign records, comments and layout stay as they are."""

from reconciler.providers.zonefile.provider import ZonefileProvider, ZonefileSettings

__all__ = ["ZonefileProvider", "ZonefileSettings"]
