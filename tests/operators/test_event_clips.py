"""The clips of events: of films, of cameras, of drawn and pushed pictures."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import reactivex
from conftest import WATCHDOG
from film import FILMS, card, full_decode, make_film
from reactivex import Observable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject
from rtsp_server import RtspServer

from rxvlm import Analysis, Clip, Event, Frame, Ledger, Stop, collect, rule, video, vlm_from, watch
from rxvlm import operators as rxo
from rxvlm.rules import Rule
from rxvlm.sources.running.delivery import counted
from rxvlm.stream import Stream
from rxvlm.testing import END, frames_at, play

pytestmark = pytest.mark.usefixtures("no_threads_left")
MODEL = vlm_from(lambda clip, _prompt: str(clip.start), name="m")


def between(start: float, end: float, name: str = "n") -> Rule:
    """Return a rule that holds for clips that begin within a span."""
    return rule(name, lambda analysis: start <= analysis.clip.start < end, need=(1, 1), clear=1)


def ends_of(stream: Observable[Any]) -> list[Event]:
    return [one for one in collect(stream) if isinstance(one, Event) and one.phase == "end"]


def watched(source: Any, clips: rxo.EventClips, *rules: Rule, every: float = 0.4) -> Stream[Any]:
    frames = source if isinstance(source, Observable) else video(source)
    return watch(frames.pipe(clips.record), MODEL, every=every, frames=2).pipe(rxo.with_events(*rules), clips.attach)


def shown(clip: Clip) -> list[tuple[float, Any]]:
    """Return the times in the source at which a player shows the pictures of a clip, and the pictures."""
    assert isinstance(clip.data, bytes)
    with av.open(io.BytesIO(clip.data), "r") as container:
        pictures = list(container.decode(video=0))
    first = clip.times[0]
    return [(first + (one.time or 0.0), one.to_ndarray(format="bgr24")) for one in pictures]


@pytest.mark.parametrize("film", ["h264-camera", "h264-bframes", "h264-open-groups-ts"])
def test_the_clip_of_an_event_in_a_film_is_copied(film: str, films: Callable[[str], Path]) -> None:
    """It begins with the key frame at or before its start, ends after its end, with the film's pictures and times."""
    path = films(film)
    full = full_decode(path)
    (end,) = ends_of(watched(path, rxo.EventClips(0.3, 0.5), between(1.6, 2.4)))
    assert (end.start, end.end, end.reason) == pytest.approx((1.6, 2.4, "cleared"))
    clip = end.clip
    assert clip is not None
    assert (clip.start, clip.end) == pytest.approx((1.3, 2.9))
    assert clip.source == end.camera
    pictures = shown(clip)
    keys = [frame.time for frame in collect(video(path)) if frame.keyframe]
    assert pictures[0][0] == pytest.approx(max(key for key in keys if key <= 1.3 + 1e-6))
    assert 2.86 - 1e-3 <= pictures[-1][0] < 3.1
    times = [time for time, _ in full]
    for time, picture in pictures:
        at = int(np.abs(np.array(times) - time).argmin())
        assert times[at] == pytest.approx(time, abs=1e-3)
        assert np.array_equal(picture, full[at][1])


@pytest.mark.parametrize("film", ["hevc", "mjpeg", "vp9"])
def test_what_cannot_be_copied_is_encoded_anew(film: str, films: Callable[[str], Path]) -> None:
    """Other codecs, and pictures that a step has changed, are encoded: just the span, at the same times."""
    path = films(film)
    (end,) = ends_of(watched(path, rxo.EventClips(0.3, 0.5), between(1.6, 2.4)))
    assert end.clip is not None
    pictures = shown(end.clip)
    wanted = [time for time, _ in full_decode(path) if 1.3 - 1e-6 <= time < 2.9 - 1e-6]
    assert [time for time, _ in pictures] == pytest.approx(wanted, abs=2e-3)
    assert list(end.clip.times) == pytest.approx(wanted, abs=2e-3)


def test_a_picture_that_was_changed_is_encoded_as_it_is(films: Callable[[str], Path]) -> None:
    """Behind a step that changes pictures, the clip shows what the step made, and not the camera's packets."""
    frames = video(films("h264-camera")).pipe(rxo.resize(80))
    (end,) = ends_of(watched(frames, rxo.EventClips(0.3, 0.5), between(1.6, 2.4)))
    assert end.clip is not None
    assert (end.clip.width, end.clip.height) == (80, 60)


def test_what_is_hidden_is_hidden_in_the_clip(films: Callable[[str], Path]) -> None:
    """A mask before the step is in the clip; an option of watch, which would hide behind it, is refused."""
    left = [(0, 0), (500, 0), (500, 1000), (0, 1000)]
    clips = rxo.EventClips(0.3, 0.5)
    (end,) = ends_of(watched(video(films("h264-camera")).pipe(rxo.mask([left])), clips, between(1.6, 2.4)))
    assert end.clip is not None
    pictures = shown(end.clip)
    assert len(pictures) == 40
    assert all(picture[:, :72].max() < 16 for _, picture in pictures)
    assert all(picture[:, 88:].max() > 100 for _, picture in pictures)
    recorded = video(films("h264-camera")).pipe(clips.record)
    with pytest.raises(ValueError, match=r"rxo.mask\(...\) before EventClips"):
        watch(recorded, MODEL, mask=[left])
    with pytest.raises(ValueError, match=r"rxo.crop\(...\) before EventClips"):
        watch(recorded, MODEL, crop=(0, 0, 500, 500))


def test_a_drawn_camera_has_clips() -> None:
    """Drawn pictures have no packets: they are drawn again and encoded."""
    source = "demo:yard?seconds=8&fps=5&width=160&height=90"
    (end,) = ends_of(watched(source, rxo.EventClips(1.0, 1.0), between(3.0, 5.0), every=1.0))
    assert end.clip is not None
    assert (end.clip.start, end.clip.end) == (2.0, 6.0)
    assert list(end.clip.times) == pytest.approx([2.0 + at / 5 for at in range(20)])
    assert len(shown(end.clip)) == 20


def test_a_camera_on_the_network_has_clips(films: Callable[[str], Path]) -> None:
    """Of a live camera the end waits until what comes after the event was filmed; the clip has the camera's packets."""
    clips, stop, ended = rxo.EventClips(0.5, 1.0), Stop(), threading.Event()
    heard: list[Event] = []

    def hear(item: Any) -> None:
        if isinstance(item, Event) and item.phase == "end":
            heard.append(item)
            stop.set()

    with RtspServer(films("h264-camera"), speed=2.0) as server:
        stream = watched(video(server.uri, stop=stop), clips, between(2.0, 3.2))
        stream.subscribe(hear, lambda _: ended.set(), ended.set)
        assert ended.wait(WATCHDOG)
    (end,) = heard
    assert end.reason == "cleared"
    assert end.captured is not None
    assert end.clip is not None
    assert (end.clip.start, end.clip.end) == pytest.approx((end.start - 0.5, end.end + 1.0))
    pictures = shown(end.clip)
    assert pictures[0][0] <= end.start - 0.5
    assert pictures[-1][0] >= end.end + 1.0 - 0.05
    assert np.diff([time for time, _ in pictures]) == pytest.approx(np.full(len(pictures) - 1, 0.04), abs=2e-3)


def test_pushed_pictures_have_clips() -> None:
    """Frames with their pictures in memory are encoded; the bound in bytes holds for them, too."""
    frames = [Frame.of(card(at, 64, 48), at / 10, source="pushed") for at in range(60)]
    (end,) = ends_of(
        watched(
            counted(reactivex.from_iterable(frames), Ledger("pushed"), live=False),
            rxo.EventClips(0.5, 0.5),
            between(2.0, 3.2),
        )
    )
    assert end.clip is not None
    assert end.clip.times[0] == pytest.approx(1.5)


def test_the_end_of_a_source_ends_the_clip(films: Callable[[str], Path]) -> None:
    """An event that runs when the film ends has the clip of what there is, before the stream completes."""
    (end,) = ends_of(watched(films("h264-camera"), rxo.EventClips(0.2, 60.0), between(2.4, 99.0)))
    assert end.reason == "stream ended"
    assert end.clip is not None
    assert shown(end.clip)[-1][0] == pytest.approx(full_decode(films("h264-camera"))[-1][0], abs=1e-3)


def test_two_events_at_once_have_clips_of_their_own(films: Callable[[str], Path]) -> None:
    """Each has its own span of the same frames, also one that begins while another runs."""
    rules = (between(0.8, 2.8, "long"), between(1.6, 2.0, "short"))
    ends = ends_of(watched(films("h264-camera"), rxo.EventClips(0.2, 0.2), *rules))
    spans = {end.name: (end.clip.start, end.clip.end) for end in ends if end.clip is not None}
    assert spans["short"] == pytest.approx((1.4, 2.2))
    assert spans["long"] == pytest.approx((0.6, 3.0))


def answer(start: float, *, holds: bool) -> Analysis:
    clip = Clip((b"x",), "image/jpeg", (start,), 8, 8, start, start + 1.0, captured=start + 1.0, source="test")
    return Analysis(clip, "?", "m", 0.0, 1.0, value=holds)


HELD = rule("n", lambda a: a.value, need=(1, 1), clear=1, cooldown=10.0)


class ByHand:
    """A camera whose frames and answers a test gives one by one, on virtual time."""

    def __init__(self, **options: Any) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.lost: list[tuple[str, str]] = []
        self.events: list[Event] = []
        self._frames, self._answers = Subject[Any](), Subject[Any]()
        clips = rxo.EventClips(scheduler=self.clock, on_drop=self._on_drop, **options)
        self.recording = self._frames.pipe(clips.record).subscribe(scheduler=self.clock)
        events = self._answers.pipe(rxo.with_events(HELD), clips.attach)
        self.watching = events.subscribe(self._hear, scheduler=self.clock)

    def film(self, start: int, end: int) -> None:
        """Give a frame a second, 64 x 48 pixels, which count 438 bytes each."""
        for frame in frames_at([float(at) for at in range(start, end)], live=True):
            self._frames.on_next(frame)

    def answer(self, start: float, *, holds: bool) -> None:
        self._answers.on_next(answer(start, holds=holds))

    def _hear(self, item: Any) -> None:
        if isinstance(item, Event):
            self.events.append(item)

    def _on_drop(self, event: Event, reason: str) -> None:
        self.lost.append((event.phase, reason))


def test_a_long_event_has_the_clip_of_its_beginning(caplog: pytest.LogCaptureFixture) -> None:
    """An event beyond the bound in bytes keeps its beginning; what is missing is said and told once."""
    camera = ByHand(before=2.0, after=1.0, capacity_bytes=20 * 438)
    camera.film(0, 10)
    camera.answer(5.0, holds=True)
    camera.film(10, 3600)
    camera.answer(3000.0, holds=True)
    with caplog.at_level(logging.WARNING, "rxvlm"):
        camera.answer(3590.0, holds=False)
        camera.clock.advance_by(0.1)
    clip = camera.events[-1].clip
    assert clip is not None
    assert (clip.start, clip.end, len(clip.times)) == (3.0, 22.0, 20)
    assert camera.lost == [("end", "overflow")]
    assert "the rest is over the bound" in caplog.text


def test_a_start_that_the_ring_does_not_reach_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """A suppressed event that is given later began before the newest frames: its clip begins late, which is said."""
    camera = ByHand(before=1.0, after=1.0, lag=5.0)
    camera.film(0, 10)
    for start, holds in ((1.0, True), (2.0, False), (4.0, True), (8.0, True)):
        camera.answer(start, holds=holds)
    camera.film(10, 20)
    camera.answer(14.0, holds=True)
    with caplog.at_level(logging.WARNING, "rxvlm"):
        camera.answer(17.0, holds=False)
        camera.clock.advance_by(0.1)
    end = camera.events[-1]
    assert (end.phase, end.start) == ("end", 4.0)
    assert (clip := end.clip) is not None
    assert (clip.start, clip.end) == (13.0, 16.0)
    assert "begins 10.0 s late" in caplog.text


def test_a_silent_camera_does_not_hold_up_an_end() -> None:
    """What comes after an event may never come from a camera: its end is given at most 5 s after it should have."""
    camera = ByHand(before=1.0, after=3.0)
    camera.film(0, 4)
    camera.answer(1.0, holds=True)
    camera.answer(2.0, holds=False)
    camera.clock.advance_by(7.9)
    assert [event.phase for event in camera.events] == ["start"]
    camera.clock.advance_by(0.2)
    assert [event.phase for event in camera.events] == ["start", "end"]
    assert camera.events[1].clip is not None
    assert camera.events[1].clip.times == (0.0, 1.0, 2.0, 3.0)


def test_an_end_that_waits_at_a_disposal_is_told() -> None:
    """Nothing is delivered after a disposal: the end that waited for its clip goes to on_drop."""
    camera = ByHand(before=1.0, after=3.0)
    camera.film(0, 1)
    camera.answer(0.0, holds=True)
    camera.answer(1.0, holds=False)
    camera.watching.dispose()
    assert camera.lost == [("end", "disposed")]
    assert [event.phase for event in camera.events] == ["start"]


def test_an_end_is_given_or_told_but_not_both() -> None:
    """Whenever the subscriber leaves, each end was delivered, or is told as disposed; a clip in the making is left."""
    ledger, heard, lost = Ledger("drawn"), list[str](), list[str]()
    clips = rxo.EventClips(9.0, 0.0, on_drop=lambda event, _reason: lost.append(event.id))
    frames = counted(reactivex.from_iterable(frames_at([at / 20 for at in range(200)])), ledger, live=False)
    rules = [between(at, at + 0.4, f"n{at}") for at in range(2, 9)]
    given = threading.Event()

    def hear(item: Any) -> None:
        if isinstance(item, Event) and item.phase == "end":
            heard.append(item.id)
            given.set()

    watching = watched(frames, clips, *rules).subscribe(hear)
    assert given.wait(WATCHDOG)
    watching.dispose()
    assert len({*heard, *lost}) == len(heard) + len(lost)


def test_more_ends_than_are_waited_for_have_no_clip() -> None:
    """Of many ends that wait, the newest are given at once without a clip, and told."""
    camera = ByHand(before=0.0, after=100.0)
    camera.film(0, 3)
    for at in range(10):
        camera.answer(20.0 * at, holds=True)
        camera.answer(20.0 * at + 5, holds=False)
    assert [event.clip for event in camera.events if event.phase == "end"] == [None, None]
    assert camera.lost == [("end", "overflow")] * 2


def test_events_of_unknown_cameras_pass(caplog: pytest.LogCaptureFixture) -> None:
    """An event of a camera that is not recorded has no clip, which is said once; one about a model is none of its."""
    start = Event(id="1", name="model_down", camera="", phase="start", start=0.0, end=1.0)
    events = [start, replace(start, phase="end"), *[replace(start, id=str(at), camera="yard") for at in range(3)]]
    with caplog.at_level(logging.WARNING, "rxvlm"):
        played = [item for _, item in play(reactivex.from_iterable(events).pipe(rxo.EventClips().attach))]
    assert played == [*events, END]
    assert [
        record.getMessage() for record in caplog.records if "no frames of 'yard' were recorded" in record.getMessage()
    ]
    assert len(caplog.records) == 1


def test_cameras_that_came_and_went_are_forgotten() -> None:
    """Of many cameras that ended, the frames of the newest few are kept."""
    clips = rxo.EventClips()
    for at in range(20):
        frame = frames_at([0.0], source=f"camera {at}")[0]
        reactivex.just(frame).pipe(clips.record).subscribe()
    assert len(clips._cameras) <= 9


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"before": -1.0}, ValueError),
        ({"after": float("nan")}, ValueError),
        ({"lag": float("inf")}, ValueError),
        ({"before": "3"}, TypeError),
        ({"capacity_bytes": 0}, ValueError),
    ],
)
def test_wrong_arguments_are_refused(options: dict[str, Any], error: type[Exception]) -> None:
    """A number that is none, or out of range, is an error at once that names it."""
    with pytest.raises(error, match=next(iter(options))):
        rxo.EventClips(**options)


def test_a_film_with_long_groups(tmp_path: Path) -> None:
    """With one key frame for the whole film the clip begins with it, and says so in its times."""
    path = make_film(tmp_path / "long.mp4", FILMS["mpeg4"], [at / 25 for at in range(75)])
    (end,) = ends_of(watched(path, rxo.EventClips(0.1, 0.1), between(1.2, 2.0)))
    assert end.clip is not None
    assert end.clip.times[0] == pytest.approx(1.1, abs=0.04)
