"""The stream carries its ledger, and whether it may wait: steps find both there unless told otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG
from reactivex import Observable
from reactivex import operators as ops

from rxvlm import Ledger, Tally, collect, compose, video, vlm_from, watch
from rxvlm import operators as rxo
from rxvlm.operators.bounding.rules import rule_of
from rxvlm.stream import Origin, Stream

MODEL = vlm_from(lambda *_: "x")
FILM = "demo:yard?seconds=15&fps=10"


def whole(tally: Tally) -> bool:
    """Return whether every captured frame has come to its end, by a reason that is known."""
    settled = tally.analysed + tally.failed + tally.skipped + tally.thinned + sum(tally.dropped.values())
    return tally.captured == settled


def gate_by_hand(frames: Observable[Any]) -> Stream[Any]:
    return Stream.of(frames).pipe(
        rxo.thin_to_rate(5),
        rxo.buffer_by_time(1.0),
        rxo.on_backpressure_buffer(1),
        rxo.gate_by_motion(),
        rxo.sample_evenly(4),
        rxo.encode_mp4(160),
        rxo.analyze(MODEL, "What?"),
        rxo.close_ledger(),
    )


def test_a_gate_by_hand_needs_no_wiring() -> None:
    """A film waits for its model: nothing is lost, and what was thinned and skipped is counted."""
    film = video(FILM)
    answers = collect(gate_by_hand(film))
    tally = film.ledger.snapshot()
    assert whole(tally)
    assert (tally.captured, tally.thinned, tally.dropped, tally.unaccounted) == (150, 75, {}, 0)
    assert tally.analysed == 5 * len(answers) > 0
    assert tally.skipped > 0


def test_a_camera_by_hand_drops_what_its_model_has_no_time_for() -> None:
    """A live camera never waits: its oldest windows are lost, and counted."""
    camera, never = video("demo:yard?fps=20"), threading.Event()
    model = vlm_from(lambda *_: f"{never.wait(2.0)}")
    stream = camera.pipe(
        rxo.buffer_by_time(0.2),
        rxo.sample_evenly(1),
        rxo.encode_mp4(64),
        rxo.analyze(model, "What?", capacity=1),
        rxo.close_ledger(),
    )
    assert len(collect(stream, 2)) == 2
    tally = camera.ledger.snapshot()
    assert whole(tally)
    assert tally.dropped["overflow"] > 0


def test_a_step_before_watch_is_counted() -> None:
    """``thin_to_rate`` in front of ``watch`` leaves nothing unaccounted."""
    stream = watch(video(FILM).pipe(rxo.thin_to_rate(4)), MODEL, every=5.0)
    collect(stream)
    assert stream.ledger is not None
    tally = stream.ledger.snapshot()
    assert (tally.captured, tally.thinned, tally.analysed, tally.unaccounted) == (150, 90, 60, 0)


def test_steps_of_watch_are_counted() -> None:
    """A gate, and other steps of the library, in ``watch`` need no wiring either."""
    step = rxo.gate_by_motion(lambda window: window.start, open_at=5.0)
    stream = watch(video(FILM), MODEL, every=5.0, steps=[ops.map(lambda window: window), step])
    assert len(collect(stream)) == 2
    assert stream.ledger is not None
    tally = stream.ledger.snapshot()
    assert (tally.analysed, tally.skipped, tally.unaccounted) == (100, 50, 0)


@pytest.mark.parametrize(
    "between",
    [
        [],
        [ops.map(lambda window: window)],
        [ops.share()],
        [compose(ops.do_action(lambda _: None), rxo.sample_evenly(3))],
    ],
    ids=["ours", "RxPY's", "shared", "composed"],
)
def test_the_ledger_goes_from_step_to_step(between: list[Any]) -> None:
    """Also past RxPY's operators, and through ``compose``."""
    film = video(FILM)
    gate = rxo.gate_by_motion(lambda window: window.start, open_at=8.0)
    stream = film.pipe(compose(rxo.buffer_by_time(1.0), *between), gate)
    collect(stream)
    assert stream.ledger is film.ledger
    assert film.ledger.snapshot().skipped == 80


def clips(uri: str) -> tuple[Ledger, Any]:
    film = video(uri)
    gate = rxo.gate_by_motion(lambda window: window.start, open_at=1.0)
    return film.ledger, film.pipe(rxo.buffer_by_time(1.0), gate, rxo.sample_evenly(2), rxo.encode_mp4(64))


MERGES: dict[str, Callable[[Any, Any], Observable[Any]]] = {
    "ops.merge": lambda a, b: a.pipe(ops.merge(b)),
    "ops.merge, mapped": lambda a, b: a.pipe(ops.map(lambda x: x), ops.merge(b.pipe(ops.map(lambda x: x)))),
    "reactivex.merge": reactivex.merge,
    "fluent": lambda a, b: a.merge(b),
    "ops.concat": lambda a, b: a.pipe(ops.concat(b)),
    "merge_all": lambda a, b: reactivex.from_iterable([a, b]).pipe(ops.merge_all()),
    "flat_map": lambda a, b: reactivex.from_iterable([a, b]).pipe(ops.flat_map(lambda one: one)),
    "a function": lambda a, b: a.pipe(lambda one: reactivex.merge(one, b)),
    "nested": lambda a, b: reactivex.merge(reactivex.merge(a, b).pipe(ops.map(lambda x: x)), reactivex.empty()),
}


@pytest.mark.parametrize("kind", MERGES)
def test_behind_a_merge_a_step_finds_the_ledger_by_the_items_source(kind: str) -> None:
    """A merged stream has no ledger of its own, and each camera's clips are counted in its own."""
    (yard, a), (gate, b) = clips("demo:yard?seconds=4&fps=5"), clips("demo:gate?seconds=3&fps=5")
    merged = Stream.of(MERGES[kind](a, b))
    assert (merged.ledger, merged.name, merged.live, sorted(merged.origin.ledgers)) == (
        None,
        "",
        False,
        ["gate", "yard"],
    )
    stream = merged.pipe(rxo.analyze(MODEL, "What?"), rxo.close_ledger())
    assert stream.ledger is None
    assert len(collect(stream)) == 5
    assert [(one.analysed, one.skipped, one.unaccounted) for one in (yard.snapshot(), gate.snapshot())] == [
        (15, 5, 0),
        (10, 5, 0),
    ]


def test_the_parts_of_a_merged_stream_know_their_ledger() -> None:
    """``group_by`` makes a stream for each camera again, whose steps count, and wait, as those of the camera itself."""
    a, b = video("demo:yard?seconds=4&fps=5"), video("demo:gate?seconds=3&fps=5")

    def each(camera: Observable[Any]) -> Observable[Any]:
        windows = camera.pipe(rxo.thin_to_rate(1), rxo.buffer_by_time(1.0))
        return windows.pipe(rxo.encode_mp4(64, capacity=0), rxo.analyze(MODEL, "What?", capacity=0))

    merged = a.pipe(ops.merge(b), ops.group_by(lambda frame: frame.source), ops.flat_map(each), rxo.close_ledger())
    assert len(collect(merged)) == 7
    for camera, seconds in ((a, 4), (b, 3)):
        tally = camera.ledger.snapshot()
        assert (tally.analysed, tally.thinned, tally.unaccounted) == (seconds, 4 * seconds, 0)


def test_a_stream_that_only_says_when_is_not_merged() -> None:
    """``take_until`` of another camera's frames keeps the ledger; branches of one camera have its ledger, too."""
    a, b = video("demo:yard"), video("demo:gate")
    assert a.pipe(ops.take_until(b)).ledger is a.ledger  # pyright: ignore[reportAttributeAccessIssue] - a Stream
    shared = a.pipe(ops.share())
    both = Stream.of(reactivex.merge(shared.pipe(ops.take(1)), shared.pipe(ops.skip(1))))
    assert both.ledger is a.ledger


def test_a_merge_of_a_film_and_a_camera_is_live() -> None:
    """Nothing may hold up the camera in it."""
    merged = Stream.of(reactivex.merge(video("demo:yard"), video(FILM, name="film")))
    assert merged.live is True
    assert rule_of(merged, None)() == "drop_oldest"


def test_cameras_of_one_name_are_not_counted_in_each_other() -> None:
    """Behind their merge they cannot be told apart, so neither ledger is wrong."""
    (one, a), (other, b) = clips("demo:yard?seconds=2&fps=5"), clips("demo:yard?seconds=2&fps=5&seed=2")
    collect(reactivex.merge(a, b).pipe(rxo.analyze(MODEL, "What?"), rxo.close_ledger()))
    for ledger in (one, other):
        tally = ledger.snapshot()
        assert (tally.analysed, tally.skipped, tally.unaccounted) == (0, 5, 5)


def test_told_otherwise() -> None:
    """``on_drop`` is told in place of the ledger, ``ledger`` counts in its place, and ``overflow`` holds."""
    film, other, lost = video(FILM), Ledger("other"), list[tuple[float, str]]()
    gate = rxo.gate_by_motion(
        lambda window: window.start, open_at=5.0, on_drop=lambda window, why: lost.append((window.start, why))
    )
    collect(film.pipe(rxo.buffer_by_time(5.0), gate, rxo.encode_mp4(64), rxo.analyze(MODEL, "What?", ledger=other)))
    assert lost == [(0.0, "skipped:gate")]
    assert (film.ledger.snapshot().skipped, film.ledger.snapshot().analysed) == (0, 0)
    assert rule_of(film, "error")() == "error"


def test_the_rule_is_read_at_the_first_item() -> None:
    """Of an address over HTTP it is known only then; what is unknown is treated as live."""
    ledger = Ledger("cam")
    rule = rule_of(Stream(lambda *_: reactivex.never().subscribe(), Origin({"cam": ledger})), None)
    ledger.live = False
    assert rule() == "block"
    ledger.live = True
    assert rule() == "block"
    assert rule_of(reactivex.never(), None)() == "drop_oldest"
    assert rule_of(video("http://10.0.0.1/x"), None)() == "drop_oldest"


def test_a_sink_behind_a_merge_never_holds_up_a_camera() -> None:
    """``to`` finds the camera in a merge: with a sink that hangs its oldest items are lost, and the rest goes on."""
    go, many = threading.Event(), threading.Event()
    step = rxo.to(lambda _: go.wait(WATCHDOG), capacity=1)
    merged = reactivex.merge(video("demo:yard?fps=50"), video("demo:gate?fps=50"))
    running = merged.pipe(step, ops.skip(20)).subscribe(lambda _: many.set())
    assert many.wait(WATCHDOG)
    running.dispose()
    go.set()
    assert step.wait(WATCHDOG)
    assert step.lost > 0
