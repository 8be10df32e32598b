"""What an archive says of itself, and whether that is true. Nothing here writes.

An archive is a folder: the files of one mailbox in whatever form its provider can read again, and `manifest.json`,
which names each of them with its size and SHA-256, and holds a digest of itself. A folder without a manifest is no
archive, whatever else is in it.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath

from reconciler.model.names import address_label
from reconciler.providers.reader import ProviderError

FORMAT = "reconciler.archive/1"
MANIFEST = "manifest.json"


class ArchiveError(ProviderError):
    """An archive is not whole, is none, or can not be made: nothing was restored, and nothing deleted."""

    id = "archive-unusable"


@dataclass(frozen=True, slots=True)
class Counts:
    """How much of each there is."""

    messages: int = 0
    folders: int = 0
    contacts: int = 0
    appointments: int = 0
    scripts: int = 0  # sieve scripts

    def told(self) -> dict[str, int]:
        """The numbers by name, in the order in which they are told."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """One file: its path below the folder with `/` between its parts, its size in bytes, its SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds.

    Attributes:
        address: The mailbox's.
        provider: Type name of the provider that made it, which tells the form of the files.
        owner: Of the mailbox.
        quota: Of the mailbox, in bytes; None where it had none.
        aliases: Addresses that led to the mailbox when the archive was made.
        made: When, as ISO 8601 in UTC.
        counts: Of what was archived.
        files: Every file of the archive but the manifest, by name.
    """

    address: str
    provider: str
    owner: str | None
    quota: int | None
    aliases: tuple[str, ...]
    made: str
    counts: Counts = Counts()
    files: tuple[ArchivedFile, ...] = ()

    @property
    def day(self) -> str:
        """The day it was made on."""
        return self.made[:10]


def encode(manifest: Manifest) -> bytes:
    """Return a manifest as it is written: there is one way to write it, so that no byte can be another."""
    body = {"format": FORMAT, **asdict(manifest)}
    digest = hashlib.sha256(_json(body)).hexdigest()
    return _json({"format": FORMAT, "digest": f"sha256:{digest}", **asdict(manifest)})


def _json(tree: dict[str, object]) -> bytes:
    return json.dumps(tree, indent=2, ensure_ascii=False).encode() + b"\n"


def read_manifest(folder: Path) -> Manifest:
    """Read what an archive says of itself; whether it is true of its files is not looked at.

    Raises:
        ArchiveError: If the folder is no archive, or one of another version, or its manifest was changed.
    """
    try:
        data = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise _none(folder, f"it has no {MANIFEST}") from None
    except OSError as error:
        raise ArchiveError(f"{folder / MANIFEST} can not be read: {error.strerror}") from None
    try:
        tree = json.loads(data)
    except ValueError:
        raise _none(folder, f"its {MANIFEST} is not JSON") from None
    form = tree.get("format") if isinstance(tree, dict) else None
    if form != FORMAT:
        raise _none(folder, f"its {MANIFEST} has the format '{form}', and this version reads '{FORMAT}'")
    manifest = _read(folder, data)
    if encode(manifest) != data:
        raise _damaged(folder, f"its {MANIFEST} was changed after it was written")
    return manifest


def _read(folder: Path, data: bytes) -> Manifest:
    from pydantic import ValidationError  # whoever only looks at a plan does without

    from reconciler.providers.archive.shape import ManifestShape

    try:
        return ManifestShape.model_validate_json(data).manifest()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise _damaged(folder, f"in its {MANIFEST}, {where}: {first['msg']}") from None


def _none(folder: Path, why: str) -> ArchiveError:
    return ArchiveError(
        f"{folder} is not an archive that reconciler made: {why}", help="name another folder, or move this one away"
    )


def _damaged(folder: Path, how: str) -> ArchiveError:
    return ArchiveError(
        f"the archive {folder} is damaged: {how}", help="put a copy of it back, or make it again in another folder"
    )


def verify(folder: Path, address: str | None = None) -> Manifest:
    """Return the manifest of an archive whose files are all there, to the byte.

    Args:
        folder: The archive.
        address: The mailbox it has to be of; None where any will do.

    Raises:
        ArchiveError: If it is no archive, or of another mailbox, or a file is missing, cut, longer or changed.
    """
    manifest = read_manifest(folder)
    if address is not None and manifest.address != address:
        raise ArchiveError(
            f"{folder} is an archive of {address_label(manifest.address)}, and not of {address_label(address)}",
            help="name another folder",
        )
    for wrong in _wrong(folder, manifest):
        raise _damaged(folder, wrong)
    return manifest


def made_by(provider: str, folder: Path) -> Manifest:
    """Return the manifest of an archive whose files a type of provider can read, since it made them.

    Raises:
        ArchiveError: If it is no archive, or another type of provider made it.
    """
    manifest = read_manifest(folder)
    if manifest.provider != provider:
        raise ArchiveError(
            f"the archive {folder} was made by a provider of type '{manifest.provider}', and one of type '{provider}' "
            "can not read it",
            help="restore it at a provider of its own type",
        )
    return manifest


def _wrong(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Yield what is wrong with each file that is not as the manifest tells."""
    for file in manifest.files:
        inside = PurePosixPath(file.name)
        if inside.is_absolute() or ".." in inside.parts or file.name == MANIFEST:
            yield f"its {MANIFEST} names '{file.name}', which is not a file of it"
            continue
        found = measured(folder / inside, file.name)
        if found is None:
            yield f"{file.name} is missing"
        elif found.size != file.size:
            yield f"{file.name} has {found.size} bytes, and not {file.size}"
        elif found.sha256 != file.sha256:
            yield f"{file.name} was changed: its SHA-256 is not the one that was noted"


def measured(path: Path, name: str) -> ArchivedFile | None:
    """Return the size and the SHA-256 of a file; None where there is none.

    Raises:
        ArchiveError: If it can not be read.
    """
    try:
        if path.is_symlink() or not path.is_file():
            return None
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            return ArchivedFile(name, file.tell(), digest.hexdigest())
    except OSError as error:
        raise ArchiveError(f"{path} can not be read: {error.strerror}") from None
