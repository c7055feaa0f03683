"""What a piece of a process's life cost; nothing but the standard library, for other environments import it too."""

from __future__ import annotations

import os
import re
from pathlib import Path


class Cost:
    """Counts from its making on."""

    def __init__(self) -> None:
        self._cpu, self._peak = _cpu(), _peak()

    def cpu(self) -> float:
        """Give the CPU seconds since, of this process and the children that it waited for."""
        return _cpu() - self._cpu

    def memory(self) -> int:
        """Give by how many bytes the peak of resident memory has risen."""
        return _peak() - self._peak


def _cpu() -> float:
    return sum(os.times()[:4])


def _peak() -> int:
    # Of this program alone; getrusage's ru_maxrss begins with that of the process that started it.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0
