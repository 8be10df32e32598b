"""What the platforms publish for a domain: where its mail goes and how its users log in.

The defaults are the DNS settings netcup's help centre shows for a domain of its groupware (netcup/N6, N11). The team
platform's accounts are addresses of its own domain, and log in at its own servers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.providers.reader import Endpoint, MailSettings, PublishedRecord

_SUFFIX = "netcup-mail.de"
_DKIM = {
    "key1._domainkey": "key1._domainkey.webhosting.systems",
    "key2._domainkey": "key2._domainkey.webhosting.systems",
}

#: The team platform's own domain, and how the accounts in it are reached.
_TEAMS = "mailbox.org"
_ACCOUNTS = (
    Endpoint("imap", "imap.mailbox.org", 993, "tls"),
    Endpoint("submission", "smtp.mailbox.org", 465, "tls"),
    Endpoint("webmail", "office.mailbox.org", 443, "tls"),
)


@dataclass(frozen=True, slots=True)
class Published:
    """Mail settings with `{host}` for the domain's own host.

    Attributes:
        suffix: What follows the domain's name, with its dots as hyphens, in the name of its host.
        suffixes: By domain, where it differs.
        dkim: Owner names relative to the domain, and where each CNAME leads.
    """

    suffix: str = _SUFFIX
    suffixes: Mapping[str, str] = field(default_factory=dict)
    mx: tuple[tuple[int, str], ...] = ((10, "{host}"),)
    spf: tuple[str, ...] = ("mx", "a", "include:_spf.webhosting.systems")
    spf_all: str = "softfail"
    dkim: Mapping[str, str] = field(default_factory=lambda: _DKIM)

    def settings(self, domain: str) -> MailSettings:
        """What to publish for a domain, given as its key."""
        host = f"{domain.replace('.', '-')}.{self.suffixes.get(domain, self.suffix)}"
        return MailSettings(
            mx=tuple((preference, name.replace("{host}", host)) for preference, name in self.mx),
            spf=self.spf,
            spf_all=self.spf_all,
            dkim=tuple(PublishedRecord(name, "CNAME", (f"{target}.",)) for name, target in self.dkim.items()),
            endpoints=_ACCOUNTS if domain == _TEAMS else _groupware(host),
        )


def _groupware(host: str) -> tuple[Endpoint, ...]:
    return (
        Endpoint("imap", host, 993, "tls"),
        Endpoint("submission", host, 587, "starttls"),
        Endpoint("webmail", host, 443, "tls", "/SOGo"),
        Endpoint("caldav", host, 443, "tls", "/SOGo/dav"),
        Endpoint("carddav", host, 443, "tls", "/SOGo/dav"),
    )
