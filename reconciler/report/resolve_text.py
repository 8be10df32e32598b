"""Where mail to an address goes and who may send as it, now and after the plan."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from reconciler.model.names import address_label, domain_label, domain_of
from reconciler.plan.delivery import By, Delivery
from reconciler.report.layout import clean
from reconciler.report.style import Style
from reconciler.report.table import pairs


@dataclass(frozen=True, slots=True)
class Moment:
    """An address at one moment.

    Attributes:
        delivery: What becomes of mail to it.
        senders: The mailboxes that may send as it (netcup/N16).
        to_come: Domains that are declared and not hosted at this moment; their mail still goes elsewhere.
    """

    delivery: Delivery
    senders: Sequence[str] = ()
    to_come: Collection[str] = ()


def _label(address: str) -> str:
    return clean(address_label(address))


def _receivers(moment: Moment) -> str:
    delivery = moment.delivery
    if delivery.bounces:
        return "nobody: mail bounces"
    outside = set(delivery.outside)
    return ", ".join(_label(each) + (_outside(each, moment) if each in outside else "") for each in delivery.recipients)


def _outside(address: str, moment: Moment) -> str:
    domain = domain_of(address)
    if domain not in moment.to_come:
        return " (outside)"
    return f" (outside: {clean(domain_label(domain))} is declared, but not hosted here yet)"


def _way(delivery: Delivery, style: Style) -> str | None:
    hops = [hop for hop in delivery.path if hop.to or hop.by is By.NOTHING]
    if not hops:
        return None
    arrow = style.symbol("arrow")
    said = []
    for hop in hops:
        ends = ", ".join(map(_label, hop.to)) if hop.to else "nothing of that name"
        said.append(f"{_label(hop.address)} {arrow} {ends}" + (f" ({hop.by})" if hop.to else ""))
    return "; ".join(said)


def _lines(moment: Moment, style: Style) -> Iterator[str]:
    delivery = moment.delivery
    shown: list[tuple[str, str | None]] = [
        ("received by", _receivers(moment)),
        ("way", _way(delivery, style)),
        ("may send", ", ".join(map(_label, moment.senders)) or "nobody"),
    ]
    shown += [("note", clean(text)) for text in delivery.shadowings]
    yield from pairs(shown, style)


def resolve_text(now: Moment, after: Moment | None, style: Style) -> str:
    """Return who receives mail to an address and who may send as it.

    Args:
        now: As the providers have it.
        after: As it will be once the plan ran; None where that was not asked.
        style: Colours, symbols and width.
    """
    lines = [style.bold(_label(now.delivery.address))]
    if after is None or _same(now, after):
        lines += _lines(now, style)
        if after is not None:
            lines.append(style.dim("  The plan changes nothing of this."))
        return "\n".join(lines) + "\n"
    lines += [style.bold("now"), *_lines(now, style), style.bold("after the plan"), *_lines(after, style)]
    if after.delivery.bounces and not now.delivery.bounces:
        lines.append(style.error("After the plan, mail to it bounces."))
    return "\n".join(lines) + "\n"


def _same(now: Moment, after: Moment) -> bool:
    return now.delivery == after.delivery and tuple(now.senders) == tuple(after.senders)


def _moment_json(moment: Moment) -> dict[str, object]:
    delivery = moment.delivery
    return {
        "recipients": list(delivery.recipients),
        "outside": list(delivery.outside),
        "bounces": delivery.bounces,
        "path": [{"address": hop.address, "by": str(hop.by), "to": list(hop.to)} for hop in delivery.path],
        "shadowings": list(delivery.shadowings),
        "senders": list(moment.senders),
        "to_come": sorted(moment.to_come),
    }


def resolve_json(now: Moment, after: Moment | None) -> dict[str, object]:
    """Return both moments as plain data; `after` is null where it was not asked."""
    return {
        "address": now.delivery.address,
        "now": _moment_json(now),
        "after": _moment_json(after) if after else None,
        "changes": after is not None and not _same(now, after),
    }
