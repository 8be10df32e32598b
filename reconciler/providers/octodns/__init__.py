"""The long tail of DNS hosts, through octoDNS's providers (`type: octodns`), and of these only what is safe.

`import octodns` in here is the library: imports are absolute.
"""

from reconciler.providers.octodns.provider import OctoDnsProvider
from reconciler.providers.octodns.settings import OctoDnsSettings

__all__ = ["OctoDnsProvider", "OctoDnsSettings"]
