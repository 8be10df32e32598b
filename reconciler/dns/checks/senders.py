"""Checks of who may send: SPF (RFC 7208)."""

from collections.abc import Iterator

from reconciler.dns import spf
from reconciler.dns.checks.base import Finding, Grade
from reconciler.dns.checks.scene import Scene
from reconciler.dns.spf.addresses import NONE

_NAMED = 5  # networks listed in a message


def missing(scene: Scene) -> Iterator[Finding]:
    """A mail host that sends, and no SPF record."""
    host = scene.subject.host
    if host is not None and host.spf and not scene.spf_texts and scene.ask(scene.domain, "TXT").known:
        yield Finding(
            "spf-missing",
            Grade.WARNING,
            f"{scene.domain} has no SPF record: receivers can not tell its mail from forged mail",
            f'publish {scene.domain} TXT "{spf.record(host.spf, host.spf_all)}"',
            _record(scene),
        )


def single(scene: Scene) -> Iterator[Finding]:
    """More than one SPF record (RFC 7208 §4.5)."""
    count = len(scene.spf_texts)
    if count > 1:
        yield Finding(
            "spf-single",
            Grade.BLOCKER,
            f"{scene.domain} has {count} SPF records, so receivers use none of them",
            f'keep one: "{spf.folded(scene.spf_texts)}"',
            _record(scene),
        )


def lookups(scene: Scene) -> Iterator[Finding]:
    """More terms that ask the DNS than receivers follow (RFC 7208 §4.6.4)."""
    count = scene.spf
    if count is not None and count.lookups > spf.MAX_LOOKUPS:
        yield Finding(
            "spf-lookups",
            Grade.BLOCKER,
            f"the SPF record of {scene.domain} makes receivers ask {count.lookups} times, and they stop after "
            f"{spf.MAX_LOOKUPS} with an error",
            "leave out an include that is no longer used, or set spf: {flatten: true}",
            _record(scene),
        )


def void(scene: Scene) -> Iterator[Finding]:
    """More names that are not there than receivers bear with (RFC 7208 §4.6.4)."""
    count = scene.spf
    if count is not None and count.voids > spf.MAX_VOIDS:
        yield Finding(
            "spf-void",
            Grade.WARNING,
            f"the SPF record of {scene.domain} leads to {count.voids} names that are not there; many receivers stop "
            f"after {spf.MAX_VOIDS}",
            "remove the terms whose names are gone",
            _record(scene),
        )


def broken(scene: Scene) -> Iterator[Finding]:
    """A record that receivers can not evaluate, for another reason than a limit or another record beside it."""
    there = scene.spf
    fault = there.fault if there is not None and len(scene.spf_texts) == 1 else None
    if fault is not None and fault.result is spf.Result.PERMERROR:
        yield Finding(
            "spf-broken",
            Grade.BLOCKER,
            f"the SPF record of {scene.domain} is an error to receivers: {fault.reason}",
            "correct the term that is named",
            _record(scene),
        )


def last(scene: Scene) -> Iterator[Finding]:
    """What a record says about everyone it does not name."""
    texts = scene.spf_texts
    terms = spf.parse(texts[0]) if len(texts) == 1 else None
    if terms is None:
        return
    everyone = next((term for term in terms if term.name == "all" and not term.modifier), None)
    if everyone is None:
        if not any(term.modifier and term.name == "redirect" for term in terms):
            yield _lax(scene, Grade.NOTE, "does not end in `all`, so it says nothing about everyone else")
    elif everyone.qualifier == "+":
        yield _lax(scene, Grade.WARNING, "lets everyone send (+all)")
    elif everyone.qualifier == "?":
        yield _lax(scene, Grade.NOTE, "says nothing about everyone else (?all)")


def _lax(scene: Scene, grade: Grade, what: str) -> Finding:
    message = f"the SPF record of {scene.domain} {what}"
    return Finding("spf-all", grade, message, "end it with ~all or -all: spf: {all: softfail}", _record(scene))


def dropped(before: Scene, after: Scene) -> Iterator[Finding]:
    """Networks that may send today and may not afterwards."""
    if not before.spf_texts or not after.ask(after.domain, "TXT").known:
        return
    was, will = before.spf, after.spf
    if was is None or was.unknown or (will is not None and (will.unknown or will.trouble)):
        return
    lost = _lost(was, will)
    if lost:
        more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
        yield Finding(
            "spf-drops-sender",
            Grade.WARNING,
            f"{', '.join(lost[:_NAMED])}{more} may no longer send for {before.domain}",
            "if one of them still sends, keep it: spf: {include: [NAME]}",
            _record(before),
        )


def _lost(was: spf.Survey, will: spf.Survey | None) -> list[str]:
    """Networks that pass no more, and terms that let some pass which only a message tells."""
    stays, open_ = (will.passing, will.open) if will is not None else (NONE, ())
    terms = [each.text for each in was.open if each.result is spf.Result.PASS and each not in open_]
    return [*map(str, (was.passing - stays).networks), *dict.fromkeys(terms)]


def _record(scene: Scene) -> str:
    return f"{scene.domain} TXT spf"
