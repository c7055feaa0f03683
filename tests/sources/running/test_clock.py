from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rxvlm.sources.running.clock import CameraClock

EPOCH = 1_700_000_000.0


def times(clock: CameraClock, *pairs: tuple[float, float]) -> list[float]:
    """Return the times of pictures, from their (timestamp, arrival after `EPOCH`)."""
    return [round(clock.time(stamp, EPOCH + arrived), 3) for stamp, arrived in pairs]


def test_time_runs_with_the_timestamps() -> None:
    """However unevenly pictures come, time runs with the camera's own timestamps, from 0."""
    assert times(CameraClock(), (100.0, 0.0), (100.1, 0.3), (100.2, 0.3), (100.3, 0.31)) == [0.0, 0.1, 0.2, 0.3]


def test_time_goes_on_by_the_wall_over_a_reconnect() -> None:
    """After a gap of 7 s on the wall, time has gone on by 7 s, wherever timestamps begin."""
    clock = CameraClock()
    times(clock, (100.0, 0.0), (101.0, 1.0))
    clock.connected()
    assert times(clock, (0.0, 8.0), (0.1, 8.1)) == [8.0, 8.1]


@pytest.mark.parametrize("jump", [-100.0, -0.5, 1e6, 30.0])
def test_a_jump_does_not_show(jump: float) -> None:
    """Timestamps that go back, or far ahead of the wall, are a new beginning: time goes on by a picture's length."""
    clock = CameraClock()
    times(clock, (100.0, 0.0), (100.1, 0.1))
    assert times(clock, (100.2 + jump, 0.2), (100.3 + jump, 0.3)) == [0.2, 0.3]


def test_repeated_timestamps_do_not_go_back() -> None:
    """A timestamp that comes again gives the same time, or a later one."""
    assert times(CameraClock(), (5.0, 0.0), (5.0, 0.04), (5.0, 0.08), (5.1, 0.1)) == [0.0, 0.0, 0.0, 0.1]


def test_a_burst_after_a_stall_is_taken_as_it_was_filmed() -> None:
    """Pictures held up for 4 s keep the distances at which they were filmed."""
    clock = CameraClock()
    assert times(clock, (0.0, 0.0), (0.1, 4.1), (0.2, 4.1), (4.1, 4.11)) == [0.0, 0.1, 0.2, 4.1]


def test_captured_is_corrected_for_jitter() -> None:
    """Wall time follows the fastest picture: those that came late were filmed no later for it."""
    clock = CameraClock()
    shown = [(clock.time(stamp, EPOCH + came), EPOCH + came) for stamp, came in [(0.0, 0.5), (1.0, 1.1), (2.0, 2.9)]]
    captured = [clock.captured(time, came) - EPOCH for time, came in shown]
    assert captured == pytest.approx([0.5, 1.1, 2.1])


def test_the_cameras_own_clock_is_believed() -> None:
    """Where the camera tells the wall time, that is it."""
    clock = CameraClock()
    assert clock.captured(clock.time(0.0, EPOCH), EPOCH, camera_time=EPOCH - 0.25) == EPOCH - 0.25


def test_a_delay_long_ago_is_forgotten() -> None:
    """When a camera falls behind for good, wall time follows within a minute or so."""
    clock = CameraClock()
    last = 0.0
    for second in range(200):
        came = second + (10.0 if second > 50 else 0.0)
        last = clock.captured(clock.time(float(second), EPOCH + came), EPOCH + came) - EPOCH - came
    assert last == pytest.approx(0.0)


def test_a_fast_clock_is_ahead_of_the_wall_by_a_few_seconds_at_most() -> None:
    """A camera that counts twice as fast as the wall ends up at the wall's pace, over a reconnect, too."""
    clock = CameraClock()
    assert times(clock, *((at / 10, at / 20) for at in range(200)))[-1] == pytest.approx(9.95 + 2.0)
    clock.connected()
    after = times(clock, *((at / 10, 10.0 + at / 20) for at in range(5)))
    assert after == pytest.approx([11.95, 12.05, 12.1, 12.15, 12.2])


@pytest.mark.parametrize("stray", [{50: 4.9}, {50: 4.9, 55: 9.7}, {50: -4.9}, {50: 0.9, 51: 1.8, 52: 2.7}, {50: 1e9}])
def test_time_keeps_the_walls_pace_after_stray_timestamps(stray: dict[int, float]) -> None:
    """Timestamps ahead or behind for a moment: later pictures come at the pace of the wall, and near it."""
    seen = times(CameraClock(), *((at / 10 + stray.get(at, 0.0), at / 10) for at in range(400)))
    assert seen[-1] == pytest.approx(39.9, abs=2.0 if 51 in stray and 52 in stray else 1e-6)
    assert seen[-1] - seen[200] == pytest.approx(19.9)


@given(st.lists(st.floats(-10.0, 10.0), min_size=1, max_size=20), st.integers(0, 2))
def test_time_keeps_the_walls_pace_after_any_second(offsets: list[float], reconnects: int) -> None:
    """However wild the timestamps of a second are, time is monotonic, near the wall, and then at its pace."""
    clock, wild = CameraClock(), dict(enumerate(offsets, 40))
    seen = times(clock, *((at / 10 + wild.get(at, 0.0), at / 10) for at in range(100)))
    for again in range(1, 1 + reconnects):
        clock.connected()
        seen += times(clock, *((at / 10, again * 20 + at / 10) for at in range(100)))
    assert seen == sorted(seen)
    assert seen[-1] - seen[-40] == pytest.approx(3.9)
    assert seen[-1] <= 9.9 + reconnects * 20 + 2.0 + 1e-6


def test_a_wall_clock_that_is_set_back_stops_nothing() -> None:
    """Arrivals that go back by an hour change no time."""
    clock = CameraClock()
    assert times(clock, (0.0, 0.0), (0.1, 0.1), (0.2, -3600.0), (0.3, -3599.9)) == [0.0, 0.1, 0.2, 0.3]


def test_a_clock_that_stands_still_is_noticed() -> None:
    """After some ten seconds of the same timestamp time follows the wall, until the timestamps move again."""
    clock = CameraClock()
    repeated = times(clock, *((5.0, at / 10) for at in range(150)))
    assert repeated[50] == 0.0
    assert repeated[-1] == pytest.approx(14.9)
    assert clock.stands_still
    moving = times(clock, *((5.0 + at / 10, 15.0 + at / 10) for at in range(30)))
    assert not clock.stands_still
    assert np.diff(moving) == pytest.approx(np.full(29, 0.1))


def test_a_pause_is_no_clock_that_stands_still() -> None:
    """A camera that was silent for a minute, or films a picture every 20 s, has a clock that moves."""
    clock = CameraClock()
    times(clock, (0.0, 0.0), (0.1, 0.1), (0.2, 60.0), (0.3, 60.0))
    assert not clock.stands_still
    times(clock, *((60.0 + 20.0 * at, 80.0 + 20.0 * at) for at in range(5)))
    assert not clock.stands_still
