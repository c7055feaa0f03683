"""Ask: a question about the newest clip of a camera, and the answer as it comes."""

from __future__ import annotations

import threading
from typing import Final

from reactivex.abc import DisposableBase
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from rxvlm.monitor.lines.answers import wrapped
from rxvlm.monitor.screens.dialogs import Dialog
from rxvlm.monitor.screens.listing import Listing
from rxvlm.monitor.site import Site
from rxvlm.vlm import Piece

_LOOK_SECONDS: Final = 0.2
_MOST: Final = 1 << 20  # letters of an answer that are kept


class Ask(Dialog):
    """A question and its answer. Leaving it ends the call.

    Args:
        site: The run.
        camera: The camera.
    """

    def __init__(self, site: Site, camera: str) -> None:
        super().__init__(f"A question about the newest clip of {camera}")
        self._site, self._camera = site, camera
        self._lock = threading.Lock()
        self._text, self._state = "", ""  # what has come, and how it stands; written on any thread
        self._shown = ("", "")
        self._asking: DisposableBase | None = None

    def compose(self) -> ComposeResult:
        """Make the field and the lines of the answer."""
        with Vertical(classes="box wide"):
            yield Static(self._heading, markup=False)
            field = Input(placeholder="Is the door open?")
            field.cursor_blink = False
            yield field
            yield Listing(chooses=False)
            yield Static("enter: ask, escape: close", markup=False, classes="hint")

    def on_mount(self) -> None:
        """Look for pieces that have come."""
        self.query_one(Listing).styles.height = max(3, min(12, self.size.height - 8))
        self.set_interval(_LOOK_SECONDS, self._look)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Ask."""
        if not event.value.strip():
            return
        self._leave()
        with self._lock:
            self._text, self._state = "", "asking ..."
        self._look()
        answer = self._site.ask(self._camera, event.value)
        self._asking = answer.subscribe(self._on_piece, self._on_error, self._on_end)

    def on_unmount(self) -> None:
        """End the call."""
        self._leave()

    def _leave(self) -> None:
        if self._asking is not None:
            self._asking.dispose()
            self._asking = None

    def _on_piece(self, piece: Piece) -> None:
        with self._lock:
            self._text = (self._text + piece.text)[:_MOST]

    def _on_error(self, error: Exception) -> None:
        with self._lock:
            self._state = f"error: {error}"

    def _on_end(self) -> None:
        with self._lock:
            self._state = "answered" if self._text else "an empty answer"

    def _look(self) -> None:
        """Show what has come since the last look, the end of it."""
        with self._lock:
            now = self._text, self._state
        if now == self._shown:
            return
        self._shown = now
        listing = self.query_one(Listing)
        style = "red" if now[1].startswith("error") else "dim"
        lines = [((line, ""),) for line in wrapped(now[0], max(10, listing.size.width - 1))]
        listing.show_lines([*lines, ((wrapped(now[1], 200)[0] if now[1] else "", style),)])
        listing.scroll_end(animate=False)
