"""Reader: the thread that takes a shard's results as they come."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from rxvlm.cluster.deciding.lease import awake_or_asleep
from rxvlm.cluster.driving.member import Member
from rxvlm.cluster.engine import Engine, ProcessDiedError, ProcessUnavailableError, Ref
from rxvlm.cluster.task import Result, unpacked
from rxvlm.concurrency.threads import daemon

_LOOK_SECONDS: Final = 0.5
_log = logging.getLogger("rxvlm")


class Reader:
    """Takes the results of a shard, until it is left or the shard has died and all that had come is taken.

    Args:
        engine: What calls it.
        member: The shard.
        take: Called with each batch of results, on the reader's thread; while it lasts, the shard keeps the next ones.
    """

    def __init__(self, engine: Engine, member: Member, take: Callable[[list[Result]], None]) -> None:
        self._engine, self._member, self._take = engine, member, take
        self._left = threading.Event()
        self.ended = threading.Event()
        self._thread = daemon(f"rxvlm-shard-{member.number}", self.leave)(self._run)
        self._thread.start()

    def leave(self) -> None:
        """Take nothing more."""
        self._left.set()

    def join(self, seconds: float) -> None:
        """Wait for the end of the thread, unless it is the caller's own."""
        if threading.current_thread() is not self._thread:
            self._thread.join(seconds)

    def _run(self) -> None:
        try:
            while not self._left.is_set():
                try:
                    self._read(self._engine.stream(self._member.process, "results", self._member.received))
                except ProcessUnavailableError:
                    self._left.wait(_LOOK_SECONDS)
                else:
                    return
        except ProcessDiedError:
            return
        except Exception:  # noqa: BLE001 - results that cannot be read here: logged, and the shard is given up
            _log.exception("the results of shard %d cannot be read", self._member.number)
        finally:
            self.ended.set()

    def _read(self, stream: Ref) -> None:
        while not self._left.is_set():
            if not self._engine.wait([stream], _LOOK_SECONDS):
                continue
            try:
                number, batch = self._engine.next(stream)
            except StopIteration:
                return
            if number > self._member.received and not self._left.is_set():
                self._member.hear_results(awake_or_asleep())
                self._take(unpacked(batch))
                self._member.received = number
