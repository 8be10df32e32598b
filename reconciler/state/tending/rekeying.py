"""`state rekey`: what is stored is sealed as the configuration says: for others, for the first time, or no longer.

The state gets a new key of its own. Whoever could read it before has what they have; what is written from now on is
sealed with a key that they never had.
"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.state.cipher import Cipher
from reconciler.state.store import StateStore, silent
from reconciler.state.tending import change_problems
from reconciler.state.tending.rewriting import rewriting
from reconciler.state.values import LockInfo


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """What a change of keys came to.

    Attributes:
        where: The place.
        before: Whether anything there was encrypted.
        recipients: For how many public keys it is encrypted now.
        passphrases: For how many passphrases.
        serial: Of the run.
    """

    where: str
    before: bool
    recipients: int
    passphrases: int
    serial: int

    @property
    def sealed(self) -> bool:
        """Whether it is encrypted now."""
        return bool(self.recipients or self.passphrases)


def rekey(
    store: StateStore, *, plaintext: bool = False, wait: float = 0.0, on_wait: Callable[[LockInfo], None] = silent
) -> Rekeyed:
    """Seal a state and its history with a new key, for those who are configured now.

    Args:
        store: The state.
        plaintext: Whether it is left in plain text instead.
        wait: Seconds to wait for a living owner.
        on_wait: Told once who is waited for.

    Raises:
        Problem: If nobody is configured, it can not be opened, or is held by somebody alive.
    """
    encryption = store.encryption
    if encryption is None and not plaintext:
        raise change_problems.no_recipients(store.where)
    with rewriting(store, "state rekey", wait=wait, on_wait=on_wait, strict=False) as session:
        sealer = None
        if encryption is not None and not plaintext:
            from reconciler.state.sealing import make, unlock

            sealer = make(encryption, store.where)
            unlock(sealer.keys, encryption, store.where)  # a state that this machine could not read again is not made
        session.open_run()
        session.reseal(sealer, Cipher(encryption, store.where))
        keys = None if sealer is None else sealer.keys
        return Rekeyed(
            store.where,
            session.loaded.sealed,
            0 if keys is None else len(keys.recipients),
            0 if keys is None else len(keys.for_passphrases),
            session.applied.serial,
        )
