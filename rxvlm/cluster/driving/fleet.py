"""Fleet: the shards and the machines that there are: started, asked for heartbeats, and found dead or silent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, Final
from uuid import uuid4

from rxvlm.cluster.deciding.placement import Load, Node, place
from rxvlm.cluster.driving.member import Member
from rxvlm.cluster.driving.reader import Reader
from rxvlm.cluster.engine import Caller, Engine, Ref
from rxvlm.cluster.limits.keeper import Keeper
from rxvlm.cluster.shards.shard import Shard
from rxvlm.cluster.task import Beat, Result, Task

_NODES_SECONDS: Final = 2.0
_SUSPECT_SECONDS: Final = 60.0  # for so long a machine with a silent process gets no new one, if there is another
_DRAIN_SECONDS: Final = 2.0  # for so long what a dead process had sent is waited for
_JOIN_SECONDS: Final = 2.0
_log = logging.getLogger("rxvlm")


class Fleet:
    """The shards. Called by one thread.

    Args:
        engine: What starts and calls them.
        most: How many cameras a shard has at most.
        take: Called with each batch of results, on a thread of each shard.
    """

    def __init__(self, engine: Engine, most: int, take: Callable[[list[Result]], None]) -> None:
        self._engine, self._most, self._take = engine, most, take
        self.members: list[Member] = []
        self._readers: dict[Member, Reader] = {}
        self._old: list[Reader] = []  # of shards that are given up: what they still send is refused, and counted
        self._calls: list[Ref] = []
        self._keeper: Any = None
        self._numbers = count()
        self._nodes: list[Node] = []
        self._looked = -float("inf")
        self._suspects: dict[str, float] = {}

    def look(self, now: float) -> None:
        """Look at the machines, from time to time."""
        if now - self._looked >= _NODES_SECONDS:
            self._looked = now
            try:
                self._nodes = self._engine.nodes()
            except Exception as error:  # noqa: BLE001 - the head is away: what is known has to do
                _log.warning("Ray does not say which machines there are: %s", type(error).__name__)
        draining = {node.node_id for node in self._nodes if node.draining}
        for member in self.members:
            member.leaving = member.leaving or member.node.node_id in draining

    def home(self, now: float) -> Member | None:
        """Return the shard that gets the next camera, which may be a new one; None if there is no machine for it."""
        suspects = {node_id for node_id, since in self._suspects.items() if now - since < _SUSPECT_SECONDS}
        nodes = [node for node in self._nodes if node.node_id not in suspects]
        loads = [member.load for member in self.members if member.died is None and not member.leaving]
        chosen = place(nodes, loads, self._most) or place(self._nodes, loads, self._most)
        if isinstance(chosen, Load):
            return next(member for member in self.members if member.number == chosen.shard)
        return None if chosen is None else self._start(chosen, now)

    def _start(self, node: Node, now: float) -> Member:
        number = next(self._numbers)
        member = Member(number, self._engine.start(Shard, number, node=node), node, now)
        self.members.append(member)
        self._readers[member] = Reader(self._engine, member, self._take)
        return member

    def watch(self, member: Member, tasks: list[Task]) -> None:
        """Let a shard watch cameras; the keeper of limits is started with the first whose model may have any."""
        keeper: Caller | None = None
        if any(task.model is not None and task.model.may_limit for task in tasks):
            self._keeper = self._keeper or self._engine.start(Keeper, node=None, name=f"rxvlm-limits-{uuid4().hex}")
            keeper = self._engine.caller(self._keeper)
        self.tell(member, "watch", tasks, keeper)

    def tell(self, member: Member, method: str, *args: Any) -> None:  # noqa: ANN401 - as the shard's method takes it
        """Call a method of a shard whose result is not waited for."""
        self._calls.append(self._engine.call(member.process, method, *args))

    def hear(self, clock: Callable[[], float], seconds: float) -> Iterable[tuple[Member, Beat]]:
        """Send the heartbeats that are due, and yield the answers that come within some seconds."""
        for member in self.members:
            member.ask(self._engine, clock())
        asked = {member.ref: member for member in self.members if member.ref is not None}
        ready = self._engine.wait([*asked, *self._calls], seconds)
        for ref in ready:
            member = asked.get(ref)
            if member is None:
                self._end_call(ref)
            elif (beat := member.hear(self._engine, clock())) is not None:
                yield member, beat

    def _end_call(self, ref: Ref) -> None:
        self._calls.remove(ref)
        try:
            self._engine.get(ref)
        except Exception as error:  # noqa: BLE001 - of a dead process: its cameras move; else a bug, which is logged
            _log.debug("a call of a shard failed: %s: %s", type(error).__name__, error)

    def lost(self, now: float) -> Iterable[tuple[Member, str]]:
        """Yield the shards that are to be given up, each with the reason, and end them."""
        for member in list(self.members):
            if member.died is not None:
                if self._readers[member].ended.is_set() or now - member.died > _DRAIN_SECONDS:
                    self.give_up(member)
                    yield member, "its process died"
            elif self._readers[member].ended.is_set() and member.heard is not None:
                member.died = now  # the reader heard of it first
            elif member.is_silent(now):
                self._suspects[member.node.node_id] = now
                self.give_up(member)
                yield member, "its process does not answer"

    def give_up(self, member: Member) -> None:
        """End a shard at once; what it still sends is heard, and refused."""
        self.members.remove(member)
        self._old.append(self._readers.pop(member))
        self._engine.kill(member.process)

    def excuse(self, seconds: float) -> None:
        """Do not count a time in which the driver itself was held up."""
        for member in self.members:
            member.excuse(seconds)

    def close(self) -> None:
        """End all shards."""
        for member in list(self.members):
            self.give_up(member)
        if self._keeper is not None:
            self._engine.kill(self._keeper)
        for reader in self._old:
            reader.leave()
        for reader in self._old:
            reader.join(_JOIN_SECONDS)
