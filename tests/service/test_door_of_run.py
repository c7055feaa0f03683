"""The door of `rxvlm run` as processes: attaching, pausing, muting, asking, killing, reloading."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import WATCHDOG, wait_until
from door_run import Talk

from rxvlm import Store

CAMERA = '[cameras.{}]\nuri = "demo:yard?fps=10&width=160&height=90"\nevery = 0.5\nframes = 2\n'
RULE = '[rules.always]\nwhen = "true"\nneed = [1, 1]\n'
REST = RULE + '[store]\npath = "watch.db"\n[sinks.lines]\nurl = "events.jsonl"\n'


@contextmanager
def process(*arguments: str, runtime: Path, out: bool = False) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "rxvlm", *arguments]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE} if out else {"stderr": subprocess.PIPE}
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(runtime)}
    with subprocess.Popen(command, text=True, env=environment, **pipes) as one:
        try:
            yield one
        finally:
            one.kill()


def until(one: subprocess.Popen[str], word: str) -> str:
    said: list[str] = []
    for line in one.stderr or one.stdout or ():
        if word in line:
            return line
        said.append(line)
    raise AssertionError("".join(said))


def ended(one: subprocess.Popen[str], number: signal.Signals) -> int:
    one.send_signal(number)
    one.communicate(timeout=WATCHDOG)
    return one.returncode


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "watch.toml"
    path.write_text(CAMERA.format("yard") + REST)
    return path


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    return folder


def test_a_run_is_paused_muted_and_asked(file: Path, runtime: Path, tmp_path: Path) -> None:
    """What is asked for is done, seen in the journal and the store, and no sink gets a muted event."""
    with process("run", str(file), runtime=runtime) as run:
        assert "rxvlm monitor --attach watch" in until(run, "look at this run with")
        talk = Talk(runtime / "rxvlm" / "watch.sock")
        assert talk.until("hello")["store"] == str(tmp_path / "watch.db")
        talk.send({"request": "mute", "rule": "always", "seconds": 3600, "id": 1})
        talk.until("done", id=1)
        assert "muted until" in until(run, "rule always")
        talk.until("event", muted=True)
        talk.send({"request": "ask", "camera": "yard", "question": "What?", "id": 2})
        assert talk.until("piece", id=2)["text"]
        talk.until("done", id=2)
        talk.send({"request": "pause", "camera": "yard", "reason": "lunch", "id": 3})
        talk.until("done", id=3)
        assert "lunch" in until(run, "yard: paused")
        while talk.until("now")["cameras"].get("yard", {}).get("skipped", 0) == 0:
            pass
        talk.send({"request": "resume", "camera": "yard", "id": 4}, {"request": "mute", "rule": "always", "seconds": 0})
        talk.until("event", muted=False)
        assert ended(run, signal.SIGTERM) == 0
        assert talk.rest()[-1] == {"type": "bye", "reason": "the run has ended"}
        talk.close()
    assert list((runtime / "rxvlm").iterdir()) == []
    with Store(tmp_path / "watch.db") as store:
        asked = [one.analysis() for one in store.search() if "asked" in one.record["marks"]]
        assert [one.prompt for one in asked] == ["What?"]
        assert store.why("yard", asked[0].clip.captured or 0.0).reason != "pending"
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    events = [line for line in lines if line["type"] == "event"]
    assert not [line for line in events if line["muted"]]
    assert not [line for line in lines if line.get("marks")]


def test_a_killed_run_leaves_a_socket_that_the_next_one_replaces(file: Path, runtime: Path) -> None:
    """After SIGKILL the socket is there and answers nothing; the next run of the name has it."""
    socket = runtime / "rxvlm" / "watch.sock"
    with process("run", str(file), runtime=runtime) as run:
        until(run, "look at this run with")
        assert ended(run, signal.SIGKILL) == -signal.SIGKILL
    assert socket.is_socket()
    with process("monitor", "--attach", "watch", "--json", runtime=runtime) as attached:
        said = attached.communicate(timeout=WATCHDOG)[1]
    assert (attached.returncode, "the run that it belonged to has ended" in said) == (2, True)
    with process("run", str(file), runtime=runtime) as run:
        assert "--attach watch\n" in until(run, "look at this run with")
        talk = Talk(socket)
        talk.until("hello")
        talk.close()


def test_attached_lines_and_leaving(file: Path, runtime: Path) -> None:
    """`monitor --attach --json` prints what the run tells; Ctrl-C leaves it, and the run goes on."""
    with process("run", str(file), runtime=runtime) as run:
        until(run, "look at this run with")
        with process("monitor", "--attach", "--json", runtime=runtime, out=True) as attached:
            assert json.loads(until(attached, '"hello"'))["protocol"] == 1
            until(attached, '"analysis"')
            assert ended(attached, signal.SIGINT) == 130
        with process("monitor", "--attach", "watch", "--json", runtime=runtime, out=True) as attached:
            until(attached, '"now"')
            assert run.poll() is None
            run.send_signal(signal.SIGTERM)
            rest, _ = attached.communicate(timeout=WATCHDOG)
            assert json.loads(rest.splitlines()[-1])["type"] == "bye"
            assert attached.returncode == 0


def test_a_reload_is_seen(file: Path, runtime: Path) -> None:
    """A camera that comes and one that goes are told; a pause of one that went is not that of one that comes."""
    with process("run", str(file), runtime=runtime) as run:
        until(run, "yard: live")
        talk = Talk(runtime / "rxvlm" / "watch.sock")
        talk.send({"request": "pause", "camera": "yard", "id": 1})
        talk.until("done", id=1)
        file.write_text(CAMERA.format("gate") + REST)
        run.send_signal(signal.SIGHUP)
        talk.until("now", gone=["yard"])
        talk.send({"request": "pause", "camera": "yard", "id": 2})
        assert "there is no camera 'yard'" in talk.until("refused", id=2)["error"]
        file.write_text(CAMERA.format("gate") + CAMERA.format("yard") + REST)
        run.send_signal(signal.SIGHUP)
        talk.until("analysis", camera="yard")
        talk.close()


def test_no_door(file: Path, runtime: Path) -> None:
    """`--no-door` opens none, and so does a run that finds no place, which says so and goes on."""
    with process("run", str(file), "--no-door", runtime=runtime) as run:
        until(run, "yard: live")
    assert not (runtime / "rxvlm").exists()
    file.write_text(CAMERA.format("yard"))
    with process("run", str(file), runtime=file.parent / "none") as run:
        assert "there is no [store] to stand beside" in until(run, "no monitor can be attached")
        until(run, "yard: live")


def test_fifty_readers_that_hang_hold_up_nothing(file: Path, runtime: Path) -> None:
    """A run to which fifty readers are attached that take nothing answers, and ends, as ever."""
    with process("run", str(file), runtime=runtime) as run:
        until(run, "yard: live")
        hanging = [Talk(runtime / "rxvlm" / "watch.sock") for _ in range(50)]
        talk = Talk(runtime / "rxvlm" / "watch.sock")
        for _ in range(5):
            talk.until("analysis")
        assert ended(run, signal.SIGTERM) == 0
        for one in [*hanging, talk]:
            one.close()
    wait_until(lambda: not (runtime / "rxvlm" / "watch.sock").exists())
