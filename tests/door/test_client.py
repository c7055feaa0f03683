"""The other end of a door: finding the run that is meant, requests and questions, and a run that goes and comes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import WATCHDOG, wait_until
from door_run import Run, answer, door_threads

from rxvlm import collect
from rxvlm.door.client import Client
from rxvlm.door.connection import Connection
from rxvlm.door.finding import find
from rxvlm.errors import DoorError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    return runtime


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    one = Run(folder)
    yield one
    one.close()
    wait_until(lambda: not door_threads())


def found(folder: Path, name: str | None = None, here: Path | None = None) -> str:
    connection = find(name, environment={"XDG_RUNTIME_DIR": str(folder)}, folder=here or folder)
    connection.close()
    return connection.name


class Heard:
    """A client, and what it was told."""

    def __init__(self, path: Path) -> None:
        self.hellos: list[Any] = []
        self.lines: list[Any] = []
        self.lost: list[str] = []
        self.client = Client(
            Connection(path), on_hello=self.hellos.append, on_line=self.lines.append, on_lost=self.lost.append
        )
        self.client.start()

    def texts(self) -> list[str]:
        return [line["text"] for line in self.lines if line["type"] == "analysis"]


def listening(path: Path, *sends: bytes) -> threading.Thread:
    """Answer one connection at a path with some bytes, and close it."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def serve() -> None:
        with listener:
            connection, _ = listener.accept()
            with connection:
                for one in sends:
                    connection.sendall(one)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


def test_the_only_run_is_found(run: Run, folder: Path, tmp_path: Path) -> None:
    """Without a name it is the one that answers; sockets of dead runs are passed by."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "rxvlm" / "dead.sock"))
    assert found(folder, here=tmp_path) == "watch"
    assert run.path.exists()


def test_several_runs_want_a_name(run: Run, folder: Path) -> None:
    """It says which there are; with a name it is that one."""
    other = Run(folder)
    with pytest.raises(DoorError, match="several runs are there: watch, watch-2; say which: rxvlm monitor"):
        find(environment={"XDG_RUNTIME_DIR": str(folder)}, folder=folder)
    assert found(folder, "watch-2") == "watch-2"
    assert found(folder, str(run.path)) == "watch"
    other.close()


def test_no_run_at_all(folder: Path) -> None:
    """It says where it looked, and how a run is started."""
    with pytest.raises(DoorError, match=r"no run is there .*runtime/rxvlm\); .* rxvlm run watch.toml"):
        find(environment={"XDG_RUNTIME_DIR": str(folder)}, folder=folder)


def test_a_wrong_name(run: Run, folder: Path) -> None:
    """It says which runs there are."""
    assert run.path.exists()
    with pytest.raises(DoorError, match=r"no run is called 'wach' .*; there are watch"):
        find("wach", environment={"XDG_RUNTIME_DIR": str(folder)}, folder=folder)


def test_a_run_beside_its_store_is_found_by_both(tmp_path: Path) -> None:
    """Without XDG_RUNTIME_DIR the path of the store, and the name in the working directory, are enough."""
    from rxvlm.door.places import take_place

    place = take_place(Path("night.toml"), tmp_path / "watch.db", {})
    (tmp_path / "watch.db").touch()
    hello = json.dumps({"type": "hello", "protocol": 1, "name": "night"}).encode() + b"\n"

    def serve() -> None:
        place.listener.settimeout(WATCHDOG)
        for _ in range(3):
            connection, _ = place.listener.accept()
            connection.sendall(hello)
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    for name in (str(tmp_path / "watch.db"), "night", None):
        connection = find(name, environment={}, folder=tmp_path)
        assert connection.name == "night"
        connection.close()
    thread.join(WATCHDOG)
    place.close()


@pytest.mark.parametrize(
    ("sends", "says"),
    [
        ([b""], "nothing answers"),
        ([b'{"type":"bye","reason":"64 readers are here already"}\n'], "turns readers away: 64 readers"),
        ([b"HTTP/1.1 200 OK\r\n\r\n", b"{}\n"], "is no door of a run"),
        (
            [b'{"type":"hello","protocol":2,"name":"n"}\n'],
            "version 2, and this rxvlm version 1; update this rxvlm",
        ),
        ([b'{"type":"hello","protocol":0,"name":"n"}\n'], "update that of the run"),
    ],
)
def test_what_is_no_run(tmp_path: Path, sends: list[bytes], says: str) -> None:
    """Whatever else listens at a socket is an error that says what it is."""
    thread = listening(tmp_path / "x.sock", *sends)
    with pytest.raises(DoorError, match=says):
        Connection(tmp_path / "x.sock")
    thread.join(WATCHDOG)


def test_a_socket_that_was_left_behind(tmp_path: Path) -> None:
    """A name whose run was killed says that it has ended."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead.sock"))
    with pytest.raises(DoorError, match=r"nothing answers at .*: the run that it belonged to has ended"):
        find("dead", environment={}, folder=tmp_path)


def test_requests_and_their_replies(run: Run) -> None:
    """A request returns when it is done, and raises what it is refused for."""
    heard = Heard(run.path)
    heard.client.request("pause", camera="yard")
    assert run.ledgers["yard"].paused
    with pytest.raises(ValueError, match="there is no camera 'x'"):
        heard.client.request("pause", camera="x")
    heard.client.close()


def test_a_question_streams(run: Run) -> None:
    """The pieces come as they are, and what is refused is an error of the stream."""
    heard = Heard(run.path)
    pieces = collect(heard.client.ask("yard", "What?"))
    assert [piece.text for piece in pieces] == ["a red van"]
    with pytest.raises(ValueError, match="there is no clip of gate yet"):
        collect(heard.client.ask("gate", "What?"))
    heard.client.close()


def test_a_run_that_goes_and_comes(folder: Path) -> None:
    """It is said why it went; requests say so, too; and when it is there again, it is followed again."""
    run = Run(folder)
    heard = Heard(run.path)
    run.door.tell(answer("before"))
    wait_until(lambda: heard.texts() == ["before"])
    run.close()
    wait_until(lambda: bool(heard.lost))
    assert heard.lost == ["the run has ended"]
    with pytest.raises(DoorError, match="the run has gone"):
        heard.client.request("pause", camera="yard")
    with pytest.raises(DoorError, match="the run has gone"):
        collect(heard.client.ask("yard", "What?"))
    again = Run(folder)
    wait_until(lambda: len(heard.hellos) == 2)
    again.door.tell(answer("after"))
    wait_until(lambda: heard.texts() == ["before", "after"])
    heard.client.request("pause", camera="yard")
    assert again.ledgers["yard"].paused
    heard.client.close()
    again.close()


def test_leaving_leaves_the_run(run: Run) -> None:
    """A client that goes ends its thread and nothing else; closing twice is no harm."""
    heard = Heard(run.path)
    wait_until(lambda: bool(heard.hellos))
    heard.client.close()
    heard.client.close()
    wait_until(lambda: not [one for one in threading.enumerate() if one.name == "rxvlm-attached"])
    assert heard.lost == []
    wait_until(lambda: not run.readers())
    assert found(run.path.parent.parent) == "watch"
