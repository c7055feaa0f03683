from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rxvlm.ticks import moments, to_seconds, to_ticks, windows_at

YEAR = 366 * 86_400 * 1_000_000


@given(ticks=st.integers(-YEAR, YEAR))
def test_ticks_survive_the_way_to_seconds_and_back(ticks: int) -> None:
    """Of a year or less, each tick is a float of its own: seconds turned into ticks again are the same ticks."""
    assert to_ticks(to_seconds(ticks)) == ticks


def test_seconds_are_rounded_to_the_nearest_tick() -> None:
    """What floats add to a time is rounded away, upwards as well as downwards."""
    assert [to_ticks(0.1 + 0.2), to_ticks(0.29), to_ticks(2.9999999)] == [300_000, 290_000, 3_000_000]


@given(time=st.integers(0, 10**9), span=st.integers(1, 10**7), stride=st.integers(1, 10**7))
def test_windows_at_a_moment_are_what_their_definition_says(time: int, span: int, stride: int) -> None:
    """A window is given if and only if k * stride <= time < k * stride + span, for k = 0, 1, ..."""
    windows = windows_at(time, span, stride)
    near = {*windows[:50], *range(max(0, windows.start - 3), windows.start + 3), windows.stop, windows.stop + 1}
    for k in near:
        assert (k in windows) == (k * stride <= time < k * stride + span)


@given(time=st.integers(0, 10**9), span=st.integers(1, 10**7))
def test_windows_without_gap_or_overlap_hold_each_moment_once(time: int, span: int) -> None:
    """With a stride of the span there is exactly one window for each moment."""
    assert len(windows_at(time, span, span)) == 1


@given(start=st.integers(0, 1000), span=st.integers(0, 1000), count=st.integers(1, 50))
def test_moments_are_even_and_begin_at_the_start(start: int, span: int, count: int) -> None:
    """Moments rise by a share of the span from its start, and none is its end unless the span is empty."""
    found = moments(float(start), float(start + span), count)
    assert found == [start + i * span / count for i in range(count)]
    assert all(start <= moment < start + span for moment in found) or not span
