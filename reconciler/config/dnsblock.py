"""A domain's `dns:` block, as the settings the DNS room works with."""

import re
from collections.abc import Iterator

from reconciler.config.dns_models import DnsBlock
from reconciler.config.entries import Context, Entry, Part
from reconciler.config.nodes import Map, Seq, flat_origin, locate
from reconciler.model.desired import DnsSettings, ExtraRecord, SwitchSettings
from reconciler.model.diagnostic import Diagnostic, problem, warning
from reconciler.model.names import BadName, domain_key
from reconciler.model.source import Origin, Span


def dns_settings(block: DnsBlock, entry: Entry, domain: str, context: Context) -> DnsSettings:
    """Turn a valid block into settings; names of extra records become fully qualified."""
    node = entry.node.get("dns")
    at = entry.node.place("dns", of_key=True) if "dns" in entry.node else entry.key
    origin = flat_origin(entry.part.file, at, node)
    records = tuple(_records(block, entry, domain, origin, context))
    dmarc, mta_sts = block.dmarc, block.mta_sts
    alignment = dmarc.alignment if dmarc else None
    return DnsSettings(
        provider=block.provider,
        origin=origin,
        ttl=block.ttl,
        spf_include=block.spf.include,
        spf_all=block.spf.all,
        dmarc_policy=dmarc.policy if dmarc else None,
        dmarc_subdomain_policy=dmarc.subdomain_policy if dmarc else None,
        dmarc_nonexistent_policy=dmarc.nonexistent_policy if dmarc else None,
        dmarc_testing=dmarc.testing if dmarc else False,
        dmarc_reports=dmarc.reports if dmarc else (),
        dmarc_failure_reports=dmarc.failure_reports if dmarc else (),
        dmarc_strict_alignment=tuple(
            name for name in ("dkim", "spf") if alignment and getattr(alignment, name) == "strict"
        ),
        mta_sts_mode=mta_sts.mode if mta_sts else None,
        mta_sts_max_age=mta_sts.max_age if mta_sts else 604800,
        tls_reports=block.tls_reports,
        client_settings=block.client_settings,
        mail=block.mail,
        sends_nothing=block.no_mail,
        spf_flatten=block.spf.flatten,
        bimi_logo=block.bimi.logo if block.bimi else None,
        bimi_certificate=block.bimi.certificate if block.bimi else None,
        caa=block.caa,
        switch=SwitchSettings(block.switch.phased, block.switch.ttl, block.switch.keep),
        accept=block.accept,
        records=records,
    )


def _records(block: DnsBlock, entry: Entry, domain: str, origin: Origin, context: Context) -> Iterator[ExtraRecord]:
    places = dict(zip(origin.names, origin.places[1::2], strict=True)) if block.records else {}  # of thousands at times
    for index, record in enumerate(block.records):
        at = Span.unpack(origin.file, places.get(f"records.{index}", origin.key))
        try:
            name = owner_name(record.name, domain)
        except BadName as error:
            context.problems.append(
                problem(
                    "bad-record-name",
                    f"a record of domain '{entry.name}': {error}",
                    at=origin.span(f"records.{index}.name"),
                    help="write the name below the domain, such as www, or '@' (quoted) for the domain itself",
                )
            )
            continue
        yield ExtraRecord(name, record.type.upper(), record.values, record.ttl, at)


def owner_name(text: str, domain: str) -> str:
    """The fully qualified owner name of a record.

    Args:
        text: A name below the domain, `@` for the domain itself, or a full name that ends with a dot.
        domain: The domain's key.

    Raises:
        BadName: If it is no owner name, or stands outside the domain.
    """
    if text == "@":
        return domain
    wildcard = "*." if text == "*" or text.startswith("*.") else ""
    rest = text[2:] if wildcard and text != "*" else "" if wildcard else text
    if text.endswith("."):
        name = domain_key(rest)
        if name != domain and not name.endswith("." + domain):
            raise BadName(f"'{text}' stands outside the domain '{domain}'")
        return wildcard + name
    if rest and (rest.lower() == domain or rest.lower().endswith("." + domain)):
        raise BadName(f"'{text}' repeats the domain; without a closing dot it would stand below it once more")
    return wildcard + (domain_key(f"{rest}.{domain}") if rest else domain)


_FREE_TEXT = re.compile(r"[;=\"]")


def cut_off_comments(part: Part, domain: str, node: Map, lines: list[str]) -> Iterator[Diagnostic]:
    """Warn of values that an unquoted ` #` has cut short: YAML takes the rest for a comment and says nothing."""
    dns = node.get("dns")
    records = dns.get("records") if isinstance(dns, Map) else None
    for index, record in enumerate(records if isinstance(records, Seq) else ()):
        if not isinstance(record, Map):
            continue
        values = record.get("values")
        texts = list(enumerate(values)) if isinstance(values, Seq) else [(None, values)]
        is_text = str(record.get("type")).upper() in ("TXT", "SPF")
        for number, value in texts:
            if isinstance(value, str) and (is_text or _FREE_TEXT.search(value)):
                loc = ("dns", "records", index, "values", *(() if number is None else (number,)))
                at = part.at(locate(node, loc) or node.at)
                if _comment_follows(at, lines):
                    yield _cut_off(domain, value, at)


def _comment_follows(at: Span, lines: list[str]) -> bool:
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    if line[at.column - 1 : at.column] in ("'", '"', "|", ">"):
        return False
    return re.match(r"\s+#", line[at.column - 1 + at.length :]) is not None


def _cut_off(domain: str, value: str, at: Span) -> Diagnostic:
    return warning(
        "comment-in-value",
        f"a record of domain '{domain}' ends before a #, and the rest of the line is a comment",
        at=at,
        why="in YAML a blank and an unquoted # begin a comment",
        help=f"if the # belongs to the record, quote the value: '{value} #…'",
    )
