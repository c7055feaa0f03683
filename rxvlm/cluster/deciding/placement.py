"""Placement: which shard gets a camera, and on which machine a new shard is started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A machine.

    Attributes:
        node_id: Its identifier.
        cpus: How many CPUs it has for shards; at 0 it gets none.
        usable: Whether it is alive, answers, and is not to be emptied.
        draining: Whether it is to be emptied.
    """

    node_id: str
    cpus: float = 1.0
    usable: bool = True
    draining: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """A shard, by what it has to do.

    Attributes:
        shard: Its number.
        node_id: Its machine.
        cameras: How many cameras it has.
    """

    shard: int
    node_id: str
    cameras: int


def place(nodes: Sequence[Node], loads: Sequence[Load], most: int) -> Load | Node | None:
    """Return the shard that gets the next camera, or the machine on which a new shard is started for it.

    A machine without a shard gets one first, so that all machines share the work; then the shard with fewest cameras
    gets it, as long as it has less than ``most``; then a new shard is started where there are fewest for each CPU.

    >>> one, two = Node("one", 4), Node("two", 2)
    >>> place([one, two], [Load(0, "one", 3)], most=10)
    Node(node_id='two', cpus=2, usable=True, draining=False)
    >>> place([one, two], [Load(0, "one", 3), Load(1, "two", 2)], most=10)
    Load(shard=1, node_id='two', cameras=2)
    >>> place([one, two], [Load(0, "one", 10), Load(1, "two", 10)], most=10).node_id
    'one'

    Args:
        nodes: The machines.
        loads: The shards that are well.
        most: How many cameras a shard has at most.

    Returns:
        The shard, or the machine; None if there is no machine at all for it.
    """
    usable = [node for node in nodes if node.usable and node.cpus > 0]
    empty = [node for node in usable if all(load.node_id != node.node_id for load in loads)]
    if empty:
        return max(empty, key=lambda node: node.cpus)
    places = {node.node_id for node in usable}
    room = [load for load in loads if load.node_id in places and load.cameras < most]
    if room:
        return min(room, key=lambda load: (load.cameras, load.shard))
    shards = {node.node_id: sum(load.node_id == node.node_id for load in loads) for node in usable}
    return min(usable, key=lambda node: (shards[node.node_id] / node.cpus, node.node_id), default=None)
