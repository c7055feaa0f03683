"""Connecting: which questions have not reached their server yet, and since when."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final, NamedTuple

from rxvlm.uri import without_secrets

_LONG: Final = 1.0  # seconds; every connection takes some time


class _Question(NamedTuple):
    camera: str
    url: str
    since: float
    reached: Callable[[], bool]


class Connecting:
    """The questions of a client that are being asked. Any thread may use it."""

    def __init__(self) -> None:
        self._questions: dict[object, _Question] = {}

    @contextmanager
    def noted(self, camera: str, url: str, reached: Callable[[], bool]) -> Generator[None]:
        """Note a question for as long as the ``with`` block takes.

        Args:
            camera: The name of the camera that it is about.
            url: The address of the server.
            reached: Returns whether the connection is there.
        """
        key = object()
        self._questions[key] = _Question(camera, without_secrets(url), monotonic(), reached)
        try:
            yield
        finally:
            del self._questions[key]

    def unreached(self) -> Iterator[tuple[str, str]]:
        """Iterate over the cameras with a question that has not reached the server for long, and what to say of it."""
        for question in list(self._questions.values()):
            seconds = monotonic() - question.since
            if seconds >= _LONG and not question.reached():
                yield question.camera, f"no connection to {question.url} for {seconds:.0f} s"
