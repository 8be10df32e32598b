"""Checks of DKIM keys (RFC 6376, RFC 8301, RFC 8463)."""

from collections.abc import Iterator

from reconciler.dns import dkim
from reconciler.dns.checks.base import Finding, Grade
from reconciler.dns.checks.scene import Scene, moved, names_of
from reconciler.model.presentation import text_of


def published(scene: Scene) -> Iterator[Finding]:
    """Selectors whose key nobody finds, or can use; of one that may be left over only what is odd about it."""
    for name in scene.selectors:
        answer = scene.ask(name, "TXT")
        keys = scene.keys(name)
        if not answer.known or any(key.usable or key.short for key in keys):
            continue  # too short a key is told by its own check
        signs = name in scene.signing
        if signs or answer.chain or any(key.fault for key in keys):
            yield Finding(
                "dkim-selector-published",
                Grade.WARNING if signs else Grade.NOTE,
                f"{name} {_state(keys, answer.chain)}: signatures with it fail",
                "publish the record that the mail host names" if signs else "remove it, if nobody signs with it",
                f"{name} TXT dkim",
            )
    yield from _others(scene)


def _state(keys: tuple[dkim.Key, ...], chain: tuple[str, ...]) -> str:
    if not keys:
        return f"leads to {chain[-1]}, which has no DKIM key" if chain else "has no DKIM key"
    if keys[0].revoked:
        return "has a DKIM key that was withdrawn (p= is empty)"
    return f"has a DKIM key that can not be used: {keys[0].fault}"


def _others(scene: Scene) -> Iterator[Finding]:
    """Keys that are not those the mail host signs with."""
    host = scene.subject.host
    for name, each in zip(names_of(host, scene.domain), host.dkim, strict=True) if host is not None else ():
        wanted = {_data(value) for value in each.values} if each.type == "TXT" else set()
        there = {key.data for key in scene.keys(name) if key.usable}
        if wanted and there and not wanted & there:
            yield Finding(
                "dkim-selector-published",
                Grade.WARNING,
                f"{name} has another DKIM key than the mail host signs with: signatures with it fail",
                "publish the record that the mail host names",
                f"{name} TXT dkim",
            )


def _data(value: str) -> str:
    return dkim.parse(text_of(value) if value.startswith('"') else value).data


def weak(scene: Scene) -> Iterator[Finding]:
    """Keys that are too short, or only tried out."""
    for name in scene.selectors:
        for key in scene.keys(name):
            if key.short:
                what = f"has {key.fault.partition(';')[0]}"
                grade = Grade.WARNING if name in scene.signing else Grade.NOTE
                yield _weak(name, grade, what, f"let the mail host make a key of {dkim.GOOD_BITS} bits")
            elif key.usable and key.kind == "rsa" and key.bits < dkim.GOOD_BITS:
                what = f"has an RSA key of {key.bits} bits; {dkim.GOOD_BITS} is what receivers expect"
                yield _weak(name, Grade.NOTE, what, f"let the mail host make a key of {dkim.GOOD_BITS} bits")
            if key.usable and key.testing:
                what = "says that its key is only tried out (t=y), so receivers may ignore that a signature fails"
                yield _weak(name, Grade.NOTE, what, "remove t=y from the record")


def _weak(name: str, grade: Grade, what: str, hint: str) -> Finding:
    return Finding("dkim-key-weak", grade, f"{name} {what}", hint, f"{name} TXT dkim")


def signs_early(before: Scene, after: Scene) -> Iterator[Finding]:
    """Keys that are published in the same step in which the mail moves to the host that signs with them."""
    host = after.subject.host
    if host is None or not moved(before, after):
        return
    for name in names_of(host, after.domain):
        fresh = before.ask(name, "TXT").void and any(key.usable for key in after.keys(name))
        if fresh:
            yield Finding(
                "dkim-signs-before-publish",
                Grade.WARNING,
                f"{name} is published in the same step in which the MX moves: who asked for it before may remember "
                "that it was not there",
                "publish the key first and move the MX when it can be seen everywhere, as the phases of a switch do",
                f"{name} TXT dkim",
            )


def in_flight(before: Scene, after: Scene) -> Iterator[Finding]:
    """Keys that go, or become others, while mail that was signed with them is still on its way."""
    former = before.subject.former
    leaving = names_of(former, before.domain) if former is not None else ()
    moves = bool(moved(before, after))
    for name in dict.fromkeys((*before.selectors, *leaving)):
        was = {key.data for key in before.keys(name) if key.usable}
        will = {key.data for key in after.keys(name) if key.usable}
        if not was or was & will or not after.ask(name, "TXT").known:
            continue
        if will or moves:
            yield Finding(
                "dkim-mail-in-flight",
                Grade.WARNING,
                f"the DKIM key at {name} {'becomes another' if will else 'goes'} while mail signed with it may still "
                "be on its way",
                "publish the new key under another selector, and keep the old one for five days"
                if will
                else "keep the key for five days after the switch",
                f"{name} TXT dkim",
            )
