"""What a declaration asks for beyond the rules of the two platforms, and its provider may not have."""

from collections.abc import Iterator

from reconciler.model.desired import Declaration
from reconciler.model.diagnostic import Diagnostic, problem
from reconciler.model.kinds import Kind
from reconciler.model.names import address_label, is_catch_all
from reconciler.model.resources import Alias, Mailbox
from reconciler.plan.check.scene import Scene


def check_extras(scene: Scene) -> Iterator[Diagnostic]:
    """Find logins that can not be switched off, rights to send that follow the targets, and catch-alls."""
    yield from _logins(scene)
    for key, declaration in scene.desired.of(Kind.ALIAS).items():
        alias = declaration.resource
        if isinstance(alias, Alias):
            if alias.send_as is not None and _lacks(scene, declaration.provider, "send_as"):
                yield _send_as(key, declaration)
            if is_catch_all(key) and _lacks(scene, declaration.provider, "catch_all"):
                yield _catch_all(key, declaration)


def _lacks(scene: Scene, provider: str, extra: str) -> bool:
    able = scene.capabilities.get(provider)
    return able is not None and extra not in able.extras


def _logins(scene: Scene) -> Iterator[Diagnostic]:
    for key, declaration in scene.desired.of(Kind.MAILBOX).items():
        mailbox = declaration.resource
        if isinstance(mailbox, Mailbox) and mailbox.login is not None and _lacks(scene, declaration.provider, "login"):
            yield problem(
                "extra-not-offered",
                f"mailbox {address_label(key)} says `login`, but at {declaration.provider} every mailbox can log in",
                at=declaration.origin.span("login"),
                rule="netcup/N9",
                why="of a mailbox there only quota, owner and password can be changed",
                help="leave `login` out; to lock somebody out, change the password and raise `password_version`",
            )


def _send_as(key: str, declaration: Declaration) -> Diagnostic:
    return problem(
        "extra-not-offered",
        f"alias {address_label(key)} says who may send as it, but at {declaration.provider} its targets may",
        at=declaration.origin.span("send_as"),
        rule="netcup/N16",
        why="there the right to send as an alias follows its mail",
        help="leave `send_as` out, and lead the alias to who shall send as it",
    )


def _catch_all(key: str, declaration: Declaration) -> Diagnostic:
    return problem(
        "extra-not-offered",
        f"alias {address_label(key)} is a catch-all, and {declaration.provider} has none",
        at=declaration.origin.span(),
        rule="netcup/N16",
        why="an alias there is one more address of a mailbox, not all that are left",
        help="declare an alias for each address that is wanted",
    )
