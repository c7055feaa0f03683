"""Watched: a camera with its frames and states, which a test can wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from conftest import WATCHDOG

import rxvlm
from rxvlm.frame import Frame


class Watched:
    """A subscription, with its frames and its states, that can be waited for."""

    def __init__(self, uri: str) -> None:
        self.frames: list[Frame] = []
        self.states: list[tuple[str, str]] = []
        self.errors: list[Exception] = []
        self._changed = threading.Condition()
        self.ledger = rxvlm.Ledger("cam", self._on_state)
        self.subscription = rxvlm.video(uri, ledger=self.ledger).subscribe(self._on_frame, self.errors.append)

    def until(self, reached: Callable[[Watched], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: reached(self), WATCHDOG), (self.states, len(self.frames))

    def until_more(self, frames: int) -> None:
        wanted = len(self.frames) + frames
        self.until(lambda watched: len(watched.frames) >= wanted)

    def until_state(self, *wanted: str) -> None:
        """Wait until the last states were these, reasons aside."""
        self.until(lambda watched: tuple(state for state, _ in watched.states[-len(wanted) :]) == wanted)

    def _on_frame(self, frame: Frame) -> None:
        with self._changed:
            self.frames.append(frame)
            self._changed.notify_all()

    def _on_state(self, _: str, state: str, reason: str) -> None:
        with self._changed:
            self.states.append((state, reason))
            self._changed.notify_all()


@contextmanager
def watched(uri: str) -> Generator[Watched]:
    """Watch a camera; whatever happened, its time never went back and no error was in its stream."""
    one = Watched(uri)
    try:
        yield one
    finally:
        one.subscription.dispose()
    times = [frame.time for frame in one.frames]
    assert times == sorted(times)
    assert [frame.index for frame in one.frames] == list(range(len(one.frames)))
    assert one.errors == []
