"""What a line says of an answer."""

from __future__ import annotations

import pytest

from rxvlm import Analysis, Clip, ModelTimeoutError, RxvlmError
from rxvlm.terminal.answer_line import answer_line


def said(text: str = "", error: RxvlmError | None = None, start: float = 0.0) -> Analysis:
    clip = Clip(b"mp4", "video/mp4", (start,), 64, 48, start, start + 10.0, source="ya\x1b[2Jrd")
    return Analysis(clip, "What?", "scripted", 0.0, 1.0, text=text, error=error)


@pytest.mark.parametrize(
    ("start", "until", "moments"),
    [
        (0.0, 47.3, "0:00-0:10"),
        (30.0, 30.08, "0:30-0:30.08"),
        (120.0, 127.0, "2:00-2:07"),
        (0.125, 0.0, "0:00.125-0:00.125"),
    ],
)
def test_a_last_window_is_said_to_end_with_its_video(start: float, until: float, moments: str) -> None:
    """And not when it would have, had there been more."""
    assert answer_line(said("A cat.", start=start), until) == (f"yard {moments}", "A cat.")


def test_an_error_and_an_empty_answer_are_told() -> None:
    """Neither is a blank."""
    assert (
        answer_line(said(error=ModelTimeoutError("no answer\nwithin 60 s")), 10.0)[1] == "error: no answer within 60 s"
    )
    assert answer_line(said(), 10.0)[1] == "(an empty answer)"
