from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Generator
from typing import Any

import pytest
from conftest import WATCHDOG
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm.errors import ModelTimeoutError
from rxvlm.models.wire.dashscope_sdk import deadline as deadline_module
from rxvlm.models.wire.dashscope_sdk.call_socket import CallSocket
from rxvlm.models.wire.dashscope_sdk.deadline import call_with_deadline
from rxvlm.vlm import Piece

pytestmark = pytest.mark.usefixtures("no_threads_left")
Hear = Callable[[Any], Any]


class Stuck:
    """Work that yields a piece, and then waits until the test lets it go on."""

    def __init__(self) -> None:
        self.begun, self.let_go, self.over = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, _line: CallSocket) -> Generator[Piece, None, None]:
        try:
            yield Piece("one")
            self.begun.set()
            assert self.let_go.wait(WATCHDOG)
            yield Piece("two")
        finally:
            self.over.set()


def two(_line: CallSocket) -> Generator[Piece, None, None]:
    assert threading.current_thread().name == "rxvlm-models"
    yield Piece("one")
    yield Piece("two")


def broken(_line: CallSocket) -> Generator[Piece, None, None]:
    yield Piece("one")
    raise ValueError("no more")


def test_pieces_come_from_a_worker(hear: Hear) -> None:
    """They come in order, then the end; every subscription fetches anew."""
    answer = call_with_deadline(two, 60.0, "m")
    for _ in range(2):
        heard = hear(answer)
        assert ([piece.text for piece in heard.items], heard.ended) == (["one", "two"], True)


def test_an_error_comes_after_what_was_given(hear: Hear) -> None:
    """What the work raises is the error of the stream."""
    heard = hear(call_with_deadline(broken, 60.0, "m"))
    assert ([piece.text for piece in heard.items], str(heard.error)) == (["one"], "no more")


def test_the_deadline_waits_for_no_thread() -> None:
    """The error comes at the deadline, on the clock of the subscription, whatever the work is doing."""
    stuck, clock, heard = Stuck(), VirtualTimeScheduler(0.0), list[Any]()
    call_with_deadline(stuck, 60.0, "qwen").subscribe(heard.append, heard.append, scheduler=clock)
    assert stuck.begun.wait(WATCHDOG)
    clock.advance_to(59.0)
    assert heard == [Piece("one")]
    clock.advance_to(60.0)
    assert isinstance(heard[1], ModelTimeoutError)
    assert (str(heard[1]), heard[1].retryable) == ("qwen could not be reached within 60 s", True)
    stuck.let_go.set()
    assert stuck.over.wait(WATCHDOG)
    assert len(heard) == 2


def test_one_thing_is_given_at_a_time() -> None:
    """If the deadline comes while a piece is being emitted, its error follows right after."""
    clock, heard = VirtualTimeScheduler(0.0), list[Any]()
    giving, go_on, failed = threading.Event(), threading.Event(), threading.Event()

    def take(piece: Piece) -> None:
        giving.set()
        assert go_on.wait(WATCHDOG)
        heard.append(piece.text)

    def fail(error: Exception) -> None:
        heard.append(type(error))
        failed.set()

    call_with_deadline(two, 60.0, "m").subscribe(take, fail, scheduler=clock)
    assert giving.wait(WATCHDOG)
    clock.advance_to(60.0)
    assert heard == []
    go_on.set()
    assert failed.wait(WATCHDOG)
    assert heard == ["one", ModelTimeoutError]


@pytest.mark.parametrize("end", ["dispose", "deadline"])
def test_whoever_reads_is_woken(end: str) -> None:
    """Disposing and the deadline shut the socket, which wakes the thread that reads it at once."""
    near, far = socket.socketpair()
    reading, woken, clock = threading.Event(), threading.Event(), VirtualTimeScheduler(0.0)

    def read(line: CallSocket) -> Generator[Piece, None, None]:
        line.hold(near)
        line.ready = True
        reading.set()
        assert near.recv(1) == b""
        woken.set()
        yield Piece("late")

    heard = list[Any]()
    asking = call_with_deadline(read, 60.0, "m").subscribe(heard.append, heard.append, scheduler=clock)
    assert reading.wait(WATCHDOG)
    asking.dispose() if end == "dispose" else clock.advance_to(60.0)
    assert woken.wait(WATCHDOG)
    assert far.recv(1) == b""  # the other end knows
    assert [(type(one), one.retryable) for one in heard] == ([] if end == "dispose" else [(ModelTimeoutError, False)])
    near.close()
    far.close()


def test_a_line_that_was_hung_up_takes_no_socket() -> None:
    """A connection that comes too late is closed, and nothing is sent on it."""
    near, far = socket.socketpair()
    line = CallSocket()
    line.hang_up()
    with pytest.raises(ConnectionAbortedError):
        line.hold(near)
    assert far.recv(1) == b""
    far.close()


def test_a_line_holds_the_last_socket() -> None:
    """A new connection replaces the one before."""
    first, second = socket.socketpair(), socket.socketpair()
    line = CallSocket()
    line.hold(first[0])
    line.hold(second[0])
    line.hang_up()
    assert second[1].recv(1) == b""
    first[0].sendall(b"x")
    assert first[1].recv(1) == b"x"
    line.close()
    for one in (*first, *second):
        one.close()


def test_what_a_subscriber_raises_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends the call, and is logged by the thread; no deadline comes after it."""
    stuck, clock = Stuck(), VirtualTimeScheduler(0.0)
    raised, logged, heard = list[type[BaseException] | None](), threading.Event(), list[Exception]()

    def note(record: logging.LogRecord) -> bool:
        raised.append(record.exc_info[0] if record.exc_info else None)
        logged.set()
        return False

    monkeypatch.setattr(logging.getLogger("rxvlm"), "filters", [note])

    def take(_piece: Piece) -> None:
        raise KeyError("mine")

    call_with_deadline(stuck, 60.0, "m").subscribe(take, heard.append, scheduler=clock)
    assert logged.wait(WATCHDOG)
    assert raised == [KeyError]
    assert stuck.over.is_set()
    clock.advance_to(60.0)
    assert heard == []


def test_a_call_left_before_its_turn_never_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disposing at once costs nothing."""
    clock, worked = VirtualTimeScheduler(0.0), list[str]()
    monkeypatch.setattr(deadline_module, "WORKERS", clock)

    def work(_line: CallSocket) -> Generator[Piece, None, None]:
        worked.append("work")
        yield Piece()

    call_with_deadline(work, 60.0, "m").subscribe().dispose()
    clock.advance_to(100.0)
    assert worked == []


def test_a_call_that_is_run_to_its_end_leaves_no_timer() -> None:
    """The clock that ``run`` brings would keep a thread for each until the deadline."""
    before = threading.active_count()
    assert call_with_deadline(two, 600.0, "m").run() == Piece("two")
    assert {thread.name for thread in threading.enumerate()[before:]} <= {"idle", "rxvlm-models", "rxvlm-models-clock"}
