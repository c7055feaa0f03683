"""The scrap at the end of a film is not asked about."""

from __future__ import annotations

from typing import Any

import pytest
import reactivex
from reactivex import operators as ops

from rxvlm import Ledger, Window, collect, watch
from rxvlm.operators import buffer_by_time, skip_short_end
from rxvlm.testing import frames_at, scripted, video_of


def windows(*moments: float, span: float = 1.0) -> list[Window]:
    return video_of(frames_at(list(moments))).pipe(buffer_by_time(span), ops.to_list()).run()


def passed(*moments: float, share: float = 0.1, span: float = 1.0) -> tuple[list[float], list[Any]]:
    """Return the starts of the windows that pass, and what was dropped with its reason."""
    dropped: list[Any] = []
    step = skip_short_end(share, on_drop=lambda window, reason: dropped.append((window.start, reason)))
    kept = reactivex.from_iterable(windows(*moments, span=span)).pipe(step, ops.to_list()).run()
    return [window.start for window in kept], dropped


FILM = [at / 50 for at in range(100)]  # two seconds, 50 frames a second


@pytest.mark.parametrize("more", [1, 2, 3, 4])
def test_a_scrap_is_left_out(more: int) -> None:
    """Up to less than a tenth of the window: the last frame counts for its time and the distance of frames."""
    assert passed(*FILM, *(2.0 + at / 50 for at in range(more))) == ([0.0, 1.0], [(2.0, "skipped:short")])


@pytest.mark.parametrize("more", [5, 6, 49])
def test_a_tenth_is_enough(more: int) -> None:
    """What reaches a tenth of the window is asked about."""
    assert passed(*FILM, *(2.0 + at / 50 for at in range(more))) == ([0.0, 1.0, 2.0], [])


def test_the_only_window_passes() -> None:
    """However short the film is."""
    assert passed(0.0, 0.02) == ([0.0], [])


def test_a_short_window_in_the_middle_passes() -> None:
    """A gap is no end; the order stays."""
    assert passed(*FILM, 2.0, 3.0, 3.5, 4.0, 4.5) == ([0.0, 1.0, 2.0, 3.0, 4.0], [])


def test_composers_choose_the_share() -> None:
    """With 0 nothing is left out."""
    assert passed(*FILM, 2.0, share=0.0) == ([0.0, 1.0, 2.0], [])
    assert passed(*FILM, 2.0, 2.4, share=0.5) == ([0.0, 1.0], [(2.0, "skipped:short")])


def test_a_film_that_breaks_off_loses_nothing() -> None:
    """An error is no end: the window before it passes, and then the error."""
    broken = reactivex.concat(reactivex.from_iterable(windows(*FILM, 2.0)), reactivex.throw(OSError("broke off")))
    seen: list[float] = []
    ends: list[Exception] = []
    broken.pipe(skip_short_end()).subscribe(lambda window: seen.append(window.start), ends.append)
    assert seen == [0.0, 1.0, 2.0]
    assert [str(error) for error in ends] == ["broke off"]


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_the_share_is_checked(share: float) -> None:
    """It is between 0 and 1."""
    with pytest.raises(ValueError, match="share"):
        skip_short_end(share)


def test_watch_does_not_pay_for_the_scrap_of_a_film() -> None:
    """Its frames are counted as skipped, and the sum holds."""
    ledger = Ledger("yard")
    model = scripted("yes")
    stream = watch("demo:yard?seconds=4.1&fps=10&width=64&height=48", model, every=2.0, ledger=ledger)
    answers = collect(stream)
    assert [one.clip.start for one in answers] == [0.0, 2.0]
    tally = ledger.snapshot()
    assert (tally.captured, tally.analysed, tally.skipped) == (41, 40, 1)
    assert not tally.dropped
