"""The `age` command reads what we seal, and we read what it seals: nobody needs this program to get at their data."""

import base64
import json
import re
import subprocess
from pathlib import Path

import pytest

from reconciler.secrets.recipients import canonical
from reconciler.state.sealing import make, open_document, seal_document, unlock
from tests.programs import program
from tests.sealing.house import ANNA as HOLDER
from tests.sealing.house import furnish
from tests.sealing.keyring import Pair, pair, run_age

ANNA, BEN = pair(), pair()


COST = ("--allow-cost", "instance:office")


def key_file(folder, name: str, text: str):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_age_unwraps_the_state_s_key_and_opens_what_it_sealed(ring, tmp_path):
    """With the key file of a recipient, and no more than a shell."""
    sealer = make(ring.block(ANNA, BEN))
    wrapped = base64.b64decode(sealer.keys.for_recipients)
    ben = key_file(tmp_path, "ben", BEN.private + "\n")
    state_key = key_file(tmp_path, "state", run_age("-d", "-i", ben, stdin=wrapped).decode())
    assert run_age("-d", "-i", state_key, stdin=sealer.seal(b"a page")) == b"a page"


def test_age_opens_a_sealed_document(ring, tmp_path):
    """A plan among them."""
    anna = key_file(tmp_path, "anna", ANNA.private + "\n")
    assert run_age("-d", "-i", anna, stdin=seal_document(b"{}", ring.block(ANNA))) == b"{}"


@pytest.mark.parametrize("form", [["-a"], []])
def test_what_age_sealed_is_read(ring, form):
    """ASCII-armored or not; with blank lines around, as a mail program leaves them."""
    sealed = run_age(*form, "-r", ANNA.public, "-r", BEN.public, stdin=b"{}")
    if form:
        sealed = b"\n" + sealed.replace(b"\n", b"\r\n") + b"\n"
    assert open_document(sealed, ring.block(identities=[BEN]), "plan.json") == b"{}"


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_an_ssh_key_will_do(ring, tmp_path, kind):
    """As a recipient and as an identity; its comment, which names somebody, is kept nowhere."""
    path = tmp_path / "id"
    keygen = program("ssh-keygen", "openssh-client")
    subprocess.run([keygen, "-q", "-t", kind, "-N", "", "-C", "anna@laptop", "-f", path], check=True)
    public = canonical(path.with_suffix(".pub").read_text(encoding="utf-8").strip())
    assert "anna" not in public
    anna = Pair(public, path.read_text(encoding="utf-8"))
    sealer = make(ring.block(anna))
    assert unlock(sealer.keys, ring.block(identities=[anna]), "s").open(sealer.seal(b"x")) == b"x"
    assert run_age("-d", "-i", path, stdin=seal_document(b"{}", ring.block(anna))) == b"{}"


def test_a_state_is_read_without_this_program(tmp_path):
    """The commands that the documentation shows for it give back every resource."""
    house = furnish(tmp_path / "company", f"{{recipients: {HOLDER.public}, identity: {{file: key.txt}}}}")
    house.run("apply", "--yes", *COST)
    page = (Path(__file__).parents[2] / "docs/encryption.md").read_text(encoding="utf-8")
    _, _, after = page.partition("## Without this program")
    lines = re.findall(r"^\$ (.+)$", after, re.MULTILINE)
    assert len(lines) == 2
    run_age("--version")
    script = "\n".join(lines).replace("KEYFILE", "key.txt")
    done = subprocess.run(["sh", "-ec", script], cwd=house.folder, capture_output=True, check=True)
    keys = {each["key"] for each in json.loads(done.stdout)}
    assert {"office", "example.org", "anna@example.org", "info@example.org"} <= keys
