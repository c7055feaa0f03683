from __future__ import annotations

from collections.abc import Generator

import pytest

from rxvlm.concurrency.backoff import Backoff
from rxvlm.errors import SourceError
from rxvlm.frame import Frame
from rxvlm.ledger import Ledger
from rxvlm.sources.running import reconnect
from rxvlm.sources.running.capture import Session
from rxvlm.sources.running.reconnect import Nothing, Patience, keep_connected


class Deaf:
    """An observer that is never told anything."""

    def on_next(self, value: Frame) -> None: ...
    def on_error(self, error: Exception) -> None: ...
    def on_completed(self) -> None: ...


class World:
    """A wall clock by hand, a ledger that is written down, and connections by script.

    A connection is a list: numbers are seconds that pass without a picture, or after `Nothing.KEYFRAME` without a
    key frame; texts are items, an exception is its end.
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

    def connect(self) -> Generator[str | Nothing]:
        if not self.left:
            self.session.stop()
            return
        missing = Nothing.PICTURE
        for thing in self.left.pop(0):
            if isinstance(thing, float):
                for _ in range(int(thing)):
                    self.now += 1.0
                    yield missing
            elif thing is Nothing.KEYFRAME:
                missing = Nothing.KEYFRAME
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


@pytest.mark.parametrize("error", [TypeError("pix_fmt is None"), LookupError(), MemoryError(), SourceError("broken")])
def test_whatever_a_connection_raises_is_the_end_of_that_connection(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No exception ends a live source; what is no error of a source is logged with its traceback, once in a row."""
    world = World(monkeypatch, [error], ["a", error], [error], ["b"])
    assert world.run() == [(0, "a"), (1, "b")]
    assert world.states[0][1] == "waiting"
    expected = isinstance(error, SourceError)
    assert caplog.text.count("Traceback") == (0 if expected else 1)
    assert type(error).__name__ in caplog.text or expected


def test_no_traceback_shows_a_password(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """An exception whose text holds the address is shown without its password."""
    world = World(monkeypatch, [ValueError("cannot open rtsp://admin:s3cret@cam/1")], ["a"])
    world.run()
    assert "ValueError" in caplog.text + repr(world.states)
    assert "s3cret" not in caplog.text + repr(world.states)


def test_a_missing_key_frame_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five seconds of packets that no decoder can start with are told, also before the first picture; then a loss."""
    world = World(monkeypatch, [Nothing.KEYFRAME, 20.0], ["a"])
    assert world.run() == [(0, "a")]
    assert world.states[:2] == [
        (5.0, "stalled", "no key frame for 5 s"),
        (15.0, "waiting", "no key frame for 15 s"),
    ]


def test_the_wait_is_forgotten_after_a_while_of_health(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that break at once wait longer and longer; one that lasted ten seconds begins anew."""
    short: list[object] = ["a"]
    well: list[object] = [item for at in range(11) for item in (str(at), 1.0)]
    world = World(monkeypatch, *[short] * 4, well, *[short] * 2)
    monkeypatch.undo()
    monkeypatch.setattr(reconnect.time, "monotonic", lambda: world.now)
    monkeypatch.setattr(Session, "wait", world.wait)
    monkeypatch.setattr("random.Random.uniform", lambda *_: 1.0)
    world.run()
    assert world.waits == [0.25, 0.5, 1.0, 2.0, 0.25, 0.5, 1.0]


def test_what_is_odd_about_a_live_source_is_its_states_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """A remark stands beside the state live."""
    world = World(monkeypatch, ["a", "b"])
    list(keep_connected(world.connect, world.session, Patience(), remark=lambda: "the camera's clock stands still"))
    assert world.states[0][1:] == ("live", "the camera's clock stands still")
