"""The one question there is, and only where a person can answer it."""

import sys

from reconciler.cli.app import App, is_terminal

QUESTION = "Carry this out? Type yes to do it: "


def approved(app: App) -> bool:
    """Ask whether to carry out the plan that was just shown; without a terminal, or for a program, the answer is no."""
    if app.json or app.quiet or not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        return False
    sys.stderr.write(QUESTION)
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):  # Ctrl-D leaves the cursor beside the question
        sys.stderr.write("\n")
    return answer.strip() == "yes"
