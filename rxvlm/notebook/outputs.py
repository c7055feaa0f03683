"""The outputs of a cell that shows a stream: the live view, and beside it the HTML that the file keeps."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final
from uuid import uuid4

from rxvlm.display.shell import kernel_shell
from rxvlm.errors import MissingPartError
from rxvlm.notebook.front import Acts, Front
from rxvlm.notebook.page import Page
from rxvlm.notebook.widget import MIME, new_widget
from rxvlm.watching.collect import Collected
from rxvlm.watching.table import list_html

_SAVED_EVERY: Final = 10.0  # seconds; while a live view is there, the HTML only waits for the file to be saved
_SAVED_FIRST: Final = 1.0  # seconds after the first; then twice as long each time, until it is as above
# JupyterLab says "model not found" where the kernel of a view is gone; what is saved stands below it, and is enough.
_STYLE: Final = (
    "<style>.jp-OutputArea-child:has([data-mime-type='application/vnd.jupyter.widget-view+json'])"
    ":not(:has(.rxvlm-live)):has(+ .jp-OutputArea-child [data-rxvlm-saved]) { display: none }</style>"
)


class Outputs:
    """Where a stream is shown: a widget where anywidget is installed, and HTML, which is what the file keeps.

    In a plain Python program nothing is drawn, and the last items are printed at the end.

    The widget is hidden until it is alive, and hides the HTML while it is; so every viewer sees one of them.

    Args:
        page: What is shown.
        acts: What the view may ask for.
        height: Of the view, in pixels.

    Attributes:
        widget: The widget; None where anywidget is missing, or no cell is running.

    Raises:
        MissingPartError: If IPython is not installed.
    """

    def __init__(self, page: Page, acts: Acts, height: int) -> None:
        self._page, self._display = page, _display()
        self._name = uuid4().hex
        self._is_cell = kernel_shell() is not None
        self._update: Callable[..., None] | None = None
        self._saved, self._pause = 0.0, _SAVED_FIRST
        self.widget = new_widget(self._name, height)
        self._front = None if self.widget is None else Front(self.widget, page, acts)

    def show(self) -> None:
        """Show the stream in the cell that runs now."""
        if self.widget is not None:
            view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
            self._display({MIME: view, "text/html": "", "text/plain": ""}, raw=True)
        handle = self._display(self._bundle(), raw=True, display_id=self._name) if self._is_cell else None
        if self._update is None and handle is not None:
            self._update = handle.update  # of every output of that name

    def update(self, *, last: bool = False) -> None:
        """Draw what has changed.

        Args:
            last: Whether nothing follows, so that the file must have it.
        """
        if self._front is not None:
            self._front.update()
        now = time.monotonic()
        waits = self._front is not None and self._front.heard and now < self._saved + self._pause
        if self._update is not None and (last or not waits):
            self._saved, self._pause = now, min(2 * self._pause, _SAVED_EVERY)
            self._update(self._bundle(), raw=True)
        elif last and not self._is_cell:
            print(self._page.plain())  # noqa: T201 - a script has no other place for it

    def close(self) -> None:
        """Show nothing any more."""
        if self._front is not None:
            self._front.close()

    def _bundle(self) -> dict[str, str]:
        style = _STYLE if self._front is not None else ""
        html = f'<div data-rxvlm-saved="{self._name}">{style}{self._page.html()}</div>'
        return {"text/html": html, "text/plain": self._page.plain()}


def show_list(items: Sequence[object]) -> None:
    """Show a list in the cell that runs now; a plain Python program prints it.

    Raises:
        MissingPartError: If IPython is not installed.
    """
    display, plain = _display(), "\n".join(map(repr, items))
    if kernel_shell() is None:
        print(plain)  # noqa: T201 - a script has no other place for it
        return
    html = list_html(items, items.failed) if isinstance(items, Collected) else list_html(items)
    display({"text/html": html, "text/plain": plain}, raw=True)


def _display() -> Callable[..., Any]:
    try:
        return import_module("IPython.display").display
    except ImportError as error:
        raise MissingPartError(
            "show() draws in notebooks: pip install 'rxvlm[notebook]'; elsewhere use LiveTable"
        ) from error
