from __future__ import annotations

from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops

from rxvlm.operators import buffer_by_time
from rxvlm.testing import draw, frames_at, video_of


@pytest.mark.parametrize(
    ("stream", "drawn"),
    [
        (video_of(frames_at([0.0, 1.0, 3.0])), "0-1---2|"),
        (video_of(frames_at([0.0, 1.0, 2.0])).pipe(buffer_by_time(1.5)), "----(0,1)(2)|"),
        (
            reactivex.timer(1.0).pipe(ops.map(lambda _: "x"), ops.concat(reactivex.throw(RuntimeError("broken")))),
            "--x#",
        ),
        (reactivex.never(), "..."),
        (reactivex.timer(1.0).pipe(ops.concat(reactivex.never())), "--0..."),
    ],
)
def test_draw_draws_marbles(stream: Observable[Any], drawn: str) -> None:
    """A frame is its number, a window those of its frames, the end a bar, an error a hash; dots are no end."""
    assert draw(stream, tick=0.5) == drawn
