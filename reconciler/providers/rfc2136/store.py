"""The zones of one name server: read by transfer or by questions, changed by updates."""

from collections.abc import Callable, Sequence

from reconciler.model.presentation import BadRdata
from reconciler.model.rrsets import RRsetChange, RRsetKey, ZoneContent
from reconciler.providers.capabilities import ZoneLimits
from reconciler.providers.reader import ProviderError
from reconciler.providers.refusals import refused
from reconciler.providers.rfc2136.ask import COMMON, asked, widened
from reconciler.providers.rfc2136.exchangers import without_address
from reconciler.providers.rfc2136.gathered import Seen
from reconciler.providers.rfc2136.settings import Choice
from reconciler.providers.rfc2136.talk import Connection, Peer, connected, of_answer
from reconciler.providers.rfc2136.transfer import transferred
from reconciler.providers.rfc2136.trouble import Trouble
from reconciler.providers.rfc2136.updates import LARGEST, Batch, batches, keys_of
from reconciler.providers.writer import Done, Failed, Outcome

_FEW = 50  # rrsets up to which questions cost less than the transfer of a large zone
_LEAST_FEW = 2  # and of the smallest
_A_QUESTION = 100  # rrsets more or less whose transfer costs what asking for one rrset does
_ATTEMPTS = 3  # of an update, where the zone moves but not what is changed in it
#: What a server answers where a prerequisite does not hold (RFC 2136 §3.2).
_MOVED = frozenset({"YXDOMAIN", "YXRRSET", "NXDOMAIN", "NXRRSET"})
#: Codes of a transfer that is not allowed. To Knot a key that may not transfer a zone is an unknown key.
_NOT_ALLOWED = frozenset({"refused", "zone", "unknown-key"})


class Store:
    """What reader and writer share. Every method blocks."""

    def __init__(
        self,
        name: str,
        zones: Sequence[str],
        peer: Callable[[], Peer],
        *,
        transfer: Choice,
        limits: ZoneLimits,
        largest: int = LARGEST,
    ) -> None:
        """Take the provider's name, its zones, the server, whether zones are read by transfer, and limits."""
        self._name, self._zones, self._peer = name, frozenset(zones), peer
        self._transfer, self._limits, self._largest = transfer, limits, largest
        self._unlistable: dict[str, Trouble] = {}  # zones whose transfer was refused, and how
        self._sizes: dict[str, int] = {}  # rrsets of the zones that were transferred

    def read(self, zone: str, keys: Sequence[RRsetKey] | None) -> ZoneContent:
        """Read a zone, or, where it can not be listed, some rrsets of it.

        Raises:
            ProviderError: If it can not be read.
        """
        peer = self._server(zone)
        try:
            if self._may_list(zone):
                seen = self._listed(peer, zone, frozenset())
                if seen is not None:
                    return seen.content
            wanted = [(zone, each) for each in COMMON] if keys is None else keys
            return self._asked(peer, zone, widened(zone, wanted)).content
        except Trouble as error:
            raise error.error() from None

    def _server(self, zone: str) -> Peer:
        if zone not in self._zones:
            raise ProviderError(
                f"the provider {self._name} does not have the zone {zone}",
                help=f"add {zone} to its `zones`, if its server hosts it",
            )
        return self._peer()

    def _may_list(self, zone: str) -> bool:
        return self._transfer == "true" or (self._transfer == "auto" and zone not in self._unlistable)

    def _listed(self, peer: Peer, zone: str, raw: frozenset[RRsetKey]) -> Seen | None:
        """The whole zone; None where the server refuses that, and questions will do."""
        try:
            seen = transferred(peer, zone, raw)
        except Trouble as error:
            if self._transfer != "auto" or error.code not in _NOT_ALLOWED:
                raise
            self._unlistable[zone] = error
            return None
        self._sizes[zone] = len(seen.content.rrsets)
        return seen

    def _asked(self, peer: Peer, zone: str, keys: Sequence[RRsetKey]) -> Seen:
        """Parts of a zone; where questions are not answered either, the transfer's refusal says more."""
        try:
            return asked(peer, zone, keys)
        except Trouble as error:
            first = self._unlistable.get(zone)
            if first is None or error.transient:
                raise
            raise first from None

    def change(self, zone: str, changes: Sequence[RRsetChange]) -> Outcome:
        """Make all changes or none."""
        if not changes:
            return Done()
        try:
            return self._change(self._server(zone), zone, changes)
        except ProviderError as error:
            return Failed(f"{error}; {error.help}" if error.help else str(error), code="zone")
        except Trouble as error:
            return error.failed()
        except BadRdata as error:
            return Failed(str(error), code="invalid")

    def _change(self, peer: Peer, zone: str, changes: Sequence[RRsetChange]) -> Outcome:
        fault = refused(_as_expected(zone, changes), changes, self._limits)
        if fault is not None:
            return fault
        seen = self._look(peer, zone, changes, all_of_them=len(changes) <= _FEW)
        parts = batches(zone, changes, seen.raw, self._largest)
        if len(parts) > 1 and len(changes) > _FEW:  # the first must not be made where a later one surely fails
            seen = self._look(peer, zone, changes, all_of_them=True)
            parts = batches(zone, changes, seen.raw, self._largest)
        fault = refused(seen.content, changes, self._limits)
        if fault is not None:
            return fault
        for number, part in enumerate(parts):
            outcome = self._send(peer, part)
            if isinstance(outcome, Failed):
                return outcome if number == 0 else _partly(outcome, number, len(parts))
        return Done()

    def _look(
        self, peer: Peer, zone: str, changes: Sequence[RRsetChange], *, all_of_them: bool, few: int | None = None
    ) -> Seen:
        """What stands there now: of all that is changed, or only of what the changes go out from."""
        keys = keys_of([change for change in changes if all_of_them or change.before is not None])
        if len(keys) > (self._few(zone) if few is None else few) and self._may_list(zone):
            seen = self._listed(peer, zone, frozenset(keys))
            if seen is not None:
                return seen
        return self._asked(peer, zone, widened(zone, keys) if all_of_them else keys)

    def _few(self, zone: str) -> int:
        """How many rrsets are asked for one by one; of more, the whole zone is had for less."""
        size = self._sizes.get(zone)
        return _FEW if size is None else min(_FEW, _LEAST_FEW + size // _A_QUESTION)

    def _send(self, peer: Peer, part: Batch) -> Outcome:
        """Send one message; where the zone moved, but not under these changes, send it again."""
        for _ in range(_ATTEMPTS):
            needed = [change for change in part.changes if change.before != change.after]
            if not needed:
                return Done()
            with connected(peer) as connection:
                trouble = _update(connection, Batch(part.zone, tuple(needed), part.raw))
            if trouble is None:
                return Done()
            if trouble.code != "moved":
                return trouble.failed()
            seen = self._look(peer, part.zone, part.changes, all_of_them=True, few=0)
            fault = refused(seen.content, part.changes, self._limits)
            if fault is not None:
                return fault
            part = Batch(part.zone, part.changes, seen.raw)
        return Failed(
            f"the server finds records of {part.zone} in the way that were not to be seen, or the zone changes all the "
            "time; nothing was written",
            code="conflict",
        )


def _as_expected(zone: str, changes: Sequence[RRsetChange]) -> ZoneContent:
    """The zone as the caller has it in mind: what is wrong with changes to that is wrong with them anyway."""
    return ZoneContent(zone, {change.id: change.before for change in changes if change.before is not None}, whole=False)


def _update(connection: Connection, batch: Batch) -> Trouble | None:
    """Send an update; None where it was made."""
    import dns.rcode

    peer = connection.peer
    answer = connection.exchange(batch.message())
    rcode = dns.rcode.to_text(answer.rcode())
    if rcode == "NOERROR":
        return None
    trouble = of_answer(peer, batch.zone, answer, "an update")
    if rcode in _MOVED:
        trouble.code = "moved"
    elif rcode == "REFUSED":
        trouble = without_address(connection, batch.zone, batch.changes) or trouble
    return trouble


def _partly(outcome: Failed, made: int, of: int) -> Failed:
    """What is told where some messages took effect and one did not: only a look can tell what stands there."""
    return Failed(
        f"{made} of {of} messages were accepted, and then: {outcome.message}",
        "partial",
        retryable=outcome.retryable,
        certain=False,
    )
