"""Sending: batches of results on their way, kept until they are known to have been received."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator
from typing import Final

from rxvlm.cluster.shards.outbox import Outbox
from rxvlm.cluster.task import packed

_MOST_SENT: Final = 32  # batches that are sent and not yet known to have been received
_LOOK_SECONDS: Final = 0.5


class Sending:
    """Numbers batches of results and sends them, one sender at a time: the newest.

    Args:
        outbox: Where the results wait.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._changed = threading.Condition()
        self._sent: deque[tuple[int, bytes]] = deque()
        self._number = 0
        self._sender = 0

    def received(self, number: int) -> None:
        """Forget the batches up to a number: they were received."""
        with self._changed:
            while self._sent and self._sent[0][0] <= number:
                self._sent.popleft()
            self._changed.notify_all()

    def batches(self, received: int) -> Generator[tuple[int, bytes]]:
        """Yield the batches behind a number, those that were sent before first; a later call ends an earlier one."""
        self.received(received)
        with self._changed:
            self._sender += 1
            sender, again = self._sender, list(self._sent)
        yield from again
        while not self._outbox.closed:
            if (batch := self._next(sender)) is not None:
                yield batch
            elif sender != self._sender:
                return

    def _next(self, sender: int) -> tuple[int, bytes] | None:
        with self._changed:
            if len(self._sent) >= _MOST_SENT:
                self._changed.wait(_LOOK_SECONDS)
            if sender != self._sender or len(self._sent) >= _MOST_SENT:
                return None
            results = self._outbox.take(_LOOK_SECONDS)
            if not results:
                return None
            self._number += 1
            batch = self._number, packed(results)
            self._sent.append(batch)
            return batch
