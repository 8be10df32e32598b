"""Teams with their members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.config.blocks import Defaults
from reconciler.config.entries import (
    Context,
    Entry,
    Part,
    clear_password,
    entries,
    not_a_block,
    secret,
    twice,
    validated,
)
from reconciler.config.hosting import bad_name, unknown_provider
from reconciler.config.models import MemberBlock, TeamFields
from reconciler.config.nodes import Map, overlay
from reconciler.config.passwords import in_the_clear
from reconciler.model.desired import Declaration, ProviderBlock, Remembered
from reconciler.model.diagnostic import Diagnostic, Label, problem
from reconciler.model.names import BadName, address_key
from reconciler.model.resources import Member, Team
from reconciler.model.source import Span


@dataclass(slots=True)
class Teams:
    """Teams and members as read."""

    teams: dict[str, Declaration] = field(default_factory=dict)
    members: dict[str, Declaration] = field(default_factory=dict)


def read_teams(
    parts: Sequence[Part], defaults: Defaults, providers: Mapping[str, ProviderBlock], context: Context
) -> Teams:
    """Read the section `teams:`."""
    found = Teams()
    seen: dict[str, Span] = {}
    for part in parts:
        for entry in entries(part, context, "team"):
            if entry.name in seen:
                context.problems.append(twice("team", entry.name, seen[entry.name], entry.span))
                continue
            seen[entry.name] = entry.span
            provider = _read_team(entry, defaults, providers, found, context)
            for member in _members(entry, context):
                _read_member(member, entry.name, provider, defaults, found, context)
    return found


def _read_team(
    entry: Entry, defaults: Defaults, providers: Mapping[str, ProviderBlock], found: Teams, context: Context
) -> str:
    """Read a team's own fields; return its provider's name."""
    what = f"team '{entry.name}'"
    own = overlay(entry.node, defaults.of("team"))
    if "members" in own:
        index = 2 * list(own).index("members")
        del own.places[index : index + 2]
        del own["members"]
    block = validated(TeamFields, entry.part, own, entry.key, what, context)
    if block is None:
        return ""
    origin = entry.origin()
    if block.provider not in providers:
        unknown_provider(block.provider, what, origin.span("provider"), providers, context)
    resource = Team(entry.name, block.master, block.billing, block.plan)
    found.teams[entry.name] = Declaration(resource, block.provider, origin, Remembered(block.protect))
    return block.provider


def _members(entry: Entry, context: Context) -> Sequence[Entry]:
    node = entry.node.get("members")
    if node is None:
        return ()
    place = entry.node.place("members")
    if not isinstance(node, Map):
        context.problems.append(not_a_block(entry.part, "the members of team", entry.name, node, place))
        return ()
    part = Part(entry.part.source, node, entry.node.place("members", of_key=True), place)
    return tuple(entries(part, context, "member"))


def _read_member(  # noqa: PLR0917 - the parts of one step
    entry: Entry, team: str, provider: str, defaults: Defaults, found: Teams, context: Context
) -> None:
    try:
        address = address_key(entry.name)
    except BadName as error:
        context.problems.append(bad_name("member", entry.name, str(error), entry.span))
        return
    if address in found.members:
        context.problems.append(_member_twice(entry, team, found.members[address]))
        return
    what = f"member '{entry.name}'"
    if clear_password(entry.node):
        context.problems.append(in_the_clear(entry.part, what, entry.node, entry.key))
        return
    filled = overlay(entry.node, defaults.of("member"))
    block = validated(MemberBlock, entry.part, filled, entry.key, what, context)
    if block is None:
        return
    base = entry.part.base if "password" in entry.node else defaults.base
    found.members[address] = Declaration(
        Member(address, team, block.owner, block.plan),
        provider,
        entry.origin(),
        Remembered(block.protect),
        secret(block.password, base),
    )


def _member_twice(entry: Entry, team: str, first: Declaration) -> Diagnostic:
    other = first.resource
    assert isinstance(other, Member), "members are kept apart"
    if other.team == team:
        return twice("member", entry.name, first.origin.span(), entry.span)
    return problem(
        "address-in-use",
        f"'{entry.name}' is a member of two teams, '{other.team}' and '{team}'",
        at=entry.span,
        also=(Label(first.origin.span(), f"member of '{other.team}' here"),),
        why="an account belongs to one team",
        help="delete one of the two",
    )
