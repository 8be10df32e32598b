"""The commands, in the order help prints them. Each stands in a file of its own, loaded when it is called."""

#: Section → command → what it does, in one line.
SECTIONS: dict[str, dict[str, str]] = {
    "From YAML to mail": {
        "init": "write a commented configuration to start from",
        "validate": "check the configuration, and say everything that is wrong with it",
        "plan": "show what apply would do, and why in that order",
        "apply": "carry out a plan",
        "drift": "show what someone else changed at the providers",
        "destroy": "delete everything under management",
        "import": "write YAML for what the providers have",
        "backup": "make an archive of a mailbox",
        "restore": "bring what an archive holds back into a mailbox",
    },
    "Look closer": {
        "show": "show all there is to know of one address, domain, instance, team or plan",
        "resolve": "show who receives the mail of an address, and who may send as it",
        "dns": "show what a plan does to the DNS of a domain, judge what is there, print what it needs",
        "credentials": "show how a mailbox is reached, without its password",
        "graph": "draw the order of a plan, each edge with its rule",
        "doctor": "look whether all is well, and say what a run that died was at",
        "explain": "explain a diagnostic, a guard or a rule",
    },
    "Behind the scenes": {
        "ack": "record that a step for a person is done",
        "state": "the state: its lock, its history, moving, copying, checking, encrypting",
        "schema": "print a JSON Schema of what reconciler reads and writes",
        "completion": "print the completion script of a shell",
    },
}

SUMMARIES: dict[str, str] = {name: summary for section in SECTIONS.values() for name, summary in section.items()}

#: Commands whose name can not be a module's.
_MODULES = {"import": "import_"}


def module_of(name: str) -> str:
    """The module that holds a command."""
    return f"{__name__}.{_MODULES.get(name, name)}"
