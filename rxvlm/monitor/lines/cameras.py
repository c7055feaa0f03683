"""The table of cameras: state and since when, newest answer and its age, frames by outcome, tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from rxvlm.ledger import Tally
from rxvlm.ledger.states import FLOWING, OVER
from rxvlm.monitor.board.answer import Answer
from rxvlm.monitor.board.board import CameraBoard
from rxvlm.monitor.lines.columns import Column, Columns, Line, name_width
from rxvlm.monitor.lines.when import seconds_text
from rxvlm.monitor.site import CameraNow
from rxvlm.terminal.fitting import short_duration, short_number
from rxvlm.terminal.row import Styled, style_of

SORTS: Final = ("as given", "name", "trouble", "age", "tokens")
"""The orders of the table."""

_NOTHING: Final = ("-", "dim")
PAUSED_STYLE: Final = "bold magenta"
"""How paused and muted is shown, everywhere."""


def camera_lines(
    boards: Mapping[str, CameraBoard], width: int, now: float, *, sort: str = "as given", wanted: str = ""
) -> tuple[Line, list[tuple[str, Line]]]:
    """Return the heading of the table, and the line of each camera with its name.

    Args:
        boards: What is known of each camera, by name.
        width: Cells.
        now: Seconds since 1970 (UTC).
        sort: One of `SORTS`.
        wanted: Only cameras in whose name, state or newest answer this is found; "" for all.
    """
    columns = Columns(list(_columns(boards, width)), width)
    chosen = [(name, board) for name, board in boards.items() if _is_wanted(name, board, wanted.lower())]
    chosen.sort(key=lambda one: _key(sort, *one, now))
    return columns.heading, [(name, columns.line(_facts(name, board, now))) for name, board in chosen]


def state_cell(camera: CameraNow) -> Styled:
    """Return the state of a camera; of one that is paused and well, that it is paused."""
    state = camera.tally.state
    if camera.paused is not None and state not in OVER:
        return ("paused" if state in FLOWING else f"{state} (paused)"), PAUSED_STYLE
    return state, style_of(state)


def said_of(answer: Answer | None) -> Styled:
    """Return what a model said, or why it did not."""
    if answer is None:
        return "(no answer yet)", "dim"
    record: Mapping[str, Any] = answer.record
    if answer.failed:
        return f"error: {record['error']['message'][:2000]}", "red"
    return record["text"][:2000] or "(an empty answer)", ""


def left_out(tally: Tally) -> int:
    """Return the frames that were left out on purpose."""
    return tally.skipped + tally.thinned


def _columns(boards: Mapping[str, CameraBoard], width: int) -> Iterable[Column]:
    yield Column("Camera", name_width(list(boards), width))
    yield Column("State", 10)
    yield Column("For", 4, right=True, least=50)
    yield Column("Age", 5, right=True)
    yield Column("Tokens", 6, right=True, least=96)
    yield Column("Answered", 8, right=True, least=110)
    yield Column("Failed", 6, right=True, least=110)
    yield Column("Lost", 6, right=True, least=90)
    yield Column("Left out", 8, right=True, least=130)
    yield Column("On the way", 10, right=True, least=140)
    yield Column("Answer", 10)


def _facts(name: str, board: CameraBoard, now: float) -> Sequence[Styled]:
    camera, tally = board.now, board.now.tally
    lost = sum(tally.dropped.values()) + tally.unaccounted
    return [
        (name, ""),
        state_cell(camera),
        _NOTHING if camera.since is None else (short_duration(max(0.0, now - camera.since)), ""),
        _age(board, now),
        (short_number(board.tokens), "") if board.tokens else _NOTHING,
        (f"{tally.analysed:,}", ""),
        (f"{tally.failed:,}", "red") if tally.failed else _NOTHING,
        (f"{lost:,}", "red") if lost else _NOTHING,
        (f"{left_out(tally):,}", "") if left_out(tally) else _NOTHING,
        (f"{tally.waiting + tally.in_flight:,}", ""),
        said_of(board.last),
    ]


def _age(board: CameraBoard, now: float) -> Styled:
    age = _seconds_old(board, now)
    if age is None:
        return _NOTHING
    return short_duration(age), "dim" if board.now.tally.state in OVER else ""


def _seconds_old(board: CameraBoard, now: float) -> float | None:
    """Return how old what the newest answer is about is; of a film, how long ago it was answered."""
    if board.last is None:
        return None
    record = board.last.record
    return max(0.0, now - (record["answered"] if record["captured"] is None else record["captured"]))


def _is_wanted(name: str, board: CameraBoard, wanted: str) -> bool:
    texts = (name, state_cell(board.now)[0], said_of(board.last)[0])
    return not wanted or any(wanted in text.lower() for text in texts)


def _key(sort: str, name: str, board: CameraBoard, now: float) -> Any:  # noqa: ANN401 - whatever is compared
    keys: dict[str, Callable[[], Any]] = {
        "as given": lambda: 0,
        "name": name.lower,
        "trouble": lambda: _trouble(board),
        "age": lambda: -(_seconds_old(board, now) or 0.0),
        "tokens": lambda: -board.tokens,
    }
    return keys[sort]()


def _trouble(board: CameraBoard) -> int:
    """Return the rank of a camera, 0 for the worst: failed, sends nothing, no answer, paused, none."""
    camera, state = board.now, board.now.tally.state
    if state == "failed":
        return 0
    if state not in FLOWING | OVER | {"finishing"}:
        return 1
    if board.last is not None and board.last.failed:
        return 2
    return 4 if camera.paused is None else 3


def age_text(board: CameraBoard) -> str:
    """Return the p50 and the p95 of the age over the last hour, in words; "" if no age is known."""
    middle, high = board.times.at(0.5), board.times.at(0.95)
    return "" if middle is None else f"age p50 {seconds_text(middle)}, p95 {seconds_text(high)}"
