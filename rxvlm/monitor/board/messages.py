"""Messages: what a program logs and prints meanwhile, as entries of the log: nothing else may write to the screen."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from contextlib import contextmanager

from rxvlm.monitor.board.chronicle import Chronicle, LogEntry
from rxvlm.text import one_line


class Messages(logging.Handler):
    """Adds log records, and lines of text, to a chronicle.

    Args:
        chronicle: Where to.
    """

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(logging.WARNING)
        self._chronicle = chronicle

    def emit(self, record: logging.LogRecord) -> None:
        """Add a record."""
        self._add(record.getMessage(), bad=record.levelno >= logging.ERROR)

    def write(self, text: str) -> int:
        """Add lines of text, as a file takes them."""
        self.add(text, bad=False)
        return len(text)

    def add(self, text: str, *, bad: bool) -> None:
        """Add lines."""
        for line in text[:20_000].splitlines():
            self._add(line, bad=bad)

    def _add(self, text: str, *, bad: bool) -> None:
        if said := one_line(text[:4000]):
            self._chronicle.add([LogEntry(time.time(), "message", "", said, bad=bad)])


@contextmanager
def logged_into(chronicle: Chronicle) -> Generator[Messages]:
    """Add to a chronicle, inside a ``with`` block, what ``rxvlm`` and the root logger would print."""
    messages = Messages(chronicle)
    loggers = [logging.getLogger(), logging.getLogger("rxvlm")]
    before = [list(logger.handlers) for logger in loggers]
    loggers[1].handlers.clear()
    loggers[0].handlers[:] = [messages]
    try:
        yield messages
    finally:
        for logger, handlers in zip(loggers, before, strict=True):
            logger.handlers[:] = handlers
