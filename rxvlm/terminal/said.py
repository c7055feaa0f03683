"""What a row says: why nothing comes, the newest answer, how often the camera was away, and its earlier answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rxvlm.analysis import Analysis
from rxvlm.display.wall_time import clock, moment
from rxvlm.ledger.states import FLOWING
from rxvlm.terminal.cells import wrap
from rxvlm.terminal.row import Row, Styled, style_of

_ADDRESS: Final = re.compile(r"^[a-z]+://\S+ ")  # a reason often begins with it; the row has the camera's name already


def said_lines(row: Row, width: int, lines: int) -> list[Styled]:
    """Return at most ``lines`` lines of ``width`` cells, the most important first."""
    wrapped: list[Styled] = []
    for text, style in _texts(row):
        if len(wrapped) >= lines:
            break
        wrapped += [(line, style) for line in wrap(text, width, lines - len(wrapped))]
    return wrapped


def _texts(row: Row) -> Iterator[Styled]:
    troubled = row.tally.state not in FLOWING and bool(row.tally.reason)
    if troubled:
        hope = "; trying again" if row.tally.state == "waiting" else ""
        yield _ADDRESS.sub("", row.tally.reason) + hope, style_of(row.tally.state)
    if row.trouble:
        yield f"{'no answer' if row.last is None else 'no newer answer'} yet; {row.trouble}", "red"
    if row.last is not None:
        yield _newest(row.last, troubled=troubled or bool(row.trouble), new=row.new)
    elif not troubled and not row.trouble:
        yield _nothing_yet(row), "dim"
    if row.away is not None:
        yield row.away.line(), "yellow"
    for analysis in row.earlier:
        yield f"{_when(analysis)}  {_text(analysis)}", "dim red" if analysis.error else "dim"


def _nothing_yet(row: Row) -> str:
    filling = row.tally.state in FLOWING and not row.tally.windows and row.tally.time < row.every
    return "no answer yet" + (f"; the first question is asked after {row.every:g} s" if filling else "")


def _newest(analysis: Analysis, *, troubled: bool, new: bool) -> Styled:
    style = "dim" if troubled or not analysis.text else "bold" if new else ""
    return _text(analysis), "red" if analysis.error is not None else style


def _text(analysis: Analysis) -> str:
    if analysis.error is not None:
        return str(analysis.error) or type(analysis.error).__name__
    return analysis.text or "(an empty answer)"


def _when(analysis: Analysis) -> str:
    """Return the wall time at which a camera's window ended; of a film, the time in it."""
    captured = analysis.clip.captured
    return moment(analysis.clip.start) if captured is None else clock(captured)
