"""Exit codes: what a shell script learns."""

from enum import IntEnum


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    ERROR = 1
    CHANGES = 2
    STALE = 3
    REFUSED = 4
    PARTLY = 5
    USAGE = 64


#: What each code says, in the words that help and documentation print.
MEANINGS: dict[Exit, str] = {
    Exit.DONE: "done",
    Exit.ERROR: "error: bad input, provider or state failure",
    Exit.CHANGES: "there are changes",
    Exit.STALE: "the saved plan is stale; nothing was changed",
    Exit.REFUSED: "a guard refused; nothing was changed",
    Exit.PARTLY: "partly done; what is done is recorded, the rest listed",
    Exit.USAGE: "the command line is wrong",
}
