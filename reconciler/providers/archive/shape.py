"""The manifest as pydantic models: what is read passes through them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from reconciler.providers.archive.manifest import ArchivedFile, Counts, Manifest

_Number = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CountsShape(_Part):
    """How much of each there is."""

    messages: _Number
    folders: _Number
    contacts: _Number
    appointments: _Number
    scripts: _Number


class FileShape(_Part):
    """One file."""

    name: Annotated[str, Field(min_length=1)]
    size: _Number
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ManifestShape(_Part):
    """A manifest, `reconciler.archive/1`."""

    format: Literal["reconciler.archive/1"]
    digest: str
    address: str
    provider: str
    owner: str | None
    quota: _Number | None
    aliases: list[str]
    made: str
    counts: CountsShape
    files: list[FileShape]

    def manifest(self) -> Manifest:
        """Return it as a value."""
        return Manifest(
            self.address,
            self.provider,
            self.owner,
            self.quota,
            tuple(self.aliases),
            self.made,
            Counts(**self.counts.model_dump()),
            tuple(ArchivedFile(each.name, each.size, each.sha256) for each in self.files),
        )
