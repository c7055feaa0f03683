"""Draw the live table for the docs: ``python docs/pictures/tables.py``."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console

from rxvlm import Analysis, Clip, RxvlmError, Tally, Usage
from rxvlm.errors import ModelBusyError, ModelTimeoutError
from rxvlm.ledger import State
from rxvlm.terminal.away import Away
from rxvlm.terminal.row import Row
from rxvlm.terminal.table import table

HERE = Path(__file__).parent
SIZES = ((80, 24), (140, 40))
SAID = [
    "A white car drives from the bottom to the top, and leaves at the top of the picture after four seconds.",
    "Nobody is there. The gate is closed.",
    "Two people come down the street, one pushes a bicycle; a red van waits at the corner with its lights on.",
    "A man in a red coat comes in from the left, waits at the door for four seconds, and goes.",
    "A delivery van stops; the driver carries a parcel to the door, and comes back without it.",
]
CHINESE = "一名穿红色外套的行人从左侧进入画面，在门口停留约四秒后离开；一辆白色面包车停在路边，车灯亮着。"  # noqa: RUF001
CODES = "\x1b[2J\x1b[31mA red van\x1b[0m\x07 waits;\r\n\x1b]0;owned\x07 its driver\u202e is out of sight."
LATE = ModelTimeoutError("qwen3-vl-plus did not answer within 60 s")
BUSY = ModelBusyError("qwen3-vl-plus was asked too often: 429, requests rate limit exceeded; try again after 20 s")
SINCE = 1_790_000_000.0  # seconds since 1970
LONG = "building-7-north-entrance-loading-dock-camera-at-barrier-two"


def row(number: int) -> Row:
    """Return a plausible row; the fourth and the seventh of eight cameras have a fault."""
    name = ("yard", "gate", "street", "depot", "lobby", "dock", "roof", "garage")[number % 8]
    name += "" if number < 8 else f"-{number // 8 + 1}"  # noqa: PLR2004 - eight names, which are repeated
    if number % 8 == 3:  # noqa: PLR2004 - one camera with a fault
        return gone(name, "waiting", f"rtsp://{name}/1 refuses the connection", said(number))
    if number % 8 == 6:  # noqa: PLR2004 - another one
        return live(name, number, said(number, error=LATE))
    return live(name, number, said(number))


def faults() -> list[Row]:
    """Return a camera with each kind of fault, and three with answers that are hard to show."""
    return [
        gone("porch", "waiting", "rtsp://10.0.0.7/stream1 refuses the connection"),
        gone("cellar", "stalled", "no picture for 10 s", said(1)),
        gone("attic", "failed", "attic.mp4 has no video", None),
        gone("depot", "ended", "", said(4)),
        live("roof", 6, said(6, error=LATE)),
        live("garage", 7, said(7, error=BUSY)),
        live("gate", 2, said(2, CHINESE)),
        live("street", 3, said(3, CODES)),
        live(LONG, 4, said(4)),
    ]


def live(name: str, number: int, last: Analysis) -> Row:
    """Return a camera that sends pictures."""
    captured = 2608 + 37 * number
    tally = Tally(name, "live", "", captured, captured - 308, waiting=58, in_flight=250, windows=9, time=101.0 + number)
    earlier = [said(number + ago, ended=SINCE - 10.0 * ago) for ago in range(1, 6)]
    if last.error:
        return Row(tally, 25.0, 10.0, 23.0, 7, 2, 9_876, last, earlier=earlier)
    age = 4.0 + number % 5
    return Row(tally, 25.0, 10.0, age, 9, 0, 12_345 + number, last, new=number == 1, earlier=earlier)


def gone(name: str, state: State, reason: str, last: Analysis | None = None) -> Row:
    """Return a camera that sends no pictures yet, or no more."""
    if last is None:
        return Row(Tally(name, state, reason))
    tally = Tally(name, state, reason, 2719, 2669, dropped={"overflow": 50}, time=98.0)
    away = None if state == "ended" else Away(3, 261.0, SINCE - 61.0)
    return Row(tally, age=61.0, answers=9, tokens=12_000, last=last, away=away)


def said(number: int, text: str = "", error: RxvlmError | None = None, ended: float = SINCE) -> Analysis:
    """Return an answer about a camera, or an error, of a window that ended at a moment of the day."""
    clip = Clip(b"mp4", "video/mp4", (0.0,), 64, 48, 90.0, 100.0, captured=ended, seen=250, fresh=250)
    text = "" if error else text or SAID[number % len(SAID)]
    return Analysis(clip, "What happens?", "qwen3-vl-plus", 0.0, 2.0, text=text, error=error, usage=Usage(900, 40))


def draw(name: str, rows: Sequence[Row]) -> None:
    """Draw a table for a small terminal and a large one."""
    for width, height in SIZES:
        console = Console(record=True, width=width, height=height, force_terminal=True, file=io.StringIO())
        console.print(table(rows), end="")
        svg = console.export_svg(title="rxvlm watch", clear=True)
        svg = re.sub(r'textLength="[^"]*"([^>]*>)([^<]*)', _spaced, svg)
        svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # a page loads nothing from the network
        (HERE / f"table-{name}-{width}x{height}.svg").write_text(svg, encoding="utf-8")


def _spaced(text: re.Match[str]) -> str:
    """Set the width of a text by its cells: rich sets it by its letters, which squeezes Chinese text."""
    letters = unescape(text[2])
    return f'textLength="{max(len(letters), cell_len(letters)) * 12.2:g}"{text[1]}{text[2]}'


def main() -> None:
    """Draw every picture."""
    for cameras in (1, 4, 16, 60):
        draw(str(cameras), [row(number) for number in range(cameras)])
    draw("faults", faults())


if __name__ == "__main__":
    main()
