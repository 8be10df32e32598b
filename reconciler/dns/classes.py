"""Value classes: whose is which value of an rrset that several parties write into.

Many parties write into one TXT rrset: a mail host its SPF record, a search engine its token, another its own. Each
value belongs to a class, and a class is one resource; what is of another class is never touched. A CAA rrset is shared
in the same way: each party names the certificate authority it needs, and any of those named may issue.
"""

import hashlib

from reconciler.model.presentation import text_of

SPF, DMARC, DKIM, MTA_STS, TLS_RPT, PATH, BIMI = "spf", "dmarc", "dkim", "mta-sts", "tls-rpt", "path", "bimi"
#: Types whose rrsets are shared: each value has a class. Of every other type the whole rrset is one resource.
SHARED = frozenset({"TXT", "CAA"})

_LONGEST = 80  # characters of a value that stands for itself in a key


def value_class(name: str, rtype: str, value: str) -> str:
    """Return the class of a value.

    Args:
        name: Owner name, fully qualified.
        rtype: RR type, upper case.
        value: The data in presentation form, TXT in one pair of quotes.

    Returns:
        Empty for every type that is not `SHARED`: there the whole rrset is one resource. For TXT `spf` (RFC 7208),
        `dmarc` (RFC 9989), `dkim` (RFC 6376), `mta-sts` (RFC 8461), `tls-rpt` (RFC 8460), `path` (RFC 6764), `bimi`;
        for any other value the value itself, or its digest where it is longer than 80 characters.
    """
    if rtype not in SHARED:
        return ""
    known = _known(name, text_of(value).casefold()) if rtype == "TXT" else ""
    return known or (value if len(value) <= _LONGEST else _digest(value))


def _known(name: str, text: str) -> str:
    version = text.partition(";")[0].strip()
    marks = {
        SPF: text.split(" ", 1)[0] == "v=spf1",
        DKIM: "._domainkey." in f".{name}" or version == "v=dkim1",
        DMARC: version == "v=dmarc1" and (name.startswith("_dmarc.") or "._report._dmarc." in name),
        MTA_STS: version == "v=stsv1" and name.startswith("_mta-sts."),
        TLS_RPT: version == "v=tlsrptv1" and name.startswith("_smtp._tls."),
        BIMI: version == "v=bimi1" and "._bimi." in f".{name}",
        PATH: text.startswith("path=") and name.startswith(("_caldav", "_carddav")),
    }
    return next((cls for cls, fits in marks.items() if fits), "")


def _digest(value: str) -> str:
    return "sha256:" + hashlib.sha256(value.encode()).hexdigest()[:16]
