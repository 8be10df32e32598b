"""Zones over the CCP interface: read, and changed by one call that answers with the whole zone."""

from collections.abc import Mapping, Sequence

from reconciler.model.rrsets import RRset, RRsetChange, RRsetKey, ZoneContent
from reconciler.providers.netcup.ccp.batch import batch
from reconciler.providers.netcup.ccp.client import CcpClient
from reconciler.providers.netcup.ccp.envelope import EMPTY_ZONE, Answer
from reconciler.providers.netcup.ccp.rows import Row, grouped, parse_rows, rrsets_of
from reconciler.providers.netcup.checks import check
from reconciler.providers.netcup.limits import CCP_LIMITS
from reconciler.providers.netcup.trouble import Trouble

#: Records by rrset and value.
_Groups = Mapping[RRsetKey, Mapping[str, Sequence[Row]]]


class CcpZones:
    """Zones of the CCP interface."""

    def __init__(self, client: CcpClient) -> None:
        """Ask nothing yet."""
        self._client = client

    def read(self, zone: str) -> ZoneContent:
        """Every rrset of a zone.

        Raises:
            Trouble: If it can not be read.
        """
        return self._read(zone)[0]

    def change(self, zone: str, changes: Sequence[RRsetChange]) -> None:
        """Make all changes of a zone, after a look at what stands there.

        Raises:
            Trouble: If they were not made, or not as they were meant.
        """
        content, groups = self._read(zone)
        check(zone, content.rrsets, changes, CCP_LIMITS)
        records = batch(zone, groups, changes)
        if not records:
            return
        try:
            answer = self._client.call("updateDnsRecords", zone, dnsrecordset={"dnsrecords": records})
        except Trouble as error:
            raise self._effect(zone, groups, error) from None
        after = rrsets_of(grouped(parse_rows(answer.data, zone), zone), 0)
        for change in changes:
            _compare(zone, after.get(change.id), change)

    def close(self) -> None:
        """Log out and close the connections."""
        self._client.close()

    def _read(self, zone: str) -> tuple[ZoneContent, _Groups]:
        about = self._client.call("infoDnsZone", zone).data
        ttl, serial = _number(about, "ttl", zone), _number(about, "serial", zone)
        answer = self._client.call("infoDnsRecords", zone, _records_or_none)
        groups = grouped(parse_rows(answer.data, zone), zone) if answer.good else {}
        return ZoneContent(zone, rrsets_of(groups, ttl), serial, ttl), groups

    def _effect(self, zone: str, before: _Groups, error: Trouble) -> Trouble:
        """What a refusal means: the texts say `can not update (all)`, so a part may have been done."""
        if not error.certain or error.retryable:
            return error
        try:
            unmoved = self._read(zone)[1] == before
        except Trouble:
            unmoved = False
        if unmoved:
            return error
        return Trouble(
            f"{error}; the zone is not what it was before",
            help=error.help,
            code=error.code,
            certain=False,
            retryable=False,
        )


def _records_or_none(answer: Answer) -> bool:
    return answer.good or answer.code == EMPTY_ZONE


def _number(about: Mapping[str, object], name: str, zone: str) -> int:
    try:
        return int(str(about[name]))
    except (KeyError, ValueError):
        raise Trouble(f"netcup's answer has no {name} of the zone {zone}", help="try again later") from None


def _compare(zone: str, there: RRset | None, change: RRsetChange) -> None:
    wanted = change.after.values if change.after else ()
    found = there.values if there else ()
    if found != wanted:
        raise Trouble(
            f"netcup has made the change, and {' '.join(change.id)} of {zone} is not what it was to be: it has "
            f"{len(found)} values where {len(wanted)} were meant; somebody else changed it, or the server altered one",
            code="conflict",
            certain=False,
        )
