"""Everything about one thing: an instance, a domain, an address, a team."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from reconciler.model.names import address_label, domain_label
from reconciler.model.sizes import format_size
from reconciler.report.labels import owner_name_label
from reconciler.report.layout import clean, count
from reconciler.report.style import Style
from reconciler.report.table import pairs, table
from reconciler.report.views import AddressView, DomainView, InstanceView, TeamView

_FEW = 8
_CENTS = 100
_UNUSUAL = frozenset({"login", "send_as", "sends_as"})


def _size(size: int | None) -> str | None:
    return None if size is None else format_size(size)


def _text(text: str | None) -> str | None:
    return None if text is None else clean(text)


def _addresses(addresses: Sequence[str], style: Style) -> str | None:
    if not addresses:
        return None
    shown = ", ".join(clean(address_label(each)) for each in addresses[:_FEW])
    rest = len(addresses) - _FEW
    return f"{shown}, {style.symbol('ellipsis')} and {rest:,} more" if rest > 0 else shown


def _declared(view: InstanceView | DomainView | AddressView | TeamView) -> list[tuple[str, str | None]]:
    if view.declared_at:
        declared = clean(view.declared_at)
    else:
        declared = "nowhere; the last run left it" if view.managed else "nowhere; unmanaged, left alone"
    return [("provider", clean(view.provider)), ("declared", declared)]


def _page(title: str, lines: Iterator[str], style: Style) -> str:
    return "\n".join([style.bold(title), *lines]) + "\n"


def _euros(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // _CENTS}.{abs(cents) % _CENTS:02d} EUR"


def show_instance_text(view: InstanceView, style: Style) -> str:
    """Return an instance: number, storage booked, given out and used, and what is in it (netcup/N2, N3)."""
    domains = [clean(domain_label(each)) for each in view.domains]
    free = None if view.booked is None or view.allocated is None else view.booked - view.allocated
    shown = [
        ("number", _text(view.number)),
        ("status", None if view.ready else "being set up in the background"),
        ("booked", _size(view.booked)),
        ("given out", _size(view.allocated)),
        ("free", None if free is None else (format_size(free) if free >= 0 else f"-{format_size(-free)}: too much")),
        ("used", _size(view.used)),
        (
            "domains",
            f"{len(domains):,}: {', '.join(domains[:_FEW])}" if domains else "none: not usable yet (netcup/N4)",
        ),
        ("mailboxes", f"{view.mailboxes:,}"),
        ("aliases", f"{view.aliases:,}"),
    ]
    return _page(f"instance {clean(view.label)}", pairs(shown + _declared(view), style), style)


def show_domain_text(view: DomainView, style: Style) -> str:
    """Return a domain: its instance, its addresses and its records."""
    shown = [
        ("instance", _text(view.instance)),
        ("number", _text(view.number)),
        ("mailboxes", f"{len(view.mailboxes):,}"),
        ("", _addresses(view.mailboxes, style)),
        ("aliases", f"{len(view.aliases):,}"),
        ("", _addresses(view.aliases, style)),
        (
            "records",
            "not managed" if view.dns is None else f"{count(len(view.records), 'record')} at {clean(view.dns)}",
        ),
        *(("", clean(owner_name_label(each))) for each in view.records),
    ]
    return _page(f"domain {clean(domain_label(view.name))}", pairs(shown + _declared(view), style), style)


def show_address_text(view: AddressView, style: Style) -> str:
    """Return a mailbox, an alias or a team's account."""
    shown = [
        ("delivered to", _addresses(view.to, style)),
        ("may send", _senders(view.send_as, style)),
        ("login", "switched off; mail goes on arriving" if view.login is False else None),
        ("owner", _text(view.owner)),
        ("quota", _size(view.quota)),
        ("used", _size(view.used)),
        ("messages", None if view.messages is None else f"{view.messages:,}"),
        ("aliases", _addresses(view.aliases, style)),
        ("sends as", None if view.sends_as is None else _addresses(view.sends_as, style) or "itself alone"),
        ("team", _text(view.team)),
        ("plan", _text(view.plan)),
        ("standing", _text(view.standing)),
        ("protected", "yes: never deleted while the state says so" if view.protect else None),
        ("password", None if view.password_version is None else f"set by us, version {view.password_version}"),
    ]
    title = f"{clean(view.kind)} {clean(address_label(view.address))}"
    return _page(title, pairs(shown + _declared(view), style), style)


def _senders(senders: Sequence[str] | None, style: Style) -> str | None:
    return None if senders is None else _addresses(senders, style) or "nobody"


def _team_lines(view: TeamView, style: Style) -> Iterator[str]:
    yield from pairs([("billing", _text(view.billing)), *_declared(view)], style)
    rows = [
        (
            clean(address_label(each.address)),
            each.role,
            clean(each.plan or ""),
            clean(each.standing or ""),
            "" if each.balance is None else _euros(each.balance),
        )
        for each in view.accounts
    ]
    yield from table(rows, style, head=("account", "role", "plan", "standing", "balance"))
    if view.statement is None:
        return
    bookings = [
        (clean(each.on), _euros(each.cents), f"{clean(each.text)} ({clean(each.address)})") for each in view.statement
    ]
    yield style.bold("Statement")
    yield from table(bookings, style, head=("on", "amount", "booking"))
    if not bookings:
        yield "  no bookings yet"


def show_team_text(view: TeamView, style: Style) -> str:
    """Return a team: each account's plan and standing (mailbox-org/M14), and its statement if asked (M15)."""
    return _page(f"team {clean(view.label)}", _team_lines(view, style), style)


def show_json(view: InstanceView | DomainView | AddressView | TeamView) -> dict[str, object]:
    """Return any of the views as plain data; sizes are bytes, money is cents, what is unknown is null.

    Of an address, `login`, `send_as` and `sends_as` are there only where they are not as usual.
    """
    kind = {InstanceView: "instance", DomainView: "domain", AddressView: "address", TeamView: "team"}[type(view)]
    data = {name: value for name, value in asdict(view).items() if value is not None or name not in _UNUSUAL}
    return {"shows": kind, **data}
