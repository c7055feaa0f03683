"""MonitorApp: the app on Textual: which screen is shown, what is done once a second, and how it ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar, Final

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.events import Print
from textual.screen import Screen

from rxvlm.monitor.board.answer import Answer
from rxvlm.monitor.board.board import Board
from rxvlm.monitor.board.happening import Happening
from rxvlm.monitor.board.messages import Messages
from rxvlm.monitor.lines.edges import VIEWS
from rxvlm.monitor.screens.answer import AnswerView
from rxvlm.monitor.screens.camera import CameraView
from rxvlm.monitor.screens.cameras import CamerasView
from rxvlm.monitor.screens.dialogs import Prompt
from rxvlm.monitor.screens.driver import MonitorDriver
from rxvlm.monitor.screens.event import EventView
from rxvlm.monitor.screens.events import EventsView
from rxvlm.monitor.screens.images import Images
from rxvlm.monitor.screens.log import LogView
from rxvlm.monitor.screens.style import CSS
from rxvlm.monitor.screens.view import View
from rxvlm.monitor.screens.why import WhyView
from rxvlm.terminal.cells import plain

_LOOK_SECONDS: Final = 1.0


class MonitorApp(App[None]):
    """The full-screen monitor.

    Args:
        board: What is known of the run.
        images: Makes the widgets that show pictures.
        on_interrupt: Called when Ctrl-C is pressed, which ends it.

    Attributes:
        crash: The exception that ended it, if one did.
    """

    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "interrupt", "Quit", show=False, priority=True)]
    TITLE = "rxvlm monitor"
    CSS = CSS

    def __init__(self, board: Board, images: Images, on_interrupt: Callable[[], None] = lambda: None) -> None:
        super().__init__(driver_class=MonitorDriver, ansi_color="NO_COLOR" in os.environ)
        self.board, self.images = board, images
        self._messages = Messages(board.log)
        self.crash: BaseException | None = None
        self._on_interrupt = on_interrupt
        self.folder = "."  # where clips were written last
        self._main = 0

    def on_mount(self) -> None:
        """Begin to look."""
        self.begin_capture_print(self)
        self.board.look()
        for view in (CamerasView, EventsView, LogView):
            self.add_mode(view.name_of_view, partial(view, self.board))  # pyright: ignore[reportUnknownMemberType] - as in view.py
        self.switch_mode(self.name_of_main)
        self.set_interval(_LOOK_SECONDS, self.look)

    def on_print(self, event: Print) -> None:
        """Put into the log what is printed meanwhile."""
        self._messages.write(event.text)

    def leave_soon(self) -> None:
        """End it, from any thread or a signal handler."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.exit)

    def give_up(self) -> None:
        """Write nothing to the terminal any more: it takes nothing, and the end must not wait for it."""
        if isinstance(self._driver, MonitorDriver) and self.is_running:
            self._driver.give_up()

    def look(self) -> None:
        """Take what has come, and show it."""
        self.board.look()
        if isinstance(self.screen, View):
            self.screen.refresh_all()

    @property
    def name_of_main(self) -> str:
        """The first screen that is shown, or below the one that is shown."""
        return VIEWS[self._main]

    def say(self, text: str, *, bad: bool = False) -> None:
        """Show a message for some seconds."""
        self.notify(plain(text)[:500], severity="error" if bad else "information", markup=False)

    def turn(self, by: int) -> None:
        """Go to another of the first screens."""
        self._main = (self._main + by) % len(VIEWS)
        self.switch_mode(self.name_of_main)

    def go_back(self) -> None:
        """Go back to the screen before."""
        if len(self.screen_stack) > 1:
            self.pop_screen()

    def open_camera(self, name: str) -> None:
        """Open a camera."""
        self.push_screen(CameraView(self.board, name))

    def open_answer(self, answer: Answer) -> None:
        """Open an answer."""
        self.push_screen(AnswerView(self.board, answer))

    def open_event(self, happening: Happening) -> None:
        """Open an event."""
        self.push_screen(EventView(self.board, happening))

    def open_why(self, camera: str, time: float | str) -> None:
        """Say what became of a moment."""
        self.push_screen(WhyView(self.board, camera, time))

    def ask_text(self, heading: str, value: str, hint: str, then: Callable[[str], None]) -> None:
        """Let a text be written, and call a function with it, unless it was left."""
        self.push_screen(Prompt(heading, value, hint), lambda text: then(text.strip()) if text else None)

    def action_interrupt(self) -> None:
        """End as Ctrl-C does elsewhere."""
        self._on_interrupt()
        self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Return what the palette offers: all that has a key on this screen."""
        if isinstance(screen, View):
            for key in screen.keys:
                if key.keys:
                    refused = screen.refusal(key)
                    yield SystemCommand(
                        f"{key.title[0].upper()}{key.title[1:]} ({key.shown})", refused, _runner(screen, key.action)
                    )

    def _handle_exception(self, error: Exception) -> None:
        self.crash = self.crash or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """End without Textual's own report, which shows local variables, and so maybe a password."""
        self._close_messages_no_wait()


def _runner(screen: View, action: str) -> Callable[[], object]:
    return lambda: screen.run_action(action)
