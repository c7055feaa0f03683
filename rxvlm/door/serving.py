"""Serving: the thread of a door, which has a turn for each reader and waits for none."""

from __future__ import annotations

import logging
import os
import selectors
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

from rxvlm.door.inbox import Inbox, Told
from rxvlm.door.lines import LineTooLongError, decoded, encoded
from rxvlm.door.reader import Reader
from rxvlm.door.records import Watched, changes, now_record
from rxvlm.door.requests import Controls, Requests

MOST_READERS: Final = 64
"""Readers at a time; others are turned away."""

IDLE_SECONDS: Final = 60.0
"""A reader that takes nothing of what waits for it for so long is let go."""

TICK_SECONDS: Final = 1.0
"""How often readers are told of counts that changed."""

_NO_FILES_SECONDS: Final = 0.1
_log = logging.getLogger("rxvlm")


class Serving:
    """The readers of a door. All but `stop` runs on the door's thread.

    Args:
        listener: Where readers connect.
        inbox: What they are told.
        hello: Returns the line that each reader gets first.
        run: What the run is made of.
        controls: What can be done to it.
    """

    def __init__(
        self,
        listener: socket.socket,
        inbox: Inbox[Reader],
        hello: Callable[[], Mapping[str, Any]],
        *,
        run: Watched,
        controls: Controls,
    ) -> None:
        self._listener, self._inbox, self._hello, self._run = listener, inbox, hello, run
        self._requests = Requests(controls)
        self._readers: dict[socket.socket, Reader] = {}
        self._now: Mapping[str, Any] = {"cameras": {}}
        self._stopping = False
        self._selector = selectors.DefaultSelector()
        for end in (listener, inbox.wakes):
            self._selector.register(end, selectors.EVENT_READ)

    def stop(self) -> None:
        """End soon: what was told before is written first, as far as readers take it at once."""
        self._stopping = True
        self._inbox.wake()

    def work(self) -> None:
        """Work until `stop`."""
        due = time.monotonic() + TICK_SECONDS
        try:
            while not self._stopping:
                due = self._turn(due)
            self._take_inbox()
            for reader in list(self._readers.values()):
                self._serve(reader)
        finally:
            for reader in list(self._readers.values()):
                self._drop(reader)
            self._requests.close()
            self._inbox.close()
            self._selector.close()

    def _turn(self, due: float) -> float:
        """Do what is to be done; return when the next tick is due."""
        ready = self._selector.select(max(0.0, due - time.monotonic()) if self._readers else None)
        try:
            for key, _ in ready:
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._readers:
                    self._hear(self._readers[key.fileobj])
            self._take_inbox()
            if time.monotonic() >= due:
                due = time.monotonic() + TICK_SECONDS
                self._tick()
            for reader in list(self._readers.values()):
                self._serve(reader)
        except Exception:  # noqa: BLE001 - a bug of ours must not shut the door, nor turn in circles
            _log.exception("the door of this run had an error, and goes on")
            time.sleep(TICK_SECONDS)
        return due

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:  # it has gone again
            return
        except OSError:  # there are too many open files: it waits until some are closed
            time.sleep(_NO_FILES_SECONDS)
            return
        connection.settimeout(0.0)
        reader = Reader(connection, time.monotonic())
        self._readers[connection] = reader
        self._selector.register(connection, selectors.EVENT_READ)
        try:
            ours = reader.is_ours(os.getuid())
        except OSError:
            ours = False
        if not ours:
            self._end(reader, "this run belongs to another user")
            return
        reader.put(encoded(self._hello()), may_be_lost=False)
        if len(self._readers) > MOST_READERS:
            self._end(reader, f"{MOST_READERS} readers are here already")
        else:
            self._greet(reader)

    def _greet(self, reader: Reader) -> None:
        """Tell a new reader how all is; from then on it is told what happens."""
        others = [one for one in self._readers.values() if one is not reader]
        told, known = self._inbox.begin()
        self._broadcast(told, others)
        now = now_record(self._run)
        if not others:
            self._now = now
        reader.put(_whole_line(now), may_be_lost=False)
        for item in known:
            reader.put(encoded(item.to_dict()))

    def _hear(self, reader: Reader) -> None:
        try:
            reader.hear()
        except LineTooLongError as error:
            self._end(reader, str(error))
        except OSError:
            self._drop(reader)

    def _take_inbox(self) -> None:
        told, lost, replies = self._inbox.take()
        for reader in self._readers.values() if lost else ():
            reader.lose(lost)
        self._broadcast(told, self._readers.values())
        for reader, line in replies:
            if reader.connection in self._readers:
                reader.put(encoded(line), may_be_lost=line["type"] == "piece")

    def _broadcast(self, told: Iterable[Told], readers: Iterable[Reader]) -> None:
        for one in told:
            line = encoded(one if isinstance(one, Mapping) else one.to_dict())  # once, for all
            for reader in readers:
                reader.put(line)

    def _tick(self) -> None:
        if not self._readers:
            return
        now = now_record(self._run)
        if changed := changes(self._now, now):
            self._broadcast([{"type": "now", **changed}], self._readers.values())
        self._now = now
        for reader in list(self._readers.values()):
            reader.next_second()
            if reader.missed and not reader.has_more:
                reader.missed = False
                reader.put(_whole_line(now), may_be_lost=False)
            if reader.has_more and time.monotonic() - reader.moved > IDLE_SECONDS:
                _log.info("a reader of the door took nothing for %g s, and was let go", IDLE_SECONDS)
                self._drop(reader)

    def _serve(self, reader: Reader) -> None:
        """Give a reader its turn: its requests, what waits for it, and what it is looked at for next."""
        try:
            reader.requests(partial(self._do, reader))
            reader.write(time.monotonic())
        except OSError:
            self._drop(reader)
            return
        if reader.deaf and not reader.asks and not self._requests.pending(reader):
            reader.ending = True  # it asked, and has its replies
        if reader.ending and not reader.has_more:
            self._drop(reader)
            return
        events = (selectors.EVENT_READ if reader.listens else 0) | (selectors.EVENT_WRITE if reader.has_more else 0)
        self._look_for(reader.connection, events)

    def _do(self, reader: Reader, line: bytes) -> None:
        try:
            request = decoded(line)
        except ValueError as error:
            self._inbox.reply(reader, {"type": "refused", "id": None, "error": str(error)})
        else:
            self._requests.do(reader, request, partial(self._inbox.reply, reader))

    def _look_for(self, connection: socket.socket, events: int) -> None:
        known = self._selector.get_map().get(connection)
        if known is None and events:
            self._selector.register(connection, events)
        elif known is not None and not events:
            self._selector.unregister(connection)
        elif known is not None and known.events != events:
            self._selector.modify(connection, events)

    def _end(self, reader: Reader, reason: str) -> None:
        """Let a reader go, when it has taken what waits for it."""
        reader.put(encoded({"type": "bye", "reason": reason}), may_be_lost=False)
        reader.ending = True

    def _drop(self, reader: Reader) -> None:
        self._requests.leave(reader)
        del self._readers[reader.connection]
        self._look_for(reader.connection, 0)
        with suppress(OSError):
            reader.connection.close()
        self._inbox.wanted = bool(self._readers)


def _whole_line(now: Mapping[str, Any]) -> bytes:
    """Return the line that says how all is, whatever its reader knew."""
    return encoded({"type": "now", "whole": True, **now})
