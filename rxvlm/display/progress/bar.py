"""Bars: how progress is drawn, in a terminal and in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable
from html import escape
from importlib import import_module
from typing import Any, Final, Protocol

from rxvlm.display import markup
from rxvlm.display.progress.screen_turn import take_screen
from rxvlm.display.progress.standing import Standing
from rxvlm.display.shell import kernel_shell

_ACROSS: Final = 24  # columns of a bar in a terminal


class Bar(Protocol):
    """Something on which progress is drawn.

    Attributes:
        pause: Least seconds between two drawings.
    """

    pause: float

    def draw(self, standing: Standing) -> None:
        """Draw, in place of what was drawn before."""
        ...

    def close(self, standing: Standing) -> None:
        """Draw for the last time, which stays."""
        ...


def bar_here() -> Bar | None:
    """Return what progress is drawn on here: the running cell, or the terminal of stderr; None if there is neither."""
    if kernel_shell() is not None:
        return CellBar()
    if not (sys.stderr is not None and sys.stderr.isatty()):  # pyright: ignore[reportUnnecessaryComparison] - pythonw has none
        return None
    give_back = take_screen()
    return None if give_back is None else TerminalBar(give_back)


class CellBar:
    """A bar in the output of a notebook's cell, which is updated in its place and saved with the notebook."""

    pause = 0.5

    def __init__(self) -> None:
        self._display = import_module("IPython.display").display
        self._handle: Any = None

    def draw(self, standing: Standing) -> None:
        """Draw, in the cell that runs when it is drawn first."""
        bundle = {"text/html": progress_html(standing), "text/plain": standing.line}
        if self._handle is None:
            self._handle = self._display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def close(self, standing: Standing) -> None:
        """Draw for the last time."""
        self.draw(standing)


class TerminalBar:
    """A bar of rich's in the terminal of stderr; what is printed meanwhile stands above it.

    Args:
        give_back: Gives the screen back.
    """

    pause = 0.2

    def __init__(self, give_back: Callable[[], None]) -> None:
        from rich.console import Console  # rich is loaded where a bar is drawn
        from rich.live import Live

        self._give_back = give_back
        self._live = Live(
            console=Console(stderr=True),
            auto_refresh=False,
            redirect_stdout=sys.stdout.isatty(),  # output that goes to a file must still go there
            redirect_stderr=True,
        )

    def draw(self, standing: Standing) -> None:
        """Draw the bar, and below it the newest answer."""
        self._live.start()
        self._live.update(_lines(standing), refresh=True)

    def close(self, standing: Standing) -> None:
        """Draw for the last time, and give the screen back."""
        try:
            self.draw(standing)
        finally:
            self._live.stop()
            self._give_back()


def progress_html(standing: Standing) -> str:
    """Return a bar as HTML, as it looks in a cell."""
    share = "" if standing.share is None else f' value="{standing.share:.4f}"'
    label = f"{standing.name} {standing.percent}"
    bar = f'<progress max="1"{share} aria-label="{escape(label)}" style="width:160px;vertical-align:middle"></progress>'
    words = f"{', '.join(standing.said)} [{standing.times}]"
    newest = f'<div class="rxv-dim">{markup.text(standing.newest)}</div>' if standing.newest else ""
    line = f"{markup.text(standing.name)} {bar} {standing.percent} {markup.text(words)}"
    return f'{markup.STYLE}<div class="rxv-progress">{line}{newest}</div>'


def _lines(standing: Standing) -> Any:  # noqa: ANN401 - a renderable of rich's, which is not loaded by the import of this file
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(width=_ACROSS)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    share = standing.share
    bar = ProgressBar(total=1.0 if share is not None else None, completed=share or 0.0, pulse=share is None)
    facts = f"{standing.percent:>4} {', '.join(standing.said)} [{standing.times}]".strip()
    grid.add_row(Text(standing.name), bar, Text(facts))
    newest = [Text(standing.newest, style="dim", no_wrap=True, overflow="ellipsis")] if standing.newest else []
    return Group(grid, *newest)
