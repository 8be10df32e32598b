"""`explain`: pages for messages, guards and rules."""


def test_page_of_a_guard(bare):
    """A guard's page names its consent."""
    assert "--allow-destroy" in bare.run("explain", "data-loss").out


def test_rule_by_its_short_name(bare):
    """`N7` is netcup's rule 7, in any case."""
    assert bare.run("explain", "n7").out == bare.run("explain", "netcup/N7").out
    assert "mailboxes and aliases" in bare.run("explain", "N7").out


def test_list_names_everything(bare):
    """Without a name it lists every id and every rule."""
    listed = bare.run("explain").out
    for each in ("data-loss", "stale-plan", "netcup/N20", "mailbox-org/M16", "flow/F1"):
        assert each in listed


def test_json(bare):
    """Both forms, for a program."""
    one = bare.run("explain", "money", "--format", "json").json
    assert one["format"] == "reconciler.explain/1"
    assert one["id"] == "money"
    every = bare.run("explain", "--format", "json").json
    assert {"data-loss", "netcup/N1"} <= {each["id"] for each in every["pages"]}


def test_suggestion(bare):
    """A misspelt id is met with the nearest."""
    assert "data-loss" in bare.run("explain", "data-los", exit=64).err
