"""The whole usual pipeline on one virtual clock: its analyses, their times, and a ledger that adds up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import reactivex
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler

from rxvlm import Analysis, DecodeError, Frame, Ledger, ModelError, ModelTimeoutError, Stop, Tally, watch, watch_all
from rxvlm.media.picture import Image
from rxvlm.operators import analyze, buffer_by_time, encode_jpegs, sample_evenly
from rxvlm.testing import END, Say, ScriptedVlm, frames_at, play, scripted, video_of


class Damaged:
    """Pixels that cannot be decoded."""

    def picture(self) -> Any:
        raise DecodeError("damaged")

    def image(self) -> Image:
        raise DecodeError("damaged")


def camera(seconds: float, *, every: float = 0.5, live: bool = True) -> list[Frame]:
    """Return the frames of a camera that runs so many seconds, with a frame every half second."""
    return frames_at([at * every for at in range(round(seconds / every))], live=live, size=(16, 16))


def model(*answers: str | Say | Exception) -> ScriptedVlm:
    """Script a model that takes 1.3 s by default, so that no answer comes at the time of a frame."""
    return scripted(*(say if isinstance(say, Say) else _say(say) for say in answers))


def _say(answer: str | Exception) -> Say:
    return Say(answer, 1.3) if isinstance(answer, str) else Say("", 1.3, error=answer)


def watched(
    source: Observable[Frame], vlm: ScriptedVlm, ledger: Ledger, *, seconds: float = 3600.0, **how: Any
) -> list[tuple[float, Any]]:
    """Watch frames in windows of 10 s on a new virtual clock; return what came, and when."""
    clock = VirtualTimeScheduler(0.0)
    return play(watch(source, vlm, ledger=ledger, scheduler=clock, **how), seconds=seconds, scheduler=clock)


def told(heard: list[tuple[float, Any]]) -> list[tuple[float, float | str, str]]:
    """Return (second, window's start, text or error) of each analysis, and the end."""
    return [
        (time, item.clip.start, type(item.error).__name__ if item.error else item.text)
        if isinstance(item, Analysis)
        else (time, "over", str(item))
        for time, item in heard
    ]


def adds_up(tally: Tally) -> bool:
    settled = tally.analysed + tally.failed + tally.skipped + tally.thinned + sum(tally.dropped.values())
    return tally.captured == settled + tally.waiting + tally.in_flight + tally.unaccounted


def counts(ledger: Ledger) -> dict[str, Any]:
    """Check that the ledger adds up; return its terms that are not 0."""
    tally = ledger.snapshot()
    assert adds_up(tally), tally
    terms = ("captured", "analysed", "failed", "dropped", "skipped", "thinned", "waiting", "in_flight", "unaccounted")
    return {term: getattr(tally, term) for term in terms if getattr(tally, term)}


def test_every_window_is_analysed() -> None:
    """With a fast model every window has an analysis, after the first frame beyond the window."""
    ledger, vlm = Ledger("yard"), model("a cat", "a dog", "rain")
    heard = watched(video_of(camera(25.0)), vlm, ledger)
    assert told(heard) == [(11.3, 0.0, "a cat"), (21.3, 10.0, "a dog"), (25.8, 20.0, "rain"), (25.8, "over", "END")]
    assert counts(ledger) == {"captured": 50, "analysed": 50}
    assert ledger.snapshot().windows == 3
    assert ledger.snapshot().state == "ended"


def test_an_analysis_knows_its_age() -> None:
    """The age of an analysis is the time from the end of its window to the answer, on the same clock."""
    heard = watched(video_of(camera(20.5)), model(Say("yes", seconds=2.5)), Ledger())
    assert [item.age for _, item in heard[:2]] == [2.5, 2.5]


def test_a_clip_has_the_frames_asked_for() -> None:
    """``every``, ``frames``, ``width`` and ``prompt`` reach their steps."""
    vlm = model("yes")
    watched(video_of(camera(10.0)), vlm, Ledger(), every=4.0, frames=2, width=8, prompt="Who?")
    clips = [clip for clip, _ in vlm.asked]
    assert [(clip.start, clip.times, clip.width) for clip in clips] == [
        (0.0, (0.0, 2.0), 8),
        (4.0, (4.0, 6.0), 8),
        (8.0, (8.0, 9.5), 8),
    ]
    assert {prompt for _, prompt in vlm.asked} == {"Who?"}


def test_failed_calls_are_counted_and_the_stream_goes_on() -> None:
    """Model errors are analyses with an error, counted as failed; the windows after them are analysed."""
    ledger, vlm = Ledger(), model("a", ModelError("no"), ZeroDivisionError("oops"), "d")
    heard = watched(video_of(camera(40.0)), vlm, ledger)
    assert [text for _, _, text in told(heard)] == ["a", "ModelError", "ModelError", "d", "END"]
    assert counts(ledger) == {"captured": 80, "analysed": 40, "failed": 40}


def test_calls_that_take_too_long_are_counted_as_failed() -> None:
    """Calls that time out are cancelled and counted as failed."""
    ledger, vlm = Ledger(), model(Say("never", seconds=500.0), "b")
    heard = watched(video_of(camera(20.0)), vlm, ledger, timeout=7.5)
    assert told(heard)[0] == (17.5, 0.0, ModelTimeoutError.__name__)
    assert counts(ledger) == {"captured": 40, "analysed": 20, "failed": 20}
    assert vlm.hung_up == 1


def test_a_slow_model_loses_the_oldest_windows() -> None:
    """A slow model does not block the camera: the oldest waiting windows are lost and counted."""
    ledger, vlm = Ledger(), model(Say("slow", seconds=35.3))
    heard = watched(video_of(camera(120.0)), vlm, ledger)
    assert [start for _, start, _ in told(heard)] == [0.0, 20.0, 60.0, 90.0, 100.0, 110.0, "over"]
    assert counts(ledger) == {"captured": 240, "analysed": 120, "dropped": {"overflow": 120}}


def test_answers_that_are_too_old_are_lost() -> None:
    """With ``max_age`` every answer is young enough; calls that become too old are cancelled or skipped."""
    ledger, vlm = Ledger(), model(Say("slow", seconds=35.3), Say("quick", seconds=1.3))
    heard = watched(video_of(camera(60.0)), vlm, ledger, max_age=15.1)
    assert all(item.age <= 15.1 for _, item in heard[:-1])
    assert counts(ledger) == {"captured": 120, "analysed": 100, "dropped": {"late": 20}}
    assert vlm.hung_up == 1


def test_leaving_in_the_middle_settles_everything() -> None:
    """A disposal loses what waits and what is in flight as "disposed", and cancels the call."""
    ledger, vlm = Ledger(), model("a", Say("b", seconds=30.0))
    heard = watched(video_of(camera(60.0)), vlm, ledger, seconds=33.3)
    assert told(heard) == [(11.3, 0.0, "a")]
    assert counts(ledger) == {"captured": 67, "analysed": 20, "dropped": {"disposed": 47}}
    assert vlm.hung_up == 1


def test_having_enough_settles_everything() -> None:
    """The ledger adds up also if the subscriber disposes inside a delivery."""
    ledger, clock = Ledger(), VirtualTimeScheduler(0.0)
    stream = watch(video_of(camera(60.0)), model("a"), ledger=ledger, scheduler=clock).pipe(ops.take(1))
    assert told(play(stream, scheduler=clock)) == [(11.3, 0.0, "a"), (11.3, "over", "END")]
    assert counts(ledger) == {"captured": 23, "analysed": 20, "dropped": {"disposed": 3}}


def test_a_source_that_fails_fails_after_what_it_gave() -> None:
    """The error of a source comes after the analyses of all frames before it."""
    ledger, vlm = Ledger(), model("a", "b")
    broken = video_of(camera(15.0)).pipe(ops.concat(reactivex.throw(RuntimeError("cut"))))
    heard = watched(broken, vlm, ledger)
    assert told(heard) == [(11.3, 0.0, "a"), (15.8, 10.0, "b"), (15.8, "over", "cut")]
    assert counts(ledger) == {"captured": 30, "analysed": 30}


def test_a_stop_ends_it_gently() -> None:
    """After a stop nothing more is captured, and all that was captured is analysed."""
    ledger, stop, clock = Ledger(), Stop(), VirtualTimeScheduler(0.0)
    clock.schedule_absolute(13.3, lambda _scheduler, _state: stop.set())
    stream = watch(video_of(camera(60.0)), model("a", "b"), ledger=ledger, stop=stop, scheduler=clock)
    heard = play(stream, scheduler=clock)
    assert told(heard) == [(11.3, 0.0, "a"), (14.6, 10.0, "b"), (14.6, "over", "END")]
    assert counts(ledger) == {"captured": 27, "analysed": 27}


def test_a_prompt_that_raises_fails_its_calls_and_the_camera_goes_on() -> None:
    """A prompt function that raises gives failed analyses; the ledger counts them as failed."""

    def prompt(clip: Any) -> str:
        raise RuntimeError(f"no words for {clip.start:g}")

    ledger = Ledger()
    heard = watched(video_of(camera(30.0)), model("a"), ledger, prompt=prompt)
    assert [start for _, start, _ in told(heard)] == [0.0, 10.0, 20.0, "over"]
    assert counts(ledger) == {"captured": 60, "failed": 60}


def test_a_window_that_cannot_be_decoded_is_counted() -> None:
    """A window of which no picture can be decoded is lost as "undecodable"; the others are analysed."""
    ledger = Ledger()
    frames = [replace(frame, pixels=Damaged()) if 10 <= frame.time < 20 else frame for frame in camera(30.0)]
    heard = watched(video_of(frames), model("a"), ledger)
    assert [start for _, start, _ in told(heard)] == [0.0, 20.0, "over"]
    assert counts(ledger) == {"captured": 60, "analysed": 40, "dropped": {"undecodable": 20}}


def test_a_frame_too_late_is_counted() -> None:
    """A frame that comes after its window was closed is lost as "late"."""
    ledger = Ledger()
    frames = camera(25.0)
    heard = watched(video_of([*frames[:23], frames[3], *frames[23:]]), model("a"), ledger)
    assert [start for _, start, _ in told(heard)] == [0.0, 10.0, 20.0, "over"]
    assert counts(ledger) == {"captured": 51, "analysed": 50, "dropped": {"late": 1}}


@pytest.mark.parametrize("effort", ["exact", "keyframes"])
def test_windows_of_several_cameras_are_those_of_the_clock(effort: Any) -> None:
    """With ``aligned="clock"`` cameras that were opened at different moments are asked about the same spans."""
    opened = {"yard": 1007.0, "gate": 1012.5}
    frames = {
        name: [replace(frame, source=name, captured=at + frame.time) for frame in camera(25.0)]
        for name, at in opened.items()
    }
    clock = VirtualTimeScheduler(0.0)
    cameras = {name: video_of(those) for name, those in frames.items()}
    asked = watch_all(cameras, model("a"), aligned="clock", effort=effort, scheduler=clock)
    clips = [analysis.clip for _, analysis in play(asked, scheduler=clock)[:-1]]
    slots = {name: [clip.span.slot for clip in clips if clip.source == name] for name in opened}
    assert slots == {"yard": [100, 101, 102, 103], "gate": [101, 102, 103]}
    assert {clip.start + opened[clip.source] for clip in clips} == {1000.0, 1010.0, 1020.0, 1030.0}


def test_what_a_users_own_step_lets_fall_is_unaccounted() -> None:
    """What a user's own filter between the steps removes is counted as unaccounted at the end."""
    ledger, clock = Ledger(), VirtualTimeScheduler(0.0)
    stream = video_of(camera(60.0)).pipe(
        ops.do_action(ledger.capture),
        buffer_by_time(3.0, 5.0, on_drop=ledger.drop),
        sample_evenly(2),
        ops.filter(lambda window: window.start % 10 == 0),
        encode_jpegs(scheduler=clock, on_drop=ledger.drop),
        analyze(model("a"), "?", ledger=ledger),
        ops.do_action(on_completed=ledger.close),
    )
    heard = play(stream, scheduler=clock)
    assert len(heard) == 7
    assert counts(ledger) == {"captured": 120, "analysed": 36, "skipped": 48, "unaccounted": 36}


def test_the_sum_holds_at_every_moment() -> None:
    """At every moment, with overload, time-outs and errors, every frame is in exactly one term."""
    ledger, clock = Ledger(), VirtualTimeScheduler(0.0)
    sums: list[bool] = []
    for at in range(900):
        clock.schedule_absolute(at * 0.31, lambda _scheduler, _state: sums.append(adds_up(ledger.snapshot())))
    vlm = model(*(Say("a", seconds=at * 1.37 % 50) for at in range(7)), ModelError("no"), Say("z", seconds=19.1))
    play(
        watch(video_of(camera(240.0)), vlm, ledger=ledger, scheduler=clock, timeout=30.0, max_age=40.0), scheduler=clock
    )
    assert len(sums) == 900
    assert all(sums)
    assert counts(ledger)["captured"] == 480
    assert ledger.snapshot().waiting == ledger.snapshot().in_flight == ledger.snapshot().unaccounted == 0


def test_it_is_the_same_twice() -> None:
    """The same camera and script give the same analyses at the same seconds, and the same counts."""

    def run() -> tuple[Any, Any, list[bytes]]:
        ledger = Ledger()
        vlm = model(*(Say(str(at), seconds=at * 7.31 % 29) for at in range(12)))
        heard = watched(video_of(camera(180.0)), vlm, ledger, max_concurrent=2)
        return told(heard), ledger.snapshot(), [clip.data for clip, _ in vlm.asked if isinstance(clip.data, bytes)]

    assert run() == run()


def test_it_can_be_watched_twice() -> None:
    """The stream is cold: each subscription watches again, and the ledger goes on counting."""
    ledger, clock = Ledger(), VirtualTimeScheduler(0.0)
    stream = watch(video_of(camera(10.0)), model("a"), ledger=ledger, scheduler=clock)
    assert [len(play(stream, seconds=100.0, scheduler=clock)) for _ in range(2)] == [2, 2]
    assert counts(ledger) == {"captured": 40, "analysed": 40}


@given(
    says=st.lists(st.tuples(st.floats(0.01, 60.0), st.booleans()), min_size=1, max_size=8),
    concurrent=st.integers(1, 3),
    max_age=st.one_of(st.none(), st.floats(5.0, 40.0)),
    leave=st.floats(1.0, 200.0),
)
@settings(max_examples=25)
def test_the_ledger_is_exact_whatever_happens(
    says: list[tuple[float, bool]], concurrent: int, max_age: float | None, leave: float
) -> None:
    """Whatever the model does, and whenever the stream is disposed of, every frame is accounted for."""
    ledger = Ledger()
    vlm = model(*(Say("a", seconds, error=ModelError("no") if fails else None) for seconds, fails in says))
    heard = watched(
        video_of(camera(90.0, every=1.0)),
        vlm,
        ledger,
        seconds=leave,
        max_concurrent=concurrent,
        max_age=max_age,
        timeout=20.0,
        width=None,
    )
    analyses = [item for _, item in heard if isinstance(item, Analysis)]
    tally = ledger.snapshot()
    assert adds_up(tally)
    assert tally.waiting == tally.in_flight == tally.unaccounted == 0
    assert tally.windows >= len(analyses)
    if heard and heard[-1][1] is END:
        assert tally.failed == sum(item.clip.fresh for item in analyses if item.error)
        assert tally.analysed == sum(item.clip.fresh for item in analyses if not item.error)


def test_cameras_are_watched_together() -> None:
    """Each of eight cameras gets all its analyses of half an hour, in order, under its own name."""
    clock = VirtualTimeScheduler(0.0)
    frames = camera(1800.0, every=5.0)
    names = [f"camera {number}" for number in range(8)]
    ledgers = {name: Ledger(name) for name in names}
    cameras: dict[str, Any] = {name: video_of(frames) for name in names}
    vlm = model(Say("yes", seconds=3.3))
    heard = play(watch_all(cameras, vlm, ledgers=ledgers, every=30.0, frames=2, scheduler=clock), scheduler=clock)
    assert heard[-1] == (1798.3, END)
    for name in names:
        mine = [item for _, item in heard[:-1] if item.clip.source == name]
        assert [item.clip.start for item in mine] == [at * 30.0 for at in range(60)]
        assert counts(ledgers[name]) == {"captured": 360, "analysed": 360}


def test_a_camera_that_fails_harms_no_other() -> None:
    """The error of one camera comes when all have ended; the errors of two come as a group."""
    clock = VirtualTimeScheduler(0.0)
    broken: Observable[Frame] = video_of(camera(5.0)).pipe(ops.concat(reactivex.throw(RuntimeError("cut"))))
    ledgers = {name: Ledger(name) for name in ("good", "bad")}
    cameras: dict[str, Any] = {"bad": broken, "good": video_of(camera(25.0))}
    heard = play(watch_all(cameras, model("yes"), ledgers=ledgers, scheduler=clock), scheduler=clock)
    assert [(time, str(item)) for time, item in heard if isinstance(item, Exception)] == [(25.8, "cut")]
    assert [item.clip.source for _, item in heard[:-1]] == ["bad", "good", "good", "good"]
    assert [counts(book) for book in ledgers.values()] == [{"captured": n, "analysed": n} for n in (50, 10)]
    clock = VirtualTimeScheduler(0.0)
    heard = play(watch_all({"one": broken, "two": broken}, model("yes"), scheduler=clock), scheduler=clock)
    assert isinstance(heard[-1][1], ExceptionGroup)
    assert len(heard[-1][1].exceptions) == 2


def test_leaving_all_leaves_each() -> None:
    """A disposal disposes of every camera: each ledger adds up, and no call goes on."""
    clock = VirtualTimeScheduler(0.0)
    ledgers = {name: Ledger(name) for name in ("one", "two")}
    vlm = model(Say("slow", seconds=20.0))
    cameras: dict[str, Any] = {name: video_of(camera(100.0)) for name in ledgers}
    play(watch_all(cameras, vlm, ledgers=ledgers, scheduler=clock), seconds=15.2, scheduler=clock)
    assert [counts(book) for book in ledgers.values()] == [{"captured": 31, "dropped": {"disposed": 31}}] * 2
    assert vlm.hung_up == 2


def test_there_must_be_a_camera() -> None:
    """Watching no camera is a ValueError at once."""
    with pytest.raises(ValueError, match="no camera"):
        watch_all({}, model("yes"))
