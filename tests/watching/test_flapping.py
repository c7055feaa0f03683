"""A camera that flaps for an hour costs no more questions than an hour has windows."""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import Observable
from reactivex.abc import DisposableBase, ObserverBase, SchedulerBase
from reactivex.disposable import Disposable
from reactivex.scheduler import VirtualTimeScheduler

import rxvlm
from rxvlm.frame import Frame
from rxvlm.media.picture import Still
from rxvlm.sources.running import reconnect
from rxvlm.sources.running.arrivals import Arrival, by_the_clock, frames_of_arrivals
from rxvlm.sources.running.capture import Session
from rxvlm.sources.running.reconnect import Nothing
from rxvlm.testing import Say, frames_at, play, scripted

HOUR = 3600.0
EPOCH = 1_700_000_000.0
PICTURE = Still(frames_at([0.0], size=(32, 24))[0].image)


class Deaf:
    """An observer that is never told anything."""

    def on_next(self, value: Frame) -> None: ...
    def on_error(self, error: Exception) -> None: ...
    def on_completed(self) -> None: ...


def flapping(monkeypatch: pytest.MonkeyPatch, seed: int, *, burst: bool) -> list[tuple[float, Frame]]:
    """Run a camera for an hour on a wall clock by hand; return its frames and when each came.

    It connects, sends 0 to 20 pictures (in real time, or all at once), and breaks. One in ten connections is good.
    """
    now, chance, came = [0.0], random.Random(seed), list[tuple[float, Frame]]()

    def wait(_session: Session, seconds: float) -> bool:
        now[0] += seconds
        return now[0] >= HOUR

    def connect() -> Generator[Arrival | Nothing]:
        now[0] += chance.uniform(0.0, 0.5)
        count = chance.randrange(200, 400) if chance.random() < 0.1 else chance.randint(0, 20)
        began = chance.uniform(0.0, 1e4)
        for at in range(count):
            now[0] += 0.0 if burst else 0.1
            if now[0] >= HOUR:
                session.stop()
            yield Arrival(PICTURE, (24, 32, 3), EPOCH + now[0], began + at / 10)
        if now[0] >= HOUR:
            session.stop()

    session = Session(Deaf(), lambda _: iter(()), rxvlm.Ledger("cam"))  # type: ignore[arg-type, return-value] - never run
    with monkeypatch.context() as patch:
        patch.setattr(reconnect.time, "monotonic", lambda: now[0])
        patch.setattr(Session, "wait", wait)
        for frame in frames_of_arrivals(connect, "cam", session, dated=by_the_clock):
            came.append((now[0], replace(frame, captured=None)))
    return came


def arriving(came: Sequence[tuple[float, Frame]]) -> Observable[Frame]:
    """Return a stream of frames that come at these seconds of the clock it is subscribed with."""

    def subscribe(observer: ObserverBase[Frame], scheduler: SchedulerBase | None = None) -> DisposableBase:
        assert scheduler is not None
        left = iter(came)

        def emit(frame: Frame) -> None:
            observer.on_next(frame)
            schedule()

        def schedule() -> None:
            if (following := next(left, None)) is None:
                observer.on_completed()
            else:
                at, frame = following
                scheduler.schedule_absolute(scheduler.to_datetime(at), lambda *_: emit(frame))

        schedule()
        return Disposable()

    return Observable(subscribe)


@settings(max_examples=4)
@given(st.integers(0, 2**32), st.sampled_from([3.0, 10.0]), st.booleans())
def test_a_camera_that_flaps_costs_no_more_questions_than_its_time(seed: int, every: float, burst: bool) -> None:  # noqa: FBT001 - hypothesis passes it
    """Whatever the connections, there are at most T / every + 2 questions, and every frame is accounted for."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        came = flapping(monkeypatch, seed, burst=burst)
    clock, ledger = VirtualTimeScheduler(0.0), rxvlm.Ledger("cam")
    watching = rxvlm.watch(
        arriving(came),
        scripted(Say("seen", seconds=0.1)),
        every=every,
        frames=1,
        ledger=ledger,
        scheduler=clock,
    )
    answers = [one for _, one in play(watching, scheduler=clock) if isinstance(one, rxvlm.Analysis)]
    assert len(answers) <= HOUR / every + 2
    starts = [answer.clip.start for answer in answers]
    assert starts == sorted(set(starts))
    tally = ledger.snapshot()
    assert tally.captured == len(came) == tally.analysed + tally.skipped + sum(tally.dropped.values())
    assert set(tally.dropped) <= {"overflow"}
