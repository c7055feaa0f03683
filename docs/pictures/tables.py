"""Draws the live table for the docs; ``python docs/pictures/tables.py`` does so anew."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console

from rxvlm import Analysis, Clip, ModelTimeoutError, RxvlmError, Tally, Usage
from rxvlm.table import Row, table

HERE = Path(__file__).parent
SAID = [
    "A white car drives from the bottom to the top, and leaves at the top of the picture after four seconds.",
    "Nobody is there. The gate is closed.",
    "Two people come down the street, one pushes a bicycle; a red van waits at the corner with its lights on.",
    "A man in a red coat comes in from the left, waits at the door for four seconds, and goes.",
    "A delivery van stops; the driver carries a parcel to the door, and comes back without it.",
]


def row(number: int) -> Row:
    """Give a camera as it might be, the fourth and the seventh in trouble."""
    name = ("yard", "gate", "street", "depot", "lobby", "dock", "roof", "garage")[number % 8]
    name += "" if number < 8 else f"-{number // 8 + 1}"  # noqa: PLR2004 - names are used again
    captured = 2608 + 37 * number
    if number % 8 == 3:  # noqa: PLR2004 - one in trouble
        reason = "rtsp://depot/1 refuses the connection"
        tally = Tally(name, "waiting", reason, captured, captured - 50, dropped={"overflow": 50}, time=98.0)
        return Row(tally, age=61.0, answers=9, tokens=12_000, last=said(number, 9))
    tally = Tally(name, "live", "", captured, captured - 308, waiting=58, in_flight=250, windows=9, time=101.0 + number)
    if number % 8 == 6:  # noqa: PLR2004 - another
        late = ModelTimeoutError("qwen3-vl-plus gave no answer within 60 s")
        return Row(tally, 25.0, 10.0, 23.0, 7, 2, 9_876, said(number, 8, late))
    return Row(tally, 25.0, 10.0, 4.0 + number % 5, 9, 0, 12_345 + number, said(number, 9), new=number == 1)


def said(number: int, window: int, error: RxvlmError | None = None) -> Analysis:
    """Give the newest answer of a camera."""
    clip = Clip(b"mp4", "video/mp4", (0.0,), 64, 48, 10.0 * window, 10.0 * window + 10.0, seen=250, fresh=250)
    text = "" if error else SAID[number % len(SAID)]
    return Analysis(clip, "What happens?", "qwen3-vl-plus", 0.0, 2.0, text=text, error=error, usage=Usage(900, 40))


def main() -> None:
    """Draw every picture."""
    for width, height in ((80, 24), (140, 40)):
        for cameras in (1, 4, 16):
            console = Console(record=True, width=width, height=height, force_terminal=True, file=io.StringIO())
            console.print(table([row(number) for number in range(cameras)]), end="")
            svg = console.export_svg(title="rxvlm watch", clear=True)
            svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # a page loads nothing from elsewhere
            (HERE / f"table-{cameras}-{width}x{height}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
