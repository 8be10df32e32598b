"""SPF (RFC 7208): reading records, sharing one with others, and what it means to a receiver.

terms      a record as words, nothing refused: what sharing needs
sharing    ours merged into what others put there, and taken out again
syntax     the grammar (§12), and `macros` (§7): what a receiver reads
evaluate   check_host (§4): what a receiver concludes about one message
survey     the same for all addresses at once: who passes, and what it costs at worst
flatten    includes replaced by the addresses that they stand for
"""

from reconciler.dns.spf.evaluate import Judgement, check_host
from reconciler.dns.spf.flatten import PRICE, Flattened, flatten
from reconciler.dns.spf.published import MAX_VOIDS, Result
from reconciler.dns.spf.sharing import contribution, folded, merge, without
from reconciler.dns.spf.survey import Survey, survey, survey_of
from reconciler.dns.spf.syntax import BadSpf, read
from reconciler.dns.spf.terms import (  # the inverse of parse is called format
    MAX_LOOKUPS,
    QUALIFIERS,
    VERSION,
    Term,
    format,  # noqa: A004
    lookups,
    parse,
    record,
)

__all__ = [
    "MAX_LOOKUPS",
    "MAX_VOIDS",
    "PRICE",
    "QUALIFIERS",
    "VERSION",
    "BadSpf",
    "Flattened",
    "Judgement",
    "Result",
    "Survey",
    "Term",
    "check_host",
    "contribution",
    "flatten",
    "folded",
    "format",
    "lookups",
    "merge",
    "parse",
    "read",
    "record",
    "survey",
    "survey_of",
    "without",
]
