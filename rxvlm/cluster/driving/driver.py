"""Driver: one subscription to cameras on a cluster: it gives them to shards, and passes their answers on."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Final

from reactivex.abc import ObserverBase

from rxvlm.analysis import Analysis
from rxvlm.cluster.deciding.lease import awake_or_asleep
from rxvlm.cluster.driving.fleet import Fleet
from rxvlm.cluster.driving.member import Member
from rxvlm.cluster.driving.outlet import Outlet
from rxvlm.cluster.driving.owned import Owned
from rxvlm.cluster.engine import Engine
from rxvlm.cluster.task import Beat, Given, Over, Result, Task
from rxvlm.concurrency.threads import daemon
from rxvlm.ledger import Ledger

_TICK_SECONDS: Final = 0.2
_HELD_UP_SECONDS: Final = 2.0
_log = logging.getLogger("rxvlm")

Wanted = Mapping[str, tuple[Task, Ledger]]


class Driver:
    """One subscription.

    Args:
        observer: The subscriber.
        engine: Connects to what starts processes; called on the driver's own thread.
        disconnect: Called at the end, if that went well.
        most: How many cameras a shard has at most.
        clock: Returns seconds, also while the machine sleeps.
    """

    def __init__(
        self,
        observer: ObserverBase[Analysis],
        engine: Callable[[], Engine],
        disconnect: Callable[[], None],
        *,
        most: int,
        clock: Callable[[], float] = awake_or_asleep,
    ) -> None:
        self._outlet, self._most, self._clock = Outlet(observer), most, clock
        self._connect, self._disconnect = engine, disconnect
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()  # of the cameras; never held while a listener or the subscriber is called
        self._cameras: dict[str, Owned] = {}
        self._fleet: Fleet
        self._no_more = self._stopping = False
        self._failed: dict[str, Exception] = {}
        self._error: Exception | None = None  # about all cameras

    def start(self) -> None:
        """Begin, on a thread of its own."""
        daemon("rxvlm-cluster", self.dispose)(self._run).start()

    def change(self, wanted: Wanted) -> None:
        """Watch these cameras from now on, and no others."""
        self._orders.put(lambda: self._change(wanted))

    def no_more(self, error: Exception | None = None) -> None:
        """End when all cameras have ended: no others will come."""

        def note() -> None:
            self._no_more = True
            self._error = self._error or error

        self._orders.put(note)

    def stop(self) -> None:
        """End all cameras gently."""
        self._orders.put(self._stop)

    def dispose(self) -> None:
        """End at once, and deliver nothing more."""
        self._outlet.disposed.set()
        self._orders.put(lambda: None)

    def _run(self) -> None:
        engine: Engine | None = None
        try:
            engine = self._connect()
            self._fleet = Fleet(engine, self._most, self._take)
            self._drive()
        except Exception as error:  # noqa: BLE001 - Ray is not there, or a bug: either belongs into the stream
            _log.error("cameras are not watched any more: %s: %s", type(error).__name__, error)
            self._error = error
        finally:
            self._leave()
            if engine is not None:
                self._disconnect()
        self._outlet.end(self._error, self._failed, begun=len(self._cameras))

    def _drive(self) -> None:
        before = self._clock()
        while not self._outlet.disposed.is_set() and not self._is_over():
            now = self._clock()
            if now - before > _HELD_UP_SECONDS:
                self._fleet.excuse(now - before)
            before = now
            self._obey()
            self._fleet.look(now)
            for member, beat in self._fleet.hear(self._clock, _TICK_SECONDS):
                self._hear(member, beat)
            for member, reason in self._fleet.lost(self._clock()):
                self._move_all(member, reason)
            self._empty()
            self._pause()
            self._settle_homeless()

    def _obey(self) -> None:
        wait = not self._fleet.members and not self._homeless()  # with nothing to do, until there is something
        while True:
            try:
                self._orders.get(block=wait, timeout=_TICK_SECONDS)()
            except queue.Empty:
                return
            wait = False

    def _is_over(self) -> bool:
        with self._lock:
            return self._no_more and all(owned.over for owned in self._cameras.values())

    def _homeless(self) -> list[Owned]:
        with self._lock:
            return [owned for owned in self._cameras.values() if owned.is_homeless]

    def _settle_homeless(self) -> None:
        tasks: dict[Member, list[Task]] = {}
        for owned in self._homeless():
            if self._stopping:
                self._end(owned)
                continue
            member = self._fleet.home(self._clock())
            if member is None:
                owned.ledger.state("waiting", "there is no machine for it")
                continue
            with self._lock:
                tasks.setdefault(member, []).append(owned.give_to(member))
        for member, given in tasks.items():
            self._fleet.watch(member, given)

    def _end(self, owned: Owned) -> None:
        with self._lock:
            owned.over = True
        owned.ledger.state("ended")

    def _change(self, wanted: Wanted) -> None:
        gone = [name for name, owned in self._cameras.items() if name not in wanted or wanted[name][0] != owned.task]
        for name in gone:
            owned = self._cameras[name]
            with self._lock:
                member = owned.member
                owned.take_away("disposed")
                owned.over = True
            if member is not None:
                self._fleet.tell(member, "leave", [name])
                owned.ledger.state("ended", "disposed")
        for name, (task, ledger) in wanted.items():
            with self._lock:
                if name not in self._cameras:
                    self._cameras[name] = Owned(task, ledger)
                elif name in gone:
                    self._cameras[name].change(task)

    def _stop(self) -> None:
        self._stopping = self._no_more = True
        for member in self._fleet.members:
            self._fleet.tell(member, "stop")

    def _hear(self, member: Member, beat: Beat) -> None:
        for report in beat.reports:
            with self._lock:
                owned = self._cameras.get(report.camera)
                if owned is not None and owned.member is member:
                    owned.hear(report)
        for generation, entry in beat.entries:
            owned = self._cameras.get(entry.camera)
            if owned is not None and owned.fence.generation == generation and not owned.over:
                owned.pass_on(entry)

    def _move_all(self, member: Member, reason: str) -> None:
        for name in sorted(member.cameras):
            owned = self._cameras[name]
            with self._lock:
                owned.take_away("died")
                owned.moved = True
            owned.ledger.state("waiting", f"{reason}; moved")

    def _empty(self) -> None:
        """Ask shards on machines that are to be emptied for their cameras; end those that have none."""
        for member in list(self._fleet.members):
            if member.leaving and not member.cameras:
                self._fleet.give_up(member)
            elif member.leaving and not member.released:
                member.released = True
                self._fleet.tell(member, "release", sorted(member.cameras))

    def _pause(self) -> None:
        """Tell shards which cameras the ledgers here say are paused."""
        for name, owned in list(self._cameras.items()):
            if owned.member is not None and owned.paused != owned.ledger.paused:
                owned.paused = not owned.paused
                self._fleet.tell(owned.member, "pause" if owned.paused else "resume", [name])

    def _take(self, results: list[Result]) -> None:
        """Take results; called by the reader of each shard."""
        for result in results:
            with self._lock:
                owned = self._cameras.get(result.camera)
                counts = owned is not None and isinstance(result, Given) and owned.take(result)
            if owned is not None and isinstance(result, Over):
                self._take_end(owned, result)
            elif counts and isinstance(result, Given):
                self._outlet.deliver(result.analysis)

    def _take_end(self, owned: Owned, over: Over) -> None:
        with self._lock:
            if not owned.hear(over.report):
                return
            member = owned.member
            owned.take_away("unaccounted")
            owned.over = not over.released
            owned.moved = over.released
            self._failed |= {} if over.error is None else {over.camera: over.error}
        tally = over.report.tally
        if over.released:
            owned.ledger.state("waiting", "its machine is to be emptied; moved")
        else:
            owned.ledger.state(tally.state, tally.reason)
        if member is not None:
            self._orders.put(lambda: self._fleet.tell(member, "leave", [over.camera]))

    def _leave(self) -> None:
        for owned in self._cameras.values():
            with self._lock:
                member = owned.member
                owned.take_away("disposed")
            if member is not None:
                owned.ledger.state("ended", "disposed")
        if hasattr(self, "_fleet"):
            self._fleet.close()
