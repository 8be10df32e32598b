"""SPF (RFC 7208): reading records, sharing one with others, and what it means to a receiver."""

from reconciler.dns.spf.sharing import contribution, folded, merge, without
from reconciler.dns.spf.terms import MAX_LOOKUPS, QUALIFIERS, VERSION, Term, format, lookups, parse, record

__all__ = [
    "MAX_LOOKUPS",
    "QUALIFIERS",
    "VERSION",
    "Term",
    "contribution",
    "folded",
    "format",
    "lookups",
    "merge",
    "parse",
    "record",
    "without",
]
