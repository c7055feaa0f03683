from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import reactivex
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rxvlm import Analysis, Clip, Event, Ledger, collect, rules, vlm_from, watch
from rxvlm import operators as rxo
from rxvlm.errors import ContentFilteredError, ModelTimeoutError, RxvlmError
from rxvlm.rules.outlet import AnyRule
from rxvlm.testing import frames_at, play

LATE = ModelTimeoutError("no answer within 60 s")


def answer(error: RxvlmError | None = None, camera: str = "yard", model: str = "m", **more: Any) -> Analysis:
    clip = Clip((b"x",), "image/jpeg", (0.0,), 8, 8, 0.0, 10.0, source=camera)
    return Analysis(clip, "?", model, 0.0, 1.0, error=error, **more)


def captured(ledger: Ledger, time: float) -> None:
    ledger.capture(frames_at([time])[0])


class Watching:
    """A rule on virtual time, with answers and ledgers in the test's hand."""

    def __init__(self, rule: AnyRule, ledgers: Mapping[str, Ledger]) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.source = Subject[Analysis]()
        self.told: list[tuple[float, str, str, str | None]] = []
        self.events: list[Event] = []
        stream = self.source.pipe(rxo.with_events(rule, ledgers=ledgers))
        self.subscription = stream.subscribe(self._take, scheduler=self.clock)

    def until(self, seconds: float) -> None:
        self.clock.advance_to(seconds)

    def _take(self, item: Analysis | Event) -> None:
        if isinstance(item, Event):
            assert item.analysis is None
            self.events.append(item)
            self.told.append((self.clock.to_seconds(self.clock.now), item.camera, item.phase, item.reason))


def test_a_camera_is_away() -> None:
    """A camera that sends nothing for so long is an event, until it sends again; its times are the ledger's."""
    yard, gate = Ledger("yard"), Ledger("gate")
    yard.live = gate.live = True
    run = Watching(rules.camera_away(after=60), {"yard": yard, "gate": gate})
    yard.state("live")
    gate.state("live")
    captured(yard, 7.0)
    run.until(100.5)
    yard.state("waiting", "it refuses the connection")
    run.until(150.0)
    assert run.told == []
    run.until(200.0)
    captured(yard, 105.0)
    yard.state("live")
    run.until(300.0)
    assert run.told == [
        (160.0, "yard", "start", "waiting: it refuses the connection"),
        (201.0, "yard", "end", "cleared"),
    ]
    start, end = run.events
    assert (start.name, start.start, start.end, start.captured) == ("camera_away", 7.0, 7.0, 100.0)
    assert (end.start, end.end, end.id) == (7.0, 105.0, start.id)


@pytest.mark.parametrize("state", ["connecting", "stalled", "waiting", "failed"])
def test_whatever_sends_nothing_is_away(state: Any) -> None:
    """Not opened yet, connected without frames, lost, or failed: the camera is away."""
    yard = Ledger("yard")
    yard.state(state)
    run = Watching(rules.camera_away(after=5), {"yard": yard})
    run.until(10.0)
    assert [(time, phase) for time, _, phase, _ in run.told] == [(5.0, "start")]


@pytest.mark.parametrize("state", ["live", "playing", "finishing", "ended"])
def test_what_sends_or_has_ended_is_not_away(state: Any) -> None:
    """A film that is over is not missed."""
    yard = Ledger("yard")
    yard.state(state)
    run = Watching(rules.camera_away(after=5), {"yard": yard})
    run.until(100.0)
    assert run.told == []


def test_a_short_silence_is_nothing() -> None:
    """A camera that comes back in time was not away, and each silence counts by itself."""
    yard = Ledger("yard")
    run = Watching(rules.camera_away(after=10), {"yard": yard})
    for time in (8.0, 16.0, 24.0, 32.0):
        yard.state("live" if time % 16 else "stalled")
        run.until(time)
    assert run.told == []


def test_a_model_is_down() -> None:
    """Calls that fail about any camera, 2 of the last 3, are one event; it is over after two answers."""
    yard = Ledger("yard")
    captured(yard, 55.0)
    run = Watching(rules.model_down, {"yard": yard})
    for one in (answer(LATE, "gate"), answer(), answer(LATE), answer(LATE), answer(), answer()):
        run.source.on_next(one)
    assert [(camera, phase, why) for _, camera, phase, why in run.told] == [
        ("", "start", "m: ModelTimeoutError: no answer within 60 s"),
        ("", "update", "m: ModelTimeoutError: no answer within 60 s"),
        ("", "end", "cleared"),
    ]
    assert [(event.name, event.start, event.end) for event in run.events[:1]] == [("model_down", 10.0, 55.0)]


def test_models_are_down_each_by_itself() -> None:
    """Failures of different models are not added up; those of the clip are no failures of the model."""
    run = Watching(rules.model_down(), {})
    run.source.on_next(answer(LATE, model="a"))
    run.source.on_next(answer(LATE, model="b"))
    for _ in range(3):
        run.source.on_next(answer(ContentFilteredError("no")))
        run.source.on_next(answer(LATE, marks=frozenset({"shadow"})))
    assert run.told == []


def test_model_down_has_other_numbers_when_it_is_called() -> None:
    """Need and clear are those of a rule."""
    run = Watching(rules.model_down(need=(1, 1), clear=1), {})
    run.source.on_next(answer(LATE))
    run.source.on_next(answer())
    assert [phase for _, _, phase, _ in run.told] == ["start", "end"]
    with pytest.raises(ValueError, match="need"):
        rules.model_down(need=(2, 1))


def test_nothing_is_answered() -> None:
    """Without an answer for so long, whatever comes instead, the event starts; an answer ends it."""
    yard = Ledger("yard")
    yard.state("live")
    run = Watching(rules.nothing_answered(for_=600), {"yard": yard})
    run.until(300.0)
    run.source.on_next(answer())
    for minute in range(6, 16):
        run.until(minute * 60.0)
        run.source.on_next(answer(LATE))
    captured(yard, 950.0)
    run.until(950.0)
    run.source.on_next(answer())
    assert run.told == [
        (900.0, "yard", "start", "live: ModelTimeoutError: no answer within 60 s"),
        (950.0, "yard", "end", "cleared"),
    ]
    assert run.events[1].end == 950.0


def test_a_camera_that_has_ended_needs_no_answer() -> None:
    """The event ends with its camera."""
    yard = Ledger("yard")
    yard.state("live")
    run = Watching(rules.nothing_answered(for_=10), {"yard": yard})
    run.until(20.0)
    yard.state("ended")
    run.until(60.0)
    assert [(phase, why) for _, _, phase, why in run.told] == [("start", "live"), ("end", "camera ended")]


def test_what_is_wrong_ends_with_the_stream() -> None:
    """Each start has its end before the stream's."""
    played = play(reactivex.of(answer(LATE), answer(LATE)).pipe(rxo.with_events(rules.model_down)))
    events = [item for _, item in played if isinstance(item, Event)]
    assert [(event.phase, event.reason) for event in events][-1] == ("end", "stream ended")


def test_streams_of_watch_carry_their_ledgers() -> None:
    """Nothing has to be passed: a model that always fails is down, about a film."""

    def broken(_clip: Clip, _prompt: str) -> str:
        raise RuntimeError("broken")

    stream = watch("demo:yard?seconds=4&fps=4&width=64&height=36", vlm_from(broken), every=1.0)
    items = collect(stream.pipe(rxo.with_events(rules.model_down, rules.camera_away(), rules.nothing_answered())))
    events = [item for item in items if isinstance(item, Event)]
    assert [event.phase for event in events] == ["start", "update", "update", "end"]
    assert events[0].name == "model_down"
    assert 0.0 < events[0].end <= 4.0


@pytest.mark.parametrize("make", [rules.camera_away, rules.nothing_answered])
def test_seconds_must_be_above_zero(make: Any) -> None:
    """A time that makes no sense is refused at once."""
    with pytest.raises(ValueError, match="above 0 seconds"):
        make(0.0)
