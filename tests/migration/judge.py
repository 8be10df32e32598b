"""Whether any message could have been lost or rejected, whatever any sender or receiver had in a cache.

A resolver may have asked any server, and may hold an answer for as long as its TTL, a negative one for as long as the
SOA says. Whatever they hold has to be right: judged by pyspf, dkimpy and checkdmarc, with answers out of the record.
"""

import functools
import warnings
from collections.abc import Iterator

import dns.rdata

from tests.migration.keys import key_pair
from tests.migration.world import EXTERNAL, KEEP, RECIPIENTS, SENDERS, ZONE, Move
from tests.spf.world import oracle, world

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what others warn of when they are imported is not ours
    import dkim as dkimpy
    from checkdmarc.dmarc import parse_dmarc_record
    from checkdmarc.mta_sts import mx_in_mta_sts_patterns, parse_mta_sts_policy, parse_mta_sts_record

Answer = tuple[str, ...] | None
_AROUND = (0, 0.0005, 1, 299, 301, 3599, 3601, 7199, 7201, 86399, 86401)


class Judge:
    """One move, looked back on."""

    def __init__(self, move: Move) -> None:
        self.move = move
        starts = [moment.at for moments in move.said.values() for moment in moments]
        starts += [at for at, _ in (*move.hosts, *move.served)]
        begin = min(moment.at for moments in move.said.values() for moment in moments)
        self.times = sorted({at + more for at in starts for more in _AROUND if at + more >= begin})
        self.begin = begin
        told = [
            moment.at for moments in move.said.values() for moment in moments if "new" in str(moment.zone[ZONE, "MX"])
        ]
        self.switched = min(told, default=None)

    def trouble(self) -> list[str]:
        """Say what could have gone wrong, and when."""
        found: dict[str, float] = {}
        for at in self.times:
            for sentence in (*self._lost(at), *self._rejected(at), *self._refused(at), *self._led_astray(at)):
                found.setdefault(sentence, at)
        return [f"{at - self.begin:.4f} s: {sentence}" for sentence, at in found.items()]

    def seen(self, name: str, rtype: str, at: float) -> set[Answer]:
        """Every answer that somebody may hold at a time, of any server; None: that there is none."""
        found: set[Answer] = set()
        for moments in self.move.said.values():
            for index, moment in enumerate(moments):
                end = moments[index + 1].at if index + 1 < len(moments) else at + 1
                soa_ttl, soa = moment.zone[ZONE, "SOA"]
                negative = min(soa_ttl, int(soa[0].rpartition(" ")[2]))
                ttl, values = moment.zone.get((name, rtype), (negative, None))
                if moment.at <= at < end + ttl:
                    found.add(values)
        return found

    def known(self, at: float) -> dict[str, frozenset[str]]:
        """The addresses that each host has."""
        return [hosts for since, hosts in self.move.hosts if since <= at][-1]

    # -- who receives

    def _lost(self, at: float) -> Iterator[str]:
        """Mail that is brought to a host which does not know whom it is for."""
        for answer in self.seen(ZONE, "MX", at):
            if answer is None:
                yield "somebody holds that there is no MX"
            for value in answer or ():
                missing = RECIPIENTS - self.known(at)[_host(value)]
                if missing:
                    yield f"{value} does not know {', '.join(sorted(missing))}"

    def _refused(self, at: float) -> Iterator[str]:
        """Mail that a sender who holds an enforced policy brings to none of the mail exchangers it knows."""
        for answer in self.seen(f"_mta-sts.{ZONE}", "TXT", at):
            if answer is None:
                yield "somebody holds that there is no MTA-STS record"
                continue
            for policy in self._policies(answer, at):
                if policy["mode"] != "enforce":
                    yield "a policy is not enforced"
                for mx in self.seen(ZONE, "MX", at):
                    hosts = [value.split()[1].rstrip(".") for value in mx or ()]
                    if not any(mx_in_mta_sts_patterns(host, list(policy["mx"])) for host in hosts):
                        yield f"a policy for {policy['mx']} is held beside the MX {hosts}"

    def _policies(self, record: tuple[str, ...], at: float) -> Iterator[dict]:
        """The policies that may be held with an id: those served whenever somebody saw it."""
        parse_mta_sts_record(_text(record[0]))
        for since, body in self.move.served:
            later = [other for other, _ in self.move.served if other > since]
            until = min(later, default=at + 1)
            moments = [each for each in self.times if since <= each < until and each <= at]
            if any(record in self.seen(f"_mta-sts.{ZONE}", "TXT", each) for each in moments):
                yield _policy(body)

    # -- who sends

    def _senders(self, at: float) -> list[str]:
        """The hosts whose mail may be on its way: the old one's until its queue is empty."""
        switched = self.switched
        old = switched is None or at < switched + KEEP
        return ["news", *["old"] * old, *["new"] * (switched is not None and at >= switched)]

    def _rejected(self, at: float) -> Iterator[str]:
        """Mail that a receiver takes for forged."""
        hosts = self._senders(at)
        for answer in self.seen(ZONE, "TXT", at):
            yield from (f"mail of {host} fails SPF: {answer}" for host in hosts if _spf(answer, host) != "pass")
        for host in hosts:
            selector = f"{host[0]}1._domainkey.{ZONE}"
            for answer in self.seen(selector, "CNAME", at) if host != "news" else ():
                if not _verified(host, answer):
                    yield f"mail of {host} fails DKIM: {selector} is {answer}"
        for answer in self.seen(f"_dmarc.{ZONE}", "TXT", at):
            if answer is None or _dmarc_policy(_text(answer[0])) != "reject":
                yield f"DMARC is {answer}"

    # -- who reads mail

    def _led_astray(self, at: float) -> Iterator[str]:
        """Mail programs that find a host which does not know their user."""
        for service in ("_imaps._tcp", "_submission._tcp"):
            for answer in self.seen(f"{service}.{ZONE}", "SRV", at):
                for value in answer or ("",):
                    if not value or not self.known(at)[_host(value)] >= RECIPIENTS:
                        yield f"mail programs are led to {value}"


def _host(value: str) -> str:
    """Whose a name in `.old.example` or `.new.example` is."""
    return value.rstrip(".").split(".")[-2]


def _text(value: str) -> str:
    return b"".join(dns.rdata.from_text("IN", "TXT", value).strings).decode()


@functools.cache
def _policy(body: str) -> dict:
    return parse_mta_sts_policy(body)["policy"]


@functools.cache
def _outside() -> dict[str, dict[str, list[str]]]:
    names: dict[str, dict[str, list[str]]] = {}
    for zone, records in EXTERNAL(key_pair("old")[1], key_pair("new")[1]).items():
        for record in records:
            name, _, rtype, data = record.split(" ", 3)
            names.setdefault(f"{name}.{zone}", {}).setdefault(rtype, []).append(_text(data) if rtype == "TXT" else data)
    return names


@functools.cache
def _spf(answer: Answer, host: str) -> str:
    """What pyspf makes of a host's mail."""
    texts = {"TXT": [_text(each) for each in answer]} if answer else {}
    return oracle(world({**_outside(), ZONE: texts}), SENDERS[host], f"anna@{ZONE}")


@functools.cache
def _message(host: str) -> bytes:
    """A message as a host sends it."""
    text = f"From: Anna <anna@{ZONE}>\r\nTo: <bob@example.net>\r\nSubject: Hello\r\n\r\nHello!\r\n".encode()
    return dkimpy.sign(text, f"{host[0]}1".encode(), ZONE.encode(), key_pair(host)[0]) + text


@functools.cache
def _verified(host: str, answer: Answer) -> bool:
    """Whether dkimpy takes a host's signature, with what stands at its selector."""

    def texts(name: bytes, timeout: float = 5) -> bytes | None:
        found = _outside().get(answer[0].rstrip("."), {}).get("TXT") if answer else None
        return found[0].encode() if found else None

    return dkimpy.verify(_message(host), dnsfunc=texts)


@functools.cache
def _dmarc_policy(text: str) -> str:
    return parse_dmarc_record(text, ZONE, resolver=_Nobody())["tags"]["p"]["value"]


class _Nobody:
    """A resolver in which every question fails."""

    nameservers: tuple[str, ...] = ()
    timeout = lifetime = 1.0

    def resolve(self, *args: object, **kwargs: object) -> None:
        import dns.resolver

        raise dns.resolver.NoNameservers


def trouble_of(move: Move) -> list[str]:
    """What could have gone wrong in a move."""
    return Judge(move).trouble()
