"""CPU time and memory of a part of a process; standard library only, since other environments import this, too."""

from __future__ import annotations

import os
import re
from pathlib import Path


class Cost:
    """Measures from its creation on."""

    def __init__(self) -> None:
        self._cpu, self._peak = _cpu(), _peak()

    def cpu(self) -> float:
        """Return the CPU seconds since then, of this process and of the children that it has waited for."""
        return _cpu() - self._cpu

    def memory(self) -> int:
        """Return the rise of the peak of resident memory since then, in bytes."""
        return _peak() - self._peak


def _cpu() -> float:
    return sum(os.times()[:4])


def _peak() -> int:
    # The peak of this program alone: getrusage's ru_maxrss begins with the value of the parent process.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0
