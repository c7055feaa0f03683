"""Whatever letters a text is made of, its lines fit, and folding it takes one pass."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from rxvlm import Analysis, Clip, Tally
from rxvlm.terminal.cells import cells, padded, plain, truncate, wrap
from rxvlm.terminal.fitting import Paragraph
from rxvlm.terminal.row import Row
from rxvlm.terminal.table import table

ACCENT = "\u0301"
LETTERS = st.one_of(
    st.characters(),
    st.sampled_from("a b人门。、 \u0301\u0e33\u200d\ufe0f\u2764\U0001f468\u1100\u1161\x1b[]m;\x07\u202e\U0001f3fd\n\t"),
)
TEXTS = st.text(LETTERS, max_size=120)
CLIP = Clip(b"mp4", "video/mp4", (0.0,), 64, 48, 0.0, 10.0, source="yard", seen=250, fresh=250)


@given(TEXTS, st.integers(1, 30), st.integers(1, 8))
def test_no_line_is_wider_than_asked(text: str, width: int, lines: int) -> None:
    """Neither by our measure nor by that of rich, and there are no more lines than asked for."""
    folded = wrap(text, width, lines)
    assert 1 <= len(folded) <= lines
    assert max(map(cells, folded)) <= width
    assert [cells(line) for line in folded] == [cell_len(line) for line in folded]


@given(TEXTS, st.integers(2, 30))
def test_folding_loses_no_letter(text: str, width: int) -> None:
    """Put together again, the lines have all letters in their order."""
    folded = "".join(wrap(text, width, len(text) + 1))
    assert folded.replace(" ", "") == plain(text).replace(" ", "")


@given(TEXTS, st.integers(0, 30))
def test_a_cell_of_a_column_has_its_width(text: str, width: int) -> None:
    """Cut or filled up, it is as wide as its column."""
    assert cells(truncate(plain(text), width)) <= width
    assert cell_len(padded(plain(text), width)) == width


@given(TEXTS, st.integers(20, 120))
def test_no_text_breaks_the_table(text: str, width: int) -> None:
    """Names, answers and reasons of any letters leave each line as wide as the console."""
    row = Row(Tally(text, "stalled", text, captured=1, dropped={text: 1}), last=_said(text))
    paper = io.StringIO()
    console = Console(width=width, height=24, force_terminal=True, color_system=None, file=paper)
    console.print(table([row, replace(row, last=None)]), Paragraph(text, text))
    assert max(map(cell_len, paper.getvalue().split("\n"))) <= width


@pytest.mark.parametrize("text", [ACCENT * 5000, "\u0e33" * 5000, "人" * 5000, "x" * 5000, ACCENT * 50 + "人 " * 3000])
def test_a_text_without_a_place_to_break_is_broken(text: str) -> None:
    """Accents without letters, wide letters, a word without an end."""
    assert all(cells(line) <= 40 for line in wrap(text, 40, 6))


@pytest.mark.timeout(20)  # it takes a second; with a fold that reads what is left for each line, minutes
@pytest.mark.parametrize("piece", ["word ", "x", "人", "a" + ACCENT, ACCENT, "\x1b]0;", "\x1b[1", " \x07"])
def test_a_megabyte_does_not_hold_up_the_table(piece: str) -> None:
    """It is cut before it is folded, and folded in one pass."""
    text = piece * (1_000_000 // len(piece))
    paper = io.StringIO()
    console = Console(width=80, height=24, force_terminal=True, color_system=None, file=paper)
    console.print(table([Row(Tally("yard", "live", ""), last=_said(text))]), Paragraph("yard", text))
    assert len(paper.getvalue()) < 200_000


def test_what_is_left_out_of_a_very_long_answer_is_said() -> None:
    """A megabyte is cut before it is folded."""
    paper = io.StringIO()
    Console(width=80, color_system=None, file=paper).print(Paragraph("yard", "word " * 200_000))
    assert paper.getvalue().rstrip().endswith("… (950,000 more letters)")


def _said(text: str) -> Analysis:
    return Analysis(CLIP, "What?", "scripted", 0.0, 1.0, text=text)
