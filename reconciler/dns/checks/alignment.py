"""Whether mail of a domain's own host passes DMARC: by SPF, by DKIM, or not at all (RFC 9989 §4.4)."""

from collections.abc import Iterable
from functools import partial

from reconciler.dns import dkim, dmarc, spf
from reconciler.dns.checks.scene import Scene


def spf_aligned(scene: Scene) -> bool | None:
    """Whether mail that the domain's host sends passes SPF for the domain itself; None where that can not be told.

    Bounces go to an address of the domain, so that what passes is aligned, however strict.
    """
    return scene.once("spf-aligned", lambda: _spf_aligned(scene))


def _spf_aligned(scene: Scene) -> bool | None:
    texts = scene.spf_texts
    there = scene.spf
    if there is None or len(texts) != 1:
        return False if scene.ask(scene.domain, "TXT").known else None
    if there.fault is not None and there.fault.result is spf.Result.PERMERROR:
        return False
    if there.trouble is not None or there.unknown:  # over a limit, whoever is named early still passes
        return None
    terms = spf.parse(texts[0]) or ()
    host = scene.subject.host
    if host is None or not host.spf:
        return _passes_some(terms)
    wanted = spf.parse(spf.format(host.spf)) or ()
    return {term.norm for term in wanted} <= {term.norm for term in terms} or scene.covers(host.spf)


def _passes_some(terms: Iterable[spf.Term]) -> bool:
    """Whether a record lets anybody send."""
    return any(term.qualifier == "+" and (not term.modifier or term.name == "redirect") for term in terms)


def dkim_aligned(scene: Scene) -> bool | None:
    """Whether mail that the domain's host signs passes DMARC; None where no key is known, or can be looked up."""
    return scene.once("dkim-aligned", lambda: _dkim_aligned(scene))


def _dkim_aligned(scene: Scene) -> bool | None:
    policy = scene.dmarc
    strict = policy is not None and "dkim" in policy.record.strict
    selectors = scene.signing or scene.selectors
    told = bool(selectors)
    for name in selectors:
        signer = dkim.signing_domain(name)
        signs = scene.settled(partial(dmarc.aligned, scene.domain, signer, strict, scene))
        if signs and any(key.usable for key in scene.keys(name)):
            return True
        told = told and signs is not None and scene.ask(name, "TXT").known
    return False if told else None


def silent(scene: Scene) -> bool:
    """Whether the domain says that it sends nothing: its SPF record passes nobody, or it is declared so."""
    settings = scene.subject.settings
    if settings is not None and settings.sends_nothing:
        return True
    if scene.selectors or scene.subject.host is not None:
        return False
    terms = [spf.parse(text) or () for text in scene.spf_texts]
    if terms:
        return not _passes_some(terms[0])
    return not scene.hosts
