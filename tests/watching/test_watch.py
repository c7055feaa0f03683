"""`watch` and `watch_all` on real input and real threads; on virtual time see test_watch_virtual."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from reactivex import Observable
from reactivex import operators as ops

import rxvlm
from rxvlm import collect, watch, watch_all
from rxvlm.testing import frames_at
from rxvlm.watching.embedded import _say_once
from rxvlm.watching.options import Effort

pytestmark = pytest.mark.usefixtures("no_threads_left")
Hear = Callable[[Observable[Any]], Any]
CARS = Path(__file__).parent.parent.parent / "notebooks" / "clips" / "cars.mp4"
MODEL = rxvlm.vlm_from(lambda clip, prompt: f"{prompt} {clip.seen}", name="counter")


def settled(ledger: rxvlm.Ledger) -> tuple[int, int, int, int]:
    tally = ledger.snapshot()
    return tally.captured, tally.analysed, tally.waiting + tally.in_flight, tally.unaccounted


@pytest.mark.parametrize("pace", [None, 20.0])
def test_a_minute_is_six_windows(pace: float | None, hear: Hear) -> None:
    """60 s at 30 frames per second are exactly six analyses at any pace; every frame is accounted for."""
    ledger = rxvlm.Ledger("yard")
    film = "demo:yard?seconds=60&fps=30&width=64&height=36"
    heard = hear(rxvlm.watch(film, MODEL, prompt="frames:", every=10.0, frames=8, pace=pace, ledger=ledger))
    assert heard.ended
    assert [(a.clip.start, a.clip.end, a.text) for a in heard.items] == [
        (at, at + 10.0, "frames: 300") for at in range(0, 60, 10)
    ]
    assert settled(ledger) == (1800, 1800, 0, 0)
    assert ledger.snapshot().windows == 6


def test_a_file_waits_for_the_model(hear: Hear, films: Callable[[str], Path]) -> None:
    """A slow model loses nothing of a file, and never do more windows exist than the bounds allow."""
    ledger, most = rxvlm.Ledger("film"), [0]
    gate = threading.Semaphore(0)

    def slow(clip: rxvlm.Clip, _: str) -> str:
        gate.acquire(timeout=0.02)
        most[0] = max(most[0], ledger.snapshot().captured - int(clip.start * 25))
        return str(clip.start)

    heard = hear(rxvlm.watch(films("mjpeg"), rxvlm.vlm_from(slow), every=0.2, ledger=ledger))
    assert [float(a.text) for a in heard.items] == pytest.approx([at / 5 for at in range(18)])
    assert settled(ledger) == (90, 90, 0, 0)
    assert most[0] <= 5 * 10


def test_one_ledger_for_video_and_watch_counts_once(hear: Hear, films: Callable[[str], Path]) -> None:
    """The same ledger given to both, or to the video alone, counts every frame once."""
    ledger = rxvlm.Ledger("film")
    hear(rxvlm.watch(rxvlm.video(films("mjpeg"), ledger=ledger), MODEL, every=1.0, ledger=ledger))
    assert settled(ledger) == (90, 90, 0, 0)
    source = rxvlm.video(films("mjpeg"))
    hear(rxvlm.watch(source, MODEL, every=1.0))
    assert settled(source.ledger) == (90, 90, 0, 0)


def test_a_ledger_of_its_own_for_a_video_under_another_name(hear: Hear, films: Callable[[str], Path]) -> None:
    """A video that is watched under another name has frames of that name, counted in the given ledger."""
    ledger = rxvlm.Ledger("front")
    heard = hear(rxvlm.watch(rxvlm.video(films("mjpeg")), MODEL, every=2.0, name="front", ledger=ledger))
    assert {a.clip.source for a in heard.items} == {"front"}
    assert settled(ledger) == (90, 90, 0, 0)


def test_a_plain_observable_is_watched_too(hear: Hear) -> None:
    """Any stream of frames is a source; its state and its failure are in the ledger."""
    ledger = rxvlm.Ledger("mine")
    frames = reactivex.from_iterable(frames_at([0.0, 0.4, 1.2])).pipe(ops.concat(reactivex.throw(OSError("unplugged"))))
    heard = hear(rxvlm.watch(frames, MODEL, every=1.0, ledger=ledger))
    assert isinstance(heard.error, OSError)
    assert len(heard.items) == 2
    assert settled(ledger) == (3, 3, 0, 0)
    assert (ledger.snapshot().state, ledger.snapshot().reason) == ("failed", "unplugged")


def test_a_failing_model_is_an_answer_each(hear: Hear, films: Callable[[str], Path]) -> None:
    """Failed calls are analyses with an error; the stream goes on to its end."""

    def broken(*_: object) -> str:
        raise ConnectionError("http://u:s3cret@host is away")

    ledger = rxvlm.Ledger("film")
    heard = hear(rxvlm.watch(films("mjpeg"), rxvlm.vlm_from(broken), every=1.0, ledger=ledger))
    assert heard.ended
    assert [type(a.error) for a in heard.items] == [rxvlm.ModelError] * 4
    assert "is away" in str(heard.items[0].error)
    assert "s3cret" not in str(heard.items[0].error)
    assert ledger.snapshot().failed == 90


def test_stop_finishes_what_is_under_way() -> None:
    """After a stop the open window is answered, the stream completes, and every frame is accounted for."""
    ledger, stop, ended, first = rxvlm.Ledger("yard"), rxvlm.Stop(), threading.Event(), threading.Event()
    answers: list[rxvlm.Analysis] = []

    def on_next(analysis: rxvlm.Analysis) -> None:
        answers.append(analysis)
        first.set()

    watching = rxvlm.watch("demo:yard?fps=50&width=64&height=36", MODEL, every=0.5, ledger=ledger, stop=stop)
    watching.subscribe(on_next, None, ended.set)
    assert first.wait(WATCHDOG)
    stop.set()
    assert ended.wait(WATCHDOG)
    captured, analysed, left, unaccounted = settled(ledger)
    assert captured == analysed == sum(analysis.clip.seen for analysis in answers)
    assert (left, unaccounted) == (0, 0)


def test_dispose_leaves_an_exact_ledger() -> None:
    """After a disposal nothing more is counted; what was under way is lost as ``disposed``."""
    ledger, first = rxvlm.Ledger("yard"), threading.Event()
    watching = rxvlm.watch("demo:yard?fps=50&width=64&height=36", MODEL, every=0.3, ledger=ledger)
    subscription = watching.subscribe(lambda _: first.set())
    assert first.wait(WATCHDOG)
    subscription.dispose()
    tally = ledger.snapshot()
    assert tally.captured == tally.analysed + sum(tally.dropped.values())
    assert (tally.waiting, tally.in_flight) == (0, 0)
    for thread in threading.enumerate():
        if thread.name.startswith("rxvlm"):
            thread.join(WATCHDOG)
    assert ledger.snapshot() == tally


def test_many_cameras_and_one_that_fails(hear: Hear, films: Callable[[str], Path]) -> None:
    """A camera that can never be opened does not harm the others; its error comes at the end."""
    ledgers = {name: rxvlm.Ledger(name) for name in ("a", "b", "c")}
    cameras: dict[str, Any] = {"a": films("mjpeg"), "b": "nowhere.mp4", "c": films("mpeg4")}
    heard = hear(rxvlm.watch_all(cameras, MODEL, every=2.0, ledgers=ledgers))
    assert sorted(a.clip.source for a in heard.items) == ["a", "a", "c", "c"]
    assert isinstance(heard.error, rxvlm.SourceNotFoundError)
    assert ledgers["b"].snapshot().state == "failed"
    assert settled(ledgers["a"]) == settled(ledgers["c"]) == (90, 90, 0, 0)


def test_several_that_fail_are_a_group(hear: Hear) -> None:
    """Two failures come as one ExceptionGroup."""
    heard = hear(rxvlm.watch_all({"a": "no.mp4", "b": "none.mp4"}, MODEL))
    assert isinstance(heard.error, ExceptionGroup)
    assert len(heard.error.exceptions) == 2


def test_no_camera_is_refused() -> None:
    """An empty mapping of cameras is an error."""
    with pytest.raises(ValueError, match="no camera"):
        rxvlm.watch_all({}, MODEL)


def test_watching_again_counts_on(hear: Hear, films: Callable[[str], Path]) -> None:
    """The stream is cold: two subscriptions watch twice, and the ledger goes on counting."""
    ledger = rxvlm.Ledger("film")
    stream = rxvlm.watch(films("mjpeg"), MODEL, every=1.0, ledger=ledger)
    assert len(hear(stream).items) == len(hear(stream).items) == 4
    assert settled(ledger) == (180, 180, 0, 0)


@pytest.mark.parametrize(("effort", "frames"), [("exact", [8, 8, 8]), ("keyframes", [3, 2, 2])])
def test_effort_is_how_much_is_decoded(effort: Effort, frames: list[int]) -> None:
    """With exact moments a window has eight frames; with key frames as many as the camera sent."""
    analyses = rxvlm.collect(rxvlm.watch(CARS, MODEL, effort=effort))
    assert [len(analysis.clip.times) for analysis in analyses] == frames


def test_a_copied_window_is_all_that_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is decoded; each frame of a window is in its clip, and accounted for; the last 0.08 s are skipped."""
    monkeypatch.setattr("rxvlm.media.codec.Codec.decoder", None)
    ledger = rxvlm.Ledger("cars")
    analyses = rxvlm.collect(rxvlm.watch(CARS, MODEL, effort="copy", ledger=ledger))
    assert [len(analysis.clip.times) >= analysis.clip.seen for analysis in analyses] == [True] * 3
    assert ledger.snapshot().analysed + ledger.snapshot().skipped == ledger.snapshot().captured == 377


def test_an_unknown_effort_is_refused_at_once() -> None:
    """An unknown effort is a ValueError that names the known ones."""
    wrong: Any = "some"
    with pytest.raises(ValueError, match="exact, keyframes, copy"):
        rxvlm.watch(CARS, MODEL, effort=wrong)


def test_without_a_model_the_embedded_one_answers_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    """``watch(uri)`` needs no model; the log says once which one answers."""
    _say_once.cache_clear()
    for stream in (watch("demo:yard?seconds=4", every=2.0), watch_all({"yard": "demo:yard?seconds=4"}, every=4.0)):
        assert "opencv" in repr(stream)
        assert {analysis.model for analysis in collect(stream)} == {"opencv"}
    assert caplog.text.count("rxvlm.models.opencv") == 1


@pytest.mark.parametrize("uri", ["demo:yard?seconds=40&fps=5&width=160&height=120"])
def test_a_gate_asks_only_about_what_moves(uri: str) -> None:
    """Windows in which nothing moves cost no question; their frames are counted as skipped."""
    asked, ledger = [len(rxvlm.collect(rxvlm.watch(uri, MODEL, every=2.0)))], rxvlm.Ledger("yard")
    asked.append(len(rxvlm.collect(rxvlm.watch(uri, MODEL, every=2.0, gate="motion", ledger=ledger))))
    tally = ledger.snapshot()
    assert 0 < asked[1] < asked[0] == 20
    assert tally.skipped == 10 * (20 - asked[1])
    assert tally.analysed + tally.skipped == tally.captured == 200
