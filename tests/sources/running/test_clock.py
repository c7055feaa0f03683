from __future__ import annotations

import pytest

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


def test_time_goes_on_where_a_fast_camera_comes_back() -> None:
    """A camera that was ahead of the wall clock when it was lost does not stand still when it is back."""
    clock = CameraClock()
    times(clock, *((at / 10, at / 20) for at in range(200)))
    clock.connected()
    after = times(clock, *((at / 10, 10.0 + at / 20) for at in range(5)))
    assert after == pytest.approx([19.9, 20.0, 20.1, 20.2, 20.3])
