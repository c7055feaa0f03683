"""Images: which widget of textual-image shows pictures on this terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from PIL import Image
from textual.widget import Widget

from rxvlm.display.pictures.screen import Screen

_NAMES: Final = {"sixel": "SixelImage", "kitty": "TGPImage", "blocks": "HalfcellImage", "letters": "UnicodeImage"}


class Images:
    """Makes widgets that show pictures.

    textual-image asks the terminal when it is imported, and reads its answer from the keys that are pressed. Here it is
    imported without a terminal, and is told what `rxvlm.display.pictures.asking` has found out before.

    Args:
        screen: How the terminal shows pictures.
    """

    def __init__(self, screen: Screen) -> None:
        with _no_terminal():
            from textual_image import _terminal, widget
        setattr(_terminal.get_cell_size, "_result", _terminal.CellSize(*screen.cell))  # noqa: B010 - as it does itself
        self._widget: Any = getattr(widget, _NAMES[screen.way])

    def widget(self, image: Image.Image, columns: int, rows: int) -> Widget:
        """Return a widget that shows a picture in so many cells."""
        made: Widget = self._widget(image)
        made.styles.width, made.styles.height = columns, rows
        return made


@contextmanager
def _no_terminal() -> Generator[None]:
    before, sys.__stdout__ = sys.__stdout__, io.StringIO()  # pyright: ignore[reportAttributeAccessIssue] - for an import
    try:
        yield
    finally:
        sys.__stdout__ = before  # pyright: ignore[reportAttributeAccessIssue] - as above
