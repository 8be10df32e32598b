"""A domain that moves between two mail hosts, with a judge of what others may see on the way.

The world here is a zone with a past. A resolver may hold any answer that was true within that answer's TTL, so each
sender may see another MX, and each receiver another SPF record or DKIM key. Whatever they see has to be right.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from reconciler.config import load
from reconciler.model.desired import Desired
from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Applied, AppliedState, Inventory
from reconciler.plan.build import make_plan
from reconciler.plan.document import Operation, Plan
from reconciler.plan.flow import after
from reconciler.plan.inputs import PlanInputs
from reconciler.state.resolve import after_write
from tests.cases.model import merged
from tests.cases.test_cases import inputs

DAY = 86400
KEEP = 5 * DAY
NEGATIVE = 3600
START = 1_700_000_000
DOMAIN = "example.org"
MX, SPF = f"{DOMAIN} MX", f"{DOMAIN} TXT spf"
KEYS = {"old": f"o1._domainkey.{DOMAIN} CNAME", "new": f"n1._domainkey.{DOMAIN} CNAME"}


def published(name: str) -> dict[str, object]:
    """What one of the two hosts publishes."""
    return {
        "type": "sandbox",
        "path": f"{name}.db",
        "published": {
            "mx": [f"10 mx.{name}.example"],
            "spf": [f"include:_spf.{name}.example"],
            "dkim": {f"{name[0]}1._domainkey": f"{name[0]}1.{name}.example"},
        },
    }


CONFIG = {
    "version": 1,
    "providers": {
        "old": published("old"),
        "new": published("new"),
        "zones": {"type": "zonefile", "directory": "zones"},
    },
    "instances": {
        "home": {"provider": "old", "storage": "50 GB"},
        "fresh": {"provider": "new", "storage": "50 GB"},
    },
    "domains": {DOMAIN: {"instance": "home", "dns": {"provider": "zones"}}},
    "mailboxes": {f"ann@{DOMAIN}": {"owner": "Ann", "quota": "1 GB", "password": {"env": "PASSWORD"}}},
}


def desired(folder: Path, instance: str) -> Desired:
    """The configuration with the domain in one of the two instances."""
    file = folder / f"{instance}.yaml"
    file.write_text(yaml.safe_dump(merged(CONFIG, {"domains": {DOMAIN: {"instance": instance}}})))
    return load([file], folder).desired


@dataclass
class Moment:
    """The world from one second on: what the zone says, with its TTL, and which hosts have the mailbox."""

    at: int
    zone: dict[str, tuple[int, tuple[str, ...]]]
    hosts: frozenset[str]


@dataclass
class Story:
    """Runs on a world, and what the world looked like all the way."""

    wanted: Desired
    actual: Inventory = field(default_factory=Inventory)
    applied: AppliedState = field(default_factory=AppliedState)
    now: int = START
    moments: list[Moment] = field(default_factory=list)

    def scene(self) -> PlanInputs:
        return inputs(self.wanted, self.actual, self.applied, float(self.now))

    def run(self, most: int | None = None) -> Plan:
        """Plan and carry out so many steps, as a run does that is killed after them."""
        scene = self.scene()
        plan = make_plan(scene)
        for step in plan.operations[:most]:
            self._perform(scene, step)
            self._note()
        return plan

    def _perform(self, scene: PlanInputs, step: Operation) -> None:
        stood = self.actual.get(step.provider, step.kind, step.key)
        self.actual = after(self.actual, [step])
        resources, place = dict(self.applied.resources), (step.kind, step.key)
        held = resources.get(place)
        live = self.actual.get(step.provider, step.kind, step.key)
        if step.action in (Action.DELETE, Action.FORGET):
            del resources[place]
        elif live is not None:
            declared = scene.wanted(step.kind).get(step.key)
            applied = Applied(live.resource, step.provider, "", declared.remember if declared else held.remember)
            fresh = step.action is Action.ADOPT and held is None
            if step.action is Action.ADOPT:
                stood = held  # somebody else did it: what was there before is what state has
            was = stood.resource if stood else None
            resources[place] = applied if fresh else after_write(applied, held, self.now, was)
        self.applied = AppliedState("lineage", self.applied.serial + 1, resources)

    def meddle(self, key: str, *values: str) -> None:
        """Somebody else changes a record of the zone; without values it is removed."""
        zone = self.actual.of("zones", Kind.RECORD)
        others = [live for each, live in zone.items() if each != key]
        theirs = [replace(zone[key], resource=replace(zone[key].resource, values=values))] if values else []
        rest = [(name, [live]) for name, live in self.actual if name != "zones"]
        self.actual = Inventory([*rest, ("zones", [*others, *theirs])])
        self._note()

    def _note(self) -> None:
        zone = {
            key: (live.resource.ttl, live.resource.values) for key, live in self.actual.of("zones", Kind.RECORD).items()
        }
        box = f"ann@{DOMAIN}"
        hosts = {each for each in ("old", "new") if self.actual.get(each, Kind.MAILBOX, box)}
        self.moments.append(Moment(self.now, zone, frozenset(hosts)))

    # -- what others may see

    def seen(self, key: str, at: int) -> Iterator[tuple[str, ...] | None]:
        """Every answer that a resolver may give at a time; None for one that says it is not there."""
        for index, moment in enumerate(self.moments):
            end = self.moments[index + 1].at if index + 1 < len(self.moments) else at + 1
            ttl, values = moment.zone.get(key, (NEGATIVE, None))
            if moment.at <= at < max(end, moment.at) + ttl:
                yield values

    def host_at(self, at: int) -> frozenset[str]:
        """The hosts that have the mailbox at a time."""
        return [moment for moment in self.moments if moment.at <= at][-1].hosts

    def switched(self) -> int | None:
        """When the MX first named the new host."""
        told = (each.at for each in self.moments if "new" in "".join(each.zone.get(MX, (0, ()))[1]))
        return next(told, None)


def trouble(story: Story) -> list[str]:
    """Say what could have gone wrong at any of the times that matter."""
    found, switch = [], story.switched()
    times = sorted({each.at + extra for each in story.moments for extra in (0, 1, 299, 301, 3599, 3601)})
    for at in times:
        for values in story.seen(MX, at):
            host = "new" if "new" in str(values) else "old"
            if host not in story.host_at(at):
                found.append(f"{at - START}: somebody delivers to {host}, which has no mailbox")
        sending = [
            *(["old"] if switch is None or at < switch + KEEP else []),
            *(["new"] if switch is not None and at >= switch else []),
        ]
        for host in sending:
            if any(f"_spf.{host}.example" not in str(values) for values in story.seen(SPF, at)):
                found.append(f"{at - START}: somebody holds an SPF record without {host}")
            if None in story.seen(KEYS[host], at):
                found.append(f"{at - START}: somebody holds that the key of {host} is not there")
    return found


def moved_in(folder: Path, ttl: int) -> Story:
    """A domain that has been at its old host for long; its records have a TTL that the file set."""
    settled = merged(CONFIG, {"domains": {DOMAIN: {"dns": {"ttl": ttl}}}})
    file = folder / "settled.yaml"
    file.write_text(yaml.safe_dump(settled))
    story = Story(load([file], folder).desired)
    story.run()
    story.now += 30 * DAY
    story.moments = story.moments[-1:]
    story.moments[0].at = story.now - DAY * 20
    story.wanted = desired(folder, "fresh")
    return story
