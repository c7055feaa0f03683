"""Whether the summary is honest."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console, RenderableType

from rxvlm import Tally
from rxvlm.terminal.summary import print_summary, summary


def printed(renderable: RenderableType) -> list[str]:
    paper = io.StringIO()
    Console(width=80, color_system=None, file=paper).print(renderable)
    return [line.rstrip() for line in paper.getvalue().splitlines()]


def test_the_summary_counts_every_camera_and_ends_with_a_verdict() -> None:
    """A line for each camera; the last says that all are accounted for."""
    tallies = [
        Tally("yard", "ended", "", captured=1000, analysed=900, dropped={"late": 100}, windows=9),
        Tally("gate", "ended", "", captured=803, analysed=500, failed=200, skipped=3, thinned=100, windows=7),
    ]
    lines = printed(summary(tallies, {"yard": 9, "gate": 5}))
    assert next(line for line in lines if "yard" in line).split() == ["yard", "9", "1,000", "900", "0", "0", "100"]
    assert next(line for line in lines if "gate" in line).split() == ["gate", "5", "803", "500", "200", "103", "0"]
    assert lines[-1] == "2 cameras, 14 answers, 1,803 frames: all accounted for."


def test_without_answers_the_summary_counts_windows() -> None:
    """A ledger knows how many windows were settled, not how many questions were asked of each."""
    assert printed(summary([Tally("yard", "ended", "", captured=1, analysed=1, windows=1)]))[-1] == (
        "1 camera, 1 window, 1 frame: all accounted for."
    )


@pytest.mark.parametrize(
    ("tally", "verdict"),
    [
        (Tally("yard", "ended", "", captured=5, analysed=2, unaccounted=3), "3 unaccounted for"),
        (
            Tally("yard", "ended", "", captured=5, analysed=2, waiting=2, in_flight=1),
            "2 still waiting, 1 still in flight",
        ),
        (Tally("yard", "ended", "", captured=5, analysed=2), "3 unaccounted for"),
        (Tally("yard", "ended", "", captured=5, analysed=6), "1 unaccounted for"),
    ],
)
def test_the_verdict_is_honest(tally: Tally, verdict: str) -> None:
    """It adds up anew: frames in no term at all are missed too, and those in two."""
    assert printed(summary([tally]))[-1] == f"1 camera, 0 windows, 5 frames: {verdict}."


def test_shortfalls_of_cameras_do_not_cancel_out() -> None:
    """A frame too many here does not hide one too few there."""
    tallies = [Tally("a", "ended", "", captured=1), Tally("b", "ended", "", captured=1, analysed=2)]
    assert "all accounted for" not in printed(summary(tallies))[-1]


def test_the_summary_can_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Where stdout is for answers, it stays clean."""
    print_summary([Tally("yard", "ended", "")], stderr=True)
    out, err = capsys.readouterr()
    assert not out
    assert "all accounted for" in err


def test_what_was_lost_is_red_and_nothing_else() -> None:
    """A loss stands out."""
    paper = io.StringIO()
    tally = Tally("yard", "ended", "", captured=9, analysed=4, failed=3, dropped={"overflow": 2})
    Console(width=80, force_terminal=True, color_system="standard", file=paper).print(summary([tally]))
    for count, red in (("9", False), ("4", False), ("3", True), ("2", True)):
        assert bool(re.search(rf"\x1b\[1;31m *{count}\x1b", paper.getvalue())) is red
