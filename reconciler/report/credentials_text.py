"""How a user logs in: everything but the password (netcup/N11 for mailboxes)."""

from collections.abc import Sequence

from reconciler.model.names import address_label
from reconciler.providers.reader import Endpoint
from reconciler.report.layout import clean
from reconciler.report.style import Style
from reconciler.report.table import table

_PROTOCOLS = {
    "imap": "read mail (IMAP)", "pop3": "read mail (POP3)", "submission": "send mail (SMTP)", "webmail": "in a browser",
    "caldav": "calendars (CalDAV)", "carddav": "contacts (CardDAV)",
}  # fmt: skip
_SECURITY = {"tls": "TLS", "starttls": "STARTTLS", "none": "not encrypted"}


def credentials_text(
    address: str, endpoints: Sequence[Endpoint], style: Style, *, rule: str | None = "netcup/N11"
) -> str:
    """Return servers, ports and user name of a mailbox or an account; a password is known to nobody but its user.

    Args:
        address: Its address, which is its user name (netcup/N8).
        endpoints: Ways into it, as the provider publishes them.
        style: Colours, symbols and width.
        rule: Of the platform, that says so; None for a team's account, which is another platform's.
    """
    user = clean(address_label(address))
    rows = [
        (
            _PROTOCOLS.get(each.protocol, clean(each.protocol)),
            clean(each.host + each.path),
            f"port {each.port}",
            _SECURITY.get(each.security, clean(each.security)),
        )
        for each in endpoints
    ]
    lines = [f"{style.bold('User name')}  {user}", *table(rows, style)]
    if not rows:
        lines.append("  The provider publishes no servers for it.")
    lines.append(style.dim(f"The password is not shown: nobody but the user has it{f' ({rule})' if rule else ''}."))
    return "\n".join(lines) + "\n"


def credentials_json(address: str, endpoints: Sequence[Endpoint]) -> dict[str, object]:
    """Return the same as plain data."""
    return {
        "user": address,
        "endpoints": [
            {
                "protocol": each.protocol,
                "host": each.host,
                "port": each.port,
                "security": each.security,
                "path": each.path,
            }
            for each in endpoints
        ],
    }
