"""Driver: Textual's driver, made so that a terminal that has gone, or takes nothing, cannot hold up the end."""

from __future__ import annotations

import queue
from contextlib import suppress

from textual.drivers.linux_driver import LinuxDriver

_LAST_SECONDS = 2.0


class MonitorDriver(LinuxDriver):
    """Writes to a terminal as long as it takes what is written."""

    gone = False
    """Whether nothing is written any more."""

    def write(self, data: str) -> None:
        """Write, unless the terminal has gone."""
        writer = self._writer_thread
        if writer is not None and writer.is_alive() and not self.gone:
            super().write(data)

    def give_up(self) -> None:
        """Write nothing more, and free a thread that waits for the terminal. Any thread may call it."""
        self.gone = True
        writer = self._writer_thread
        if writer is not None:
            with suppress(queue.Empty):
                while True:
                    writer._queue.get_nowait()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - there is no other way

    def close(self) -> None:
        """Write what waits, for two seconds at most: the thread that writes is left behind after that."""
        writer = self._writer_thread
        if writer is None:
            return
        with suppress(queue.Full):
            writer._queue.put(None, timeout=_LAST_SECONDS)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as above
        writer.join(_LAST_SECONDS)
