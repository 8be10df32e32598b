"""A domain at one moment, as the checks see it: each answer is asked for once, and what could not be told is noted."""

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from reconciler.dns import dkim, mta_sts
from reconciler.dns import spf as spf_records
from reconciler.dns.checks.base import Subject
from reconciler.dns.dmarc import Policy, policy_for
from reconciler.dns.policies import mta_sts_policy, mta_sts_record
from reconciler.dns.tags import ask_texts
from reconciler.dns.view import View
from reconciler.model.answers import Answer, Question, Status
from reconciler.model.presentation import text_of
from reconciler.providers.reader import MailSettings

_Value = TypeVar("_Value")


class Scene:
    """A subject and a view. It is a view itself; whatever is asked through it without success is a gap."""

    def __init__(self, subject: Subject, view: View) -> None:
        """Look at a subject in a view."""
        self.subject = subject
        self._view = view
        self._answers: dict[Question, Answer] = {}
        self._kept: dict[str, tuple[object, tuple[Question, ...]]] = {}
        self._gaps: list[Question] = []

    @property
    def domain(self) -> str:
        """The subject's key."""
        return self.subject.domain

    def ask(self, name: str, rtype: str) -> Answer:
        """Return the answer, CNAMEs followed."""
        question = Question(name, rtype)
        answer = self._answers.get(question)
        if answer is None:
            answer = self._answers[question] = self._view.ask(name, rtype)
        if not answer.known:
            self._gaps.append(question)
        return answer

    def gaps(self) -> tuple[tuple[Question, Answer], ...]:
        """Return the questions without an answer since this was last called, each once."""
        gaps, self._gaps = dict.fromkeys(self._gaps), []
        return tuple((question, self._answers[question]) for question in gaps)

    def once(self, what: str, make: Callable[[], _Value]) -> _Value:
        """Return what `make` makes, made once; its gaps are gaps of everyone who uses it."""
        if what not in self._kept:
            self._kept[what] = self._apart(make)
        made, gaps = self._kept[what]
        self._gaps.extend(gaps)
        return cast("_Value", made)

    def settled(self, make: Callable[[], _Value]) -> _Value | None:
        """Return what `make` makes; None where an answer that it needed is not known."""
        value, gaps = self._apart(make)
        self._gaps.extend(gaps)
        return None if gaps else value

    def _apart(self, make: Callable[[], _Value]) -> tuple[_Value, tuple[Question, ...]]:
        """A value, and the gaps that making it met."""
        outer, self._gaps = self._gaps, []
        try:
            return make(), tuple(dict.fromkeys(self._gaps))
        finally:
            self._gaps = outer

    @property
    def mx(self) -> tuple[tuple[int, str], ...]:
        """Preference and host of each mail exchanger, in the order in which they are tried; not the null MX."""
        return self.once("mx", self._mx)

    def _mx(self) -> tuple[tuple[int, str], ...]:
        pairs = (value.split() for value in self.ask(self.domain, "MX").values)
        return tuple(sorted((int(rank), host.removesuffix(".")) for rank, host in pairs if host != "."))

    @property
    def hosts(self) -> tuple[str, ...]:
        """The mail exchangers' names, each once."""
        return tuple(dict.fromkeys(host for _, host in self.mx))

    @property
    def null_mx(self) -> bool:
        """Whether an MX says that the domain receives nothing (RFC 7505)."""
        return any(value.split()[-1] == "." for value in self.ask(self.domain, "MX").values)

    def exists(self, host: str) -> bool | None:
        """Whether a host has an address; None where nobody knows."""
        answers = self.ask(host, "A"), self.ask(host, "AAAA")
        if any(answer.status is Status.FOUND for answer in answers):
            return True
        return False if all(answer.void for answer in answers) else None

    @property
    def spf_texts(self) -> tuple[str, ...]:
        """The domain's SPF records; more than one is one too many."""
        return self.once("spf-texts", self._spf_texts)

    def _spf_texts(self) -> tuple[str, ...]:
        answer = self.ask(self.domain, "TXT")
        texts = map(text_of, answer.values) if answer.status is Status.FOUND else ()
        return tuple(text for text in texts if spf_records.parse(text) is not None)

    @property
    def spf(self) -> spf_records.Survey | None:
        """What the SPF record means to all senders at once; None without one."""
        return self.once("spf", lambda: spf_records.survey(self.domain, self) if self.spf_texts else None)

    def covers(self, mechanisms: Sequence[str]) -> bool | None:
        """Whether the SPF record lets everyone send that mechanisms do; None where that can not be told."""
        there = self.spf
        try:
            asked = spf_records.survey_of(spf_records.read(spf_records.format(mechanisms)), self.domain, self)
        except spf_records.BadSpf:
            return None
        if there is None or there.unknown or asked.unknown or asked.trouble or asked.open:
            return None
        return not asked.passing - there.passing

    @property
    def dmarc(self) -> Policy | None:
        """The DMARC policy for mail from the domain; None without one, and where it is not known."""
        return self._dmarc[0]

    @property
    def knows_dmarc(self) -> bool:
        """Whether it is known which DMARC policy applies, if any."""
        return self._dmarc[1]

    @property
    def _dmarc(self) -> tuple[Policy | None, bool]:
        return self.once("dmarc", lambda: self.settled(self._policy) or (None, False))

    def _policy(self) -> tuple[Policy | None, bool]:
        return policy_for(self.domain, self), True

    @property
    def signing(self) -> tuple[str, ...]:
        """Owner names of the DKIM keys that the mail host signs with."""
        host = self.subject.host
        return names_of(host, self.domain) if host is not None else ()

    @property
    def selectors(self) -> tuple[str, ...]:
        """Owner names of all DKIM keys that are known: those of the mail host, then others, which may be left over."""
        return tuple(dict.fromkeys((*self.signing, *self.subject.selectors)))

    def keys(self, selector: str) -> tuple[dkim.Key, ...]:
        """Return the DKIM keys at a selector's owner name."""
        return self.once(selector, lambda: dkim.keys_at(selector, self))

    @property
    def sts_records(self) -> tuple[str, ...]:
        """The records that announce an MTA-STS policy; more than one is one too many."""
        return self.once("sts", lambda: ask_texts(f"_mta-sts.{self.domain}", mta_sts.STS_VERSION, self))

    @property
    def sts_id(self) -> str | None:
        """The id of the MTA-STS policy; None where none is announced as RFC 8461 wants it."""
        records = self.sts_records
        return mta_sts.record_id(records[0]) if len(records) == 1 else None

    @property
    def sts_policy(self) -> mta_sts.Policy | None:
        """The MTA-STS policy that is announced; None where there is none or its text is not known."""
        return self.once("sts-policy", self._sts_policy)

    def _sts_policy(self) -> mta_sts.Policy | None:
        """Our own policies are known by their ids; any other is known if somebody fetched it."""
        announced = self.sts_id
        subject = self.subject
        if announced is None:
            return None
        settings = subject.settings
        if settings is not None and settings.mta_sts_mode is not None:
            new = [host for _, host in subject.published.mx] if subject.published else []
            old = [host for _, host in subject.former.mx] if subject.former else []
            for mx in (new, [*old, *new], [*self.hosts, *new], old, self.hosts):
                text = mta_sts_policy(settings.mta_sts_mode, mx, settings.mta_sts_max_age)
                if mta_sts.record_id(mta_sts_record(text)) == announced:
                    return mta_sts.parse_policy(text)
        return None if subject.sts_policy is None else mta_sts.parse_policy(subject.sts_policy)


def names_of(host: MailSettings, domain: str) -> tuple[str, ...]:
    """Return the owner names of the DKIM keys that a mail host publishes for a domain."""
    return tuple(domain if each.name == "@" else f"{each.name}.{domain}".lower() for each in host.dkim)


def moved(before: Scene, after: Scene) -> tuple[str, ...]:
    """Return the mail exchangers that are new to a domain which received mail before; empty where it does not move."""
    if not before.hosts:
        return ()
    return tuple(host for host in after.hosts if host not in before.hosts)
