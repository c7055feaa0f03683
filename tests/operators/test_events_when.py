from __future__ import annotations

import logging
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import reactivex
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rxvlm import Analysis, Clip, Event, rule
from rxvlm import operators as rxo
from rxvlm.errors import ModelTimeoutError
from rxvlm.testing import END, play

ERROR = ModelTimeoutError("no answer within 60 s")
EVERY = 10.0
HOLDS, FAILS = True, False


def answer(value: Any, at: int = 0, camera: str = "yard", **more: Any) -> Analysis:
    """Give an answer about the window of a number; its value is what the condition gives, or an error."""
    clip = Clip((b"x",), "image/jpeg", (at * EVERY,), 8, 8, at * EVERY, (at + 1) * EVERY, source=camera)
    error = value if isinstance(value, ModelTimeoutError) else None
    return Analysis(clip, "?", "m", 0.0, 1.0, value=None if error else value, error=error, **more)


def value_of(analysis: Analysis) -> Any:
    if analysis.value is ValueError:
        raise ValueError
    return analysis.value


def each_at(items: Iterable[tuple[float, Any]]) -> Observable[Any]:
    """Give items at their virtual seconds, and complete with the last."""
    timed = sorted(items, key=lambda item: item[0])

    def made(scheduler: SchedulerBase | None) -> Observable[Any]:
        return reactivex.merge(
            *[reactivex.timer(at, scheduler=scheduler).pipe(ops.map(lambda _, one=one: one)) for at, one in timed]
        )

    return reactivex.defer(made)


def in_order(answers: Iterable[Any]) -> Observable[Analysis]:
    return each_at((at * EVERY + 0.5, answer(value, at)) for at, value in enumerate(answers))


def phases(played: list[tuple[float, Any]]) -> list[tuple[float, str, str | None]]:
    return [(time, item.phase, item.reason) for time, item in played if isinstance(item, Event)]


def facts(item: Any) -> Any:
    """Give all of an event but its id, which is another for each."""
    if not isinstance(item, Event):
        return item
    return (item.name, item.camera, item.phase, item.start, item.end, item.count, item.reason, item.analysis)


def test_an_event_starts_goes_on_and_ends() -> None:
    """2 of the last 3 answers start it; what holds updates it; two in a row that do not end it."""
    played = play(
        in_order([True, False, True, True, None, False, True, False, False]).pipe(rxo.events_when(value_of, name="n"))
    )
    assert phases(played) == [
        (20.5, "start", None),
        (30.5, "update", None),
        (60.5, "update", None),
        (80.5, "end", "cleared"),
    ]
    start, end = played[0][1], played[3][1]
    assert (start.name, start.camera, start.start, start.end, start.count) == ("n", "yard", 0.0, 30.0, 2)
    assert (end.start, end.end, end.count, end.id) == (0.0, 70.0, 4, start.id)
    assert end.analysis.clip.start == 60.0


def test_an_answer_never_both_ends_and_starts() -> None:
    """After an end nothing is remembered."""
    played = play(in_order([True, False, True, False, True]).pipe(rxo.events_when(value_of, need=(1, 1), clear=1)))
    assert [phase for _, phase, _ in phases(played)] == ["start", "end", "start", "end", "start", "end"]
    played = play(in_order([True, True, False, False, True, False, True]).pipe(rxo.events_when(value_of, need=(2, 4))))
    assert [(time, phase) for time, phase, _ in phases(played)] == [
        (10.5, "start"),
        (30.5, "end"),
        (60.5, "start"),
        (60.5, "end"),
    ]


@pytest.mark.parametrize("unknown", [None, ERROR, ValueError, 3, "yes"], ids=str)
def test_an_unknown_answer_changes_nothing(unknown: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What is unknown neither starts, updates nor ends; a mistake in the condition is logged once."""
    known = [True, True, False, True, False, False]
    mixed = [one for value in known for one in (unknown, value, unknown)]
    stream = reactivex.of(*[answer(value, 7) for value in mixed])
    with caplog.at_level(logging.WARNING, "rxvlm"):
        found = [
            facts(event)[2:4] for _, event in play(stream.pipe(rxo.events_when(value_of, clear=2))) if event is not END
        ]
    plain = [
        facts(event)[2:4]
        for _, event in play(reactivex.of(*[answer(value, 7) for value in known]).pipe(rxo.events_when(value_of)))
        if event is not END
    ]
    assert found == plain
    assert len(caplog.records) == (unknown not in {None, ERROR})


def test_a_condition_may_return_numpys_bools() -> None:
    """A comparison of arrays gives NumPy's own booleans."""
    played = play(in_order([np.bool_(True), np.bool_(False)]).pipe(rxo.events_when(value_of, need=(1, 1), clear=1)))  # noqa: FBT003 - it is NumPy's
    assert [phase for _, phase, _ in phases(played)] == ["start", "end"]


def test_a_condition_may_be_a_text() -> None:
    """A text is compiled; a mistake in it is an error at once."""
    stream = reactivex.of(answer({"people": 2}), answer({"people": 1}))
    assert [phase for _, phase, _ in phases(play(stream.pipe(rxo.events_when("people > 0"))))] == ["start", "end"]
    with pytest.raises(ValueError, match="write && for and"):
        rxo.events_when("people > 0 and danger")


@pytest.mark.parametrize("error", [None, RuntimeError("broken")], ids=["end", "error"])
def test_an_event_ends_before_the_stream(error: Exception | None) -> None:
    """What runs is ended before the stream's own end, whatever that is."""
    answers = reactivex.of(answer(HOLDS, 0), answer(HOLDS, 1), answer(HOLDS, 1, "gate"), answer(HOLDS, 2, "gate"))
    tail: Observable[Any] = reactivex.empty() if error is None else reactivex.throw(error)
    played = play(reactivex.concat(answers, tail).pipe(rxo.events_when(value_of)))
    why = "stream ended" if error is None else "stream failed"
    assert [facts(item)[1:3] for _, item in played[:2]] == [("yard", "start"), ("gate", "start")]
    assert [(item.camera, item.phase, item.reason) for _, item in played[2:4]] == [
        ("yard", "end", why),
        ("gate", "end", why),
    ]
    assert played[4][1] is (END if error is None else error)


def test_disposal_delivers_nothing_and_tells_what_ran() -> None:
    """After a disposal nothing comes; each running event is dropped, once, and only if it was given."""
    source, heard = Subject[Analysis](), list[Event]()
    dropped: list[tuple[Event, str]] = []
    step = rxo.events_when(value_of, need=(1, 1), on_drop=lambda event, why: dropped.append((event, why)))
    subscription = source.pipe(step).subscribe(heard.append)
    source.on_next(answer(HOLDS))
    source.on_next(answer(HOLDS, 0, "gate"))
    subscription.dispose()
    subscription.dispose()
    source.on_next(answer(FAILS))
    assert [event.phase for event in heard] == ["start", "start"]
    assert [(event.id, why) for event, why in dropped] == [(event.id, "disposed") for event in heard]


def test_who_leaves_at_the_start_has_it_dropped() -> None:
    """A subscriber that takes the start alone is told that it never ended."""
    dropped: list[tuple[str, str]] = []
    step = rxo.events_when(value_of, need=(1, 1), on_drop=lambda event, why: dropped.append((event.phase, why)))
    played = play(in_order([True, True]).pipe(step, ops.take(1)))
    assert [phase for _, phase, _ in phases(played)] == ["start"]
    assert dropped == [("end", "disposed")]


def test_a_silent_camera_loses_its_event() -> None:
    """Without a known answer for so long the event ends, at that moment; unknown answers do not count."""
    items = [(0.5, True), (1.5, True), (20.5, None), (25.5, ERROR), (90.0, True), (91.0, True), (200.0, False)]
    stream = each_at((time, answer(value, at)) for at, (time, value) in enumerate(items))
    played = play(stream.pipe(rxo.events_when(value_of, lost_after=60.0, clear=1)))
    assert phases(played) == [
        (1.5, "start", None),
        (61.5, "end", "lost"),
        (91.0, "start", None),
        (151.0, "end", "lost"),
    ]


def test_an_answer_puts_the_loss_off() -> None:
    """Each known answer begins the wait anew, also one that does not hold."""
    items = [(0.5, True), (1.5, True), (50.0, False), (100.0, True), (155.0, True), (300.0, None)]
    stream = each_at((time, answer(value, at)) for at, (time, value) in enumerate(items))
    played = play(stream.pipe(rxo.events_when(value_of, lost_after=60.0)))
    assert phases(played)[-1] == (215.0, "end", "lost")
    assert [phase for _, phase, _ in phases(played)] == ["start", "update", "update", "end"]


def test_one_camera_does_not_keep_the_event_of_another() -> None:
    """The answers of a camera do not put off the loss of another camera's event."""
    items = [(0.5, answer(HOLDS, 0)), (1.5, answer(HOLDS, 1))]
    items += [(float(time), answer(FAILS, time, "gate")) for time in range(10, 200, 10)]
    played = play(each_at(items).pipe(rxo.events_when(value_of, lost_after=60.0)))
    assert phases(played) == [(1.5, "start", None), (61.5, "end", "lost")]


def test_marked_answers_cause_nothing() -> None:
    """Audits and shadows are left out."""
    marked = [answer(HOLDS, 0, marks=frozenset({mark})) for mark in ("audit", "shadow")]
    assert phases(play(reactivex.of(*marked).pipe(rxo.events_when(value_of, need=(1, 1))))) == []
    others = [answer(HOLDS, 0, marks=frozenset({"mine"}))]
    assert len(phases(play(reactivex.of(*others).pipe(rxo.events_when(value_of, need=(1, 1)))))) == 2


def test_cooldown_is_told_once() -> None:
    """A suppressed event is told once, and given when it still holds after the cooldown."""
    dropped: list[tuple[float, str, str]] = []
    step = rxo.events_when(
        value_of,
        need=(1, 1),
        clear=1,
        cooldown=40.0,
        on_drop=lambda event, why: dropped.append((event.start, event.phase, why)),
    )
    played = play(in_order([True, False, True, True, True, True, False]).pipe(step))
    assert [(time, phase) for time, phase, _ in phases(played)] == [
        (0.5, "start"),
        (10.5, "end"),
        (50.5, "start"),
        (60.5, "end"),
    ]
    assert dropped == [(20.0, "start", "cooldown")]


def test_captured_is_that_of_the_start() -> None:
    """An event of a camera says when its start was filmed; one of a film does not."""
    live = [
        replace(one, clip=replace(one.clip, captured=1000.0 + at * 10))
        for at, one in enumerate([answer(HOLDS, 0), answer(HOLDS, 1)])
    ]
    played = play(reactivex.of(*live).pipe(rxo.events_when(value_of)))
    assert played[0][1].captured == 990.0
    assert play(in_order([True, True]).pipe(rxo.events_when(value_of)))[0][1].captured is None


@pytest.mark.parametrize(
    "wrong", [{"need": (3, 2)}, {"clear": 0}, {"cooldown": -1.0}, {"lost_after": 0.0}, {"name": ""}], ids=str
)
def test_misuse_is_an_error_at_once(wrong: dict[str, Any]) -> None:
    """Numbers out of range are refused when the step is made."""
    with pytest.raises(ValueError, match=r"must|has a name"):
        rxo.events_when(value_of, **wrong)


def test_no_condition_is_a_type_error() -> None:
    """A condition is a function or a text."""
    with pytest.raises(TypeError, match="a condition is a function"):
        rxo.events_when(3)  # pyright: ignore[reportArgumentType] - that is the mistake


verdicts = st.sampled_from([True, True, False, None, ERROR, ValueError])
cameras = st.sampled_from(["yard", "gate", "hall"])


@settings(max_examples=100)
@given(
    st.lists(st.tuples(cameras, verdicts), max_size=60),
    st.sampled_from([0.0, 25.0, 100.0]),
    st.sampled_from([None, 15.0, 45.0]),
)
def test_cameras_never_touch_each_other(
    answers: list[tuple[str, Any]], cooldown: float, lost_after: float | None
) -> None:
    """The events of cameras in one stream are those that each has by itself."""
    items = [(at * 10.0 + 0.5, answer(value, at, camera)) for at, (camera, value) in enumerate(answers)]
    step = rxo.events_when(value_of, cooldown=cooldown, lost_after=lost_after)
    tail = (9999.0, answer(None, 999))
    together = [(time, facts(item)) for time, item in play(each_at([*items, tail]).pipe(step)) if item is not END]
    for camera in ("yard", "gate", "hall"):
        own = each_at([*(item for item in items if item[1].clip.source == camera), tail])
        alone = [(time, facts(item)) for time, item in play(own.pipe(step)) if item is not END]
        assert [one for one in together if one[1][1] == camera] == alone


@settings(max_examples=100)
@given(st.lists(verdicts, max_size=40), st.integers(0, 40))
def test_each_start_has_one_end_or_is_dropped(answers: list[Any], leave: int) -> None:
    """Whenever the subscriber leaves, each start has had its end, or is dropped as disposed."""
    dropped: list[str] = []
    clock = VirtualTimeScheduler(0.0)

    def on_drop(event: Event, why: str) -> None:
        if why == "disposed":
            dropped.append(event.id)

    step = rxo.events_when(value_of, cooldown=30.0, lost_after=25.0, on_drop=on_drop)
    played = play(in_order(answers).pipe(step), seconds=leave * EVERY, scheduler=clock)
    found = [item for _, item in played if isinstance(item, Event)]
    starts, ends = ([event.id for event in found if event.phase == phase] for phase in ("start", "end"))
    assert Counter(starts) == Counter([*ends, *dropped])


def a_day(seed: int) -> tuple[list[tuple[float, Any]], list[Event]]:
    """Watch eight cameras for a day: random answers, errors, unknowns and stalls."""
    chance = random.Random(seed)
    items: list[tuple[float, Analysis]] = []
    for camera in range(8):
        at, busy, silent_until = 0, False, 0.0
        while at < 2880:
            time = at * 30.0 + camera + 0.5
            busy = busy != (chance.random() < 0.05)
            if chance.random() < 0.003:
                silent_until = time + chance.uniform(60.0, 2000.0)
            if time >= silent_until:
                value = chance.choice([busy, busy, busy, not busy, None, ERROR, ValueError])
                items.append((time, answer(value, at, f"camera-{camera}")))
            at += 1
    dropped: list[Event] = []
    subject, clock = Subject[Analysis](), VirtualTimeScheduler(0.0)
    played: list[tuple[float, Any]] = []
    step = rxo.events_when(
        value_of, cooldown=120.0, lost_after=600.0, on_drop=lambda event, _why: dropped.append(event)
    )
    subject.pipe(step).subscribe(lambda item: played.append((clock.to_seconds(clock.now), item)), scheduler=clock)
    for time, item in sorted(items, key=lambda one: one[0]):
        clock.advance_to(time)
        subject.on_next(item)
    subject.on_completed()
    return played, dropped


def test_eight_cameras_for_a_day() -> None:
    """Each start has one end, no cooldown is armed by another camera, and a seed gives its events again."""
    played, dropped = a_day(1)
    lives: dict[str, list[Event]] = defaultdict(list)
    last_end: dict[str, float] = {}
    for _, event in played:
        lives[event.id].append(event)
        if event.phase == "start":
            newest = event.analysis.clip.start if event.analysis else 0.0
            assert newest >= last_end.get(event.camera, -1e9) + 120.0
        elif event.phase == "end":
            last_end[event.camera] = event.end
    for life in lives.values():
        assert [event.phase for event in life] == ["start", *["update"] * (len(life) - 2), "end"]
        assert len({event.camera for event in life}) == 1
    reasons = Counter(event.reason for _, event in played if event.phase == "end")
    assert reasons["cleared"] > 100
    assert reasons["lost"] > 5
    assert len(dropped) > 20
    again, _ = a_day(1)
    assert [(time, event.phase, event.camera, event.start, event.end) for time, event in again] == [
        (time, event.phase, event.camera, event.start, event.end) for time, event in played
    ]


def test_a_rule_is_the_same() -> None:
    """events_when and with_events make the same events of the same answers."""
    answers = [True, True, False, False, True]
    alone = play(in_order(answers).pipe(rxo.events_when(value_of, name="n")))
    both = play(in_order(answers).pipe(rxo.with_events(rule("n", value_of))))
    assert [facts(item)[:3] for _, item in both if isinstance(item, Event)] == [
        facts(item)[:3] for _, item in alone[:-1]
    ]
