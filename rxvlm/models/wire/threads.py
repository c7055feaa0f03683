"""The worker threads on which clients block, and the clock of their deadlines. A forked child gets its own."""

from __future__ import annotations

from typing import Final

from rxvlm.concurrency.timers import Timers

WORKERS: Final = Timers("rxvlm-models")
