from __future__ import annotations

from collections.abc import Generator

import pytest

from rxvlm.concurrency.backoff import Backoff
from rxvlm.errors import SourceError
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.sources.running import reconnect
from rxvlm.sources.running.capture import Session
from rxvlm.sources.running.reconnect import Patience, keep_connected


class Deaf:
    """An observer that is never told anything."""

    def on_next(self, value: Frame) -> None: ...
    def on_error(self, error: Exception) -> None: ...
    def on_completed(self) -> None: ...


class World:
    """A wall clock by hand, a ledger that is written down, and connections by script.

    A connection is a list: numbers are seconds that pass, texts are items, an exception is its end.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *connections: list[object]) -> None:
        self.now = 0.0
        self.states: list[tuple[float, str, str]] = []
        self.waits: list[float] = []
        ledger = Ledger("cam", lambda _name, state, reason: self.states.append((self.now, state, reason)))
        self.session = Session(Deaf(), lambda _: iter(()), ledger)  # type: ignore[arg-type, return-value] - never run
        self.left = list(connections)
        monkeypatch.setattr(reconnect.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(Session, "wait", self.wait)
        monkeypatch.setattr(Backoff, "wait", lambda _: 1.0)

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        self.waits.append(seconds)
        return self.session.ending

    def connect(self) -> Generator[str | None]:
        if not self.left:
            self.session.stop()
            return
        for thing in self.left.pop(0):
            if isinstance(thing, float):
                for _ in range(int(thing)):
                    self.now += 1.0
                    yield None
            elif isinstance(thing, Exception):
                raise thing
            else:
                yield str(thing)

    def run(self) -> list[tuple[int, str]]:
        return list(keep_connected(self.connect, self.session, Patience(5.0, 15.0)))


def test_a_camera_that_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that ends or fails is opened anew; items tell how many there were before."""
    world = World(monkeypatch, ["a", "b"], [SourceError("refused")], ["c"])
    assert world.run() == [(0, "a"), (0, "b"), (1, "c")]
    assert [(state, reason) for _, state, reason in world.states] == [
        ("live", ""),
        ("waiting", "the stream ended"),
        ("waiting", "refused"),
        ("live", ""),
        ("waiting", "the stream ended"),
    ]


def test_a_camera_that_is_not_there_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is tried in vain, the same reason is one change of state."""
    refusals: list[list[object]] = [[SourceError("refused")] for _ in range(20)]
    world = World(monkeypatch, *refusals)
    assert world.run() == []
    assert [state[1:] for state in world.states] == [("waiting", "refused")]
    assert len(world.waits) == 20


def test_a_stall_is_told_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five silent seconds are a stall; when pictures come again it is over, on the same connection."""
    world = World(monkeypatch, ["a", 4.0, "b", 7.0, "c"])
    assert world.run() == [(0, "a"), (0, "b"), (0, "c")]
    assert world.states[:3] == [(0.0, "live", ""), (9.0, "stalled", "no picture for 5 s"), (11.0, "live", "")]


def test_a_silence_that_lasts_is_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """After fifteen silent seconds the connection is given up, and opened anew."""
    world = World(monkeypatch, ["a", 100.0, "never"], ["b"])
    assert world.run() == [(0, "a"), (1, "b")]
    assert (15.0, "waiting", "no picture for 15 s") in world.states


def test_a_connection_that_never_spoke_is_given_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera that answers and sends nothing is no reconnect, and no stall."""
    world = World(monkeypatch, [100.0], ["b"])
    assert world.run() == [(0, "b")]
    assert "stalled" not in [state for _, state, _ in world.states]


def test_a_stop_ends_a_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that ends while nothing comes ends the source."""
    world = World(monkeypatch, ["a", 100.0])
    items = keep_connected(world.connect, world.session, Patience(5.0, 15.0))
    assert next(items) == (0, "a")
    world.session.stop()
    assert list(items) == []
    assert world.now <= 2.0
