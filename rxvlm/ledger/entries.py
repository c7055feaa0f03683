"""Entries: what listeners of a ledger get about windows, frames without a window, states, and rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rxvlm.ledger.reasons import LossReason
from rxvlm.ledger.states import State
from rxvlm.window import Span

Fate: TypeAlias = Literal["analysed", "failed", "unaccounted"] | LossReason
"""What became of a window: a model answered, or failed; a step of the user's own did not pass it on; or a loss."""

Outcome: TypeAlias = Literal[
    "unknown",  # the condition has no value for this answer
    "did not hold",
    "held",  # but in too few of the last answers, so that no event began
    "cooled down",  # an event runs, and is held back because it began too soon after the one before
    "muted",  # an event runs, and is no alert, since the rule is muted
    "inactive",  # filmed outside of the rule's hours
    "alerted",  # an event began, or went on
]
"""What a rule decided about an answer."""


@dataclass(frozen=True, slots=True)
class WindowFate:
    """What became of a window; one entry for each window.

    Attributes:
        camera: Name of the ledger.
        span: Its part of the video, with its identity (`Span.window_id`), and when its end was filmed.
        fate: What became of it: the ledger's term, and after a colon a detail.
        error: Why a window failed, as ``"Kind: message"``; otherwise "".
        began: When its start was filmed, in seconds since 1970 (UTC); None for a file.
        step: The step that lost it, such as ``"encode_mp4"``; "" if that is not known.
    """

    camera: str
    span: Span
    fate: Fate
    error: str = ""
    began: float | None = None
    step: str = ""


@dataclass(frozen=True, slots=True)
class FramesFate:
    """What became of frames that reached no window: a run of frames that were lost for one reason.

    Other frames may lie between them: for example, the frames that `thin_to_rate` passed on.

    Attributes:
        camera: Name of the ledger.
        start: Seconds of the source's time of the first.
        end: Seconds of the source's time of the last.
        began: When the first was filmed, in seconds since 1970 (UTC); None for a file.
        captured: When the last was filmed, in seconds since 1970 (UTC); None for a file.
        epoch: How many times the source had been reconnected before.
        frames: How many there are.
        fate: Why they were lost, or left out.
    """

    camera: str
    start: float
    end: float
    began: float | None
    captured: float | None
    epoch: int
    frames: int
    fate: LossReason


@dataclass(frozen=True, slots=True)
class StateChange:
    """A new state of a camera; it lasts until the next.

    Attributes:
        camera: Name of the ledger.
        state: What the camera is doing from now on.
        reason: Why, or "".
        since: When it began, in seconds since 1970 (UTC).
        time: Seconds of the source's time of the newest frame before it.
    """

    camera: str
    state: State
    reason: str
    since: float
    time: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rule decided about an answer.

    Attributes:
        camera: The camera.
        span: The window that the answer is about.
        rule: Name of the rule.
        outcome: What it decided.
        held: How many of the last ``need[1]`` known answers before the event held, this one among them.
        need: (n, m): an event begins when n of the last m known answers held.
        event: Identifier of the event, if one runs; else None.
        why: Why it is unknown; else "".
    """

    camera: str
    span: Span
    rule: str
    outcome: Outcome
    held: int = 0
    need: tuple[int, int] = (1, 1)
    event: str | None = None
    why: str = ""


Entry: TypeAlias = WindowFate | FramesFate | StateChange | Decision
"""An entry for listeners of a ledger."""

LedgerListener: TypeAlias = Callable[[Entry], None]
"""Called with each entry, one at a time and in order, on the thread on which it came about; it must return at once."""
