"""The corpus: RFC 7208's own test suite, and pyspf's, judged as it says."""

import pytest

from reconciler.dns import spf
from tests.spf.corpus import Case, cases
from tests.spf.world import oracle

#: Cases of pyspf's own extensions: a lax and a harsh mode, which RFC 7208 does not have.
_OTHER_MODES = {"test.yml/default-modifier", "test.yml/default-modifier-harsh"}
#: Clients of which no record of the corpus has heard, to see what everyone else gets.
_STRANGERS = ("203.0.113.77", "2001:db8:77::77")


@pytest.fixture(scope="module")
def corpus() -> list[Case]:
    return cases()


def judged(case: Case) -> str:
    """Our result for a case."""
    return spf.check_host(case.host, case.domain, case.sender, case.world, case.helo).result.value


def test_the_corpus_is_the_one_that_is_pinned(corpus):
    """Every scenario is there: 203 tests of RFC 7208 and 16 of pyspf."""
    assert len(corpus) == 219


def test_every_case_is_judged_as_the_corpus_says(corpus):
    """The result is the one wanted, or one of those allowed, permerror by permerror."""
    wrong = {case.id: (judged(case), case.results) for case in corpus if judged(case) not in case.results}
    assert set(wrong) == _OTHER_MODES, wrong


def test_pyspf_and_we_agree_on_the_corpus(corpus):
    """Where the corpus allows several results, ours is still the one that pyspf has."""
    differ = {}
    for case in corpus:
        theirs = oracle(case.world, case.host, case.mailfrom, case.helo)
        if judged(case) != theirs:
            differ[case.id] = judged(case), theirs
    # A record set has no duplicates and no order (RFC 2181 §5): these two depend on what pyspf is fed.
    assert set(differ) <= {"rfc7208-tests.yml/multispf1", "rfc7208-tests.yml/ptr-limit"}, differ


def test_a_count_that_is_an_error_is_never_a_false_alarm(corpus):
    """Where the cost says that receivers get an error, pyspf gets one: for the case's client, or for a stranger."""
    false = {}
    for case in corpus:
        trouble = spf.survey(case.domain, case.world).trouble
        if trouble is None:
            continue
        got = {oracle(case.world, ip, case.mailfrom, case.helo) for ip in (case.host, *_STRANGERS)}
        if trouble.result not in got:
            false[case.id] = trouble, got
    assert false == {}


def test_an_error_that_everyone_gets_is_told_beforehand(corpus):
    """Where pyspf has an error for every client, the cost of the record names one too."""
    unseen = {}
    for case in corpus:
        ips = (case.host, *_STRANGERS)
        theirs = {oracle(case.world, ip, case.mailfrom, case.helo) for ip in ips}
        trouble = spf.survey(case.domain, case.world).trouble
        if theirs <= {"permerror", "temperror"} and trouble is None:
            unseen[case.id] = theirs
    assert unseen == {}
