"""Show: the monitor on this terminal, from its beginning until it is left."""

from __future__ import annotations

import gc
import sys
import threading
from typing import TYPE_CHECKING, Final

from rxvlm.monitor.board.board import Board
from rxvlm.monitor.board.messages import Messages, logged_into
from rxvlm.monitor.site import Site

if TYPE_CHECKING:
    from rxvlm.monitor.screens.app import MonitorApp

_STUCK_SECONDS: Final = 3.0


def check_terminal() -> None:
    """Check that there is a terminal for a monitor.

    Raises:
        ValueError: If there is none.
    """
    for stream in (sys.__stdin__, sys.__stderr__):
        if stream is None or stream.closed or not stream.isatty():
            raise ValueError(
                "a monitor needs a terminal for its keys and its screen; `rxvlm watch` prints lines instead"
            )


class Monitor:
    """The monitor of a run, on this terminal.

    Args:
        site: The run; it is closed at the end.

    Attributes:
        messages: Takes lines for the log of the monitor, as a file does.
        interrupted: Whether it was left by Ctrl-C.
    """

    def __init__(self, site: Site) -> None:
        self._board = Board(site)
        self.messages = Messages(self._board.log)
        self.interrupted = False
        self._app: MonitorApp | None = None
        self._lock = threading.Lock()
        self._left = False

    def until_left(self) -> BaseException | None:
        """Show the monitor until it is left; return the exception that ended it, or None. In the main thread only.

        The terminal is then as it was before.
        """
        from rich.console import Console

        from rxvlm.display.pictures.asking import screen_of  # only here: a run in a pipe needs none of this
        from rxvlm.monitor.screens.app import MonitorApp
        from rxvlm.monitor.screens.images import Images

        with logged_into(self._board.log):
            images = Images(screen_of(Console(file=sys.__stderr__)))
            with self._lock:
                app = self._app = None if self._left else MonitorApp(self._board, images, self._interrupt)
            gc.collect()
            gc.freeze()  # the screens' modules, half of all objects, are not looked through again and again
            try:
                if app is not None:
                    app.run()
            finally:
                gc.unfreeze()
                self._board.close()
        return None if app is None else app.crash

    def leave(self) -> None:
        """Let the monitor be left; any thread, and a signal handler, may call it.

        A terminal that takes nothing is given up after 3 s.
        """
        self._left = True
        app = self._app
        if app is None:
            return
        app.leave_soon()
        stuck = threading.Timer(_STUCK_SECONDS, app.give_up)
        stuck.daemon = True
        stuck.start()

    def _interrupt(self) -> None:
        self.interrupted = True
