"""The outside world of the embedded platform: money and mail arrive, support does its part, people click, time passes.

python -m reconciler.providers.sandbox FILE COMMAND …
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from reconciler.model.kinds import Action, Kind
from reconciler.model.live import Live
from reconciler.model.resources import with_fields
from reconciler.model.sizes import BadAmount, parse_size
from reconciler.providers.reader import ProviderError
from reconciler.providers.sandbox import accounts, billing, content
from reconciler.providers.sandbox.errors import Refused
from reconciler.providers.sandbox.platform import Platform, carry_out
from reconciler.providers.writer import Failed, Write

_KINDS = [str(kind) for kind in Kind if kind is not Kind.RECORD]


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the outside world; returns the exit code."""
    given = _parser().parse_args(arguments)
    if not given.file.exists():
        sys.stderr.write(f"error: there is no file {given.file}\n")
        return 1
    platform = Platform(given.file)
    try:
        for line in _COMMANDS[given.command](platform, given):
            sys.stdout.write(f"{line}\n")
    except (Refused, ProviderError, BadAmount) as no:
        sys.stderr.write(f"error: {no}\n")
        return 1
    finally:
        platform.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reconciler.providers.sandbox", description=__doc__)
    parser.add_argument("file", type=Path, help="the embedded platform's file")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list everything the platform has")
    for name, text in (("charge", "debit a month"), ("leave", "take an account out of its team, as support does")):
        commands.add_parser(name, help=text).add_argument("address")
    pay = commands.add_parser("pay", help="let a payment arrive")
    pay.add_argument("address")
    pay.add_argument("euros", type=float)
    passwd = commands.add_parser("passwd", help="set an account's password from stdin, as its new owner does")
    passwd.add_argument("address")
    statement = commands.add_parser("statement", help="print the statement an account sees")
    statement.add_argument("address")
    commands.add_parser("advance-days", help="let time pass").add_argument("days", type=float)
    deliver = commands.add_parser("deliver", help="let mail arrive, or a user write contacts and events")
    deliver.add_argument("address")
    deliver.add_argument("--size", default="10 kB", help="of each")
    deliver.add_argument("--item", choices=sorted(content.ITEMS), default="message")
    deliver.add_argument("--count", type=int, default=1)
    change = commands.add_parser("change", help="change a field by hand, behind the tool's back")
    delete = commands.add_parser("delete", help="delete something by hand, behind the tool's back")
    for command in (change, delete):
        command.add_argument("kind", choices=_KINDS)
        command.add_argument("key")
    change.add_argument("field", choices=("owner", "quota", "storage", "plan"))
    change.add_argument("value")
    return parser


def _list(platform: Platform, _: argparse.Namespace) -> list[str]:
    return [_line(live) for live in platform.read()]


def _line(live: Live) -> str:
    fields = {**live.resource.fields(), **live.facts}
    return f"{live.resource.kind} {live.resource.key}  " + "  ".join(
        f"{name}={value}" for name, value in fields.items()
    )


def _pay(platform: Platform, given: argparse.Namespace) -> list[str]:
    platform.act(billing.pay, given.address, round(given.euros * 100))
    return [f"{given.euros:.2f} EUR arrived for {given.address}"]


def _charge(platform: Platform, given: argparse.Namespace) -> list[str]:
    paid = platform.act(billing.charge, given.address)
    return [f"{given.address}: {'a month was debited' if paid else 'the money is not there: suspended'}"]


def _leave(platform: Platform, given: argparse.Namespace) -> list[str]:
    platform.act(accounts.leave, given.address)
    return [f"{given.address} left its team; its content is gone"]


def _passwd(platform: Platform, given: argparse.Namespace) -> list[str]:
    platform.act(accounts.change_password, given.address, sys.stdin.readline().rstrip("\n"))
    return [f"{given.address} has a password of its owner's"]


def _statement(platform: Platform, given: argparse.Namespace) -> list[str]:
    lines = platform.act(billing.statement, given.address)
    return [f"{day}  {cents / 100:9.2f} EUR  {text} ({cause})" for day, text, cause, cents in lines]


def _advance(platform: Platform, given: argparse.Namespace) -> list[str]:
    platform.advance(given.days)
    return [f"{given.days:g} days passed"]


def _deliver(platform: Platform, given: argparse.Namespace) -> list[str]:
    size = parse_size(given.size)
    reached = platform.act(content.deliver, given.address, size, given.item, given.count)
    return [f"{given.count} {given.item}(s) for {given.address} are in {', '.join(reached)}"]


def _write(platform: Platform, given: argparse.Namespace) -> list[str]:
    kind = Kind(given.kind)
    live = platform.look_up(kind, [given.key]).get(given.key)
    if live is None:
        raise Refused("not-found", f"there is no {kind} {given.key}")
    if kind is Kind.MEMBER and given.command == "change" and given.field == "plan":
        platform.act(accounts.change_plan, given.key, given.value)
        return [f"changed plan of {given.key}"]
    if given.command == "delete":
        write = Write(Action.DELETE, kind, given.key, live)
    else:
        value = parse_size(given.value) if given.field in ("quota", "storage") else given.value
        if given.field not in live.resource.fields():
            raise Refused("not-editable", f"a {kind} has no {given.field}")
        after = with_fields(live.resource, {given.field: value})
        write = Write(Action.UPDATE, kind, given.key, live, after, frozenset({given.field}))
    outcome = platform.act(carry_out, write)
    if isinstance(outcome, Failed):
        raise Refused(outcome.code, outcome.message, outcome.rule)
    return [f"{given.command}d {kind} {given.key}"]


_COMMANDS: Mapping[str, Callable[[Platform, argparse.Namespace], list[str]]] = {
    "list": _list,
    "charge": _charge,
    "leave": _leave,
    "pay": _pay,
    "passwd": _passwd,
    "statement": _statement,
    "advance-days": _advance,
    "deliver": _deliver,
    "change": _write,
    "delete": _write,
}

if __name__ == "__main__":
    sys.exit(main())
