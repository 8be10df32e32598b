"""One secret: from its place to its text, and nothing of it in any message."""

import sys
import traceback
from pathlib import Path

import pytest

from reconciler.model.secrets import SecretRef, SecretSource
from reconciler.secrets import SecretError, look_up


def command(*words: str, base: str = ".") -> SecretRef:
    return SecretRef(SecretSource.COMMAND, words, base)


def python(program: str, *words: str, base: str = ".") -> SecretRef:
    return command(sys.executable, "-c", program, *words, base=base)


def failure(ref: SecretRef, seconds: float = 30.0) -> str:
    with pytest.raises(SecretError) as caught:
        look_up(ref, seconds=seconds)
    # with a traceback as well, in which an exception further down might tell more
    return "".join(traceback.format_exception(caught.value))


def test_each_source_yields_its_text(monkeypatch, tmp_path):
    """A line break at the end is an editor's, lines before it are kept."""
    monkeypatch.setenv("THE_SECRET", "one")
    (tmp_path / "two").write_text("# two\nlines\r\n", encoding="utf-8")
    assert look_up(SecretRef(SecretSource.ENV, ("THE_SECRET",))).reveal() == "one"
    assert look_up(SecretRef(SecretSource.FILE, (str(tmp_path / "two"),))).reveal() == "# two\nlines"
    assert look_up(SecretRef(SecretSource.GENERATE, (str(tmp_path / "two"),))).reveal() == "# two\nlines"
    assert look_up(python("print('three')")).reveal() == "three"


def test_a_command_runs_in_the_folder_of_the_file_that_names_it_without_a_terminal(tmp_path):
    """A relative script is found from anywhere, and a prompt for a password ends instead of waiting."""
    script = tmp_path / "show"
    script.write_text("#!/bin/sh\npwd\ncat\n", encoding="utf-8")
    script.chmod(0o700)
    assert look_up(command("./show", base=str(tmp_path))).reveal() == str(Path(tmp_path).resolve())


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("raise SystemExit('s3cret')", "ended with exit code 1"),
        ("import os; os.write(1, b's3cret\\xff')", "is not UTF-8 text"),
        ("import os, time; os.write(1, b's3cret'); time.sleep(60)", "did not end within 0.5 s"),
    ],
)
def test_a_command_that_fails_shows_nothing_of_its_output_or_arguments(program, said):
    """Either may be the secret."""
    text = failure(python(program, "t0ken"), seconds=0.5)
    assert said in text
    assert "s3cret" not in text
    assert "t0ken" not in text


def test_a_file_that_is_not_text_shows_nothing_of_it(tmp_path):
    """The error of a decoder carries the bytes it was given."""
    (tmp_path / "key").write_bytes(b"s3cret\xff")
    text = failure(SecretRef(SecretSource.FILE, (str(tmp_path / "key"),)))
    assert "is not UTF-8 text" in text
    assert "s3cret" not in text


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_secret_is_none(content, tmp_path, monkeypatch):
    """An empty password would be set, and be everybody's."""
    (tmp_path / "empty").write_text(content, encoding="utf-8")
    monkeypatch.setenv("EMPTY", "")
    assert "empty" in failure(SecretRef(SecretSource.FILE, (str(tmp_path / "empty"),)))
    assert "EMPTY is empty" in failure(SecretRef(SecretSource.ENV, ("EMPTY",)))
    assert "empty" in failure(python(""))


def test_what_is_not_there_is_named(tmp_path, monkeypatch):
    """Variable, file and command, by their names."""
    monkeypatch.delenv("NOT_SET", raising=False)
    assert "no variable NOT_SET" in failure(SecretRef(SecretSource.ENV, ("NOT_SET",)))
    assert f"{tmp_path}/none can not be read: No such file" in failure(
        SecretRef(SecretSource.FILE, (f"{tmp_path}/none",))
    )
    assert "'no-such-command' can not be run: No such file" in failure(command("no-such-command"))
