"""Pictures by kitty's graphics protocol, as its letters: they scroll and are overwritten as text is."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from itertools import cycle
from typing import Final

from rich.color import Color
from rich.segment import ControlType, Segment
from rich.style import Style

from rxvlm.media.picture import Image

_CHUNK: Final = 4096  # letters of a picture in one escape sequence, at most
_PLACEHOLDER: Final = "\U0010eeee"
_NUMBERS: Final = "\u0305\u030d\u030e\u0310\u0312\u033d\u033e\u033f\u0346\u034a\u034b\u034c"  # of lines: kitty's own
MOST_LINES: Final = len(_NUMBERS)
"""The highest picture that `placed` can draw, in lines."""

_names: Iterator[int] = cycle(range(16, 256))  # of pictures in the terminal, which are colours of its palette, too


def placed(picture: Image, columns: int, rows: int) -> list[list[Segment]]:
    """Return a picture as lines for a terminal that has kitty's graphics with Unicode placeholders.

    The first line transmits the picture. A terminal keeps 240 of them; after that the oldest ones change.

    Args:
        picture: BGR ``uint8`` of any size; the terminal scales it.
        columns: Cells across.
        rows: Lines, at most `MOST_LINES`.
    """
    name = next(_names)
    style = Style(color=Color.from_ansi(name))
    first = _NUMBERS[0]  # the terminal counts the columns on from there
    lines = [[Segment(f"{_PLACEHOLDER}{row}{first}{_PLACEHOLDER * (columns - 1)}", style)] for row in _NUMBERS[:rows]]
    sent = Segment(_transmission(picture, name, columns, rows), None, [(ControlType.CARRIAGE_RETURN,)])
    return [[sent, *lines[0]], *lines[1:]]


def _transmission(picture: Image, name: int, columns: int, rows: int) -> str:
    height, width, _ = picture.shape
    data = base64.b64encode(zlib.compress(picture[:, :, ::-1].tobytes())).decode()
    chunks = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    keys = [f"a=T,U=1,i={name},f=24,o=z,s={width},v={height},c={columns},r={rows},q=2,", *["q=2,"] * (len(chunks) - 1)]
    more = [1] * (len(chunks) - 1) + [0]
    return "".join(f"\x1b_G{key}m={m};{chunk}\x1b\\" for key, m, chunk in zip(keys, more, chunks, strict=True))
