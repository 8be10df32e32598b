"""netcup's DNS interfaces, both: the JSON interface of the customer control panel, and REST v1 of CloudDNS.

Made from recordings of the real server, from texts quoted in public issues, and from what clients that work against it
send and expect. `messages` marks what had to be invented; `docs/decisions/0021` tells how the twin is proven.
"""

from tests.twins.netcup.account import Account, Clock, CloudRecord, Domain, Record
from tests.twins.netcup.server import Addresses, serving

__all__ = ["Account", "Addresses", "Clock", "CloudRecord", "Domain", "Record", "serving"]
