"""A paragraph beside its heading."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from rxvlm.terminal.fitting import Paragraph

CHINESE = "一名穿红色外套的行人从左侧进入画面、经过一辆白色面包车、在门口停留约四秒后离开。"


def printed(paragraph: Paragraph, width: int = 30) -> list[str]:
    paper = io.StringIO()
    Console(width=width, color_system=None, file=paper).print(paragraph)
    return paper.getvalue().splitlines()


def test_further_lines_stand_below_the_first() -> None:
    """Words are broken at spaces."""
    assert printed(Paragraph("yard 0:00", "A cat sits on the wall, and a dog below it.")) == [
        "yard 0:00  A cat sits on the",
        "           wall, and a dog",
        "           below it.",
    ]


def test_a_long_heading_stands_above() -> None:
    """It leaves the text its room."""
    assert printed(Paragraph("the-gate-behind-the-house 0:00-0:10", "A cat sits.")) == [
        "the-gate-behind-the-house 0:0…",
        "    A cat sits.",
    ]


def test_chinese_fills_its_lines() -> None:
    """Wide letters are counted as such, and none is left out."""
    lines = printed(Paragraph("yard 0:00", CHINESE))
    assert "".join(line[11:] for line in lines) == CHINESE
    assert max(map(cell_len, lines)) <= 30


def test_nothing_is_left_out_however_long_it_is() -> None:
    """An answer of thousands of words is there to its end."""
    text = " ".join(f"word-{number}" for number in range(3000))
    assert " ".join(line[11:] for line in printed(Paragraph("yard 0:00", text))) == text


@pytest.mark.parametrize("width", [1, 2, 5, 11])
def test_a_narrow_console_does_no_harm(width: int) -> None:
    """It is never wider than it."""
    assert max(map(cell_len, printed(Paragraph("yard", "A cat sits."), width))) <= width
