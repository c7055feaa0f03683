"""What docstrings draw in ``::`` blocks is what happens; drawings behind ``>>>`` are doctests."""

from __future__ import annotations

import inspect
import random
import re
import threading
from typing import Any

import pytest
import reactivex
from conftest import WATCHDOG, wait_until
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

import rxvlm
from rxvlm import Analysis, Clip, Piece, Window
from rxvlm import operators as rxo
from rxvlm.errors import ModelBusyError, ModelFailedError
from rxvlm.models import breaker, fallback, limit, retry, round_robin
from rxvlm.testing import END, Say, frames_at, play, scripted

DRAWING = re.compile(r"^ *::\n\n((?: +\S.*\n)+)", re.MULTILINE)
DRAWN = {
    *("analyze", "ask_all", "ask_models", "close_ledger", "encode_with", "events_when", "flat_map_bounded"),
    *("on_backpressure_buffer", "breaker", "fallback", "limit", "retry", "round_robin"),
}
LOST = [(3, "overflow")]
QUARTER = 0.25  # seconds of a character, where the docstring says so


def rows(thing: Any) -> dict[str, str]:
    """Return the rows of a docstring's drawing by their names, each from the column where the first one begins."""
    drawing = DRAWING.search(f"{thing.__doc__}\n")
    assert drawing
    lines = inspect.cleandoc(drawing[1]).split("\n")
    first = re.match(r"\S+(?: \S+)*  +", lines[0])
    assert first
    return {line[: first.end()].strip(): line[first.end() :].rstrip() for line in lines}


def marbles(row: str, scale: float = 1.0) -> Observable[Any]:
    """Return the stream that a row draws."""
    return reactivex.from_marbles(row.strip(), scale)


def heard(stream: Observable[Any], clock: VirtualTimeScheduler | None = None) -> list[tuple[float, str]]:
    """Return what a stream gives and when, as a row draws it."""
    return [(second, "|" if item is END else "#" if isinstance(item, Exception) else str(item))
            for second, item in play(stream, scheduler=clock)]  # fmt: skip


def labels(row: str) -> list[str]:
    """Return the items of a row, in their order."""
    return [label for _, label in heard(marbles(row)) if label not in "|#"]


def clip(number: object, source: str = "yard") -> Clip:
    at = float(hash(number) % 1000)
    return Clip((b"",), "image/jpeg", (at,), 64, 48, at, at + 1.0, source=source)


def clips(row: str, known: dict[Clip, Any]) -> Observable[Clip]:
    """Return a stream of clips, which are known by their labels."""

    def made(label: Any) -> Clip:
        one = clip(label)
        known[one] = label
        return one

    return marbles(row).pipe(ops.map(made))


def test_every_drawing_is_tried_here() -> None:
    """A new drawing in the docstring of an operator or of a model needs a test."""
    found = {
        name
        for shelf in (rxvlm.operators, rxvlm.models)
        for name in shelf.__all__
        if "::\n" in (getattr(shelf, name).__doc__ or "")
    }
    assert found == DRAWN


@pytest.mark.parametrize("seconds", [(3.0, 9.0, 6.0)])
def test_analyze(seconds: tuple[float, ...]) -> None:
    """The newest clip takes the place of the one that waited."""
    drawn, known, lost = rows(rxo.analyze), dict[Clip, Any](), list[Any]()
    step = rxo.analyze(
        scripted(*(Say("said", seconds=one) for one in seconds)),
        "?",
        capacity=1,
        overflow="drop_oldest",
        on_drop=lambda one, why: lost.append((known[one], why)),
    )
    analyses = clips(drawn["clips"], known).pipe(step, ops.map(lambda analysis: known[analysis.clip]))
    assert heard(analyses) == heard(marbles(drawn["analyses"]))
    assert lost == LOST


def test_ask_all() -> None:
    """The questions about a clip are asked one after the other."""
    drawn, known = rows(rxo.ask_all), dict[Clip, Any]()
    model = scripted(*(Say("said", seconds=one) for one in (2.0, 5.0) * 2))
    step = rxo.ask_all(model, ["a", "b"])
    analyses = clips(drawn["clips"], known).pipe(step, ops.map(lambda one: f"{known[one.clip]}{one.prompt}"))
    assert heard(analyses) == heard(marbles(drawn["analyses"]))


def test_ask_models() -> None:
    """The answers about a clip come together, and both models are asked about the next clip together."""
    drawn, known, lost = rows(rxo.ask_models), dict[Clip, Any](), list[Any]()
    quick = scripted(Say("said", seconds=1.0))
    slow = scripted(*(Say("said", seconds=one) for one in (3.0, 9.0, 6.0)))
    step = rxo.ask_models(
        {"a": quick, "b": slow},
        "?",
        capacity=1,
        overflow="drop_oldest",
        on_drop=lambda one, why: lost.append((known[one], why)),
    )
    answers = clips(drawn["clips"], known).pipe(step, ops.map(lambda one: known[one.answers["a"].clip]))
    assert heard(answers) == heard(marbles(drawn["answers"]))
    assert lost == LOST
    starts = [second - 1.0 for second, label in heard(marbles(drawn["model a"])) if label == "a"]
    ends = [second for second, label in heard(marbles(drawn["model b"])) if label == "b"]
    assert [end - start for start, end in zip(starts, ends, strict=True)] == [3.0, 9.0, 6.0]


def test_encode_with() -> None:
    """The newest window takes the place of the one that waited. Encoders work on threads: only the order is tried."""
    drawn, lost, encoded = rows(rxo.encode_with), list[Any](), list[str]()
    begun, may_end, over = threading.Event(), threading.Event(), threading.Event()

    def encode(window: Window) -> Clip:
        if window.start == 2.0:
            begun.set()
            assert may_end.wait(WATCHDOG)
        return clip(int(window.start))

    step = rxo.encode_with(
        encode, capacity=1, overflow="drop_oldest", on_drop=lambda one, why: lost.append((int(one.start), why))
    )
    windows = Subject[Window]()
    windows.pipe(step).subscribe(lambda one: encoded.append(str(int(one.start))), on_completed=over.set)
    for label in labels(drawn["windows"]):
        windows.on_next(Window(tuple(frames_at([float(label)])), float(label), float(label) + 1.0))
        if label == "1":
            wait_until(lambda: encoded == ["1"])
        if label == "2":
            assert begun.wait(WATCHDOG)
    windows.on_completed()
    may_end.set()
    assert over.wait(WATCHDOG)
    assert encoded == labels(drawn["clips"])
    assert lost == LOST


def test_flat_map_bounded() -> None:
    """While an item is worked on, each that comes takes the place of the one that waits."""
    drawn, lost, begun = rows(rxo.flat_map_bounded), list[Any](), dict[int, float]()
    clock = VirtualTimeScheduler(0.0)

    def work(item: int) -> Observable[Any]:
        begun[item] = clock.to_seconds(clock.now)
        return marbles(drawn[f"work {item}"])

    step = rxo.flat_map_bounded(
        work, max_concurrent=1, capacity=1, overflow="drop_oldest", on_drop=lambda one, why: lost.append((one, why))
    )
    assert heard(marbles(drawn["items"]).pipe(step), clock) == heard(marbles(drawn["results"]))
    assert lost == [(2, "overflow"), (3, "overflow")]
    assert begun == {item: float(re.match(" *", drawn[f"work {item}"]).end()) for item in (1, 4)}  # type: ignore[union-attr]


def test_on_backpressure_buffer() -> None:
    """While the subscriber is busy, each item that comes takes the place of the one that waits: in this order."""
    drawn, lost, taken = rows(rxo.on_backpressure_buffer), list[Any](), list[str]()
    begun, may_end, over = threading.Event(), threading.Event(), threading.Event()

    def take(item: str) -> None:
        taken.append(item)
        begun.set()
        assert may_end.wait(WATCHDOG)

    items = Subject[str]()
    step = rxo.on_backpressure_buffer(1, "drop_oldest", on_drop=lambda one, why: lost.append((one, why)))
    items.pipe(step).subscribe(take, on_completed=over.set)
    for label in labels(drawn["items"]):
        items.on_next(label)
        assert begun.wait(WATCHDOG)
    items.on_completed()
    may_end.set()
    assert over.wait(WATCHDOG)
    assert taken == labels(drawn["subscriber"])
    assert lost == [("2", "overflow"), ("3", "overflow")]


def test_events_when() -> None:
    """An event starts when two of three known answers held, and ends when two in a row did not."""
    drawn = rows(rxo.events_when)
    said = {"yes": True, "no": False, "unknown": None}
    answers = marbles(drawn["holds"]).pipe(
        ops.map(lambda word: Analysis(clip(0), "?", "m", 0.0, 1.0, value=said[word]))
    )
    events = answers.pipe(rxo.events_when(lambda one: one.value, name="it", need=(2, 3), clear=2))
    assert heard(events.pipe(ops.map(lambda event: event.phase[0].upper()))) == heard(marbles(drawn["events"]))


@pytest.mark.parametrize("end", ["completed", "failed"])
def test_close_ledger(end: str) -> None:
    """The step passes items and the end on as they come."""
    row = rows(rxo.close_ledger)[end]
    assert heard(marbles(row).pipe(rxo.close_ledger(rxvlm.Ledger("yard")))) == heard(marbles(row))


class Drawn:
    """A model whose answers are rows, one after the other."""

    def __init__(self, name: str, *answers: str, scale: float = 1.0) -> None:
        self.name = name
        self.answers = iter(answers)
        self.scale = scale

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:  # noqa: ARG002 - as a model has it
        """Answer as the next row draws."""
        row = marbles(next(self.answers), self.scale)
        failing = ops.catch(lambda _error, _row: reactivex.throw(ModelBusyError("busy")))
        return row.pipe(ops.map(lambda label: Piece(str(label))), failing)


def test_fallback() -> None:
    """The second model is asked when the first one fails, and its pieces come when its answer is complete."""
    drawn = rows(fallback)
    model = fallback(Drawn("one", drawn["first"]), Drawn("two", drawn["second"]))
    pieces = model.ask(clip(1), "?").pipe(ops.map(lambda piece: piece.text))
    assert heard(pieces) == heard(marbles(drawn["answer"]))
    assert re.match(" *", drawn["second"]).end() == heard(marbles(drawn["first"]))[-1][0]  # type: ignore[union-attr]


def test_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each wait is drawn at its longest: 1 s, then 2 s."""
    monkeypatch.setattr(random.Random, "uniform", lambda _self, _low, high: high)
    monkeypatch.setattr(random.Random, "random", lambda _self: 1.0)
    drawn = rows(retry)
    model = retry(Drawn("one", *drawn["model"].split(), scale=QUARTER), first=1.0)
    pieces = model.ask(clip(1), "?").pipe(ops.map(lambda piece: piece.text))
    assert heard(pieces) == heard(marbles(drawn["answer"], QUARTER))


class Recording:
    """A model that remembers when it was asked what, and answers or fails a moment later."""

    def __init__(self, name: str, clock: VirtualTimeScheduler, *, fails: int = 0) -> None:
        self.name = name
        self.asked: list[tuple[float, str]] = []
        self.fails = fails
        self._clock = clock

    def ask(self, clip: Clip, prompt: str) -> Observable[Piece]:  # noqa: ARG002 - as a model has it
        """Answer, or fail as often as was said."""
        self.asked.append((self._clock.to_seconds(self._clock.now), prompt))
        self.fails -= 1
        if self.fails >= 0:
            return reactivex.throw(ModelFailedError("down"))
        return reactivex.just(Piece("said"))


def ask_each(model: Any, questions: list[tuple[float, str, str]], clock: VirtualTimeScheduler) -> None:
    """Ask a model: each question has its time, its name and its camera."""
    for second, name, camera in questions:
        asked = model.ask(clip(name, camera), name)
        marbles("a").pipe(ops.delay(second), ops.flat_map(asked)).subscribe(
            lambda _: None, lambda _: None, scheduler=clock
        )
    clock.advance_to(1000.0)


def characters(row: str) -> list[tuple[int, str]]:
    return [(at, one) for at, one in enumerate(row) if one not in "- "]


def test_limit() -> None:
    """One question a second, and the camera that was served longest ago is next."""
    drawn, clock = rows(limit), VirtualTimeScheduler(0.0)
    model = Recording("m", clock)
    questions = [(at * QUARTER, one, camera) for camera in "ab" for at, one in characters(drawn[f"camera {camera}"])]
    ask_each(limit(model, requests_per_minute=60), questions, clock)
    asked = [(round(second / QUARTER), one) for second, one in model.asked]
    assert asked == characters(drawn["asked"])


def test_round_robin() -> None:
    """A model that failed is left out until its rest is over."""
    drawn, clock = rows(round_robin), VirtualTimeScheduler(0.0)
    models = [Recording(name, clock, fails=name == "c") for name in "abc"]
    turns = drawn["asked"].split()
    ask_each(round_robin(*models, rest=6.0), [(float(at), str(at), "yard") for at in range(len(turns))], clock)
    asked = sorted((second, model.name) for model in models for second, _ in model.asked)
    assert [name for _, name in asked] == turns


def test_breaker() -> None:
    """Three failures open it; one question tries the model after a while, the next after twice that."""
    drawn, clock = rows(breaker), VirtualTimeScheduler(0.0)
    model = Recording("m", clock, fails=100)
    questions = [(11.0 * at, name, "yard") for at, name in enumerate(drawn["questions"].split())]
    ask_each(breaker(model, failures=3, open_for=30.0), questions, clock)
    assert [name for _, name in model.asked] == [name for name in drawn["asked"].split() if name != "-"]
    assert len(drawn["asked"].split()) == len(questions)
