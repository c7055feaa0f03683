"""Whoever listens to a ledger is told what became of each window, of frames without one, and of states."""

from __future__ import annotations

import pickle
import threading
from typing import TypeVar

import pytest
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Frame, Ledger, ModelError, Window, watch
from rxvlm import operators as rxo
from rxvlm.ledger import Entry, FramesFate, StateChange, WindowFate
from rxvlm.sources.running.delivery import counted
from rxvlm.stream import Stream
from rxvlm.testing import Say, frames_at, play, scripted, video_of

_T = TypeVar("_T")


def camera(seconds: int, *, live: bool = False) -> list[Frame]:
    return frames_at([at / 2 for at in range(2 * seconds)], live=live, size=(16, 16))


def counted_in(ledger: Ledger, frames: list[Frame]) -> Stream[Frame]:
    return counted(video_of(frames), ledger, live=False)


def heard_by(ledger: Ledger) -> list[Entry]:
    """Listen to a ledger; the first entry, its state, is left out."""
    heard: list[Entry] = []
    ledger.listen(heard.append)
    heard.clear()
    return heard


def told_first(ledger: Ledger) -> list[Entry]:
    heard: list[Entry] = []
    ledger.listen(heard.append).dispose()
    return heard


def of_kind(entries: list[Entry], kind: type[_T]) -> list[_T]:
    return [entry for entry in entries if isinstance(entry, kind)]


def fates(entries: list[Entry]) -> list[tuple[float, float, str]]:
    return [(one.span.start, one.span.end, one.fate) for one in of_kind(entries, WindowFate)]


def test_each_window_is_told_with_its_fate() -> None:
    """A window that was answered is analysed, one whose call failed says how, one that was lost says why."""
    ledger, clock = Ledger("yard"), VirtualTimeScheduler(0.0)
    heard = heard_by(ledger)
    model = scripted(Say("a cat", 1.3), Say("", 1.3, error=ModelError("no")), Say("late", 25.0), Say("a dog", 1.3))
    play(
        watch(video_of(camera(50, live=True)), model, name="yard", ledger=ledger, max_age=12.0, scheduler=clock),
        seconds=100.0,
        scheduler=clock,
    )
    assert fates(heard) == [
        (0.0, 10.0, "analysed"),
        (10.0, 20.0, "failed"),
        (20.0, 30.0, "late"),
        (30.0, 40.0, "analysed"),
        (40.0, 50.0, "analysed"),
    ]
    assert [one.error for one in of_kind(heard, WindowFate)] == ["", "ModelError: no", "", "", ""]
    assert {one.camera for one in of_kind(heard, WindowFate)} == {"yard"}


def test_a_window_that_a_filter_lets_fall_is_named() -> None:
    """What RxPY's own filter leaves out is told at the end as unaccounted: which windows, and how many frames."""
    ledger, clock = Ledger("yard"), VirtualTimeScheduler(0.0)
    heard = heard_by(ledger)
    left_out = counted_in(ledger, camera(4)).pipe(
        rxo.buffer_by_time(1.0),
        ops.filter(lambda window: window.start != 2.0),
        rxo.encode_jpegs(on_drop=ledger.drop, scheduler=clock),
        rxo.analyze(scripted("yes"), "?", ledger=ledger, scheduler=clock),
        rxo.close_ledger(ledger),
    )
    play(left_out, scheduler=clock)
    assert fates(heard) == [
        (0.0, 1.0, "analysed"),
        (1.0, 2.0, "analysed"),
        (3.0, 4.0, "analysed"),
        (2.0, 3.0, "unaccounted"),
    ]
    assert of_kind(heard, WindowFate)[-1].span.fresh == 2
    assert ledger.snapshot().unaccounted == 2


def test_a_window_that_was_open_when_the_subscriber_left_is_disposed() -> None:
    """The ledger knows a window from its first frame on, with when its end is filmed."""
    ledger, clock = Ledger("yard"), VirtualTimeScheduler(0.0)
    heard = heard_by(ledger)
    stream = watch(video_of(camera(50, live=True)), scripted("yes"), ledger=ledger, scheduler=clock)
    play(stream, seconds=14.0, scheduler=clock)
    (last,) = [one for one in of_kind(heard, WindowFate) if one.fate == "disposed"]
    assert (last.span.start, last.span.end, last.span.captured) == (10.0, 20.0, 20.0)


@pytest.mark.parametrize("make", ["by count", "with context"])
def test_other_windows_are_known_when_they_are_emitted(make: str) -> None:
    """Windows by count and around moments are told, too, though nothing is asked about them."""
    ledger = Ledger("yard")
    heard = heard_by(ledger)
    steps = {
        "by count": rxo.buffer_by_count(8),
        "with context": rxo.with_context(lambda frame: frame.index == 4, before=2.0, after=2.0),
    }
    play(counted_in(ledger, camera(4)).pipe(steps[make], rxo.close_ledger(ledger)))
    assert fates(heard) == [(0.0, 3.5 if make == "by count" else 4.0, "unaccounted")]


def test_frames_without_a_window_are_told_as_runs() -> None:
    """Frames in the gaps between windows are one run for each gap, with its times and how many there are."""
    ledger = Ledger("yard")
    heard = heard_by(ledger)
    stream = counted_in(ledger, camera(8, live=True)).pipe(
        rxo.buffer_by_time(1.0, 4.0, on_drop=ledger.drop), rxo.close_ledger(ledger)
    )
    play(stream)
    runs = of_kind(heard, FramesFate)
    assert [(run.start, run.end, run.frames, run.fate) for run in runs] == [
        (1.0, 3.5, 6, "skipped:gap"),
        (5.0, 7.5, 6, "skipped:gap"),
    ]
    assert [run.captured for run in runs] == [3.5, 7.5]


def test_a_long_run_is_told_in_pieces() -> None:
    """A run that goes on is told every 10 s, so that a listener knows of it while it lasts."""
    ledger = Ledger("yard")
    heard = heard_by(ledger)
    for frame in camera(25):
        ledger.capture(frame)
        ledger.drop(frame, "thinned")
    assert [(run.start, run.end, run.frames) for run in of_kind(heard, FramesFate)] == [
        (0.0, 10.0, 21),
        (10.5, 20.5, 21),
    ]


def test_frames_that_are_refused_are_told() -> None:
    """Frames that were lost before they were delivered are told as a run, when something else comes."""
    ledger = Ledger("yard")
    heard = heard_by(ledger)
    for frame in camera(2):
        ledger.refuse(frame, "overflow")
    ledger.state("stalled", "nothing came for 3 s")
    assert [(run.end, run.fate) for run in of_kind(heard, FramesFate)] == [(1.5, "overflow")]


def test_states_are_told_with_their_reason_and_since_when() -> None:
    """Each change of state is told once, with the time of the ledger's clock and of the newest frame."""
    now = iter([90.0, 100.0, 160.0, 190.0])
    ledger = Ledger("yard", clock=lambda: next(now))
    heard = heard_by(ledger)
    ledger.state("live")
    ledger.state("live")
    ledger.capture(camera(2)[3])
    ledger.state("waiting", "the camera refused the password")
    ledger.state("live")
    assert of_kind(heard, StateChange) == [
        StateChange("yard", "live", "", 100.0, 0.0),
        StateChange("yard", "waiting", "the camera refused the password", 160.0, 1.5),
        StateChange("yard", "live", "", 190.0, 1.5),
    ]


def test_a_listener_is_told_the_state_first() -> None:
    """Who listens while a camera is away is told at once since when, and why."""
    now = iter([90.0, 100.0])
    ledger = Ledger("yard", clock=lambda: next(now))
    assert told_first(ledger) == [StateChange("yard", "connecting", "", 90.0, 0.0)]
    ledger.state("waiting", "no route")
    assert told_first(ledger) == [StateChange("yard", "waiting", "no route", 100.0, 0.0)]


def test_a_listener_that_raises_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """What a listener raises is logged, the others are told, and the camera goes on."""
    ledger = Ledger("yard")

    def broken(_entry: Entry) -> None:
        raise RuntimeError("the disk is full")

    ledger.listen(broken)
    heard = heard_by(ledger)
    ledger.state("live")
    ledger.state("stalled")
    assert [one.state for one in of_kind(heard, StateChange)] == ["live", "stalled"]
    assert "a listener of the ledger of yard raised" in caplog.text
    assert "the disk is full" in caplog.text


def test_a_listener_leaves_by_disposal() -> None:
    """A listener is told nothing after it left; one that listens twice is told twice until then."""
    ledger = Ledger("yard")
    heard: list[Entry] = []
    first, _second = ledger.listen(heard.append), ledger.listen(heard.append)
    heard.clear()
    ledger.state("live")
    first.dispose()
    ledger.state("stalled")
    assert [one.state for one in of_kind(heard, StateChange)] == ["live", "live", "stalled"]


def test_a_listener_is_told_outside_the_lock() -> None:
    """While a listener is busy, another thread can count frames; what it causes is told after that, in order."""
    ledger = Ledger("yard")
    heard: list[Entry] = []
    counted = threading.Event()
    (ledger_was,) = told_first(ledger)

    def count() -> None:
        ledger.capture(camera(1)[0])
        ledger.state("stalled")
        counted.set()

    def listener(entry: Entry) -> None:
        if not heard:
            threading.Thread(target=count).start()
            assert counted.wait(10.0)
        heard.append(entry)

    ledger.listen(lambda entry: listener(entry) if entry != ledger_was else None)
    ledger.state("live")
    assert [one.state for one in of_kind(heard, StateChange)] == ["live", "stalled"]
    assert ledger.snapshot().captured == 1


def test_windows_that_nobody_asks_about_are_forgotten() -> None:
    """A camera never ends: of a thousand windows on their way the oldest is told as unaccounted."""
    ledger = Ledger("yard")
    heard = heard_by(ledger)
    (frame,) = frames_at([0.0])
    windows = [Window((frame,), float(at), at + 1.0) for at in range(1001)]
    for window in windows:
        ledger.expect(window.span)
    assert [one.span for one in of_kind(heard, WindowFate)] == [windows[0].span]


def test_entries_travel() -> None:
    """An entry, with the identity of its window, is equal after pickling."""
    ledger = Ledger("yard")
    heard = heard_by(ledger)
    (frame,) = frames_at([0.0])
    window = Window((frame,), 0.0, 1.0)
    ledger.state("live")
    ledger.drop(frame, "late")
    ledger.expect(window.span)
    ledger.drop(window, "skipped:gate")
    assert len(heard) == 3
    assert pickle.loads(pickle.dumps(heard)) == heard


def test_a_window_is_named_by_its_source_and_epoch() -> None:
    """The identity of a window says in which run, of which source and after how many reconnects it was made."""
    (frame,) = frames_at([0.0], source="yard")
    first, second = Window((frame,), 0.0, 1.0).window_id, Window((frame,), 0.0, 1.0).window_id
    assert (first.source, first.epoch, first.run) == ("yard", 0, second.run)
    assert first.number < second.number


def test_a_window_that_was_cut_short_says_when_it_began() -> None:
    """A camera that was lost within a window: `began` is when the window's start was filmed, by its first frame."""
    ledger = Ledger("yard")
    heard = heard_by(ledger)
    frames = [frame for frame in camera(14, live=True) if frame.time < 12.0]
    play(counted_in(ledger, frames).pipe(rxo.buffer_by_time(10.0), rxo.close_ledger(ledger)))
    assert [(one.began, one.span.captured) for one in of_kind(heard, WindowFate)] == [(0.0, 10.0), (10.0, 11.5)]
