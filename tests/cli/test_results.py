"""`rxvlm results`: what a store has, on the command line."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import WATCHDOG
from storing import answer, event
from typer.testing import CliRunner, Result

from rxvlm import Store
from rxvlm.cli.app import app
from rxvlm.display.wall_time import local_time
from rxvlm.testing import FakeServer

FILM = "demo:yard?seconds=6&fps=5&width=160&height=120"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "watch.db"
    with Store(path) as store:
        store.write(answer(0, "a red car stands there"))
        store.write(event(answer(1, "show me: a man walks [red]"), id="7774a148" * 4))
        store.write(answer(2, "一辆红色的车停在门口", camera="gate"))
    return path


def run(*args: str | Path, store: Path | None = None) -> Result:
    environment = {"RXVLM_STORE": None if store is None else str(store), "COLUMNS": "200"}
    return CliRunner().invoke(app, ["results", *map(str, args)], env=environment)


def ids(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [line.split()[0] for line in result.stdout.splitlines()[1:]]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], ["3", "2", "1"]),
        (["car", "red"], ["1"]),
        (["walking"], ["2"]),
        (["intruder"], ["2"]),
        (["红色的车"], ["3"]),
        (["--", "show"], ["2"]),
        (["red", "show"], ["2"]),
        (["--camera", "yard", "red", "--limit", "1"], ["2"]),
        (["red", "--camera=gate"], []),
        (['"red car"'], ["1"]),
        (["--since", "-1d"], ["3", "2", "1"]),
        (["--until", "1d"], []),
        (["--events"], ["7774a148"]),
    ],
)
def test_words_and_options(file: Path, words: list[str], found: list[str]) -> None:
    """Words and options stand in any order; `--` makes a word of a command."""
    assert ids(run(*words, store=file)) == found


def test_the_table(file: Path) -> None:
    """A line has the id, the time, the camera and what was said, as it was said."""
    second = run(store=file).stdout.splitlines()[2]
    filmed = answer(1).clip.captured
    assert filmed is not None
    assert second == f"2   {local_time(filmed)}  yard    show me: a man walks [red]"
    assert "intruder (10 s, 1 clip, running)" in run("--events", store=file).stdout


def test_json_is_the_form_with_an_id(file: Path) -> None:
    """A line has the keys of the JSON form, and the store's id."""
    lines = [json.loads(line) for line in run("--json", store=file).stdout.splitlines()]
    with Store(file) as store:
        assert lines == [found.to_dict() for found in store.search()]
    assert [line["id"] for line in lines] == ["3", "2", "1"]


@pytest.mark.parametrize("args", [("show", "1"), ("--store", "FILE", "show", "1"), ("show", "1", "--store", "FILE")])
def test_show(file: Path, args: tuple[str, ...]) -> None:
    """All that is known; the options stand before or after the command."""
    given = [str(file) if arg == "FILE" else arg for arg in args]
    shown = run(*given, store=None if "FILE" in args else file)
    assert shown.exit_code == 0, shown.output
    for said in ("What happens?", "a red car stands there", "yard", "2 of 8x8"):
        assert said in shown.stdout


def test_what_is_saved_is_what_the_model_saw(tmp_path: Path) -> None:
    """The same bytes in the store and in the file."""
    file = tmp_path / "watch.db"
    watched = CliRunner().invoke(app, ["watch", FILM, "--every", "3", "--store", str(file)])
    assert watched.exit_code == 0, watched.output
    for _ in range(2):
        saved = run("show", "1", "--save", tmp_path / "out", store=file)
        assert saved.exit_code == 0, saved.output
    with Store(file) as store:
        assert (tmp_path / "out" / "1.mp4").read_bytes() == store.get("1").clip().data
    assert len(list((tmp_path / "out").glob("1.*.jpg"))) == 8
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o600}
    asked = run("ask", "2", "What now?", "--json", store=file)
    assert json.loads(asked.stdout)["prompt"] == "What now?"
    assert json.loads(asked.stdout)["start"] == 3.0


def test_delete(file: Path) -> None:
    """What is deleted is not found any more; without an option nothing is."""
    assert run("delete", store=file).exit_code == 2
    assert "1 answers and events" in run("delete", "--camera", "gate", store=file).stdout
    assert ids(run(store=file)) == ["2", "1"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["show", "99"], "no answer or event with the id '99'"),
        (["red", "--since", "yesterday"], "a time is written as"),
        (["ask", "1"], "Missing argument"),
    ],
)
def test_what_is_wrong_is_said(file: Path, args: list[str], says: str) -> None:
    """One line on stderr, and exit code 2."""
    done = run(*args, store=file)
    assert done.exit_code == 2
    assert says in done.stderr


def test_a_store_must_be_given(tmp_path: Path) -> None:
    """Without the option and the variable it says so; a file that is not there is named."""
    for args in ([], ["show", "1"], ["delete", "--camera", "x"]):
        done = run(*args)
        assert done.exit_code == 2
        assert "RXVLM_STORE" in done.stderr
    assert f"no store at {tmp_path / 'x.db'}" in run(store=tmp_path / "x.db").stderr


def test_watching_needs_the_writers_lock(file: Path) -> None:
    """Before a camera is opened, it is said who holds the store."""
    with Store(file) as store:
        store.begin()
        done = CliRunner().invoke(app, ["watch", FILM, "--store", str(file)])
    assert done.exit_code == 2
    assert "has been written by this process" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("form", ["video", "images"])
def test_one_truth_of_pictures(tmp_path: Path, form: str) -> None:
    """What the model was sent, what the store has and what `show` saves are the same bytes."""
    file = tmp_path / "watch.db"
    with FakeServer("a cat") as server:
        model = f"openai:tiny@{server.openai_url}"
        options = ["--every", "6", "--as", form, "--store", str(file), "--model", model]
        watched = CliRunner().invoke(app, ["watch", FILM, *options], env={"RXVLM_API_KEY": "sk-x"})
        assert watched.exit_code == 0, watched.output
        sent = [base64.b64decode(data) for data in re.findall(rb"base64,([A-Za-z0-9+/=]+)", server.chats[0].body)]
    saved = run("show", "1", "--save", tmp_path / "out", store=file)
    assert saved.exit_code == 0, saved.output
    files = [path.read_bytes() for path in map(Path, saved.stdout.splitlines()) if path.exists()]
    assert (files[:1] if form == "video" else files[-8:]) == sent
    with Store(file) as store:
        clip = store.get("1").clip()
        assert (clip.data if form == "video" else clip.jpegs().data) == (sent[0] if form == "video" else tuple(sent))


@pytest.mark.parametrize(
    "command", [("results",), ("results", "show", "1"), ("results", "show", "2", "--json"), ("models",)]
)
def test_a_reader_that_has_gone_ends_each_command_without_a_message(command: tuple[str, ...], file: Path) -> None:
    """Exit code 141, also of commands that only print something."""
    reader, writer = os.pipe()
    os.close(reader)
    line = [sys.executable, "-m", "rxvlm", *command]
    environment = {**os.environ, "RXVLM_STORE": str(file)}
    try:
        done = subprocess.run(
            line, stdout=writer, stderr=subprocess.PIPE, env=environment, text=True, timeout=WATCHDOG, check=False
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")
