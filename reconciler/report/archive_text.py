"""Archives: what was put into one, and what came back out of one."""

from dataclasses import asdict

from reconciler.model.names import address_label
from reconciler.model.sizes import format_size
from reconciler.providers.archive.archivist import Restored
from reconciler.providers.archive.manifest import Counts, Manifest
from reconciler.report.layout import clean, count

_NOUNS = {"scripts": "sieve script"}


def amounts(counts: Counts) -> str:
    """Return how much of each there is, in words; what there is none of is left out."""
    told = [count(number, _NOUNS.get(name, name.removesuffix("s"))) for name, number in counts.told().items() if number]
    return ", ".join(told) or "nothing"


def backup_text(folder: str, manifest: Manifest) -> str:
    """Return what was archived, and where."""
    size = format_size(sum(file.size for file in manifest.files))
    whose = clean(address_label(manifest.address))
    files = count(len(manifest.files), "file")
    return f"{whose} is archived in {clean(folder)}: {amounts(manifest.counts)} ({files}, {size})\n"


def restore_text(folder: str, manifest: Manifest, into: str, restored: Restored) -> str:
    """Return what came back, from where into what."""
    origin = f"an archive of {clean(address_label(manifest.address))} made {clean(manifest.made)}"
    lines = [f"{clean(address_label(into))} has what {clean(folder)} holds, {origin}: {amounts(restored.counts)}"]
    return "\n".join([*lines, *(f"  {clean(note)}" for note in restored.notes)]) + "\n"


def backup_json(folder: str, manifest: Manifest) -> dict[str, object]:
    """Return the same as plain data: the manifest as it is written."""
    return {"folder": folder, **_head(manifest), "files": [asdict(file) for file in manifest.files]}


def restore_json(folder: str, manifest: Manifest, into: str, restored: Restored) -> dict[str, object]:
    """Return the same as plain data."""
    return {
        "folder": folder,
        "mailbox": into,
        "restored": restored.counts.told(),
        "notes": list(restored.notes),
        "archive": _head(manifest),
    }


def _head(manifest: Manifest) -> dict[str, object]:
    return {
        "address": manifest.address,
        "provider": manifest.provider,
        "owner": manifest.owner,
        "quota": manifest.quota,
        "aliases": list(manifest.aliases),
        "made": manifest.made,
        "counts": manifest.counts.told(),
    }
