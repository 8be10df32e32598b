"""The records that a domain's mail needs, from what its host publishes and what the `dns:` block asks for."""

from reconciler.dns import bimi, caa, spf
from reconciler.dns.clients import client_drafts
from reconciler.dns.draft import Draft, data_draft, text_draft
from reconciler.dns.policies import dmarc_record, mta_sts_policy, mta_sts_record, tls_report_record
from reconciler.model.desired import DnsSettings
from reconciler.providers.reader import MailSettings

NULL_MX = "0 ."  # RFC 7505: the domain has no mail

_NOBODY = MailSettings(mx=())


def mail_drafts(domain: str, settings: DnsSettings, published: MailSettings | None) -> list[Draft]:
    """Return what a domain publishes about its mail.

    Args:
        domain: The domain's key.
        settings: Its `dns:` block.
        published: What its mail host publishes; None where no one hosts its mail, which leaves what is its own: DMARC,
            TLS reports, BIMI and CAA. Of a domain that sends nothing it is not read.

    Raises:
        BadRdata: If the mail host publishes data that can not be.
    """
    if settings.sends_nothing:
        published = None
    host = published or _NOBODY
    origin = settings.origin
    drafts = [data_draft(domain, "CAA", (value,), origin) for value in caa.values(settings.caa)]
    if settings.sends_nothing:
        drafts.append(data_draft(domain, "MX", (NULL_MX,), origin))
    if host.mx:
        exchangers = tuple(f"{preference} {name}" for preference, name in host.mx)
        drafts.append(data_draft(domain, "MX", exchangers, origin))
    sender = spf_record(settings, published)
    if sender is not None:
        drafts.append(text_draft(domain, sender, origin, contribution=sender))
    for each in host.dkim:
        name = domain if each.name == "@" else f"{each.name}.{domain}"
        drafts.append(data_draft(name.lower(), each.type, each.values, origin))
    drafts.extend(_policy_drafts(domain, settings, host))
    if settings.client_settings:
        drafts.extend(client_drafts(domain, host.endpoints, origin))
    return drafts


def spf_record(settings: DnsSettings, published: MailSettings | None) -> str | None:
    """Return the SPF record the domain would have were the name ours alone; None where there is nothing to say."""
    if settings.sends_nothing:
        return spf.record([], "fail")
    host = published.spf if published else ()
    included = [f"include:{name}" for name in settings.spf_include]
    if not host and not included and settings.spf_all is None:
        return None
    return spf.record([*host, *included], settings.spf_all or (published.spf_all if published else "softfail"))


def policy_of(settings: DnsSettings, published: MailSettings | None) -> str | None:
    """Return the MTA-STS policy to serve for a domain; None where none is declared or no host receives its mail."""
    if settings.mta_sts_mode is None or settings.sends_nothing or published is None or not published.mx:
        return None
    return mta_sts_policy(settings.mta_sts_mode, [host for _, host in published.mx], settings.mta_sts_max_age)


def _policy_drafts(domain: str, settings: DnsSettings, host: MailSettings) -> list[Draft]:
    policy = policy_of(settings, host)
    texts = {
        f"_dmarc.{domain}": dmarc_record(settings),
        f"_mta-sts.{domain}": None if policy is None else mta_sts_record(policy),
        f"_smtp._tls.{domain}": tls_report_record(settings),
        bimi.owner(domain): bimi.record(settings),
    }
    return [text_draft(name, text, settings.origin) for name, text in texts.items() if text is not None]
