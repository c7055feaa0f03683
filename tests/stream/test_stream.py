"""A stream is a value: it says what it is, it can be waited for, and it cannot hang."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from reactivex import Observable
from reactivex import operators as ops

import rxvlm
from rxvlm import Ledger, Stop, compose, video, vlm_from, watch, watch_all
from rxvlm import operators as rxo
from rxvlm.sources import pushed
from rxvlm.stream import Stream

FILM = "demo:yard?seconds=4&fps=4"
MODEL = vlm_from(lambda _clip, _prompt: "quiet", name="cat")


def broken(_item: Any, _count: int) -> Any:
    return {}[_count]


STREAMS: dict[str, tuple[Callable[[], Observable[Any]], list[str]]] = {
    "film": (lambda: video(FILM), ["film 'yard'", FILM]),
    "camera": (lambda: video("rtsp://me:secret@10.0.0.1/one", name="gate"), ["camera 'gate'", "rtsp://"]),
    "watched": (
        lambda: watch(FILM, MODEL, prompt="Who?", every=2.0),
        ["buffer_by_time(2.0, aligned='source')", "cat", "'Who?'"],
    ),
    "together": (
        lambda: watch_all({"a": FILM, "b": "demo:gate"}, MODEL),
        ["film 'a', camera 'b'", "watch_all(", "cat"],
    ),
    "RxPY's operators": (lambda: video(FILM).pipe(ops.take(3), ops.map(str)), ["take(3) | map(str)"]),
    "fluent": (lambda: video(FILM).map(str).take(2), ["map(str) | take(2)"]),
    "ours": (lambda: video(FILM).pipe(rxo.thin_to_rate(2), ops.skip(1)), ["thin_to_rate(2) | skip(1)"]),
    "composed": (lambda: video(FILM).pipe(compose(rxo.thin_to_rate(2), ops.skip(1))), ["thin_to_rate(2) | skip(1)"]),
    "a function": (lambda: video(FILM).pipe(lambda frames: frames.pipe(ops.skip(1))), ["| skip(1)"]),
    "a slice": (lambda: video(FILM)[:2], ["| take(2)"]),
    "shared": (lambda: video(FILM).pipe(ops.publish(), ops.ref_count()), ["film 'yard'", "ref_count"]),
    "any source": (
        lambda: reactivex.just(1).pipe(
            rxo.flat_map_bounded(reactivex.just, max_concurrent=1, capacity=1, overflow="block")
        ),
        ["flat_map_bounded("],
    ),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_a_stream_says_what_it_is(kind: str) -> None:
    """Its source, its steps in order, and that nothing runs yet, in its ``repr`` and in a cell; never a password."""
    make, parts = STREAMS[kind]
    stream = make()
    html = stream._repr_html_()  # pyright: ignore[reportAttributeAccessIssue] - what a notebook calls
    for part in [*parts, "nothing runs until it is subscribed to", "rxvlm.collect"]:
        assert part in repr(stream)
    assert "nothing runs until it is subscribed to" in html
    assert "secret" not in repr(stream) + html
    assert isinstance(stream, Stream)


@pytest.mark.parametrize("address", ["demo:yard", FILM])
def test_a_cell_shows_the_first_picture(address: str) -> None:
    """A film, or a drawn camera, shows its first picture and facts, which are counted nowhere."""
    film = video(address)
    html = film.pipe(ops.take(2))._repr_html_()  # pyright: ignore[reportAttributeAccessIssue] - what a notebook calls
    assert html.count("data:image/jpeg") == 1
    assert "640 x 360" in html
    assert film.ledger.snapshot().captured == 0


def test_a_cell_shows_why_there_is_no_picture() -> None:
    """A film that is not there is shown as the error that watching it would be."""
    assert "SourceNotFoundError" in video("/no/such/film.mp4")._repr_html_()


@pytest.mark.parametrize("kind", [kind for kind in STREAMS if kind not in ("together", "any source", "camera")])
def test_pipe_keeps_what_is_known(kind: str) -> None:
    """Whatever is piped, the name, whether it is live, and the ledger are still known."""
    stream: Any = STREAMS[kind][0]()
    assert (stream.name, stream.live, stream.ledger.name) == ("yard", False, "yard")


def test_a_film_behind_a_step_is_a_film() -> None:
    """``watch`` of what ``pipe`` made of a film waits for the model: every window is answered, and none is lost."""
    frames = video("demo:yard?seconds=12&fps=4").pipe(rxo.thin_to_rate(2), ops.filter(lambda _: True))
    stream = watch(frames, MODEL, every=1.0)
    assert len(rxvlm.collect(stream)) == 12
    assert stream.ledger is frames.ledger  # pyright: ignore[reportAttributeAccessIssue] - a Stream
    assert stream.ledger is not None
    assert not stream.ledger.snapshot().dropped


@pytest.mark.parametrize(
    "through", [[], [rxo.thin_to_rate(4)], [ops.filter(lambda _: True)]], ids=["video", "ours", "RxPY's"]
)
def test_a_renamed_film_counts_in_one_ledger(through: list[Any]) -> None:
    """Given another name or another ledger, all is counted there, and nothing in the ledger that is not used."""
    film, ledger = video(FILM), Ledger("other")
    renamed = watch(film.pipe(*through), MODEL, every=2.0, name="front")
    counted = watch(film.pipe(*through), MODEL, every=2.0, ledger=ledger)
    assert {analysis.clip.source for analysis in rxvlm.collect(renamed)} == {"front"}
    assert {analysis.clip.source for analysis in rxvlm.collect(counted)} == {"other"}
    assert renamed.ledger is not None
    assert (renamed.ledger.snapshot().captured, ledger.snapshot().captured) == (16, 16)
    assert film.ledger.snapshot().captured == 0


def test_a_shared_camera_is_not_opened_twice() -> None:
    """A stream that shares one subscription is counted where it arrives, and never taken from its source again."""
    camera = pushed("yard")
    shared = camera.pipe(ops.share())
    assert watch(shared, MODEL, name="one").ledger is not watch(shared, MODEL, name="two").ledger
    assert watch(shared, MODEL, name="one").live is True


def test_a_stop_ends_a_piped_film() -> None:
    """``watch(..., stop=)`` ends a stream of any steps."""
    stop = Stop()
    stop.set()
    assert rxvlm.collect(watch(video(FILM).pipe(ops.take(3)), MODEL, stop=stop)) == []


def test_a_loop_over_a_stream_says_what_to_call() -> None:
    """A plain ``for`` raises at once, and names the three functions that iterate."""
    for stream in (video(FILM), video(FILM).pipe(ops.take(1)), watch(FILM, MODEL)):
        with pytest.raises(TypeError, match=r"(?s)answers.*collect.*each"):
            list(stream)  # pyright: ignore - that is the point


def test_await_returns_the_last_item() -> None:
    """``await`` works with whatever thread delivers, and with none."""

    async def last(stream: Any) -> Any:
        return await asyncio.wait_for(_of(stream), WATCHDOG)

    assert asyncio.run(last(video(FILM))).index == 15
    assert asyncio.run(last(Stream.of(reactivex.of(1, 2)))) == 2
    assert asyncio.run(last(watch(FILM, MODEL, every=2.0))).text == "quiet"


async def _of(stream: Any) -> Any:
    return await stream


def test_await_raises() -> None:
    """The stream's own error, and an error if there was no item."""
    with pytest.raises(rxvlm.SourceNotFoundError):
        asyncio.run(_of(video("/no/such/film.mp4")))
    with pytest.raises(Exception, match="no elements"):
        asyncio.run(_of(video(FILM).pipe(ops.filter(lambda _: False))))


def test_async_for_takes_its_items() -> None:
    """``async for`` over the stream itself is that over `each`, and leaving it disposes."""

    async def times() -> list[float]:
        return [frame.time async for frame in video(FILM)]

    assert asyncio.run(times())[:3] == [0.0, 0.25, 0.5]


def failing(place: str) -> Stream[Any]:
    """Return a stream in which the user's code raises in the given place."""
    frames = video(FILM)
    windows = frames.pipe(rxo.buffer_by_time(2.0))
    streams: dict[str, Any] = {
        "sampler": lambda: windows.pipe(rxo.sample_with(broken, 2), ops.map(lambda window: window)),
        "operator": lambda: frames.pipe(ops.map(lambda frame: broken(frame, 1)), rxo.buffer_by_time(1.0)),
        "inside a function": lambda: frames.pipe(lambda some: some.pipe(ops.map(lambda frame: broken(frame, 1)))),
        "sink": lambda: watch(frames, MODEL, every=2.0).pipe(ops.do_action(lambda item: broken(item, 1))),
        "encoder": lambda: windows.pipe(rxo.encode_with(lambda window: broken(window, 1)), ops.map(str)),
    }
    return streams[place]()


STEPS = {
    "sampler": "step 2, sample_with(broken, 2)",
    "operator": "step 1, map(<lambda>)",
    "inside a function": "step 1, map(<lambda>)",
    "sink": "do_action(<lambda>)",
    "encoder": "step 2, encode_with(<lambda>)",
}


@pytest.mark.parametrize("place", STEPS)
def test_an_error_says_the_step_and_the_line(place: str, caplog: pytest.LogCaptureFixture) -> None:
    """What the user's code raises arrives with its own line, and a note of the step; the log has both."""
    with caplog.at_level(logging.ERROR, "rxvlm"), pytest.raises(KeyError) as caught:
        rxvlm.collect(failing(place))
    notes = "".join(caught.value.__notes__)
    assert STEPS[place] in notes
    assert "'yard'" in notes
    assert "return {}[_count]" in caplog.text
    assert STEPS[place] in caplog.text


def test_a_source_that_fails_is_no_step() -> None:
    """The error of a source has no note of a step, however many follow it."""
    with pytest.raises(rxvlm.SourceNotFoundError) as caught:
        rxvlm.collect(video("/no/such/film.mp4").pipe(rxo.buffer_by_time(1.0), ops.map(str)))
    assert not getattr(caught.value, "__notes__", [])


def test_twelve_steps_are_typed() -> None:
    """``pipe`` and ``compose`` know the type behind twelve steps; pyright checks this function."""

    def one(numbers: Observable[int]) -> Observable[int]:
        return numbers.pipe(ops.map(lambda number: number + 1))

    numbers = Stream.of(reactivex.just(0))
    piped: Observable[int] = numbers.pipe(one, one, one, one, one, one, one, one, one, one, one, one)
    composed: Observable[int] = numbers.pipe(compose(one, one, one, one, one, one, one, one, one, one, one, one))
    assert (rxvlm.collect(piped), rxvlm.collect(composed)) == ([12], [12])


def test_a_loop_in_a_script_does_not_hang() -> None:
    """A script that iterates over a stream ends with the error, not never."""
    code = "import rxvlm\nfor frame in rxvlm.video('demo:yard'): pass"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=WATCHDOG, check=False)
    assert "rxvlm.answers(stream)" in done.stderr
