"""The threads on which clients block, and the clock of their deadlines; those of a fork's child are its own."""

from __future__ import annotations

from typing import Final

from rxvlm.concurrency.timers import Timers

WORKERS: Final = Timers("rxvlm-models")
