"""A camera about which asking is paused is filmed on, and counted; a film waits."""

from __future__ import annotations

from typing import Any

import pytest
from reactivex import Observable
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Analysis, Frame, Ledger, Stop, watch, watch_all
from rxvlm import operators as rxo
from rxvlm.ledger import StateChange, WindowFate
from rxvlm.rules import nothing_answered
from rxvlm.sources.running.delivery import counted
from rxvlm.testing import END, Say, frames_at, play, scripted, video_of


def frames(seconds: int, *, live: bool) -> Observable[Frame]:
    return video_of(frames_at([at / 2 for at in range(2 * seconds)], live=live, size=(16, 16)))


def model(seconds: float = 1.3) -> Any:
    return scripted(Say("quiet", seconds))


def starts(received: list[tuple[float, Any]]) -> list[float]:
    return [item.clip.start for _, item in received if isinstance(item, Analysis)]


def adds_up(ledger: Ledger) -> bool:
    tally = ledger.snapshot()
    settled = tally.analysed + tally.failed + tally.skipped + tally.thinned + sum(tally.dropped.values())
    return tally.captured == settled + tally.waiting + tally.in_flight + tally.unaccounted


def paused_between(ledger: Ledger, begin: float, end: float, clock: VirtualTimeScheduler) -> None:
    clock.schedule_absolute(begin, lambda *_: ledger.pause("lunch"))
    clock.schedule_absolute(end, lambda *_: ledger.resume())


def test_windows_of_a_paused_camera_are_not_asked_about_and_counted() -> None:
    """Windows that close in the pause are skipped as paused, all else is analysed, and the ledger adds up."""
    ledger, clock = Ledger("yard"), VirtualTimeScheduler(0.0)
    heard: list[Any] = []
    ledger.listen(heard.append)
    paused_between(ledger, 15.0, 44.9, clock)
    received = play(watch(frames(60, live=True), model(), ledger=ledger, scheduler=clock), scheduler=clock)
    assert starts(received) == [0.0, 40.0, 50.0]
    tally = ledger.snapshot()
    assert (tally.analysed, tally.skipped, tally.dropped) == (60, 60, {})
    fates = [(one.span.start, one.fate) for one in heard if isinstance(one, WindowFate)]
    assert [start for start, fate in fates if fate == "skipped:paused"] == [10.0, 20.0, 30.0]
    assert adds_up(ledger)


def test_the_states_say_that_it_is_paused_and_why() -> None:
    """A camera that sends frames is paused and then live again; one that is away is that, and its tally says both."""
    ledger, heard = Ledger("yard"), list[Any]()
    ledger.listen(heard.append)
    ledger.state("live")
    ledger.pause("lunch")
    assert (ledger.snapshot().state, ledger.snapshot().reason, ledger.paused) == ("paused", "lunch", True)
    ledger.state("stalled", "no frames")
    assert (ledger.snapshot().state, ledger.snapshot().paused) == ("stalled", True)
    ledger.state("live")
    ledger.pause("lunch")
    ledger.resume()
    ledger.resume()
    states = [(one.state, one.reason) for one in heard if isinstance(one, StateChange)]
    assert states == [
        ("connecting", ""),
        ("live", ""),
        ("paused", "lunch"),
        ("stalled", "no frames"),
        ("paused", "lunch"),
        ("live", ""),
    ]


def test_a_pause_outlives_the_run() -> None:
    """A camera that was paused before its stream began, or is opened again, is paused until it is resumed."""
    ledger = Ledger("yard")
    ledger.pause()
    for _ in range(2):
        clock = VirtualTimeScheduler(0.0)
        received = play(watch(frames(20, live=True), model(), ledger=ledger, scheduler=clock), scheduler=clock)
        assert starts(received) == []
        assert received[-1][1] is END
    assert ledger.snapshot().skipped == 80


def test_a_call_under_way_is_finished() -> None:
    """What is being asked when the pause begins is answered: it is paid for."""
    ledger, clock = Ledger("yard"), VirtualTimeScheduler(0.0)
    paused_between(ledger, 11.0, 100.0, clock)
    received = play(watch(frames(40, live=True), model(4.3), ledger=ledger, scheduler=clock), scheduler=clock)
    assert starts(received) == [0.0]


def test_a_clip_that_waits_when_the_pause_begins_is_not_asked_about() -> None:
    """What waits behind a slow call is left out, too: no new question begins in a pause."""
    ledger, clock = Ledger("yard"), VirtualTimeScheduler(0.0)
    paused_between(ledger, 21.0, 100.0, clock)  # the window of 10 to 20 waits for the call about the first
    received = play(watch(frames(40, live=True), model(14.3), ledger=ledger, scheduler=clock), scheduler=clock)
    assert starts(received) == [0.0]
    assert ledger.snapshot().skipped == 60


def test_a_film_waits_in_a_pause_and_loses_nothing() -> None:
    """A film holds the question until asking goes on; then every window is asked about, in order."""
    ledger, clock = Ledger("film"), VirtualTimeScheduler(0.0)
    ledger.pause()
    clock.schedule_absolute(500.3, lambda *_: ledger.resume())
    film = counted(frames(20, live=False), ledger, live=False)
    received = play(watch(film, model(), scheduler=clock), scheduler=clock)
    assert starts(received) == [0.0, 10.0]
    assert [time > 500 for time, _ in received] == [True] * len(received)
    tally = ledger.snapshot()
    assert (tally.analysed, tally.skipped) == (40, 0)


def test_a_stop_does_not_wait_for_the_end_of_a_pause() -> None:
    """A film that is stopped in a pause ends: what waits is skipped as paused, and nothing is asked."""
    ledger, clock, stop = Ledger("film"), VirtualTimeScheduler(0.0), Stop()
    ledger.pause()
    clock.schedule_absolute(300.3, lambda *_: stop.set())
    film = counted(frames(20, live=False), ledger, live=False)
    received = play(watch(film, model(), stop=stop, scheduler=clock), scheduler=clock)
    assert [item for _, item in received] == [END]
    assert received[0][0] == pytest.approx(300.3)
    tally = ledger.snapshot()
    assert (tally.captured, tally.skipped, tally.state) == (40, 40, "ended")


def test_a_film_that_is_left_in_a_pause_holds_nothing() -> None:
    """The question that waits is forgotten when its stream is disposed of: resuming asks nothing."""
    ledger, clock = Ledger("film"), VirtualTimeScheduler(0.0)
    asked = scripted(Say("quiet", 1.3))
    ledger.pause()
    stream = watch(counted(frames(20, live=False), ledger, live=False), asked, scheduler=clock)
    received = play(stream, seconds=100.0, scheduler=clock)  # leaves it then
    ledger.resume()
    clock.advance_to(200.0)
    assert (received, asked.asked) == ([], [])
    assert adds_up(ledger)


def test_one_of_several_cameras_is_paused_alone() -> None:
    """Each camera of watch_all has a pause of its own."""
    clock = VirtualTimeScheduler(0.0)
    cameras = {"yard": frames(40, live=True), "gate": frames(40, live=True)}
    stream = watch_all(cameras, model(), scheduler=clock)
    ledgers = stream.origin.ledgers
    ledgers["gate"].pause()
    received = play(stream, scheduler=clock)
    assert {item.clip.source for _, item in received if isinstance(item, Analysis)} == {"yard"}
    assert (ledgers["yard"].snapshot().analysed, ledgers["gate"].snapshot().skipped) == (80, 80)


@pytest.mark.parametrize(("pause", "events"), [(True, []), (False, ["start", "end"])])
def test_a_paused_camera_misses_no_answers(pause: bool, events: list[str]) -> None:  # noqa: FBT001 - a parameter
    """The rule that nothing is answered is silent about a camera that is paused."""
    ledger, clock = Ledger("yard"), VirtualTimeScheduler(0.0)
    if pause:
        ledger.pause()
    slow = scripted(Say("quiet", 1000.0))
    stream = watch(frames(120, live=True), slow, ledger=ledger, timeout=2000.0, scheduler=clock)
    rule = nothing_answered(for_=60.0)
    received = play(stream.pipe(rxo.with_events(rule, ledgers={"yard": ledger})), seconds=400.0, scheduler=clock)
    assert [item.phase for _, item in received if hasattr(item, "phase")] == events[:1]
