"""The plan document as pydantic models: what `wire` reads through, and the source of the published schema."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from reconciler.dns.preview import Held, Preview
from reconciler.model.kinds import Action, Kind


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Value = bool | int | str | list[str] | None


class ChangeShape(_Part):
    """One field's two values."""

    before: Value
    after: Value


class DependencyShape(_Part):
    """What must have succeeded first, and why."""

    operation: str
    rule: str
    reason: str


class BackupShape(_Part):
    """The archive of a mailbox that goes: its folder, and when it was made where it is there already."""

    to: str
    made: str | None


class OperationShape(_Part):
    """One step."""

    id: str
    action: Action
    kind: Kind
    key: str
    provider: str
    after: list[DependencyShape]
    fields: dict[str, ChangeShape]
    loses_data: bool
    costs_money: bool
    changes_routing: bool
    precondition: _Digest
    replaces: str | None
    notes: list[str]
    steps: list[str]
    backup: BackupShape | None = None


class RefusalShape(_Part):
    """A guard that refuses."""

    guard: str
    operations: list[str]
    consent: list[str]
    reason: str


class DriftShape(_Part):
    """What somebody else changed."""

    kind: Kind
    key: str
    provider: str
    gone: bool
    fields: dict[str, ChangeShape]
    resolution: str


class UnmanagedShape(_Part):
    """What nobody declared."""

    kind: Kind
    key: str
    provider: str


class LedgerLineShape(_Part):
    """An instance's storage over the run."""

    instance: str
    booked: int
    start: int
    peak: int
    end: int


class WarningShape(_Part):
    """Something to know."""

    id: str
    message: str
    where: str | None
    help: str | None = None


class ConfigShape(_Part):
    """Of which configuration."""

    digest: str


class StateShape(_Part):
    """Of which state."""

    lineage: str
    serial: int


class Body(_Part):
    """A plan without its format and digest."""

    config: ConfigShape
    state: StateShape
    summary: dict[str, int]
    operations: list[OperationShape]
    refusals: list[RefusalShape]
    drift: list[DriftShape]
    unmanaged: list[UnmanagedShape]
    ledger: list[LedgerLineShape]
    warnings: list[WarningShape]
    held: list[Held] = []
    previews: list[Preview] = []


class PlanDocument(Body):
    """A plan, `reconciler.plan/1`: operations in execution order, and what was found on the way."""

    format: Literal["reconciler.plan/1"]
    digest: _Digest


def plan_schema() -> dict[str, Any]:
    """Return the JSON Schema of the plan document."""
    schema = PlanDocument.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "reconciler plan"}
