"""The summary at the end of a run: what became of every frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from rxvlm.ledger import Tally
from rxvlm.text import one_line


def summary(tallies: Sequence[Tally], answers: Mapping[str, int] | None = None) -> RenderableType:
    """Return a table of what became of each camera's frames, and a line that says whether all are accounted for.

    Args:
        tallies: The final counts, one for each camera.
        answers: Number of answers by the name of the camera; None to show instead the number of windows that a
            model was asked about.
    """
    asked = "Windows" if answers is None else "Answers"
    grid = Table(box=SIMPLE_HEAD, pad_edge=False)
    grid.add_column("Camera", overflow="fold")
    for heading in (asked, "Frames", "Analysed", "Failed", "Left out", "Lost"):
        grid.add_column(heading, justify="right")
    counts = [tally.windows if answers is None else answers.get(tally.name, 0) for tally in tallies]
    for tally, number in zip(tallies, counts, strict=True):
        left_out, lost = tally.skipped + tally.thinned, sum(tally.dropped.values())
        bad = [Text(f"{count:,}", "bold red" if count else "") for count in (tally.failed, lost)]
        well = [f"{count:,}" for count in (number, tally.captured, tally.analysed, left_out)]
        grid.add_row(Text(one_line(tally.name)), *well[:3], bad[0], well[3], bad[1])
    return Group(grid, _verdict(tallies, _count(sum(counts), asked.lower()[:-1])))


def print_summary(tallies: Sequence[Tally], answers: Mapping[str, int] | None = None, *, stderr: bool = False) -> None:
    """Print a `summary` on stdout or stderr."""
    Console(stderr=stderr).print(summary(tallies, answers))


def _verdict(tallies: Sequence[Tally], asked: str) -> Text:
    waiting, in_flight = sum(tally.waiting for tally in tallies), sum(tally.in_flight for tally in tallies)
    missing = sum(abs(_missing(tally)) for tally in tallies)
    ends = {"still waiting": waiting, "still in flight": in_flight, "unaccounted for": missing}
    loose = ", ".join(f"{frames:,} {what}" for what, frames in ends.items() if frames)
    captured = _count(sum(tally.captured for tally in tallies), "frame")
    said = f"{_count(len(tallies), 'camera')}, {asked}, {captured}: {loose or 'all accounted for'}."
    return Text(said, style="bold red" if loose else "bold green")


def _missing(tally: Tally) -> int:
    """Return how many frames the terms do not add up to; the sum is made again here, as a check of the ledger."""
    settled = tally.analysed + tally.failed + sum(tally.dropped.values()) + tally.skipped + tally.thinned
    return tally.captured - settled - tally.waiting - tally.in_flight


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
