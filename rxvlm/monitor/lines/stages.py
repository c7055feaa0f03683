"""Stages: where the time of one answer went, as a waterfall; and of an hour, as percentiles with sparklines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rxvlm.monitor.board.stage_times import SHARES, STAGES, StageRow
from rxvlm.monitor.lines.columns import Line, said
from rxvlm.monitor.lines.when import seconds_text
from rxvlm.terminal.row import Styled

_SPARKS: Final = "▁▂▃▄▅▆▇█"
_NAME, _SECONDS = 7, 7  # cells of a stage's name, and of its seconds
STYLES: Final[Mapping[str, str]] = {
    "arrive": "blue",
    "encode": "cyan",
    "queue": "yellow",
    "limit": "magenta",
    "first": "green",
    "rest": "bright_green",
}
"""The style of each stage."""
_MEANINGS: Final[Mapping[str, str]] = {
    "arrive": "until the window was given",
    "encode": "until the clip was there",
    "queue": "until the call began",
    "limit": "waited for the limit",
    "first": "until the first piece",
    "rest": "until the answer was whole",
}


def waterfall(record: Mapping[str, Any], width: int) -> list[Line]:
    """Return the stages of an answer, a line each, with a bar from where it began to where it ended.

    Args:
        record: The answer's JSON form.
        width: Cells.
    """
    timings: Mapping[str, float | None] = record.get("timings") or {}
    known = [(name, timings.get(name)) for name in STAGES if timings.get(name) is not None]
    if not known:
        return [(("the time of its stages was not measured", "dim"),)]
    total = sum(abs(seconds or 0.0) for _, seconds in known) or 1.0
    meaning = max(map(len, _MEANINGS.values())) + 1 if width >= 90 else 0  # noqa: PLR2004 - where a bar has room beside it
    room = max(4, width - _NAME - _SECONDS - 2 - meaning)
    lines: list[Line] = []
    begun = 0.0
    for name, value in known:
        seconds = abs(value or 0.0)
        left, right = round(begun / total * room), round((begun + seconds) / total * room)
        bar = "█" * (right - left) or "▏"
        begun += seconds
        words = f"{_MEANINGS[name]:{meaning}}" if meaning else ""
        texts: list[Styled] = [
            (f"{name:{_NAME}}{seconds_text(value):>{_SECONDS}} ", ""),
            (words, "dim"),
            (" " * left, ""),
        ]
        lines.append(said(*texts, (bar, STYLES[name]), width=width))
    return lines


def stage_lines(rows: Sequence[StageRow], width: int) -> list[Line]:
    """Return a heading and a line for the age and for each stage: each percentile with a sparkline of the hour."""
    if not rows:
        return [(("no ages and stages yet; they come with the first answer", "dim"),)]
    each = max(_SECONDS + 2, (width - _NAME) // len(SHARES))
    spark = max(0, min(60, each - _SECONDS - 2))
    heading: list[Styled] = [(f"{'':{_NAME}}", "")]
    heading += [(f"{f'p{share * 100:.0f}':>{_SECONDS}} {'of the hour'[:spark]:{spark}} ", "bold") for share in SHARES]
    lines = [said(*heading, width=width)]
    for row in rows:
        most = max((one for series in row.minutes for one in series if one is not None), default=0.0)
        parts: list[Styled] = [(f"{row.name:{_NAME}}", "bold" if row.name == "age" else "")]
        for seconds, minutes in zip(row.hour, row.minutes, strict=True):
            style = STYLES.get(row.name, "")
            parts += [(f"{seconds_text(seconds):>{_SECONDS}} ", ""), (f"{sparkline(minutes, spark, most)} ", style)]
        lines.append(said(*parts, width=width))
    return lines


def sparkline(values: Sequence[float | None], width: int, most: float) -> str:
    """Return values as letters of different heights, the newest on the right; a space where there is none.

    >>> sparkline([None, 1.0, 2.0, 4.0], 4, 4.0)
    ' ▂▄█'

    Args:
        values: The oldest first.
        width: Letters; where there are more values, each shows the greatest of some.
        most: The value of the highest letter.
    """
    if width <= 0:
        return ""
    shares = [values[at * len(values) // width : max(1, (at + 1) * len(values) // width)] for at in range(width)]
    greatest = [max((one for one in share if one is not None), default=None) for share in shares]
    return "".join(" " if one is None else _spark(one, most) for one in greatest)


def _spark(value: float, most: float) -> str:
    height = 0.0 if most <= 0 else max(0.0, value) / most
    return _SPARKS[max(0, min(len(_SPARKS) - 1, round(height * len(_SPARKS)) - 1))]
