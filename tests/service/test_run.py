"""`rxvlm run` as a process: signals, systemd, reloads, logs; and `rxvlm config`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import WATCHDOG
from typer.testing import CliRunner, Result

from rxvlm.cli.app import app

CAMERA = '[cameras.yard]\nuri = "demo:yard?fps=10&width=160&height=90"\nevery = 0.5\nframes = 2\n'


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in a process of its own, as one that changes the log must."""
    command = [sys.executable, "-m", "rxvlm", "run", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=WATCHDOG, check=False)


def config(*arguments: str, **options: str) -> Result:
    return CliRunner().invoke(app, ["config", *arguments], env=options)


@contextmanager
def running(*arguments: str, **options: str) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "rxvlm", "run", *arguments]
    environment = {**os.environ, **options}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def until(process: subprocess.Popen[str], word: str) -> str:
    """Return the next line on stderr that has a word in it."""
    assert process.stderr is not None
    said: list[str] = []
    for line in process.stderr:
        if word in line:
            return line
        said.append(line)
    raise AssertionError("".join(said))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "watch.toml"
    path.write_text(CAMERA)
    return path


def test_the_example_runs_as_it_is(tmp_path: Path) -> None:
    """What `config new` prints is checked, shown, and watched."""
    path = tmp_path / "watch.toml"
    path.write_text(config("new").stdout)
    checked = config("check", str(path))
    assert (checked.exit_code, checked.stdout) == (0, f"{path} is right: 2 cameras, 1 rule\n")
    with running(str(path)) as process:
        until(process, "gate: live")
        process.send_signal(signal.SIGTERM)
        assert process.wait(WATCHDOG) == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it(file: Path, number: signal.Signals, code: int) -> None:
    """SIGTERM is how a service ends; Ctrl-C is told apart."""
    with running(str(file)) as process:
        until(process, "yard 20")
        process.send_signal(number)
        assert process.wait(WATCHDOG) == code


def test_films_end_it(tmp_path: Path) -> None:
    """And JSON lines tell of each answer and state."""
    path = tmp_path / "watch.toml"
    path.write_text(CAMERA.replace("yard?", "yard?seconds=1&"))
    film = ran(str(path), "--log-json")
    records = [json.loads(line) for line in film.stderr.splitlines()]
    assert film.returncode == 0
    assert [one["state"] for one in records if one["type"] == "state"][-1] == "ended"
    assert [one["start"] for one in records if one["type"] == "analysis"] == [0.0, 0.5]


def test_a_reload_that_is_wrong_changes_nothing(file: Path) -> None:
    """It is said once, and the right one after it is taken."""
    with running(str(file)) as process:
        until(process, "yard 20")
        file.write_text(CAMERA + "evry = 3\n")
        process.send_signal(signal.SIGHUP)
        assert until(process, "evry").endswith("cameras.yard.evry: there is no such key; did you mean every?\n")
        until(process, "yard 20")
        file.write_text(CAMERA.replace("cameras.yard", "cameras.gate"))
        process.send_signal(signal.SIGHUP)
        until(process, "was read again: 1 camera")
        until(process, "gate 20")


def test_a_change_is_taken_by_itself(file: Path) -> None:
    """With --reload."""
    with running(str(file), "--reload") as process:
        until(process, "yard 20")
        file.write_text(CAMERA.replace("cameras.yard", "cameras.gate"))
        until(process, "gate 20")


def test_files_of_others_run_no_commands(file: Path) -> None:
    """A file with a command that others may write is not taken while it runs."""
    with running(str(file)) as process:
        until(process, "yard 20")
        file.write_text(CAMERA + '[sinks.a]\ncommand = ["true"]\n')
        file.chmod(0o666)
        process.send_signal(signal.SIGHUP)
        assert "may be written by others; try: chmod go-w" in until(process, "may be written")
        until(process, "yard 20")


def test_systemd_is_told(file: Path, tmp_path: Path) -> None:
    """By its own protocol: ready, a sign of life, a reload, stopping."""
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(WATCHDOG)

        def heard(word: str) -> str:
            while word not in (message := manager.recv(4096).decode()):
                pass
            return message

        with running(str(file), NOTIFY_SOCKET=address, WATCHDOG_USEC="400000") as process:
            assert heard("READY=1") == "READY=1\nSTATUS=1 camera, 0 sending frames"
            assert heard("WATCHDOG") == "WATCHDOG=1"
            process.send_signal(signal.SIGHUP)
            assert heard("RELOADING=1").startswith("RELOADING=1\nMONOTONIC_USEC=")
            assert "READY=1" in heard("READY=1")
            process.send_signal(signal.SIGTERM)
            assert heard("STOPPING") == "STOPPING=1"
            assert process.wait(WATCHDOG) == 0


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    """Neither by `show` and `check`, nor by a run of a camera that cannot be reached."""
    path = tmp_path / "watch.toml"
    (tmp_path / "more.toml").write_text('[sinks.a]\nurl = "mqtt://user:hunter2@127.0.0.1:9"\n')
    path.write_text(
        'include = ["more.toml"]\n[cameras.a]\nuri = "rtsp://admin:hunter2@127.0.0.1:9/a"\n'
        '[cameras.b]\nuri = "rtsp://admin:${CAMERA}@127.0.0.1:9/b"\n[models.m]\nuse = "vllm:x@http://u:hunter2@h/v1"\n'
    )
    shown = config("show", str(path), CAMERA="hunter2")
    assert 'uri = "rtsp://127.0.0.1:9/a"' in shown.stdout
    said = [shown, config("check", str(path), CAMERA="hunter2")]
    with running(str(path), CAMERA="hunter2") as process:
        line = until(process, "waiting")
    assert "hunter2" not in line + "".join(one.stdout + one.stderr for one in said)


def test_a_file_with_mistakes_is_exit_code_2(file: Path) -> None:
    """All of them on stderr, and nothing is watched."""
    file.write_text("[cameras.a]\nx = 1\n")
    said = [f"{file}: cameras.a.uri: is missing", f"{file}: cameras.a.x: there is no such key"]
    for checked in (config("check", str(file)), config("show", str(file))):
        assert (checked.exit_code, checked.stdout) == (2, "")
        assert [line.partition(";")[0] for line in checked.stderr.splitlines()] == said
    refused = ran(str(file), "--log-json")
    records = [json.loads(line) for line in refused.stderr.splitlines()]
    assert (refused.returncode, refused.stdout) == (2, "")
    assert [(one["level"], one["message"].partition(";")[0]) for one in records] == [("error", one) for one in said]


def test_the_schema_holds_for_the_example(tmp_path: Path) -> None:
    """By check-jsonschema, as editors use it; and it refuses a mistyped key."""
    schema = tmp_path / "schema.json"
    schema.write_text(config("schema").stdout)
    right, wrong = tmp_path / "watch.toml", tmp_path / "wrong.toml"
    right.write_text(config("new").stdout)
    wrong.write_text(CAMERA + "evry = 3\n")
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema), str(right), str(wrong)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=WATCHDOG, check=False)
    assert checked.returncode == 1
    assert "'evry' was unexpected" in checked.stdout
    assert str(right) not in checked.stdout
