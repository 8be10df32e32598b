"""Compares a plan with what a case expects of it; only what the case writes is compared."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from reconciler.model.sizes import parse_size
from reconciler.plan.document import Operation, Plan, Refusal
from reconciler.plan.guards import unmet

KNOWN = frozenset(
    {"operations", "contains", "absent", "refusals", "errors", "warnings", "drift", "unmanaged", "ledger", "held"}
)


def differences(plan: Plan, expected: Mapping[str, Any], consents: Sequence[str]) -> list[str]:
    """Return what differs, one sentence each; empty where all is as expected."""
    strange = set(expected) - KNOWN
    assert not strange, f"a case can not expect {', '.join(sorted(strange))}"
    found = _operations(plan, expected)
    if "refusals" in expected:
        found += _refusals(unmet(plan.refusals, consents), expected["refusals"])
    return found + _lists_beside(plan, expected) + _ledger(plan, expected.get("ledger", {})) + _held(plan, expected)


def _held(plan: Plan, expected: Mapping[str, Any]) -> list[str]:
    if "held" not in expected:
        return []
    told = [{**asdict(each), "not_before": _clock(each.not_before)} for each in plan.held]
    wanted = expected["held"]
    fits = len(told) == len(wanted) and all(
        all(str(value) in str(one[name]) if name == "change" else one[name] == value for name, value in each.items())
        for each, one in zip(wanted, told, strict=True)
    )
    return [] if fits else [_lists("held", list(map(str, wanted)), list(map(str, told)))]


def _clock(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def _operations(plan: Plan, expected: Mapping[str, Any]) -> list[str]:
    ids = [each.id for each in plan.operations]
    found = []
    if "operations" in expected:
        wanted = [_id(each) for each in expected["operations"]]
        if ids != wanted:
            found.append(_lists("operations", wanted, ids))
    if "contains" in expected:
        wanted = [_id(each) for each in expected["contains"]]
        if [each for each in ids if each in wanted] != wanted:
            found.append(_lists("operations (in this order)", wanted, ids))
    found += [f"operation '{each}' is there, but must not be" for each in expected.get("absent", ()) if each in ids]
    steps = {step.id: step for step in plan.operations}
    for each in (*expected.get("operations", ()), *expected.get("contains", ())):
        if isinstance(each, Mapping) and each["id"] in steps:
            found += _step(steps[each["id"]], each)
    return found


def _lists_beside(plan: Plan, expected: Mapping[str, Any]) -> list[str]:
    told = {
        "warnings": [each.id for each in plan.warnings],
        "drift": [f"{each.kind} {each.key}: {each.resolution}" for each in plan.drift],
        "unmanaged": [f"{each.kind} {each.key}" for each in plan.unmanaged],
    }
    return [
        _lists(name, expected[name], each)
        for name, each in told.items()
        if name in expected and sorted(expected[name]) != sorted(each)
    ]


def _id(expected: str | Mapping[str, Any]) -> str:
    return expected if isinstance(expected, str) else expected["id"]


def _lists(what: str, wanted: Sequence[str], told: Sequence[str]) -> str:
    lines = "\n    ".join
    return f"{what}: expected\n    {lines(wanted) or 'none'}\n  but there are\n    {lines(told) or 'none'}"


def _step(step: Operation, expected: Mapping[str, Any]) -> list[str]:
    found = []
    for name, pair in expected.get("fields", {}).items():
        change = step.fields.get(name)
        told = None if change is None else [change.before, change.after]
        if told != [_plain(name, each) for each in pair]:
            found.append(f"{step.id}: field {name} should change {pair}, but is {told}")
    reasons = {(each.operation, each.rule) for each in step.after}
    found += [
        f"{step.id}: should wait for '{first}' by {rule}, but waits for {sorted(reasons)}"
        for first, rule in expected.get("after", {}).items()
        if (first, rule) not in reasons
    ]
    for name in ("replaces", "loses_data", "costs_money", "changes_routing"):
        if name in expected and getattr(step, name) != expected[name]:
            found.append(f"{step.id}: {name} should be {expected[name]}, but is {getattr(step, name)}")
    place = None if step.backup is None else step.backup.to
    if place != expected.get("backup", place):
        found.append(f"{step.id}: backup should be made in {expected['backup']}, but is in {place}")
    for name in ("notes", "steps"):
        told = " ".join(getattr(step, name))
        found += [
            f"{step.id}: {name} should say '{word}': {told}" for word in _words(expected, name) if word not in told
        ]
    return found


def _words(expected: Mapping[str, Any], name: str) -> Sequence[str]:
    words = expected.get(name, ())
    return [words] if isinstance(words, str) else words


def _plain(name: str, value: Any) -> Any:
    if name in ("quota", "storage") and isinstance(value, str):
        return parse_size(value)
    return tuple(value) if isinstance(value, list) else value


def _refusals(refusals: Sequence[Refusal], expected: Sequence[str | Mapping[str, Any]]) -> list[str]:
    wanted = sorted(each if isinstance(each, str) else each["guard"] for each in expected)
    if wanted != sorted(each.guard for each in refusals):
        return [_lists("refusals", wanted, [f"{each.guard}: {each.reason}" for each in refusals])]
    found = []
    for each in expected:
        if isinstance(each, Mapping):
            told = [asdict(refusal) for refusal in refusals if refusal.guard == each["guard"]]
            if not any(all(list(refusal[name]) == each[name] for name in set(each) - {"guard"}) for refusal in told):
                found.append(f"refusal {each}: but there are {told}")
    return found


def _ledger(plan: Plan, expected: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = {line.instance: asdict(line) for line in plan.ledger}
    found = []
    for instance, numbers in expected.items():
        for name, size in numbers.items():
            told = lines.get(instance, {}).get(name)
            if told != (parse_size(size) if isinstance(size, str) else size):
                found.append(f"ledger of {instance}: {name} should be {size}, but is {told}")
    return found
