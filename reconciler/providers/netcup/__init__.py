"""DNS zones at netcup (`type: netcup`): the CCP interface and CloudDNS's REST interface, chosen for each domain."""

from reconciler.providers.netcup.provider import NetcupProvider
from reconciler.providers.netcup.settings import NetcupSettings

__all__ = ["NetcupProvider", "NetcupSettings"]
