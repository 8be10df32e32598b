"""What a reader of a plan should know about a step: sentences, and the two judgements that need the live values."""

from collections.abc import Mapping

from reconciler.model.kinds import Kind
from reconciler.model.live import Live
from reconciler.model.names import address_label, domain_label
from reconciler.model.resources import Record
from reconciler.model.sizes import format_size
from reconciler.plan.document import Change, raises_password

#: The MX of a domain that receives no mail (RFC 7505).
NULL_MX = ("0 .",)


def moves_mail(live: Live, fields: Mapping[str, Change]) -> bool:
    """Whether a step changes where mail goes that arrives today: an MX with values gets others (netcup/N6)."""
    record = live.resource
    if not isinstance(record, Record) or record.type != "MX" or "values" not in fields:
        return False
    return bool(record.values) and record.values != NULL_MX


def created(kind: Kind) -> tuple[str, ...]:
    """Notes of a creation."""
    if kind is Kind.INSTANCE:
        return ("a binding order; it is set up in the background (netcup/N1)",)
    if kind is Kind.MEMBER:
        return (
            "hand the password over; its new owner must change it at once (mailbox-org/M5)",
            "on trial with limits until money arrives (mailbox-org/M6)",
        )
    if kind is Kind.TEAM:
        return ("the billing method is chosen once and never changed (mailbox-org/M9)",)
    return ()


def first_mx(key: str) -> tuple[str, ...]:
    """Notes of the first MX of a domain whose own name has an address."""
    domain = domain_label(key.partition(" ")[0])
    return (f"without an MX, mail goes to the host at the address of {domain} itself; if that takes mail, it ends",)


def adopted(kind: Kind) -> tuple[str, ...]:
    """Notes of an adoption."""
    if kind in (Kind.MAILBOX, Kind.MEMBER):
        return ("already there; its password is left as it is",)
    return ("already there",)


def updated(kind: Kind, fields: Mapping[str, Change]) -> tuple[str, ...]:
    """Notes of an update."""
    said = []
    if kind is Kind.MAILBOX and "owner" in fields:
        said.append(f"outgoing mail will carry the sender name '{fields['owner'].after}' (netcup/N15)")
    if kind is Kind.MAILBOX and "login" in fields:
        said.append("it can log in again" if fields["login"].after else "it can not log in; its mail goes on arriving")
    version = fields.get("password_version")
    if version is not None and raises_password(version.before, version.after):
        said.append("the password is set again")
    if "protect" in fields and fields["protect"].before:
        said.append("protection ends with this apply; a deletion needs another one")
    return tuple(said)


def released() -> tuple[str, ...]:
    """Notes of letting go of our part of a shared value."""
    return ("our part is taken out, the rest stays as it is",)


def deleted(live: Live, *, replaced: bool) -> tuple[str, ...]:
    """Notes of a deletion: what is lost, with amounts where the provider tells them."""
    kind = live.resource.kind
    if kind is Kind.MAILBOX:
        return (f"all its mail, contacts and appointments are lost{_amounts(live)} (netcup/N13)",)
    if kind is Kind.ALIAS and replaced:
        return (window(live.resource.key, 1),)
    if kind is Kind.INSTANCE:
        return ("takes effect at once; unused months are forfeited (netcup/N19)",)
    return ()


def window(address: str, steps: int) -> str:
    """For how long mail to an alias bounces that is made anew so many steps later (netcup/N18).

    Until there is an order, the halves are taken for neighbours; `plan.windows` puts that right.
    """
    mail = f"mail to {address_label(address)} bounces until"
    if steps == 1:
        return f"{mail} the next step is done, about one round trip (netcup/N18)"
    return f"{mail} it is created again, {steps} steps later (netcup/N18)"


def _amounts(live: Live) -> str:
    told = []
    used = live.facts.get("used")
    if isinstance(used, int):
        told.append(format_size(used))
    for name, words in (("messages", "messages"), ("contacts", "contacts"), ("events", "appointments")):
        if name in live.facts:
            number = live.facts[name]
            told.append(f"{number} {words if number != 1 else words.removesuffix('s')}")
    if told and "messages" not in live.facts:
        told.insert(0, "its mail was not counted")
    return f": {', '.join(told)}" if told else ""


def owner_steps(live: Live, fields: Mapping[str, Change]) -> tuple[str, ...]:
    """What the owner of an independent account does for a change only they can make (mailbox-org/M4)."""
    address = address_label(live.resource.key)
    wanted = ", ".join(f"{name} to {change.after}" for name, change in fields.items())
    return (
        f"ask the owner of {address} to log in and set {wanted} in the provider's settings",
        f'then run: reconciler ack "operator {live.resource.kind} {live.resource.key}"',
    )


def leaving_steps(live: Live) -> tuple[str, ...]:
    """What a person does for an account to leave a team (mailbox-org/M13)."""
    kind, key = live.resource.kind, live.resource.key
    who = address_label(key) if kind is Kind.MEMBER else f"team {key}"
    return (
        f"let the owner of {who} save mail, contacts, calendars and files: leaving loses data",
        f"open a support ticket at the provider and ask that {who} leave the team"
        if kind is Kind.MEMBER
        else f"open a support ticket at the provider and ask that {who} be dissolved",
        "wait for the provider's answer",
        f'then run: reconciler ack "operator {kind} {key}"',
    )
