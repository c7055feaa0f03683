from __future__ import annotations

from rxvlm.concurrency.backoff import Backoff


def test_waits_grow_and_are_bounded() -> None:
    """Waits double from a quarter second, at most 2 s in the first minute and 30 s after."""
    backoff = Backoff(1)
    waits = [backoff.wait() for _ in range(100)]
    eager = [wait for at, wait in enumerate(waits) if sum(waits[:at]) < 60]
    patient = waits[len(eager) :]
    assert 0.125 <= eager[0] <= 0.25
    assert max(eager) <= 2.0
    assert 15.0 <= max(patient) <= 30.0


def test_a_try_that_worked_begins_anew() -> None:
    """After a reset the next wait is the first again."""
    backoff = Backoff(2)
    for _ in range(50):
        backoff.wait()
    backoff.reset()
    assert backoff.wait() <= 0.25


def test_cameras_do_not_come_back_in_step() -> None:
    """Two cameras lost at the same moment wait differently."""
    assert [Backoff(1).wait()] != [Backoff(2).wait()]
