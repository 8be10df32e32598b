"""A company whose state and plans are encrypted, in a folder that goes away."""

from pathlib import Path

from tests.cli.conftest import MAIL, House, make
from tests.sealing.keyring import Pair, pair

ANNA, BEN = pair(), pair()


def furnish(folder: Path, encryption: str) -> House:
    """Write the configuration with an `encryption` block beside the state, and Anna's key file."""
    local = "state: {local: state/mail.json}"
    assert local in MAIL
    made = make(folder, MAIL.replace(local, f"state: {{local: state/mail.json, encryption: {encryption}}}"))
    hand_over(made, ANNA)
    return made


def hand_over(house: House, key: Pair) -> None:
    """Put a private key where the configuration names it."""
    (house.folder / "key.txt").write_text(f"# a key file\n{key.private}\n", encoding="utf-8")
