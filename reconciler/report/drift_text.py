"""What someone else changed, and what nobody declared."""

from collections.abc import Iterator, Sequence

from reconciler.model.kinds import Kind
from reconciler.plan.document import Drift, Unmanaged
from reconciler.report.changes import describe_update
from reconciler.report.labels import key_label
from reconciler.report.layout import count, hang, pad, text_width
from reconciler.report.plan_steps import column
from reconciler.report.style import Style

#: Unmanaged resources that are named where not all are asked for.
FEW = 5

#: What the plan does about a drift, by its resolution.
RESOLUTIONS = {
    "restore": "the plan puts it right",
    "accept": "the declaration already agrees; only the state is brought up to date",
    "recreate": "the plan creates it again",
    "forget": "the plan drops it from the state",
    "delete": "it is no longer declared; the plan deletes it",
}


def drift_lines(drift: Sequence[Drift], style: Style) -> Iterator[str]:
    """Yield each managed resource that is not as the last run left it."""
    width = max((text_width(key_label(each.kind, each.key)) for each in drift), default=0)
    for each in drift:
        verb = "delete" if each.gone else "update"
        what = "is gone" if each.gone else describe_update(each.fields, style)
        head = f"  {pad(style.symbol(verb), 2)} {pad(each.kind, 8)} "
        text = f"{what}: {RESOLUTIONS.get(each.resolution, each.resolution)}"
        margin = text_width(head) + width + 2
        lines = list(hang(text, column(margin, style), style.width, margin))
        yield style.action(verb, head) + style.bold(pad(key_label(each.kind, each.key), width)) + "  " + lines[0]
        yield from lines[1:]


def unmanaged_lines(unmanaged: Sequence[Unmanaged], style: Style, *, full: bool = False) -> Iterator[str]:
    """Yield the live resources that neither files nor state know: the first few, or all."""
    shown = unmanaged if full else unmanaged[:FEW]
    for each in shown:
        yield f"  {pad(each.kind, 8)} {key_label(each.kind, each.key)}" + style.dim(f"  at {each.provider}")
    if len(shown) < len(unmanaged):
        yield style.dim(f"  {style.symbol('ellipsis')} and {count(len(unmanaged) - len(shown), 'more', 'more')}")


def unmanaged_title(unmanaged: Sequence[Unmanaged]) -> str:
    """A heading with numbers by kind: `Unmanaged, left alone: 2 mailboxes, 1 alias`."""
    kinds = {kind: sum(1 for each in unmanaged if each.kind is kind) for kind in Kind}
    return "Unmanaged, left alone: " + ", ".join(count(number, kind) for kind, number in kinds.items() if number)


def drift_text(
    drift: Sequence[Drift],
    unmanaged: Sequence[Unmanaged],
    style: Style,
    *,
    full: bool = False,
    command: str = "reconciler plan",
) -> str:
    """Return the report of the `drift` command.

    Args:
        drift: Managed resources that moved.
        unmanaged: Live resources nobody declared.
        style: Colours, symbols and width.
        full: Name every unmanaged resource.
        command: What to type next.
    """
    lines: list[str] = []
    if drift:
        lines += [style.bold("Changed by someone else since the last run:"), *drift_lines(drift, style), ""]
    if unmanaged:
        lines += [style.bold(unmanaged_title(unmanaged)), *unmanaged_lines(unmanaged, style, full=full), ""]
    if drift:
        lines.append(f"{count(len(drift), 'resource')} drifted. Next: {style.code(command)}")
    else:
        lines.append("No drift: what is managed is as the last run left it.")
    return "\n".join(lines) + "\n"
