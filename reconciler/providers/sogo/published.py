"""What mail needs in the DNS of a domain that the cluster hosts, and how its users reach it (netcup/N6, N11)."""

from reconciler.model.presentation import quote, strings
from reconciler.providers.reader import Endpoint, MailSettings, PublishedRecord
from reconciler.providers.sogo.settings import PublishedSettings

_KEY = "v=DKIM1"


def mail_settings(published: PublishedSettings, domain: str) -> MailSettings:
    """Return what to publish for a domain, given as its key."""
    first = min(published.mx)[1]
    reached = published.reached
    imap, submission, web = reached.imap or first, reached.submission or first, reached.web or first
    return MailSettings(
        mx=published.mx,
        spf=published.spf,
        spf_all=published.spf_all,
        dkim=tuple(_key(name, value, domain) for name, value in published.dkim.items()),
        endpoints=(
            Endpoint("imap", imap, 993, "tls"),
            Endpoint("submission", submission, 587, "starttls"),
            Endpoint("webmail", web, 443, "tls", "/SOGo"),
            Endpoint("caldav", web, 443, "tls", "/SOGo/dav"),
            Endpoint("carddav", web, 443, "tls", "/SOGo/dav"),
        ),
    )


def _key(name: str, value: str, domain: str) -> PublishedRecord:
    value = value.replace("{domain}", domain)
    if value.startswith(_KEY):
        return PublishedRecord(name, "TXT", (strings(quote(value)),))
    return PublishedRecord(name, "CNAME", (value.rstrip(".").lower() + ".",))
