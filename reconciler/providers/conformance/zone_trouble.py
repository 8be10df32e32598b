"""Zone checks: a zone that is not hosted, credentials that are wrong, and a host that does not answer."""

import asyncio
import time

import pytest

from reconciler.model.rrsets import RRset, RRsetChange
from reconciler.providers.base import ZoneProvider
from reconciler.providers.conformance.zone_data import FOREIGN, ZONE
from reconciler.providers.conformance.zone_harness import ZoneHarness, change, read, refused, same, skip
from reconciler.providers.reader import ProviderError
from reconciler.providers.writer import Failed

_PATIENCE = 60.0  # seconds after which a caller has given up
_NEW = RRsetChange(None, RRset(f"new.{ZONE}", "A", 86400, ("192.0.2.1",)))


class TroubleChecks(ZoneHarness):
    """What a provider must do when the zone, its credentials or its host are not what they should be."""

    def test_the_capabilities_make_sense(self, provider: ZoneProvider) -> None:
        """Limits are positive, provider and reader tell the same, and what is not proven has a reason."""
        able = provider.capabilities
        assert able.concurrency >= 1
        assert able.batch >= 1
        assert able.rate is None or able.rate > 0
        assert able.zones.min_ttl >= 0
        assert all(able.zones.unproven.values())
        assert provider.zone_reader().capabilities == able

    def test_knows_no_other_zone(self, provider: ZoneProvider) -> None:
        """A zone it does not host can neither be read nor changed, and the message names it."""
        with pytest.raises(ProviderError, match=r"nowhere\.example") as caught:
            read(provider, "nowhere.example")
        assert caught.value.help, "there is a way out"
        assert not caught.value.transient
        new = RRset("www.nowhere.example", "A", self.ttl(provider), ("192.0.2.1",))
        outcome = refused(change(provider, [RRsetChange(None, new)], "nowhere.example"))
        assert "nowhere.example" in outcome.message

    def test_a_wrong_key_changes_nothing(self, provider: ZoneProvider) -> None:
        """With wrong credentials nothing is read or written, and neither they nor the right ones are told."""
        stranger = self.with_wrong_key(provider)
        if stranger is None:
            skip("the provider has no credentials")
        try:
            before = read(provider)
            with pytest.raises(ProviderError) as caught:
                read(stranger)
            assert caught.value.help, "there is a way out"
            assert not caught.value.transient
            said = [refused(change(stranger, [each])) for each in (_NEW, RRsetChange(FOREIGN[0], None))]
            assert same(provider, before)
            words = f"{caught.value} {caught.value.help} {said} {stranger!r}"
            assert not [each for each in self.secrets if each in words], "a secret was told"
        finally:
            asyncio.run(stranger.close())

    def test_a_host_that_does_not_answer_is_waited_for_no_longer_than_told(self, provider: ZoneProvider) -> None:
        """Silence is an error that passes, told in time."""
        silent = self.unreachable(provider)
        if silent is None:
            skip("the provider has no host to ask")
        try:
            began = time.monotonic()
            with pytest.raises(ProviderError) as caught:
                read(silent)
            assert caught.value.transient
            assert caught.value.help, "there is a way out"
            outcome = change(silent, [_NEW])
            assert isinstance(outcome, Failed)
            assert outcome.retryable, f"silence passes: {outcome}"
            assert time.monotonic() - began < _PATIENCE
            words = f"{caught.value} {caught.value.help} {outcome}"
            assert not [each for each in self.secrets if each in words], "a secret was told"
        finally:
            asyncio.run(silent.close())
