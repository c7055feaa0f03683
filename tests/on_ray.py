"""What tests with a real Ray share: which processes are shards, and machines on this machine."""

from __future__ import annotations

import psutil


def shards_of(pid: int) -> list[int]:
    """Return the processes of Ray below a process that hold an object of rxvlm, the oldest first."""
    children = psutil.Process(pid).children(recursive=True)
    return sorted(child.pid for child in children if is_shard(child))


def is_shard(process: psutil.Process) -> bool:
    try:
        return process.cmdline()[0].startswith("ray::Shard")
    except (psutil.Error, IndexError):
        return False
