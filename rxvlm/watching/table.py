"""Answers and other items as HTML, for lists of them and for streams that are being shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Final, cast

from rxvlm.analysis import Analysis, Answers, said_html
from rxvlm.display import markup
from rxvlm.display.when import span_in_words
from rxvlm.frame import Frame

_PICTURES: Final = 3  # of each answer
_ACROSS: Final = 96  # pixels of each
_LARGE: Final = 480  # of one that is clicked, in a list that stays as it is
_SHOWN: Final = 24  # items of a list that are shown, since a notebook's file keeps their pictures
_NONE: Final[Mapping[str, Exception]] = MappingProxyType({})
COLUMNS: Final = ("Camera", "Time", "Pictures", "Answer", "Age")


def analysis_row(analysis: Analysis, *, large: int = 2 * _ACROSS) -> list[str]:
    """Return the cells of an analysis, as `answers_table` takes them: its pictures take a while to decode.

    Args:
        analysis: The analysis.
        large: Width in pixels of a picture that is clicked.
    """
    clip = analysis.clip
    age = "" if analysis.age is None else f"{analysis.age:.1f}&nbsp;s"
    time = markup.text(span_in_words(clip.start, clip.end, clip.captured)).replace(" s", "&nbsp;s")
    pictures = clip.strip(_PICTURES, width=_ACROSS, large=large, said=analysis.text)
    return [markup.text(clip.source), time, pictures, said_html(analysis), age]


def answers_table(rows: Sequence[Sequence[str]], caption: str = "") -> str:
    """Return rows of cells as an HTML table, without the column of ages if there are none, as of files."""
    columns = COLUMNS if any(row[-1] for row in rows) else COLUMNS[:-1]
    return markup.table(columns, (row[: len(columns)] for row in rows), caption)


def item_html(item: object) -> str:
    """Return an item as HTML, as it shows itself in a cell."""
    drawn = getattr(item, "_repr_html_", None)
    return cast("str", drawn()) if callable(drawn) else f"<div>{escape(repr(item))}</div>"


def analyses_in(item: object) -> list[Analysis]:
    """Return the analyses in an item: those of an `Answers`, an analysis itself, none of anything else."""
    if isinstance(item, Answers):
        return list(cast("Answers", item).answers.values())
    return [cast("Analysis", item)] if isinstance(item, Analysis) else []


def list_html(items: Sequence[object], failed: Mapping[str, Exception] = _NONE) -> str:
    """Return a list of items as HTML: answers as a table, frames as a sheet, all else as each shows itself.

    Args:
        items: The items.
        failed: The errors of cameras whose items are missing, by name.
    """
    chosen = items[:_SHOWN]
    rest = f", the first {_SHOWN} shown" if len(items) > _SHOWN else ""
    analyses = [cast("Analysis", item) for item in chosen if isinstance(item, Analysis)]
    caption = f"{_counted(len(items), 'answer' if analyses and len(analyses) == len(chosen) else 'item')}{rest}"
    missing = [markup.text(f"{name} failed:") + markup.complaint(error) for name, error in failed.items()]
    if chosen and all(isinstance(one, Frame) for one in chosen):
        frames = "".join(cast("Frame", one).picture_html(markup.THUMB, labelled=True) for one in chosen)
        return markup.card(caption, *missing, f'<div class="rxv-sheet">{frames}</div>')
    if not analyses:
        return markup.card(caption, *missing, *map(item_html, chosen))
    table = answers_table([analysis_row(one, large=_LARGE) for one in analyses], caption)
    others = [item_html(item) for item in chosen if not isinstance(item, Analysis)]
    return markup.card("", *missing, table, _asked(analyses), *others)


def _asked(analyses: Sequence[Analysis]) -> str:
    """Return the question and the model, where they are the same for all."""
    prompts, models = {one.prompt for one in analyses}, {one.model for one in analyses}
    known = {"asked": prompts, "answered by": models}
    return markup.facts({name: next(iter(values)) for name, values in known.items() if len(values) == 1})


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
