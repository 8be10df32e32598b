"""What every check looks at, indexed once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.model.desired import Declaration, Desired
from reconciler.model.kinds import Kind
from reconciler.model.live import AppliedState, Inventory, Live
from reconciler.model.resources import Domain, Member, Team
from reconciler.providers.capabilities import Capabilities


@dataclass(frozen=True, slots=True)
class Home:
    """Where a domain lives."""

    provider: str
    instance: str | None

    def __str__(self) -> str:
        return f"instance {self.instance} of {self.provider}" if self.instance else f"provider {self.provider}"


@dataclass(frozen=True, slots=True)
class Scene:
    """The configuration and the tables it is held to.

    Attributes:
        homes: Of each declared domain.
        teams: Members declared for each team label.
    """

    desired: Desired
    capabilities: Mapping[str, Capabilities]
    homes: Mapping[str, Home]
    teams: Mapping[str, list[Declaration]]

    @classmethod
    def of(cls, desired: Desired, capabilities: Mapping[str, Capabilities]) -> "Scene":
        """Index a configuration."""
        homes = {}
        for key, declaration in desired.of(Kind.DOMAIN).items():
            assert isinstance(declaration.resource, Domain), "declarations are indexed by kind"
            homes[key] = Home(declaration.provider, declaration.resource.instance)
        teams: dict[str, list[Declaration]] = {}
        for declaration in desired.of(Kind.MEMBER).values():
            assert isinstance(declaration.resource, Member), "declarations are indexed by kind"
            teams.setdefault(declaration.resource.team or "", []).append(declaration)
        return cls(desired, capabilities, homes, teams)


@dataclass(frozen=True, slots=True)
class Met:
    """How the declarations of one kind meet the world: those not there yet, and those that are and differ."""

    created: Sequence[Declaration]
    differing: Sequence[tuple[Declaration, Live]]


@dataclass(frozen=True, slots=True)
class Moment:
    """The configuration, and the world it meets."""

    scene: Scene
    actual: Inventory
    applied: AppliedState
    _met: dict[Kind, Met] = field(default_factory=dict, compare=False)

    def manages(self, provider: str, kind: Kind, key: str) -> bool:
        """Whether a live resource is one a run of ours left."""
        past = self.applied.get(kind, key)
        return past is not None and past.provider == provider

    def meets(self, kind: Kind) -> Met:
        """Compare the declarations of one kind with what their providers have; done once for all checks."""
        met = self._met.get(kind)
        if met is None:
            met = self._met[kind] = self._compare(kind)
        return met

    def _compare(self, kind: Kind) -> Met:
        created: list[Declaration] = []
        differing: list[tuple[Declaration, Live]] = []
        provider, group = "", self.actual.of("", kind)
        for key, declaration in self.scene.desired.of(kind).items():
            if declaration.provider != provider:
                provider = declaration.provider
                group = self.actual.of(provider, kind)
            live = group.get(key)
            if live is None:
                created.append(declaration)
            elif live.resource != declaration.resource:
                differing.append((declaration, live))
        return Met(created, differing)

    def elsewhere(self, provider: str, kind: Kind, key: str) -> Iterable[tuple[str, Live]]:
        """Live resources of one key at the other providers."""
        for other in self.scene.capabilities:
            if other != provider:
                live = self.actual.get(other, kind, key)
                if live is not None:
                    yield other, live


def team_of(declaration: Declaration) -> Team:
    """The team a declaration declares."""
    assert isinstance(declaration.resource, Team), "declarations are indexed by kind"
    return declaration.resource


def member_of(declaration: Declaration) -> Member:
    """The member a declaration declares."""
    assert isinstance(declaration.resource, Member), "declarations are indexed by kind"
    return declaration.resource


def numbered(label: str, live: Live | None) -> str:
    """An instance as support wants it named: its label and the provider's number (netcup/N2)."""
    number = live.facts.get("number") if live is not None else None
    return f"{label} (#{number})" if number is not None else label
