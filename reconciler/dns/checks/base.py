"""What a check finds, and about what; `checks.table` has the checks, each with an id that is explained."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.desired import DnsSettings
from reconciler.providers.reader import MailSettings

#: What helps where nobody was asked, since no zone here is one that the world is answered from.
ASK_OTHERS = "with `resolver: {}` in the files, the servers of others are asked"


class Grade(StrEnum):
    """How bad a finding is, worst first."""

    BLOCKER = "blocker"  # mail would be lost or rejected
    WARNING = "warning"  # mail may be lost or rejected, or forged
    NOTE = "note"  # worth knowing
    UNKNOWN = "unknown"  # it could not be looked up


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        check: The check's id, which has an `explain` page.
        grade: How bad it is.
        message: One lower-case sentence that names the record.
        help: What to do, typed or written.
        record: Key of the record it is about, such as `example.org MX`, where it is about one.
    """

    check: str
    grade: Grade
    message: str
    help: str = ""
    record: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A domain that is looked at.

    Attributes:
        domain: Its key.
        settings: Its `dns:` block; None where it has none (then what is published is judged all the same).
        published: What its mail host, as declared, publishes for it.
        zone: The zone it stands in; None where not known.
        selectors: DKIM selectors that are known beside those of the mail host: owner names, fully qualified. Whether
            somebody signs with them is not known; they may be left over.
        former: What the mail host that is left publishes, where the domain moves between two.
        missing: Addresses that receive mail at the present host and will not at the next.
        facts: What the resolver found out about the zone's servers, by name: `servers-differ`,
            `servers-silent`, `not-delegated`, `dnssec-broken`, each with a sentence.
        sts_policy: The MTA-STS policy's text as it is served now, where somebody fetched it.
        clients: Addresses of clients whose mail SPF is to judge.
    """

    domain: str
    settings: DnsSettings | None = None
    published: MailSettings | None = None
    zone: str | None = None
    selectors: tuple[str, ...] = ()
    former: MailSettings | None = None
    missing: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    sts_policy: str | None = None
    clients: tuple[str, ...] = ()

    @property
    def host(self) -> MailSettings | None:
        """The mail host whose records the domain is to have; None where it has none or its records are not ours."""
        if self.settings is not None and (self.settings.sends_nothing or not self.settings.mail):
            return None
        return self.published
