"""View: what the screens of the monitor share: their edges, their keys, and what these do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Resize
from textual.widget import Widget

from rxvlm.errors import RxvlmError
from rxvlm.monitor.board.answer import Answer
from rxvlm.monitor.board.board import Board
from rxvlm.monitor.lines.edges import foot, head, help_lines, too_small
from rxvlm.monitor.screens import doing
from rxvlm.monitor.screens.actions import BACK, COMMON, HELP, MOVE, Key
from rxvlm.monitor.screens.bar import Bar
from rxvlm.monitor.screens.dialogs import Help
from rxvlm.monitor.screens.filtered import Filtered

if TYPE_CHECKING:
    from rxvlm.monitor.screens.app import MonitorApp

_T = TypeVar("_T")
_LEAST: Final = (40, 10)  # columns and lines, below which nothing else is shown


def bindings(keys: Iterable[Key]) -> list[BindingType]:
    """Return Textual's bindings of keys."""
    return [Binding(key.keys, key.action, key.title, show=False) for key in keys if key.keys]


class View(Filtered):
    """A screen of the monitor.

    Args:
        board: What is known of the run.

    Attributes:
        keys: What can be done here.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings([HELP, *MOVE, BACK, *COMMON])
    keys: ClassVar[Sequence[Key]] = (HELP, *MOVE, BACK, *COMMON)
    name_of_view: ClassVar[str] = ""
    asks_when: ClassVar[bool] = False  # whether `why` asks for the moment first

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board

    def compose(self) -> ComposeResult:
        """Make the edges, and what is between them."""
        yield Bar(id="head")
        with Vertical(id="body"):
            yield from self.body()
        yield self.filter_field()
        yield Bar(id="foot")
        yield Bar(id="small", most=3)

    # What each screen says of itself.

    def body(self) -> Iterable[Widget]:
        """Return what is between the edges."""
        return ()

    def look(self) -> None:
        """Show what is known now; called once a second, and after each key that changes something."""

    def title_of(self) -> str:
        """Return what this screen is about, for its first line."""
        return ""

    def camera(self) -> str | None:
        """Return the camera that is meant; None if there is none."""
        return None

    def rule(self) -> str | None:
        """Return the rule that is meant; None if there is none."""
        return None

    def answer(self) -> Answer | None:
        """Return the answer that is meant; None if there is none. May read from the disk."""
        return None

    def moment(self) -> float | None:
        """Return the moment that is meant, as `Store.why` takes it; None if there is none."""
        answer = self.answer()
        return None if answer is None else answer.moment

    # What they share.

    @property
    def monitor(self) -> MonitorApp:
        """The app."""
        return cast("MonitorApp", self.app)  # pyright: ignore[reportUnknownMemberType] - Textual leaves its result open

    @property
    def is_there(self) -> bool:
        """Whether its widgets are there: not yet when it is opened, and not any more when it is left."""
        return self.is_attached and bool(self.query("#small"))

    @property
    def width(self) -> int:
        """Cells across."""
        return max(1, self.size.width)

    def refusal(self, key: Key) -> str:
        """Return why a key does nothing here; "" if it does."""
        if key.action == "why":
            return self.board.history.why_not
        return "" if key.needs is None else self.board.site.refusals.get(key.needs, "")

    def refresh_all(self) -> None:
        """Show what is known now, with the edges."""
        if not self.is_there or self.has_class("small"):
            return
        main = self.monitor.name_of_main
        self.query_one("#head", Bar).show_lines([head(self.board, main, self.title_of(), self.width)])
        refused = {key.action for key in self.keys if self.refusal(key)}
        hints = [(key.shown, key.short, key.action in refused) for key in self.keys if key.short]
        self.query_one("#foot", Bar).show_lines([foot(hints, self.width)])
        self.look()

    def on_mount(self) -> None:
        """Show what is known."""
        self.refresh_all()

    def on_screen_resume(self) -> None:
        """Show what is known: it may have changed while another screen was before this one."""
        self.call_after_refresh(self.refresh_all)

    def on_resize(self, event: Resize) -> None:
        """Show what fits; in too few lines or columns that they are too few."""
        small = event.size.width < _LEAST[0] or event.size.height < _LEAST[1]
        self.set_class(small, "small")
        if small and self.is_there:
            self.query_one("#small", Bar).show_lines(too_small(event.size.width, event.size.height, _LEAST))
        else:
            self.call_after_refresh(self.refresh_all)

    def look_up(self, work: Callable[[], _T], then: Callable[[_T], None], group: str = "look up") -> None:
        """Do what may read from the disk on another thread, then show it; a newer one of the same group replaces it."""

        async def run() -> None:
            try:
                found = await asyncio.to_thread(work)
            except (RxvlmError, ValueError, OSError) as error:
                self.monitor.say(str(error), bad=True)
                return
            if self.is_there:
                then(found)

        self.run_worker(run, group=group, exclusive=True)  # not yet a coroutine: one that never runs would warn

    def action_back(self) -> None:
        """End the filter, or go back to the screen before."""
        if not self.end_filter():
            self.monitor.go_back()

    def action_open(self) -> None:
        """Open what is under the cursor."""

    def refuses(self, action: str) -> bool:
        """Return whether an action does nothing here; the reason is shown then."""
        key = next(key for key in COMMON if key.action == action)
        if reason := self.refusal(key):
            self.monitor.say(f"{key.shown}: {reason}", bad=True)
        return bool(reason)

    def with_moment(self, then: Callable[[float], None]) -> None:
        """Call a function with the moment that is meant, if there is one."""
        moment = self.moment()
        if moment is None:
            self.monitor.say("there is no moment here; choose a line first")
        else:
            then(moment)

    def action_sort(self) -> None:
        """Sort in another order; a screen with one order says so."""
        self.monitor.say("this list has one order: by time")

    def action_why(self) -> None:
        """Say what became of the moment that is meant."""
        if not self.refuses("why"):
            doing.why(self, asks=self.asks_when)

    def action_export(self) -> None:
        """Write the clip that is meant, and its JSON."""
        doing.export(self)

    def action_ask(self) -> None:
        """Ask about the newest clip of the camera that is meant."""
        if not self.refuses("ask"):
            doing.ask(self)

    def action_pause(self) -> None:
        """Pause asking about the camera that is meant, or go on."""
        if not self.refuses("pause"):
            doing.pause(self)

    def action_mute(self) -> None:
        """Mute a rule for a time."""
        if not self.refuses("mute"):
            doing.mute(self)

    def action_help(self) -> None:
        """Show the keys of this screen."""
        lines = help_lines([(key.shown, key.title, self.refusal(key)) for key in self.keys], Help.room(self.width))
        self.monitor.push_screen(Help("The keys of this screen", lines))

    def action_quit(self) -> None:
        """Leave the monitor."""
        self.monitor.exit()

    def action_next_view(self) -> None:
        """Go to the next first screen."""
        self.monitor.turn(1)

    def action_previous_view(self) -> None:
        """Go to the first screen before."""
        self.monitor.turn(-1)
