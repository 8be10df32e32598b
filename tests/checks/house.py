"""A healthy domain, as a mapping of what the DNS answers, and ways to make it ill."""

from base64 import b64encode

from reconciler.dns.checks.base import Subject
from reconciler.dns.checks.judging import compare, run_checks
from reconciler.dns.policies import mta_sts_policy, mta_sts_record
from reconciler.model.answers import NXDOMAIN, Answer, Status
from reconciler.model.desired import DnsSettings
from reconciler.model.presentation import quote
from reconciler.model.source import Origin, pack
from reconciler.providers.reader import Endpoint, MailSettings, PublishedRecord

ORIGIN = Origin("mail.yaml", pack(4, 2, 11))


def _der(tag, *parts):
    body = b"".join(parts)
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (size if len(body) < 128 else bytes([0x80 | len(size)]) + size) + body


def rsa(bits=2048, *, bare=False, seed=1):
    """The data of an RSA key, `p=`: as good as a real one to whoever does not verify with it."""
    modulus = (1 << (bits - 1)) | (seed << 8) | 1
    octets = modulus.to_bytes(bits // 8 + 1, "big") if bits % 8 == 0 else modulus.to_bytes((bits + 7) // 8, "big")
    key = _der(0x30, _der(2, octets), _der(2, b"\x01\x00\x01"))
    algorithm = _der(0x30, _der(6, bytes.fromhex("2a864886f70d010101")), _der(5))
    return b64encode(key if bare else _der(0x30, algorithm, _der(3, b"\0", key))).decode()


KEY = f"v=DKIM1; k=rsa; p={rsa()}"
SELECTOR = "key1._domainkey.example.org"
PUBLISHED = MailSettings(
    mx=((10, "mx1.host.example"), (20, "mx2.host.example.")),
    spf=("mx", "include:_spf.host.example"),
    dkim=(PublishedRecord("key1._domainkey", "CNAME", ("key1._domainkey.host.example.",)),),
    endpoints=(
        Endpoint("imap", "imap.host.example", 993, "tls"),
        Endpoint("submission", "smtp.host.example", 465, "tls"),
        Endpoint("webmail", "web.host.example", 443, "tls"),
    ),
)
FORMER = MailSettings(
    mx=((10, "mx.old.example"),),
    spf=("include:_spf.old.example",),
    dkim=(PublishedRecord("old._domainkey", "TXT", (f"v=DKIM1; p={rsa(seed=9)}",)),),
)
POLICY = mta_sts_policy("enforce", ["mx1.host.example", "mx2.host.example"], 604800)
SETTINGS = DnsSettings(
    "zones",
    ORIGIN,
    dmarc_policy="reject",
    dmarc_reports=("dmarc@example.org",),
    mta_sts_mode="enforce",
    tls_reports=("tls@example.org",),
    client_settings=True,
)
SUBJECT = Subject("example.org", SETTINGS, PUBLISHED, "example.org")
DIGEST = "ab" * 32

HEALTHY = {
    "example.org MX": ["10 mx1.host.example.", "20 mx2.host.example."],
    "example.org TXT": ["v=spf1 mx include:_spf.host.example -all", "some-token"],
    "_spf.host.example TXT": ["v=spf1 ip4:192.0.2.0/24 -all"],
    "mx1.host.example A": ["192.0.2.1"],
    "mx2.host.example A": ["192.0.2.2"],
    "mx1.host.example AAAA": ["2001:db8::1"],
    "mx2.host.example AAAA": ["2001:db8::2"],
    "_25._tcp.mx1.host.example TLSA": [f"3 1 1 {DIGEST}"],
    f"{SELECTOR} CNAME": ["key1._domainkey.host.example."],
    "key1._domainkey.host.example TXT": [KEY],
    "_dmarc.example.org TXT": ["v=DMARC1; p=reject; rua=mailto:dmarc@example.org"],
    "_mta-sts.example.org TXT": [mta_sts_record(POLICY)],
    "mta-sts.example.org CNAME": ["www.example.org."],
    "www.example.org A": ["198.51.100.1"],
    "example.org CAA": ['0 issue "ca.example"'],
    "_smtp._tls.example.org TXT": ["v=TLSRPTv1; rua=mailto:tls@example.org"],
    "default._bimi.example.org TXT": ["v=BIMI1; l=https://www.example.org/logo.svg"],
    "_imaps._tcp.example.org SRV": ["0 1 993 imap.host.example."],
    "_pop3s._tcp.example.org SRV": ["0 0 0 ."],
    "imap.host.example A": ["192.0.2.3"],
    "autoconfig.example.org CNAME": ["web.host.example."],
    "web.host.example A": ["192.0.2.4"],
}


class World:
    """A view of a mapping from `name TYPE` to values; None: nobody was asked, "failed": nobody answered."""

    def __init__(self, records, ttl=300):
        self.records = records
        self.ttl = ttl
        self.asked = []

    def ask(self, name, rtype):
        chain = [name]
        self.asked.append(f"{name} {rtype}")
        while True:
            values = self.records.get(f"{chain[-1]} {rtype}", ())
            if values is None:
                return Answer(Status.UNKNOWN, detail="nobody was asked")
            if values == "failed":
                return Answer(Status.FAILED, detail="no server answered")
            way = tuple(chain) if len(chain) > 1 else ()
            if values:
                made = tuple(sorted(map(quote, values) if rtype == "TXT" else values))
                return Answer(Status.FOUND, made, self.ttl, way)
            alias = self.records.get(f"{chain[-1]} CNAME")
            if not alias:
                return NXDOMAIN if not way else Answer(Status.NXDOMAIN, chain=way)
            chain.append(alias[0].removesuffix("."))


def ill(changes):
    """The healthy domain with some records changed; an empty list: it is not there."""
    return {key: value for key, value in {**HEALTHY, **changes}.items() if value != []}


def found(changes=None, subject=SUBJECT):
    """Check and grade of what is found in a changed healthy domain."""
    return {(each.check, each.grade.value) for each in run_checks(subject, World(ill(changes or {})))}


def findings(changes=None, subject=SUBJECT):
    """What is found in a changed healthy domain."""
    return run_checks(subject, World(ill(changes or {})))


def way(before, after, subject=SUBJECT, ttl=300):
    """Check and grade of what is found on the way from one changed healthy domain to another."""
    return {
        (each.check, each.grade.value) for each in compare(subject, World(ill(before), ttl), World(ill(after), ttl))
    }
