"""An hour of eight cameras, on virtual time."""

from __future__ import annotations

import pytest
from reactivex.scheduler import VirtualTimeScheduler

import rxvlm
from rxvlm.clip import Clip
from rxvlm.errors import ModelError
from rxvlm.testing import END, Say, ScriptedVlm, frames_at, play, video_of

NAMES = [f"camera-{number}" for number in range(8)]
HOUR, RATE = 3600, 5


def answer(number: int, _clip: Clip, _prompt: str) -> Say:
    """Answer mostly within a window, and sometimes slowly, never, or with an error."""
    if number % 97 == 13:
        return Say(seconds=500.0)
    if number % 31 == 7:
        return Say(error=ModelError("busy", retryable=True), seconds=0.7)
    return Say(f"answer {number}", seconds=25.3 if number % 11 == 3 else 4.1)


def hour() -> tuple[list[tuple[float, str, float, str]], dict[str, rxvlm.Tally]]:
    clock = VirtualTimeScheduler(0.0)
    ledgers = {name: rxvlm.Ledger(name) for name in NAMES}
    frames = {name: frames_at((at / RATE for at in range(HOUR * RATE)), source=name, live=True) for name in NAMES}
    watching = rxvlm.watch_all(
        {name: video_of(frames[name]) for name in NAMES},
        ScriptedVlm(answer, "scripted"),
        ledgers=ledgers,
        frames=2,
        timeout=40.0,
        max_age=45.0,
        scheduler=clock,
    )
    heard = play(watching, scheduler=clock)
    assert heard[-1][1] is END
    told = [(at, one.clip.source, one.clip.start, one.text or str(one.error)) for at, one in heard[:-1]]
    return told, {name: ledger.snapshot() for name, ledger in ledgers.items()}


@pytest.mark.timeout(600)
def test_an_hour_of_eight_cameras_is_twice_the_same() -> None:
    """Two runs of eight cameras for an hour, with time-outs and failures, give exactly the same."""
    told, tallies = hour()
    assert (told, tallies) == hour()
    assert len(told) > 1500
    for tally in tallies.values():
        assert tally.captured == HOUR * RATE
        assert tally.captured == tally.analysed + tally.failed + sum(tally.dropped.values())
        assert tally.failed > 0
        assert {"overflow"} <= set(tally.dropped)
