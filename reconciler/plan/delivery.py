"""Where mail to an address ends: a simulation of one moment's addresses, without any I/O.

An address leads on by the first of these that holds, as mail hosts decide it: an alias of that very name, a mailbox,
the address before its `+`, the catch-all of its domain (`*@example.org` or `@example.org`). An address of a domain that
is not hosted here is its own, outside, recipient. Nothing of these: mail bounces.

The final recipients of an address are all ends that can be reached from it. That is defined without a path, so loops
need no limit; the computation condenses them (Tarjan 1972) and remembers every address it passes, which keeps asking
for all addresses linear.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.kinds import Kind
from reconciler.model.live import Inventory, Live
from reconciler.model.names import address_label, domain_of, local_of
from reconciler.model.resources import Alias, Mailbox, Team
from reconciler.plan.reach import reach

SEPARATOR = "+"


class By(StrEnum):
    """Why an address leads where it does."""

    ALIAS = "alias"
    MAILBOX = "mailbox"
    PLUS = "plus address"
    CATCH_ALL = "catch-all"
    OUTSIDE = "outside"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of mail: which address, why, and where it leads; `to` is empty where it ends."""

    address: str
    by: By
    to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What becomes of mail to an address.

    Attributes:
        address: The address asked for.
        recipients: Final recipients, sorted; empty where mail bounces.
        outside: Those of the recipients that are not hosted here.
        path: Every step, first the address itself, depth first.
        shadowings: What a reader may not expect, one sentence each: what stands there and never gets this mail, loops,
            recipients that can not log in.
    """

    address: str
    recipients: tuple[str, ...]
    outside: tuple[str, ...]
    path: tuple[Hop, ...]
    shadowings: tuple[str, ...] = ()

    @property
    def bounces(self) -> bool:
        """Whether mail to it comes back."""
        return not self.recipients


class Flow:
    """The addresses of one moment."""

    __slots__ = ("_aliases", "_closed", "_domains", "_ends", "_led", "_mailboxes", "_named", "_senders")

    def __init__(
        self,
        mailboxes: Collection[str],
        aliases: Mapping[str, tuple[str, ...]],
        domains: Collection[str],
        members: Collection[str] = (),
        *,
        named: Mapping[str, tuple[str, ...]] | None = None,
        closed: Collection[str] = (),
    ) -> None:
        """Take the addresses.

        Args:
            mailboxes: Addresses that keep mail.
            aliases: Address to targets; the key `*@domain` or `@domain` is a domain's catch-all.
            domains: Domains hosted here; an unknown address elsewhere leads outside.
            members: Addresses of team accounts, which keep mail as well (mailbox-org/M4).
            named: Alias to who may send as it, where that does not follow its targets.
            closed: Mailboxes that nobody can log in to: they receive, and can not send.
        """
        self._mailboxes = frozenset(mailboxes).union(members)
        self._aliases = aliases
        self._domains = frozenset(domains)
        self._ends: dict[str, tuple[str, ...]] = {}
        self._named = named or {}
        self._closed = frozenset(closed)
        self._senders: dict[str, list[str]] | None = None
        self._led: dict[str, list[str]] | None = None

    @classmethod
    def of(cls, inventory: Inventory) -> "Flow":
        """Take the addresses of everything all providers have; where two have an alias, its targets are joined."""
        mailboxes: list[str] = []
        members: list[str] = []
        domains: list[str] = []
        aliases: dict[str, tuple[str, ...]] = {}
        named: dict[str, tuple[str, ...]] = {}
        closed: set[str] = set()
        for _, kind, group in inventory.groups():
            if kind is Kind.MAILBOX:
                mailboxes.extend(group)
                closed.update(_closed(group))
            elif kind is Kind.MEMBER:
                members.extend(group)
            elif kind is Kind.DOMAIN:
                domains.extend(group)
            elif kind is Kind.ALIAS:
                for key, live in group.items():
                    assert isinstance(live.resource, Alias), "the inventory is indexed by kind"
                    to = live.resource.to
                    aliases[key] = tuple(sorted({*aliases[key], *to})) if key in aliases else to
                    if live.resource.send_as is not None:
                        named[key] = tuple(sorted({*named.get(key, ()), *live.resource.send_as}))
            elif kind is Kind.TEAM:
                members.extend(_masters(live.resource for live in group.values()))
        return cls(mailboxes, aliases, domains, members, named=named, closed=closed)

    def addresses(self) -> Iterable[str]:
        """Every address that is a mailbox or an alias; a catch-all is one of them."""
        yield from self._mailboxes
        yield from (key for key in self._aliases if key not in self._mailboxes)

    def hosts(self, domain: str) -> bool:
        """Whether a domain's mail is kept here."""
        return domain in self._domains

    def keeps(self, address: str) -> bool:
        """Whether an address is a mailbox or a team's account here."""
        return address in self._mailboxes

    def recipients(self, address: str) -> tuple[str, ...]:
        """Return the final recipients of an address, sorted; empty where mail bounces."""
        found = self._ends.get(address)
        if found is None:
            found = self._ends[address] = self._short(address)
        return found

    def _short(self, address: str) -> tuple[str, ...]:
        # Nearly every address is a mailbox or an alias of one: no search is needed for those.
        targets = self._aliases.get(address)
        if targets is None:
            if address in self._mailboxes:
                return (address,)
        elif len(targets) == 1 and targets[0] in self._mailboxes and targets[0] not in self._aliases:
            return targets
        return reach(address, self._onward, self._ends)

    def _hop(self, address: str) -> Hop:
        """The one step from an address."""
        targets = self._aliases.get(address)
        if targets is not None:
            return Hop(address, By.ALIAS, targets)
        if address in self._mailboxes:
            return Hop(address, By.MAILBOX)
        base = self._base(address)
        if base is not None:
            return Hop(address, By.PLUS, (base,))
        catch_all = self._catch_all(address)
        if catch_all is not None:
            return Hop(address, By.CATCH_ALL, (catch_all,))
        return Hop(address, By.NOTHING if domain_of(address) in self._domains else By.OUTSIDE)

    def _onward(self, address: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Where an address leads, and the recipients it is or has itself."""
        hop = self._hop(address)
        if hop.by in (By.MAILBOX, By.OUTSIDE):
            return (), (address,)
        if hop.by is By.ALIAS and address in hop.to and address in self._mailboxes:
            # An alias that names itself keeps a copy in the mailbox it shadows; that is no loop.
            return tuple(to for to in hop.to if to != address), (address,)
        return hop.to, ()

    def _base(self, address: str) -> str | None:
        """The address before the plus sign, where something of that name takes mail."""
        local = local_of(address)
        name, separator, _ = local.partition(SEPARATOR)
        if not separator or not name:
            return None
        base = f"{name}@{domain_of(address)}"
        return base if base in self._aliases or base in self._mailboxes else None

    def _catch_all(self, address: str) -> str | None:
        domain = domain_of(address)
        for key in (f"*@{domain}", f"@{domain}"):
            if key != address and key in self._aliases:
                return key
        return None

    def receives(self, address: str) -> Delivery:
        """Return what becomes of mail to an address: recipients, way, and what is shadowed on it."""
        path: list[Hop] = []
        seen: set[str] = set()
        stack = [address]
        while stack:
            here = stack.pop()
            if here in seen:
                continue
            seen.add(here)
            hop = self._hop(here)
            path.append(hop)
            stack.extend(reversed(hop.to))
        recipients = self.recipients(address)
        outside = tuple(hop.address for hop in path if hop.by is By.OUTSIDE)
        return Delivery(address, recipients, tuple(sorted(outside)), tuple(path), tuple(self._shadowings(path)))

    def _shadowings(self, path: list[Hop]) -> Iterable[str]:
        first = path[0]
        named = f"the {first.by} {address_label(first.address)}"
        catch_all = self._catch_all(first.address)
        if catch_all is not None and first.by is not By.CATCH_ALL:
            yield f"{named} shadows the catch-all {address_label(catch_all)}"
        base = self._base(first.address)
        if base is not None and first.by in (By.ALIAS, By.MAILBOX):
            yield f"{named} shadows the plus addressing of {address_label(base)}"
        for hop in path:
            label = address_label(hop.address)
            if hop.by is By.ALIAS and hop.address in self._mailboxes:
                kept = "is copied to" if hop.address in hop.to else "shadows"
                yield f"the alias {label} {kept} the mailbox of the same address"
            elif hop.by is By.PLUS:
                yield f"{label} is delivered to {address_label(hop.to[0])}, the address before its plus sign"
            elif hop.by is By.NOTHING and hop is not first:
                yield f"{label} takes no mail: nothing of that name is there"
            elif hop.by is By.MAILBOX and hop.address in self._closed:
                yield f"{label} can not log in: mail to it arrives, and it can not send"
        yield from _loops(path, self._mailboxes)

    def may_send_as(self, address: str) -> tuple[str, ...]:
        """Return the users that can send as an address: its mailbox, and those its alias gives the right (netcup/N16).

        An alias gives it to those it names, or else to the mailboxes it leads to. A plus address is sent as by who has
        its base; a catch-all gives nobody the right, and who can not log in has none.
        """
        hop = self._hop(address)
        users = {address}
        if hop.by is By.PLUS:
            users.update(self.may_send_as(*hop.to))
        elif hop.by is By.ALIAS and not _is_catch_all(address):
            users.update(self._given(address))
        return tuple(sorted(users & self._mailboxes - self._closed))

    def _given(self, alias: str) -> tuple[str, ...]:
        """Whom an alias gives the right to send as it."""
        named = self._named.get(alias)
        return self.recipients(alias) if named is None else named

    def sends_as(self, mailbox: str) -> tuple[str, ...]:
        """Return the addresses a mailbox can send as, itself first, then aliases sorted (netcup/N16)."""
        if self._senders is None:
            self._senders = self._by_user(self._given)
        if mailbox not in self._mailboxes or mailbox in self._closed:
            return ()
        return (mailbox, *sorted(self._senders.get(mailbox, ())))

    def aliases_of(self, mailbox: str) -> tuple[str, ...]:
        """Return the aliases whose mail a mailbox receives, sorted; catch-alls are not among them."""
        if self._led is None:
            self._led = self._by_user(self.recipients)
        return tuple(sorted(self._led.get(mailbox, ())))

    def _by_user(self, users: Callable[[str], tuple[str, ...]]) -> dict[str, list[str]]:
        """Turn what is said of each alias into what is said of each user of one."""
        found: dict[str, list[str]] = {}
        for alias in self._aliases:
            if not _is_catch_all(alias):
                for user in users(alias):
                    if user != alias:
                        found.setdefault(user, []).append(alias)
        return found


def _closed(group: Mapping[str, Live]) -> Iterable[str]:
    return (key for key, live in group.items() if isinstance(live.resource, Mailbox) and live.resource.login is False)


def _is_catch_all(address: str) -> bool:
    return address.startswith(("*@", "@"))


def _masters(resources: Iterable[object]) -> Iterable[str]:
    for resource in resources:
        if isinstance(resource, Team) and resource.master is not None:
            yield resource.master


def _loops(path: list[Hop], mailboxes: frozenset[str]) -> Iterable[str]:
    """Name each alias that leads back to itself, by a walk over the few steps of one path."""
    onward = {hop.address: hop.to for hop in path}
    for hop in path:
        if hop.by is not By.ALIAS or (hop.address in hop.to and hop.address in mailboxes):
            continue
        seen: set[str] = set()
        stack = list(hop.to)
        while stack:
            here = stack.pop()
            if here == hop.address:
                yield f"the alias {address_label(hop.address)} leads back to itself"
                break
            if here not in seen:
                seen.add(here)
                stack.extend(onward.get(here, ()))
