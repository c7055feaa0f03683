"""Answers and other items as HTML, for lists of them and for streams that are being shown."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final, cast

from rxvlm.analysis import Analysis
from rxvlm.display import markup

_PICTURES: Final = 3  # of each answer
_ACROSS: Final = 96  # pixels of each
COLUMNS: Final = ("Camera", "Seconds", "Pictures", "Answer", "Age")


def analysis_row(analysis: Analysis) -> list[str]:
    """Return the cells of an analysis, as `answers_table` takes them: its pictures take a while to decode."""
    clip = analysis.clip
    said = markup.complaint(analysis.error) if analysis.error else markup.text(analysis.text)
    age = "" if analysis.age is None else f"{analysis.age:.1f}&nbsp;s"
    return [
        markup.text(clip.source),
        f"{clip.start:g}&nbsp;to&nbsp;{clip.end:g}",
        clip.strip(_PICTURES, width=_ACROSS, wrap=False),
        said,
        age,
    ]


def answers_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as an HTML table, without the column of ages if there are none, as of files."""
    columns = COLUMNS if any(row[-1] for row in rows) else COLUMNS[:-1]
    return markup.table(columns, (row[: len(columns)] for row in rows))


def item_html(item: object) -> str:
    """Return an item as HTML, as it shows itself in a cell."""
    drawn = getattr(item, "_repr_html_", None)
    return cast("str", drawn()) if callable(drawn) else f"<div>{escape(repr(item))}</div>"
