"""Shard: several cameras in one process, which sends their answers back and shows that it is alive."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Generator, Sequence
from typing import Final

import psutil

from rxvlm.cluster.deciding.lease import Lease
from rxvlm.cluster.engine import Caller
from rxvlm.cluster.limits.sharing import Sharing
from rxvlm.cluster.recipe import Recipe
from rxvlm.cluster.shards.leased import under_lease
from rxvlm.cluster.shards.outbox import Outbox
from rxvlm.cluster.shards.sending import Sending
from rxvlm.cluster.shards.watched import Watched
from rxvlm.cluster.task import Beat, Given, Over, Report, Task, travelling
from rxvlm.concurrency.threads import daemon
from rxvlm.concurrency.workers import Workers
from rxvlm.ledger import Entry, Tally
from rxvlm.vlm import Vlm

_MOST_ENTRIES: Final = 20_000  # of ledgers, from one heartbeat to the next
_LOOK_SECONDS: Final = 1.0
ORPHAN_SECONDS: Final = 30.0
"""Seconds without a heartbeat after which a shard ends by itself: its driver is gone."""

_log = logging.getLogger("rxvlm")


class Shard:
    """Several cameras in one process. Its methods are called by other processes, on several threads.

    Args:
        number: Its number, for logs.
        orphan_seconds: Seconds without a heartbeat after which the process ends by itself; None: it never does.
    """

    def __init__(self, number: int, orphan_seconds: float | None = ORPHAN_SECONDS) -> None:
        self.number = number
        self._lease = Lease()
        self._lock = threading.Lock()
        self._cameras: dict[str, Watched] = {}
        self._models: dict[str, Vlm] = {}
        self._entries: deque[tuple[int, Entry]] = deque(maxlen=_MOST_ENTRIES)
        self._outbox = Outbox(self._on_lost)
        self._sending = Sending(self._outbox)
        self._sharing: Sharing | None = None
        self._encoders = Workers("rxvlm-encode", most=os.cpu_count() or 1)
        self._orphan_seconds = orphan_seconds
        self._closed = threading.Event()
        if orphan_seconds is not None:
            daemon("rxvlm-shard-orphan", self._closed.set)(self._end_if_orphaned).start()

    def __repr__(self) -> str:
        return f"rxvlm-shard-{self.number}"  # what Ray writes before each line of its log

    def pid(self) -> int:
        """Return the number of its process."""
        return os.getpid()

    def beat(self, reading: float | None, received: int) -> Beat:
        """Show that it is alive, and renew the lease under which models are asked.

        Args:
            reading: That of an earlier answer; None before the first.
            received: The number of the last results that were received.
        """
        self._sending.received(received)
        if reading is not None:
            self._lease.renew(reading)
        with self._lock:
            cameras = list(self._cameras.values())
        entries = [self._entries.popleft() for _ in range(len(self._entries))]
        memory = psutil.Process().memory_info().rss
        return Beat(self._lease.read(), [camera.report() for camera in cameras], entries, memory)

    def results(self, received: int) -> Generator[tuple[int, bytes]]:
        """Yield the results of all cameras as they come, several at a time, numbered from 1; see `packed`.

        What was sent is kept until it is known to have been received, and sent again by the next call.

        Args:
            received: The number of the last that was received.
        """
        yield from self._sending.batches(received)

    def watch(self, tasks: Sequence[Task], keeper: Caller | None = None) -> None:
        """Begin to watch cameras; what is wrong with one ends it with an error, and no other.

        Args:
            tasks: The cameras.
            keeper: Calls the keeper of limits; None: no model of theirs has any.
        """
        with self._lock:
            if keeper is not None and self._sharing is None:
                self._sharing = Sharing(self.number, keeper)
        for task in tasks:
            try:
                watched = Watched(task, self._model(task.model), self._outbox, self._note)
                with self._lock:
                    before, self._cameras[task.camera] = self._cameras.get(task.camera), watched
                if before is not None:
                    before.leave()
                watched.start(self._encoders)
            except Exception as error:  # noqa: BLE001 - it belongs into the stream of that camera
                self._outbox.end(_failed(task, error))

    def leave(self, cameras: Sequence[str]) -> None:
        """Stop watching cameras at once."""
        for name in cameras:
            with self._lock:
                watched = self._cameras.pop(name, None)
            if watched is not None:
                watched.leave()

    def release(self, cameras: Sequence[str]) -> None:
        """Stop watching cameras at the edge of a window, so that others take them over."""
        for watched in self._named(cameras):
            watched.release()

    def pause(self, cameras: Sequence[str]) -> None:
        """Pause asking about cameras."""
        for watched in self._named(cameras):
            watched.ledger.pause()

    def resume(self, cameras: Sequence[str]) -> None:
        """Go on asking about cameras."""
        for watched in self._named(cameras):
            watched.ledger.resume()

    def stop(self) -> None:
        """End all cameras gently."""
        for watched in self._named(list(self._cameras)):
            watched.stop()

    def close(self) -> None:
        """End all at once."""
        self._closed.set()
        self.leave(list(self._cameras))
        self._outbox.close()
        if self._sharing is not None:
            self._sharing.close()
        self._encoders.close()

    def _named(self, names: Sequence[str]) -> list[Watched]:
        with self._lock:
            return [self._cameras[name] for name in names if name in self._cameras]

    def _model(self, recipe: Recipe | None) -> Vlm | None:
        if recipe is None:
            recipe = Recipe("opencv", {})
        with self._lock:
            if recipe.key not in self._models:
                model: Vlm = recipe.make()
                if self._sharing is not None:
                    self._sharing.share(recipe, model)
                self._models[recipe.key] = under_lease(model, self._lease)
            return self._models[recipe.key]

    def _note(self, generation: int, entry: Entry) -> None:
        self._entries.append((generation, entry))

    def _on_lost(self, given: Given) -> None:
        for watched in self._named([given.camera]):
            if watched.task.generation == given.generation:
                watched.lose(given)

    def _end_if_orphaned(self) -> None:
        while not self._closed.wait(_LOOK_SECONDS):
            if self._orphan_seconds is not None and self._lease.silence > self._orphan_seconds:
                _log.error("%r ends: its driver has been silent for %g s", self, self._orphan_seconds)
                os._exit(1)


def _failed(task: Task, error: Exception) -> Over:
    tally = Tally(task.camera, "failed", str(error))
    return Over(task.camera, task.generation, Report(task.camera, task.generation, tally, None, 0), travelling(error))
