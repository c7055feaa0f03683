"""Edges: the first and the last line of each screen, and what stands on one that is too small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rxvlm.ledger.states import FLOWING
from rxvlm.monitor.board.board import Board
from rxvlm.monitor.lines.cameras import PAUSED_STYLE
from rxvlm.monitor.lines.columns import Line, said
from rxvlm.terminal.cells import cells, plain, wrap
from rxvlm.terminal.row import Styled

VIEWS: Final = ("Cameras", "Events", "Log")
"""The first screens, between which tab goes."""


def head(board: Board, main: str, title: str, width: int) -> Line:
    """Return the first line: the first screens, what this one is about, and how all is."""
    parts: list[Styled] = []
    for view in VIEWS:
        parts += [(f" {view} ", "reverse bold" if view == main else "dim"), (" ", "")]
    parts.append((plain(title)[: width // 2] + "  ", "bold"))
    state = _state(board)
    room = width - sum(cells(text) for text, _ in state)
    left = said(*parts, width=room - 1)
    return (*left, (" " * (room - sum(cells(text) for text, _ in left)), ""), *state) if room > 1 else left


def foot(hints: Sequence[tuple[str, str, bool]], width: int) -> Line:
    """Return the last line: keys and what they do; those that do nothing here are grey.

    Args:
        hints: The key, what it does, and whether it does nothing here.
        width: Cells.
    """
    parts: list[Styled] = []
    for shown, short, refused in hints:
        key = shown.split(" ")[0]
        parts += [(key, "dim strike" if refused else "bold cyan"), (f" {short} ", "dim strike" if refused else "")]
    return said(*parts, width=width)


def help_lines(keys: Sequence[tuple[str, str, str]], width: int) -> list[Line]:
    """Return lines for each key; of one that does nothing here, why.

    Args:
        keys: The key, what it does, and why it does nothing here ("": it does).
        width: Cells; what is longer goes on in the next line.
    """
    lines: list[Line] = []
    for shown, title, reason in keys:
        first, *rest = wrap(title, width - 13, 3)
        lines.append(said((f"{shown:>11}  ", "bold cyan"), (first, "dim" if reason else ""), width=width))
        lines += [((f"{'':13}", ""), (line, "dim" if reason else "")) for line in rest]
        lines += [
            ((f"{'':13}", ""), (line, "dim")) for line in (wrap(f"not here: {reason}", width - 13, 6) if reason else ())
        ]
    lines.append(said((f"{'ctrl+p':>11}  ", "bold cyan"), ("find an action by its name", ""), width=width))
    return lines


def too_small(width: int, height: int, least: tuple[int, int]) -> list[Line]:
    """Return what stands on a screen that is too small."""
    words = f"too small: {width}x{height}|needs {least[0]}x{least[1]}|q quits"
    return [said((line, "bold"), width=width) for line in words.split("|")]


def _state(board: Board) -> list[Styled]:
    """Return how all is: cameras that send frames, events that run, what is paused, muted or down."""
    cameras = board.now.cameras
    well = sum(one.tally.state in FLOWING for one in cameras)
    parts: list[Styled] = [(f"{well}/{len(cameras)} live", "green" if well == len(cameras) else "yellow")]
    counts = (
        (len(board.running()), "event" if len(board.running()) == 1 else "events", "bold red"),
        (sum(one.paused is not None for one in cameras), "paused", PAUSED_STYLE),
        (sum(one.muted is not None for one in board.now.rules), "muted", PAUSED_STYLE),
        (len(board.now.troubles), "down", "bold red"),
    )
    parts += [(f" {number} {word}", style) for number, word, style in counts if number]
    if board.now.lost:
        parts = [("the run is not reached", "bold red")]
    return parts
