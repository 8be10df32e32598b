"""How runs end when something is in the way: one sentence, a way on, an exit code, and never a traceback."""

import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from reconciler.cli.main import cli
from tests.rights import as_anybody

#: Whether Python writes through or keeps output back until it is flushed; a run ends the same either way.
BUFFERING = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])


def process(house, *args, **options):
    """Start `reconciler ARGS` in a process of its own."""
    environment = {
        **os.environ,
        "NO_COLOR": "1",
        "TERM": "dumb",
        "ANNA_PASSWORD": "korrekt-Pferd-1",
        "BEN_PASSWORD": "Batterie-Heft-2",
        **options.pop("env", {}),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "reconciler", "-C", str(house.folder), *args],
        env=environment,
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=options.pop("stderr", subprocess.PIPE),
        **options,
    )


def ended(running, timeout=60):
    """Wait for a process, and return its exit code and what it printed."""
    out, err = running.communicate(timeout=timeout)
    return running.returncode, (out or b"").decode(), (err or b"").decode()


def in_shell(script, house, *args, **options):
    """Run a shell's `script` with `reconciler ARGS` as its arguments, so that no path in them has to be quoted."""
    command = [sys.executable, "-m", "reconciler", "-C", str(house.folder), *args]
    return subprocess.run(["sh", "-c", script, "sh", *command], check=False, **options)


def test_entry_point_runs(house):
    """`python -m reconciler` is the same command, with results on stdout and nothing on stderr."""
    code, out, err = ended(process(house, "validate"))
    assert (code, err) == (0, "")
    assert out.startswith("Valid: ")


def test_closed_stdin(house):
    """Nothing waits for an answer that can not come."""
    code, _, err = ended(process(house, "apply", "--allow-cost", "instance:office", stdin=subprocess.DEVNULL))
    assert code == 4
    assert "--yes" in err
    done = in_shell('exec "$@" <&-', house, "apply", "--allow-cost", "instance:office", capture_output=True)
    assert done.returncode == 4, done.stderr


def test_closed_stdout(house):
    """Without a stdout a command still does its work and ends with its own exit code."""
    assert in_shell('exec "$@" >&- 2>&-', house, "plan", "--out", "plan.json").returncode == 2
    assert (house.folder / "plan.json").exists()


@BUFFERING
@pytest.mark.parametrize("line", ["explain", "plan --format json"])
def test_reader_that_goes_away(house, line, unbuffered):
    """A pipe that is closed early ends the command quietly."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        code, _, err = ended(process(house, *line.split(), stdout=closed, env={"PYTHONUNBUFFERED": unbuffered}))
    assert (code, err) == (1, "")


@BUFFERING
@pytest.mark.parametrize("line", ["plan", "--help", "validate --format json --nope"])
def test_full_disk(house, line, unbuffered):
    """A device that is full is named, and so is the way on; also where what went wrong was to be printed on it."""
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        code, _, err = ended(process(house, *line.split(), stdout=full, env={"PYTHONUNBUFFERED": unbuffered}))
    assert code == 1
    assert "error[file-failed]: " in err
    assert "no space left on device" in err
    assert "free some space" in err
    assert "Traceback" not in err


@BUFFERING
def test_nowhere_to_tell_it(house, unbuffered):
    """With both streams on a full device nothing can be said, and the exit code says it: 1."""
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        running = process(house, "plan", stdout=full, stderr=full, env={"PYTHONUNBUFFERED": unbuffered})
        assert ended(running)[0] == 1


def test_file_in_the_way(house):
    """`--out` into a folder that is not there names the file: exit 1."""
    refused = house.run("plan", "--out", "no/such/plan.json", exit=1)
    assert "error[file-failed]" in refused.err
    assert "no/such/plan.json" in refused.err


def test_unreadable_configuration(house):
    """A file that may not be read is named: exit 1."""
    (house.folder / "mail.yaml").chmod(0)
    with as_anybody():
        assert "mail.yaml can not be read: permission denied" in house.run("plan", exit=1).err


def test_provider_that_can_not_be_read(house):
    """A platform file that is none: one sentence with its help, exit 1, and the file as it was."""
    (house.folder / "state/sandbox.db").write_text("not a database, and longer than a header of one\n" * 9)
    before = house.files()
    refused = house.run("plan", exit=1)
    assert "error[provider-failed]" in refused.err
    told = house.run("plan", "--format", "json", exit=1).json
    assert told["format"] == "reconciler.error/1"
    assert told["diagnostics"][0]["id"] == "provider-failed"
    assert house.files() == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "reconciler.state/99"}', '{"format": "terraform"}'])
def test_foreign_state_is_left_as_it_is(house, text):
    """A state that is broken, foreign or of a later version is refused and not touched: exit 1."""
    (house.folder / "state/mail.json").write_text(text)
    before = house.files()
    for command in (["plan"], ["apply", "--yes", "--allow-cost", "instance:office"], ["state", "list"], ["destroy"]):
        assert "error[state-" in house.run(*command, exit=1).err
    assert house.files() == before


def test_own_failure_is_one_sentence(house, monkeypatch):
    """A defect is told as one, without a traceback unless one is asked for: exit 1."""
    import reconciler.cli.session

    def broken(*_):
        raise KeyError("a defect")

    monkeypatch.setattr(reconciler.cli.session, "plan_of", broken)
    told = house.run("plan", exit=1)
    assert "error[internal-error]" in told.err
    assert "Traceback" not in told.err
    assert "Traceback" in house.run("plan", "-vv", exit=1).err
    house.env["RECONCILER_TRACEBACK"] = "1"
    assert "Traceback" in house.run("plan", exit=1).err


def test_deep_recursion_is_no_traceback(house, monkeypatch):
    """Even running out of stack ends in a sentence."""
    import reconciler.cli.session

    def deep(*given):
        return deep(*given)

    monkeypatch.setattr(reconciler.cli.session, "plan_of", deep)
    assert "error[internal-error]" in house.run("plan", exit=1).err


@pytest.mark.parametrize(
    ("environment", "options", "colored"),
    [
        ({"NO_COLOR": "", "TERM": "xterm"}, [], False),
        ({"NO_COLOR": "1", "TERM": "xterm"}, ["--color", "always"], True),
        ({"NO_COLOR": "", "TERM": "xterm"}, ["--color", "never"], False),
        ({"NO_COLOR": "", "TERM": "dumb"}, ["--color", "always"], True),
    ],
)
def test_color(house, environment, options, colored):
    """Colours go to terminals; `--color` has the last word."""
    done = CliRunner(env=environment).invoke(cli, ["-C", str(house.folder), "plan", *options], color=True)
    assert ("\x1b[" in done.stdout) is colored


def test_terminal_without_unicode(house):
    """An ASCII terminal gets ASCII, whatever names hold."""
    house.edit(("Anna Beispiel", "Änna Beißpiel"))
    code, out, err = ended(process(house, "plan", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}))
    assert code == 2, err
    assert out.isascii()
    assert "\\xc4nna" in out


def slow(house):
    """Make each call to the platform take its time, one after the other."""
    house.edit(
        (
            "groupware: {type: sandbox, path: state/sandbox.db}",
            "groupware: {type: sandbox, path: state/sandbox.db, latency: 150 ms, concurrency: 1}",
        )
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_finishes_what_is_in_flight(house, number):
    """The first signal lets the running step end and be recorded, and stops: exit 5; the next run goes on."""
    slow(house)
    running = process(house, "apply", "--yes", "--allow-cost", "instance:office")
    lines = []
    for line in running.stderr:
        lines.append(line.decode())
        if "create instance office: done" in lines[-1]:
            break
    running.send_signal(number)
    code, out, err = ended(running)
    assert code == 5, (lines, out, err)
    assert "stopped from outside" in out
    assert "what is in flight is finished" in err
    state = house.run("state", "list", "--format", "json").json
    assert state["in_flight"] == []
    assert state["lock"]["locked"] is False
    assert 0 < len(state["resources"]) < 12
    house.run("apply", "--yes")
    house.run("plan")


def test_second_signal_ends_at_once(house):
    """A second Ctrl-C does not wait; what was in flight is found out by the next run."""
    slow(house)
    running = process(house, "apply", "--yes", "--allow-cost", "instance:office")
    for line in running.stderr:
        if b"create instance office: done" in line:
            break
    running.send_signal(signal.SIGINT)
    assert b"once more ends it at once" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    code, _, err = ended(running)
    assert code == 130, err
    assert "Traceback" not in err
    house.run("apply", "--yes")
    house.run("plan")


def test_interrupt_while_planning_changes_nothing(house):
    """Ctrl-C before anything is written: exit 130, no traceback, nothing there."""
    slow(house)
    house.edit(("latency: 150 ms", "latency: 20 s"))
    before = house.files()
    running = process(house, "plan")
    time.sleep(1.5)
    running.send_signal(signal.SIGINT)
    code, out, err = ended(running)
    assert (code, out, err) == (130, "", "interrupted\n")
    assert house.files() == before


@BUFFERING
def test_run_goes_on_when_nobody_watches(house, unbuffered):
    """A closed stderr does not stop an apply in its middle: exit 0, everything done."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        consent = ("--yes", "--allow-cost", "instance:office")
        running = process(house, "apply", *consent, stderr=closed, env={"PYTHONUNBUFFERED": unbuffered})
        code, out, _ = ended(running)
    assert (code, out) == (0, "Done: 12 created.\n")
