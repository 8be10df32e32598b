"""Write a configuration of N mailboxes: one alias for two mailboxes, one domain for a hundred.

The same N always gives the same bytes, so two runs can be compared. `--changed 1` raises the quota of one mailbox in a
hundred: written over an applied configuration, it is the everyday plan of a large site.
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

FIRST = ("Anna", "Ben", "Carla", "Dmitri", "Elif", "Finn", "Greta", "Hassan", "Ida", "Jonas", "Karin")
LAST = ("Adler", "Baum", "Cordes", "Dietz", "Ebert", "Falk", "Graf", "Hahn", "Iwanow", "Jung", "Kurz", "Lang", "Maas")

PER_DOMAIN = 100  # mailboxes
PER_FILE = 1000  # mailboxes
GIGABYTES = (1, 2, 3, 5)  # quotas, in turn

ROOT = """\
# yaml-language-server: $schema={schema}
# {count} mailboxes, written by examples/many/generate.py
version: 1

state: {{local: state/mail.json}}

providers:
  groupware: {{type: sandbox, path: state/sandbox.db}}

defaults:
  mailbox: {{password: {{file: secrets/initial}}}}

instances:
  campus: {{provider: groupware, storage: {storage} GB}}
"""


def address(number: int) -> str:
    """The address of a mailbox, such as `ben.cordes.00042@unit-0001.example`."""
    first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
    return f"{first}.{last}.{number:05}@{domain(number)}".lower()


def domain(number: int) -> str:
    """The domain of a mailbox."""
    return f"unit-{number // PER_DOMAIN:04}.example"


def gigabytes(number: int, every: int) -> int:
    """The quota of a mailbox; one in `every` has 1 GB more than the rest of its sort, none where that is 0."""
    raised = 1 if every and number % every == every // 2 else 0
    return GIGABYTES[number % len(GIGABYTES)] + raised


def alias(number: int) -> str:
    """The alias that leads to a mailbox with an even number; each domain has its postmaster and its abuse desk."""
    role = {0: "postmaster", 2: "abuse"}.get(number % PER_DOMAIN, f"desk-{number:05}")
    return f"{role}@{domain(number)}"


def unit_file(numbers: range, every: int) -> Iterator[str]:
    """The lines of one file."""
    yield "domains:"
    for number in numbers[::PER_DOMAIN]:
        yield f"  {domain(number)}: {{instance: campus}}"
    yield "mailboxes:"
    for number in numbers:
        yield f"  {address(number)}:"
        yield f"    owner: {FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]}"
        yield f"    quota: {gigabytes(number, every)} GB"
    yield "aliases:"
    for number in islice(numbers, 0, None, 2):
        yield f"  {alias(number)}: {address(number)}"


def generate(count: int, folder: Path, changed: int = 0, schema: str = "../../../schemas/config.schema.json") -> None:
    """Write the configuration.

    Args:
        count: Mailboxes.
        folder: Where to; made where it is missing. Other files in it stay.
        changed: Percent of the mailboxes that get a larger quota.
        schema: What the first line of the root file names for editors.
    """
    every = 100 // changed if changed else 0
    units = folder / "units"
    units.mkdir(parents=True, exist_ok=True)
    storage = 2 * sum(GIGABYTES) * (count // len(GIGABYTES) + 1)
    (folder / "mail.yaml").write_text(ROOT.format(schema=schema, count=count, storage=storage))
    for start in range(0, count, PER_FILE):
        lines = unit_file(range(start, min(start + PER_FILE, count)), every)
        (units / f"{start // PER_FILE:04}.yaml").write_text("\n".join(lines) + "\n")
    secret = folder / "secrets" / "initial"
    secret.parent.mkdir(mode=0o700, exist_ok=True)
    secret.write_text("change me at the first login, please\n")
    secret.chmod(0o600)


def main() -> None:
    """Read the command line and write the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("count", type=int, metavar="N", help="mailboxes to declare")
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder to write to")
    parser.add_argument("--changed", type=int, default=0, metavar="PERCENT", help="raise the quota of so many percent")
    asked = parser.parse_args()
    generate(asked.count, asked.folder, asked.changed)
    print(f"{asked.count} mailboxes written to {asked.folder}")


if __name__ == "__main__":
    main()
