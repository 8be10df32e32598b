"""A state that is gone is told by whoever plans, not only by those who look for trouble."""

import shutil


def test_a_state_that_is_gone_is_told_by_plan_and_apply(applied):
    """Everything would be adopted; before anybody takes that for normal, the history says that there was a state."""
    for each in (applied.folder / "state").glob("mail.json*"):
        if each.is_file():
            each.unlink()
    assert "state-gone" in applied.run("plan", exit=2).err
    assert "state-gone" in applied.run("apply", "--yes").err
    assert "state-gone" not in applied.run("plan", exit=0).err


def test_a_state_that_never_was_is_told_by_nobody(applied):
    """Nothing of it is left: the first plan of a new place is as quiet as ever."""
    for each in (applied.folder / "state").glob("mail.json*"):
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    assert applied.run("plan", exit=2).err == ""
