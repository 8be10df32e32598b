"""`validate`: everything that is wrong with the configuration, at once, without asking any provider."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reconciler.cli.app import App, current
from reconciler.cli.command import command as make
from reconciler.cli.exits import Exit
from reconciler.cli.options import config_option, config_paths, paths_argument

if TYPE_CHECKING:
    from reconciler.model.desired import Desired
    from reconciler.model.diagnostic import Diagnostic

FORMATS = ("text", "json", "github", "sarif")


@make(
    "validate",
    examples=[
        ("reconciler validate", "the files of this folder"),
        ("reconciler validate mail/ dns.yaml", "these files and folders"),
        ("reconciler validate --format github", "as annotations of a pull request"),
    ],
    formats=FORMATS,
)
@paths_argument
@config_option
def command(paths: tuple[str, ...], config: tuple[str, ...]) -> Exit:
    """Checks syntax, fields, references between files, and what the rules of the platforms forbid.

    No provider is asked and no secret is looked up. What depends on what the providers have is checked by `plan`.
    """
    from reconciler.model.diagnostic import Problem

    app = current()
    try:
        desired, found = _check(app, paths, config)
    except Problem as stopped:
        desired, found = None, list(stopped.diagnostics)
    failed = any(each.severity == "error" for each in found)
    _tell(app, desired, found, failed=failed)
    return Exit.ERROR if failed else Exit.DONE


def _check(app: App, *given: tuple[str, ...]) -> "tuple[Desired, list[Diagnostic]]":
    from reconciler.cli.providing import open_providers
    from reconciler.config import load
    from reconciler.plan.check import check
    from reconciler.state import open_state

    loaded = load(config_paths(*given), app.cwd)
    providers = open_providers(loaded.desired)
    capabilities = {name: each.capabilities for name, each in providers.items()}
    open_state(loaded.desired.state)  # its settings are read; nothing is opened
    found = [*loaded.warnings, *check(loaded.desired, capabilities)]
    if any(each.records for each in loaded.desired.dns.values()):
        from reconciler.dns.extra import extra_mistakes

        found += extra_mistakes(loaded.desired.dns)
    return loaded.desired, found


def _tell(app: App, desired: "Desired | None", found: "Sequence[Diagnostic]", *, failed: bool) -> None:
    from reconciler import __version__
    from reconciler.cli.app import to_json
    from reconciler.cli.speak import diagnostics_as_text, out_style
    from reconciler.report.diagnostics_json import diagnostics_json

    if app.format == "github":
        from reconciler.report.diagnostics_github import diagnostics_github

        app.out(diagnostics_github(found))
    elif app.format == "sarif":
        from reconciler.explain import page
        from reconciler.report.diagnostics_sarif import diagnostics_sarif

        app.out(to_json(diagnostics_sarif(found, __version__, page)))
    elif app.json:
        counts = {str(kind): len(group) for kind, group in desired.declarations.items()} if desired else {}
        files = list(desired.files) if desired else []
        app.envelope("validate", valid=not failed, files=files, counts=counts, diagnostics=diagnostics_json(found))
    else:
        style = out_style(app)
        app.out(diagnostics_as_text(found, app, style))
        if desired is not None and not failed:
            app.out(f"{style.good('Valid')}: {_counted(desired)}")


def _counted(desired: "Desired") -> str:
    from reconciler.report.layout import count

    parts = [count(len(group), kind) for kind, group in desired.declarations.items() if group]
    return f"{', '.join(parts) or 'nothing declared'} in {count(len(desired.files), 'file')}."
