"""Zones over the REST interface: the newest revision is read, and a set of changes makes the next one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from reconciler.model.rrsets import RRset, RRsetChange, RRsetKey, ZoneContent
from reconciler.providers.netcup.checks import check
from reconciler.providers.netcup.limits import REST_LIMITS
from reconciler.providers.netcup.rest.client import RestClient
from reconciler.providers.netcup.rest.rows import Row, grouped, parse_row, row_of, rrsets_of
from reconciler.providers.netcup.trouble import Trouble

#: Records by rrset and value.
_Groups = Mapping[RRsetKey, Mapping[str, Sequence[Row]]]


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of the account; `managed` tells whether its zone is on CloudDNS."""

    id: int
    fqdn: str
    managed: bool


class RestZones:
    """Zones of the REST interface."""

    def __init__(self, client: RestClient) -> None:
        """Ask nothing yet."""
        self._client = client
        self._known: dict[str, Domain] = {}

    def domains(self) -> Sequence[Domain]:
        """Every domain of the account, with its zone here or not.

        Raises:
            Trouble: If they can not be listed.
        """
        found = [_domain(entry) for entry in self._client.pages("/domain")]
        self._known = {each.fqdn: each for each in found}
        return found

    def domain(self, zone: str) -> Domain | None:
        """One domain of the account; None where it has none of that name.

        Raises:
            Trouble: If that can not be found out.
        """
        if zone not in self._known:
            for each in map(_domain, self._client.pages("/domain", fqdn=zone)):
                self._known[each.fqdn] = each
        return self._known.get(zone)

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
        check(zone, content.rrsets, changes, REST_LIMITS)
        create, delete = _records(zone, groups, changes)
        if not create and not delete:
            return
        body = {
            "autoCommit": True,
            "strict": True,
            "create": [row.sent() for row in create],
            "delete": [row.sent() for row in delete],
        }
        self._commit(zone, body, groups)
        try:
            after = self._read(zone)[0].rrsets
        except Trouble as error:
            said = f"the change of {zone} was made, and can not be read back: {error}"
            raise Trouble(said, help=error.help, code=error.code, retryable=True, certain=False) from None
        for change in changes:
            _compare(zone, after.get(change.id), change)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _commit(self, zone: str, body: Mapping[str, object], before: _Groups) -> None:
        """Send a set of changes; where it is refused, look whether something was done all the same."""
        try:
            self._client.ask("POST", f"/domain/{self._id(zone)}/changeset", body)
        except Trouble as error:
            if not error.certain or error.retryable:
                raise
            try:
                unmoved = self._read(zone)[1] == before
            except Trouble:
                unmoved = False
            if unmoved:
                raise
            # somebody else's change made the delete of what stood there impossible, or half of ours was made
            said = f"{error}; the zone is not what it was before"
            raise Trouble(said, help=error.help, code="conflict", certain=False) from None

    def _id(self, zone: str) -> int:
        domain = self.domain(zone)
        if domain is None:
            raise Trouble(
                f"netcup's REST interface knows no domain {zone}",
                code="zone",
                help="check that the domain is in this customer account, and not a name below one",
            )
        return domain.id

    def _read(self, zone: str) -> tuple[ZoneContent, _Groups]:
        root = f"/domain/{self._id(zone)}/dns/revision"
        revisions = list(self._client.pages(root))
        if not revisions:
            return ZoneContent(zone, {}), {}
        newest = max(revisions, key=_age)
        try:
            entries = list(self._client.pages(f"{root}/{newest['identifier']}/record"))
        except KeyError:
            raise Trouble(f"netcup's answer has no revisions of {zone}", help="try again later") from None
        groups = grouped((parse_row(entry, zone) for entry in entries), zone)
        return ZoneContent(zone, rrsets_of(groups), _serial(newest)), groups


def _domain(entry: Mapping[str, object]) -> Domain:
    try:
        return Domain(int(str(entry["id"])), str(entry["fqdn"]).rstrip(".").lower(), entry["isDnsManaged"] is True)
    except (KeyError, ValueError):
        raise Trouble("netcup's answer has no domains", help="try again later", retryable=True) from None


def _serial(revision: Mapping[str, object]) -> int | None:
    text = str(revision.get("serial", ""))
    return int(text) if text.isdigit() else None


def _age(revision: Mapping[str, object]) -> tuple[int, str]:
    return _serial(revision) or 0, str(revision.get("createdAt", ""))


def _records(zone: str, groups: _Groups, changes: Sequence[RRsetChange]) -> tuple[list[Row], list[Row]]:
    """The records to make and to delete; one that keeps value and TTL is neither.

    Where the TTL of the rrset stays, so does that of each value that stays, though they may differ: it is not ours.
    """
    create: list[Row] = []
    delete: list[Row] = []
    for change in changes:
        there = groups.get(change.id, {})
        wanted, ttl = (change.after.values, change.after.ttl) if change.after else ((), 0)
        same = change.before is not None and change.before.ttl == ttl
        kept = {
            value for value, rows in there.items() if value in wanted and (same or all(row.ttl == ttl for row in rows))
        }
        delete += chain.from_iterable(rows for value, rows in there.items() if value not in kept)
        if change.after is not None:
            create += [row_of(change.after, value, zone) for value in wanted if value not in kept]
    fixed = [row for row in delete if row.immutable]
    if fixed:
        raise Trouble(f"netcup lets nobody change {fixed[0].name} {fixed[0].type} of {zone}", code="invalid")
    return create, delete


def _compare(zone: str, there: RRset | None, change: RRsetChange) -> None:
    if there != change.after:
        raise Trouble(
            f"netcup has made the change, and {' '.join(change.id)} of {zone} is not what it was to be: somebody else "
            "changed it, or the server altered it",
            code="conflict",
            certain=False,
        )
