"""What a shell completes: keys from the configuration, ids from the pages. A broken configuration completes nothing."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from reconciler.model.desired import Desired, ProviderBlock
    from reconciler.model.kinds import Kind


def _desired(ctx: click.Context) -> "Desired | None":
    """The configuration that the command line so far names, or None where it can not be read."""
    from reconciler.cli.app import App
    from reconciler.config import load
    from reconciler.model.diagnostic import Problem

    root = ctx.find_root().obj
    cwd = root.cwd if isinstance(root, App) else Path.cwd()
    given = ctx.params.get("config") or (".",)
    try:
        return load([Path(each) for each in given], cwd).desired
    except (Problem, OSError):
        return None


def _starting(keys: Iterable[str], incomplete: str) -> list[str]:
    return sorted(key for key in keys if key.startswith(incomplete))


def _keys(ctx: click.Context, incomplete: str, *kinds: "Kind") -> list[str]:
    desired = _desired(ctx)
    return [] if desired is None else _starting((key for kind in kinds for key in desired.of(kind)), incomplete)


def complete_page(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Ids of pages and rules."""
    from reconciler.explain import all_pages, rule_pages

    del ctx, parameter
    return _starting((each.id for each in (*all_pages(), *rule_pages())), incomplete)


def complete_address(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Declared addresses."""
    from reconciler.model.kinds import Kind

    del parameter
    return _keys(ctx, incomplete, Kind.MAILBOX, Kind.ALIAS, Kind.MEMBER)


def complete_mailbox(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Declared addresses that somebody logs in with."""
    from reconciler.model.kinds import Kind

    del parameter
    return _keys(ctx, incomplete, Kind.MAILBOX, Kind.MEMBER)


def complete_domain(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Declared domains."""
    from reconciler.model.kinds import Kind

    del parameter
    return _keys(ctx, incomplete, Kind.DOMAIN)


def complete_key(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Declared keys of every kind."""
    from reconciler.model.kinds import Kind

    del parameter
    return _keys(ctx, incomplete, *Kind)


def complete_kind(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Kinds of resources."""
    from reconciler.model.kinds import Kind

    del ctx, parameter
    return _starting(Kind, incomplete)


def complete_provider(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Configured providers that host mail."""
    del parameter
    desired = _desired(ctx)
    if desired is None:
        return []
    return _starting((name for name, block in desired.providers.items() if _hosts_mail(block)), incomplete)


def _hosts_mail(block: "ProviderBlock") -> bool:
    from reconciler.model.diagnostic import Problem
    from reconciler.providers.registry import provider_type

    try:
        return hasattr(provider_type(block), "reader")
    except Problem:
        return False


def _left(desired: "Desired") -> list[str]:
    """What the last runs left and no file declares any more; nothing where the state can not be read."""
    from reconciler.model.diagnostic import Problem
    from reconciler.state import open_state

    if desired.state.backend != "local":
        return []  # nobody who presses a key waits for a server
    try:
        applied = open_state(desired.state).load().applied
    except (Problem, OSError):
        return []
    return [f"{kind}:{key}" for kind, key in applied.resources if key not in desired.of(kind)]


def complete_consent(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """What a consent can name: keys that are declared, have a tombstone, or were left by a run, with their kind."""
    del parameter
    desired = _desired(ctx)
    if desired is None:
        return []
    named = [f"{kind}:{key}" for kind, key in desired.tombstones]
    named += [f"{kind}:{key}" for kind, group in desired.declarations.items() for key in group]
    named += _left(desired)
    return _starting(dict.fromkeys(named), incomplete)


def complete_operation(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Operator operations that the declared teams can ask for."""
    from reconciler.model.kinds import Action, Kind

    del parameter
    return _keys_of(ctx, incomplete, Action.OPERATOR, (Kind.MEMBER, Kind.TEAM))


def _keys_of(ctx: click.Context, incomplete: str, action: str, kinds: "Iterable[Kind]") -> list[str]:
    desired = _desired(ctx)
    if desired is None:
        return []
    return _starting((f"{action} {kind} {key}" for kind in kinds for key in desired.of(kind)), incomplete)
