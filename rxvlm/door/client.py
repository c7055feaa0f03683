"""Client: a run in another process: what it tells, requests with their replies, and questions; it connects again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Final

from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable

from rxvlm.concurrency.threads import daemon
from rxvlm.door.connection import Connection
from rxvlm.errors import DoorError
from rxvlm.vlm import Piece

_AGAIN_SECONDS: Final = 1.0  # until it is tried again
_REPLY_SECONDS: Final = 5.0


class Client:
    """A run in another process. Any thread may call it; what it tells comes on a thread of its own.

    Args:
        connection: To the run.
        on_hello: Called with the first line of each connection.
        on_line: Called with each line that is no reply.
        on_lost: Called with a reason when the run has gone; it is looked for again at the same place.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        on_hello: Callable[[Mapping[str, Any]], None],
        on_line: Callable[[Mapping[str, Any]], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self._path: Path = connection.path
        self._connection: Connection | None = connection
        self._on_hello, self._on_line, self._on_lost = on_hello, on_line, on_lost
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._waiting: dict[int, Callable[[Mapping[str, Any]], None]] = {}  # what takes the replies to a request
        self._closed = threading.Event()
        self._thread = daemon("rxvlm-attached", self.close)(self._work)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def request(self, kind: str, **more: str | float) -> None:
        """Send a request, and wait for its reply.

        Args:
            kind: ``"pause"``, ``"resume"`` or ``"mute"``.
            **more: What belongs to it.

        Raises:
            ValueError: If it is refused.
            DoorError: If the run has gone, or does not answer in 5 seconds.
        """
        replied, reply = threading.Event(), dict[str, Any]()

        def take(line: Mapping[str, Any]) -> None:
            reply.update(line)
            replied.set()

        number = self._send({"request": kind, **more}, take)
        if not replied.wait(_REPLY_SECONDS):
            self._forget(number)
            raise DoorError(f"the run has not answered within {_REPLY_SECONDS:g} s")
        if reply["type"] == "gone":
            raise DoorError(str(reply["error"]))
        if reply["type"] == "refused":
            raise ValueError(str(reply.get("error")))

    def ask(self, camera: str, question: str) -> Observable[Piece]:
        """Ask about a camera's newest clip, at each subscription; the answer comes in pieces.

        What is refused, and what the model raises, is a ValueError in the stream; a run that has gone is a DoorError.
        """

        def subscribe(observer: ObserverBase[Piece], scheduler: SchedulerBase | None = None) -> DisposableBase:
            _ = scheduler

            def take(line: Mapping[str, Any]) -> None:
                if line["type"] == "piece":
                    observer.on_next(Piece(str(line.get("text", ""))))
                elif line["type"] == "done":
                    observer.on_completed()
                else:
                    error = str(line.get("error"))
                    observer.on_error(DoorError(error) if line["type"] == "gone" else ValueError(error))

            try:
                number = self._send({"request": "ask", "camera": camera, "question": question}, take)
            except DoorError as error:
                observer.on_error(error)
                return Disposable()
            return Disposable(lambda: self._leave(number))

        return Observable(subscribe)

    def close(self) -> None:
        """Go away; the run goes on."""
        self._closed.set()
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _send(self, record: dict[str, Any], take: Callable[[Mapping[str, Any]], None]) -> int:
        with self._lock:
            connection, number = self._connection, next(self._numbers)
            if connection is None:
                raise DoorError("the run has gone")
            self._waiting[number] = take
        try:
            connection.send(record | {"id": number})
        except DoorError:
            self._forget(number)
            raise
        return number

    def _forget(self, number: int) -> bool:
        with self._lock:
            return self._waiting.pop(number, None) is not None

    def _leave(self, number: int) -> None:
        if self._forget(number):
            with self._lock:
                connection = self._connection
            if connection is not None:
                try:
                    connection.send({"request": "leave", "id": number})
                except DoorError:
                    return

    def _work(self) -> None:
        while not self._closed.is_set():
            connection = self._connection
            if connection is not None:
                self._lose(self._follow(connection), connection)
            elif not self._closed.wait(_AGAIN_SECONDS):
                self._connect_again()

    def _follow(self, connection: Connection) -> str:
        """Take what a connection tells until it ends; return why."""
        reason = "the run has gone"
        self._on_hello(connection.hello)
        lines = connection.rest()
        while lines is not None:
            for line in lines:
                if line.get("type") == "bye":
                    reason = str(line.get("reason"))
                else:
                    self._take(line)
            try:
                lines = connection.read()
            except DoorError as error:
                return str(error)
        return reason

    def _take(self, line: Mapping[str, Any]) -> None:
        if line.get("type") not in ("piece", "done", "refused"):
            self._on_line(line)
            return
        number = line.get("id")
        with self._lock:
            take = self._waiting.get(number) if isinstance(number, int) else None
            if line["type"] != "piece" and isinstance(number, int):
                self._waiting.pop(number, None)
        if take is not None:
            take(line)

    def _lose(self, reason: str, connection: Connection) -> None:
        connection.close()
        with self._lock:
            self._connection = None
            waiting, self._waiting = list(self._waiting.values()), {}
        for take in waiting:
            take({"type": "gone", "error": reason})
        if not self._closed.is_set():
            self._on_lost(reason)

    def _connect_again(self) -> None:
        if not self._path.is_socket():
            return
        try:
            connection = Connection(self._path)
        except DoorError:
            return
        with self._lock:
            if not self._closed.is_set():
                self._connection = connection
                return
        connection.close()
