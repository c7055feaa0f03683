"""An engine whose processes are objects of this process: they die, or fall silent, when a test says so.

Calls run on threads, as Ray's do. A process can be frozen: its calls are answered when it thaws.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import Any

from rxvlm.cluster.deciding.placement import Node
from rxvlm.cluster.engine import ProcessDiedError, ProcessUnavailableError
from rxvlm.cluster.shards.shard import Shard

WATCHDOG = 60.0


class Process:
    def __init__(self, made: Any, node: Node | None) -> None:
        self.made, self.node = made, node
        self.dead = threading.Event()
        self.thawed = threading.Event()
        self.thawed.set()
        self.cut_off = False

    def die(self) -> None:
        """End as with kill -9: nothing more comes, and every call is an error."""
        self.dead.set()
        self.thawed.set()
        if hasattr(self.made, "close"):
            self.made.close()


class Call:
    """A result that is on its way, or several."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.items: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.ended = False
        self.room = threading.Semaphore(4)

    @property
    def ready(self) -> bool:
        frozen = not self.process.thawed.is_set()
        return not frozen and (not self.items.empty() or self.ended or self.process.dead.is_set())


class Here:
    def __init__(self, nodes: Sequence[Node] = (Node("one", 2),)) -> None:
        self.machines = list(nodes)
        self.started: list[Process] = []
        self.closed = 0

    def nodes(self) -> list[Node]:
        return list(self.machines)

    def start(self, kind: Callable[..., Any], *args: Any, node: Node | None, name: str | None = None) -> Process:
        _ = name
        made = kind(*args, None) if kind is Shard else kind(*args)  # None: a shard that never ends by itself
        process = Process(made, node)
        self.started.append(process)
        return process

    def call(self, process: Process, method: str, *args: Any) -> Call:
        call = Call(process)

        def run() -> None:
            process.thawed.wait(WATCHDOG)
            if process.cut_off:
                call.items.put(ProcessUnavailableError("cut off"))
                return
            try:
                call.items.put(getattr(process.made, method)(*args))
            except Exception as error:  # noqa: BLE001 - it is the caller's
                call.items.put(error)

        threading.Thread(target=run, daemon=True).start()
        return call

    def stream(self, process: Process, method: str, *args: Any) -> Call:
        call = Call(process)

        def run() -> None:
            items: Generator[Any] = getattr(process.made, method)(*args)
            for item in items:
                while not call.room.acquire(timeout=0.1):
                    if process.dead.is_set():
                        return
                process.thawed.wait(WATCHDOG)
                call.items.put(item)
            call.ended = True

        threading.Thread(target=run, daemon=True).start()
        return call

    def wait(self, refs: Sequence[Call], seconds: float) -> list[Call]:
        until = time.monotonic() + seconds
        while not (ready := [ref for ref in refs if ref.ready]) and time.monotonic() < until:
            time.sleep(0.005)
        return ready

    def get(self, ref: Call) -> Any:
        if ref.process.dead.is_set():
            raise ProcessDiedError("it was killed")
        item = ref.items.get(timeout=WATCHDOG)
        if isinstance(item, Exception):
            raise item
        return item

    def next(self, ref: Call) -> Any:
        if ref.items.empty():
            if ref.process.dead.is_set():
                raise ProcessDiedError("it was killed")
            raise StopIteration
        ref.room.release()
        return ref.items.get()

    def caller(self, process: Process) -> Callable[..., Any]:
        def call(method: str, *args: Any) -> Any:
            if process.dead.is_set():
                raise ProcessDiedError("it was killed")
            return getattr(process.made, method)(*args)

        return call

    def kill(self, process: Process) -> None:
        if process.thawed.is_set():  # one that is frozen is not reached
            process.die()
