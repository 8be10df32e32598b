"""What the zone kit puts into zones: somebody else's records, and shapes that are easily broken on the way."""

from collections.abc import Mapping

from reconciler.model.presentation import quote
from reconciler.model.rrsets import RRset

ZONE = "example.org"

#: What somebody else keeps in the zone.
FOREIGN: tuple[RRset, ...] = (
    RRset("example.org", "TXT", 3600, ('"google-site-verification=abc"', '"v=spf1 mx -all"')),
    RRset("example.org", "MX", 3600, ("10 mail.example.org.",)),
    RRset("mail.example.org", "A", 300, ("192.0.2.25",)),
    RRset("mail.example.org", "AAAA", 300, ("2001:db8::25",)),
    RRset("www.example.org", "CNAME", 3600, ("mail.example.org.",)),
)

#: The same as lines of a zone file (RFC 1035 §5) in the upper and lower case that people write, for hosts that keep it.
FOREIGN_TEXT = """\
example.org. 3600 IN MX 10 Mail.Example.ORG.
example.org. 3600 IN TXT "google-site-verification=abc"
example.org. 3600 IN TXT "v=spf1 mx -all"
Mail.example.org. 300 IN A 192.0.2.25
Mail.example.org. 300 IN AAAA 2001:DB8:0::25
WWW.Example.org. 3600 IN CNAME mail.EXAMPLE.org.
"""

#: Names, types and values that are easily broken on the way to a provider and back.
SHAPES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "address": ("host", "A", ("192.0.2.1", "192.0.2.2")),
    "ipv6": ("host", "AAAA", ("2001:db8::1",)),
    "quotes": ("txt", "TXT", (quote('say "hello"'),)),
    "a-quote": ("txt", "TXT", (quote('"'),)),
    "backslashes": ("txt", "TXT", (quote("C:\\mail\\"),)),
    "backslash-digits": ("txt", "TXT", (quote("\\065\\\\034"),)),
    "semicolons": ("_dmarc", "TXT", ('"v=DMARC1; p=none; rua=mailto:postmaster@example.org"',)),
    "signs": ("txt", "TXT", ('"!#$%&\'()*+,-./:<=>?@[]^_`{|}~"',)),
    "blanks": ("txt", "TXT", ('"  two   blanks  "',)),
    "empty-text": ("txt", "TXT", ('""',)),
    "upper-case-text": ("txt", "TXT", ('"MixedCase=AbC"',)),
    "non-ascii-text": ("txt", "TXT", (quote("Grüße ✓"),)),
    "255-octets": ("txt", "TXT", (quote("x" * 255),)),
    "256-octets": ("txt", "TXT", (quote("x" * 256),)),
    "long-text": ("key1._domainkey", "TXT", (quote("v=DKIM1; k=rsa; p=" + "Ab+/" * 180),)),
    "long-non-ascii-text": ("txt", "TXT", (quote("x" + "ü" * 300),)),
    "several-texts": ("txt", "TXT", ('"one"', '"two"')),
    "null-mx": ("nomail", "MX", ("0 .",)),
    "several-mx": ("multi", "MX", ("10 mx1.example.net.", "20 mx2.example.net.")),
    "not-offered": ("_pop3._tcp", "SRV", ("0 0 0 .",)),
    "service": ("_imaps._tcp", "SRV", ("0 1 993 mail.example.org.",)),
    "tlsa": ("_25._tcp.mail", "TLSA", ("3 1 1 " + "0123456789abcdef" * 4,)),
    "caa": ("caa", "CAA", ('0 issue "letsencrypt.org"', '0 issuewild ";"')),
    "wildcard": ("*.wild", "A", ("192.0.2.7",)),
    "wildcard-mx": ("*.wild", "MX", ("10 mail.example.org.",)),
    "idn-name": ("xn--mller-kva", "A", ("192.0.2.8",)),
    "idn-target": ("idn", "CNAME", ("xn--mller-kva.example.net.",)),
    "alias": ("autoconfig", "CNAME", ("mail.example.net.",)),
    "alias-of-the-zone": ("apex", "CNAME", ("example.org.",)),
    "below-an-owner": ("deep.mail", "A", ("192.0.2.10",)),
    "deep": ("a.b.c.d", "A", ("192.0.2.9",)),
}
