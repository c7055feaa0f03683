"""Watched: one camera in a shard: its pipeline, its counts, and its results on their way back."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from reactivex.abc import DisposableBase, SchedulerBase
from reactivex.disposable import SingleAssignmentDisposable

from rxvlm.analysis import Analysis
from rxvlm.cluster.deciding.resume import Resumed
from rxvlm.cluster.recipe import made
from rxvlm.cluster.shards.outbox import Outbox
from rxvlm.cluster.task import Given, Over, Report, Task, without_bytes
from rxvlm.concurrency.stop import Stop
from rxvlm.ledger import Entry, Ledger, State
from rxvlm.sources import video
from rxvlm.vlm import Vlm
from rxvlm.watching.camera import analyses_of, open_camera
from rxvlm.watching.embedded import given_or_embedded
from rxvlm.watching.options import WatchOptions

_OVERFLOW: Final = "overflow"


class Watched:
    """A camera at work in this process.

    Args:
        task: What to watch.
        model: The model that it asks.
        outbox: Where its results wait to be sent.
        note: Called with each entry of its ledger, and the generation.

    Raises:
        UriError: If the address is malformed or of no known kind.
        TypeError: If an option is of the wrong type.
        ValueError: If an option is out of range.
    """

    def __init__(self, task: Task, model: Vlm | None, outbox: Outbox, note: Callable[[int, Entry], None]) -> None:
        self.task = task
        self._outbox = outbox
        self._stop = Stop()
        self._left = threading.Event()
        self._released = False
        self._lost: Counter[str] = Counter()  # frames of answers that were lost on the way back, by how they ended
        self._subscription = SingleAssignmentDisposable()
        self.ledger = Ledger(task.camera, _nothing)  # states are told where the stream is subscribed to
        options = WatchOptions(**{name: made(value) for name, value in task.options.items()})
        self._resumed = Resumed(task.resume, options.every, options.aligned)
        source = video(
            task.source,
            name=task.camera,
            pace=options.pace,
            follow=options.follow,
            stop=self._stop,
            ledger=self.ledger,
        ).edited(self._resumed)
        self._camera = open_camera(source, options, name=task.camera, ledger=self.ledger, stop=None)
        self._model, self._options = given_or_embedded(model, options.fields), options
        self._listening: DisposableBase = self.ledger.listen(lambda entry: note(task.generation, entry))

    def start(self, encoders: SchedulerBase) -> None:
        """Begin to watch.

        Args:
            encoders: Where clips of cameras are encoded, which the cameras of a shard share.
        """
        answers = analyses_of(self._camera, self._model, self._options, stop=self._stop, encoders=encoders)
        self._subscription.disposable = answers.subscribe(self._on_answer, self._end, self._end)

    def stop(self) -> None:
        """End gently: what is under way is finished."""
        self._stop.set()

    def release(self) -> None:
        """End at the edge of the window that goes on, so that another shard takes the camera over."""
        self._released = True
        self._resumed.release()

    def leave(self) -> None:
        """End at once, and say nothing more."""
        self._left.set()
        self._subscription.dispose()
        self._listening.dispose()

    def lose(self, given: Given) -> None:
        """Count an answer that was lost on the way back, instead of as analysed or failed."""
        self._lost["failed" if given.analysis.error else "analysed"] += given.analysis.clip.fresh

    def report(self) -> Report:
        """Return how far it is."""
        tally, lost = self.ledger.snapshot(), self._lost
        if frames := lost.total():
            dropped = dict(Counter(tally.dropped) + Counter({_OVERFLOW: frames}))
            tally = replace(
                tally,
                analysed=tally.analysed - lost["analysed"],
                failed=tally.failed - lost["failed"],
                dropped=dropped,
            )
        task, resumed = self.task, self._resumed
        return Report(task.camera, task.generation, tally, resumed.began, resumed.epoch)

    def _on_answer(self, analysis: Analysis) -> None:
        sent = analysis if self.task.clips else without_bytes(analysis)
        given = Given(self.task.camera, self.task.generation, sent)
        self._outbox.put(given, waits=self.ledger.live is False, left=self._left.is_set)

    def _end(self, error: Exception | None = None) -> None:
        if not self._left.is_set():
            task = self.task
            released = self._released and error is None
            self._outbox.end(Over(task.camera, task.generation, self.report(), error, released=released))


def _nothing(_name: str, _state: State, _reason: str) -> None:
    """Say nothing of a state."""
